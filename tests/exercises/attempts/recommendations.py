# ruff: noqa: E501 -- an attempt is a piece of code in a string, one to a line
"""Attempts at exercises 8 and 9."""

from scipy.spatial.distance import cdist
from sklearn.metrics.pairwise import cosine_similarity

from tests.exercises.attempts.registry import attempts

attempts(
    "recommend",
    "scores, seen, k",
    right=[
        """
        candidates = np.setdiff1d(np.arange(len(scores)), seen)
        order = np.argsort(-scores[candidates], kind="stable")
        return candidates[order[:k]]
        """,
        "sorted((m for m in range(len(scores)) if m not in set(seen.tolist())), key=lambda m: (-scores[m], m))[:k]",
        "pd.Series(scores).drop(seen).sort_values(ascending=False, kind='stable').index[:k]",
        """
        left, best = scores.astype(float), []
        left[seen] = -np.inf
        while len(best) < k and np.isfinite(left).any():
            best.append(int(left.argmax()))
            left[best[-1]] = -np.inf
        return best
        """,
    ],
    wrong={
        "ascending": [("-scores", "scores"), ("candidates[order[:k]]", "candidates[order[-k:]]")],
        "shifted unsorted": [
            "np.argsort(-np.delete(scores, seen), kind='stable')[:k]",
            ("candidates[order[:k]]", "order[:k]"),
            "np.argsort([score for movie, score in enumerate(scores) if movie not in seen])[-k:]",
        ],
        "forbidden": [
            ("np.setdiff1d(np.arange(len(scores)), seen)", "np.arange(len(scores))"),
            ("np.setdiff1d(np.arange(len(scores)), seen)", "np.sort(seen)"),
        ],
        "few": [
            "[movie for movie in np.argsort(-scores, kind='stable')[:k].tolist() if movie not in seen.tolist()]",
            ("[:k]", "[: k - 1]"),
        ],
        "scores": [
            "np.sort(np.delete(scores, seen))[::-1][:k]",
            ("candidates[order[:k]]", "scores[candidates[order[:k]]]"),
        ],
        "pairs": [("candidates[order[:k]]", "[(m, scores[m]) for m in candidates[order[:k]]]")],
        "unsorted": [
            ("candidates[order[:k]]", "np.sort(candidates[order[:k]])"),
            ("candidates[order[:k]]", "candidates[:k]"),
        ],
        "ties": [
            ('np.argsort(-scores[candidates], kind="stable")', "np.argsort(scores[candidates], kind='stable')[::-1]"),
            "sorted((m for m in range(len(scores)) if m not in seen), key=lambda m: (scores[m], m), reverse=True)[:k]",
        ],
        "many": [("[:k]", "[: k + 1]"), ("[order[:k]]", "[order]")],
        "from_one": [("candidates[order[:k]]", "candidates[order[:k]] + 1")],
        "repeated": [
            "left = np.delete(scores, seen)\nreturn [scores.tolist().index(score) for score in np.sort(left)[::-1][:k]]"
        ],
        "mask": [("candidates[order[:k]]", "np.isin(np.arange(len(scores)), candidates[order[:k]])")],
        "missing_return": [("return candidates[order[:k]]", "print(candidates[order[:k]])")],
    },
    deceives={
        "forbidden": ["left = scores.astype(float)\nleft[seen] = 0\nreturn np.argsort(-left, kind='stable')[:k]"],
    },
)

COSINE = {"cosine_similarity": cosine_similarity, "cdist": cdist}
attempts(
    "neighbours",
    "vectors, movie, k",
    right=[
        """
        unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        similarity = unit @ unit[movie]
        order = np.argsort(-similarity, kind="stable")
        return order[order != movie][:k]
        """,
        """
        pairs = []
        for other, vector in enumerate(vectors):
            if other != movie:
                norms = np.sqrt((vector**2).sum()) * np.sqrt((vectors[movie] ** 2).sum())
                pairs.append((float(vector @ vectors[movie] / norms), other))
        pairs.sort(reverse=True)
        return [other for _, other in pairs[:k]]
        """,
        "order = cdist(vectors[[movie]], vectors, metric='cosine')[0].argsort()\nreturn order[order != movie][:k]",
        """
        vectors = torch.from_numpy(vectors)
        similarity = nn.functional.cosine_similarity(vectors, vectors[movie : movie + 1])
        similarity[movie] = -2
        return similarity.topk(k).indices
        """,
        "similarity = cosine_similarity(vectors)[movie]\nsimilarity[movie] = -np.inf\nreturn np.argsort(similarity)[::-1][:k]",
    ],
    wrong={
        "dot": [
            ("unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)", "unit = vectors"),
            ("unit @ unit[movie]", "vectors @ unit[movie]"),
        ],
        "euclidean": [("unit @ unit[movie]", "-np.linalg.norm(vectors - vectors[movie], axis=1)")],
        "manhattan": [("unit @ unit[movie]", "-np.abs(vectors - vectors[movie]).sum(axis=1)")],
        "forbidden": [("order[order != movie]", "order")],
        "farthest": [
            ("-similarity", "similarity"),
            ("order[order != movie][:k]", "order[order != movie][-k:]"),
            ("unit @ unit[movie]", "np.linalg.norm(vectors - vectors[movie], axis=1)"),
        ],
        "absolute": [("unit @ unit[movie]", "np.abs(unit @ unit[movie])")],
        "by_columns dot": [("axis=1, keepdims=True", "axis=0")],
        "squared_norms": [
            ("np.linalg.norm(vectors, axis=1, keepdims=True)", "(vectors**2).sum(axis=1, keepdims=True)")
        ],
        "longest": [("unit @ unit[movie]", "np.linalg.norm(vectors, axis=1)")],
        "shifted": [
            "others = np.delete(vectors, movie, axis=0)\nreturn np.argsort(-cosine_similarity(others, vectors[[movie]])[:, 0], kind='stable')[:k]"
        ],
        "scores": [
            ("return order", "return similarity[order", "[:k]", "][:k]"),
            ("return order[order != movie][:k]", "return similarity"),
        ],
        "few": [
            ("order[order != movie][:k]", "[other for other in order[:k].tolist() if other != movie]"),
            ("[:k]", "[: k - 1]"),
        ],
        "many": [("[:k]", "[: k + 1]"), ("[:k]", "")],
        "unsorted": [("return order[order != movie][:k]", "return np.sort(order[order != movie][:k])")],
        "from_one": [("[:k]", "[:k] + 1")],
        "repeated": [("return order[order != movie][:k]", "return [order[order != movie][0]] * k")],
    },
    deceives={
        "forbidden": [
            ("order[order != movie][:k]", "order[1 : k + 1]"),
            "np.argsort(cosine_similarity(vectors)[movie], kind='stable')[::-1][1 : k + 1]",
            (
                "unit @ unit[movie]",
                "np.where(np.arange(len(unit)) == movie, 0, unit @ unit[movie])",
                "order[order != movie]",
                "order",
            ),
        ],
        "centred": [
            "order = np.argsort(-np.corrcoef(vectors)[movie], kind='stable')\nreturn order[order != movie][:k]"
        ],
    },
    **COSINE,
)
