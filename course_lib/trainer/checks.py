"""O que o treinador recusa antes de começar, e por quê: cada recusa explica o engano a que costuma corresponder."""

import inspect
import math
import numbers
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import torch
from torch import nn
from torch.optim import Optimizer
from torch.utils.data import Dataset

from course_lib.errors import ArgumentError, DeviceError, NonFiniteError
from course_lib.trainer.callbacks import Callback
from course_lib.trainer.objectives import Loss, Objective, Stars


def one_objective(criterion: Callable | None, objective: Objective | None) -> Objective:
    """O objetivo pedido: `criterion` entre previsão e alvo, ou um `Objective`; recusa os dois, ou nenhum."""
    if (criterion is None) == (objective is None):
        raise ArgumentError(
            "diga o que otimizar: criterion=nn.MSELoss() para acertar notas, ou objective=… para outro objetivo "
            "(course_lib.trainer.objectives); um dos dois."
        )
    if objective is not None and not isinstance(objective, Objective):
        raise ArgumentError(f"objective={objective!r} não é um Objective; se é um critério, passe criterion=….")
    return Stars(criterion) if objective is None else objective


def check_kinds(model: nn.Module, optimizer: Optimizer, lr_scheduler, metrics: Mapping, callbacks: Sequence) -> None:
    """Recusa a peça que não é o que se pede: a classe no lugar do objeto, um só no lugar da lista ou do dicionário."""
    a_net, an_optimizer = isinstance(model, nn.Module), isinstance(optimizer, Optimizer)
    a_schedule = lr_scheduler is None or (hasattr(lr_scheduler, "step") and not isinstance(lr_scheduler, type))
    named = isinstance(metrics, Mapping) and all(map(callable, metrics.values()))
    listed = isinstance(callbacks, Sequence) and all(isinstance(one, Callback) for one in callbacks)
    for name, value, fits, remedy in (
        ("model", model, a_net, "a rede já criada, como BiasedDotNet(n_users, n_movies)"),
        ("optimizer", optimizer, an_optimizer, "um, como torch.optim.Adam(model.parameters(), lr=1e-3)"),
        ("lr_scheduler", lr_scheduler, a_schedule, "uma agenda já criada, como StepLR(optimizer, step_size=5)"),
        ("metrics", metrics, named, 'um dicionário, nome -> função, como {"rmse": rmse}'),
        ("callbacks", callbacks, listed, "uma lista de callbacks já criados, como [EarlyStopping(patience=5)]"),
    ):
        if not fits:
            raise ArgumentError(f"{name}={value!r}: passe {remedy}.")


def check_settings(metrics: Mapping, mode: str, keep: str) -> None:
    """Recusa nomes que não existem, e uma métrica chamada "loss", que tomaria o lugar da perda."""
    if "loss" in metrics:
        raise ArgumentError('metrics tem uma métrica chamada "loss", que é o nome da perda; dê-lhe outro nome.')
    if mode not in ("min", "max"):
        raise ArgumentError(f'mode={mode!r}: use "min", se melhor é menor (um erro), ou "max", se é maior.')
    if keep not in ("best", "last"):
        raise ArgumentError(f'keep={keep!r}: use "best", os pesos da melhor época, ou "last", os da última.')


def check_optimizer(optimizer: Optimizer, *parts: nn.Module) -> None:
    """Recusa um otimizador de parâmetros que não são do modelo: treinaria outra coisa, ou nada, sem aviso.

    Recusa também o que pede uma função que refaça a perda (`closure`), que o laço não tem.
    Um parâmetro do modelo que o otimizador não tem é uma camada congelada, e não se estranha.
    """
    known = {id(parameter) for part in parts for parameter in part.parameters()}
    foreign = [p for group in optimizer.param_groups for p in group["params"] if id(p) not in known]
    if foreign:
        raise ArgumentError(
            f"o otimizador tem {len(foreign)} parâmetro(s) que não são deste modelo (o primeiro, de forma "
            f"{tuple(foreign[0].shape)}): ele mudaria os pesos de outro, e este ficaria como está.\n"
            "Provável causa: a célula que cria o modelo foi rodada de novo, e a do otimizador, não. "
            "Crie-o outra vez, com model.parameters() deste modelo."
        )
    closure = inspect.signature(optimizer.step).parameters.get("closure")
    if closure and closure.default is closure.empty:
        raise ArgumentError(
            f"{type(optimizer).__name__} calcula a perda várias vezes a cada passo (step(closure)), e o laço do "
            "treinador a calcula uma vez só. Use outro otimizador, como torch.optim.Adam."
        )


def check_scheduler(lr_scheduler, optimizer: Optimizer) -> None:
    """Recusa uma agenda de outro otimizador: a taxa de aprendizado deste não mudaria nunca, sem aviso."""
    if getattr(lr_scheduler, "optimizer", optimizer) is not optimizer:
        raise ArgumentError(
            "a agenda (lr_scheduler) é de outro otimizador: mudaria a taxa de aprendizado dele, e a deste ficaria como "
            "está.\nProvável causa: a célula que cria o otimizador foi rodada de novo, e a da agenda, não. "
            "Crie-a outra vez, com este otimizador."
        )


def final_epoch(last_epoch: int, n_epochs: int | None, until_epoch: int | None) -> int:
    """A época em que o treinamento acaba; recusa quem não diz quantas quer, ou o diz duas vezes."""
    if (n_epochs is None) == (until_epoch is None):
        raise ArgumentError("diga n_epochs=… (épocas a mais) ou until_epoch=… (épocas ao todo); um dos dois.")
    asked = n_epochs if until_epoch is None else until_epoch
    if isinstance(asked, bool) or not isinstance(asked, numbers.Integral) or asked < 1:
        raise ArgumentError(f"número de épocas {asked!r}: use um inteiro maior ou igual a 1.")
    return int(last_epoch + asked if until_epoch is None else asked)


