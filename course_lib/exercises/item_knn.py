"""Exercício 15: os vizinhos entre filmes, com encolhimento."""

import numpy as np

from course_lib.exercises.compare import expecting
from course_lib.exercises.marking import Exercise

# Dicas que servem também à EASE.
MATRIX_HINTS = {
    "binary": "use as notas de `history`; você só olhou quem avaliou o quê.",
    "hides_seen": "não esconda os filmes vistos aqui: quem escolhe os k da lista faz isso (exercício 8).",
}


def no_diagonal(matrix: np.ndarray) -> np.ndarray:
    """A matriz (n, n) com zeros na diagonal."""
    return np.where(np.eye(len(matrix), dtype=bool), 0, matrix)


def _ratio(dot: np.ndarray, divisor: np.ndarray) -> np.ndarray:
    """dot / divisor; onde o divisor é zero, o produto, que também é."""
    return dot / np.where(divisor == 0, 1, divisor)


def _cosines_of(combine, change=lambda history: history):
    """O engano de quem faz outra conta com o produto, as normas dos filmes e o encolhimento, ou com outra matriz."""

    def wrong(_, history, shrink):
        matrix = change(history)
        norms = np.linalg.norm(matrix, axis=0)
        return no_diagonal(combine(matrix.T @ matrix, norms[:, None], norms[None, :], shrink))

    return wrong


def _right(dot, a, b, shrink):
    return _ratio(dot, a * b + shrink)


def _significance(_, history: np.ndarray, shrink: float) -> np.ndarray:
    """O cosseno vezes n / (n + shrink), em que n é o número de pessoas em comum: outro encolhimento conhecido."""
    common = (history > 0).T.astype(float) @ (history > 0)
    return _cosines_of(lambda dot, a, b, shrink: _ratio(dot, a * b) * _ratio(common, common + shrink))(
        _, history, shrink
    )


expect_similarity = expecting(  # (notas (n_users, n_movies), encolhimento) e similaridades, (n_movies, n_movies)
    "item_similarity",
    {
        "no_shrink": _cosines_of(lambda dot, a, b, shrink: _ratio(dot, a * b)),
        "diagonal": (
            lambda right, history, shrink: right + np.diag(_ratio((history**2).sum(0), (history**2).sum(0) + shrink)),
            lambda right, history, shrink: right + np.eye(len(right)),
        ),
        "users": _cosines_of(_right, lambda history: history.T),
        "dot": (_cosines_of(lambda dot, a, b, shrink: dot), _cosines_of(lambda dot, a, b, shrink: dot / (1 + shrink))),
        "shrink_in_sum": _cosines_of(lambda dot, a, b, shrink: _ratio(dot + shrink, a * b + shrink)),
        "shrink_after": (
            _cosines_of(lambda dot, a, b, shrink: _ratio(dot, a * b) / (1 + shrink)),
            _cosines_of(lambda dot, a, b, shrink: _ratio(dot, a * b) - shrink),
        ),
        "shrink_each": _cosines_of(lambda dot, a, b, shrink: _ratio(dot, (a + shrink) * (b + shrink))),
        "squared_norms": _cosines_of(lambda dot, a, b, shrink: _ratio(dot, a**2 * b**2 + shrink)),
        "one_norm": (
            _cosines_of(lambda dot, a, b, shrink: _ratio(dot, a + shrink + 0 * b)),
            _cosines_of(lambda dot, a, b, shrink: _ratio(dot, b + shrink + 0 * a)),
        ),
        "added_norms": _cosines_of(lambda dot, a, b, shrink: _ratio(dot, a + b + shrink)),
        "distance": _cosines_of(lambda dot, a, b, shrink: 1 - _ratio(dot, a * b + shrink)),
        "binary": _cosines_of(_right, lambda history: (history > 0).astype(float)),
        "centred": _cosines_of(_right, lambda history: history - history.mean(axis=0)),
        "significance": _significance,
    },
)


def nearest(similarity: np.ndarray, k: int, axis: int = 0) -> np.ndarray:
    """A matriz só com os k maiores de cada coluna (ou de cada linha, se `axis` é 1); o resto, zero."""
    place = np.argsort(np.argsort(-similarity, axis=axis, kind="stable"), axis=axis, kind="stable")
    return np.where(place < k, similarity, 0)


def _summing(combine):
    """O engano de quem soma outra coisa sobre os k vizinhos."""
    return lambda right, history, similarity, k: combine(history, nearest(similarity, k))


