# ruff: noqa: E501 -- an attempt is a piece of code in a string, one to a line
"""Attempts at exercises 1 to 4."""

from tests.exercises.attempts.registry import attempts

attempts(
    "density",
    "ratings, n_users, n_movies",
    right=[
        "100 * len(ratings) / (n_users * n_movies)",
        """
        matrix = np.full((n_users, n_movies), -1.0)
        for user, movie, rating in ratings:
            matrix[int(user), int(movie)] = rating
        return np.mean(matrix >= 0) * 100
        """,
        "pd.DataFrame(ratings, columns=list('umr'))['r'].count() / n_users / n_movies * 100.0",
        "ratings.shape[0] / np.zeros((n_users, n_movies)).size * 1e2",
    ],
    wrong={
        "fraction": [("100 * ", ""), ("100 * len(ratings)", "len(ratings) / 100")],
        "sparsity": ["(n_users * n_movies - len(ratings)) / (n_users * n_movies) * 100", ("100 *", "1 -")],
        "elements": [("len(ratings)", "ratings.size"), ("len(ratings)", "ratings[:, :2].size")],
        "only_present": [
            "100 * len(ratings) / (len(set(ratings[:, 0])) * len(set(ratings[:, 1])))",
            "100 * len(ratings) / np.prod(pd.DataFrame(ratings)[[0, 1]].nunique())",
        ],
        "last_index": [
            "100 * len(ratings) / (max(ratings[:, 0]) * max(ratings[:, 1]))",
            "100 * len(ratings) / ((n_users - 1) * (n_movies - 1))",
        ],
        "one_side": ["100 * len(ratings) / n_movies", "100 * len(ratings) / n_users"],
        "sum_of_sides": [("n_users * n_movies", "n_users + n_movies")],
        "square": ["100 * len(ratings) / n_movies**2", ("n_movies", "n_users")],
        "inverted": ["n_users * n_movies / len(ratings) * 100", "n_users * n_movies / len(ratings)"],
        "sum_of_ratings": [("len(ratings)", "sum(ratings[:, 2])"), ("len(ratings)", "(ratings[:, 2] / 5).sum()")],
        "rounded": ["round(100 * len(ratings) / (n_users * n_movies), 2)"],
        "missing_return": ["print(100 * len(ratings) / (n_users * n_movies))\nreturn"],
        "error": [("n_users * n_movies", "n_cells"), ("len(ratings)", "len(ratings)(1)")],
    },
    deceives={
        "whole_number": [
            ("/ (", "// ("),
            "int(100 * len(ratings) / (n_users * n_movies))",
            ("100 * ", "round(100 * ", "movies)", "movies))"),
        ]
    },
)

attempts(
    "reindex",
    "ids",
    right=[
        "unique_ids, index = np.unique(ids, return_inverse=True)\nreturn index, unique_ids",
        """
        unique_ids = sorted(set(ids.tolist()))
        position = {value: index for index, value in enumerate(unique_ids)}
        return [position[value] for value in ids.tolist()], unique_ids
        """,
        "pd.factorize(ids, sort=True)",
        "unique_ids = np.unique(ids)\nreturn np.searchsorted(unique_ids, ids), unique_ids",
        "table = pd.Categorical(ids)\nreturn table.codes, table.categories.to_numpy()",
    ],
    wrong={
        "from_one": [
            "unique_ids = sorted(set(ids))\nreturn np.array([unique_ids.index(value) + 1 for value in ids]), unique_ids",
            "pd.Series(ids).rank(method='dense').astype(int), np.unique(ids)",
        ],
        "unchanged": ["ids, np.unique(ids)"],
        "subtract unchanged": ["ids - np.min(ids), np.unique(ids)", "ids - 1, np.unique(ids)"],
        "by_appearance": ["pd.factorize(ids)", "pd.factorize(ids)[0], np.unique(ids)"],
        "argsort": ["np.argsort(ids), np.unique(ids)", "ids.argsort().argsort(), np.unique(ids)"],
        "swapped": [
            "np.unique(ids, return_inverse=True)",
            "unique_ids = sorted(set(ids.tolist()))\nreturn unique_ids, [unique_ids.index(value) for value in ids.tolist()]",
        ],
        "other_return": [("return_inverse", "return_index"), ("return_inverse", "return_counts")],
        "as_text": [
            """
            unique_ids = sorted({str(value) for value in ids})
            return [unique_ids.index(str(value)) for value in ids], [int(value) for value in unique_ids]
            """,
            "np.unique(ids.astype(str), return_inverse=True)[1], np.unique(ids)",
        ],
        "only_index": ["np.unique(ids, return_inverse=True)[1]"],
        "only_ids": ["np.unique(ids)"],
        "repeated_ids": [
            ("return index, unique_ids", "return index, np.sort(ids)"),
            ("return index, unique_ids", "return index, unique_ids[index]"),
        ],
        "descending": [
            """
            unique_ids = sorted(set(ids.tolist()), reverse=True)
            return [unique_ids.index(value) for value in ids.tolist()], unique_ids
            """,
            ("return index", "return index.max() - index"),
        ],
        "missing_return": [("return index, unique_ids", "print(index, unique_ids)")],
        "not_plain": [
            "{value: index for index, value in enumerate(np.unique(ids).tolist())}",
            "{value: index for index, value in enumerate(sorted(set(ids)))}, np.unique(ids)",
        ],
    },
)

