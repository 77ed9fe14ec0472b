"""Attempts at exercise `recommend`."""

import numpy as np
import pandas as pd

from tests.exercises.attempts.registry import right, wrong


@right("recommend")
def recommend_from_candidates(scores, seen, k):
    candidates = np.setdiff1d(np.arange(len(scores)), seen)
    order = np.argsort(-scores[candidates], kind="stable")
    return candidates[order[:k]]


@right("recommend")
def recommend_with_sorted(scores, seen, k):
    unseen = [movie for movie in range(len(scores)) if movie not in set(seen.tolist())]
    return sorted(unseen, key=lambda movie: (-scores[movie], movie))[:k]


@right("recommend")
def recommend_with_pandas(scores, seen, k):
    return pd.Series(scores).drop(seen).sort_values(ascending=False, kind="stable").index[:k]


@right("recommend")
def recommend_by_repeated_maximum(scores, seen, k):
    left, best = scores.astype(float), []
    left[seen] = -np.inf
    while len(best) < k and np.isfinite(left).any():
        best.append(int(left.argmax()))
        left[best[-1]] = -np.inf
    return best


@wrong("recommend", "ascending")
def recommend_the_worst(scores, seen, k):
    candidates = np.setdiff1d(np.arange(len(scores)), seen)
    return candidates[np.argsort(scores[candidates], kind="stable")[:k]]


@wrong("recommend", "shifted")
def recommend_after_delete(scores, seen, k):
    left = np.delete(scores, seen)
    return np.argsort(-left, kind="stable")[:k]


@wrong("recommend", "shifted")
def recommend_positions_in_the_shortened_list(scores, seen, k):
    left = [score for movie, score in enumerate(scores) if movie not in seen]
    return np.argsort(left)[-k:]


@wrong("recommend", "shifted")
def recommend_positions_from_the_best(scores, seen, k):
    left = [score for movie, score in enumerate(scores) if movie not in seen]
    return np.argsort(left)[-k:][::-1]


@wrong("recommend", "forbidden")
def recommend_what_was_seen(scores, seen, k):
    return np.argsort(-scores, kind="stable")[:k]


@wrong("recommend", "few")
def recommend_excludes_too_late(scores, seen, k):
    best = np.argsort(-scores, kind="stable")[:k]
    return [movie for movie in best.tolist() if movie not in seen.tolist()]


@wrong("recommend", "scores")
def recommend_returns_scores(scores, seen, k):
    left = np.delete(scores, seen)
    return np.sort(left)[::-1][:k]


@wrong("recommend", "unsorted")
def recommend_with_argpartition(scores, seen, k):
    candidates = np.setdiff1d(np.arange(len(scores)), seen)
    top = candidates[np.argsort(-scores[candidates], kind="stable")[:k]]
    return np.sort(top)


@wrong("recommend", "ties")
def recommend_reverses_ties(scores, seen, k):
    candidates = np.setdiff1d(np.arange(len(scores)), seen)
    return candidates[np.argsort(scores[candidates], kind="stable")[::-1][:k]]


@wrong("recommend", "forbidden", deceives=True)
def recommend_zeroes_the_seen(scores, seen, k):
    left = scores.astype(float)
    left[seen] = 0
    return np.argsort(-left, kind="stable")[:k]


@wrong("recommend", "many")
def recommend_one_too_many(scores, seen, k):
    candidates = np.setdiff1d(np.arange(len(scores)), seen)
    return candidates[np.argsort(-scores[candidates], kind="stable")[: k + 1]]


@wrong("recommend", "few")
def recommend_one_too_few(scores, seen, k):
    candidates = np.setdiff1d(np.arange(len(scores)), seen)
    return candidates[np.argsort(-scores[candidates], kind="stable")[: k - 1]]
