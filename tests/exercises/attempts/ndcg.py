# ruff: noqa: E501 -- an attempt is a piece of code in a string, one to a line
"""Attempts at exercise 14."""

from tests.exercises.attempts.registry import attempts

GAIN = "dcg = np.sum(hits / np.log2(np.arange(len(hits)) + 2))"
IDEAL = "ideal = np.sum(1 / np.log2(np.arange(min(k, len(relevant))) + 2))"
attempts(
    "ndcg",
    "ranking, relevant, k",
    right=[
        f"""
        hits = np.isin(ranking[:k], relevant)
        {GAIN}
        {IDEAL}
        return dcg / ideal
        """,
        """
        wanted = set(relevant.tolist())
        dcg = sum(1 / math.log2(place + 1) for place, movie in enumerate(ranking[:k].tolist(), 1) if movie in wanted)
        return dcg / sum(1 / math.log2(place + 1) for place in range(1, min(k, len(wanted)) + 1))
        """,
        """
        dcg = ideal = 0.0
        for position in range(k):
            if position < len(ranking) and ranking[position] in relevant:
                dcg += np.log(2) / np.log(position + 2)
            if position < len(relevant):
                ideal += np.log(2) / np.log(position + 2)
        return dcg / ideal
        """,
        """
        gains = 1 / np.log2(np.arange(2, k + 2))
        hits = pd.Series(ranking[:k]).isin(relevant).to_numpy()
        return gains[: len(hits)][hits].sum() / gains[: len(relevant)].sum()
        """,
    ],
    wrong={
        "no_ideal": [("dcg / ideal", "dcg")],
        "ideal_k": [("min(k, len(relevant))", "k"), ("min(k, len(relevant))", "len(relevant)")],
        "ideal_found no_ideal": [("min(k, len(relevant))", "hits.sum()")],
        "divides_by_count": [("dcg / ideal", "dcg / k"), ("dcg / ideal", "dcg / len(relevant)")],
        "early_discount": [
            (
                GAIN,
                "dcg = 0\n        for i, movie in enumerate(ranking[:k]):\n            if movie in relevant:\n                dcg += 1 / math.log2(i + 1)",
            ),
            "dcg = sum(1 / math.log2(i + 1) for i in range(len(ranking[:k])) if ranking[i] in relevant)\nreturn dcg / sum(1 / math.log2(i + 1) for i in range(min(k, len(relevant))))",
        ],
        "not_finite": [("+ 2", "+ 1")],
        "late_discount": [("+ 2", "+ 3"), (GAIN, GAIN.replace("+ 2", "+ 3"))],
        "no_discount": [
            ("dcg / ideal", "hits.mean()"),
            ("dcg / ideal", "hits.sum() / len(relevant)"),
            ("dcg / ideal", "len(set(ranking[:k].tolist()) & set(relevant.tolist())) / min(k, len(relevant))"),
        ],
        "linear_discount": [
            ("np.log2(np.arange(len(hits)) + 2)", "(np.arange(len(hits)) + 1)"),
            (
                "np.log2(np.arange(len(hits)) + 2)",
                "(np.arange(len(hits)) + 1)",
                "np.log2(np.arange(min(k, len(relevant))) + 2)",
                "(np.arange(min(k, len(relevant))) + 1)",
            ),
        ],
        "multiplied": [("hits / np", "hits * np"), ("hits / np", "hits * np", "1 / np", "1 * np")],
        "ignores_k": [("ranking[:k]", "ranking"), ("ranking[:k]", "ranking", "min(k, len(relevant))", "len(relevant)")],
        "order_lost": [
            (GAIN, "dcg = np.sum(1 / np.log2(np.arange(hits.sum()) + 2))"),
            (GAIN, "hits = np.sort(hits)[::-1]\n        " + GAIN),
        ],
        "first_hit": [("dcg / ideal", "1 / (hits.argmax() + 1) if hits.any() else 0.0")],
        "any_hit": [("dcg / ideal", "float(hits.any())")],
        "average_precision": [
            ("dcg / ideal", "np.sum(np.cumsum(hits) / (np.arange(len(hits)) + 1) * hits) / min(k, len(relevant))")
        ],
        "film_as_position": [(GAIN, "dcg = np.sum(1 / np.log2(ranking[:k][hits] + 2))")],
        "inverted": [("dcg / ideal", "ideal / dcg")],
        "other": [("min(k, len(relevant))", "min(k, len(relevant)) - 1")],
        "rounded": [("dcg / ideal", "round(dcg / ideal, 2)"), ("dcg / ideal", "round(dcg / ideal, 3)")],
        "missing_return": [("return dcg", "result = dcg")],
    },
)
