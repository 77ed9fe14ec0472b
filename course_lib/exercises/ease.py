"""Exercício 16: a EASE em quatro linhas."""

import numpy as np

from course_lib.exercises.compare import expect_part
from course_lib.exercises.item_knn import HISTORY, no_diagonal
from course_lib.exercises.marking import Check, Exercise


def _weights_of(system, scale=lambda inverse, gram: np.diag(inverse), zero: bool = True):
    """O engano de quem inverte outra matriz, ou divide por outra diagonal.

    Args:
        system: da matriz XᵀX e de l2, a que se inverte.
        scale: da inversa e de XᵀX, o divisor das colunas.
    """

    def wrong(_, history, l2):
        gram = history.T @ history
        inverse = np.linalg.pinv(system(gram, l2))
        weights = -inverse / scale(inverse, gram)
        return no_diagonal(weights) if zero else np.eye(len(weights)) + weights

    return wrong


def _regularized(gram, l2):
    return gram + l2 * np.eye(len(gram))


_WEIGHT_MISTAKES = {
    "rows": lambda right, history, l2: right.T,
    "no_l2": _weights_of(lambda gram, l2: gram),
    "l2_everywhere": _weights_of(lambda gram, l2: gram + l2),
    "l2_minus": _weights_of(lambda gram, l2: gram - l2 * np.eye(len(gram))),
    "l2_inverse": (
        _weights_of(lambda gram, l2: gram + np.eye(len(gram)) / l2),
        _weights_of(lambda gram, l2: gram + l2**2 * np.eye(len(gram))),
    ),
    "users": lambda _, history, l2: _weights_of(_regularized)(_, history.T, l2),
    "no_identity": lambda right, history, l2: right - np.eye(len(right)),
    "sign": (lambda right, history, l2: -right, lambda right, history, l2: np.eye(len(right)) - right),
    "no_division": tuple(_weights_of(_regularized, lambda inverse, gram: 1, zero) for zero in (True, False)),
    "gram_diagonal": tuple(
        _weights_of(_regularized, lambda inverse, gram: np.diag(gram), zero) for zero in (True, False)
    ),
    "not_inverted": (
        lambda _, history, l2: no_diagonal(history.T @ history),
        lambda _, history, l2: np.eye(history.shape[1]) - _divided(_regularized(history.T @ history, l2)),
    ),
    "elementwise": lambda _, history, l2: (
        np.eye(history.shape[1]) - _divided(1 / _regularized(history.T @ history, l2))
    ),
    "ridge": tuple(
        lambda _, history, l2, finish=finish: finish(
            np.linalg.solve(_regularized(history.T @ history, l2), history.T @ history)
        )
        for finish in (lambda weights: weights, no_diagonal)
    ),
    "binary": lambda _, history, l2: _weights_of(_regularized)(_, (history > 0).astype(float), l2),
}


def _divided(matrix: np.ndarray) -> np.ndarray:
    return matrix / np.diag(matrix)


EASE_PARTS = ("weights", "scores")


def expect_ease(history: np.ndarray, l2: float, weights, part: str) -> Check:
    """Verificação: os pesos, (n_movies, n_movies), ou os pontos, (n_users, n_movies), são os que saem destes pesos."""
    weights = np.asarray(weights)
    expected = [weights, history @ weights]
    whole = {
        "swapped": expected[::-1],
        "only_weights": (weights, [weights]),
        "only_scores": (expected[1], expected[1:]),
    }
    score_mistakes = {
        "scores_transposed": (history @ weights.T, (history @ weights).T),
        "hides_seen": tuple(np.where(history > 0, hidden, history @ weights) for hidden in (0, -np.inf)),
        "counts": (history > 0) @ weights,
    }
    order = [(0, _WEIGHT_MISTAKES, "other"), (1, score_mistakes, "other_scores")]
    wanted = order[: EASE_PARTS.index(part) + 1]
    return expect_part("ease", (history, l2), expected, wanted, whole, {"LinAlgError": "no_l2"})


_WEIGHTS = [[0, -0.009344, 0.654019], [-0.00746, 0, 0.213118], [0.767835, 0.313373, 0]]

EASE = Exercise(
    name="ease",
    number=16,
    title="EASE em quatro linhas",
    functions=("ease",),
    hints={
        "rows": "a divisão é por coluna: a coluna j de P se divide por P[j, j]. No NumPy, `P / np.diag(P)`; a sua "
        "saiu transposta.",
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
        "binary": "use as notas de `history`; você só olhou quem avaliou o quê.",
        "swapped": "os resultados estão trocados: primeiro os pesos, depois os pontos.",
        "only_weights": "faltam os pontos: devolva `weights, scores`.",
        "only_scores": "faltam os pesos: devolva `weights, scores`.",
        "scores_transposed": "os pesos estão certos; os pontos são `history @ weights`, nesta ordem e sem transpor.",
        "hides_seen": "não esconda os filmes vistos aqui: quem escolhe os k da lista faz isso (exercício 8).",
        "counts": "os pesos estão certos; nos pontos, use as notas de `history`, e não só quem avaliou o quê.",
        "other": "P = inversa de (XᵀX + l2 · I); pesos B = I − P / diag(P), de diagonal zero.",
        "other_scores": "os pesos estão certos, mas os pontos são `history @ weights`.",
    },
    visible=(
        expect_ease(HISTORY[:, :3], 4, _WEIGHTS, "weights"),
        expect_ease(HISTORY[:, :3], 4, _WEIGHTS, "scores"),
    ),
)

EXERCISES = (EASE,)
