"""Exercícios 8 e 9: os k melhores entre os não vistos, e os vizinhos por cosseno."""

from collections.abc import Mapping, Sequence

import numpy as np

from course_lib.exercises.compare import Mistakes, diagnose, shape_of
from course_lib.exercises.marking import Call, Check, Exercise, of_values

LIST_HINTS = {
    "from_one": "os índices dos filmes começam em 0; os seus, em 1.",
    "scores": "você devolveu as notas; pedimos os índices dos filmes.",
    "repeated": "há filmes repetidos na lista.",
    "few": "saíram menos de k filmes.",
    "many": "saíram mais de k filmes.",
}


def expect_ranking(
    call: Call,
    expected: Sequence[int],
    forbidden: Sequence[int],
    mistakes: Mistakes,
    error_hints: Mapping[str, str] | None = None,
) -> Check:
    """Verificação: a chamada deve devolver estes índices, nesta ordem.

    Além dos enganos de `mistakes`, reconhece pela lista em si: os índices certos contados a partir de 1 ("from_one"),
    fora de ordem ("unsorted"), ou trocados pelas posições deles na lista sem os de `forbidden` ("shifted"); números
    quebrados ("scores"), índices repetidos ("repeated"), proibidos ("forbidden"), de menos ("few") ou de mais ("many").
    """
    expected, forbidden = [int(index) for index in expected], [int(index) for index in forbidden]

    def examine(value: object) -> str | None:
        key = diagnose(value, expected, {**mistakes, "from_one": [index + 1 for index in expected]})
        return key if key not in ("other", "shape") else _diagnose_list(value, expected, forbidden)

    return Check((call,), of_values(examine, error_hints), expected)


def _diagnose_list(value: object, expected: Sequence[int], forbidden: Sequence[int]) -> str:
    shape = shape_of(value)
    if not isinstance(shape, tuple) or len(shape) != 1:
        return "shape"
    given = np.asarray(value).tolist()
    if any(index != int(index) for index in given):
        return "scores"
    if sorted(given) == sorted(expected):
        return "unsorted"
    if sorted(given) == sorted(index - sum(left_out < index for left_out in forbidden) for index in expected):
        return "shifted"
    if len(set(given)) < len(given):
        return "repeated"
    if set(given) & set(forbidden):
        return "forbidden"
    if len(given) != len(expected):
        return "few" if len(given) < len(expected) else "many"
    return "other"


def first(scores: np.ndarray, among: Sequence[int], k: int) -> list[int]:
    """Os k de maior valor entre os índices `among`, que vêm em ordem crescente; no empate, o menor índice."""
    order = np.argsort(-np.asarray(scores)[among], kind="stable")[:k]
    return np.asarray(among)[order].tolist()


def expect_recommended(scores: np.ndarray, seen: np.ndarray, k: int) -> Check:
    """Verificação: os k filmes de maior nota fora de `seen`, no empate o de menor índice.

    Nenhuma nota pode ser um inteiro: uma lista de notas se confundiria com uma de índices.
    """
    every, left = np.arange(len(scores)), np.setdiff1d(np.arange(len(scores)), seen)
    zeroed = np.where(np.isin(every, seen), 0, scores)
    mistakes = {
        "scores": scores[first(scores, left, k)],
        "pairs": [[index, float(scores[index])] for index in first(scores, left, k)],
        "forbidden": (first(scores, every, k), first(zeroed, every, k), first(scores, np.sort(seen), k)),
        "ascending": (
            first(-scores, left, k),
            first(-scores, left, k)[::-1],
            left[np.argsort(-scores[left], kind="stable")[-k:]],
        ),
        "unsorted": left[:k],
        "mask": np.isin(every, first(scores, left, k)),
        "ties": left[np.argsort(scores[left], kind="stable")[::-1][:k]],
    }
    return expect_ranking(Call("recommend", (scores, seen, k)), first(scores, left, k), seen, mistakes)


def expect_neighbours(vectors: np.ndarray, movie: int, k: int) -> Check:
    """Verificação: os k índices de maior cosseno com a linha `movie` de `vectors`, sem ela."""
    others, norms = np.delete(np.arange(len(vectors)), movie), np.linalg.norm(vectors, axis=1)
    dot, scaled = vectors @ vectors[movie], vectors / np.linalg.norm(vectors, axis=0)
    centred = vectors - vectors.mean(axis=1, keepdims=True)
    cosines = dot / norms / norms[movie]
    mistakes = {
        "scores": (cosines[first(cosines, others, k)], cosines),
        "dot": first(dot, others, k),
        "euclidean": first(-np.linalg.norm(vectors - vectors[movie], axis=1), others, k),
        "manhattan": first(-np.abs(vectors - vectors[movie]).sum(axis=1), others, k),
        "farthest": (
            first(-cosines, others, k),
            first(-cosines, others, k)[::-1],
            first(np.linalg.norm(vectors - vectors[movie], axis=1), others, k),
        ),
        "absolute": first(np.abs(cosines), others, k),
        "by_columns": first(scaled @ scaled[movie], others, k),
        "squared_norms": first(dot / norms**2, others, k),
        "longest": first(norms, others, k),
        "centred": first(centred @ centred[movie] / np.linalg.norm(centred, axis=1), others, k),
    }
    return expect_ranking(Call("neighbours", (vectors, movie, k)), first(cosines, others, k), [movie], mistakes)


