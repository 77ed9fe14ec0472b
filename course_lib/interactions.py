"""Quem viu o quê, com que nota e quando: a forma única em que os dados passam de uma sala do curso a outra.

Uma linha é uma avaliação, ou um clique. Tudo se confere uma vez, ao construir; daí em diante, divide-se por índice ou
máscara (`select`) e lê-se por usuário (`history`), e ninguém precisa conferir de novo.
"""

import hashlib
from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from course_lib.errors import DataError, IdOutOfRangeError, NonFiniteError, ShapeMismatchError

_NAMES = {"users": "usuário", "movies": "filme", "values": "nota", "times": "momento"}


@dataclass(frozen=True, eq=False, repr=False)
class Interactions:
    """Interações entre usuários e filmes, imutáveis: os arrays são somente de leitura.

    Attributes:
        users, movies: int64 (n,), índices a partir de 0.
        n_users, n_movies: tamanhos das duas listas; pode haver usuários e filmes sem nenhuma linha.
        values: float32 (n,), estrelas; None se só se sabe que o usuário viu o filme.
        times: int64 (n,), segundos desde 1970; None sem datas.

    Raises:
        ShapeMismatchError: se as colunas não são vetores do mesmo tamanho.
        DataError: se um índice não é inteiro, ou uma coluna não é de números.
        IdOutOfRangeError: se um índice fica fora de 0 … n - 1.
        NonFiniteError: se uma nota é NaN ou infinita.
    """

    users: np.ndarray
    movies: np.ndarray
    n_users: int
    n_movies: int
    values: np.ndarray | None = None
    times: np.ndarray | None = None

    def __post_init__(self):
        for name in _NAMES:
            column = getattr(self, name)
            if column is not None:
                column = _as_column(column, name)
                column.flags.writeable = False
                object.__setattr__(self, name, column)
        shapes = {name: getattr(self, name).shape for name in _NAMES if getattr(self, name) is not None}
        if len(set(shapes.values())) > 1:
            raise ShapeMismatchError(f"as colunas têm tamanhos diferentes: {shapes}. Dê um valor por interação.")
        for name, size in (("users", self.n_users), ("movies", self.n_movies)):
            _check_range(getattr(self, name), _NAMES[name], size)
        if self.values is not None and not np.isfinite(self.values).all():
            row = int(np.flatnonzero(~np.isfinite(self.values))[0])
            raise NonFiniteError(f"a linha {row} tem a nota {self.values[row]}. Retire-a antes, ou corrija a leitura.")

    @classmethod
    def from_rows(cls, rows: np.ndarray, n_users: int, n_movies: int, times: np.ndarray | None = None):
        """A partir da tabela que o aluno vê: (n, 3), colunas usuário, filme e nota, como `data.ratings`.

        Raises:
            DataError: se a tabela não tem três colunas; o mais, como na própria classe.
        """
        rows = np.asarray(rows)
        if rows.ndim != 2 or rows.shape[1] != 3:
            raise DataError(f"as avaliações têm forma {rows.shape}, mas devem ter forma (n, 3): usuário, filme, nota.")
        return cls(rows[:, 0], rows[:, 1], n_users, n_movies, rows[:, 2], times)

    def __len__(self) -> int:
        return len(self.users)

    def __repr__(self) -> str:
        kind = "avaliações" if self.values is not None else "interações"
        dated = "" if self.times is None else ", com datas"
        return f"<{len(self)} {kind} de {self.n_users} usuários a {self.n_movies} filmes{dated}>"

    def select(self, rows: np.ndarray) -> "Interactions":
        """As linhas pedidas, por índice inteiro (m,) ou máscara bool (n,): a única maneira de dividir.

        Raises:
            DataError: se `rows` não é nem um nem outro, ou não é destas linhas.
        """
        rows = self._checked_rows(np.asarray(rows))
        columns = {name: getattr(self, name) for name in _NAMES}
        return replace(self, **{name: None if column is None else column[rows] for name, column in columns.items()})

    def _checked_rows(self, rows: np.ndarray) -> np.ndarray:
        if rows.ndim == 1 and rows.dtype == bool:
            if len(rows) != len(self):
                raise DataError(
                    f"a máscara tem {len(rows)} posições, e há {len(self)} linhas. Faça-a destes mesmos dados, por "
                    "exemplo com split_mask(len(data.ratings))."
                )
        elif rows.ndim == 1 and np.issubdtype(rows.dtype, np.integer):
            wrong = rows[(rows < 0) | (rows >= len(self))]
            if len(wrong):
                raise DataError(
                    f"o índice traz a posição {wrong[0]}, e as linhas vão de 0 a {len(self) - 1}. Faça-o destes mesmos "
                    "dados, por exemplo com np.flatnonzero de uma máscara."
                )
        else:
            raise DataError(
                f"a seleção tem forma {rows.shape} e tipo {rows.dtype}: dê um índice inteiro (m,) ou uma máscara "
                f"booleana ({len(self)},)."
            )
        return rows

    def history(self, users: np.ndarray | None = None) -> sp.csr_array:
        """O que cada usuário viu: float32 (U, n_movies), esparsa; a nota onde há uma, 1 onde só se sabe que viu.

        Inteira, é só de leitura, e a mesma a cada chamada: para mudá-la, use uma cópia, `history().copy()`.

        Args:
            users: int64 (U,), que linhas se querem e em que ordem; None, todas.
        """
        return self._history if users is None else self._history[np.asarray(users, np.int64)]

    @cached_property
    def _history(self) -> sp.csr_array:
        values = np.ones(len(self), np.float32) if self.values is None else self.values
        history = sparse(values, self.users, self.movies, (self.n_users, self.n_movies))
        for part in (history.data, history.indices, history.indptr):  # é de todos os modelos que leem estas linhas
            part.flags.writeable = False
        return history

    def sorted(self) -> "Interactions":
        """As mesmas linhas por usuário e, dentro dele, por data (sem datas, por filme); então `of_user` é uma fatia.

        Se já estão assim, são elas próprias.
        """
        keys = (self.movies, self.users) if self.times is None else (self.movies, self.times, self.users)
        return self if _in_order(keys) else self.select(np.lexsort(keys))

    def of_user(self, user: int) -> slice:
        """Onde estão as linhas de um usuário em `sorted()`; vazia se ele não tem nenhuma, ou chegou depois."""
        if user >= self.n_users:
            return slice(len(self), len(self))
        return slice(self._starts[user], self._starts[user + 1])

    @cached_property
    def _starts(self) -> np.ndarray:
        if (np.diff(self.users) < 0).any():
            raise DataError("estas linhas não estão por usuário: chame sorted() antes de of_user().")
        return np.concatenate([[0], np.cumsum(np.bincount(self.users, minlength=self.n_users))])

    def last_of_each(self, fraction: float) -> np.ndarray:
        """Quais são as avaliações mais recentes de cada usuário: bool (n,).

        No mesmo segundo, vale a ordem das linhas. De n avaliações, são n · `fraction`, arredondadas.

        Raises:
            DataError: se faltam as datas.
        """
        if self.times is None:
            raise DataError("estas avaliações não têm data, e não há como saber quais são as últimas de cada usuário.")
        order = np.lexsort((self.times, self.users))
        counts = np.bincount(self.users, minlength=self.n_users)
        position = np.empty(len(self), np.int64)
        position[order] = np.arange(len(self)) - (np.cumsum(counts) - counts)[self.users[order]]
        return position >= (counts - np.round(counts * fraction).astype(np.int64))[self.users]

    def refuse_repeated_pairs(self, part: str = "treinamento", name: str = "train") -> "Interactions":
        """Devolve as próprias interações, para quem supõe uma linha por par.

        Args:
            part, name: que parte são, na mensagem, e como se chama a variável.

        Raises:
            DataError: se um usuário avalia o mesmo filme mais de uma vez.
        """
        users, movies = repeated_pairs(self.users, self.movies)
        if len(users):
            raise DataError(
                f"nas linhas de {part}, o usuário {users[0]} avalia o filme {movies[0]} mais de uma vez "
                f"({len(users)} linha(s) a mais ao todo), e aqui se supõe uma avaliação por par.\n"
                f"De um índice, tire as repetições com np.unique({name}); de linhas, fique com a primeira de cada par: "
                f"{name}[np.unique({name}[:, :2], axis=0, return_index=True)[1]]."
            )
        return self

    def fingerprint(self) -> str:
        """Resumo sha256 do conteúdo: as mesmas linhas, na mesma ordem, têm o mesmo resumo."""
        return digest(*(getattr(self, field.name) for field in fields(self)))


