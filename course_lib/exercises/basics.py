"""Exercícios 1 a 4: densidade, reindexação, MSE e RMSE, a perda da época."""

from collections.abc import Mapping, Sequence

import numpy as np

from course_lib.exercises.compare import diagnose, expect, same
from course_lib.exercises.marking import Answer, Call, Check, Exercise, failure

_RATINGS = np.array([[0, 0, 4.0], [0, 4, 3.0], [1, 0, 5.0], [2, 1, 2.5], [2, 3, 4.0], [2, 4, 0.5]], np.float32)

DENSITY = Exercise(
    name="density",
    number=1,
    title="Densidade",
    functions=("density",),
    hints={
        "fraction": "falta multiplicar por 100: a densidade pedida é em %.",
        "sparsity": "essa é a parte vazia da matriz (a esparsidade). A densidade é a parte preenchida.",
        "elements": "`ratings.size` conta as três colunas de cada linha. Uma avaliação é uma linha: use "
        "`len(ratings)`.",
        "only_present": "você contou só os usuários e filmes que aparecem em `ratings`. A matriz tem "
        "n_users × n_movies células, também as de quem não avaliou nada.",
        "last_index": "o maior índice é n − 1, não n. Use `n_users` e `n_movies`, que já vêm prontos.",
        "sum_of_sides": "uma matriz de n_users linhas e n_movies colunas tem n_users × n_movies células; você somou.",
        "square": "a matriz não é quadrada: são n_users linhas por n_movies colunas.",
        "inverted": "a conta está de cabeça para baixo: divida as células preenchidas pelo total de células.",
        "sum_of_ratings": "você somou as notas. A densidade conta avaliações, sem olhar o valor de cada uma.",
        "whole_number": "a conta perdeu a parte decimal: `//` e `int` arredondam para baixo.",
        "other": "densidade é o número de avaliações dividido pelo de células da matriz, vezes 100.",
    },
    visible=(
        expect(
            "density",
            (_RATINGS, 4, 5),
            30.0,
            {
                "fraction": 0.3,
                "sparsity": 70.0,
                "elements": 90.0,
                "only_present": 50.0,
                "last_index": 75.0,
                "sum_of_sides": 100 * 6 / 9,
                "square": 24.0,
                "inverted": 100 * 20 / 6,
                "sum_of_ratings": 95.0,
            },
            {"ZeroDivisionError": "whole_number"},
        ),
        expect("density", (_RATINGS, 7, 6), 100 / 7, {"whole_number": 14.0, "fraction": 1 / 7, "square": 100 / 6}),
    ),
)


def expect_reindexed(ids: np.ndarray, expected: Sequence, mistakes: Mapping[str, object]) -> Check:
    """Verificação: os índices e os ids únicos são estes.

    Args:
        ids: inteiros (n,), com repetições, para que se reconheça o uso de `argsort`: ele dá n posições diferentes.
        expected: índices (n,) e ids únicos.
        mistakes: como em `expect`.
    """

    def examine(answers: Sequence[Answer]) -> str | None:
        value = answers[0].value
        key = failure(answers[0]) or diagnose(value, expected, mistakes)
        looks_sorted = key == "other" and same(sorted(np.asarray(value[0]).tolist()), list(range(len(ids))))
        return "argsort" if looks_sorted else key

    return Check((Call("reindex", (ids,)),), examine, expected)


REINDEX = Exercise(
    name="reindex",
    number=2,
    title="Reindexação",
    functions=("reindex",),
    hints={
        "from_one": "os índices começam em 0, e os seus, em 1. Um embedding de n linhas tem as linhas 0 a n − 1.",
        "subtract": "subtrair um número desloca os ids, mas deixa os buracos entre eles. Os índices devem ser "
        "contíguos: 0, 1, 2…",
        "by_appearance": "os índices seguem a ordem em que os ids aparecem; devem seguir a ordem crescente dos ids.",
        "descending": "a ordem saiu decrescente: o menor id é o índice 0.",
        "as_text": "os ids foram ordenados como texto, em que '100' vem antes de '30'. Ordene-os como números.",
        "argsort": "`argsort` diz em que posição estão os ids ordenados; cada repetição ganha uma posição diferente. "
        "Aqui, o mesmo id deve ter sempre o mesmo índice.",
        "first_position": "`return_index` dá a posição da primeira ocorrência de cada id. O que se quer é "
        "`return_inverse`: para cada id, o seu índice.",
        "swapped": "os dois resultados estão trocados: primeiro os índices, depois os ids únicos.",
        "only_index": "faltam os ids únicos. Sem eles não há como voltar do índice ao id: devolva `index, unique_ids`.",
        "only_ids": "faltam os índices: devolva `index, unique_ids`.",
        "other": "cada id deve virar a posição dele entre os ids distintos, em ordem crescente, a partir de 0.",
    },
    visible=(
        expect_reindexed(
            np.array([70, 30, 70, 100, 30]),
            [[1, 0, 1, 2, 0], [30, 70, 100]],
            {
                "from_one": [[2, 1, 2, 3, 1], [30, 70, 100]],
                "subtract": [[40, 0, 40, 70, 0], [30, 70, 100]],
                "by_appearance": [[0, 1, 0, 2, 1], [70, 30, 100]],
                "descending": [[1, 2, 1, 0, 2], [100, 70, 30]],
                "as_text": [[2, 1, 2, 0, 1], [100, 30, 70]],
                "first_position": [[1, 0, 3], [30, 70, 100]],
                "swapped": [[30, 70, 100], [1, 0, 1, 2, 0]],
                "only_index": [1, 0, 1, 2, 0],
                "only_ids": [30, 70, 100],
            },
        ),
        expect_reindexed(np.array([5, 6, 6]), [[0, 1, 1], [5, 6]], {"from_one": [[1, 2, 2], [5, 6]]}),
    ),
)

