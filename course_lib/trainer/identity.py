"""De quem é um checkpoint: o que identifica o modelo, o modo de treiná-lo e os dados, e a recusa do que é de outro."""

import hashlib
import re
from pathlib import Path

import torch
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torch.utils.data import Dataset, Subset, TensorDataset

from course_lib.errors import ForeignCheckpointError
from course_lib.trainer.objectives import Stars, bare

TRAIN_DATA, VALID_DATA = "dados de treinamento", "dados de validação"
NO_DATA = "nenhum"
VARIES = "varia durante o treinamento"  # no lugar do valor do que mudou sozinho: um contador, o passo de uma agenda
LR = "otimizador[{}].lr"
DEVICE = re.compile(r"(cpu|cuda|mps|xpu|meta)(:\d+)?")


def model_fingerprint(trainer) -> dict[str, str]:
    """O que identifica o modelo e o modo de treiná-lo: camadas e tamanhos, hiperparâmetros, otimizador e objetivo."""
    model, history = bare(trainer.model), trainer.history
    entries = {"modelo": type(model).__name__, "critério": _name_of(trainer.objective)}
    entries["melhor época"] = f"{history.monitor}, {history.mode}"
    entries["otimizador"] = type(trainer.optimizer).__name__
    entries["agenda"] = type(trainer.lr_scheduler).__name__ if trainer.lr_scheduler else "nenhuma"
    for name, module in model.named_modules():
        if name and not list(module.children()):
            entries[f"modelo.{name}"] = repr(module)
    for name, weights in model.state_dict().items():
        entries[f"pesos.{name}"] = str(tuple(weights.shape))
    return entries | settings(trainer)


def settings(trainer) -> dict[str, str]:
    """Os ajustes do modelo, do otimizador e da agenda; entre eles, alguns que são estado, e mudam sozinhos."""
    entries = {}
    for name, value in _simple(vars(bare(trainer.model))).items():  # l2, n_users…
        if name != "training":
            entries[f"modelo.{name}"] = repr(value)
    for position, group in enumerate(trainer.optimizer.param_groups):
        for name, value in group.items():
            if name not in ("params", "lr", "initial_lr"):
                fixed = name != "capturable"  # este, muda-o quem grava os passos; ver `CudaGraph.prepare`
                entries[f"otimizador[{position}].{name}"] = repr(value if fixed else False)
        if not isinstance(trainer.lr_scheduler, ReduceLROnPlateau):  # ela muda a taxa e não guarda a inicial
            entries[LR.format(position)] = f"{float(group.get('initial_lr', group['lr'])):g}"
    for name, value in _simple(trainer.lr_scheduler.state_dict() if trainer.lr_scheduler else {}).items():
        if name != "last_epoch":
            entries[f"agenda.{name}"] = repr(value)
    return entries


def without_what_varies(trainer) -> dict[str, str]:
    """A identidade do treinador, sem os valores que mudaram desde que ele começou: são estado, e não ajustes."""
    now = settings(trainer)
    return {name: VARIES if now.get(name, value) != value else value for name, value in trainer.fingerprint.items()}


def data_fingerprint(train, valid) -> dict[str, str]:
    """O que identifica os dados: conteúdo de treinamento e validação, tamanho do minibatch e semente do loader."""
    generator = getattr(train, "generator", None)
    return {
        TRAIN_DATA: _contents(train)[0],
        VALID_DATA: NO_DATA if valid is None else _contents(valid)[0],
        "tamanho do minibatch": str(getattr(train, "batch_size", None)),
        "semente do loader": str(generator.initial_seed() if generator else None),
    }


def unchecked_data(train, valid) -> list[str]:
    """Os nomes dos dados cujo conteúdo não se sabe conferir."""
    return [
        name for name, data in ((TRAIN_DATA, train), (VALID_DATA, valid)) if data is not None and not _contents(data)[1]
    ]


def refuse_if_foreign(path: Path, saved: dict[str, str], current: dict[str, str]) -> None:
    """Compara, nas entradas de `current`, o que o checkpoint guarda com o que se quer treinar agora.

    Raises:
        ForeignCheckpointError: se algo difere; a mensagem traz cada diferença e as saídas.
    """
    kinds = {_kind(key) for key in current}
    keys = [key for key in current | saved if saved.get(key) not in (current.get(key), VARIES) and _kind(key) in kinds]
    if not keys:
        return
    lines = [f"  {key}: no checkpoint, {saved.get(key, 'nada')}; agora, {current.get(key, 'nada')}" for key in keys]
    rate = ""
    if LR.format(0) in keys:
        rate = (
            "\nPara continuar com outra taxa de aprendizado, crie o treinador com a de antes e mude-a depois, já "
            'carregado o checkpoint: trainer.optimizer.param_groups[0]["lr"] = …'
        )
    raise ForeignCheckpointError(
        f"{path} é de outro treinamento; continuar dele daria um resultado sem sentido. O que difere:\n"
        + "\n".join(lines)
        + "\nPara recomeçar do zero e sobrescrever o arquivo, passe reset=True; para guardar os dois, "
        f"use outro file_basename.{rate}"
    )


def _kind(key: str) -> str:
    """ "otimizador[0].lr" é do otimizador."""
    return re.split(r"[.[]", key, maxsplit=1)[0]


def _name_of(objective: nn.Module) -> str:
    if not isinstance(objective, Stars):
        return repr(objective)
    criterion = objective.criterion
    # De uma função, o repr traz o endereço na memória, que muda a cada processo.
    return repr(criterion) if isinstance(criterion, nn.Module) else getattr(criterion, "__qualname__", "função")


def _simple(values: dict) -> dict:
    """Os valores simples, e as tuplas deles, que não são internos nem o nome de um dispositivo."""

    def is_setting(value) -> bool:
        if isinstance(value, tuple):
            return all(map(is_setting, value))
        return isinstance(value, bool | int | float) or (isinstance(value, str) and not DEVICE.fullmatch(value))

    return {name: value for name, value in values.items() if not name.startswith("_") and is_setting(value)}


def _contents(data) -> tuple[str, bool]:
    """O conteúdo dos dados em palavras, e se ele foi mesmo conferido."""
    return _describe(getattr(data, "dataset", data))


def _describe(dataset: Dataset) -> tuple[str, bool]:
    if hasattr(dataset, "fingerprint"):
        return dataset.fingerprint(), True
    kind = f"{type(dataset).__name__}, {len(dataset) if hasattr(dataset, '__len__') else '?'} amostras"
    if isinstance(dataset, Subset):  # o que random_split devolve
        whole, checked = _describe(dataset.dataset)
        return f"{kind}, {_digest(torch.as_tensor(dataset.indices))} de {whole}", checked
    if isinstance(dataset, TensorDataset):
        return f"{kind}, {_digest(*dataset.tensors)}", True
    return f"{kind}, conteúdo não conferido", False


def _digest(*tensors: torch.Tensor) -> str:
    digest = hashlib.sha256()
    for tensor in tensors:
        digest.update(tensor.cpu().numpy().tobytes())
    return f"sha256 {digest.hexdigest()[:16]}"
