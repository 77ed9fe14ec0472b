"""Exercício 14: o NDCG à mão."""

import numpy as np

from course_lib.exercises.compare import expect
from course_lib.exercises.marking import Check, Exercise


def _discounts(n: int, first: int = 2) -> np.ndarray:
    return 1 / np.log2(np.arange(n) + first)


def _ndcg_of(weigh, ideal=None):
    """O engano de quem pesa os acertos por `weigh(posições)`, e o ideal também, ou por `ideal(posições)`."""

    def wrong(_, ranking, relevant, k):
        hits, best = np.flatnonzero(np.isin(ranking[:k], relevant)), np.arange(min(k, len(relevant)))
        return np.sum(weigh(hits)) / np.sum((ideal or weigh)(best))

    return wrong


def _over(ideal):
    """O engano de quem divide o DCG, que está certo, por outra coisa: `ideal(n_relevantes, k, acertos)`."""

    def wrong(right, ranking, relevant, k):
        dcg = right * _discounts(min(k, len(relevant))).sum()
        return dcg / ideal(len(relevant), k, np.isin(ranking[:k], relevant).sum())

    return wrong


def _hits(ranking, relevant, k) -> np.ndarray:
    return np.isin(ranking[:k], relevant)


_NDCG_MISTAKES = {
    "no_ideal": _over(lambda n, k, hits: 1),
    "ideal_k": (_over(lambda n, k, hits: _discounts(k).sum()), _over(lambda n, k, hits: _discounts(n).sum())),
    "ideal_found": _over(lambda n, k, hits: _discounts(hits).sum()),
    "divides_by_count": (_over(lambda n, k, hits: k), _over(lambda n, k, hits: n), _over(lambda n, k, hits: hits)),
    "early_discount": (
        _ndcg_of(lambda i: 1 / np.log2(i + 1)),
        _ndcg_of(lambda i: 1 / np.log2(i + 1), lambda i: 1 / np.log2(i + 2)),
    ),
    "late_discount": (
        _ndcg_of(lambda i: 1 / np.log2(i + 3)),
        _ndcg_of(lambda i: 1 / np.log2(i + 3), lambda i: 1 / np.log2(i + 2)),
    ),
    "no_discount": tuple(
        lambda _, ranking, relevant, k, total=total: (
            _hits(ranking, relevant, k).sum() / total(len(relevant), k, ranking)
        )
        for total in (
            lambda n, k, ranking: n,
            lambda n, k, ranking: k,
            lambda n, k, ranking: len(ranking[:k]),
        )
    ),
    "linear_discount": (_ndcg_of(lambda i: 1 / (i + 1)), _ndcg_of(lambda i: 1 / (i + 1), lambda i: 1 / np.log2(i + 2))),
    "multiplied": (
        _ndcg_of(lambda i: np.log2(i + 2)),
        _ndcg_of(lambda i: np.log2(i + 2), lambda i: 1 / np.log2(i + 2)),
    ),
    "ignores_k": tuple(
        lambda _, ranking, relevant, k, n=n: (
            (_hits(ranking, relevant, None) * _discounts(len(ranking))).sum() / _discounts(n(len(relevant), k)).sum()
        )
        for n in (lambda relevant, k: relevant, min)
    ),
    "order_lost": lambda _, ranking, relevant, k: (
        _discounts(_hits(ranking, relevant, k).sum()).sum() / _discounts(min(k, len(relevant))).sum()
    ),
    "first_hit": lambda _, ranking, relevant, k: (
        _hits(ranking, relevant, k) / np.arange(1, len(ranking[:k]) + 1)
    ).max(),
    "any_hit": lambda _, ranking, relevant, k: float(_hits(ranking, relevant, k).any()),
    "average_precision": tuple(
        lambda _, ranking, relevant, k, total=total: (
            (
                np.cumsum(_hits(ranking, relevant, k))
                / np.arange(1, len(ranking[:k]) + 1)
                * _hits(ranking, relevant, k)
            ).sum()
            / total(len(relevant), k)
        )
        for total in (min, lambda n, k: n, lambda n, k: k)
    ),
    "film_as_position": lambda _, ranking, relevant, k: (
        (1 / np.log2(np.intersect1d(ranking[:k], relevant) + 2)).sum() / _discounts(min(k, len(relevant))).sum()
    ),
    "inverted": lambda right, *_: 1 / np.float64(right),
}


def expect_ndcg(arguments: tuple[np.ndarray, np.ndarray, int], expected: float) -> Check:
    """Verificação: o NDCG de uma lista, dados os filmes relevantes e k, é este."""
    return expect("ndcg", arguments, expected, _NDCG_MISTAKES, {"ZeroDivisionError": "early_discount"})


_EARLY = "log2(1) é zero. A primeira posição desconta log2(2) = 1: com posições a partir de 0, o desconto é "
NDCG = Exercise(
    name="ndcg",
    number=14,
    title="O NDCG à mão",
    functions=("ndcg",),
    hints={
        "no_ideal": "esse é o DCG. Falta dividir pelo da lista ideal, a que começa com os relevantes.",
        "ideal_k": "a lista ideal tem `min(k, len(relevant))` acertos: não passa dos relevantes que há, nem de k.",
        "ideal_found": "a lista ideal tem os relevantes que existem, e não só os que a sua lista achou. Do seu modo, "
        "achar um só, no topo, já valeria 1.",
        "divides_by_count": "o DCG está certo, mas se divide pelo DCG da lista ideal, não por uma quantidade.",
        "early_discount": f"{_EARLY}log2(posição + 2).",
        "not_finite": f"{_EARLY}log2(posição + 2).",
        "late_discount": "o desconto começou uma posição tarde: a primeira desconta log2(2) = 1; a segunda, log2(3).",
        "no_discount": "você contou acertos sem olhar onde estão: isso é precisão ou revocação. No NDCG, um acerto na "
        "posição p (a partir de 1) vale 1 / log2(p + 1).",
        "linear_discount": "o desconto é o logaritmo, 1 / log2(p + 1), e não 1 / p.",
        "multiplied": "o acerto se divide pelo logaritmo da posição; você multiplicou, e o fim da lista vale mais.",
        "ignores_k": "só contam os k primeiros da lista.",
        "order_lost": "juntando os acertos num conjunto, a ordem se perde: cada um vale pela posição na lista.",
        "first_hit": "esse é o recíproco da posição do primeiro acerto (MRR). Contam todos os acertos entre os k.",
        "any_hit": "você só disse se houve acerto; o NDCG pesa cada um pela posição.",
        "average_precision": "essa é a precisão média (AP), outra medida. No NDCG, cada acerto vale 1 / log2(p + 1).",
        "film_as_position": "o desconto é pela posição na lista; você usou o índice do filme.",
        "inverted": "a divisão está de cabeça para baixo: DCG da lista sobre DCG da ideal.",
        "other": "some 1 / log2(p + 1) das posições p = 1…k com um relevante; divida pela mesma soma na lista ideal.",
    },
    visible=(
        expect_ndcg((np.array([7, 12, 9, 4, 0, 11, 5]), np.array([12, 4, 11]), 5), 0.498189),
        expect_ndcg((np.array([3, 1, 8, 5, 9]), np.array([8, 0, 9, 2, 6, 7, 10]), 4), 0.195190),
    ),
)

EXERCISES = (NDCG,)
