"""Exercícios 5 e 17: a separação repetível, ao acaso, e a das últimas avaliações de cada usuário."""

from collections.abc import Sequence

import numpy as np

from course_lib.exercises.compare import same, shape_of
from course_lib.exercises.marking import Call, Check, Exercise, of_values
from course_lib.exercises.plain import ReadOnlyInput

SPOILED = {"ValueError: read-only": "spoils_input"}
# Depois de `np.random.seed = 42`, `np.random.seed(42)` chama um número; sem o `.seed`, pode faltar um `*`: `n(2)`.
_OVERWRITTEN = {r"TypeError: 'int' object is not callable.*\.seed\(": "seed_overwritten"}


def expect_partition(ratings: np.ndarray, fraction: float, *seeds: int, read_only: bool = False) -> Check:
    """Verificação: as duas partes somam a tabela, sem repetir linhas, no tamanho pedido e sorteadas.

    Args:
        seeds: uma ou, para exigir que as partes se repitam, duas vezes a mesma.
        read_only: a função recebe a tabela só para leitura, e quem a embaralha no lugar é apanhado.
    """

    def diagnose(first: object, *again: object) -> str | None:
        repeated = all(same(second, first) for second in again)
        return _diagnose_partition(first, ratings, fraction) or (None if repeated else "not_repeatable")

    return _split_check(ReadOnlyInput(ratings) if read_only else ratings, fraction, seeds, diagnose)


def expect_seeded(ratings: np.ndarray, fraction: float, *seeds: int) -> Check:
    """Verificação: duas sementes diferentes dão partes diferentes."""

    def diagnose(first: object, second: object) -> str | None:
        return _shape_problem(first) or ("seed_ignored" if same(second, first) else None)

    return _split_check(ratings, fraction, seeds, diagnose)


def _split_check(ratings: object, fraction: float, seeds: Sequence[int], diagnose) -> Check:
    calls = tuple(Call("split", (ratings, fraction, seed)) for seed in seeds)
    return Check(calls, of_values(diagnose, SPOILED | _OVERWRITTEN))


def rows_problem(value: object, ratings: np.ndarray) -> str | None:
    """O que há de errado com duas partes de uma tabela, seja qual for o critério: a chave da dica, ou None."""
    if problem := _shape_problem(value):
        return problem
    if any(len(part) > len(ratings) for part in value):  # antes de converter: pode ter milhões de linhas
        return "repeated"
    known = {tuple(row) for row in ratings.tolist()}
    train, held_out = ([tuple(row) for row in np.asarray(part, ratings.dtype).tolist()] for part in value)
    if not known.issuperset(train + held_out):
        return "broken_rows"
    if len(set(train)) < len(train) or len(set(held_out)) < len(held_out):
        return "repeated"
    if set(train) & set(held_out):
        return "overlap"
    return "lost" if len(train) + len(held_out) < len(ratings) else None


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
    if problem := rows_problem(value, ratings):
        return problem
    train, valid = (np.asarray(part, ratings.dtype) for part in value)
    tolerance = 4 * (fraction * (1 - fraction) / len(ratings)) ** 0.5
    if abs(len(train) / len(ratings) - fraction) < tolerance < abs(len(valid) / len(ratings) - fraction):
        return "swapped"
    if abs(len(valid) / len(ratings) - fraction) > tolerance:
        return "fraction"
    if not _is_drawn(valid, ratings):
        return "in_order"
    by_movie = ratings[np.argsort(ratings[:, 1], kind="stable")]
    return None if _is_drawn(valid, by_movie) else "whole_movies"


def _is_drawn(valid: np.ndarray, ratings: np.ndarray) -> bool:
    """Se a validação parece sorteada linha por linha, e não em trechos da tabela, ainda que postos ao acaso.

    De n linhas sorteadas, a tabela troca de parte cerca de 2·f·(1 - f)·n vezes, com um desvio perto de 1/√n disso; um
    trecho, ou usuários inteiros, trocam bem menos. Recusa-se abaixo da metade, e só além de seis desvios.
    """
    n, chosen = len(ratings), _as_set(valid)
    changes = np.count_nonzero(np.diff([tuple(row) in chosen for row in ratings.tolist()]))
    expected = 2 * len(valid) * (n - len(valid)) / n
    return changes >= expected * min(0.5, 1 - 6 / n**0.5)


