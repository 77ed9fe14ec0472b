"""Exercícios 10 e 11: a tabela de vieses e o produto interno com vieses."""

import numpy as np

from course_lib.exercises.compare import expect_part, expecting
from course_lib.exercises.marking import Check, Exercise
from course_lib.exercises.plain import TensorInput


def _bias(column: int, source: str, damped=lambda count, damping: count + damping, in_sum=0, last=False):
    """O engano de quem soma, por usuário (coluna 0) ou filme (1), outros desvios, ou os divide por outra coisa.

    Args:
        source: o que se soma: "stars", "centred" (menos a média) ou "rest" (menos a média e o outro viés).
        in_sum: quantos dampings entram na soma.
        last: se `soma[indice] += valor` guardou só a última parcela.
    """

    def wrong(_, ratings, n_users, n_movies, damping):
        size, index, values = (n_users, n_movies)[column], ratings[:, column].astype(int), ratings[:, 2].astype(float)
        if source != "stars":
            values = values - values.mean()
        if source == "rest":
            other = _bias(1 - column, "centred")(_, ratings, n_users, n_movies, damping)
            values = values - other[ratings[:, 1 - column].astype(int)]
        count, total = np.bincount(index, minlength=size), np.bincount(index, values, size)
        if last:
            total[index] = values
        divisor = damped(count, damping)
        return (total + in_sum * damping) / np.where(divisor > 0, divisor, 1)

    return wrong


def _mistakes(column: int, source: str) -> dict:
    """Os enganos que se fazem nos vieses dos filmes e nos dos usuários."""
    return {
        "damping_twice": _bias(column, source, lambda count, damping: count + 2 * damping),
        "no_damping": _bias(column, source, lambda count, damping: count),
        "damping_of_mean": _bias(column, source, lambda count, damping: count * (1 + damping)),
        "damping_times": _bias(column, source, lambda count, damping: count * damping),
        "damping_in_sum": _bias(column, source, in_sum=1),
        "not_centred": _bias(column, "stars"),
        "last_only": _bias(column, source, last=True),
        "sign": lambda right, *_: -right,
    }


_MOVIE_MISTAKES = _mistakes(1, "centred") | {
    "users_first": _bias(1, "rest"),
    "columns": lambda right, ratings, n_users, n_movies, damping: _bias(1, "centred")(
        right, ratings[:, [1, 0, 2]], *[max(n_users, n_movies)] * 2, damping
    )[: len(right)],
}
_USER_MISTAKES = _mistakes(0, "rest") | {"same_rest": _bias(0, "centred")}
_TABLE_MISTAKES = {
    "swapped": lambda right, *_: [right[0], right[2], right[1]],
    "mean_last": lambda right, *_: [right[1], right[2], right[0]],
}
BIAS_PARTS = ("mean", "movies", "users")


def expect_bias_table(arguments: tuple, mean: float, user_bias, movie_bias, part: str) -> Check:
    """Verificação: a média, os vieses dos filmes ou os dos usuários ("mean", "movies", "users"), que se calculam nesta
    ordem, são estes.
    """
    user, movie = (np.asarray(bias, np.float64) for bias in (user_bias, movie_bias))
    order = [(0, {}, "mean"), (2, _MOVIE_MISTAKES, "other"), (1, _USER_MISTAKES, "other_user")]
    hints = {"ZeroDivisionError": "not_finite", "IndexError: out of bounds": "columns"}
    wanted = order[: BIAS_PARTS.index(part) + 1]
    return expect_part("bias_table", arguments, [mean, user, movie], wanted, _TABLE_MISTAKES, hints)


_BIAS_HINTS = {
    "no_damping": "falta o encolhimento: divida por (quantidade + damping), tanto nos filmes como nos usuários.",
    "damping_in_sum": "o damping entra só no divisor: as avaliações fictícias têm desvio zero, e nada somam.",
    "damping_of_mean": "você dividiu a média por (1 + damping). O encolhimento depende da quantidade: soma dos "
    "desvios dividida por (quantidade + damping).",
    "damping_times": "o damping se soma à quantidade; você multiplicou.",
    "damping_twice": "o damping entrou duas vezes no divisor.",
    "not_centred": "um viés é um desvio: antes de somar, subtraia a média global e, nos usuários, o viés do filme.",
    "sign": "o sinal está trocado: o desvio é a nota menos o que se esperava dela, positivo nos filmes de notas altas "
    "e em quem dá notas altas.",
    "same_rest": "o viés do usuário deve sair do que sobra depois da média e do viés do filme. Você o calculou sem "
    "descontar o filme, e o que é mérito do filme conta duas vezes.",
    "users_first": "os vieses dos usuários foram calculados antes dos vieses dos filmes. Pedimos a outra ordem: "
    "primeiro os filmes, depois os usuários, com o que sobra.",
    "columns": "as colunas estão trocadas: a 0 é o usuário e a 1, o filme.",
    "swapped": "os vieses estão trocados: devolva `mean, user_bias, movie_bias`.",
    "mean_last": "a média vem primeiro: devolva `mean, user_bias, movie_bias`.",
    "last_only": "`soma[indice] += valor` com índices repetidos guarda só a última parcela. Use `np.add.at` ou "
    "`np.bincount(indice, weights=valor)`.",
    "mean": "a média global é a média de todas as notas da tabela, não a média das médias.",
    "not_finite": "apareceu uma divisão por zero. Com damping 0, quem não tem avaliações tem viés 0.",
    "shape": "devolva três coisas: a média, n_users vieses e n_movies vieses. Quem não tem avaliações também tem "
    "lugar na tabela (`np.bincount` tem o argumento `minlength`).",
    "other": "refaça no papel a conta de um filme: desvios da média, somados, sobre (quantidade + damping).",
    "other_user": "a média e os vieses dos filmes estão certos; os dos usuários, não. De cada nota, desconte a "
    "média e o viés do filme; some por usuário e divida por (quantidade + damping).",
}
_RATINGS = np.array([[0, 0, 5.0], [0, 1, 4.0], [1, 0, 3.0], [1, 1, 1.0], [2, 0, 4.0]], np.float32)
_BIAS_VISIBLE = (
    expect_bias_table((_RATINGS, 3, 4, 2), 3.4, [0.5725, -0.6775, 0.08], [0.36, -0.45, 0, 0], "movies"),
    expect_bias_table((_RATINGS, 3, 4, 2), 3.4, [0.5725, -0.6775, 0.08], [0.36, -0.45, 0, 0], "users"),
    expect_bias_table((_RATINGS, 3, 4, 0), 3.4, [1.25, -1.25, 0], [0.6, -0.9, 0, 0], "movies"),
)
BIAS_TABLE = Exercise(
    10, "bias_table", "A tabela de vieses, com encolhimento", ("bias_table",), _BIAS_HINTS, _BIAS_VISIBLE
)


