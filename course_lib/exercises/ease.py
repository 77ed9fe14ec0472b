"""Exercício 16: a EASE em quatro linhas."""

import numpy as np

from course_lib.exercises.compare import expect_part
from course_lib.exercises.item_knn import HISTORY, MATRIX_HINTS, no_diagonal
from course_lib.exercises.marking import Check, Exercise


def _regularized(gram: np.ndarray, l2: float) -> np.ndarray:
    return gram + l2 * np.eye(len(gram))


def _weights_of(system=_regularized, invert=np.linalg.pinv, divisor=lambda inverse, gram: np.diag(inverse), zero=True):
    """O engano de quem inverte outra matriz, ou de outro modo, ou divide as colunas por outra coisa.

    Args:
        system: de XᵀX e l2, a matriz que se inverte.
        zero: se zerou a diagonal; senão, somou a identidade.
    """

    def wrong(_, history, l2):
        gram = history.T @ history
        inverse = invert(system(gram, l2))
        weights = -inverse / divisor(inverse, gram)
        return no_diagonal(weights) if zero else np.eye(len(weights)) + weights

    return wrong


def _ridge(history: np.ndarray, l2: float) -> np.ndarray:
    return np.linalg.solve(_regularized(history.T @ history, l2), history.T @ history)


_WEIGHT_MISTAKES = {
    "rows": lambda right, history, l2: right.T,
    "no_l2": _weights_of(lambda gram, l2: gram),
    "l2_everywhere": _weights_of(lambda gram, l2: gram + l2),
    "l2_minus": _weights_of(lambda gram, l2: _regularized(gram, -l2)),
    "l2_inverse": (
        _weights_of(lambda gram, l2: _regularized(gram, 1 / l2)),
        _weights_of(lambda gram, l2: _regularized(gram, l2**2)),
    ),
    "users": lambda _, history, l2: _weights_of()(_, history.T, l2),
    "no_identity": lambda right, history, l2: right - np.eye(len(right)),
    "sign": (lambda right, history, l2: -right, lambda right, history, l2: np.eye(len(right)) - right),
    "no_division": tuple(_weights_of(divisor=lambda inverse, gram: 1, zero=zero) for zero in (True, False)),
    "gram_diagonal": tuple(
        _weights_of(divisor=lambda inverse, gram: np.diag(gram), zero=zero) for zero in (True, False)
    ),
    "not_inverted": (
        lambda _, history, l2: no_diagonal(history.T @ history),
        _weights_of(invert=lambda matrix: matrix),
    ),
    "elementwise": _weights_of(invert=lambda matrix: 1 / matrix),
    "ridge": (
        lambda _, history, l2: _ridge(history, l2),
        lambda _, history, l2: no_diagonal(_ridge(history, l2)),
    ),
    "binary": lambda _, history, l2: _weights_of()(_, (history > 0).astype(float), l2),
}
EASE_PARTS = ("weights", "scores")


def expect_ease(history: np.ndarray, l2: float, weights, part: str) -> Check:
    """Verificação: os pesos, (n_movies, n_movies), ou os pontos, (n_users, n_movies), são os que saem destes pesos."""
    weights = np.asarray(weights)
    expected = [weights, history @ weights]
    whole = {
        "swapped": expected[::-1],
        "only_weights": weights,
        "only_scores": expected[1],
    }
    score_mistakes = {
        "scores_transposed": (history @ weights.T, (history @ weights).T),
        "hides_seen": tuple(np.where(history > 0, hidden, history @ weights) for hidden in (0, -np.inf)),
        "counts": (history > 0) @ weights,
    }
    order = [(0, _WEIGHT_MISTAKES, "other"), (1, score_mistakes, "other_scores")]
    wanted = order[: EASE_PARTS.index(part) + 1]
    return expect_part("ease", (history, l2), expected, wanted, whole, {"LinAlgError": "no_l2"})


_HINTS = MATRIX_HINTS | {
    "rows": "a divisão é por coluna: a coluna j de P sobre P[j, j]. No NumPy, `P / np.diag(P)`; a sua saiu transposta.",
    "no_l2": "falta `l2` na diagonal de XᵀX. Sem ele, a inversa pode nem existir.",
    "l2_everywhere": "você somou `l2` a todas as células; ele entra só na diagonal: `l2 * np.eye(n_movies)`.",
    "l2_minus": "`l2` se soma à diagonal; você subtraiu.",
    "l2_inverse": "some `l2` à diagonal como ele vem, sem inverter nem elevar ao quadrado.",
    "users": "você usou XXᵀ, que compara usuários. Entre filmes é XᵀX, (n_movies, n_movies).",
    "no_identity": "a diagonal dos pesos deve ser zero: falta a identidade em B = I − P / diag(P).",
    "sign": "o sinal está trocado: fora da diagonal, B é −P / diag(P).",
    "no_division": "falta dividir cada coluna de P pelo elemento dela na diagonal.",
    "gram_diagonal": "a diagonal que divide é a de P, a inversa, e não a de XᵀX.",
    "not_inverted": "falta inverter: P é a inversa de XᵀX + λI.",
    "elementwise": "`1 / A` inverte célula a célula. A inversa da matriz é `np.linalg.inv(A)`.",
    "ridge": "essa é a regressão ridge comum, em que cada filme se explica por si mesmo; zerar a diagonal "
    "depois não é o mesmo. Use B = I − P / diag(P).",
    "swapped": "os resultados estão trocados: primeiro os pesos, depois os pontos.",
    "only_weights": "faltam os pontos: devolva `weights, scores`.",
    "only_scores": "faltam os pesos: devolva `weights, scores`.",
    "scores_transposed": "os pesos estão certos; os pontos são `history @ weights`, nesta ordem e sem transpor.",
    "counts": "os pesos estão certos; nos pontos, use as notas de `history`, e não só quem avaliou o quê.",
    "other": "P = inversa de (XᵀX + l2 · I); pesos B = I − P / diag(P), de diagonal zero.",
    "other_scores": "os pesos estão certos, mas os pontos são `history @ weights`.",
}
_WEIGHTS = [[0, -0.009344, 0.654019], [-0.00746, 0, 0.213118], [0.767835, 0.313373, 0]]
_VISIBLE = tuple(expect_ease(HISTORY[:, :3], 4, _WEIGHTS, part) for part in EASE_PARTS)
EASE = Exercise(16, "ease", "EASE em quatro linhas", ("ease",), _HINTS, _VISIBLE)
