# ruff: noqa: E501 -- an attempt is a piece of code in a string, one to a line
"""Attempts at exercises 12 and 13."""

import numpy as np
import torch
from torch import nn

from course_lib import BiasedDotNet, DeepNetTrainer, DotNet, add_user, make_dataloaders, predict, rating_matrix
from tests.exercises.attempts.registry import attempts


def fit(model, train, n_epochs, seed, batch_size=512, lr=0.01):
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    trainer = DeepNetTrainer(model, nn.MSELoss(), optimizer, device="cpu", verbose=False)
    trainer.fit(n_epochs, make_dataloaders(train, batch_size=batch_size, seed=seed)["train"])
    return model


def quick(model, train, n_epochs):
    """Like `fit`, all rows at once: the mistakes need no more, and the tests are faster."""
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    inputs, targets = torch.from_numpy(train[:, :2]).long(), torch.from_numpy(train[:, 2:])
    for _ in range(n_epochs):
        optimizer.zero_grad()
        ((model(inputs) - targets) ** 2).mean().backward()
        optimizer.step()
    return model


def network(train, n_users, n_movies, **changes):
    return BiasedDotNet(n_users, n_movies, **{"mean": float(train[:, 2].mean()), "l2": 0.12, "l2_bias": 0.02} | changes)


def pairs(user, n_movies):
    return torch.tensor([[user, movie] for movie in range(n_movies)])


ASK = "predict(model, np.full(n_movies, n_users), np.arange(n_movies))"
MEANS = """
count = np.bincount(train[:, 1].astype(int), minlength=n_movies) + {damping}
return train[:, 2].mean() + np.bincount(train[:, 1].astype(int), train[:, 2] - train[:, 2].mean(), n_movies) / count
"""
INVENT = "train = np.concatenate([train, np.array([[n_users, movie, {stars}] for movie in range({n})], np.float32)])\n        "
attempts(
    "new_user",
    "train, n_users, n_movies, n_epochs, seed",
    right=[
        f"""
        torch.manual_seed(seed)
        model = network(train, n_users + 1, n_movies)
        model = quick(model, train, n_epochs)
        return {ASK}
        """,
        f"""
        torch.manual_seed(seed)
        model = fit(network(train, n_users + 1, n_movies, n_factors=8), train, n_epochs, seed)
        return {ASK}
        """,
        """
        torch.manual_seed(seed)
        model = network(train, n_users + 1, n_movies, l2=0.0, l2_bias=0.0)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=1e-5)
        inputs, targets = torch.from_numpy(train[:, :2]).long(), torch.from_numpy(train[:, 2:])
        for _ in range(2 * n_epochs):
            loss = ((model(inputs) - targets) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            return model.predict_all(torch.tensor([n_users]))[0]
        """,
        """
        torch.manual_seed(seed)
        model = fit(network(train, n_users, n_movies), train, n_epochs, seed, batch_size=128, lr=5e-3)
        extended, user = add_user(model, [], [])
        return [float(predict(extended, user, movie)[0]) for movie in range(n_movies)]
        """,
    ],
    wrong={
        "not_enlarged": [
            ("n_users + 1, ", "n_users, "),
            ("n_users + 1, ", "n_users, ", ASK, "model(pairs(n_users, n_movies)).flatten()"),
            ("n_users + 1, ", "n_users, ", ASK, "rating_matrix(model, n_users, n_movies)[n_users]"),
            ("n_users + 1, ", "n_users, ", ASK, "rating_matrix(model, n_users + 1, n_movies)[n_users]"),
            "torch.manual_seed(seed)\nreturn nn.Embedding(n_users, n_movies)(torch.tensor(n_users))",
        ],
        "error": [
            (ASK, "predict(model, np.arange(n_movies), np.full(n_movies, n_users))"),
            ("n_movies)\n", "n_movies, mean=float(train[:, 3].mean()))\n"),
        ],
        "grump": [
            ("np.full(n_movies, n_users)", "np.full(n_movies, n_users - 1)"),
            ("np.full(n_movies, n_users)", "np.zeros(n_movies)"),
        ],
        "noise": [("network(train, ", "DotNet("), ("n_movies)\n", "n_movies, init_std=1.0)\n")],
        "near_zero": [
            ("network(train, n_users + 1, n_movies)", "DotNet(n_users + 1, n_movies, init_std=0.05)"),
            ("model = network", INVENT.format(stars=0, n="n_movies") + "model = network"),
        ],
        "default_mean": [("network(train, ", "BiasedDotNet("), ("n_movies)\n", "n_movies, mean=3.5)\n")],
        "invented": [
            ("model = network", INVENT.format(stars=5, n="n_movies") + "model = network"),
            ("model = network", INVENT.format(stars=3.5, n="n_movies") + "model = network"),
            ("model = quick", INVENT.format(stars=4, n="n_movies") + "model = quick"),
        ],
        "epochs_ignored": [
            MEANS.format(damping=0),
            MEANS.format(damping=2),
            MEANS.format(damping=10),
            ("quick(model, train, n_epochs)", "quick(model, train, 60)"),
        ],
        "untrained": [
            ("quick(model, train, n_epochs)", "model"),
            ("quick(model, train, n_epochs)", "quick(model, train, 1)"),
        ],
        "not_repeatable": [("torch.manual_seed(seed)", "torch.seed()")],
        "whole_matrix": [(ASK, "model.predict_all(torch.arange(n_users + 1))")],
        "shape": [(ASK, "model(pairs(n_users, n_movies))")],
        "other": [
            (ASK, f"np.sort({ASK})[::-1]"),
            ("model = network", INVENT.format(stars="(movie * 7) % 10 / 2 + 0.5", n="n_movies") + "model = network"),
        ],
    },
    fit=fit,
    quick=quick,
    network=network,
    pairs=pairs,
    add_user=add_user,
    predict=predict,
    rating_matrix=rating_matrix,
    BiasedDotNet=BiasedDotNet,
    DotNet=DotNet,
)


