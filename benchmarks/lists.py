"""Listas do curso e das outras bibliotecas: as mesmas divisões, os mesmos candidatos, o mesmo medidor."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from benchmarks.growth import SHAPES, synthetic_ratings
from benchmarks.list_peers import PEERS
from benchmarks.measure import GIGABYTE, in_new_process, peak_memory, table, timed
from course_lib.analysis.ranking import ranking_metrics
from course_lib.datasets import MovieLens, split_by_time, split_last, split_mask
from course_lib.interactions import Interactions
from course_lib.models.lists import EASE, ImplicitALS
from course_lib.recipes import RECIPES, train_model

TUNING_SEED = 42  # os ajustes saem do treinamento desta semente, e de nenhum outro lugar
TOP = 10_000  # com mais filmes que isto, o EASE do crescimento fica com os mais vistos
SIZES = SHAPES | {32_000_000: (200_948, 84_432)}


class Scored:
    """Um modelo que já se ajustou: só dá os pontos."""

    def __init__(self, score: Callable):
        self.score = score


def course_list(name: str, data: MovieLens, kept: np.ndarray, seed: int) -> tuple[float, Callable]:
    """Uma receita de lista do curso, na forma das de `list_peers.py`: `(segundos, score)`."""
    taken, fitted = timed(lambda: train_model(name, data, kept, seed=seed, device="cpu"))
    return taken, fitted.score


def tuned(fit: Callable, settings: Sequence[dict], train: Interactions) -> dict:
    """O ajuste de maior NDCG@10 numa separação interna do treinamento."""
    kept = split_mask(len(train), seed=TUNING_SEED + 1)
    shown, hidden = train.select(kept), train.select(~kept)

    def reached(options: dict) -> float:
        return ranking_metrics(Scored(fit(shown, TUNING_SEED, **options)[1]), shown, hidden)["ndcg"]

    return max(settings, key=reached)


def divisions(data: MovieLens, seeds: Sequence[int]) -> list[tuple[str, int, np.ndarray]]:
    """(nome, semente, máscara do treinamento): ao acaso, uma por semente; o fim de cada usuário; por data."""
    n = len(data.ratings)
    found = [("ao acaso", seed, split_mask(n, seed=seed)) for seed in seeds]
    for name, split in (("últimas", split_last), ("por data", split_by_time)):
        found.append((name, seeds[0], np.isin(np.arange(n), split(data)[0])))
    return found


def measure_lists(data: MovieLens, seeds: Sequence[int], recipes=None, peers=PEERS) -> tuple[str, dict]:
    """Tabela de NDCG@10 nas três divisões, segundos e memória; e o que a figura usa: {nome: (NDCG, segundos)}.

    Args:
        seeds: divisões ao acaso; o tempo e a memória são os da primeira.
        recipes: nomes de receitas; None, todas as que só ordenam.
        peers: como em `list_peers.PEERS`.
    """
    recipes = [name for name, recipe in RECIPES.items() if recipe.task == "ranking"] if recipes is None else recipes
    rows = data.interactions
    inner = rows.select(split_mask(len(rows), seed=TUNING_SEED))
    fits, chosen, skipped = {f"curso: {name}": partial(course_list, name, data) for name in recipes}, {}, {}
    for name, (fit, settings) in peers.items():
        try:
            chosen[name] = tuned(fit, settings, inner)
        except ImportError as error:
            skipped[name] = error
            continue
        fits[name] = lambda kept, seed, f=fit, o=chosen[name]: f(rows.select(kept), seed, **o)
    found = {name: {"ao acaso": [], "últimas": [], "por data": [], "segundos": [], "memória": []} for name in fits}
    for division, seed, kept in divisions(data, seeds):
        train, test = rows.select(kept), rows.select(~kept)
        for name, fit in fits.items():
            (taken, score), peak = peak_memory(partial(fit, kept, seed))
            found[name][division].append(ranking_metrics(Scored(score), train, test)["ndcg"])
            found[name]["segundos"].append(taken)
            found[name]["memória"].append(peak)
    summary = {name: (np.mean(f["ao acaso"]), float(np.median(f["segundos"]))) for name, f in found.items()}
    lines = [
        (name, *(f"{np.mean(found[name][division]):.4f}" for division in ("ao acaso", "últimas", "por data")),
         f"{summary[name][1]:.1f}", round(max(found[name]["memória"]) / 1e6))
        for name in sorted(summary, key=lambda name: -summary[name][0])
    ]  # fmt: skip
    header = ("modelo", "ao acaso", "últimas 20 %", "por data", "ajuste (s)", "memória (MB)")
    text = f"NDCG@10, relevante a partir de 4 estrelas; ao acaso, média das sementes {', '.join(map(str, seeds))}\n\n"
    text += table(header, lines)
    if chosen:
        text += "\n\nAjustes escolhidos na separação interna: " + "; ".join(f"{n} {o}" for n, o in chosen.items()) + "."
    if skipped:
        text += "\n\nNão medidos: " + "; ".join(f"{name} ({error})" for name, error in skipped.items()) + "."
    return text, summary


def synthetic_history(n: int, n_users: int, n_movies: int) -> Interactions:
    """As avaliações sintéticas de `growth.py`, cada par uma vez: saem um pouco menos que `n`."""
    rows = synthetic_ratings(n, n_users, n_movies)
    pairs = rows[:, 0].astype(np.int64) * n_movies + rows[:, 1].astype(np.int64)
    return Interactions.from_rows(rows[np.unique(pairs, return_index=True)[1]], n_users, n_movies)


def fit_large(model: str, n: int, sizes: tuple[int, int]) -> tuple[str, float, int]:
    """Ajusta num processo novo: o que se ajustou, segundos, e bytes no pico além dos dados."""
    rows = synthetic_history(n, *sizes)
    rows.history()
    if model == "ials":
        name, fit = "ImplicitALS, 32 fatores, 3 voltas", ImplicitALS(32, n_sweeps=3)
    elif min(sizes) <= TOP:
        name, fit = "EASE, todos os filmes", EASE()
    else:
        name, fit = f"EASE, {TOP} filmes mais vistos", EASE(top=TOP)
    (taken, _), peak = peak_memory(lambda: timed(lambda: fit.fit(rows)))
    return name, taken, peak


def measure_list_growth(sizes: dict[int, tuple[int, int]] = SIZES) -> str:
    """Tabela de segundos e memória, de 100 mil a 32 milhões de avaliações, e o que toma o lugar da inversa."""
    lines = []
    for n, shape in sizes.items():
        for model in ("ease", "ials"):
            name, taken, peak = in_new_process(fit_large, model, n, shape)
            lines.append((name, n, *shape, f"{taken:.1f}", f"{peak / GIGABYTE:.2f}"))
    return table(("modelo", "avaliações", "usuários", "filmes", "ajuste (s)", "memória (GB)"), lines)
