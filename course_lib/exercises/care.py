"""Exercícios 6 e 7: os parâmetros da rede, a armadilha do broadcasting."""

from collections.abc import Sequence

import numpy as np

from course_lib.exercises.compare import expecting
from course_lib.exercises.marking import Answer, Call, Check, Exercise, failure

expect_parameters = expecting(  # (n_users, n_movies, n_factors, n_hidden) e o número de parâmetros
    "count_parameters",
    {
        "biases_or_output": lambda right, u, m, f, h: right - h - 1,
        "hidden_bias": lambda right, u, m, f, h: right - h,
        "output_bias": lambda right, u, m, f, h: right - 1,
        "half_input": lambda right, u, m, f, h: right - f * h,
        "no_embeddings": lambda right, u, m, f, h: right - (u + m) * f,
        "no_user_table": lambda right, u, m, f, h: right - u * f,
        "no_movie_table": lambda right, u, m, f, h: right - m * f,
        "multiplied": lambda right, u, m, f, h: right - (u + m) * f + u * m * f,
        "activations": (lambda right, u, m, f, h: right + h, lambda right, u, m, f, h: right + 2 * f + h),
        "embedding_biases": (lambda right, u, m, f, h: right + u + m, lambda right, u, m, f, h: right + 2 * f),
        "crossed_input": lambda right, u, m, f, h: right + (f * f - 2 * f) * h,
        "dot_model": lambda right, u, m, f, h: (u + m) * (f + 1),
        "only_embeddings": lambda right, u, m, f, h: (u + m) * f,
    },
)
_COUNT_HINTS = {
    "biases_or_output": "faltam n_hidden + 1 parâmetros. Ou são os vieses (n_hidden na camada oculta e 1 na "
    "saída), ou são os pesos e o viés da camada de saída.",
    "hidden_bias": "faltam n_hidden parâmetros: os vieses da camada oculta, ou os pesos da saída.",
    "output_bias": "falta um parâmetro: o viés da camada de saída.",
    "half_input": "a camada oculta recebe os dois embeddings concatenados: são 2 × n_factors entradas por unidade.",
    "no_embeddings": "faltam os embeddings. As tabelas de usuários e filmes são parâmetros, e na rede da série são "
    "quase todos.",
    "no_user_table": "falta a tabela dos usuários: n_users × n_factors números.",
    "no_movie_table": "falta a tabela dos filmes: n_movies × n_factors números.",
    "multiplied": "as tabelas não se multiplicam: são (n_users + n_movies) linhas de n_factors números.",
    "activations": "você contou unidades a mais. ReLU, dropout e concatenação nada aprendem, e cada unidade da "
    "camada oculta tem um viés só.",
    "embedding_biases": "um embedding é só uma tabela, sem vieses; quem os tem são as duas camadas densas.",
    "crossed_input": "os embeddings são concatenados, não multiplicados um pelo outro: a camada oculta recebe "
    "2 × n_factors números, não n_factors².",
    "dot_model": "essa é a conta de outra rede, a do produto interno com vieses.",
    "only_embeddings": "faltam as duas camadas densas.",
    "other": "some as duas tabelas, a camada oculta (pesos e vieses) e a saída (pesos e viés). A camada "
    "oculta recebe os dois vetores concatenados, 2 · n_factors números.",
}
_COUNT_VISIBLE = expect_parameters((5, 9, 3, 4), 75), expect_parameters((10, 20, 5, 7), 235)
COUNT_PARAMETERS = Exercise(
    6, "count_parameters", "A conta dos parâmetros", ("count_parameters",), _COUNT_HINTS, _COUNT_VISIBLE
)


def column(values: list[float]) -> np.ndarray:
    """Os valores como coluna: float (n, 1)."""
    return np.array(values, np.float64)[:, None]


