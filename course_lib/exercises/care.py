"""Exercícios 5 a 7: a separação repetível, os parâmetros da rede, a armadilha do broadcasting."""

from collections.abc import Sequence

import numpy as np

from course_lib.exercises.compare import expect, expect_refusal, same, shape_of
from course_lib.exercises.marking import Answer, Call, Check, Exercise, failure


def expect_partition(ratings: np.ndarray, fraction: float, seed: int) -> Check:
    """Verificação: as duas partes somam a tabela, sem repetir linhas, no tamanho pedido e sorteadas."""

    def examine(answers: Sequence[Answer]) -> str | None:
        return _split_failure(answers[0]) or _diagnose_partition(answers[0].value, ratings, fraction)

    return Check((Call("split", (ratings, fraction, seed)),), examine)


def expect_repeatable(ratings: np.ndarray, fraction: float, seed: int) -> Check:
    """Verificação: como `expect_partition`, e a mesma semente, duas vezes, dá as mesmas partes."""

    def examine(answers: Sequence[Answer]) -> str | None:
        first, second = answers
        problem = _split_failure(first) or _split_failure(second) or _diagnose_partition(first.value, ratings, fraction)
        return problem or (None if same(second.value, first.value) else "not_repeatable")

    return Check((Call("split", (ratings, fraction, seed)),) * 2, examine)


def expect_seeded(ratings: np.ndarray, fraction: float, seeds: tuple[int, int]) -> Check:
    """Verificação: sementes diferentes dão partes diferentes."""

    def examine(answers: Sequence[Answer]) -> str | None:
        first, second = answers
        problem = _split_failure(first) or _split_failure(second) or _shape_problem(first.value)
        return problem or ("seed_ignored" if same(second.value, first.value) else None)

    return Check(tuple(Call("split", (ratings, fraction, seed)) for seed in seeds), examine)


def _split_failure(answer: Answer) -> str | None:
    """Como `failure`, e reconhece `np.random.seed = 42`: depois dele, `np.random.seed(42)` chama um número."""
    not_callable = "TypeError" in answer.errors and "'int' object is not callable" in answer.message
    overwritten = not_callable and ".seed(" in answer.message  # sem isso, pode ser um `*` que falta: `n(2)`
    return "seed_overwritten" if overwritten else failure(answer)


def _shape_problem(value: object) -> str | None:
    if not isinstance(value, list) or len(value) != 2:
        return "shape"
    shapes = [shape_of(part) for part in value]
    if not all(isinstance(shape, tuple) for shape in shapes):
        return "shape"
    if all(len(shape) == 1 and shape[0] for shape in shapes):
        return "indices"
    return None if all(len(shape) == 2 and shape[1] == 3 for shape in shapes) else "shape"


def _diagnose_partition(value: object, ratings: np.ndarray, fraction: float) -> str | None:
    if problem := _shape_problem(value):
        return problem
    train, valid = (np.asarray(part, ratings.dtype) for part in value)
    known = {tuple(row) for row in ratings.tolist()}
    train_rows, valid_rows = ([tuple(row) for row in part.tolist()] for part in (train, valid))
    if not known.issuperset(train_rows + valid_rows):
        return "broken_rows"
    if len(set(train_rows)) < len(train_rows) or len(set(valid_rows)) < len(valid_rows):
        return "repeated"
    if set(train_rows) & set(valid_rows):
        return "overlap"
    if len(train) + len(valid) < len(ratings):
        return "lost"
    tolerance = 4 * (fraction * (1 - fraction) / len(ratings)) ** 0.5
    if abs(len(train) / len(ratings) - fraction) < tolerance < abs(len(valid) / len(ratings) - fraction):
        return "swapped"
    if abs(len(valid) / len(ratings) - fraction) > tolerance:
        return "fraction"
    in_order = np.array_equal(train, ratings[: len(train)]) or np.array_equal(valid, ratings[: len(valid)])
    return "in_order" if in_order else None


