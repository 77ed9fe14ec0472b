"""Um usuário que chega agora: acrescentá-lo a um modelo já treinado, sem treinar tudo de novo (*fold-in*)."""

import copy

import torch
from torch import nn

from course_lib.analysis.recommend import device_of
from course_lib.checks import check_new_user
from course_lib.errors import ArgumentError
from course_lib.models import DotNet

# Força que puxa o usuário novo para o usuário médio, escolhida dentro da parte de treinamento (semente 42): modelos
# treinados sem 130 usuários, que depois entram com 1, 5 e 20 avaliações.
VECTOR_SHRINKAGE = 15.0
BIAS_SHRINKAGE = 2.0  # para o viés: como se o usuário tivesse duas avaliações a mais, iguais às do usuário médio
NET_SHRINKAGE, NET_STEPS, NET_LR = 5.0, 100, 0.02


def add_user(model: nn.Module, movies, ratings) -> tuple[nn.Module, int]:
    """Acrescenta um usuário a um modelo treinado; filmes e demais usuários ficam como estão.

    O usuário novo começa igual ao usuário médio: a média dos vetores e dos vieses. Sem avaliações, fica assim. Com
    avaliações, só os números dele se ajustam a elas, puxados para o usuário médio tanto mais quanto menos ele avaliou.
    Nos modelos de produto interno isso é uma regressão ridge, resolvida de uma vez; na rede, alguns passos de Adam.

    Args:
        model: rede treinada com `user_vectors`: `DotNet`, `BiasedDotNet`, `HybridNet`, `NeuralNet`. Não é alterada.
        movies: inteiros (m,), índices dos filmes que o usuário novo avaliou; pode ser vazio.
        ratings: float (m,), as notas, em estrelas.

    Returns:
        `(modelo novo, índice do usuário novo)`; o índice é o antigo `n_users`.

    Raises:
        ArgumentError: se o modelo não descreve um usuário só por um vetor.
        ArgumentError, ShapeMismatchError, IdOutOfRangeError, NonFiniteError: ver `check_new_user`.
    """
    if not isinstance(getattr(model, "user_vectors", None), nn.Embedding) or hasattr(model, "context"):
        raise ArgumentError(
            f"{type(model).__name__} não serve: add_user pede uma rede que descreva um usuário só por um vetor, como "
            "DotNet, BiasedDotNet, HybridNet ou NeuralNet. Do que train_model devolve, passe fitted.model; ALS e "
            "BayesianMF têm o seu próprio add_user."
        )
    movies, ratings = check_new_user(movies, ratings, model.n_movies)
    extended, user = copy.deepcopy(model).eval(), model.n_users
    tables = [_append_average_row(extended, name) for name in ("user_vectors", "user_bias") if hasattr(extended, name)]
    extended.n_users += 1
    if len(movies):
        fold_in = _solve_ridge if isinstance(model, DotNet) else _descend
        fold_in(
            extended, tables, user, *(torch.from_numpy(values).to(device_of(model)) for values in (movies, ratings))
        )
    return extended, user


def _append_average_row(model: nn.Module, name: str) -> nn.Parameter:
    weight = getattr(model, name).weight.detach()
    extended = torch.cat([weight, weight.mean(dim=0, keepdim=True)])
    setattr(model, name, nn.Embedding.from_pretrained(extended, freeze=False))
    return getattr(model, name).weight


@torch.no_grad()
def _solve_ridge(model: DotNet, tables: list[nn.Parameter], user: int, movies: torch.Tensor, ratings: torch.Tensor):
    """Soma ao usuário médio o desvio d que minimiza Σ (sobra - X·d)² + Σ λ·d²: (XᵀX + Λ) d = Xᵀ·sobra."""
    pairs = torch.stack([torch.full_like(movies, user), movies], dim=1)
    start = model(pairs)[:, 0]
    columns, shrinkage = [_slopes(model, pairs, start)], [VECTOR_SHRINKAGE] * tables[0].shape[1]
    if len(tables) == 2:  # o viés soma-se à nota tal como é: sua coluna é toda 1
        columns, shrinkage = [*columns, torch.ones_like(start)[:, None]], [*shrinkage, BIAS_SHRINKAGE]
    design = torch.cat(columns, dim=1)
    system = design.T @ design + torch.diag(torch.tensor(shrinkage, device=design.device))
    change = torch.linalg.solve(system, design.T @ (ratings - start))
    for table, part in zip(tables, change.split([table.shape[1] for table in tables]), strict=True):
        table[-1] += part


def _slopes(model: DotNet, pairs: torch.Tensor, start: torch.Tensor) -> torch.Tensor:
    """Quanto a nota de cada filme muda quando se soma 1 a cada número do vetor do usuário: FloatTensor (m, n_factors).

    No produto interno é o próprio vetor do filme; medido assim, vale também quando o modelo o compõe de várias partes.
    """
    row = model.user_vectors.weight[pairs[0, 0]]
    original, slopes = row.clone(), []
    for factor in range(len(row)):
        row[factor] += 1
        slopes.append(model(pairs)[:, 0] - start)
        row.copy_(original)
    return torch.stack(slopes, dim=1)


def _descend(model: nn.Module, tables: list[nn.Parameter], user: int, movies: torch.Tensor, ratings: torch.Tensor):
    """O mesmo objetivo por descida de gradiente, para a rede, em que a conta não se resolve de uma vez."""
    pairs = torch.stack([torch.full_like(movies, user), movies], dim=1)
    averages = [table[-1].detach().clone() for table in tables]
    optimizer = torch.optim.Adam(tables, lr=NET_LR)
    for _ in range(NET_STEPS):
        error = (model(pairs)[:, 0] - ratings).square().sum()
        distance = sum((table[-1] - average).square().sum() for table, average in zip(tables, averages, strict=True))
        objective = error + NET_SHRINKAGE * distance
        optimizer.zero_grad()
        objective.backward()
        for table in tables:
            table.grad[:-1] = 0  # só a linha do usuário novo anda
        optimizer.step()
