"""Crescimento: de 100 mil a 25 milhões de avaliações sintéticas, com o feitio do MovieLens.

Cada tamanho roda num processo novo, que lê os dados já prontos do disco; assim a memória medida é só a do treinamento.
"""

import multiprocessing
import statistics
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import nn

from benchmarks.measure import peak_memory, table
from course_lib.datasets import make_dataloaders
from course_lib.models import DotNet
from course_lib.trainer import DeepNetTrainer
from course_lib.trainer.row_adagrad import row_adagrad

# avaliações -> usuários e filmes da edição do MovieLens mais próxima (latest-small, 1m, 10m, 25m)
SHAPES = {100_000: (671, 9_066), 1_000_000: (6_040, 3_706), 10_000_000: (69_878, 10_677), 25_000_000: (162_541, 59_047)}
BATCH_SIZE = 4096
SEED = 42
ROWS_PER_BLOCK = 1_000_000
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


def train_once(ratings: np.ndarray, sizes: tuple[int, int], optimizer: str) -> float:
    """Uma época do curso, dos arrays ao modelo treinado; devolve as amostras por segundo dessa época."""
    torch.manual_seed(SEED)
    model = DotNet(*sizes, init_std=0.05)
    loader = make_dataloaders(ratings, batch_size=BATCH_SIZE, seed=SEED)["train"]
    trainer = DeepNetTrainer(model, nn.MSELoss(), OPTIMIZERS[optimizer](model), device="cpu", verbose=False)
    history = trainer.fit(n_epochs=1, train_data=loader)
    return len(ratings) / history[-1]["seconds"]


def measure_one(path: str, sizes: tuple[int, int], optimizer: str, answer) -> None:
    """Num processo novo: amostras por segundo, e bytes no pico além dos arrays."""
    torch.set_num_threads(1)
    train_once(synthetic_ratings(2 * BATCH_SIZE, 50, 50), (50, 50), optimizer)  # carrega as bibliotecas
    ratings = np.load(path)
    answer.put(peak_memory(lambda: train_once(ratings, sizes, optimizer)))


def measure_growth(
    rounds: int, shapes: dict[int, tuple[int, int]] = SHAPES, dense_up_to: int = 1_000_000
) -> tuple[str, dict]:
    """Tabela de amostras por segundo e memória por tamanho; e o que a figura usa: {(otimizador, n): amostras/s}.

    Args:
        rounds: vezes que se percorre a lista de tamanhos, intercalados.
        shapes: avaliações -> (usuários, filmes).
        dense_up_to: até que tamanho medir também o Adam denso, que nos maiores leva tempo demais.
    """
    context = multiprocessing.get_context("spawn")
    cases = [(name, n) for name in OPTIMIZERS for n in shapes if name != "Adam" or n <= dense_up_to]
    speeds, peaks = ({case: [] for case in cases} for _ in range(2))
    with tempfile.TemporaryDirectory() as folder:
        for n, sizes in shapes.items():
            np.save(Path(folder) / f"{n}.npy", synthetic_ratings(n, *sizes))
        for _ in range(rounds):
            for name, n in cases:
                answer = context.Queue()
                arguments = (str(Path(folder) / f"{n}.npy"), shapes[n], name, answer)
                process = context.Process(target=measure_one, args=arguments)
                process.start()
                speed, peak = answer.get()
                process.join()
                speeds[name, n].append(speed)
                peaks[name, n].append(peak)
    medians = {case: statistics.median(values) for case, values in speeds.items()}
    rows, reference = [], sorted(shapes)[1]
    for name, n in cases:
        peak = statistics.median(peaks[name, n])
        ratio = statistics.median(a / b for a, b in zip(speeds[name, n], speeds["RowAdagrad", reference], strict=True))
        rows.append((name, n, *shapes[n], f"{medians[name, n]:.0f}", f"{ratio:.2f}", f"{peak / 1e6:.0f}",
                     f"{peak / n:.1f}"))  # fmt: skip
    header = ("otimizador", "avaliações", "usuários", "filmes", "amostras/s", "vezes as do RowAdagrad com 1 milhão",
              "memória além dos arrays (MB)", "bytes por avaliação")  # fmt: skip
    text = f"DotNet de 50 fatores, minibatch de {BATCH_SIZE}, {rounds} rodadas, uma thread\n\n" + table(header, rows)
    return text, medians
