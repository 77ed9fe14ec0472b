"""O que o treinador recusa, e por quê: cada verificação explica o engano a que costuma corresponder."""

import math
import numbers
import warnings

import torch
from torch import nn
from torch.utils.data import DataLoader

from course_lib.errors import ArgumentError, DeviceError, IdOutOfRangeError, NonFiniteError, ShapeMismatchError


def final_epoch(last_epoch: int, n_epochs: int | None, until_epoch: int | None) -> int:
    """A época em que o treinamento acaba; recusa quem não diz quantas quer, ou o diz duas vezes."""
    if (n_epochs is None) == (until_epoch is None):
        raise ArgumentError("diga n_epochs=… (épocas a mais) ou until_epoch=… (épocas ao todo); um dos dois.")
    asked = n_epochs if until_epoch is None else until_epoch
    if isinstance(asked, bool) or not isinstance(asked, numbers.Integral) or asked < 1:
        raise ArgumentError(f"número de épocas {asked!r}: use um inteiro maior ou igual a 1.")
    return int(last_epoch + asked if until_epoch is None else asked)


def check_same_shape(prediction: torch.Tensor, target: torch.Tensor) -> None:
    """Recusa previsão e alvo de formas diferentes, que a perda combinaria por broadcasting."""
    if prediction.shape != target.shape:
        got, want = tuple(prediction.shape), tuple(target.shape)
        raise ShapeMismatchError(
            f"a previsão tem forma {got} e o alvo, {want}. A perda as combinaria por broadcasting: (B,) contra (B, 1) "
            "vira (B, B), cada previsão comparada com todos os alvos, e o modelo treina a coisa errada sem reclamar. "
            "Devolva a previsão na forma do alvo; por exemplo, sum(dim=1, keepdim=True) no lugar de sum(dim=1)."
        )


def check_ids(model: nn.Module, inputs: torch.Tensor, where: str) -> None:
    """Recusa índices que o modelo não conhece, se ele diz quantos conhece (`n_users`, `n_movies`)."""
    for column, (kind, attribute) in enumerate((("usuário", "n_users"), ("filme", "n_movies"))):
        size = getattr(model, attribute, None)
        if size is None or not len(inputs) or inputs.dim() != 2:
            continue
        low, high = (int(value) for value in inputs[:, column].aminmax())
        if low < 0 or high >= size:
            wrong = low if low < 0 else high
            raise IdOutOfRangeError(
                f"{where} traz o {kind} {wrong}, mas o modelo conhece {kind}s de 0 a {size - 1}.\n"
                "Provável causa: os ids não foram reindexados, ou o modelo foi criado para outros dados. "
                "Use load_movielens(...).ratings, que já traz índices contíguos, e crie o modelo com data.n_users e "
                "data.n_movies."
            )


def check_finite(loss: float, prediction: torch.Tensor, target: torch.Tensor, where: str) -> None:
    """Recusa uma perda NaN ou infinita, e diz de onde ela veio."""
    if math.isfinite(loss):
        return
    if not torch.isfinite(target).all():
        cause = "há nota NaN ou infinita nos dados; confira o arquivo com load_movielens"
    elif not torch.isfinite(prediction).all():
        cause = "a previsão já saiu NaN ou infinita: os pesos explodiram; diminua a taxa de aprendizado"
    else:
        cause = "previsão e alvo são finitos, mas a perda não; confira o critério e a taxa de aprendizado"
    raise NonFiniteError(f"a perda é {loss} {where}. Provável causa: {cause}.")


def check_criterion(criterion) -> None:
    """Recusa um critério que não faz a média por amostra: as perdas de épocas diferentes não seriam comparáveis."""
    reduction = getattr(criterion, "reduction", "mean")
    if reduction != "mean":
        raise ArgumentError(f"o critério usa reduction={reduction!r}; use reduction='mean' (a média por amostra).")


def check_scalar_loss(loss: torch.Tensor) -> None:
    """Recusa uma perda que não é um escalar."""
    if loss.dim():
        raise ArgumentError(
            f"o critério devolveu forma {tuple(loss.shape)} em vez de um escalar; "
            "use reduction='mean' (a média por amostra)."
        )


def check_loader(loader: DataLoader | None, name: str) -> None:
    """Recusa um conjunto vazio, de que não sairia perda nenhuma."""
    if loader is None:
        raise ArgumentError(f"{name} é None; passe um DataLoader, por exemplo o de make_dataloaders(train, valid).")
    if length(loader) == 0:
        raise ArgumentError(
            f"{name} não tem nenhum minibatch. Confira a divisão dos dados e drop_last, que descarta o lote incompleto."
        )


def length(loader) -> int | None:
    """Quantos minibatches; None se só se sabe depois de percorrer (`IterableDataset`)."""
    try:
        return len(loader)
    except TypeError:
        return None


def check_device(model: nn.Module, device: torch.device) -> None:
    """Recusa um modelo que foi movido depois de o treinador ser criado."""
    for name, parameter in model.named_parameters():
        if parameter.device.type != device.type:
            raise DeviceError(
                f"o parâmetro {name} está em {parameter.device}, e o treinador leva os dados para {device}. "
                "Não mova o modelo depois de criar o treinador; crie outro com device=… se quiser trocar."
            )


def check_metrics(metrics: dict) -> None:
    """Recusa uma métrica chamada "loss", que tomaria o lugar da perda."""
    if "loss" in metrics:
        raise ArgumentError('metrics tem uma métrica chamada "loss", que é o nome da perda; dê-lhe outro nome.')


def metric_value(name: str, value) -> float:
    """O valor de uma métrica como float; recusa o que não for um número só."""
    if isinstance(value, torch.Tensor) and value.numel() == 1:
        value = value.item()
    if hasattr(value, "ndim") and value.ndim == 0:
        value = value.item()
    if not isinstance(value, numbers.Real):
        raise ArgumentError(f"a métrica {name!r} devolveu {type(value).__name__}, e não um número só (float).")
    return float(value)


def warn_shared_pairs(train: DataLoader, valid: DataLoader) -> None:
    """Avisa se a validação contém pares (usuário, filme) do treinamento: a nota dela ficaria boa demais."""
    if not (hasattr(train.dataset, "count_shared") and type(valid.dataset) is type(train.dataset)):
        return
    shared = train.dataset.count_shared(valid.dataset)
    if shared:
        warnings.warn(
            f"{shared} de {len(valid.dataset)} pares (usuário, filme) da validação estão também no treinamento: "
            "a perda de validação sairá melhor do que devia. Divida com split_ratings.",
            stacklevel=4,
        )
