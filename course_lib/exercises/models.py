"""Exercícios 10 e 11: a tabela de vieses e o produto interno com vieses."""

from collections.abc import Mapping, Sequence

import numpy as np

from course_lib.exercises.compare import diagnose, expect, same, shape_of
from course_lib.exercises.marking import Answer, Call, Check, Exercise, failure
from course_lib.exercises.plain import TensorInput

BiasTable = tuple[float, list[float] | np.ndarray, list[float] | np.ndarray]


def expect_bias_table(
    arguments: tuple, expected: BiasTable, movie_mistakes: Mapping[str, object], user_mistakes: Mapping[str, object]
) -> Check:
    """Verificação: a média, os vieses dos usuários e os dos filmes, examinados na ordem em que se calculam.

    Args:
        expected: média, vieses dos usuários, vieses dos filmes.
        movie_mistakes, user_mistakes: chave da dica -> os vieses que cada engano daria.
    """
    mean, user_bias, movie_bias = expected

    def examine(answers: Sequence[Answer]) -> str | None:
        value = answers[0].value
        if problem := failure(answers[0], {"ZeroDivisionError": "not_finite"}):
            return problem
        if same(value, [mean, movie_bias, user_bias]):
            return "swapped"
        if shape_of(value) != shape_of(list(expected)):
            return "shape"
        if not same(value[0], mean):
            return "mean"
        return diagnose(value[2], movie_bias, movie_mistakes) or diagnose(value[1], user_bias, user_mistakes)

    return Check((Call("bias_table", arguments),), examine, list(expected))


_RATINGS = np.array([[0, 0, 5.0], [0, 1, 4.0], [1, 0, 3.0], [1, 1, 1.0], [2, 0, 4.0]], np.float32)

BIAS_TABLE = Exercise(
    name="bias_table",
    number=10,
    title="A tabela de vieses, com encolhimento",
    functions=("bias_table",),
    hints={
        "no_damping": "falta o encolhimento: divida por (quantidade + damping), tanto nos filmes como nos usuários.",
        "damping_in_sum": "o damping entra só no divisor. As avaliações fictícias estão na média: seu desvio é zero, e "
        "nada somam ao numerador.",
        "damping_of_mean": "você dividiu a média por (1 + damping). O encolhimento depende da quantidade: soma dos "
        "desvios dividida por (quantidade + damping).",
        "not_centred": "um viés é um desvio: subtraia a média global (e, para os usuários, também o viés do filme) "
        "antes de somar.",
        "same_rest": "o viés do usuário deve sair do que sobra depois da média e do viés do filme. Você o calculou sem "
        "descontar o filme, e o que é mérito do filme conta duas vezes.",
        "users_first": "os vieses dos usuários foram calculados antes dos vieses dos filmes. Pedimos a outra ordem: "
        "primeiro os filmes, depois os usuários, com o que sobra.",
        "columns": "as colunas estão trocadas: a 0 é o usuário e a 1, o filme.",
        "swapped": "os vieses estão trocados: devolva `mean, user_bias, movie_bias`.",
        "last_only": "`soma[indice] += valor` com índices repetidos guarda só a última parcela. Use `np.add.at` ou "
        "`np.bincount(indice, weights=valor)`.",
        "mean": "a média global é a média de todas as notas da tabela, não a média das médias.",
        "not_finite": "apareceu uma divisão por zero. Com damping 0, quem não tem avaliações tem viés 0.",
        "shape": "devolva três coisas: a média, n_users vieses e n_movies vieses. Quem não tem avaliações também tem "
        "lugar na tabela (`np.bincount` tem o argumento `minlength`).",
        "other": "refaça a conta no papel para um filme: desvios em relação à média, somados, sobre "
        "(quantidade + damping).",
    },
    visible=(
        expect_bias_table(
            (_RATINGS, 3, 3, 1),
            (3.4, [0.78333333, -0.88333333, 0.075], [0.45, -0.6, 0.0]),
            movie_mistakes={
                "no_damping": [0.6, -0.9, 0.0],
                "damping_in_sum": [0.7, -0.26666667, 1.0],
                "damping_of_mean": [0.3, -0.45, 0.0],
                "not_centred": [3.0, 5 / 3, 0.0],
                "users_first": [0.425, -0.53333333, 0.0],
                "columns": [0.73333333, -0.93333333, 0.3],
                "last_only": [0.15, -0.8, 0.0],
            },
            user_mistakes={
                "same_rest": [0.73333333, -0.93333333, 0.3],
                "no_damping": [1.175, -1.325, 0.15],
                "not_centred": [3.05, 4.15 / 3, 1.775],
                "last_only": [0.4, -0.6, 0.075],
            },
        ),
        expect_bias_table(
            (_RATINGS, 3, 3, 0),
            (3.4, [1.25, -1.25, 0.0], [0.6, -0.9, 0.0]),
            movie_mistakes={"not_centred": [4.0, 2.5, 0.0], "last_only": [0.2, -1.2, 0.0]},
            user_mistakes={"same_rest": [1.1, -1.4, 0.6]},
        ),
    ),
)