attempts(
    "mse_rmse",
    "predictions, targets",
    right=[
        {"mse": "np.mean((predictions - targets) ** 2)", "rmse": "np.sqrt(mse(predictions, targets))"},
        {
            "mse": """
            total = 0
            for prediction, target in zip(predictions, targets, strict=True):
                total += (prediction - target) ** 2
            return total / len(targets)
            """,
            "rmse": "math.sqrt(mse(predictions, targets))",
        },
        {
            "mse": "error = targets - predictions\nreturn error @ error / error.size",
            "rmse": "np.linalg.norm(predictions - targets) / len(targets) ** 0.5",
        },
        {
            "mse": "np.square(predictions - targets).sum() / predictions.shape[0]",
            "rmse": "((predictions - targets) ** 2).mean() ** 0.5",
        },
    ],
    wrong={
        "cancel no_root": [{"mse": "np.mean(predictions - targets)", "rmse": "abs(np.mean(predictions - targets))"}],
        "cancel": [
            {"mse": "np.mean(predictions - targets) ** 2"},
            {"mse": "np.mean(targets - predictions)", "rmse": "np.sqrt(np.mean(targets - predictions) ** 2)"},
        ],
        "absolute": [
            {"mse": "np.mean(abs(predictions - targets))", "rmse": "np.sqrt(np.mean((predictions - targets) ** 2))"}
        ],
        "sum root_of_sum": [{"mse": "sum((predictions - targets) ** 2)"}],
        "squares": [{"mse": "(predictions - targets) ** 2"}],
        "root": [
            {
                "mse": "np.mean((predictions - targets) ** 2) ** 0.5",
                "rmse": "np.sqrt(np.mean((predictions - targets) ** 2))",
            }
        ],
        "half": [{"mse": "0.5 * np.mean((predictions - targets) ** 2)"}],
        "squared_first other not_finite": [{"mse": "np.mean(predictions**2 - targets**2)"}],
        "median": [{"mse": "np.median((predictions - targets) ** 2)"}],
        "rounded": [
            {
                "mse": "round(float(np.mean((predictions - targets) ** 2)), 2)",
                "rmse": "round(float(np.mean((predictions - targets) ** 2) ** 0.5), 2)",
            }
        ],
        "no_root": [{"rmse": "np.mean((predictions - targets) ** 2)"}, {"rmse": "mse(predictions, targets)"}],
        "root_each": [
            {"rmse": "np.mean(np.sqrt((predictions - targets) ** 2))"},
            {"rmse": "np.mean(abs(predictions - targets))"},
        ],
        "root_over_n": [{"rmse": "np.sqrt(np.sum((predictions - targets) ** 2)) / len(targets)"}],
        "root_of_sum": [{"rmse": "np.linalg.norm(predictions - targets)"}],
        "unwritten_dependency unattempted": [{"mse": 'raise NotImplementedError("Escreva sua resposta aqui")'}],
        "n_minus_one": [
            {"mse": "float(((predictions - targets) ** 2).sum()) / (len(targets) - 1)"},
            {
                "mse": "np.var(predictions - targets, ddof=1) + np.mean(predictions - targets) ** 2 * len(targets) / (len(targets) - 1)"
            },
        ],
    },
)

attempts(
    "epoch_loss",
    "losses, sizes",
    right=[
        "np.average(losses, weights=sizes)",
        """
        total, count = 0.0, 0
        for loss, size in zip(losses, sizes, strict=True):
            total += loss * size
            count += size
        return total / count
        """,
        "np.repeat(losses, sizes).mean()",
        "np.dot(losses, sizes) / np.sum(sizes)",
    ],
    wrong={
        "per_batch": ["sum(losses) / len(losses)", "np.average(losses)"],
        "weighted_per_batch": [
            "sum(loss * size for loss, size in zip(losses, sizes, strict=True)) / len(losses)",
            "np.mean(np.array(losses) * sizes)",
        ],
        "total": ["np.dot(losses, sizes)"],
        "sum": ["total = 0\nfor loss in losses:\n    total += loss\nreturn total"],
        "sum_per_sample": ["sum(losses) / sum(sizes)"],
        "full_batches": [
            "np.dot(losses, sizes) / (len(losses) * sizes[0])",
            "np.dot(losses, sizes) / (len(losses) * max(sizes))",
        ],
        "last": ["for loss in losses:\n    result = loss\nreturn result"],
        "first": [
            "for loss, size in zip(losses, sizes, strict=True):\n    return loss * size / size",
            "for loss, size in zip(losses, sizes, strict=True):\n    return loss * size / sum(sizes)",
        ],
        "rounded": ["round(np.average(losses, weights=sizes), 3)"],
        "skips_last": ["np.average(losses[:-1], weights=sizes[:-1])", "np.mean(losses[:-1])"],
        "root": ["np.sqrt(np.average(losses, weights=sizes))"],
        "root_each": ["np.average(np.sqrt(losses), weights=sizes)"],
        "inverse": ["np.average(losses, weights=[1 / size for size in sizes])"],
        "median": ["np.median(losses)"],
        "other": ["average = losses[0]\nfor loss in losses[1:]:\n    average = (average + loss) / 2\nreturn average"],
        "missing_return": ["result = np.average(losses, weights=sizes)\nreturn None"],
        "error": ["losses * sizes / sum(sizes)"],
    },
)
