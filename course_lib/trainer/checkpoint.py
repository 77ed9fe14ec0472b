"""O checkpoint: tudo o que um treinamento precisa para continuar como se nunca tivesse parado.

Um arquivo só, escrito inteiro ou não escrito (temporário na mesma pasta, fsync, troca de nome), e lido sem executar
código (`weights_only=True`). Guarda pesos atuais e melhores, otimizador, agenda da taxa de aprendizado, história,
época, estado dos sorteios e dos callbacks, e uma impressão digital do modelo, do otimizador e dos dados.
"""

import hashlib
import pickle
import zipfile
from pathlib import Path

import torch
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset

from course_lib.atomic import atomic_write, why
from course_lib.errors import CheckpointError, ForeignCheckpointError

FORMAT = 1
UNCHECKED = "conteúdo não conferido"
# O que uma agenda da taxa de aprendizado muda a cada passo; o resto do seu estado são ajustes.
MOVING = {"last_epoch", "best", "num_bad_epochs", "cooldown_counter"}
FIELDS = {"format", "epoch", "weights", "best_weights", "optimizer", "scheduler", "history", "stop_reason", "callbacks"}


class Checkpoint:
    """Um arquivo de checkpoint, `<basename>.pt`.

    Args:
        basename: caminho sem a extensão, por exemplo "models/dot". A pasta é criada se faltar.
        required: se um checkpoint que não pôde ser escrito (disco cheio, pasta protegida) encerra o treinamento.
            Com False, o treinador avisa e segue, com o checkpoint anterior no disco.
    """

    def __init__(self, basename: str | Path, required: bool = True):
        self.path = Path(f"{basename}.pt")
        self.required = required

    def exists(self) -> bool:
        return self.path.exists()

    def save(self, state: dict) -> None:
        """Escreve `state`; enquanto o novo arquivo não está completo, o anterior continua lá.

        Raises:
            CheckpointError: se não foi possível escrever.
        """
        try:
            with atomic_write(self.path) as file:
                torch.save(state, file)
        except (OSError, RuntimeError) as error:  # RuntimeError: o escritor de zip do torch, sem espaço no disco
            reason = why(error) if isinstance(error, OSError) else error
            kept = "o checkpoint anterior continua no disco, inteiro" if self.exists() else "não há checkpoint anterior"
            raise CheckpointError(
                f"não consegui escrever {self.path} (época {state['epoch']}): {reason}.\n"
                f"Nada se perdeu: {kept}, e o modelo na memória está na época {state['epoch']}. Libere espaço ou dê "
                "permissão de escrita e chame fit() de novo; para treinar mesmo sem checkpoint, use "
                "file_basename=Checkpoint(..., required=False)."
            ) from error

    def load(self) -> dict:
        """Lê o arquivo, conferindo sua integridade.

        Returns:
            O dicionário que `save` escreveu; tensores na CPU.

        Raises:
            CheckpointError: se o arquivo falta, está danificado, contém código ou não é um checkpoint do curso.
        """
        remedy = f"Apague {self.path} ou passe reset=True para recomeçar; ou use outro file_basename."
        try:
            with zipfile.ZipFile(self.path) as archive:
                damaged = archive.testzip()
            state = None if damaged else torch.load(self.path, map_location="cpu", weights_only=True)
        except FileNotFoundError as error:
            raise CheckpointError(f"{self.path} não existe. Treine com este file_basename para criá-lo.") from error
        except pickle.UnpicklingError as error:
            raise CheckpointError(
                f"{self.path} contém objetos que executariam código ao serem lidos, e foi recusado. "
                f"Um checkpoint do curso só tem números, textos e tensores. {remedy}"
            ) from error
        except (OSError, zipfile.BadZipFile, RuntimeError, EOFError, ValueError, KeyError) as error:
            raise CheckpointError(f"{self.path} está danificado ou não é um checkpoint ({error}). {remedy}") from error
        if state is None:
            raise CheckpointError(f"{self.path} está danificado (a parte {damaged} não confere). {remedy}")
        if not isinstance(state, dict) or not state.keys() >= FIELDS or state["format"] != FORMAT:
            raise CheckpointError(f"{self.path} não é um checkpoint desta versão do curso. {remedy}")
        return state


