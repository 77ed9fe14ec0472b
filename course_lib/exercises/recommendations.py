"""Exercícios 8 e 9: os k melhores entre os não vistos, e os vizinhos por cosseno."""

from collections.abc import Mapping, Sequence

import numpy as np

from course_lib.exercises.compare import diagnose, shape_of
from course_lib.exercises.marking import Answer, Call, Check, Exercise, failure


def expect_ranking(
    call: Call,
    expected: Sequence[int],
    forbidden: Sequence[int],
    mistakes: Mapping[str, object],
    error_hints: Mapping[str, str] | None = None,
) -> Check:
    """Verificação: a chamada deve devolver estes índices, nesta ordem.

    Além dos enganos de `mistakes`, reconhece pela lista em si: os índices certos fora de ordem ("unsorted"), as
    posições deles na lista sem os de `forbidden`, em qualquer ordem ("shifted"), um índice de `forbidden`
    ("forbidden"), índices de menos ("few") ou de mais ("many").
    """

    def examine(answers: Sequence[Answer]) -> str | None:
        value = answers[0].value
        if problem := failure(answers[0], error_hints):
            return problem
        key = diagnose(value, list(expected), mistakes)
        return key if key not in ("other", "shape") else _diagnose_list(value, expected, forbidden)

    return Check((call,), examine, list(expected))


def _diagnose_list(value: object, expected: Sequence[int], forbidden: Sequence[int]) -> str:
    shape = shape_of(value)
    if not isinstance(shape, tuple) or len(shape) != 1:
        return "shape"
    given = np.asarray(value).tolist()
    if sorted(given) == sorted(expected):
        return "unsorted"
    if sorted(given) == sorted(index - sum(left_out < index for left_out in forbidden) for index in expected):
        return "shifted"
    if set(given) & set(forbidden):
        return "forbidden"
    if len(given) != len(expected):
        return "few" if len(given) < len(expected) else "many"
    return "other"


RECOMMEND = Exercise(
    name="recommend",
    number=8,
    title="Os k melhores entre os não vistos",
    functions=("recommend",),
    hints={
        "ascending": "a ordem está crescente: você recomendou os piores. `argsort` ordena do menor para o maior.",
        "shifted": "estes números são posições na lista sem os filmes vistos, não índices de filmes. Foi assim que o "
        "notebook de 2017 trocou títulos. Guarde os índices dos não vistos (`np.setdiff1d`) e traduza no fim.",
        "scores": "você devolveu as notas; pedimos os índices dos filmes.",
        "forbidden": "a lista traz filmes que o usuário já viu. Eles têm de sair antes de escolher os k.",
        "few": "saíram menos de k filmes. Retire os vistos antes de cortar a lista nos k primeiros.",
        "many": "saíram mais de k filmes.",
        "unsorted": "os filmes estão certos, mas fora de ordem: do de maior nota para o de menor. `np.argpartition`, "
        "sozinho, não ordena.",
        "ties": "no empate, o filme de menor índice vem primeiro. Inverter com `[::-1]` inverte também os empates: "
        "ordene `-scores` com `kind='stable'`.",
        "other": "ordene os filmes não vistos pela nota, da maior para a menor, e fique com os k primeiros.",
    },
    visible=(
        expect_ranking(
            Call("recommend", (np.array([3.0, 4.5, 4.0, 2.0, 4.8, 4.5]), np.array([4, 2]), 3)),
            [1, 5, 0],
            forbidden=[4, 2],
            mistakes={"ascending": [3, 0, 1], "scores": [4.5, 4.5, 3.0], "ties": [5, 1, 0]},
        ),
        expect_ranking(
            Call("recommend", (np.array([1.0, 2.0, 3.0, 4.0]), np.array([3]), 2)),
            [2, 1],
            forbidden=[3],
            mistakes={"ascending": [0, 1], "scores": [3.0, 2.0]},
        ),
    ),
)

_VECTORS = np.array([[3, 1, -1], [0, 2, 3], [-2, 0, 1], [3, -1, 3], [0, -1, 2], [-3, -1, -4]], np.float64)

NEIGHBOURS = Exercise(
    name="neighbours",
    number=9,
    title="Vizinhos por cosseno",
    functions=("neighbours",),
    hints={
        "dot": "falta dividir pelas normas dos outros filmes: o produto interno favorece vetores compridos (os filmes "
        "populares), e o cosseno só olha a direção.",
        "euclidean": "você usou a distância euclidiana, que depende do comprimento dos vetores. O cosseno compara "
        "direções.",
        "forbidden": "o próprio filme está na lista. Ele é sempre o mais parecido consigo mesmo: deixe-o de fora.",
        "ascending": "esses são os menos parecidos. Cosseno grande é ângulo pequeno: ordene do maior para o menor.",
        "absolute": "um cosseno perto de −1 é o oposto, não um vizinho: não tire o módulo.",
        "by_columns": "você normalizou as colunas. Cada filme é uma linha: a norma é por linha, "
        "`np.linalg.norm(vectors, axis=1, keepdims=True)`.",
        "centred": "subtrair a média de cada vetor dá a correlação, que é outra medida. Aqui é o cosseno puro.",
        "shifted": "estes números são posições na lista sem o próprio filme, não índices de filmes. Guarde os índices "
        "dos outros (`np.setdiff1d`) e traduza no fim.",
        "similarities": "você devolveu as similaridades; pedimos os índices dos filmes.",
        "few": "saíram menos de k vizinhos. Retire o próprio filme antes de cortar a lista.",
        "many": "saíram mais de k vizinhos.",
        "unsorted": "os vizinhos estão certos, mas fora de ordem: do mais parecido para o menos.",
        "other": "cosseno = produto interno dos dois vetores dividido pelo produto das suas normas.",
    },
    visible=(
        expect_ranking(
            Call("neighbours", (_VECTORS, 1, 2)),
            [4, 3],
            forbidden=[1],
            mistakes={
                "dot": [3, 4],
                "euclidean": [4, 2],
                "ascending": [5, 0],
                "absolute": [5, 4],
                "by_columns": [0, 2],
                "centred": [2, 4],
                "similarities": [0.49613894, 0.44539933],
            },
        ),
        expect_ranking(
            Call("neighbours", (_VECTORS, 4, 1)), [3], forbidden=[4], mistakes={"ascending": [5], "euclidean": [1]}
        ),
    ),
)

EXERCISES = (RECOMMEND, NEIGHBOURS)
