"""Exercícios 1 a 4: densidade, reindexação, MSE e RMSE, a perda da época."""

from collections.abc import Sequence

import numpy as np

from course_lib.exercises.compare import diagnose, expecting, same
from course_lib.exercises.marking import Call, Check, Exercise, of_values


def _cells_over(cells):
    """O engano de quem divide por outro número de células, em vez de n_users × n_movies."""
    return lambda right, ratings, users, movies: right * users * movies / cells(ratings, users, movies)


expect_density = expecting(  # (avaliações (n, 3), n_users, n_movies) e a densidade
    "density",
    {
        "fraction": (lambda right, *_: right / 100, lambda right, *_: right / 10_000),
        "sparsity": (lambda right, *_: 100 - right, lambda right, *_: 1 - right / 100),
        "elements": (lambda right, *_: 3 * right, lambda right, *_: 2 * right),
        "only_present": _cells_over(lambda ratings, *_: len(set(ratings[:, 0])) * len(set(ratings[:, 1]))),
        "last_index": (
            _cells_over(lambda ratings, *_: ratings[:, 0].max() * ratings[:, 1].max()),
            _cells_over(lambda _, users, movies: (users - 1) * (movies - 1)),
        ),
        "one_side": (_cells_over(lambda _, users, movies: users), _cells_over(lambda _, users, movies: movies)),
        "sum_of_sides": _cells_over(lambda _, users, movies: users + movies),
        "square": (_cells_over(lambda _, users, movies: movies**2), _cells_over(lambda _, users, movies: users**2)),
        "inverted": (lambda right, *_: 10_000 / right, lambda right, *_: 100 / right),
        "sum_of_ratings": (
            lambda _, ratings, users, movies: 100 * ratings[:, 2].sum() / (users * movies),
            lambda right, ratings, *_: right * ratings[:, 2].mean() / 5,
        ),
        "whole_number": (lambda right, *_: right // 1, lambda right, *_: round(right)),
    },
    {"ZeroDivisionError": "whole_number"},
)
_DENSITY_HINTS = {
    "fraction": "a densidade pedida é em %, de 0 a 100: multiplique por 100 a parte preenchida.",
    "sparsity": "essa é a parte vazia da matriz (a esparsidade). A densidade é a parte preenchida.",
    "elements": "uma avaliação é uma linha, e `ratings` tem três colunas: use `len(ratings)`, não `ratings.size`.",
    "only_present": "você contou só os usuários e filmes que aparecem em `ratings`. A matriz tem "
    "n_users × n_movies células, também as de quem não avaliou nada.",
    "last_index": "o maior índice é n − 1, não n. Use `n_users` e `n_movies`, que já vêm prontos.",
    "one_side": "você dividiu só por um dos lados. A matriz tem n_users × n_movies células; confira os parênteses: "
    "`a / b * c` divide por b e multiplica por c.",
    "sum_of_sides": "uma matriz de n_users linhas e n_movies colunas tem n_users × n_movies células; você somou.",
    "square": "a matriz não é quadrada: são n_users linhas por n_movies colunas.",
    "inverted": "a conta está de cabeça para baixo: divida as células preenchidas pelo total de células.",
    "sum_of_ratings": "você somou as notas. A densidade conta avaliações, sem olhar o valor de cada uma.",
    "whole_number": "a conta perdeu a parte decimal: `//`, `int` e `round` arredondam.",
    "other": "densidade é o número de avaliações dividido pelo de células da matriz, vezes 100.",
}
_RATINGS = np.array([[0, 0, 4.0], [0, 4, 3.0], [1, 0, 5.0], [2, 1, 2.5], [2, 3, 4.0], [2, 4, 0.5]], np.float32)
_DENSITY_VISIBLE = expect_density((_RATINGS, 5, 6), 20.0), expect_density((_RATINGS, 7, 9), 600 / 63)
DENSITY = Exercise(1, "density", "Densidade", ("density",), _DENSITY_HINTS, _DENSITY_VISIBLE)


def expect_reindexed(ids: np.ndarray, index: Sequence[int], unique_ids: Sequence[int]) -> Check:
    """Verificação: os índices e os ids únicos de `ids`, com repetições (sem elas, `argsort` acertaria), são estes."""
    index, unique_ids = np.asarray(index), np.asarray(unique_ids)
    mistakes = {
        "swapped": [unique_ids, index],
        "only_index": index,
        "only_ids": unique_ids,
        "repeated_ids": ([index, ids], [index, np.sort(ids)]),
        "from_one": [index + 1, unique_ids],
        "unchanged": [ids, unique_ids],
        "subtract": ([ids - ids.min(), unique_ids], [ids - 1, unique_ids]),
        "by_appearance": tuple(_in_order(ids, list(dict.fromkeys(ids.tolist())), unique_ids)),
        "descending": tuple(_in_order(ids, unique_ids[::-1].tolist(), unique_ids)),
        "as_text": tuple(_in_order(ids, sorted(unique_ids.tolist(), key=str), unique_ids)),
        "other_return": tuple(
            [np.unique(ids, **{name: True})[1], unique_ids] for name in ("return_index", "return_counts")
        ),
    }

    def examine(value: object) -> str | None:
        key = diagnose(value, [index, unique_ids], mistakes)
        looks_sorted = key == "other" and same(sorted(np.asarray(value[0]).tolist()), list(range(len(ids))))
        return "argsort" if looks_sorted else key

    return Check((Call("reindex", (ids,)),), of_values(examine), [index, unique_ids])


def _in_order(ids: np.ndarray, order: list[int], unique_ids: np.ndarray) -> list:
    """Os índices de quem põe os ids nesta ordem, com os ids nela ou na ordem certa."""
    index = np.array([order.index(value) for value in ids.tolist()])
    return [[index, np.array(order)], [index, unique_ids]]


_REINDEX_HINTS = {
    "from_one": "os índices começam em 0, e os seus, em 1. Um embedding de n linhas tem as linhas 0 a n − 1.",
    "unchanged": "esses são os próprios ids. O índice é a posição do id entre os ids distintos: 0, 1, 2…",
    "subtract": "subtrair um número desloca os ids, mas deixa os buracos; os índices são contíguos: 0, 1, 2…",
    "by_appearance": "os índices seguem a ordem em que os ids aparecem; devem seguir a ordem crescente dos ids.",
    "descending": "a ordem saiu decrescente: o menor id é o índice 0.",
    "as_text": "os ids foram ordenados como texto, em que '100' vem antes de '30'. Ordene-os como números.",
    "argsort": "`argsort` diz em que posição estão os ids ordenados; cada repetição ganha uma posição diferente. "
    "Aqui, o mesmo id deve ter sempre o mesmo índice.",
    "other_return": "`return_index` dá a posição da primeira ocorrência de cada id, e `return_counts`, quantas há. "
    "O que se quer é `return_inverse`: para cada id, o seu índice.",
    "swapped": "os dois resultados estão trocados: primeiro os índices, depois os ids únicos.",
    "only_index": "faltam os ids únicos. Sem eles não há como voltar do índice ao id: devolva `index, unique_ids`.",
    "only_ids": "faltam os índices: devolva `index, unique_ids`.",
    "repeated_ids": "os índices estão certos, mas o segundo resultado traz ids repetidos: cada id, uma vez só.",
    "other": "cada id deve virar a posição dele entre os ids distintos, em ordem crescente, a partir de 0.",
}
_REINDEX_VISIBLE = (
    expect_reindexed(np.array([70, 30, 70, 100, 30, 30]), [1, 0, 1, 2, 0, 0], [30, 70, 100]),
    expect_reindexed(np.array([9, 20, 9, 112, 20, 9, 51]), [0, 1, 0, 3, 1, 0, 2], [9, 20, 51, 112]),
)
REINDEX = Exercise(2, "reindex", "Reindexação", ("reindex",), _REINDEX_HINTS, _REINDEX_VISIBLE)

expect_mse = expecting(  # (previsões (n,), notas (n,)) e o MSE
    "mse",
    {
        "cancel": (lambda _, p, t: (p - t).mean(), lambda _, p, t: (t - p).mean(), lambda _, p, t: (p - t).mean() ** 2),
        "absolute": lambda _, p, t: np.abs(p - t).mean(),
        "sum": lambda right, p, t: right * len(p),
        "n_minus_one": lambda right, p, t: right * len(p) / np.float64(len(p) - 1),
        "squares": lambda _, p, t: (p - t) ** 2,
        "root": lambda right, p, t: right**0.5,
        "half": lambda right, p, t: right / 2,
        "squared_first": lambda _, p, t: (p**2 - t**2).mean(),
        "median": lambda _, p, t: np.median((p - t) ** 2),
    },
    {"ZeroDivisionError": "n_minus_one"},
)
expect_rmse = expecting(
    "rmse",
    {
        "no_root": lambda right, p, t: right**2,
        "cancel": lambda _, p, t: abs((p - t).mean()),
        "root_each": lambda _, p, t: np.abs(p - t).mean(),
        "root_over_n": lambda right, p, t: right / len(p) ** 0.5,
        "root_of_sum": lambda right, p, t: right * len(p) ** 0.5,
        "n_minus_one": lambda right, p, t: right * (len(p) / np.float64(len(p) - 1)) ** 0.5,
        "squares": lambda _, p, t: np.abs(p - t),
        "half": lambda right, p, t: right / 2**0.5,
        "median": lambda _, p, t: np.median((p - t) ** 2) ** 0.5,
    },
    {"ZeroDivisionError": "n_minus_one"},
)
_MSE_RMSE_HINTS = {
    "cancel": "erros positivos e negativos se cancelaram. Eleve cada erro ao quadrado antes de tirar a média.",
    "absolute": "essa é a média dos módulos, o MAE. No MSE, cada erro é elevado ao quadrado.",
    "sum": "faltou dividir pelo número de avaliações: é a média dos quadrados, não a soma.",
    "n_minus_one": "você dividiu por n − 1, como na variância de uma amostra. O MSE divide por n.",
    "squares": "você devolveu um número por avaliação; falta a média, um número só.",
    "root": "esse é o RMSE: o MSE não tem raiz.",
    "half": "há um fator ½ a mais. Alguns livros o usam na função de perda; o MSE da série não o tem.",
    "squared_first": "você elevou ao quadrado as notas, e não o erro: primeiro a diferença, depois o quadrado.",
    "median": "essa é a mediana. O MSE é a média, em que os erros grandes pesam.",
    "no_root": "esse é o MSE, em estrelas ao quadrado. Falta a raiz.",
    "root_each": "a raiz de cada quadrado devolve o módulo, e o resultado é o MAE. Tire uma raiz só, a da média.",
    "root_over_n": "a raiz vem depois da média: você tirou a raiz da soma e só então dividiu.",
    "root_of_sum": "faltou a média: você tirou a raiz da soma dos quadrados.",
    "other": "MSE: média dos quadrados de (previsto − dado). RMSE: a raiz do MSE.",
}
_PAIR = np.array([3.0, 4.0, 2.5, 5.0, 1.0]), np.array([3.5, 4.0, 4.0, 2.0, 4.0])
_MSE_RMSE_VISIBLE = expect_mse(_PAIR, 4.1), expect_rmse(_PAIR, 4.1**0.5)
MSE_RMSE = Exercise(3, "mse_rmse", "MSE e RMSE à mão", ("mse", "rmse"), _MSE_RMSE_HINTS, _MSE_RMSE_VISIBLE)

expect_epoch_loss = expecting(  # (perdas, tamanhos dos minibatches) e a perda da época
    "epoch_loss",
    {
        "per_batch": lambda _, losses, sizes: np.mean(losses),
        "weighted_per_batch": lambda right, losses, sizes: right * np.sum(sizes) / len(sizes),
        "total": lambda right, losses, sizes: right * np.sum(sizes),
        "sum": lambda _, losses, sizes: np.sum(losses),
        "sum_per_sample": lambda _, losses, sizes: np.sum(losses) / np.sum(sizes),
        "full_batches": (
            lambda right, losses, sizes: right * np.sum(sizes) / (len(sizes) * sizes[0]),
            lambda right, losses, sizes: right * np.sum(sizes) / (len(sizes) * max(sizes)),
        ),
        "last": lambda _, losses, sizes: losses[-1],
        "first": (
            lambda _, losses, sizes: losses[0],
            lambda _, losses, sizes: losses[0] * sizes[0] / np.sum(sizes),
        ),
        "skips_last": (
            lambda _, losses, sizes: np.average(losses[:-1], weights=sizes[:-1]),
            lambda _, losses, sizes: np.mean(losses[:-1]),
        ),
        "root": lambda right, losses, sizes: right**0.5,
        "root_each": lambda _, losses, sizes: np.average(np.sqrt(losses), weights=sizes),
        "inverse": lambda _, losses, sizes: np.average(losses, weights=1 / np.array(sizes)),
        "median": lambda _, losses, sizes: np.median(losses),
    },
)
_EPOCH_HINTS = {
    "per_batch": "você dividiu pelo número de minibatches, não pelo de amostras. O último minibatch, menor, não "
    "pode valer tanto quanto um cheio.",
    "weighted_per_batch": "o numerador está certo (perda × tamanho), mas a divisão é pelo número de amostras, "
    "não pelo de minibatches.",
    "total": "falta dividir pelo número de amostras: essa é a soma dos erros quadráticos, não a média.",
    "sum": "você somou as perdas dos minibatches. A perda da época é uma média por amostra.",
    "sum_per_sample": "cada perda já é a média do seu minibatch: multiplique-a pelo tamanho dele antes de somar.",
    "full_batches": "você supôs que todos os minibatches têm o mesmo tamanho. O último costuma ser menor.",
    "last": "essa é a perda do último minibatch; a da época junta todos.",
    "first": "essa é a perda do primeiro minibatch: há um `return` dentro do laço?",
    "skips_last": "o último minibatch ficou de fora. Ele é menor, mas conta.",
    "root": "você tirou a raiz: pedimos o MSE, em estrelas ao quadrado.",
    "root_each": "a média de raízes não é a raiz da média, e aqui não há raiz: pedimos o MSE.",
    "inverse": "cada perda conta na medida do tamanho do minibatch; você usou o inverso dele.",
    "median": "essa é a mediana das perdas. A da época é uma média, pesada pelo tamanho de cada minibatch.",
    "other": "some perda × tamanho de cada minibatch e divida pelo total de amostras.",
}
_EPOCH_VISIBLE = (
    expect_epoch_loss(([0.8, 1.2, 4.0], [64, 64, 2]), 136 / 130),
    expect_epoch_loss(([1.4, 0.6, 2.5, 0.2], [8, 8, 4, 1]), 26.2 / 21),
)
EPOCH_LOSS = Exercise(4, "epoch_loss", "A perda da época", ("epoch_loss",), _EPOCH_HINTS, _EPOCH_VISIBLE)
