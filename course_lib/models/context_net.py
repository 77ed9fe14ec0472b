"""Uma rede que recebe contexto: a `HybridNet` mais uma MLP pequena, que lê o que as outras notas dizem desta."""

import numpy as np
import torch
from torch import nn

from course_lib.interactions import Interactions
from course_lib.models.context import Context, needs_context
from course_lib.models.features import movie_features, spread
from course_lib.models.hybrid import HybridNet
from course_lib.models.rating_net import RatingNet


class ContextNet(HybridNet):
    """`HybridNet` + MLP(contexto, vetor do usuário).

    Args:
        context: o `Context` das linhas de treinamento.
        features: float32 (n_movies, n_features), como em `HybridNet`.
        n_hidden: unidades das duas camadas densas.
        dropout, dropout_user: frações zeradas das unidades ocultas e do vetor do usuário que a MLP recebe.
        sees_movie: se a MLP recebe também o vetor do filme. Parece inofensivo, e é a gêmea que se sobreajusta.
        options: o mais, como em `HybridNet`.
    """

    def __init__(
        self,
        context: Context,
        features: np.ndarray,
        n_hidden: tuple[int, int] = (64, 32),
        dropout: float = 0.1,
        dropout_user: float = 0.3,
        sees_movie: bool = False,
        n_factors: int = 32,
        **options,
    ):
        past = context.past
        super().__init__(past.n_users, past.n_movies, features, past.rows, n_factors, context.mean, **options)
        self.context, self.use_time, self.sees_movie = context, context.use_time, sees_movie
        self.groups = context.groups  # o que distingue, num checkpoint, esta rede de outra com outro contexto
        rows, order = past.rows, np.argsort(past.rows.movies * past.n_users + past.rows.users)  # a ordem de `pairs`
        times = rows.times[order] if context.use_time else None
        known = context(rows.users[order], rows.movies[order], times)
        self.register_buffer("context_mean", torch.from_numpy(known.mean(axis=0)), persistent=False)
        self.register_buffer("context_std", torch.from_numpy(spread(known) + 1e-6), persistent=False)
        self.register_buffer("known_context", torch.from_numpy(known), persistent=False)
        n_inputs = known.shape[1] + n_factors * (1 + sees_movie)
        self.dropout_user = nn.Dropout(dropout_user)
        self.mlp = nn.Sequential(
            nn.Linear(n_inputs, n_hidden[0]),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(n_hidden[0], n_hidden[1]),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(n_hidden[1], 1),
        )

    @classmethod
    def for_data(cls, train: Interactions, catalog, use_time: bool = False, **options) -> "ContextNet":
        return cls(Context(train, catalog, use_time), movie_features(catalog), **options)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """LongTensor (B, 2), ou (B, 3) com o momento de cada avaliação, em segundos desde 1970 -> FloatTensor (B, 1).

        Os pares de treinamento dispensam o momento, que já se conhece.
        """
        pairs = inputs[:, :2]
        vectors = [self.dropout_user(self.user_vectors(pairs[:, 0]))]
        if self.sees_movie:
            vectors.append(self.movie_vectors(pairs[:, 1]))
        context = (self.context_of(inputs) - self.context_mean) / self.context_std
        return super().forward(pairs) + self.mlp(torch.cat([context, *vectors], dim=1))

    def context_of(self, inputs: torch.Tensor) -> torch.Tensor:
        """O contexto de cada par, FloatTensor (B, n_columns): os de treinamento estão prontos, os outros se calculam.

        Raises:
            ArgumentError: se a rede usa o tempo e falta o momento de um par fora do treinamento.
        """
        position, known = self.find(inputs[:, 0], inputs[:, 1])
        context = self.known_context[position]
        new = ~known
        if new.any():
            users, movies, *times = inputs[new].cpu().numpy().T
            context[new] = torch.from_numpy(self.context(users, movies, *times)).to(context.device)
        return context

    predict_all = RatingNet.predict_all  # par a par, e não como na HybridNet: o contexto é de cada par

    def with_users(self, history):
        raise needs_context(self)
