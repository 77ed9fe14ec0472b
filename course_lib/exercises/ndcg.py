"""Exercício 14: o NDCG à mão."""

import numpy as np

from course_lib.exercises.compare import expecting
from course_lib.exercises.marking import Exercise


def _log(start: int):
    """Quanto vale um acerto em cada posição, contada a partir de 0: 1 / log2(posição + start)."""
    return lambda places: 1 / np.log2(places + start)


def _dcg(hits: np.ndarray) -> float:
    return _log(2)(np.flatnonzero(hits)).sum()


def _best(n: int, k: float = np.inf) -> float:
    """O DCG da lista ideal: n acertos, até k, todos no começo."""
    return _log(2)(np.arange(min(n, k))).sum()


def _one(n: int, k: int) -> int:
    return 1


def _made_of(gain, over, whole: bool = False):
    """O engano de quem divide outra soma, a de `gain(acertos)`, por `over(n_relevantes, k)`.

    Args:
        gain: dos acertos, bool, um por posição: entre os k primeiros, ou na lista inteira se `whole`.
    """

    def wrong(_, ranking, relevant, k):
        return gain(np.isin(ranking if whole else ranking[:k], relevant)) / over(len(relevant), k)

    return wrong


def _weighed(weigh) -> tuple:
    """O engano de quem pesa os acertos por `weigh(posições)`, e a lista ideal também, ou não."""

    def gain(hits):
        return weigh(np.flatnonzero(hits)).sum()

    return _made_of(gain, lambda n, k: weigh(np.arange(min(n, k))).sum()), _made_of(gain, _best)


expect_ndcg = expecting(  # (lista, relevantes, k) e o NDCG
    "ndcg",
    {
        "no_ideal": _made_of(_dcg, _one),
        "ideal_k": (_made_of(_dcg, lambda n, k: _best(k)), _made_of(_dcg, lambda n, k: _best(n))),
        "ideal_found": _made_of(lambda hits: _dcg(hits) / _best(hits.sum()), _one),
        "divides_by_count": (_made_of(_dcg, lambda n, k: k), _made_of(_dcg, lambda n, k: n)),
        "early_discount": _weighed(_log(1)),
        "late_discount": _weighed(_log(3)),
        "no_discount": (
            _made_of(np.sum, lambda n, k: n),
            _made_of(np.sum, lambda n, k: k),
            _made_of(np.mean, _one),
        ),
        "linear_discount": _weighed(lambda places: 1 / (places + 1)),
        "multiplied": _weighed(lambda places: np.log2(places + 2)),
        "ignores_k": (_made_of(_dcg, lambda n, k: _best(n), whole=True), _made_of(_dcg, _best, whole=True)),
        "order_lost": _made_of(lambda hits: _best(hits.sum()), _best),
        "first_hit": _made_of(lambda hits: (hits / np.arange(1, len(hits) + 1)).max(), _one),
        "any_hit": _made_of(np.any, _one),
        "average_precision": _made_of(
            lambda hits: (np.cumsum(hits) / np.arange(1, len(hits) + 1) * hits).sum(), lambda n, k: min(n, k)
        ),
        "film_as_position": lambda _, ranking, relevant, k: (
            _log(2)(np.intersect1d(ranking[:k], relevant)).sum() / _best(len(relevant), k)
        ),
        "inverted": lambda right, *_: 1 / np.float64(right),
    },
    {"ZeroDivisionError": "early_discount"},
)
_EARLY = "log2(1) é zero. A primeira posição desconta log2(2) = 1: com posições a partir de 0, o desconto é "
_HINTS = {
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
}
_VISIBLE = (
    expect_ndcg((np.array([7, 12, 9, 4, 0, 11, 5]), np.array([9, 4, 11, 2]), 5), 0.363318),
    expect_ndcg((np.array([3, 1, 8, 5, 9]), np.array([8, 0, 9, 2, 6, 7, 10]), 4), 0.195190),
)
NDCG = Exercise(14, "ndcg", "O NDCG à mão", ("ndcg",), _HINTS, _VISIBLE)
