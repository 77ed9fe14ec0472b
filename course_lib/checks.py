"""O que se confere em índices e notas dados à mão, antes que um engano vire um número errado."""

import numpy as np
import scipy.sparse as sp

from course_lib.errors import ArgumentError, IdOutOfRangeError, NonFiniteError, ShapeMismatchError


def as_ids(ids, name: str) -> np.ndarray:
    """Converte índices, ou um só, em int64 (n,); floats inteiros, como os das colunas de `data.ratings`, servem.

    Raises:
        ArgumentError: se é uma máscara, que viraria uma lista de zeros e uns, ou traz números que não são inteiros.
        ShapeMismatchError: se não é um vetor.
    """
    ids = np.atleast_1d(np.asarray(ids))
    if ids.ndim != 1:
        raise ShapeMismatchError(f"{name} tem forma {ids.shape}: dê um vetor de índices, (n,).")
    if ids.dtype == bool:
        raise ArgumentError(f"{name} é uma máscara booleana; dê os índices: np.flatnonzero(máscara).")
    whole = ids.dtype.kind in "iu" or (ids.dtype.kind == "f" and np.isfinite(ids).all() and (ids % 1 == 0).all())
    if not whole:
        raise ArgumentError(f"{name} traz {ids[:3].tolist()}…, que não são índices: dê inteiros, de 0 em diante.")
    return ids.astype(np.int64)


def check_ids(ids: np.ndarray, kind: str, size: int | None) -> None:
    """Recusa índices fora de 0 … size - 1; `size=None` não confere nada.

    Raises:
        IdOutOfRangeError: com o primeiro índice errado e o intervalo válido.
    """
    if size is None:
        return
    wrong = ids[(ids < 0) | (ids >= size)]
    if len(wrong):
        raise IdOutOfRangeError(
            f"{kind} {wrong[0]}: o modelo conhece {kind}s de 0 a {size - 1}. "
            "Use os índices da série (os de data.ratings), e não os ids do arquivo original."
        )


def as_users(users, n_users: int | None) -> np.ndarray:
    """Os usuários de quem se pede a lista, int64 (U,); `n_users=None` não confere se existem.

    Raises:
        ArgumentError, ShapeMismatchError: ver `as_ids`.
        IdOutOfRangeError: se o modelo não conhece algum.
    """
    users = as_ids(users, "users")
    wrong = users[(users < 0) | (users >= n_users)] if n_users is not None else ()
    if len(wrong):
        raise IdOutOfRangeError(
            f"o modelo conhece usuários de 0 a {n_users - 1}, e foi pedido o {wrong[0]}.\n"
            "De quem chegou depois, dê o que viu: score(None, history)."
        )
    return users


def as_history(history, n_movies: int) -> sp.csr_array:
    """O que cada pessoa viu, float32 esparsa (U, n_movies), venha como matriz esparsa ou array; zeros são "não viu".

    Raises:
        ShapeMismatchError: se não há uma coluna por filme.
        NonFiniteError: se alguma nota é NaN ou infinita.
    """
    history = sp.csr_array(history, dtype=np.float32)
    if history.shape[1:] != (n_movies,):
        raise ShapeMismatchError(
            f"history tem forma {history.shape}, mas deve ter uma coluna por filme: (U, {n_movies}).\n"
            "Ponha em cada linha as notas de uma pessoa, e zero no que ela não viu."
        )
    if not np.isfinite(history.data).all():
        raise NonFiniteError(f"history traz {history.data[~np.isfinite(history.data)][0]}; dê números.")
    if not history.data.all():
        history = history.copy()  # a de quem chama não muda
        history.eliminate_zeros()
    return history


def check_pairs(users, movies, times=None) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Os pares de uma previsão, como int64 (n,); o terceiro é None sem momentos.

    Raises:
        ArgumentError: se não são índices; ver `as_ids`.
        ShapeMismatchError: se os tamanhos diferem.
    """
    users, movies = as_ids(users, "users"), as_ids(movies, "movies")
    if users.shape != movies.shape:
        raise ShapeMismatchError(f"users tem forma {users.shape} e movies, {movies.shape}: dê um par por previsão.")
    if times is not None:
        times = as_ids(times, "timestamps")
        if times.shape != users.shape:
            raise ShapeMismatchError(
                f"timestamps tem forma {times.shape} e users, {users.shape}: dê um momento por previsão."
            )
    return users, movies, times


def check_new_user(movies, ratings, n_movies: int) -> tuple[np.ndarray, np.ndarray]:
    """Confere as avaliações de um usuário novo e as devolve como int64 (m,) e float32 (m,).

    Raises:
        ArgumentError: se `movies` não são índices, ou repetem um filme.
        ShapeMismatchError: se os tamanhos diferem.
        IdOutOfRangeError: se algum filme não existe no modelo.
        NonFiniteError: se alguma nota é NaN ou infinita.
    """
    movies, ratings = as_ids(movies, "movies"), np.asarray(ratings, np.float32)
    if movies.shape != ratings.shape:
        raise ShapeMismatchError(f"movies tem forma {movies.shape} e ratings, {ratings.shape}: dê uma nota por filme.")
    if not np.isfinite(ratings).all():
        raise NonFiniteError(f"as notas do usuário novo trazem {ratings[~np.isfinite(ratings)][0]}; dê números.")
    check_ids(movies, "filme", n_movies)
    if len(np.unique(movies)) < len(movies):
        raise ArgumentError("o usuário novo avalia o mesmo filme mais de uma vez: decida qual nota vale.")
    return movies, ratings
