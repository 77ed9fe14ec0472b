"""Listas do curso e das outras bibliotecas: as mesmas divisões, os mesmos candidatos, o mesmo medidor."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from benchmarks.growth import SHAPES, synthetic_ratings
from benchmarks.list_peers import PEERS
from benchmarks.measure import GIGABYTE, MEGABYTE, brazilian, in_new_process, peak_memory, table, timed
from course_lib.analysis.ranking import ranking_metrics
from course_lib.datasets import MovieLens, split_by_time, split_last, split_mask
from course_lib.interactions import Interactions
from course_lib.models.lists import EASE, ImplicitALS
from course_lib.recipes import RECIPES, train_model

TUNING_SEED = 42  # os ajustes saem do treinamento desta semente, e de nenhum outro lugar
WARM_UP_USERS = 30  # com os quais um modelo se ajusta uma vez antes de ser medido, para carregar as bibliotecas
TOP = 10_000  # com mais filmes que isto, o EASE do crescimento fica com os mais vistos
SIZES = SHAPES | {32_000_000: (200_948, 84_432)}
MEASURES = ("ao acaso", "últimas 20 %", "por data", "ajuste (s)", "memória (MB)")


class Scored:
    """Um modelo que já se ajustou: só dá os pontos."""

    def __init__(self, score: Callable):
        self.score = score


def course_list(name: str, data: MovieLens, kept: np.ndarray, seed: int) -> tuple[float, Callable]:
    """Uma receita de lista do curso: `(segundos, score)`."""
    taken, fitted = timed(lambda: train_model(name, data, kept, seed=seed, device="cpu"))
    return taken, fitted.score


def peer_list(fit: Callable, options: dict, data: MovieLens, kept: np.ndarray, seed: int) -> tuple[float, Callable]:
    """Um modelo de `list_peers.py`, com estes ajustes: `(segundos, score)`."""
    return fit(data.interactions.select(kept), seed, **options)


def tuned(fit: Callable, settings: Sequence[dict], data: MovieLens) -> dict:
    """O ajuste de maior NDCG@10 numa separação interna do treinamento da semente 42."""
    inner = data.interactions.select(split_mask(len(data.ratings), seed=TUNING_SEED))
    kept = split_mask(len(inner), seed=TUNING_SEED + 1)
    train, hidden = inner.select(kept), inner.select(~kept)

    def reached(options: dict) -> float:
        return ranking_metrics(Scored(fit(train, TUNING_SEED, **options)[1]), train, hidden)["ndcg"]

    return max(settings, key=reached)


def all_tuned(peers: dict, data: MovieLens) -> tuple[dict[str, dict], str]:
    """Os ajustes de cada biblioteca que está instalada, e o que se conta deles: quantos se tentaram, e quem falta."""
    chosen, lines, missing = {}, [], []
    for name, (fit, settings) in peers.items():
        try:
            chosen[name] = tuned(fit, settings, data)
        except ImportError as error:
            missing.append(f"{name} ({error})")
            continue
        options = getattr(fit, "keywords", {}) | chosen[name]  # também os que não variam
        lines.append((name, len(settings), ", ".join(f"{key} {value}" for key, value in options.items())))
    text = "\n\nAjustes escolhidos na separação interna\n\n" + table(("modelo", "tentados", "escolhido"), lines)
    return chosen, text + (f"\n\nNão medidos: {'; '.join(missing)}." if missing else "")


def divisions(data: MovieLens, seeds: Sequence[int]) -> list[tuple[str, int, np.ndarray]]:
    """(nome, semente, máscara do treinamento): ao acaso, uma por semente; o fim de cada usuário; por data."""
    n = len(data.ratings)
    found = [("ao acaso", seed, split_mask(n, seed=seed)) for seed in seeds]
    for name, split in (("últimas 20 %", split_last), ("por data", split_by_time)):
        found.append((name, seeds[0], np.isin(np.arange(n), split(data)[0])))
    return found


def measured(fit: Callable, data: MovieLens, seeds: Sequence[int]) -> dict[str, float]:
    """As colunas de `MEASURES` de um modelo; para um processo novo, em que outro não deixou memória reservada.

    Os segundos são a mediana dos ajustes; a memória, a do maior pico.

    Args:
        fit: (data, máscara do treinamento, semente) -> (segundos, score).
    """
    rows, found = data.interactions, {name: [] for name in MEASURES}
    fit(data, rows.users < WARM_UP_USERS, seeds[0])
    for division, seed, kept in divisions(data, seeds):
        (taken, score), peak = peak_memory(partial(fit, data, kept, seed))
        found[division].append(ranking_metrics(Scored(score), rows.select(kept), rows.select(~kept))["ndcg"])
        found["ajuste (s)"].append(taken)
        found["memória (MB)"].append(peak / MEGABYTE)
    summaries = (np.mean, np.mean, np.mean, np.median, np.max)
    return {name: float(summary(found[name])) for name, summary in zip(MEASURES, summaries, strict=True)}


def measure_lists(data: MovieLens, seeds: Sequence[int], recipes=None, peers=PEERS) -> tuple[str, dict]:
    """Tabela de NDCG@10 nas três divisões, segundos e memória; e o que a figura usa: {nome: (NDCG, segundos)}.

    Args:
        seeds: divisões ao acaso.
        recipes: nomes de receitas; None, todas as que só ordenam.
        peers: como em `list_peers.PEERS`.
    """
    recipes = [name for name, recipe in RECIPES.items() if recipe.task == "ranking"] if recipes is None else recipes
    chosen, settings = all_tuned(peers, data)
    fits = {f"curso: {name}": partial(course_list, name) for name in recipes}
    fits |= {name: partial(peer_list, peers[name][0], options) for name, options in chosen.items()}
    found = {name: in_new_process(measured, fit, data, seeds) for name, fit in fits.items()}
    best_first = sorted(found, key=lambda name: -found[name]["ao acaso"])
    text = f"NDCG@10, relevante a partir de 4 estrelas; ao acaso, média das sementes {', '.join(map(str, seeds))}\n\n"
    text += table(("modelo", *MEASURES), [(name, *shown(found[name])) for name in best_first]) + settings
    return text, {name: (values["ao acaso"], values["ajuste (s)"]) for name, values in found.items()}


def shown(values: dict[str, float]) -> list[str]:
    """Os valores de uma linha da tabela, com as casas de cada coluna."""
    return [f"{values[name]:{form}}" for name, form in zip(MEASURES, (".4f", ".4f", ".4f", ".1f", ".0f"), strict=True)]


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
        name, fit = f"EASE, {brazilian(TOP)} filmes mais vistos", EASE(top=TOP)
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
