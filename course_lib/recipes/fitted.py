"""O que `train_model` devolve."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import scipy.sparse as sp

from course_lib import recommend
from course_lib.datasets import MovieLens
from course_lib.errors import ArgumentError
from course_lib.recipes.recipe import Recipe
from course_lib.trainer import History


@dataclass(frozen=True)
class Fitted:
    """Um modelo treinado por uma receita.

    Attributes:
        name, recipe: o nome da receita e ela mesma.
        model: o modelo; ver `course_lib.models.contract`.
        history: a história do treinamento; vazia para modelos de fórmula fechada.
        seconds: tempo de treinamento; quase zero se um modelo guardado foi reaproveitado.
        data: o `MovieLens` de que saíram as linhas de treinamento.
        use_time: se o modelo usa o momento da avaliação que prevê.
    """

    name: str
    recipe: Recipe
    model: object
    history: History
    seconds: float
    data: MovieLens = field(repr=False)
    use_time: bool = False

    def predict(self, users, movies, timestamps=None) -> np.ndarray:
        """Notas previstas, float32 (n,), aparadas à escala dos dados.

        Args:
            users, movies: inteiros (n,).
            timestamps: segundos desde 1970, (n,); obrigatório se `use_time`, ignorado nos demais.

        Raises:
            ArgumentError: se a receita só ordena.
        """
        if self.recipe.task == "ranking":
            raise ArgumentError(
                f"a receita {self.name!r} só ordena filmes, e não prevê notas: use score ou top_k, ou uma receita de "
                "estrelas, como 'hybrid'."
            )
        return self.clip(recommend.predict(self.model, users, movies, timestamps if self.use_time else None))

    def score(self, users, history: sp.csr_array | None = None) -> np.ndarray:
        """Pontos crus de todos os filmes, float32 (U, n_movies), de que só a ordem conta; ver `Model.score`."""
        if history is not None:
            return self.model.score(users, history)
        return recommend.score_rows(self.model, users, self.data.n_movies)

    def top_k(self, user: int, k: int = 10, exclude: np.ndarray | None = None) -> pd.DataFrame:
        """Os `k` primeiros filmes da lista do usuário; ver `course_lib.top_k`."""
        return recommend.top_k(self, self.data, user, k, exclude)

    def clip(self, stars: np.ndarray) -> np.ndarray:
        """Notas aparadas à escala dos dados: é o único lugar em que isso se faz. Pontos passam como estão."""
        return np.clip(stars, *self.data.rating_scale) if self.recipe.task == "rating" else stars

    @property
    def n_users(self) -> int:
        return self.data.n_users

    @property
    def n_movies(self) -> int:
        return self.data.n_movies
