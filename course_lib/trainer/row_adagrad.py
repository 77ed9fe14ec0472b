"""Um otimizador para tabelas tão grandes que percorrê-las a cada minibatch custaria mais que o próprio minibatch."""

import torch
from torch import nn

from course_lib.errors import ArgumentError


def row_adagrad(model: nn.Module, lr: float = 0.1) -> "RowAdagrad":
    """Prepara uma rede feita só de embeddings para o `RowAdagrad`, e devolve o otimizador.

    Os embeddings passam a dar gradientes esparsos: só das linhas consultadas pelo minibatch.

    Args:
        model: a rede, como `DotNet` e `BiasedDotNet`; é alterada.
        lr: taxa de aprendizado.

    Raises:
        ArgumentError: se a rede tem outros parâmetros, que o minibatch inteiro altera (os de uma camada densa).
    """
    tables = [module for module in model.modules() if isinstance(module, nn.Embedding)]
    ours = {id(table.weight) for table in tables}
    others = [name for name, parameter in model.named_parameters() if id(parameter) not in ours]
    if others:
        raise ArgumentError(
            f"row_adagrad serve a redes só de embeddings, e esta tem também {', '.join(others)}. Use torch.optim.Adam."
        )
    for table in tables:
        table.sparse = True
    return RowAdagrad(model.parameters(), lr=lr)


class RowAdagrad(torch.optim.Optimizer):
    """Adagrad com um só número de memória por linha da tabela (Duchi et al., 2011; por linha, Lerer et al., 2019).

    O Adam guarda dois números por peso e visita todos a cada passo. Aqui um passo toca só as linhas do minibatch, e a
    memória é a de uma coluna a mais na tabela. Uma linha muito consultada aprende cada vez mais devagar:

        soma[linha] += média do quadrado do gradiente da linha
        peso[linha] −= lr · gradiente / √soma[linha]

    Args:
        params: tabelas (n, F) com gradiente esparso (`nn.Embedding(..., sparse=True)`); veja `row_adagrad`.
        lr: taxa de aprendizado.
        eps: evita a divisão por zero.
    """

    def __init__(self, params, lr: float = 0.1, eps: float = 1e-10):
        super().__init__(params, {"lr": lr, "eps": eps})

    @torch.no_grad()
    def step(self):
        """Um passo sobre as linhas que o último minibatch consultou."""
        for group in self.param_groups:
            for table in group["params"]:
                if table.grad is not None:
                    self._step_table(table, group["lr"], group["eps"])

    def _step_table(self, table: torch.Tensor, lr: float, eps: float) -> None:
        state = self.state[table]
        if not state:
            state["sum"] = torch.zeros(len(table), 1, device=table.device)
        # Uma linha consultada duas vezes soma os dois gradientes; a soma é uma cópia, que se pode estragar.
        gradient = table.grad.coalesce()
        rows, values = gradient.indices()[0], gradient.values()
        mean_square = torch.linalg.vector_norm(values, dim=1, keepdim=True).square_() / values.shape[1]
        total = state["sum"].index_select(0, rows).add_(mean_square)
        state["sum"].index_copy_(0, rows, total)
        step = values.div_(total.sqrt_().add_(eps)).mul_(-lr)
        # O mesmo que `table.index_add_(0, rows, step)`, que na CPU vai linha por linha e demora mais.
        table.scatter_add_(0, rows[:, None].expand_as(step), step)
