"""Exercícios 6 e 7: os parâmetros da rede, a armadilha do broadcasting."""

import numpy as np

from course_lib.exercises.compare import expect, expect_refusal
from course_lib.exercises.marking import Check, Exercise

_COUNT_MISTAKES = {
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
}


def expect_parameters(sizes: tuple[int, int, int, int], expected: int) -> Check:
    """Verificação: a rede destes tamanhos (n_users, n_movies, n_factors, n_hidden) tem tantos parâmetros."""
    return expect("count_parameters", sizes, expected, _COUNT_MISTAKES)


COUNT_PARAMETERS = Exercise(
    name="count_parameters",
    number=6,
    title="A conta dos parâmetros",
    functions=("count_parameters",),
    hints={
        "biases_or_output": "faltam n_hidden + 1 parâmetros. Ou são os vieses (n_hidden na camada oculta e 1 na "
        "saída), ou são os pesos e o viés da camada de saída.",
        "hidden_bias": "faltam n_hidden parâmetros: os vieses da camada oculta, ou os pesos da saída.",
        "output_bias": "falta um parâmetro: o viés da camada de saída.",
        "half_input": "a camada oculta recebe os dois embeddings concatenados: são 2 × n_factors entradas por unidade.",
        "no_embeddings": "faltam os embeddings. As tabelas de usuários e filmes são parâmetros, e são quase todos.",
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
    },
    visible=(expect_parameters((5, 9, 3, 4), 75), expect_parameters((10, 20, 5, 7), 235)),
)


def column(values: list[float]) -> np.ndarray:
    """Os valores como coluna: float (n, 1)."""
    return np.array(values, np.float64)[:, None]


_PAIRS_MISTAKES = {
    "samples": lambda right, p, t: len(p),
    "always_square": lambda right, p, t: len(p) ** 2,
    "sum_of_sizes": lambda right, p, t: p.size + t.size,
    "result_shape": lambda right, p, t: (p - t).shape,
}
_MENDED_MISTAKES = {
    "still_broadcasts": lambda right, p, t: np.mean((p.reshape(-1, 1) - t.reshape(1, -1)) ** 2),
    "sum": lambda right, p, t: right * p.size,
    "root": lambda right, p, t: right**0.5,
    "diagonal": lambda right, p, t: right / p.size,
    "absolute": lambda right, p, t: np.abs(p.ravel() - t.ravel()).mean(),
    "one_number": lambda right, p, t: (p.ravel() - t.ravel()) ** 2,
    "sorted": lambda right, p, t: np.mean((np.sort(p.ravel()) - np.sort(t.ravel())) ** 2),
}


def expect_pairs(pair: tuple, expected: int) -> Check:
    """Verificação: `prediction - target`, arrays (B,) ou (B, 1), tem tantos elementos."""
    return expect("compared_pairs", pair, expected, _PAIRS_MISTAKES)


def expect_mended(pair: tuple, expected: float) -> Check:
    """Verificação: o MSE destes arrays, (B,) ou (B, 1), é este."""
    refused = dict.fromkeys(("ValueError", "AssertionError"), "refuses_valid")
    return expect("mended_mse", pair, expected, _MENDED_MISTAKES, refused)


def expect_size_refusal(pair: tuple) -> Check:
    """Verificação: estes arrays, de quantidades diferentes, são recusados com um `ValueError`."""
    return expect_refusal("mended_mse", pair, "ValueError", "size_mismatch", "other_error")


_FLAT = np.array([3.0, 4.0, 5.0])

BROADCASTING = Exercise(
    name="broadcasting",
    number=7,
    title="A armadilha do broadcasting",
    functions=("compared_pairs", "mended_mse"),
    hints={
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
    },
    visible=(
        expect_pairs((_FLAT, column([3, 4, 5])), 9),
        expect_pairs((column([3, 4, 5]), column([3, 4, 5])), 3),
        expect_mended((_FLAT, column([3, 5, 2])), 10 / 3),
        expect_mended((column([3, 4, 5]), column([3, 5, 2])), 10 / 3),
        expect_size_refusal((_FLAT, column([3, 5, 4, 2]))),
    ),
)

EXERCISES = (COUNT_PARAMETERS, BROADCASTING)
