"""Das previsões às recomendações: uma nota, a matriz inteira, os dez melhores."""

import numpy as np
import pandas as pd
import torch
from torch import nn

from course_lib.checks import as_ids, check_ids
from course_lib.errors import ArgumentError, ShapeMismatchError

PAIRS_PER_BLOCK = 2**16
CELLS_PER_BLOCK = 2**23  # a matriz é preenchida por faixas de usuários, cada uma de até 32 MB


def predict(model, users, movies, timestamps=None) -> np.ndarray:
    """Notas previstas para pares (usuário, filme), por qualquer modelo da série.

    Args:
        model: uma rede (LongTensor (B, 2) -> FloatTensor (B, 1)) ou um objeto com `predict(users, movies)`, como
            `BiasBaseline` e o que `train_model` devolve.
        users, movies: inteiros (n,), ou um só inteiro.
        timestamps: segundos desde 1970, (n,); só para modelos que usam o momento da avaliação.

    Returns:
        float32 (n,), em estrelas. As de uma rede não são aparadas à escala; as de `train_model`, sim.

    Raises:
        ShapeMismatchError: se `users`, `movies` e `timestamps` têm tamanhos diferentes, ou se a saída da rede não é
            (B, 1).
        IdOutOfRangeError: se algum índice não existe no modelo.
    """
    users, movies = (np.atleast_1d(np.asarray(ids)).astype(np.int64) for ids in (users, movies))
    if users.shape != movies.shape:
        raise ShapeMismatchError(f"users tem forma {users.shape} e movies, {movies.shape}: dê um par por previsão.")
    for ids, kind, size in ((users, "usuário", "n_users"), (movies, "filme", "n_movies")):
        check_ids(ids, kind, getattr(model, size, None))
    columns = [users, movies]
    if timestamps is not None:
        columns.append(np.atleast_1d(np.asarray(timestamps, np.int64)))
        if columns[-1].shape != users.shape:
            raise ShapeMismatchError(
                f"timestamps tem forma {columns[-1].shape} e users, {users.shape}: dê um momento por previsão."
            )
    if not isinstance(model, nn.Module):
        return np.asarray(model.predict(*columns), np.float32)
    pairs = torch.from_numpy(np.stack(columns, axis=1))
    device = device_of(model)
    model.eval()
    with torch.no_grad():
        blocks = [_single_column(model(block.to(device))).cpu() for block in pairs.split(PAIRS_PER_BLOCK)]
    return torch.cat(blocks).numpy()


def _single_column(prediction: torch.Tensor) -> torch.Tensor:
    """De (B, 1), a forma que toda rede da série devolve, para (B,)."""
    if prediction.dim() != 2 or prediction.shape[1] != 1:
        raise ShapeMismatchError(
            f"a rede devolveu forma {tuple(prediction.shape)}, mas deve devolver (B, 1): uma linha por par, e nela uma "
            "nota. Por exemplo, sum(dim=1, keepdim=True) no lugar de sum(dim=1)."
        )
    return prediction[:, 0]