_PREDICTIONS, _TARGETS = np.array([3.0, 4.0, 2.5, 5.0]), np.array([3.5, 4.0, 4.0, 3.0])

MSE_RMSE = Exercise(
    name="mse_rmse",
    number=3,
    title="MSE e RMSE à mão",
    functions=("mse", "rmse"),
    hints={
        "cancel": "erros positivos e negativos se cancelaram. Eleve cada erro ao quadrado antes de tirar a média.",
        "absolute": "essa é a média dos módulos, o MAE. No MSE, cada erro é elevado ao quadrado.",
        "sum": "faltou dividir pelo número de avaliações: é a média dos quadrados, não a soma.",
        "n_minus_one": "você dividiu por n − 1, como na variância de uma amostra. O MSE divide por n.",
        "squares": "você devolveu o quadrado de cada erro; falta a média deles, um número só.",
        "root": "esse é o RMSE: o MSE não tem raiz.",
        "half": "há um fator ½ a mais. Alguns livros o usam na função de perda; o MSE da série não o tem.",
        "no_root": "esse é o MSE, em estrelas ao quadrado. Falta a raiz.",
        "root_each": "a raiz de cada quadrado devolve o módulo, e o resultado é o MAE. Tire uma raiz só, a da média.",
        "root_over_n": "a raiz vem depois da média: você tirou a raiz da soma e só então dividiu.",
        "root_of_sum": "faltou a média: você tirou a raiz da soma dos quadrados.",
        "other": "MSE: média dos quadrados de (previsto − dado). RMSE: a raiz do MSE.",
    },
    visible=(
        expect(
            "mse",
            (_PREDICTIONS, _TARGETS),
            1.625,
            {
                "cancel": 0.0,
                "absolute": 1.0,
                "sum": 6.5,
                "n_minus_one": 6.5 / 3,
                "squares": [0.25, 0.0, 2.25, 4.0],
                "root": 1.625**0.5,
                "half": 1.625 / 2,
            },
        ),
        expect(
            "rmse",
            (_PREDICTIONS, _TARGETS),
            1.625**0.5,
            {
                "no_root": 1.625,
                "cancel": 0.0,
                "root_each": 1.0,
                "root_over_n": 6.5**0.5 / 4,
                "root_of_sum": 6.5**0.5,
                "n_minus_one": (6.5 / 3) ** 0.5,
                "squares": [0.5, 0.0, 1.5, 2.0],
            },
        ),
        expect(
            "rmse", (np.array([2.0]), np.array([4.5])), 2.5, {"no_root": 6.25}, {"ZeroDivisionError": "n_minus_one"}
        ),
    ),
)

EPOCH_LOSS = Exercise(
    name="epoch_loss",
    number=4,
    title="A perda da época",
    functions=("epoch_loss",),
    hints={
        "per_batch": "você dividiu pelo número de minibatches, não pelo de amostras. O último minibatch, menor, não "
        "pode valer tanto quanto um cheio.",
        "weighted_per_batch": "o numerador está certo (perda × tamanho), mas a divisão é pelo número de amostras, "
        "não pelo de minibatches.",
        "total": "falta dividir pelo número de amostras: essa é a soma dos erros quadráticos, não a média.",
        "sum": "você somou as perdas dos minibatches. A perda da época é uma média por amostra.",
        "sum_per_sample": "cada perda já é a média do seu minibatch: multiplique-a pelo tamanho dele antes de somar.",
        "full_batches": "você supôs que todos os minibatches têm o tamanho do primeiro. O último costuma ser menor.",
        "last": "essa é a perda de um minibatch só. A da época junta todos.",
        "skips_last": "o último minibatch ficou de fora. Ele é menor, mas as suas amostras contam.",
        "root": "você tirou a raiz. A perda pedida é o MSE da época, em estrelas ao quadrado.",
        "inverse": "os pesos estão invertidos: quem tem mais amostras pesa mais.",
        "other": "some perda × tamanho de cada minibatch e divida pelo total de amostras.",
    },
    visible=(
        expect(
            "epoch_loss",
            ([0.8, 1.2, 4.0], [64, 64, 2]),
            136 / 130,
            {
                "per_batch": 2.0,
                "weighted_per_batch": 136 / 3,
                "total": 136.0,
                "sum": 6.0,
                "sum_per_sample": 6 / 130,
                "full_batches": 136 / 192,
                "last": 4.0,
                "skips_last": 1.0,
                "root": (136 / 130) ** 0.5,
                "inverse": (0.8 / 64 + 1.2 / 64 + 4.0 / 2) / (2 / 64 + 1 / 2),
            },
        ),
        expect("epoch_loss", ([1.5, 0.5], [8, 8]), 1.0, {"sum": 2.0, "total": 16.0, "weighted_per_batch": 8.0}),
    ),
)

EXERCISES = (DENSITY, REINDEX, MSE_RMSE, EPOCH_LOSS)