_TABLE = np.array([[i // 8, (7 * i) % 40, 0.5 + (i % 10) / 2] for i in range(200)], np.float32)

SPLIT = Exercise(
    name="split",
    number=5,
    title="Uma separação repetível",
    functions=("split",),
    hints={
        "not_repeatable": "com a mesma semente, duas chamadas deram partes diferentes. Crie o gerador dentro da "
        "função, com `np.random.default_rng(seed)`; `np.random.seed = 42` não semeia nada, só estraga a função `seed`. "
        "Se você a rodou, reinicie o kernel (menu Kernel).",
        "seed_overwritten": "você escreveu `np.random.seed = …` em algum lugar, e a função `seed` virou um número. "
        "Reinicie o kernel (menu Kernel) e use `np.random.default_rng(seed)`.",
        "seed_ignored": "sementes diferentes deram as mesmas partes. O sorteio deve depender do argumento `seed`, e "
        "não de uma semente escrita dentro da função nem da ordem das linhas.",
        "in_order": "você cortou a tabela na ordem em que ela veio. As linhas estão ordenadas por usuário: sem "
        "sorteio, os últimos usuários ficam inteiros na validação, e o treinamento nunca os vê.",
        "overlap": "há linhas que aparecem no treinamento e na validação. Quem treina com a resposta não é avaliado.",
        "repeated": "há linhas repetidas dentro de uma parte. Sorteie sem reposição (`rng.permutation`, ou uma "
        "máscara); `rng.choice` e `rng.integers` repetem, e `random.shuffle` duplica linhas de um array.",
        "lost": "há linhas que não ficaram em nenhuma das partes. O que não é treinamento é validação.",
        "broken_rows": "apareceram linhas que não existem na tabela. Embaralhe linhas inteiras: cada nota deve "
        "continuar com o seu usuário e o seu filme.",
        "swapped": "as partes estão trocadas: devolva `train, valid`, e a fração pedida é a da validação.",
        "fraction": "o tamanho da validação não é o pedido: ela deve ter perto de valid_fraction das linhas.",
        "indices": "você devolveu índices ou máscaras. Devolva as linhas: `ratings[mask]` e `ratings[~mask]`.",
    },
    visible=(
        expect_partition(_TABLE, 0.25, 42),
        expect_repeatable(_TABLE, 0.25, 42),
        expect_seeded(_TABLE, 0.25, (42, 43)),
    ),
)

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
        "activations": "você contou também unidades que não têm parâmetros. ReLU e dropout nada aprendem.",
        "dot_model": "essa é a conta de outra rede, a do produto interno com vieses.",
        "only_embeddings": "faltam as duas camadas densas.",
        "other": "some as duas tabelas, a camada oculta (pesos e vieses) e a saída (pesos e viés). A camada "
        "oculta recebe os dois vetores concatenados, 2 · n_factors números.",
    },
    visible=(
        expect(
            "count_parameters",
            (5, 8, 3, 4),
            72,
            {
                "biases_or_output": 67,
                "hidden_bias": 68,
                "output_bias": 71,
                "half_input": 60,
                "no_embeddings": 33,
                "no_user_table": 57,
                "no_movie_table": 48,
                "multiplied": 153,
                "activations": 76,
                "dot_model": 52,
                "only_embeddings": 39,
            },
        ),
        expect("count_parameters", (10, 20, 5, 7), 235, {"half_input": 200, "biases_or_output": 227}),
    ),
)


def column(values: list[float]) -> np.ndarray:
    """Os valores como coluna: float (n, 1)."""
    return np.array(values, np.float64)[:, None]


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
        "diagonal": "as somas estão certas, mas a divisão é por B, não por B².",
        "refuses_valid": "a função recusou formas que deveria consertar: (B,) e (B, 1) têm as mesmas B amostras.",
        "size_mismatch": "as quantidades de amostras diferem, e a função devolveu um número. Não há como parear: "
        "levante um `ValueError`. Cuidado com uma amostra só, que se compara com todas sem erro nenhum.",
        "other_error": "quando as quantidades de amostras diferem, o erro pedido é `ValueError`.",
        "other": "a conta é a do MSE, sobre B diferenças, uma por amostra.",
    },
    visible=(
        expect(
            "compared_pairs",
            (_FLAT, column([3, 4, 5])),
            9,
            {"samples": 3, "sum_of_sizes": 6, "result_shape": [3, 3]},
        ),
        expect(
            "compared_pairs",
            (column([3, 4, 5]), column([3, 4, 5])),
            3,
            {"always_square": 9, "sum_of_sizes": 6, "result_shape": [3, 1]},
        ),
        expect(
            "mended_mse",
            (_FLAT, column([3, 5, 4])),
            2 / 3,
            {"still_broadcasts": 4 / 3, "sum": 2.0, "root": (2 / 3) ** 0.5, "diagonal": 2 / 9},
            {"ValueError": "refuses_valid", "AssertionError": "refuses_valid"},
        ),
        expect(
            "mended_mse",
            (column([3, 4, 5]), column([3, 5, 4])),
            2 / 3,
            {"still_broadcasts": 4 / 3, "root": (2 / 3) ** 0.5, "diagonal": 2 / 9},
            {"ValueError": "refuses_valid", "AssertionError": "refuses_valid"},
        ),
        expect_refusal("mended_mse", (_FLAT, column([3, 5, 4, 2])), "ValueError", "size_mismatch", "other_error"),
    ),
)

EXERCISES = (SPLIT, COUNT_PARAMETERS, BROADCASTING)