def rating_matrix(model, n_users: int, n_movies: int, known: np.ndarray | None = None) -> np.ndarray:
    """A matriz inteira de notas previstas, por faixas de usuários, com memória limitada além do resultado.

    Args:
        model: como em `predict`; se tem `predict_all(users)`, cada faixa sai de uma conta só.
        n_users, n_movies: tamanho da matriz.
        known: float32 (n, 3), avaliações conhecidas, que tomam o lugar das previsões; None deixa tudo previsto.

    Returns:
        float32 (n_users, n_movies); linhas são usuários, colunas são filmes.

    Raises:
        IdOutOfRangeError: se o modelo conhece menos usuários ou filmes que o pedido.
        ArgumentError: se o modelo usa o momento da avaliação, que aqui não há como dar.
    """
    check_ids(np.array([n_users - 1]), "usuário", getattr(model, "n_users", None))
    check_ids(np.array([n_movies - 1]), "filme", getattr(model, "n_movies", None))
    rows_per_block = max(1, CELLS_PER_BLOCK // n_movies)
    if n_users <= rows_per_block:  # uma faixa só é a própria matriz, e copiá-la custaria mais que calculá-la
        matrix = np.require(predict_rows(model, np.arange(n_users), n_movies), np.float32, ["C", "W"])
        return _with_known(matrix, known)
    matrix = np.empty((n_users, n_movies), np.float32)
    for start in range(0, n_users, rows_per_block):
        users = np.arange(start, min(start + rows_per_block, n_users))
        matrix[start : start + rows_per_block] = predict_rows(model, users, n_movies)
    return _with_known(matrix, known)


def _with_known(matrix: np.ndarray, known: np.ndarray | None) -> np.ndarray:
    if known is not None:
        matrix[known[:, 0].astype(np.int64), known[:, 1].astype(np.int64)] = known[:, 2]
    return matrix


def predict_rows(model, users: np.ndarray, n_movies: int) -> np.ndarray:
    """Notas previstas de todos os filmes para estes usuários: inteiros (U,) -> float32 (U, n_movies).

    Raises:
        ArgumentError: se o modelo usa o momento da avaliação, que aqui não há como dar.
    """
    if getattr(model, "use_time", False):
        raise ArgumentError(
            "este modelo usa o momento da avaliação (use_time=True), e quem pede todos os filmes de um usuário não diz "
            "quando cada um seria avaliado. Treine com use_time=False, ou preveja par a par com "
            "predict(model, users, movies, timestamps)."
        )
    if not hasattr(model, "predict_all"):
        pairs = np.repeat(users, n_movies), np.tile(np.arange(n_movies), len(users))
        return predict(model, *pairs).reshape(len(users), n_movies)
    if not isinstance(model, nn.Module):
        return model.predict_all(users)[:, :n_movies]
    model.eval()
    with torch.no_grad():
        return model.predict_all(torch.from_numpy(users).to(device_of(model)))[:, :n_movies].cpu().numpy()


def top_k(model, data, user: int, k: int = 10, exclude: np.ndarray | None = None) -> pd.DataFrame:
    """Os `k` filmes de maior nota prevista entre os que o usuário ainda não avaliou.

    Args:
        model: como em `predict`.
        data: o `MovieLens` de onde vêm títulos e avaliações.
        user: índice do usuário.
        k: quantos filmes.
        exclude: inteiros, índices dos filmes a deixar de fora; por padrão, os que o usuário avaliou em `data`.

    Returns:
        DataFrame de até `k` linhas, da maior nota para a menor: `movie` (índice), `title`, `prediction` (estrelas).
        O índice é a posição, de 1 em diante.

    Raises:
        IdOutOfRangeError: se o usuário não existe no modelo.
        ArgumentError: se `k` < 1, se `exclude` é uma máscara ou se o modelo usa o momento da avaliação.
    """
    if k < 1:
        raise ArgumentError(f"k={k}: peça pelo menos um filme.")
    check_ids(np.array([user]), "usuário", getattr(model, "n_users", data.n_users))
    if exclude is None:
        exclude = data.ratings[data.ratings[:, 0] == user, 1]
    scores = predict_rows(model, np.array([user]), data.n_movies)[0]
    candidates = np.setdiff1d(np.arange(data.n_movies), as_ids(exclude, "exclude"))
    order = np.lexsort((candidates, -scores[candidates]))[:k]  # no empate, o de menor índice
    movies = candidates[order]
    table = pd.DataFrame({"movie": movies, "title": data.movie_names[movies], "prediction": scores[movies]})
    return table.set_axis(pd.RangeIndex(1, len(table) + 1, name="position"))


def device_of(model: nn.Module) -> torch.device:
    """Onde estão os pesos do modelo."""
    return next(model.parameters()).device
