"""Das previsões às recomendações, com qualquer modelo do curso: uma nota, a matriz inteira, os dez melhores."""

import numpy as np
import pandas as pd
import scipy.sparse as sp
from torch import nn

from course_lib.checks import as_ids, as_users, check_ids, check_new_user, check_pairs
from course_lib.errors import ArgumentError
from course_lib.models import fold_in
from course_lib.models.rating_net import forward_pairs

CELLS_PER_BLOCK = 2**23  # a matriz é preenchida por faixas de usuários, cada uma de até 32 MB


def predict(model, users, movies, timestamps=None) -> np.ndarray:
    """Notas previstas para pares (usuário, filme).

    Args:
        model: um modelo que preveja estrelas, como os que `train_model` devolve; ou qualquer rede, também uma sua, de
            LongTensor (B, 2) para FloatTensor (B, 1).
        users, movies: inteiros (n,), ou um só inteiro.
        timestamps: segundos desde 1970, (n,); só para modelos que usam o momento da avaliação.

    Returns:
        float32 (n,), em estrelas. Só as do que `train_model` devolve são aparadas à escala.

    Raises:
        ShapeMismatchError: se `users`, `movies` e `timestamps` têm tamanhos diferentes, ou se a saída da rede não é
            (B, 1).
        IdOutOfRangeError: se algum índice não existe no modelo.
        ArgumentError: se não são índices, ou se o modelo só ordena.
    """
    users, movies, times = check_pairs(users, movies, timestamps)
    for ids, kind, size in ((users, "usuário", "n_users"), (movies, "filme", "n_movies")):
        check_ids(ids, kind, getattr(model, size, None))
    if hasattr(model, "predict"):
        return np.asarray(model.predict(users, movies, times), np.float32)
    if isinstance(model, nn.Module):
        return forward_pairs(model, users, movies)
    raise ArgumentError(
        f"{type(model).__name__} só ordena filmes, e não prevê notas. Use score ou top_k, ou um modelo de estrelas."
    )