_WEIGHTS = tuple(
    TensorInput(np.array(values, np.float32))
    for values in (
        [[1, 0], [0.5, 1]],
        [[1, 2], [0, 1], [-1, 0.5]],
        [[0.5], [-0.2]],
        [[0.1], [0.3], [-0.4]],
    )
)

BIASED_DOT = Exercise(
    name="biased_dot",
    number=11,
    title="Produto interno com vieses",
    functions=("biased_dot",),
    hints={
        "flat": "os números estão certos, mas a forma é (B,). O alvo é (B, 1): use `sum(dim=1, keepdim=True)`, senão a "
        "perda fará broadcasting.",
        "lost_dimension": "o produto interno ficou com forma (B,) e os vieses, (B, 1); a soma virou (B, B). Use "
        "`keepdim=True` na soma do produto.",
        "all_pairs": "`users @ movies.T` cruza todos os usuários do minibatch com todos os filmes: (B, B). Você "
        "quer um produto por linha: multiplique elemento a elemento e some nos fatores.",
        "no_sum": "faltou somar nos fatores (dim=1): o produto elemento a elemento ainda tem n_factors colunas.",
        "summed_rows": "você somou no minibatch (dim=0). A soma é nos fatores, dim=1: uma nota por linha.",
        "mean_factors": "o produto interno é a soma dos produtos, não a média.",
        "no_mean": "falta a média global: as notas saíram em torno de zero.",
        "no_user_bias": "falta o viés do usuário.",
        "no_movie_bias": "falta o viés do filme.",
        "no_biases": "faltam os dois vieses.",
        "only_biases": "falta o produto interno: essa é só a tabela de vieses.",
        "added": "você somou os vetores; o produto interno multiplica fator a fator e soma os produtos.",
        "clipped": "você aparou as notas à escala. A rede não apara: um gradiente zero fora da escala não ensina nada.",
        "swapped_columns": "as colunas estão trocadas: `inputs[:, 0]` é o usuário e `inputs[:, 1]`, o filme.",
        "other": "nota = média + viés do usuário + viés do filme + soma, nos fatores, de vetor do usuário × vetor do "
        "filme.",
    },
    visible=(
        expect(
            "biased_dot",
            (TensorInput(np.array([[0, 0], [1, 2], [1, 0]])), 3.0, *_WEIGHTS),
            [[4.6], [2.4], [5.4]],
            {
                "flat": [4.6, 2.4, 5.4],
                "lost_dimension": [[4.6, 3.6, 6.1], [3.4, 2.4, 4.9], [3.9, 2.9, 5.4]],
                "all_pairs": [[4.6, 2.6, 4.6], [4.9, 2.4, 4.9], [5.4, 2.9, 5.4]],
                "no_sum": [[4.6, 3.6], [1.9, 2.9], [3.4, 4.9]],
                "summed_rows": [[4.6, 6.1], [3.4, 4.9], [3.9, 5.4]],
                "mean_factors": [[4.1], [2.4], [4.15]],
                "no_mean": [[1.6], [-0.6], [2.4]],
                "no_user_bias": [[4.1], [2.6], [5.6]],
                "no_movie_bias": [[4.5], [2.8], [5.3]],
                "no_biases": [[4.0], [3.0], [5.5]],
                "only_biases": [[3.6], [2.4], [2.9]],
                "added": [[7.6], [3.4], [7.4]],
                "clipped": [[4.6], [2.4], [5.0]],
            },
            {"IndexError": "swapped_columns"},
        ),
    ),
)

EXERCISES = (BIAS_TABLE, BIASED_DOT)