expect_scores = expecting(  # (notas, similaridades, k) e os pontos, (n_users, n_movies)
    "item_scores",
    {
        "all_neighbours": lambda right, history, similarity, k: history @ similarity,
        "by_rows": lambda right, history, similarity, k: history @ nearest(similarity, k, axis=1),
        "farthest": lambda right, history, similarity, k: history @ -nearest(-similarity, k),
        "averaged": (
            lambda right, history, similarity, k: np.nan_to_num(right / ((history > 0) @ nearest(similarity, k))),
            lambda right, history, similarity, k: np.nan_to_num(right / nearest(similarity, k).sum(axis=0)),
            lambda right, history, similarity, k: right / k,
        ),
        "binary": _summing(lambda history, kept: (history > 0) @ kept),
        "counts": (
            _summing(lambda history, kept: (history > 0) @ (kept > 0).astype(float)),
            _summing(lambda history, kept: history @ (kept > 0)),
        ),
        "transposed": lambda right, *_: right.T,
        "hides_seen": (
            lambda right, history, similarity, k: np.where(history > 0, 0, right),
            lambda right, history, similarity, k: np.where(history > 0, -np.inf, right),
        ),
        "other_k": tuple(
            lambda right, history, similarity, k, step=step: history @ nearest(similarity, k + step) for step in (-1, 1)
        ),
        "weights_only": _summing(lambda history, kept: kept),
    },
)
_HINTS = MATRIX_HINTS | {
    "no_shrink": "falta o encolhimento: some `shrink` ao produto das normas. Sem ele, dois filmes com uma pessoa "
    "só em comum podem ter cosseno 1.",
    "diagonal": "a diagonal deve ser zero: um filme não é vizinho de si mesmo.",
    "users": "você comparou usuários. Os filmes são as colunas: use `history.T @ history`, (n_movies, n_movies).",
    "dot": "falta dividir pelas normas dos dois filmes: o produto, sozinho, favorece os populares.",
    "shrink_in_sum": "o encolhimento entra só no divisor; somado dos dois lados, aproxima os filmes sem motivo.",
    "shrink_after": "o encolhimento se soma ao produto das normas, dentro da divisão: produto / (normas + shrink).",
    "shrink_each": "o encolhimento se soma uma vez, ao produto das duas normas, e não a cada uma.",
    "squared_norms": "a norma é a raiz da soma dos quadrados: faltou a raiz.",
    "one_norm": "divida pelo produto das normas dos dois filmes; você usou só a de um.",
    "added_norms": "as normas se multiplicam; você somou.",
    "distance": "essa é a distância (1 − cosseno): os parecidos ficaram com os números pequenos.",
    "centred": "subtrair a média de cada filme dá a correlação, e os zeros viram notas ruins. É o cosseno puro.",
    "significance": "esse é outro encolhimento, cosseno × n / (n + shrink). Pedimos produto / (normas + shrink).",
    "not_finite": "apareceu 0 / 0: um filme sem avaliações tem norma zero, e a similaridade dele é zero.",
    "all_neighbours": "você somou todos os vizinhos: de cada filme, contam só os k mais parecidos.",
    "by_rows": "os k vizinhos são os do filme que se pontua, a coluna. Você guardou os k maiores de cada linha.",
    "farthest": "você guardou os k menos parecidos.",
    "averaged": "não divida: o que se quer é uma ordem, e a soma premia quem tem muitos vizinhos vistos.",
    "counts": "a soma é de nota × similaridade: falta a similaridade; confira também se a nota está lá.",
    "transposed": "a forma é (n_users, n_movies): uma linha por usuário.",
    "other_k": "contam exatamente k vizinhos de cada filme; confira o corte.",
    "weights_only": "você devolveu as similaridades cortadas; falta multiplicar `history` por elas.",
    "other": "similaridade: produto das colunas sobre (produto das normas + shrink), diagonal zero. Pontos: "
    "`history @ similaridades`, só com os k maiores de cada coluna.",
}
HISTORY = np.array([[4, 0, 5, 0], [3.5, 2, 0, 0], [0, 4.5, 1, 0], [5, 1, 4, 0], [0, 3, 2.5, 0]])
_SIMILARITY = np.array([[0, 0.1, 0.6, 0.2], [0.1, 0, 0.5, 0.05], [0.6, 0.5, 0, 0.4], [0.2, 0.05, 0.4, 0]])
_VISIBLE = (
    expect_similarity(
        (HISTORY[:, :3], 10), np.array([[0, 0.227678, 0.659105], [0.227678, 0, 0.315883], [0.659105, 0.315883, 0]])
    ),
    expect_similarity(
        (HISTORY, 0),
        np.array([[0, 0.28099, 0.789135, 0], [0.28099, 0, 0.393587, 0], [0.789135, 0.393587, 0, 0], [0, 0, 0, 0]]),
    ),
    expect_scores(
        (HISTORY, _SIMILARITY, 2),
        np.array(
            [[3, 2.9, 2.4, 2.8], [0, 0.35, 3.1, 0.7], [0.6, 0.5, 2.25, 0.4], [2.4, 2.5, 3.5, 2.6], [1.5, 1.25, 1.5, 1]]
        ),
    ),
)
ITEM_KNN = Exercise(
    15, "item_knn", "Vizinhos entre filmes, com encolhimento", ("item_similarity", "item_scores"), _HINTS, _VISIBLE
)