def rating_matrix(model, n_users: int, n_movies: int, known: np.ndarray | None = None) -> np.ndarray:
    """A matriz inteira de notas previstas, por faixas de usuários, com memória limitada além do resultado.

    Args:
        model: como em `predict`.
        n_users, n_movies: tamanho da matriz.
        known: float32 (n, 3), avaliações conhecidas, que tomam o lugar das previsões; None deixa tudo previsto.

    Returns:
        float32 (n_users, n_movies); linhas são usuários, colunas são filmes.

    Raises:
        IdOutOfRangeError: se o modelo conhece menos usuários ou filmes que o pedido.
        ArgumentError: se o modelo usa o momento da avaliação, que aqui não há como dar, ou só ordena.
    """
    check_ids(np.array([n_users - 1]), "usuário", getattr(model, "n_users", None))
    check_ids(np.array([n_movies - 1]), "filme", getattr(model, "n_movies", None))
    if not isinstance(model, nn.Module) and not getattr(model, "use_time", False):
        predict(model, [], [])  # quem só ordena recusa já
    clip = getattr(model, "clip", np.asarray)  # só o que train_model devolve sabe a escala
    rows_per_block = max(1, CELLS_PER_BLOCK // n_movies)
    if n_users <= rows_per_block:  # uma faixa só é a própria matriz, e copiá-la custaria mais que calculá-la
        matrix = np.require(clip(score_rows(model, np.arange(n_users), n_movies)), np.float32, ["C", "W"])
    else:
        matrix = np.empty((n_users, n_movies), np.float32)
        for start in range(0, n_users, rows_per_block):
            users = np.arange(start, min(start + rows_per_block, n_users))
            matrix[users] = clip(score_rows(model, users, n_movies))
    if known is not None:
        matrix[known[:, 0].astype(np.int64), known[:, 1].astype(np.int64)] = known[:, 2]
    return matrix


def score_rows(model, users: np.ndarray, n_movies: int) -> np.ndarray:
    """Os pontos de todos os filmes para estes usuários: inteiros (U,) -> float32 (U, n_movies).

    Raises:
        ArgumentError: se o modelo usa o momento da avaliação, que aqui não há como dar.
        IdOutOfRangeError: se o modelo conhece menos filmes.
    """
    if getattr(model, "use_time", False):
        raise ArgumentError(
            "este modelo usa o momento da avaliação (use_time=True), e quem pede todos os filmes de um usuário não diz "
            "quando cada um seria avaliado. Treine com use_time=False, ou preveja par a par com "
            "predict(model, users, movies, timestamps)."
        )
    check_ids(np.array([n_movies - 1]), "filme", getattr(model, "n_movies", None))  # de outros dados
    if hasattr(model, "score"):
        return model.score(users)[:, :n_movies]
    pairs = np.repeat(users, n_movies), np.tile(np.arange(n_movies), len(users))
    return predict(model, *pairs).reshape(len(users), n_movies)


def top_k(model, data, user: int, k: int = 10, exclude: np.ndarray | None = None) -> pd.DataFrame:
    """Os `k` primeiros filmes da lista do usuário, entre os que ele ainda não avaliou.

    A ordem é a dos pontos crus do modelo (`score`), e não a das notas aparadas, em que muitos empatariam em 5.

    Args:
        model: como em `predict`, ou um modelo que só ordena.
        data: o `MovieLens` de onde vêm títulos e avaliações.
        user: índice do usuário.
        k: quantos filmes.
        exclude: inteiros, índices dos filmes a deixar de fora; por padrão, os que o usuário avaliou em `data`.

    Returns:
        DataFrame de até `k` linhas, da maior nota para a menor: `movie` (índice), `title`, `prediction` (estrelas; num
        modelo que só ordena, pontos). O índice é a posição, de 1 em diante.

    Raises:
        IdOutOfRangeError: se o usuário não existe no modelo.
        ArgumentError: se `k` < 1, se `user` não é um só, se `exclude` é uma máscara, ou se o modelo usa o momento da
            avaliação.
    """
    if k < 1:
        raise ArgumentError(f"k={k}: peça pelo menos um filme.")
    users = as_ids(user, "user")
    if len(users) != 1:
        raise ArgumentError(f"user={user!r}: a lista é de uma pessoa; para várias, chame top_k uma vez para cada.")
    user = users[0]
    check_ids(np.array([user]), "usuário", getattr(model, "n_users", data.n_users))
    if exclude is None:
        exclude = data.ratings[data.ratings[:, 0] == user, 1]
    scores = score_rows(model, np.array([user]), data.n_movies)[0]
    candidates = np.setdiff1d(np.arange(data.n_movies), as_ids(exclude, "exclude"))
    order = np.lexsort((candidates, -scores[candidates]))[:k]  # no empate, o de menor índice
    movies = candidates[order]
    shown = getattr(model, "clip", np.asarray)(scores[movies])
    table = pd.DataFrame({"movie": movies, "title": data.movie_names[movies], "prediction": shown})
    return table.set_axis(pd.RangeIndex(1, len(table) + 1, name="position"))


def add_user(model, movies, ratings) -> tuple[object, int]:
    """Acrescenta um usuário a um modelo treinado, sem treinar de novo; filmes e demais usuários ficam como estão.

    Args:
        model: um modelo do curso, ou uma rede com `user_vectors`. Não é alterado.
        movies: inteiros (m,), índices dos filmes que o usuário novo avaliou; pode ser vazio.
        ratings: float (m,), as notas, em estrelas.

    Returns:
        `(modelo novo, índice do usuário novo)`; o índice é o antigo `n_users`.

    Raises:
        ArgumentError: se o modelo não sabe receber quem chega depois.
        ArgumentError, ShapeMismatchError, IdOutOfRangeError, NonFiniteError: ver `check_new_user`.
    """
    if hasattr(model, "clip"):  # do que train_model devolve, o modelo
        model = model.model
    movies, ratings = check_new_user(movies, ratings, model.n_movies)
    history = sp.csr_array((ratings, (np.zeros_like(movies), movies)), shape=(1, model.n_movies))
    if hasattr(model, "with_users"):
        return model.with_users(history), model.n_users
    if isinstance(model, nn.Module):
        return fold_in.with_users(model, history), model.n_users
    return _WithNewcomer(model, history), model.n_users


class _WithNewcomer:
    """Um modelo e uma pessoa a mais, que para ele é só um histórico."""

    def __init__(self, model, history: sp.csr_array):
        self.model, self.history = model, history
        self.n_users, self.n_movies = model.n_users + 1, model.n_movies
        model.score(None, history)  # quem não sabe receber recusa já
        if hasattr(model, "predict"):
            self.predict = self._predict

    def score(self, users, history: sp.csr_array | None = None) -> np.ndarray:
        if history is not None:
            return self.model.score(None, history)
        users = as_users(users, self.n_users)
        new, rows = users == self.model.n_users, np.empty((len(users), self.n_movies), np.float32)
        rows[~new], rows[new] = self.model.score(users[~new]), self.model.score(None, self.history)
        return rows

    def _predict(self, users, movies, times=None) -> np.ndarray:
        users, movies, _ = check_pairs(users, movies)
        new, stars = users == self.model.n_users, np.empty(len(users), np.float32)
        stars[~new] = self.model.predict(users[~new], movies[~new])
        stars[new] = self.model.score(None, self.history)[0, movies[new]]
        return stars
