"""Separar treinamento e validação: ao acaso, numa data, ou pelo fim do histórico de cada usuário."""

from numbers import Integral, Real

import numpy as np

from course_lib.errors import ArgumentError, DataError, NonFiniteError

_COLUMNS = ("usuário", "filme", "nota")


def split_ratings(ratings: np.ndarray, valid_fraction: float = 0.2, seed: int = 42) -> tuple[np.ndarray, np.ndarray]:
    """Separa as avaliações, ao acaso mas sempre da mesma maneira, em treinamento e validação.

    Cada linha é sorteada por si: vai para o treinamento se o seu número de `np.random.default_rng(seed).random(n)`
    é menor que `1 - valid_fraction`. Por isso a fração de validação é aproximada, e a mesma semente dá sempre a mesma
    separação.

    Args:
        ratings: (n, 3), colunas usuário, filme, nota (em estrelas), como `load_movielens(...).ratings`.
        valid_fraction: fração das linhas que vai para a validação, entre 0 e 1, exclusive.
        seed: semente do sorteio.

    Returns:
        `(train, valid)`: cópias das linhas, na ordem original e com o mesmo dtype; nenhuma linha aparece nas duas.

    Raises:
        ArgumentError: fração fora do intervalo ou semente inválida.
        DataError, NonFiniteError: avaliações malformadas (veja `check_ratings`), ou tão poucas que uma das partes
            ficou vazia.
    """
    ratings = check_ratings(ratings)
    in_train = split_mask(len(ratings), valid_fraction, seed)
    train, valid = ratings[in_train], ratings[~in_train]
    if not len(train) or not len(valid):
        empty = "treinamento" if not len(train) else "validação"
        raise DataError(
            f"a separação deixou a parte de {empty} vazia; número de avaliações: {len(ratings)}.\n"
            "Use mais avaliações, outra semente ou outra valid_fraction."
        )
    return train, valid


def split_mask(n_ratings: int, valid_fraction: float = 0.2, seed: int = 42) -> np.ndarray:
    """O sorteio de `split_ratings`, para quem precisa dele em outros arrays, como os momentos: bool (n_ratings,).

    Returns:
        True onde a avaliação é de treinamento.

    Raises:
        ArgumentError: fração fora do intervalo ou semente inválida.
    """
    _check_fraction(valid_fraction)
    return np.random.default_rng(check_seed(seed)).random(n_ratings) < 1 - valid_fraction


def split_by_time(data, valid_fraction: float = 0.2) -> tuple[np.ndarray, np.ndarray]:
    """Separa as avaliações numa data: o que veio antes treina, o que veio dela em diante é o futuro a prever.

    A data é uma só para todos, como na vida de um site: quem prevê hoje não conhece nada de amanhã. (Separar as
    últimas avaliações de cada usuário deixaria no treinamento notas dadas anos depois das que se preveem.) Por isso a
    parte de validação traz usuários e filmes que a de treinamento nunca viu. Avaliações do mesmo segundo ficam do
    mesmo lado, e a fração é, por isso, aproximada.

    Args:
        data: um `MovieLens`, ou `Interactions` com datas.
        valid_fraction: fração das avaliações, as mais recentes, que vai para a validação, entre 0 e 1, exclusive.

    Returns:
        `(train, valid)`: int64, índices em `data.ratings` e `data.timestamps`, na ordem original; `train_model` os
        aceita, e `data.ratings[train]` são as linhas.

    Raises:
        ArgumentError: fração fora do intervalo.
        DataError: se faltam as datas, como em linhas (n, 3); se nada é anterior à data do corte, e o treinamento
            ficaria vazio.
    """
    _check_fraction(valid_fraction)
    times = _times(data)
    oldest_first = np.sort(times)
    n_hidden = max(1, round(len(oldest_first) * valid_fraction))
    before = times < oldest_first[-n_hidden:][:1]
    if not before.any():
        raise DataError(
            f"nenhuma avaliação é anterior à data do corte; número de avaliações: {len(before)}.\n"
            "Use mais avaliações, com datas diferentes, ou uma valid_fraction menor."
        )
    return np.flatnonzero(before), np.flatnonzero(~before)