expect_pairs = expecting(  # (previsões, alvos), arrays (B,) ou (B, 1), e o número de elementos da diferença
    "compared_pairs",
    {
        "samples": lambda right, p, t: len(p),
        "always_square": lambda right, p, t: len(p) ** 2,
        "sum_of_sizes": lambda right, p, t: p.size + t.size,
        "result_shape": lambda right, p, t: (p - t).shape,
    },
)
expect_mended = expecting(  # os mesmos arrays e o MSE
    "mended_mse",
    {
        "still_broadcasts": lambda right, p, t: np.mean((p.reshape(-1, 1) - t.reshape(1, -1)) ** 2),
        "sum": lambda right, p, t: right * p.size,
        "root": lambda right, p, t: right**0.5,
        "diagonal": lambda right, p, t: right / p.size,
        "absolute": lambda right, p, t: np.abs(p.ravel() - t.ravel()).mean(),
        "one_number": lambda right, p, t: (p.ravel() - t.ravel()) ** 2,
        "sorted": lambda right, p, t: np.mean((np.sort(p.ravel()) - np.sort(t.ravel())) ** 2),
    },
    dict.fromkeys(("ValueError", "AssertionError"), "refuses_valid"),
)


def expect_size_refusal(pair: tuple) -> Check:
    """Verificação: estes arrays, de quantidades diferentes, são recusados com um `ValueError`."""

    def examine(answers: Sequence[Answer]) -> str | None:
        if "ValueError" in answers[0].errors:
            return None
        return failure(answers[0], {"Exception": "other_error"}) if answers[0].errors else "size_mismatch"

    return Check((Call("mended_mse", pair),), examine, "um ValueError")


_HINTS = {
    "samples": "essa é a quantidade de amostras. Veja a forma de `prediction - target`: com (B,) contra (B, 1), "
    "cada previsão é comparada com todos os alvos.",
    "always_square": "com formas iguais não há broadcasting: são B comparações, não B².",
    "sum_of_sizes": "você somou os tamanhos. Conte os elementos de `prediction - target`.",
    "result_shape": "você devolveu a forma; falta contar os elementos: um número só.",
    "still_broadcasts": "nesta combinação de formas a diferença ainda é (B, B): cada previsão é comparada com "
    "todos os alvos. Ponha as duas na mesma forma, por exemplo com `reshape(-1)` em ambas.",
    "sum": "falta dividir pelo número de amostras.",
    "root": "você devolveu o RMSE; a função pedida é o MSE, sem raiz.",
    "diagonal": "as somas estão certas, mas a divisão é por B, e uma vez só.",
    "absolute": "essa é a média dos módulos, o MAE: no MSE, cada diferença é elevada ao quadrado.",
    "one_number": "você devolveu o quadrado de cada diferença; falta a média deles, um número só.",
    "sorted": "ordenar desfaz os pares: a previsão i se compara com o alvo i.",
    "refuses_valid": "a função recusou formas que deveria consertar: (B,) e (B, 1) têm as mesmas B amostras.",
    "size_mismatch": "as quantidades de amostras diferem, e a função devolveu um resultado. Não há como parear: "
    "levante um `ValueError`. Cuidado com uma amostra só, que se compara com todas sem erro nenhum.",
    "other_error": "quando as quantidades de amostras diferem, o erro pedido é `ValueError`.",
    "other": "a conta é a do MSE, sobre B diferenças, uma por amostra.",
}
_FLAT, _COLUMN = np.array([3.0, 4.0, 5.0]), column([3, 4, 5])
_VISIBLE = (
    expect_pairs((_FLAT, _COLUMN), 9),
    expect_pairs((_COLUMN, _COLUMN), 3),
    expect_mended((_FLAT, column([3, 5, 2])), 10 / 3),
    expect_mended((_COLUMN, column([3, 5, 2])), 10 / 3),
    expect_size_refusal((_FLAT, column([3, 5, 4, 2]))),
)
_FUNCTIONS = ("compared_pairs", "mended_mse")
BROADCASTING = Exercise(7, "broadcasting", "A armadilha do broadcasting", _FUNCTIONS, _HINTS, _VISIBLE)
