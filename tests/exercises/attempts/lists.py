# ruff: noqa: E501 -- an attempt is a piece of code in a string, one to a line
"""Attempts at exercises 15 and 16."""

from scipy.sparse import csr_array
from sklearn.linear_model import Ridge

from tests.exercises.attempts.registry import attempts

SIMILARITY = """
norms = np.sqrt((history**2).sum(axis=0))
divisor = np.outer(norms, norms) + shrink
similarity = history.T @ history / np.where(divisor > 0, divisor, 1)
np.fill_diagonal(similarity, 0)
return similarity
"""
SCORES = """
kept = np.zeros_like(similarity)
for movie in range(similarity.shape[1]):
    nearest = np.argsort(-similarity[:, movie], kind="stable")[:k]
    kept[nearest, movie] = similarity[nearest, movie]
return history @ kept
"""
attempts(
    "item_knn",
    "history, second, third=None",
    right=[
        {"item_similarity": f"shrink = second{SIMILARITY}", "item_scores": f"similarity, k = second, third{SCORES}"},
        {
            "item_similarity": """
            n_movies = history.shape[1]
            similarity = [[0.0] * n_movies for _ in range(n_movies)]
            for i in range(n_movies):
                for j in range(n_movies):
                    product = history[:, i] @ history[:, j]
                    if i != j and product > 0:
                        norms = np.linalg.norm(history[:, i]) * np.linalg.norm(history[:, j])
                        similarity[i][j] = product / (norms + second)
            return similarity
            """,
            "item_scores": """
            scores = np.zeros(history.shape)
            for user, row in enumerate(history):
                for movie in range(len(row)):
                    near = sorted(range(len(row)), key=lambda other: -second[other, movie])[:third]
                    scores[user, movie] = sum(row[other] * second[other, movie] for other in near)
            return scores
            """,
        },
        {
            "item_similarity": """
            sparse = csr_array(history)
            gram = (sparse.T @ sparse).toarray()
            norms = np.sqrt(gram.diagonal())
            with np.errstate(all="ignore"):
                similarity = np.nan_to_num(gram / (norms[:, None] * norms[None, :] + second))
            return similarity - np.diag(np.diag(similarity))
            """,
            "item_scores": """
            similarity = torch.from_numpy(second)
            values, rows = similarity.topk(min(third, len(similarity)), dim=0)
            return torch.from_numpy(history) @ torch.zeros_like(similarity).scatter(0, rows, values)
            """,
        },
        {
            "item_similarity": f"shrink = second{SIMILARITY}",
            "item_scores": "place = (-pd.DataFrame(second)).rank(axis=0, method='first')\nreturn history @ np.where(place <= third, second, 0)",
        },
    ],
    wrong={
        "no_shrink": [(" + shrink", "")],
        "diagonal": [
            ("np.fill_diagonal(similarity, 0)\n", ""),
            ("np.fill_diagonal(similarity, 0)", "np.fill_diagonal(similarity, 1)"),
        ],
        "users": [("shrink = second", "shrink, history = second, history.T")],
        "dot": [
            ("np.outer(norms, norms) + shrink", "np.ones((len(norms), len(norms)))"),
            ("np.outer(norms, norms) + shrink", "np.full((len(norms), len(norms)), 1 + shrink)"),
        ],
        "shrink_in_sum": [("history.T @ history /", "(history.T @ history + shrink) /")],
        "shrink_after": [(" + shrink", "", "1)\n", "1) / (1 + shrink)\n"), (" + shrink", "", "1)\n", "1) - shrink\n")],
        "shrink_each": [("np.outer(norms, norms) + shrink", "np.outer(norms + shrink, norms + shrink)")],
        "squared_norms": [("np.sqrt((history**2).sum(axis=0))", "(history**2).sum(axis=0)")],
        "one_norm": [
            ("np.outer(norms, norms) + shrink", "norms[:, None] + shrink + 0 * norms"),
            ("np.outer(norms, norms) + shrink", "norms + shrink + 0 * norms[:, None]"),
        ],
        "added_norms": [("np.outer(norms, norms)", "norms[:, None] + norms")],
        "distance": [("np.fill", "similarity = 1 - similarity\nnp.fill")],
        "binary": [("shrink = second", "shrink, history = second, (history > 0).astype(float)")],
        "centred": [("shrink = second", "shrink, history = second, history - history.mean(axis=0)")],
        "significance": [
            (
                "np.fill",
                "common = (history > 0).T.astype(float) @ (history > 0)\nsimilarity = history.T @ history / np.where(norms[:, None] * norms > 0, norms[:, None] * norms, 1) * common / np.maximum(common + shrink, 1e-12)\nnp.fill",
            )
        ],
        "not_finite": [("np.where(divisor > 0, divisor, 1)", "divisor")],
        "all_neighbours": [
            ("kept[nearest, movie] = similarity[nearest, movie]", "kept[:, movie] = similarity[:, movie]")
        ],
        "by_rows": [
            (
                "similarity[:, movie]",
                "similarity[movie]",
                "kept[nearest, movie] = similarity[nearest, movie]",
                "kept[movie, nearest] = similarity[movie, nearest]",
            )
        ],
        "farthest": [("argsort(-", "argsort(")],
        "averaged": [
            ("history @ kept", "history @ kept / np.maximum(kept.sum(axis=0), 1e-9)"),
            ("history @ kept", "history @ kept / k"),
            ("history @ kept", "np.nan_to_num(history @ kept / ((history > 0) @ kept))"),
        ],
        "binary counts": [("history @ kept", "(history > 0) @ kept")],
        "counts": [
            ("history @ kept", "history @ (kept > 0)"),
            ("history @ kept", "(history > 0).astype(int) @ (kept > 0)"),
        ],
        "transposed": [("history @ kept", "(history @ kept).T")],
        "hides_seen": [
            ("history @ kept", "np.where(history > 0, 0, history @ kept)"),
            ("history @ kept", "np.where(history > 0, -np.inf, history @ kept)"),
        ],
        "other_k": [("[:k]", "[: k - 1]")],
        "weights_only": [("history @ kept", "kept")],
    },
    deceives={"other_k all_neighbours": [("[:k]", "[: k + 1]")]},
    csr_array=csr_array,
)

