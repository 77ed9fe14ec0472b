"""Attempts at exercise `neighbours`."""

import numpy as np
import torch
from scipy.spatial.distance import cdist
from sklearn.metrics.pairwise import cosine_similarity

from tests.exercises.attempts.registry import right, wrong


@right("neighbours")
def neighbours_with_unit_vectors(vectors, movie, k):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    similarity = unit @ unit[movie]
    similarity[movie] = -np.inf
    return np.argsort(-similarity)[:k]


@right("neighbours")
def neighbours_with_a_loop(vectors, movie, k):
    pairs = []
    for other, vector in enumerate(vectors):
        if other != movie:
            norms = np.sqrt((vector**2).sum()) * np.sqrt((vectors[movie] ** 2).sum())
            pairs.append((float(vector @ vectors[movie] / norms), other))
    pairs.sort(reverse=True)
    return [other for _, other in pairs[:k]]


@right("neighbours")
def neighbours_with_scipy(vectors, movie, k):
    distance = cdist(vectors[[movie]], vectors, metric="cosine")[0]
    order = distance.argsort()
    return order[order != movie][:k]


@right("neighbours")
def neighbours_with_scikit_learn(vectors, movie, k):
    similarity = cosine_similarity(vectors)[movie]
    return np.argsort(similarity)[::-1][1 : k + 1]


@right("neighbours")
def neighbours_with_torch(vectors, movie, k):
    vectors = torch.from_numpy(vectors)
    similarity = torch.nn.functional.cosine_similarity(vectors, vectors[movie : movie + 1])
    similarity[movie] = -2
    return similarity.topk(k).indices


def _best(scores, movie, k):
    order = np.argsort(-scores, kind="stable")
    return order[order != movie][:k]


@wrong("neighbours", "dot")
def neighbours_by_dot_product(vectors, movie, k):
    return _best(vectors @ vectors[movie], movie, k)


@wrong("neighbours", "dot")
def neighbours_normalizes_only_the_query(vectors, movie, k):
    return _best(vectors @ vectors[movie] / np.linalg.norm(vectors[movie]), movie, k)


@wrong("neighbours", "euclidean")
def neighbours_by_distance(vectors, movie, k):
    return _best(-np.linalg.norm(vectors - vectors[movie], axis=1), movie, k)


@wrong("neighbours", "forbidden")
def neighbours_includes_itself(vectors, movie, k):
    return np.argsort(-cosine_similarity(vectors)[movie], kind="stable")[:k]


@wrong("neighbours", "ascending")
def neighbours_takes_the_farthest(vectors, movie, k):
    return cosine_similarity(vectors)[movie].argsort()[:k]


@wrong("neighbours", "absolute")
def neighbours_with_modulus(vectors, movie, k):
    return _best(np.abs(cosine_similarity(vectors)[movie]), movie, k)


@wrong("neighbours", "by_columns")
def neighbours_normalizes_columns(vectors, movie, k):
    unit = vectors / np.linalg.norm(vectors, axis=0)
    return _best(unit @ unit[movie], movie, k)


@wrong("neighbours", "centred", deceives=True)
def neighbours_by_correlation(vectors, movie, k):
    return _best(np.corrcoef(vectors)[movie], movie, k)


@wrong("neighbours", "shifted")
def neighbours_after_delete(vectors, movie, k):
    others = np.delete(vectors, movie, axis=0)
    return np.argsort(-cosine_similarity(others, vectors[[movie]])[:, 0])[:k]


@wrong("neighbours", "similarities")
def neighbours_returns_cosines(vectors, movie, k):
    similarity = np.delete(cosine_similarity(vectors)[movie], movie)
    return np.sort(similarity)[::-1][:k]


@wrong("neighbours", "few")
def neighbours_cuts_before_excluding(vectors, movie, k):
    best = np.argsort(-cosine_similarity(vectors)[movie])[:k]
    return best[best != movie]


@wrong("neighbours", "unsorted", deceives=True)
def neighbours_with_argpartition(vectors, movie, k):
    return np.sort(_best(cosine_similarity(vectors)[movie], movie, k))


@wrong("neighbours", "many")
def neighbours_one_too_many(vectors, movie, k):
    return _best(cosine_similarity(vectors)[movie], movie, k + 1)