def sparse(values: np.ndarray, rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> sp.csr_array:
    """Uma matriz esparsa, com `values` (n,) nas posições dadas; o que se repete, soma-se.

    Os índices ficam em int32. Os int64 dos ids, que o SciPy manteria, só dobram o que cada produto tem de ler. Passar
    das colunas para as linhas põe cada uma em ordem só contando: o SciPy, que as ordenaria, demora mais que o dobro.
    """
    by_column = sp.coo_array((values, (columns.astype(np.int32), rows.astype(np.int32))), shape=shape[::-1])
    by_column.has_canonical_format = True  # ainda não: é para que não ordene, nem some, já aqui
    result = by_column.tocsr().T.tocsr()
    result.sum_duplicates()
    return result


def _in_order(keys: tuple[np.ndarray, ...]) -> bool:
    """Se as linhas já estão na ordem de `np.lexsort(keys)`, em que a última chave vale mais."""
    tied = True
    for key in reversed(keys):
        step = np.diff(key)
        if (tied & (step < 0)).any():
            return False
        tied &= step == 0
    return True


def digest(*parts) -> str:
    """Resumo sha256 do conteúdo, na ordem: os bytes dos arrays, e do que não é array, como se escreve em Python."""
    total = hashlib.sha256()
    for part in parts:
        total.update(np.ascontiguousarray(part) if isinstance(part, np.ndarray) else repr(part).encode())
    return total.hexdigest()


def repeated_pairs(users: np.ndarray, movies: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Os pares (usuário, filme) que aparecem mais de uma vez: dois int64, com um par a cada vez que ele se repete."""
    n_users = users.max(initial=0) + 1
    pairs = np.sort(movies * n_users + users)
    movies, users = np.divmod(pairs[1:][pairs[1:] == pairs[:-1]], n_users)
    return users, movies


def _as_column(column, name: str) -> np.ndarray:
    """A coluna no tipo certo, com memória própria; recusa ids que não são inteiros, sem os truncar."""
    column = np.asarray(column)
    if column.ndim != 1:
        raise ShapeMismatchError(
            f"{name} tem forma {column.shape}, mas deve ser um vetor (n,): um valor por interação."
        )
    if not (np.issubdtype(column.dtype, np.integer) or np.issubdtype(column.dtype, np.floating)):
        raise DataError(f"{name} tem tipo {column.dtype}, mas deve ser de números.")
    if name == "values":
        return column.astype(np.float32)
    if np.issubdtype(column.dtype, np.floating):
        wrong = np.flatnonzero(column != np.floor(column))  # NaN também cai aqui; infinito, no intervalo
        if len(wrong):
            raise DataError(
                f"a linha {wrong[0]} traz {_NAMES[name]} {column[wrong[0]]:.16g}, que não é um inteiro.\n"
                "Os ids devem ser índices 0, 1, 2…: use load_movielens(...).ratings, ou reindexe com "
                "np.unique(ids, return_inverse=True)."
            )
    return column.astype(np.int64)


def _check_range(ids: np.ndarray, kind: str, size: int) -> None:
    wrong = np.flatnonzero((ids < 0) | (ids >= size))
    if len(wrong):
        raise IdOutOfRangeError(
            f"a linha {wrong[0]} traz o {kind} {ids[wrong[0]]}, mas os dados têm {kind}s de 0 a {size - 1}.\n"
            "Dê linhas destes mesmos dados, com índices a partir de 0, como as de load_movielens(...).ratings."
        )


def positions_by_id(ids: np.ndarray):
    """Percorre os ids distintos, em ordem crescente: pares (id, int64 com as posições em que ele aparece)."""
    order = np.argsort(ids, kind="stable")
    distinct, starts = np.unique(ids[order], return_index=True)
    return zip(distinct, np.split(order, starts[1:]), strict=False)  # de nada, np.split ainda faz um pedaço vazio
