"""Por que um minibatch deu errado: onde foi, e a provável causa, no lugar da mensagem do PyTorch."""

import copy
import math

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from course_lib.errors import ArgumentError, IdOutOfRangeError, NonFiniteError
from course_lib.trainer.objectives import Loss, bare


def explain(error: Exception, model: nn.Module, minibatch: tuple[torch.Tensor, ...], where: str) -> None:
    """Levanta o erro explicado, se sabe explicar `error`, que o modelo levantou; senão, volta em silêncio."""
    inputs = minibatch[0]
    if isinstance(error, IndexError):
        check_inputs(model, inputs, where)
        _find_index(model, inputs, where)
    if inputs.is_floating_point() and "arguments for embedding" in str(error):
        raise ArgumentError(
            f"{where} traz entradas {inputs.dtype}, e o modelo as dá como índices a um embedding, que só aceita "
            "inteiros. Converta os ids: inputs.long()."
        ) from error
    if isinstance(error, ValueError) and len(inputs) == 1 and any(isinstance(m, _BatchNorm) for m in model.modules()):
        raise ArgumentError(
            f"{where} tem uma amostra só, e a BatchNorm do modelo precisa de duas para medir o desvio. Escolha outro "
            "batch_size, ou descarte o último minibatch: DataLoader(..., drop_last=True)."
        ) from error


def check_inputs(model: nn.Module, inputs: torch.Tensor, where: str) -> None:
    """Recusa índices que o modelo não conhece, se ele sabe dizê-lo (`check_inputs(inputs)`)."""
    check = getattr(bare(model), "check_inputs", None)
    if check is None:
        return
    try:
        check(inputs)
    except IdOutOfRangeError as error:
        raise IdOutOfRangeError(f"{where} {error}") from None


def check_before_moving(model: nn.Module, inputs: torch.Tensor, where: str) -> None:
    """O mesmo, antes de um acelerador, onde um índice errado derruba o processo, e para qualquer modelo.

    O que não sabe dizê-lo prevê, numa cópia na CPU, as linhas em que cada coluna é menor e maior.
    """
    check_inputs(model, inputs, where)
    if not hasattr(bare(model), "check_inputs") and len(inputs):
        try:
            twin = copy.deepcopy(bare(model)).cpu().eval()
        except Exception:  # uma rede que não se copia, como a que guarda o que calculou, não se confere
            return
        extremes = torch.cat([inputs.argmin(dim=0).reshape(-1), inputs.argmax(dim=0).reshape(-1)])
        _find_index(twin, inputs[extremes].cpu(), where)


def _find_index(model: nn.Module, inputs: torch.Tensor, where: str) -> None:
    """Repete a previsão à espreita de cada embedding, e recusa o primeiro índice que um deles não tem."""

    def refuse(name: str, table: nn.Embedding, ids: torch.Tensor) -> None:
        low, high = (int(value) for value in ids.aminmax())
        if low < 0 or high >= table.num_embeddings:
            raise IdOutOfRangeError(
                f"{where} pede ao embedding {name} a linha {low if low < 0 else high}, mas ele tem linhas de 0 a "
                f"{table.num_embeddings - 1}.\nProvável causa: os ids não foram reindexados, ou a tabela foi criada "
                "para outros dados. Com load_movielens, data.n_users e data.n_movies dizem os tamanhos."
            )

    hooks = [
        module.register_forward_pre_hook(lambda table, ids, name=name: refuse(name, table, ids[0]))
        for name, module in model.named_modules()
        if isinstance(module, nn.Embedding)
    ]
    try:
        with torch.no_grad():
            model(inputs)
    except IdOutOfRangeError:
        raise
    except Exception:  # o erro é outro, e é o primeiro que interessa
        return
    finally:
        for hook in hooks:
            hook.remove()


def check_finite(loss: Loss, minibatch: tuple[torch.Tensor, ...], where: str) -> None:
    """Recusa uma perda NaN ou infinita, e diz de onde ela veio."""
    value = loss.shown.item()
    if math.isfinite(value):
        return
    if not all(torch.isfinite(part).all() for part in minibatch):
        cause = "há nota NaN ou infinita nos dados; confira o arquivo com load_movielens"
    elif loss.prediction is None:
        cause = "os pesos explodiram; diminua a taxa de aprendizado"
    elif not torch.isfinite(loss.prediction).all():
        cause = "a previsão já saiu NaN ou infinita: os pesos explodiram; diminua a taxa de aprendizado"
    else:
        cause = "previsão e alvo são finitos, mas a perda não; confira o critério e a taxa de aprendizado"
    raise NonFiniteError(f"a perda é {value} n{where}. Provável causa: {cause}.")
