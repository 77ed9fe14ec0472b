"""Erro e tempo do curso e das outras bibliotecas, nas mesmas divisões."""

import statistics
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from benchmarks.measure import table, timed
from benchmarks.peers import PEERS, cornac_mf, lenskit_als, surprise_svd
from course_lib.datasets import MovieLens, split_ratings
from course_lib.metrics import rmse
from course_lib.models import ALS
from course_lib.recipes import train_model

RECIPES = ("bias", "biased_dot", "als", "bayes", "hybrid", "kernel", "context", "ensemble")
LEVEL = 0.8795  # 0,879 com três casas: o que o SVD do Surprise, bem ajustado, alcança


def course_recipe(name: str, data: MovieLens, train: np.ndarray, seed: int, n_epochs: int | None = None):
    """Uma receita do curso, na forma das de `peers.py`: `(segundos, predict)`. Não usa o momento da avaliação."""
    taken, fitted = timed(lambda: train_model(name, data, train, seed=seed, device="cpu", n_epochs=n_epochs))
    return taken, fitted.predict


def small_als(data: MovieLens, train: np.ndarray, seed: int, n_epochs: int):
    """O ALS do curso com 13 fatores; `n_epochs` são as voltas."""
    taken, model = timed(lambda: ALS(n_factors=13, n_sweeps=n_epochs, seed=seed).fit(data.select(train)))
    return taken, model.predict


def score(fit: Callable, data: MovieLens, seed: int) -> tuple[float, float, float]:
    """RMSE na validação (estrelas), segundos de ajuste e segundos de previsão, na divisão desta semente."""
    train, valid = split_ratings(data.ratings, seed=seed)
    taken, predict = fit(data, train, seed)
    users, movies = valid[:, 0].astype(np.int64), valid[:, 1].astype(np.int64)
    waited, predicted = timed(lambda: predict(users, movies))
    predicted = np.clip(np.asarray(predicted, np.float32), *data.rating_scale)
    return rmse(predicted, valid[:, 2]), taken, waited


def measure_quality(data: MovieLens, seeds: Sequence[int], recipes=RECIPES, peers=PEERS) -> tuple[str, dict]:
    """Tabela de RMSE e segundos; e o que a figura usa: {nome: (RMSE médio, mediana dos segundos)}.

    Cada semente passa por todos os modelos antes da seguinte, para que o resto da máquina pese igual sobre eles.
    """
    fits = {f"curso: {name}": partial(course_recipe, name) for name in recipes} | peers
    results, skipped = {name: [] for name in fits}, {}
    for seed in seeds:
        for name, fit in fits.items():
            if name in skipped:
                continue
            try:
                results[name].append(score(fit, data, seed))
            except ImportError as error:
                skipped[name] = error
    done = {name: np.array(scores) for name, scores in results.items() if scores}
    summary = {name: (scores[:, 0].mean(), float(np.median(scores[:, 1]))) for name, scores in done.items()}
    rows = [
        (name, f"{summary[name][0]:.4f}", f"{done[name][:, 0].min():.4f}–{done[name][:, 0].max():.4f}",
         f"{summary[name][1]:.1f}", f"{np.median(done[name][:, 2]):.1f}")
        for name in sorted(done, key=lambda name: summary[name][0])
    ]  # fmt: skip
    header = ("modelo", "RMSE médio", "de–até", "ajuste (s)", "previsão (s)")
    text = f"Divisões 80/20 das sementes {', '.join(map(str, seeds))}, sem o momento da avaliação\n\n"
    text += table(header, rows)
    if skipped:
        text += "\n\nNão medidos: " + "; ".join(f"{name} ({error})" for name, error in skipped.items()) + "."
    return text, summary


# nome -> (ajuste, números de épocas a tentar, do menor ao maior)
RACERS = {
    "curso: hybrid": (partial(course_recipe, "hybrid"), (1, 2)),
    "curso: ALS de 13 fatores": (small_als, (4, 5, 6, 7, 8)),
    "Surprise SVD": (surprise_svd, (60, 70, 80, 100)),
    "LensKit BiasedMF (ALS)": (lenskit_als, (4, 5, 6, 10)),
    "cornac MF": (cornac_mf, (50, 55, 60, 65, 70)),
}


def measure_race(data: MovieLens, seeds: Sequence[int], rounds: int, racers=RACERS) -> str:
    """Segundos até um RMSE médio de 0,879: o menor número de épocas com que cada um chega lá, e quanto custa.

    O número de épocas se escolhe pela média das sementes; depois todos correm, intercalados, com o que se escolheu.
    """
    chosen, skipped = {}, {}
    for name, (fit, budgets) in racers.items():
        try:
            for n_epochs in budgets:
                race = partial(fit, n_epochs=n_epochs)
                error = statistics.mean(score(race, data, seed)[0] for seed in seeds)
                if error <= LEVEL:
                    chosen[name] = (n_epochs, error, race)
                    break
            else:
                skipped[name] = f"não chegou: {error:.4f}".replace(".", ",")
        except ImportError as error:
            skipped[name] = error
    times = {name: [] for name in chosen}
    for round_number in range(rounds):
        for name, (_, _, race) in chosen.items():
            times[name].append(score(race, data, seeds[round_number % len(seeds)])[1])
    medians = {name: statistics.median(values) for name, values in times.items()}
    peers = {name: median for name, median in medians.items() if not name.startswith("curso")}
    reference = min(peers or medians, key=(peers or medians).get, default=None)
    rows = []
    for name in sorted(chosen, key=medians.get):
        n_epochs, error, _ = chosen[name]
        ratio = statistics.median(a / b for a, b in zip(times[name], times[reference], strict=True))
        rows.append((name, n_epochs, f"{error:.4f}", f"{medians[name]:.2f}", f"{ratio:.2f}"))
    header = ("modelo", "épocas", "RMSE médio", "segundos", f"vezes {reference}")
    text = f"{rounds} rodadas intercaladas\n\n" + table(header, rows)
    if skipped:
        text += "\n\nFora da tabela: " + "; ".join(f"{name} ({reason})" for name, reason in skipped.items()) + "."
    return text