def check_loader(loader, name: str, once: bool = False) -> None:
    """Recusa o que não se percorre em minibatches, e um conjunto vazio, de que não sairia perda nenhuma.

    Args:
        once: se basta percorrê-lo uma vez.
    """
    remedy = 'Passe um loader, por exemplo loaders["train"], de loaders = make_dataloaders(train, valid).'
    if loader is None:
        raise ArgumentError(f"{name} é None. {remedy}")
    if isinstance(loader, Mapping):
        raise ArgumentError(f"{name} é um dicionário, {list(loader)}. {remedy}")
    if isinstance(loader, Dataset | np.ndarray | torch.Tensor) or not hasattr(loader, "__iter__"):
        raise ArgumentError(f"{name} é {type(loader).__name__}, que não vem em minibatches. {remedy}")
    if isinstance(loader, Iterator) and not once:
        raise ArgumentError(
            f"{name} é um iterador ({type(loader).__name__}), que se gasta na primeira época. Passe o que se percorre "
            "de novo a cada época: um loader, ou uma lista, list(…)."
        )
    if length(loader) == 0:
        raise no_minibatch(name)


def no_minibatch(name: str) -> ArgumentError:
    """O erro de quem não tem nada a entregar."""
    return ArgumentError(
        f"{name} não tem nenhum minibatch. Confira a divisão dos dados, drop_last, que descarta o minibatch "
        "incompleto, e se não é um iterador já gasto."
    )


def length(loader) -> int | None:
    """Quantos minibatches; None se só se sabe depois de percorrer (`IterableDataset`)."""
    try:
        return len(loader)
    except TypeError:
        return None


def check_minibatch(minibatch) -> tuple[torch.Tensor, ...]:
    """As partes de um minibatch, se são tensores."""
    if isinstance(minibatch, (tuple, list)) and all(map(torch.is_tensor, minibatch)):
        return minibatch
    kinds = [type(part).__name__ for part in minibatch] if isinstance(minibatch, tuple | list) else None
    found = f"um {type(minibatch).__name__}" + (f" de {', '.join(kinds)}" if kinds else "")
    raise ArgumentError(
        f"o minibatch é {found}, e deve ser um par de tensores (entradas, alvos), como os de make_dataloaders. "
        "De arrays, torch.from_numpy; de um dicionário, escolha as duas partes."
    )


def check_loss(loss: Loss, objective: Objective, learning: bool) -> None:
    """Recusa o que não é uma `Loss`, e uma de que não sai gradiente."""
    if not isinstance(loss, Loss):
        raise ArgumentError(
            f"{type(objective).__name__} devolveu {type(loss).__name__}, e não uma Loss(step, shown, n)."
        )
    if learning and not loss.step.requires_grad:
        raise ArgumentError(
            "a perda não depende de nenhum parâmetro treinável, e não há gradiente. Confira se a previsão não passa "
            "por detach(), .item() ou numpy, e se nem todas as camadas têm requires_grad=False."
        )


def check_device(model: nn.Module, device: torch.device) -> None:
    """Recusa um modelo que foi movido depois de o treinador ser criado."""
    for name, parameter in model.named_parameters():
        if parameter.device.type != device.type:
            raise DeviceError(
                f"o parâmetro {name} está em {parameter.device}, e o treinador leva os dados para {device}. "
                "Não mova o modelo depois de criar o treinador; crie outro com device=… se quiser trocar."
            )


def check_monitor(row: Mapping, monitor: str) -> None:
    """Recusa acompanhar o que a época não mede, e o que não se compara com o das outras: NaN ou infinito."""
    if monitor not in row:
        raise ArgumentError(
            f"monitor={monitor!r} não está entre o que a época mede: {', '.join(row)}. O nome de uma métrica da "
            "validação leva valid_ na frente, como valid_rmse."
        )
    if not math.isfinite(row[monitor]):
        raise NonFiniteError(
            f"{monitor} é {row[monitor]} na época {row['epoch']}, e é por esse número que se decide a melhor época. "
            "Corrija a métrica, ou acompanhe outra coluna (monitor=…)."
        )


def metric_value(name: str, value) -> float:
    """O valor de uma métrica como float; recusa o que não for um número só."""
    if isinstance(value, torch.Tensor) and value.numel() == 1:
        value = value.item()
    if hasattr(value, "ndim") and value.ndim == 0:
        value = value.item()
    if not isinstance(value, numbers.Real):
        raise ArgumentError(f"a métrica {name!r} devolveu {type(value).__name__}, e não um número só (float).")
    return float(value)


def predicted(loss: Loss, metrics: Mapping) -> torch.Tensor:
    """A previsão que as métricas comparam com o alvo; recusa métricas num objetivo que não prevê alvo nenhum."""
    if loss.prediction is None:
        raise ArgumentError(
            f"as métricas ({', '.join(metrics)}) comparam previsão e alvo, e este objetivo só ordena: não há alvo. "
            "Tire metrics, e meça as listas depois, com ranking_metrics."
        )
    return loss.prediction


def warn_shared_samples(train, valid) -> None:
    """Avisa se a validação contém amostras do treinamento, onde o `dataset` sabe contar: a perda sairia boa demais."""
    known, asked = getattr(train, "dataset", None), getattr(valid, "dataset", None)
    if not (hasattr(known, "count_shared") and type(asked) is type(known)):
        return
    shared = known.count_shared(asked)
    if shared:
        warnings.warn(
            f"{shared} de {len(asked)} pares (usuário, filme) da validação estão também no treinamento: "
            "a perda de validação sairá melhor do que devia. Divida com split_ratings.",
            stacklevel=4,
        )