_RECOMMEND_HINTS = LIST_HINTS | {
    "ascending": "a ordem está crescente: você recomendou os piores. `argsort` ordena do menor para o maior.",
    "shifted": "estes números são posições na lista sem os filmes vistos, não índices de filmes. Foi assim que o "
    "notebook de 2017 trocou títulos. Guarde os índices dos não vistos (`np.setdiff1d`) e traduza no fim.",
    "forbidden": "a lista traz filmes que o usuário já viu. Eles têm de sair antes de escolher os k; dar-lhes nota "
    "zero não basta, porque as outras podem ser negativas, nem nota −∞, se restam menos de k filmes.",
    "pairs": "você devolveu pares de índice e nota; pedimos só os índices.",
    "mask": "você devolveu uma máscara; pedimos os índices dos filmes, em ordem.",
    "repeated": "há filmes repetidos. Quem procura a posição pela nota (`index`, `==`) confunde notas iguais.",
    "few": "saíram menos de k filmes. Retire os vistos antes de cortar a lista nos k primeiros.",
    "unsorted": "os filmes estão fora de ordem: do de maior nota para o de menor. `np.argpartition` e "
    "`np.setdiff1d`, sozinhos, não ordenam pela nota.",
    "ties": "no empate, o filme de menor índice vem primeiro. Inverter com `[::-1]` inverte também os empates: "
    "ordene `-scores` com `kind='stable'`.",
    "other": "ordene os filmes não vistos pela nota, da maior para a menor, e fique com os k primeiros.",
}
_RECOMMEND_VISIBLE = (
    expect_recommended(np.array([1.7, 4.6, 4.1, 2.3, 4.8, 4.6, 3.2]), np.array([4, 2]), 3),
    expect_recommended(np.array([1.3, 2.4, 3.1, 4.2, 2.4, 1.6]), np.array([3, 0]), 3),
)
RECOMMEND = Exercise(
    8, "recommend", "Os k melhores entre os não vistos", ("recommend",), _RECOMMEND_HINTS, _RECOMMEND_VISIBLE
)

_NEIGHBOURS_HINTS = LIST_HINTS | {
    "dot": "falta dividir pelas normas dos outros filmes: o produto interno favorece os vetores compridos, e o cosseno "
    "só olha a direção.",
    "euclidean": "essa é a distância euclidiana, que depende do comprimento dos vetores. O cosseno compara direções.",
    "forbidden": "o próprio filme está na lista. Deixe-o de fora pelo índice: descartar o primeiro não basta, "
    "porque outro filme, de vetor paralelo, pode vir antes dele; nem anular o cosseno dele, se há negativos.",
    "farthest": "esses são os menos parecidos. Cosseno grande é ângulo pequeno, e distância grande é o contrário.",
    "manhattan": "essa é a distância de Manhattan, que depende do comprimento dos vetores. O cosseno compara direções.",
    "squared_norms": "a norma é a raiz da soma dos quadrados: faltou a raiz.",
    "longest": "você ordenou os vetores pelo comprimento. Compare-os com o do filme dado.",
    "absolute": "um cosseno perto de −1 é o oposto, não um vizinho: não tire o módulo.",
    "by_columns": "você normalizou as colunas. Cada filme é uma linha: a norma é por linha, "
    "`np.linalg.norm(vectors, axis=1, keepdims=True)`.",
    "centred": "subtrair a média de cada vetor dá a correlação, que é outra medida. Aqui é o cosseno puro.",
    "shifted": "estes números são posições na lista sem o próprio filme, não índices de filmes. Guarde os índices "
    "dos outros (`np.setdiff1d`) e traduza no fim.",
    "scores": "você devolveu as similaridades; pedimos os índices dos filmes.",
    "few": "saíram menos de k vizinhos. Retire o próprio filme antes de cortar a lista.",
    "many": "saíram mais de k vizinhos.",
    "unsorted": "os vizinhos estão certos, mas fora de ordem: do mais parecido para o menos.",
    "other": "cosseno = produto interno dos dois vetores dividido pelo produto das suas normas.",
}
_VECTORS = np.array(
    [
        [0.2, -0.3, 0.7],
        [-1.7, -2.3, 2.2],
        [2.6, 2.5, 2.7],
        [2.1, -0.1, 2.6],
        [2.0, 0.8, -0.9],
        [0.1, 0.2, -0.4],
        [-0.2, -2.3, 5.2],
        [2.0, 0.3, 2.5],
        [0.8, -0.4, 0.5],
        [0.4, 8.3, -1.4],
    ]
)
_NEIGHBOURS_VISIBLE = expect_neighbours(_VECTORS, 1, 3), expect_neighbours(_VECTORS, 4, 3)
NEIGHBOURS = Exercise(9, "neighbours", "Vizinhos por cosseno", ("neighbours",), _NEIGHBOURS_HINTS, _NEIGHBOURS_VISIBLE)
