"""Small data and models that the trainer's tests share."""

import numpy as np
import torch
from torch import nn

from course_lib.datasets import make_dataloaders
from course_lib.metrics import rmse
from course_lib.models import BiasedDotNet, NeuralNet
from course_lib.trainer import DeepNetTrainer

N_USERS, N_MOVIES = 30, 40


def make_ratings(n=400, seed=0):
    """Ratings of a low-rank world, without repeated pairs."""
    rng = np.random.default_rng(seed)
    pairs = rng.permutation(N_USERS * N_MOVIES)[:n]
    users, movies = pairs // N_MOVIES, pairs % N_MOVIES
    taste, style = rng.normal(size=(N_USERS, 2)), rng.normal(size=(N_MOVIES, 2))
    scores = np.clip(3 + (taste[users] * style[movies]).sum(1), 0.5, 5)
    return np.stack([users, movies, scores], axis=1).astype(np.float32)


def make_loaders(batch_size=32, seed=42):
    ratings = make_ratings()
    return make_dataloaders(ratings[:320], ratings[320:], batch_size=batch_size, seed=seed)


def make_trainer(model=None, lr=0.01, seed=0, optimizer=None, with_scheduler=False, **options):
    torch.manual_seed(seed)
    model = BiasedDotNet(N_USERS, N_MOVIES, n_factors=4) if model is None else model
    optimizer = optimizer or torch.optim.Adam(model.parameters(), lr=lr)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5) if with_scheduler else None
    settings = {"metrics": {"rmse": rmse}, "device": "cpu", "verbose": False} | options
    return DeepNetTrainer(model, nn.MSELoss(), optimizer, scheduler, **settings)


def dropout_net():
    torch.manual_seed(0)
    return NeuralNet(N_USERS, N_MOVIES, n_factors=4, n_hidden=8)


def without_seconds(history):
    """The history without what differs between identical runs."""
    return [{name: value for name, value in row.items() if name != "seconds"} for row in history.rows]


def same_weights(first, second):
    return all(torch.equal(first[name], second[name]) for name in first) and first.keys() == second.keys()