GRAM = "gram = history.T @ history + l2 * np.eye(history.shape[1])"
WEIGHTS = "weights = np.eye(len(inverse)) - inverse / np.diag(inverse)"
RETURN = "return weights, history @ weights"
attempts(
    "ease",
    "history, l2",
    right=[
        f"{GRAM}\ninverse = np.linalg.inv(gram)\n{WEIGHTS}\n{RETURN}",
        """
        gram = history.T @ history
        gram[np.diag_indices_from(gram)] += l2
        inverse = np.linalg.solve(gram, np.eye(len(gram)))
        weights = -inverse / inverse.diagonal()[None, :]
        np.fill_diagonal(weights, 0)
        return weights, history @ weights
        """,
        """
        n_movies = history.shape[1]
        weights = np.zeros((n_movies, n_movies))
        for movie in range(n_movies):
            others = np.delete(np.arange(n_movies), movie)
            fitted = Ridge(alpha=l2, fit_intercept=False).fit(history[:, others], history[:, movie])
            weights[others, movie] = fitted.coef_
        return weights, history @ weights
        """,
        """
        x = torch.from_numpy(history)
        p = torch.cholesky_inverse(torch.linalg.cholesky(x.T @ x + l2 * torch.eye(x.shape[1], dtype=x.dtype)))
        b = p / -torch.diag(p)
        b.fill_diagonal_(0)
        return b, x @ b
        """,
    ],
    wrong={
        "rows": [("np.diag(inverse)", "np.diag(inverse)[:, None]")],
        "no_l2": [(" + l2 * np.eye(history.shape[1])", "")],
        "l2_everywhere": [("l2 * np.eye(history.shape[1])", "l2")],
        "l2_minus": [("+ l2", "- l2")],
        "l2_inverse": [("l2 *", "1 / l2 *"), ("l2 *", "l2**2 *")],
        "users": [
            (
                "history.T @ history + l2 * np.eye(history.shape[1])",
                "history @ history.T + l2 * np.eye(len(history))",
                "history @ weights",
                "weights @ history",
            )
        ],
        "no_identity": [("np.eye(len(inverse)) - inverse", "-inverse")],
        "sign": [
            ("np.eye(len(inverse)) - inverse / np.diag(inverse)", "inverse / np.diag(inverse)"),
            (RETURN, f"weights = -weights\n{RETURN}"),
        ],
        "no_division": [
            ("inverse / np.diag(inverse)", "inverse"),
            (WEIGHTS, "weights = -inverse\nnp.fill_diagonal(weights, 0)"),
        ],
        "gram_diagonal": [
            ("np.diag(inverse)", "np.diag(history.T @ history)"),
            (WEIGHTS, "weights = -inverse / np.diag(history.T @ history)\nnp.fill_diagonal(weights, 0)"),
        ],
        "not_inverted": [
            ("np.linalg.inv(gram)", "gram"),
            (WEIGHTS, "weights = history.T @ history\nnp.fill_diagonal(weights, 0)"),
        ],
        "elementwise": [("np.linalg.inv(gram)", "1 / gram")],
        "ridge": [
            (WEIGHTS, "weights = inverse @ history.T @ history"),
            (WEIGHTS, "weights = inverse @ history.T @ history\nnp.fill_diagonal(weights, 0)"),
        ],
        "binary": [(GRAM, f"history = (history > 0).astype(float)\n{GRAM}")],
        "swapped": [(RETURN, "return history @ weights, weights")],
        "only_weights": [(RETURN, "return weights")],
        "only_scores": [(RETURN, "return history @ weights")],
        "scores_transposed": [
            ("history @ weights", "history @ weights.T"),
            ("history @ weights", "(history @ weights).T"),
        ],
        "hides_seen": [
            ("history @ weights", "np.where(history > 0, 0, history @ weights)"),
            ("history @ weights", "np.where(history > 0, -np.inf, history @ weights)"),
        ],
        "counts": [("history @ weights", "(history > 0) @ weights")],
        "other_scores": [
            ("history @ weights", "history @ inverse"),
            ("history @ weights", "history @ weights + history"),
        ],
    },
    Ridge=Ridge,
)