def model_fingerprint(model: nn.Module, optimizer: torch.optim.Optimizer, criterion, scheduler) -> dict[str, str]:
    """O que identifica o modelo e o modo de treiná-lo: camadas e tamanhos, hiperparâmetros, otimizador e critério."""
    # De uma função, o repr traz o endereço na memória, que muda a cada processo.
    named = repr(criterion) if isinstance(criterion, nn.Module) else getattr(criterion, "__qualname__", "função")
    entries = {"modelo": type(model).__name__, "critério": named}
    for name, value in _settings(vars(model), skip={"training"}).items():  # l2, n_users…
        entries[f"modelo.{name}"] = repr(value)
    for name, module in model.named_modules():
        if name and not list(module.children()):
            entries[f"modelo.{name}"] = repr(module)
    for name, tensor in model.state_dict().items():
        entries[f"pesos.{name}"] = str(tuple(tensor.shape))
    entries["otimizador"] = type(optimizer).__name__
    for position, group in enumerate(optimizer.param_groups):
        for name, value in group.items():
            if name not in ("params", "lr", "initial_lr"):
                entries[f"otimizador[{position}].{name}"] = repr(value)
        if not isinstance(scheduler, ReduceLROnPlateau):  # ela muda a taxa e não guarda a inicial
            entries[f"otimizador[{position}].lr"] = f"{float(group.get('initial_lr', group['lr'])):g}"
    entries["agenda"] = type(scheduler).__name__ if scheduler else "nenhuma"
    for name, value in _settings(scheduler.state_dict() if scheduler else {}, skip=MOVING).items():
        entries[f"agenda.{name}"] = repr(value)
    return entries


def _settings(values: dict, skip: set[str]) -> dict:
    """Os valores simples, e as tuplas deles, que não são internos nem estão em `skip`."""
    simple = (bool, int, float, str)
    return {
        name: value
        for name, value in values.items()
        if not name.startswith("_") and name not in skip
        if isinstance(value, simple) or (isinstance(value, tuple) and all(isinstance(part, simple) for part in value))
    }


def data_fingerprint(train: DataLoader, valid: DataLoader | None) -> dict[str, str]:
    """O que identifica os dados: conteúdo de treinamento e validação, tamanho do minibatch e semente do loader."""
    return {
        "dados de treinamento": _describe(getattr(train, "dataset", train)),
        "dados de validação": _describe(getattr(valid, "dataset", valid)) if valid is not None else "nenhum",
        "tamanho do minibatch": str(getattr(train, "batch_size", None)),
        "semente do loader": str(train.generator.initial_seed() if getattr(train, "generator", None) else None),
    }


def _describe(dataset: Dataset) -> str:
    if hasattr(dataset, "fingerprint"):
        return dataset.fingerprint()
    kind = f"{type(dataset).__name__}, {len(dataset) if hasattr(dataset, '__len__') else '?'} amostras"
    if isinstance(dataset, Subset):  # o que random_split devolve
        return f"{kind}, {_digest(torch.as_tensor(dataset.indices))} de {_describe(dataset.dataset)}"
    if isinstance(dataset, TensorDataset):
        return f"{kind}, {_digest(*dataset.tensors)}"
    return f"{kind}, {UNCHECKED}"


def _digest(*tensors: torch.Tensor) -> str:
    digest = hashlib.sha256()
    for tensor in tensors:
        digest.update(tensor.cpu().numpy().tobytes())
    return f"sha256 {digest.hexdigest()[:16]}"


def refuse_if_foreign(path: Path, saved: dict[str, str], current: dict[str, str]) -> None:
    """Compara, nas entradas de `current`, o que o checkpoint guarda com o que se quer treinar agora.

    Raises:
        ForeignCheckpointError: se algo difere; a mensagem traz cada diferença e as duas saídas.
    """
    keys = [key for key in current if saved.get(key) != current[key]]
    prefixes = {key.split(".")[0].split("[")[0] for key in current}
    keys += [key for key in saved if key not in current and key.split(".")[0].split("[")[0] in prefixes]
    if keys:
        lines = [f"  {key}: no checkpoint, {saved.get(key, 'nada')}; agora, {current.get(key, 'nada')}" for key in keys]
        raise ForeignCheckpointError(
            f"{path} é de outro treinamento; continuar dele daria um resultado sem sentido. O que difere:\n"
            + "\n".join(lines)
            + "\nPara recomeçar do zero e sobrescrever o arquivo, passe reset=True; para guardar os dois, "
            "use outro file_basename."
        )