def scores_of(model, user):
    return predict(model, np.full(model.n_movies, user), np.arange(model.n_movies))


def best(scores, movie, k):
    order = np.argsort(-scores, kind="stable")
    return order[order != movie][:k]


BEST = "best(scores_of(extended, user), movie, k)"
EVERY = "np.argsort(-scores_of(extended, user), kind='stable')"
attempts(
    "one_rating",
    "model, movie, rating, k",
    right=[
        f"extended, user = add_user(model, [movie], [rating])\nreturn {BEST}",
        """
        extended, user = add_user(model, np.array([movie]), np.array([rating]))
        row = rating_matrix(extended, extended.n_users, extended.n_movies)[user]
        row[movie] = -np.inf
        return sorted(range(len(row)), key=lambda index: (-row[index], index))[:k]
        """,
        """
        movies = model.movie_vectors.weight.detach().numpy()
        bias = model.movie_bias.weight.detach().numpy()[:, 0]
        start = model.user_vectors.weight.detach().numpy().mean(axis=0)
        error = rating - (float(model.mean) + bias[movie] + movies[movie] @ start)
        vector = start + movies[movie] * error / (movies[movie] @ movies[movie] + 0.5)
        return best(bias + movies @ vector, movie, k)
        """,
        """
        vector = model.user_vectors.weight.detach().mean(0).clone().requires_grad_()
        movies, bias = model.movie_vectors.weight.detach(), model.movie_bias.weight.detach()[:, 0]
        optimizer = torch.optim.SGD([vector], lr=0.1)
        for _ in range(50):
            loss = (model.mean + bias[movie] + movies[movie] @ vector - rating) ** 2
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scores = bias + movies @ vector.detach()
        scores[movie] = -torch.inf
        return torch.argsort(scores, descending=True, stable=True)[:k]
        """,
    ],
    wrong={
        "forbidden": [(BEST, f"{EVERY}[:k]")],
        "ignores_rating": [
            ("[movie], [rating]", "[], []"),
            "best(model.movie_bias.weight.detach().numpy()[:, 0], movie, k)",
        ],
        "old_model": [("scores_of(extended", "scores_of(model")],
        "spoils_model": [
            """
            user, optimizer = 0, torch.optim.SGD(model.parameters(), lr=0.01)
            with torch.no_grad():
                model.user_vectors.weight[user] = 0
            optimizer.zero_grad()
            (model(torch.tensor([[user, movie]]))[0, 0] - rating).square().backward()
            model.movie_vectors.weight.grad = model.movie_bias.weight.grad = None
            for _ in range(20):
                optimizer.step()
            return best(scores_of(model, user), movie, k)
            """,
            ("return best", "model.mean += 1\nreturn best"),
        ],
        "wrong_user": [("(extended, user)", "(extended, user - 1)"), ("(extended, user)", "(extended, 0)")],
        "likes_what_is_alike": [
            ("[rating]", "[5.0]"),
            """
            vectors = model.movie_vectors.weight.detach().numpy()
            return best(vectors @ vectors[movie] + model.movie_bias.weight.detach().numpy()[:, 0], movie, k)
            """,
        ],
        "ascending": [(BEST, "best(-scores_of(extended, user), movie, k)"), (BEST, f"{EVERY}[{EVERY} != movie][-k:]")],
        "shifted": [(BEST, "np.argsort(-np.delete(scores_of(extended, user), movie), kind='stable')[:k]")],
        "many few": [(", k)", ", 10)"), (", k)", ", k + 1)")],
        "few": [(BEST, f"[index for index in {EVERY}[:k].tolist() if index != movie]"), (", k)", ", k - 1)")],
        "unsorted": [("return best", "return np.sort(best", "movie, k)", "movie, k))")],
        "repeated": [(BEST, f"[{BEST}[0]] * k")],
        "from_one": [("movie, k)", "movie, k) + 1")],
        "scores": [("return ", "return np.sort(scores_of(extended, user))[::-1][:k]\n")],
    },
    add_user=add_user,
    predict=predict,
    rating_matrix=rating_matrix,
    best=best,
    scores_of=scores_of,
)
