# ruff: noqa: E501 -- an attempt is a piece of code in a string, one to a line
"""Attempts at exercises 6 and 7."""

from tests.exercises.attempts.registry import attempts

attempts(
    "count_parameters",
    "n_users, n_movies, n_factors, n_hidden",
    right=[
        """
        embeddings = (n_users + n_movies) * n_factors
        hidden = 2 * n_factors * n_hidden + n_hidden
        output = n_hidden + 1
        return embeddings + hidden + output
        """,
        """
        model = course_lib.NeuralNet(n_users, n_movies, n_factors=n_factors, n_hidden=n_hidden)
        return sum(parameter.numel() for parameter in model.parameters())
        """,
        """
        tables = [nn.Embedding(n_users, n_factors), nn.Embedding(n_movies, n_factors)]
        layers = [*tables, nn.Linear(2 * n_factors, n_hidden), nn.Linear(n_hidden, 1)]
        return sum(weight.nelement() for layer in layers for weight in layer.state_dict().values())
        """,
    ],
    wrong={
        "biases_or_output": [("+ n_hidden\n", "\n", "n_hidden + 1", "n_hidden"), (" + output", "")],
        "hidden_bias": [("n_hidden + n_hidden", "n_hidden"), ("n_hidden + 1", "1")],
        "output_bias": [
            ("n_hidden + 1", "n_hidden"),
            ("output = n_hidden + 1", "output = nn.Linear(n_hidden, 1, bias=False).weight.numel()"),
        ],
        "half_input": [("2 * n_factors", "n_factors")],
        "no_embeddings": [("embeddings + ", ""), ("(n_users + n_movies) * n_factors", "0")],
        "no_user_table": [("n_users + ", "")],
        "no_movie_table": [(" + n_movies", "")],
        "multiplied": [("n_users + n_movies", "n_users * n_movies")],
        "activations": [
            ("n_hidden + 1", "n_hidden + n_hidden + 1"),
            ("hidden + output", "hidden + 2 * n_factors + n_hidden + output"),
        ],
        "embedding_biases": [
            ("* n_factors\n", "* (n_factors + 1)\n"),
            ("embeddings + ", "embeddings + 2 * n_factors + "),
        ],
        "crossed_input": [("2 * n_factors", "n_factors * n_factors")],
        "dot_model": [
            "(n_users + n_movies) * (n_factors + 1)",
            "sum(p.numel() for p in course_lib.BiasedDotNet(n_users, n_movies, n_factors).parameters())",
        ],
        "only_embeddings": [("embeddings + hidden + output", "embeddings")],
        "missing_return": [("return embeddings", "total = embeddings")],
        "shape": [("embeddings + hidden + output", "embeddings, hidden, output")],
    },
)

MATCH = "prediction, target = prediction.reshape(-1), target.reshape(-1)"
REFUSE = "if len(prediction) != len(target):\n    raise ValueError('quantidades de amostras diferentes')\n"
attempts(
    "broadcasting",
    "prediction, target",
    right=[
        {
            "compared_pairs": "(prediction - target).size",
            "mended_mse": f"{MATCH}\n{REFUSE}return np.mean((prediction - target) ** 2)",
        },
        {
            "compared_pairs": "int(np.prod(np.broadcast_shapes(prediction.shape, target.shape)))",
            "mended_mse": f"{REFUSE}error = prediction.reshape(-1, 1) - target.reshape(-1, 1)\nreturn float((error**2).sum()) / len(error)",
        },
        {
            "compared_pairs": "np.broadcast(prediction, target).size",
            "mended_mse": "course_lib.mse(np.ravel(prediction), np.ravel(target))",
        },
        {
            "compared_pairs": "int(torch.numel(torch.from_numpy(prediction) - torch.from_numpy(target)))",
            "mended_mse": """
            predictions, targets = prediction.flatten().tolist(), target.flatten().tolist()
            return sum((p - t) ** 2 for p, t in zip(predictions, targets, strict=True)) / len(predictions)
            """,
        },
        {
            "compared_pairs": "(prediction - target).size",
            "mended_mse": f"{REFUSE}a, b = torch.from_numpy(prediction).reshape(-1), torch.from_numpy(target).reshape(-1)\nreturn nn.functional.mse_loss(a, b)",
        },
    ],
    wrong={
        "samples": [{"compared_pairs": "len(prediction)"}],
        "always_square": [{"compared_pairs": "len(prediction) * len(target)"}],
        "sum_of_sizes": [{"compared_pairs": "prediction.size + target.size"}],
        "result_shape": [{"compared_pairs": "(prediction - target).shape"}],
        "still_broadcasts other_error": [
            (MATCH, ""),
            (MATCH, "target = target.squeeze()"),
            (MATCH, "prediction = prediction.flatten()"),
        ],
        "refuses_valid other_error": [
            (f"{MATCH}\n", "", "len(prediction) != len(target)", "prediction.shape != target.shape"),
            (f"{MATCH}\n", "assert prediction.shape == target.shape\n"),
        ],
        "ambiguous_truth": [
            {"mended_mse": f"if prediction != target:\n    {MATCH}\nreturn np.mean((prediction - target) ** 2)"},
            {
                "mended_mse": f"prediction, target = torch.from_numpy(prediction), torch.from_numpy(target)\nif prediction != target:\n    {MATCH}\nreturn torch.mean((prediction - target) ** 2)"
            },
        ],
        "other_error": [
            ("raise ValueError('quantidades de amostras diferentes')", "raise TypeError"),
            (REFUSE, "assert len(prediction) == len(target)\n"),
        ],
        "size_mismatch": [
            (REFUSE, "n = min(len(prediction), len(target))\nprediction, target = prediction[:n], target[:n]\n"),
            ("raise ValueError('quantidades de amostras diferentes')", "return float('nan')"),
            ("raise ValueError('quantidades de amostras diferentes')", "return 'tamanhos diferentes'"),
        ],
        "sum": [("np.mean(", "np.sum(")],
        "root": [("** 2)", "** 2) ** 0.5")],
        "diagonal": [("np.mean(", "np.mean(1 / len(prediction) * ")],
        "absolute": [("np.mean((prediction - target) ** 2)", "np.abs(prediction - target).mean()")],
        "one_number": [("np.mean((prediction - target) ** 2)", "(prediction - target) ** 2")],
        "sorted": [("np.mean((prediction - target)", "np.mean((np.sort(prediction) - np.sort(target))")],
    },
    deceives={
        "size_mismatch": [(REFUSE, "")],
        "still_broadcasts": [(MATCH, "prediction = prediction.reshape(-1, 1)")],
    },
)