def split_last(data, valid_fraction: float = 0.2) -> tuple[np.ndarray, np.ndarray]:
    """Separa as avaliações mais recentes de cada usuário: do que ele viu, prever o que veria a seguir.

    A ordem de cada um é respeitada, e só fica inteiro de um lado quem tem tão poucas que a fração delas se arredonda
    para nenhuma, ou para todas. Mas não é o futuro de um site: o treinamento traz, de uns, avaliações posteriores às
    que se preveem de outros (para isso, `split_by_time`).

    Args:
        data: um `MovieLens`, ou `Interactions` com datas.
        valid_fraction: fração das avaliações de cada usuário, as mais recentes, entre 0 e 1, exclusive.

    Returns:
        `(train, valid)`: int64, índices nas avaliações, na ordem original.

    Raises:
        ArgumentError: fração fora do intervalo.
        DataError: se faltam as datas, como em linhas (n, 3), ou se uma das partes ficaria vazia.
    """
    _check_fraction(valid_fraction)
    _times(data)
    in_train = ~getattr(data, "interactions", data).last_of_each(valid_fraction)
    if in_train.all() or not in_train.any():
        raise DataError(
            f"com valid_fraction={valid_fraction}, {'a validação' if in_train.all() else 'o treinamento'} ficaria sem "
            "avaliação alguma: as pessoas têm poucas. Use outra fração, ou mais avaliações."
        )
    return np.flatnonzero(in_train), np.flatnonzero(~in_train)


def _times(data) -> np.ndarray:
    times = getattr(data, "timestamps", getattr(data, "times", None))
    if times is None:
        raise DataError(
            f"{type(data).__name__} sem o momento de cada avaliação: dê o que load_movielens devolve, ou Interactions "
            "com datas, e não linhas (n, 3)."
        )
    return times


def check_ratings(ratings: np.ndarray) -> np.ndarray:
    """Confere uma tabela de avaliações e a devolve como array do NumPy.

    Args:
        ratings: (n, 3) numérica: índice do usuário, índice do filme (inteiros a partir de 0) e nota.

    Raises:
        DataError: forma que não é (n, 3), tabela vazia, texto em vez de números, ids negativos, fracionários ou
            grandes demais para o dtype.
        NonFiniteError: NaN ou infinito.
    """
    try:
        ratings = np.asarray(ratings)
    except ValueError as error:
        raise DataError(
            "as linhas das avaliações têm comprimentos diferentes; cada uma é: usuário, filme, nota."
        ) from error
    if ratings.ndim != 2 or ratings.shape[1] != 3:
        raise DataError(
            f"as avaliações têm forma {ratings.shape}, mas devem ter forma (n, 3): usuário, filme, nota.\n"
            "Use load_movielens(...).ratings ou monte as três colunas com np.column_stack([users, movies, values])."
        )
    if not len(ratings):
        raise DataError("a tabela de avaliações está vazia: não há o que aprender nem o que medir. Confira o filtro.")
    if not (np.issubdtype(ratings.dtype, np.integer) or np.issubdtype(ratings.dtype, np.floating)):
        raise DataError(
            f"as avaliações têm dtype {ratings.dtype}, mas devem ser números.\n"
            "Converta antes com ratings.astype(np.float32)."
        )
    bad = ~np.isfinite(ratings)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise NonFiniteError(
            f"a linha {row} das avaliações tem {ratings[row, column]} na coluna {_COLUMNS[column]} "
            f"({bad.any(axis=1).sum()} linha(s) assim).\nRetire-as antes: ratings[np.isfinite(ratings).all(axis=1)]."
        )
    ids = ratings[:, :2]
    _refuse_ids(ratings, ids < 0, "é negativo")
    _refuse_ids(ratings, ids != np.floor(ids), "não é um inteiro")
    if np.issubdtype(ratings.dtype, np.floating):
        exact = 2 ** (np.finfo(ratings.dtype).nmant + 1)
        _refuse_ids(ratings, ids >= exact, f"não cabe em {ratings.dtype}: de {exact} em diante, ele pula inteiros")
    return ratings


def _refuse_ids(ratings: np.ndarray, bad: np.ndarray, what: str) -> None:
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise DataError(
            f"a linha {row} das avaliações traz {_COLUMNS[column]} {ratings[row, column]:.16g}, que {what}.\n"
            "Os ids devem ser índices 0, 1, 2…: use load_movielens(...).ratings, ou reindexe com "
            "np.unique(ids, return_inverse=True)."
        )


def _check_fraction(valid_fraction: float) -> None:
    if not isinstance(valid_fraction, Real) or not 0 < valid_fraction < 1:
        raise ArgumentError(
            f"valid_fraction={valid_fraction!r}: a fração de validação deve ficar entre 0 e 1, exclusive.\n"
            "Para reservar um quinto das avaliações, use valid_fraction=0.2."
        )


def check_seed(seed: int) -> int:
    if isinstance(seed, bool) or not isinstance(seed, Integral) or not 0 <= seed < 2**31:
        raise ArgumentError(f"seed={seed!r}: a semente deve ser um inteiro de 0 a {2**31 - 1}, por exemplo seed=42.")
    return int(seed)
