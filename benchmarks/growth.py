"""Crescimento: de 100 mil a 25 milhões de avaliações sintéticas, com o feitio do MovieLens."""

import statistics
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader

from benchmarks.measure import MEGABYTE, brazilian, in_new_process, interleaved, median_ratio, peak_memory, table
from benchmarks.speed import learn
from course_lib.datasets import make_dataloaders
from course_lib.models import DotNet
from course_lib.trainer import DeepNetTrainer
from course_lib.trainer.denormals import flushed_denormals
from course_lib.trainer.row_adagrad import row_adagrad

# avaliações -> usuários e filmes da edição do MovieLens mais próxima (latest-small, 1m, 10m, 25m)
SHAPES = {100_000: (671, 9_066), 1_000_000: (6_040, 3_706), 10_000_000: (69_878, 10_677), 25_000_000: (162_541, 59_047)}
BATCH_SIZE, BATCHES_PER_ROUND = 4096, 20
SEED = 42
ROWS_PER_BLOCK = 1_000_000
RAW_BYTES = 12  # três float32
USER_SPREAD, MOVIE_SPREAD = 1.1, 2.3  # desvio-padrão do log de quantas avaliações cada um tem: a cauda longa
OPTIMIZERS = {
    "Adam": lambda model: torch.optim.Adam(model.parameters(), fused=True),
    "RowAdagrad": row_adagrad,
}


def synthetic_ratings(n: int, n_users: int, n_movies: int, seed: int = SEED) -> np.ndarray:
    """Avaliações de cauda longa: float32 (n, 3), usuário, filme, nota; pares podem repetir-se."""
    rng = np.random.default_rng(seed)
    chances = [
        np.cumsum(rng.lognormal(sigma=spread, size=size))
        for spread, size in ((USER_SPREAD, n_users), (MOVIE_SPREAD, n_movies))
    ]
    biases = [rng.normal(scale=0.4, size=size) for size in (n_users, n_movies)]
    ratings = np.empty((n, 3), np.float32)
    for start in range(0, n, ROWS_PER_BLOCK):
        block = ratings[start : start + ROWS_PER_BLOCK]
        ids = [np.searchsorted(totals, rng.random(len(block)) * totals[-1]) for totals in chances]
        score = 3.5 + biases[0][ids[0]] + biases[1][ids[1]] + rng.normal(scale=0.8, size=len(block))
        block[:, 0], block[:, 1], block[:, 2] = *ids, np.clip(np.round(2 * score) / 2, 0.5, 5)
    return ratings


def endless(loader: DataLoader) -> Iterator:
    """Os minibatches, época após época."""
    while True:
        yield from loader


def measure_speed(rounds: int, shapes: dict[int, tuple[int, int]] = SHAPES) -> str:
    """Tabela de amostras por segundo, por tamanho e otimizador.

    Todos os tamanhos ficam na memória ao mesmo tempo e se alternam, poucos minibatches de cada vez: a razão entre dois
    deles não depende do que mais a máquina esteja fazendo.

    Args:
        rounds: voltas por todos os tamanhos.
        shapes: avaliações -> (usuários, filmes).
    """
    actions = {}
    for n, sizes in shapes.items():
        loader = make_dataloaders(synthetic_ratings(n, *sizes), batch_size=BATCH_SIZE, seed=SEED)["train"]
        for name, build in OPTIMIZERS.items():
            torch.manual_seed(SEED)
            model = DotNet(*sizes, init_std=0.05)
            batches, optimizer = endless(loader), build(model)
            actions[name, n] = lambda m=model, o=optimizer, b=batches: learn(m, o, islice(b, BATCHES_PER_ROUND))
    with flushed_denormals():  # como o treinador do curso
        times = interleaved(actions, rounds)
    samples, reference = BATCHES_PER_ROUND * BATCH_SIZE, ("RowAdagrad", sorted(shapes)[1])
    rows = [
        (name, n, *shapes[n], round(samples / statistics.median(values)),
         f"{1 / median_ratio(values, times[reference]):.2f}")
        for (name, n), values in sorted(times.items())
    ]  # fmt: skip
    header = ("otimizador", "avaliações", "usuários", "filmes", "amostras/s", "razão")
    note = (
        f"DotNet de 50 fatores, minibatch de {BATCH_SIZE}, {rounds} rodadas de {BATCHES_PER_ROUND} minibatches. "
        f"A razão é entre as amostras por segundo e as do {reference[0]} com {brazilian(reference[1])} avaliações"
    )
    return f"{note}\n\n" + table(header, rows)


def train_once(ratings: np.ndarray, sizes: tuple[int, int]) -> None:
    """Uma época do curso com o RowAdagrad, dos arrays ao modelo treinado."""
    torch.manual_seed(SEED)
    model = DotNet(*sizes, init_std=0.05)
    loader = make_dataloaders(ratings, batch_size=BATCH_SIZE, seed=SEED)["train"]
    trainer = DeepNetTrainer(model, nn.MSELoss(), row_adagrad(model), device="cpu", verbose=False)
    trainer.fit(n_epochs=1, train_data=loader)


def training_memory(path: str, sizes: tuple[int, int]) -> int:
    """Bytes no pico, além dos arrays, para uma época inteira; para um processo novo."""
    train_once(synthetic_ratings(2 * BATCH_SIZE, 50, 50), (50, 50))  # carrega as bibliotecas
    ratings = np.load(path)
    return peak_memory(lambda: train_once(ratings, sizes))[1]


def measure_memory(shapes: dict[int, tuple[int, int]] = SHAPES) -> str:
    """Tabela da memória no pico de uma época: dados, ordem, modelo, otimizador e o ponto seguro do treinador.

    Cada tamanho roda num processo novo, que lê os dados já prontos do disco.
    """
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for n, sizes in shapes.items():
            path = Path(folder) / f"{n}.npy"
            np.save(path, synthetic_ratings(n, *sizes))
            peak = in_new_process(training_memory, str(path), sizes)
            rows.append((n, round(peak / MEGABYTE), f"{peak / n:.1f}"))
    header = ("avaliações", "memória além dos arrays (MB)", "bytes por avaliação")
    return f"Uma época com o RowAdagrad; os arrays têm {RAW_BYTES} bytes por avaliação\n\n" + table(header, rows)