ROW_HINTS = {
    "overlap": "há linhas que aparecem nas duas partes. Quem treina com a resposta não é avaliado.",
    "lost": "há linhas que não ficaram em nenhuma das partes. O que não está numa está na outra.",
    "broken_rows": "apareceram linhas que não existem na tabela: cada nota deve continuar com o seu usuário e o seu "
    "filme. Embaralhe linhas inteiras.",
    "indices": "você devolveu índices ou máscaras. Devolva as linhas: `ratings[mask]` e `ratings[~mask]`.",
    "spoils_input": "a função altera a tabela que recebe, e quem a chamou fica com ela embaralhada. Escolha linhas por "
    "índice ou máscara, que copiam; `np.random.shuffle` e `sort`, no lugar, estragam o original.",
}
_SPLIT_HINTS = ROW_HINTS | {
    "not_repeatable": "com a mesma semente, duas chamadas deram partes diferentes. Crie o gerador dentro da "
    "função, com `np.random.default_rng(seed)`; `np.random.seed = 42` não semeia nada, só estraga a função `seed`. "
    "Se você a rodou, reinicie o kernel (menu Kernel).",
    "seed_overwritten": "você escreveu `np.random.seed = …` em algum lugar, e a função `seed` virou um número. "
    "Reinicie o kernel (menu Kernel) e use `np.random.default_rng(seed)`.",
    "seed_ignored": "sementes diferentes deram as mesmas partes. O sorteio deve depender do argumento `seed`, e "
    "não de uma semente escrita dentro da função nem da ordem das linhas.",
    "in_order": "a validação é feita de trechos da tabela, na ordem em que ela veio. As linhas estão ordenadas por "
    "usuário: sem sortear linha por linha, alguns ficam inteiros na validação, e o treinamento nunca os vê.",
    "whole_movies": "há filmes com todas as notas na validação: o treinamento nunca os vê. Sorteie linhas, não filmes.",
    "repeated": "há linhas repetidas dentro de uma parte. Sorteie sem reposição (`rng.permutation`, ou uma "
    "máscara); `rng.choice` e `rng.integers` repetem, e `random.shuffle` duplica linhas de um array.",
    "swapped": "as partes estão trocadas: devolva `train, valid`, e a fração pedida é a da validação.",
    "fraction": "o tamanho da validação não é o pedido: ela deve ter perto de valid_fraction das linhas.",
}
_TABLE = np.array([[i // 8, (7 * i + i // 40) % 40, 0.5 + (i % 10) / 2] for i in range(200)], np.float32)
_SPLIT_VISIBLE = (
    expect_partition(_TABLE, 0.25, 42),
    expect_partition(_TABLE, 0.25, 42, read_only=True),
    expect_partition(_TABLE, 0.25, 42, 42),
    expect_seeded(_TABLE, 0.25, 42, 43),
)
SPLIT = Exercise(5, "split", "Uma separação repetível", ("split",), _SPLIT_HINTS, _SPLIT_VISIBLE)


def expect_last(ratings: np.ndarray, timestamps: np.ndarray, n_last: int, read_only: bool = False) -> Check:
    """Verificação: as n_last avaliações mais recentes de cada usuário vão para o teste, e só elas.

    Quem não tem mais que n_last fica inteiro no treinamento; no empate, a linha que vem depois é a mais recente. A
    ordem das linhas dentro de cada parte é livre.
    """
    right = _last(ratings, _in_time(timestamps), n_last, n_last)
    mistakes = _last_mistakes(ratings, timestamps, n_last)

    def diagnose(value: object) -> str | None:
        if problem := rows_problem(value, ratings):
            return problem
        train, test = map(_as_set, value)
        if test == right:
            return None
        return "swapped" if train == right else next((key for key in mistakes if test in mistakes[key]), "other")

    given = (ReadOnlyInput(ratings), ReadOnlyInput(timestamps)) if read_only else (ratings, timestamps)
    return Check((Call("split_last", (*given, n_last)),), of_values(diagnose, SPOILED))


def _last(ratings: np.ndarray, order: np.ndarray, take: int, least: int, column: int = 0) -> set:
    """As últimas `take` linhas de cada usuário (ou filme, coluna 1) que tem mais de `least`, na ordem dada."""
    owner, chosen = ratings[order, column], []
    for one in np.unique(owner):
        rows = order[owner == one]
        chosen.extend(rows[max(len(rows) - take, 0) :] if len(rows) > least else [])
    return _as_set(ratings[np.array(chosen, np.int64)])


def _last_mistakes(ratings: np.ndarray, timestamps: np.ndarray, n: int) -> dict[str, list[set]]:
    by_row, order = np.arange(len(ratings)), _in_time(timestamps)
    return {
        "ties": [_last(ratings, np.lexsort((-by_row, timestamps)), n, n)],
        "oldest": [_last(ratings, order[::-1], n, n)],
        "table_order": [_last(ratings, by_row, n, n)],
        "by_rating": [_last(ratings, np.argsort(ratings[:, 2], kind="stable"), n, n)],
        "by_movie": [_last(ratings, order, n, n, column=1)],
        "small_users": [_last(ratings, order, n, least) for least in (0, n - 1)],
        "newest_only": [_last(ratings, order, 1, least) for least in (n, 1)],
        "one_less": [_last(ratings, order, n - 1, least) for least in (n, n - 1)],
        "one_more": [_last(ratings, order, n + 1, least) for least in (n, n + 1)],
        "global": [_as_set(ratings[order[-len(_last(ratings, order, n, n)) :]])],
    }


def _in_time(timestamps: np.ndarray) -> np.ndarray:
    """As linhas, da mais antiga à mais recente; no empate, a que vem depois é a mais recente."""
    return np.argsort(timestamps, kind="stable")


def _as_set(rows: object) -> set:
    return {tuple(row) for row in np.asarray(rows, np.float32).tolist()}


def diary(rng: np.random.Generator, counts: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Avaliações (n, 3) e horários (n,): tantas por usuário, em linhas fora de ordem, algumas no mesmo segundo."""
    users = np.repeat(np.arange(len(counts)), counts)
    movies = np.concatenate([rng.permutation(2 * max(counts))[:count] for count in counts])
    stars, times = rng.integers(1, 11, len(users)) / 2, 10**9 + rng.integers(0, 2 * max(counts), len(users))
    shuffled = rng.permutation(len(users))
    return np.column_stack([users, movies, stars]).astype(np.float32)[shuffled], times[shuffled]


_LAST_HINTS = ROW_HINTS | {
    "global": "essas são as últimas avaliações da tabela inteira. Pedimos as últimas de cada usuário: quem parou "
    "de usar o serviço há anos também vai para o teste.",
    "oldest": "você pôs no teste as avaliações mais antigas. O teste é o futuro: as de maior horário.",
    "table_order": "você tomou as últimas linhas da tabela. Ela não está em ordem de tempo: use `timestamps`.",
    "by_rating": "você ordenou pela nota. O que separa passado e futuro é o horário, `timestamps`.",
    "by_movie": "você agrupou pela coluna 1, a dos filmes. São as últimas avaliações de cada usuário, coluna 0.",
    "ties": "no empate de horário, a linha que vem depois na tabela é a mais recente. Ordene com `kind='stable'`; "
    "inverter com `[::-1]`, ou ordenar em ordem decrescente, inverte também os empates.",
    "newest_only": "saiu só a última avaliação de cada um; são as `n_last` últimas.",
    "one_less": "faltou uma por usuário: `[-n_last:]` são as n_last últimas; confira as comparações.",
    "one_more": "saiu uma a mais por usuário: confira as comparações e os cortes.",
    "small_users": "quem tem n_last avaliações ou menos fica inteiro no treinamento: sem passado não há o que prever.",
    "swapped": "as partes estão trocadas: devolva `train, test`.",
    "repeated": "há linhas repetidas dentro de uma parte.",
    "other": "para cada usuário, ordene as linhas dele por horário; as n_last últimas são o teste.",
}
_LAST_VISIBLE = (
    expect_last(*diary(np.random.default_rng(4), (6, 3, 2, 5)), 2),
    expect_last(*diary(np.random.default_rng(11), (9, 4, 12, 7)), 4, read_only=True),
)
SPLIT_LAST = Exercise(
    17, "split_last", "As últimas avaliações de cada usuário", ("split_last",), _LAST_HINTS, _LAST_VISIBLE
)