def _dot_of(combine, without: str = ""):
    """O engano de quem combina os vetores de outro modo, ou esquece uma parcela: "mean", "user" ou "movie"."""

    def wrong(_, inputs, mean, user_vectors, movie_vectors, user_bias, movie_bias):
        user, movie = inputs[:, 0], inputs[:, 1]
        known = {"mean": mean, "user": user_bias[user], "movie": movie_bias[movie]}
        biases = sum(value for name, value in known.items() if name not in without.split())
        return biases + combine(user_vectors[user], movie_vectors[movie])

    return wrong


def _product(u, m):
    return (u * m).sum(1, keepdim=True)


expect_dot = expecting(  # (índices (B, 2), média, vetores, vieses) e as notas previstas, (B, 1)
    "biased_dot",
    {
        "flat": lambda right, *_: right[:, 0],
        "lost_dimension": _dot_of(lambda u, m: (u * m).sum(1)),
        "all_pairs": _dot_of(lambda u, m: u @ m.T),
        "no_sum": _dot_of(lambda u, m: u * m),
        "summed_rows": _dot_of(lambda u, m: (u * m).sum(0, keepdim=True)),
        "mean_factors": _dot_of(lambda u, m: (u * m).mean(1, keepdim=True)),
        "no_mean": _dot_of(_product, without="mean"),
        "no_user_bias": _dot_of(_product, without="user"),
        "no_movie_bias": _dot_of(_product, without="movie"),
        "no_biases": _dot_of(_product, without="user movie"),
        "only_product": _dot_of(_product, without="mean user movie"),
        "only_biases": lambda right, i, mean, u, m, user_bias, movie_bias: (
            mean + user_bias[i[:, 0]] + movie_bias[i[:, 1]]
        ),
        "added": _dot_of(lambda u, m: (u + m).sum(1, keepdim=True)),
        "cosine": _dot_of(lambda u, m: _product(u, m) / (u.norm(dim=1) * m.norm(dim=1))[:, None]),
        "clipped": lambda right, *_: right.clip(0.5, 5),
        "swapped_columns": lambda right, i, *weights: _dot_of(_product)(right, i.flip(1), *weights),
    },
    {"IndexError": "swapped_columns"},
)
_DOT_HINTS = {
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
    "only_product": "esse é só o produto interno: faltam a média e os vieses.",
    "cosine": "esse é o cosseno: o produto interno não se divide pelas normas.",
    "only_biases": "falta o produto interno: essa é só a tabela de vieses.",
    "added": "você somou os vetores; o produto interno multiplica fator a fator e soma os produtos.",
    "clipped": "você aparou as notas à escala. A rede não apara: um gradiente zero fora da escala não ensina nada.",
    "swapped_columns": "as colunas estão trocadas: `inputs[:, 0]` é o usuário e `inputs[:, 1]`, o filme.",
    "other": "nota = média + viés do usuário + viés do filme + soma, nos fatores, de vetor do usuário × do filme.",
}
_WEIGHTS = tuple(
    TensorInput(np.array(values, np.float32))
    for values in (
        [[1, 0], [0.5, 1], [0.3, -1]],
        [[1, 2], [0, 1], [-1, 0.5]],
        [[0.5], [-0.2], [0.7]],
        [[0.1], [0.3], [-0.4]],
    )
)
_INPUTS = TensorInput(np.array([[0, 0], [1, 2], [1, 0]]))
_DOT_VISIBLE = (expect_dot((_INPUTS, 3.0, *_WEIGHTS), np.array([[4.6], [2.4], [5.4]])),)
BIASED_DOT = Exercise(11, "biased_dot", "Produto interno com vieses", ("biased_dot",), _DOT_HINTS, _DOT_VISIBLE)
