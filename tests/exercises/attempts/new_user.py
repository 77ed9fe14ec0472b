"""Attempts at exercise `new_user`."""

import numpy as np
import torch
from torch import nn

from course_lib import BiasedDotNet, DeepNetTrainer, DotNet, add_user, make_dataloaders, predict, rating_matrix
from tests.exercises.attempts.registry import right, wrong


def _network(train, n_users, n_movies, **changes):
    options = {"mean": float(train[:, 2].mean()), "l2": 0.12, "l2_bias": 0.02} | changes
    return BiasedDotNet(n_users, n_movies, **options)


def _train(model, train, n_epochs, seed, batch_size=512, lr=0.01):
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    trainer = DeepNetTrainer(model, nn.MSELoss(), optimizer, device="cpu", verbose=False)
    trainer.fit(n_epochs, make_dataloaders(train, batch_size=batch_size, seed=seed)["train"])
    return model


@right("new_user")
def one_more_row(train, n_users, n_movies, n_epochs, seed):
    torch.manual_seed(seed)
    model = _train(_network(train, n_users + 1, n_movies), train, n_epochs, seed)
    return predict(model, np.full(n_movies, n_users), np.arange(n_movies))


@right("new_user")
def by_hand(train, n_users, n_movies, n_epochs, seed):
    torch.manual_seed(seed)
    model = _network(train, n_users + 1, n_movies, l2=0.0, l2_bias=0.0)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=1e-5)
    inputs, targets = torch.from_numpy(train[:, :2]).long(), torch.from_numpy(train[:, 2:])
    for _ in range(2 * n_epochs):
        loss = ((model(inputs) - targets) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        return model.predict_all(torch.tensor([n_users]))[0]


@right("new_user")
def average_user_added_afterwards(train, n_users, n_movies, n_epochs, seed):
    torch.manual_seed(seed)
    model = _train(_network(train, n_users, n_movies), train, n_epochs, seed, batch_size=128, lr=5e-3)
    extended, user = add_user(model, [], [])
    return [float(predict(extended, user, movie)[0]) for movie in range(n_movies)]


@wrong("new_user", "not_enlarged")
def without_the_row(train, n_users, n_movies, n_epochs, seed):
    torch.manual_seed(seed)
    model = _train(_network(train, n_users, n_movies), train, n_epochs, seed)
    return predict(model, np.full(n_movies, n_users), np.arange(n_movies))


@wrong("new_user", "not_enlarged")
def asks_the_network_itself(train, n_users, n_movies, n_epochs, seed):
    torch.manual_seed(seed)
    model = _train(_network(train, n_users, n_movies), train, n_epochs, seed)
    return model(torch.tensor([[n_users, movie] for movie in range(n_movies)])).flatten()


@wrong("new_user", "not_enlarged")
def looks_in_the_whole_matrix(train, n_users, n_movies, n_epochs, seed):
    torch.manual_seed(seed)
    model = _train(_network(train, n_users, n_movies), train, n_epochs, seed)
    return rating_matrix(model, n_users, n_movies)[n_users]


@wrong("new_user", "not_enlarged")
def own_embedding_without_the_row(train, n_users, n_movies, n_epochs, seed):
    torch.manual_seed(seed)
    return nn.Embedding(n_users, n_movies)(torch.tensor(n_users))


@wrong("new_user", "error")
def takes_the_mean_of_a_fourth_column(train, n_users, n_movies, n_epochs, seed):
    torch.manual_seed(seed)
    model = _network(train, n_users + 1, n_movies, mean=float(train[:, 3].mean()))
    return predict(_train(model, train, n_epochs, seed), np.full(n_movies, n_users), np.arange(n_movies))


@wrong("new_user", "grump")
def counts_from_one(train, n_users, n_movies, n_epochs, seed):
    torch.manual_seed(seed)
    model = _train(_network(train, n_users + 1, n_movies), train, n_epochs, seed)
    return predict(model, np.full(n_movies, n_users - 1), np.arange(n_movies))


@wrong("new_user", "grump")
def asks_for_user_zero(train, n_users, n_movies, n_epochs, seed):
    torch.manual_seed(seed)
    model = _train(_network(train, n_users + 1, n_movies), train, n_epochs, seed)
    return predict(model, np.zeros(n_movies), np.arange(n_movies))


@wrong("new_user", "noise")
def dot_net_is_noise(train, n_users, n_movies, n_epochs, seed):
    torch.manual_seed(seed)
    model = _train(DotNet(n_users + 1, n_movies), train, n_epochs, seed)
    return predict(model, np.full(n_movies, n_users), np.arange(n_movies))


@wrong("new_user", "noise")
def large_initial_vectors(train, n_users, n_movies, n_epochs, seed):
    torch.manual_seed(seed)
    model = _train(_network(train, n_users + 1, n_movies, init_std=1.0), train, n_epochs, seed)
    return predict(model, np.full(n_movies, n_users), np.arange(n_movies))


@wrong("new_user", "near_zero")
def small_dot_net(train, n_users, n_movies, n_epochs, seed):
    torch.manual_seed(seed)
    model = _train(DotNet(n_users + 1, n_movies, init_std=0.05), train, n_epochs, seed)
    return predict(model, np.full(n_movies, n_users), np.arange(n_movies))


@wrong("new_user", "near_zero")
def gives_zero_stars(train, n_users, n_movies, n_epochs, seed):
    torch.manual_seed(seed)
    zeros = np.array([[n_users, movie, 0] for movie in range(n_movies)], np.float32)
    rows = np.concatenate([train, zeros])
    model = _train(_network(rows, n_users + 1, n_movies), rows, n_epochs, seed)
    return predict(model, np.full(n_movies, n_users), np.arange(n_movies))


@wrong("new_user", "default_mean")
def forgets_the_mean(train, n_users, n_movies, n_epochs, seed):
    torch.manual_seed(seed)
    model = BiasedDotNet(n_users + 1, n_movies, l2=0.12, l2_bias=0.02)
    _train(model, train, n_epochs, seed)
    return predict(model, np.full(n_movies, n_users), np.arange(n_movies))


@wrong("new_user", "untrained")
def predicts_before_training(train, n_users, n_movies, n_epochs, seed):
    torch.manual_seed(seed)
    model = _network(train, n_users + 1, n_movies)
    return predict(model, np.full(n_movies, n_users), np.arange(n_movies))


@wrong("new_user", "not_repeatable")
def forgets_the_seed(train, n_users, n_movies, n_epochs, seed):
    model = _train(_network(train, n_users + 1, n_movies), train, n_epochs, seed)
    return predict(model, np.full(n_movies, n_users), np.arange(n_movies))


@wrong("new_user", "whole_matrix")
def returns_every_user(train, n_users, n_movies, n_epochs, seed):
    torch.manual_seed(seed)
    model = _train(_network(train, n_users + 1, n_movies), train, n_epochs, seed)
    return model.predict_all(torch.arange(n_users + 1))


@wrong("new_user", "shape")
def keeps_the_column(train, n_users, n_movies, n_epochs, seed):
    torch.manual_seed(seed)
    model = _train(_network(train, n_users + 1, n_movies), train, n_epochs, seed)
    pairs = torch.tensor([[n_users, movie] for movie in range(n_movies)])
    return model(pairs)


@wrong("new_user", "other")
def sorts_the_predictions(train, n_users, n_movies, n_epochs, seed):
    return np.sort(one_more_row(train, n_users, n_movies, n_epochs, seed))[::-1]
