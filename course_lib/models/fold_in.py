"""Quem chega agora: acrescentar usuários a uma rede já treinada, sem treinar tudo de novo (*fold-in*)."""

import copy

import numpy as np
import scipy.sparse as sp
import torch
from torch import nn

from course_lib.errors import ArgumentError

# Força que puxa o usuário novo para o usuário médio, escolhida dentro da parte de treinamento (semente 42): modelos
# treinados sem 130 usuários, que depois entram com 1, 5 e 20 avaliações.
VECTOR_SHRINKAGE = 15.0
BIAS_SHRINKAGE = 2.0  # para o viés: como se o usuário tivesse duas avaliações a mais, iguais às do usuário médio
NET_SHRINKAGE, NET_STEPS, NET_LR = 5.0, 100, 0.02


def with_users(net: nn.Module, history: sp.csr_array) -> nn.Module:
    """Uma cópia da rede com um usuário a mais por linha de `history`; filmes e demais usuários ficam como estão.

    O usuário novo começa igual ao usuário médio: a média dos vetores e dos vieses. Sem avaliações, fica assim. Com
    avaliações, só os números dele se ajustam a elas, puxados para o usuário médio tanto mais quanto menos ele avaliou.
    Onde a nota é linear no vetor do usuário (`linear_in_user`), como no produto interno, isso é uma regressão ridge,
    resolvida de uma vez; nas outras redes, alguns passos de Adam.

    Args:
        net: rede treinada com `user_vectors`. Não é alterada.
        history: (U, n_movies), as notas de cada um, em estrelas.

    Raises:
        ArgumentError: se a rede não descreve um usuário só por um vetor.
    """
    if not isinstance(getattr(net, "user_vectors", None), nn.Embedding):
        raise ArgumentError(
            f"{type(net).__name__} não recebe quem chegou depois: é preciso uma rede que descreva um usuário só por um "
            "vetor, em user_vectors, como DotNet, BiasedDotNet, HybridNet ou NeuralNet."
        )
    extended, n_new = copy.deepcopy(net).eval(), history.shape[0]
    names = [name for name in ("user_vectors", "user_bias") if hasattr(extended, name)]
    tables = [_append_average_rows(extended, name, n_new) for name in names]
    extended.n_users += n_new
    solve = _solve_ridge if getattr(net, "linear_in_user", False) else _descend
    for user, (start, end) in enumerate(zip(history.indptr[:-1], history.indptr[1:], strict=True), start=net.n_users):
        if end > start:
            movies, ratings = history.indices[start:end].astype(np.int64), history.data[start:end].astype(np.float32)
            pairs = torch.from_numpy(np.column_stack([np.full_like(movies, user), movies]))
            rows = [table.detach()[user] for table in tables]
            solve(extended, tables, rows, pairs.to(rows[0].device), torch.from_numpy(ratings).to(rows[0].device))
    return extended


def _append_average_rows(net: nn.Module, name: str, n_new: int) -> torch.Tensor:
    """Troca uma tabela por outra com `n_new` linhas a mais, todas a média das que havia; devolve a tabela nova."""
    weight = getattr(net, name).weight.detach()
    extended = torch.cat([weight, weight.mean(dim=0, keepdim=True).expand(n_new, -1)])
    setattr(net, name, nn.Embedding.from_pretrained(extended, freeze=False))
    return getattr(net, name).weight


@torch.no_grad()
def _solve_ridge(net, tables, rows: list[torch.Tensor], pairs: torch.Tensor, ratings: torch.Tensor) -> None:
    """Soma ao usuário médio o desvio d que minimiza Σ (sobra - X·d)² + Σ λ·d²: (XᵀX + Λ) d = Xᵀ·sobra.

    `rows` são as linhas do usuário em `tables`, que aqui se alteram.
    """
    start, (vector, *bias) = net(pairs)[:, 0], rows
    design, shrinkage = _slopes(net, pairs, vector, start), [VECTOR_SHRINKAGE] * len(vector)
    if bias:  # o viés soma-se à nota tal como é: sua coluna é toda 1
        design, shrinkage = torch.cat([design, torch.ones_like(start)[:, None]], dim=1), [*shrinkage, BIAS_SHRINKAGE]
    system = design.T @ design + torch.diag(torch.tensor(shrinkage, device=design.device))
    change = torch.linalg.solve(system, design.T @ (ratings - start))
    for row, part in zip(rows, change.split([len(row) for row in rows]), strict=True):
        row += part


def _slopes(net, pairs: torch.Tensor, vector: torch.Tensor, start: torch.Tensor) -> torch.Tensor:
    """Quanto a nota de cada filme muda quando se soma 1 a cada número do vetor do usuário: FloatTensor (m, n_factors).

    No produto interno é o próprio vetor do filme; medido assim, vale também quando o modelo o compõe de várias partes.
    """
    original, slopes = vector.clone(), []
    for factor in range(len(vector)):
        vector[factor] += 1
        slopes.append(net(pairs)[:, 0] - start)
        vector.copy_(original)
    return torch.stack(slopes, dim=1)


def _descend(net, tables, rows: list[torch.Tensor], pairs: torch.Tensor, ratings: torch.Tensor) -> None:
    """O mesmo objetivo por descida de gradiente, para a rede, em que a conta não se resolve de uma vez."""
    user, averages = pairs[0, 0], [row.clone() for row in rows]
    optimizer = torch.optim.Adam(tables, lr=NET_LR)
    for _ in range(NET_STEPS):
        error = (net(pairs)[:, 0] - ratings).square().sum()
        distance = sum((table[user] - mean).square().sum() for table, mean in zip(tables, averages, strict=True))
        optimizer.zero_grad()
        (error + NET_SHRINKAGE * distance).backward()
        for table in tables:  # só a linha do usuário novo anda
            alone = table.grad[user].clone()
            table.grad.zero_()[user] = alone
        optimizer.step()
