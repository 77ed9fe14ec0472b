"""O que se confere em índices e notas dados à mão, antes que um engano vire um número errado."""

import numpy as np

from course_lib.errors import ArgumentError, IdOutOfRangeError, NonFiniteError, ShapeMismatchError


def as_ids(ids, name: str) -> np.ndarray:
    """Converte índices em int64.

    Raises:
        ArgumentError: se é uma máscara, que viraria uma lista de zeros e uns.
    """
    ids = np.asarray(ids)
    if ids.dtype == bool:
        raise ArgumentError(f"{name} é uma máscara booleana; dê os índices: np.flatnonzero(máscara).")
    return ids.astype(np.int64)


def check_ids(ids: np.ndarray, kind: str, size: int | None) -> None:
    """Recusa índices fora de 0 … size - 1.

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


def check_new_user(movies, ratings, n_movies: int) -> tuple[np.ndarray, np.ndarray]:
    """Confere as avaliações de um usuário novo e as devolve como int64 (m,) e float32 (m,).

    Raises:
        ArgumentError: se `movies` é uma máscara.
        ShapeMismatchError: se os tamanhos diferem.
        IdOutOfRangeError: se algum filme não existe no modelo.
        NonFiniteError: se alguma nota é NaN ou infinita.
    """
    movies, ratings = as_ids(movies, "movies"), np.asarray(ratings, np.float32)
    if movies.shape != ratings.shape or movies.ndim != 1:
        raise ShapeMismatchError(f"movies tem forma {movies.shape} e ratings, {ratings.shape}: dê uma nota por filme.")
    if not np.isfinite(ratings).all():
        raise NonFiniteError(f"as notas do usuário novo trazem {ratings[~np.isfinite(ratings)][0]}; dê números.")
    check_ids(movies, "filme", n_movies)
    return movies, ratings
