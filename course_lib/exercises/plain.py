"""O que viaja entre um exercício e quem o verifica: dados simples, e nada além deles.

Quem corrige chama a função do aluno num processo em que não confia. As entradas vão, e os resultados voltam, como
texto JSON: números, textos, listas e arrays, limitados em tamanho e profundidade; nunca um pickle. As verificações
visíveis, no próprio notebook, reduzem o resultado aos mesmos dados simples, de modo que o exame é um só.
"""

import base64
import copy
import json
from dataclasses import dataclass
from math import prod

import numpy as np

from course_lib.errors import PlainDataError

MAX_DEPTH = 8
MAX_ITEMS = 200_000  # números e textos soltos, em listas
MAX_BYTES = 16 * 2**20  # de todos os arrays juntos
MAX_TEXT = 24 * 2**20  # do JSON, em caracteres
MAX_INTEGER = 2**63
NUMBER_KINDS = "biuf"  # bool, inteiros com e sem sinal, ponto flutuante
NETWORKS = ("DotNet", "BiasedDotNet", "NeuralNet")


@dataclass(frozen=True, eq=False)
class ArrayInput:
    """Uma entrada feita de um array; cada tipo diz como ela chega à função, e o nome que leva no JSON."""

    array: np.ndarray


class TensorInput(ArrayInput):
    """Chega à função como tensor do PyTorch."""

    tag = "tensor"

    def build(self):
        import torch

        return torch.from_numpy(self.array.copy())


class ReadOnlyInput(ArrayInput):
    """Chega à função como array só de leitura: quem o altera para com um `ValueError`."""

    tag = "read_only"

    def build(self):
        array = self.array.copy()
        array.flags.writeable = False
        return array


@dataclass(frozen=True, eq=False)
class NetworkInput:
    """Uma entrada que chega à função como rede da série, com estes pesos; quem muda os de uma `kept` erra."""

    kind: str  # um dos nomes de `NETWORKS`
    options: dict[str, float]  # argumentos do construtor
    weights: dict[str, np.ndarray]  # como em `state_dict`
    kept: bool = False

    def build(self):
        import torch

        from course_lib import models

        network = getattr(models, self.kind)(**self.options)
        network.load_state_dict({name: torch.tensor(array) for name, array in self.weights.items()})
        return network.eval()

    def spoiled(self, network) -> bool:
        """Se a rede que se fez desta entrada devia ter ficado como estava, e não ficou."""
        now = network.state_dict()
        intact = (name in now and np.array_equal(now[name].cpu(), was) for name, was in self.weights.items())
        return self.kept and not all(intact)


Input = TensorInput | ReadOnlyInput | NetworkInput


def build_arguments(arguments: tuple) -> list:
    """Entradas prontas para uma chamada, novas a cada vez: o que a função altera nelas não chega à seguinte."""
    return [one.build() if isinstance(one, Input) else copy.deepcopy(one) for one in arguments]


def simplify(value):
    """Reduz um resultado a dados simples: None, bool, int, float, str, listas deles e arrays numéricos.

    Tensores, Series e DataFrames viram arrays; tuplas, listas.

    Raises:
        PlainDataError: se é de outro tipo (um gerador, um conjunto, uma rede…), grande ou fundo demais.
    """
    return _simplify(value, depth=0, budget=[MAX_ITEMS, MAX_BYTES])


def dumps(value) -> str:
    """Texto JSON de dados simples, ou de entradas (`TensorInput`, `ReadOnlyInput`, `NetworkInput`)."""
    return json.dumps(value, default=_encode)


def loads(text: str, inputs: bool = False):
    """O inverso de `dumps`; desconfia de cada parte do texto.

    Args:
        inputs: aceita também `TensorInput`, `ReadOnlyInput` e `NetworkInput`, que um resultado não pode trazer. Vale só
            para o texto de quem corrige.

    Raises:
        PlainDataError: se o texto é longo demais ou não é o que `dumps` escreve.
    """
    if len(text) > MAX_TEXT:
        raise PlainDataError(f"o resultado tem {len(text)} caracteres; o limite é {MAX_TEXT}.")
    try:
        value = json.loads(text, object_hook=_decode)
        return value if inputs else simplify(value)
    except PlainDataError:
        raise
    except (ValueError, RecursionError, TypeError, KeyError) as error:
        raise PlainDataError(f"o resultado não pôde ser lido como dados simples ({type(error).__name__}).") from error


def _simplify(value, depth: int, budget: list[int]):
    if hasattr(value, "detach") and hasattr(value, "cpu"):
        value = value.detach().cpu().numpy()
    elif hasattr(value, "to_numpy"):
        value = value.to_numpy()
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, np.ndarray):
        if value.dtype.kind in NUMBER_KINDS:
            return _checked_array(value, budget)
        value = value.tolist()
    _spend(budget, 0, 1)
    if value is None or isinstance(value, bool | float | str | int):
        return _checked_scalar(value, budget)
    if not isinstance(value, list | tuple | range):
        raise PlainDataError(
            f"o resultado traz um objeto do tipo {type(value).__name__}; devolva números, listas ou arrays."
        )
    _check_depth(depth)
    return [_simplify(item, depth + 1, budget) for item in value]


def _checked_scalar(value, budget: list[int]):
    for kind in (bool, int, float, str):  # descarta subclasses, que poderiam redefinir a igualdade
        if isinstance(value, kind):
            value = kind(value)
            break
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        raise PlainDataError("o resultado traz um inteiro que não cabe em 64 bits.")
    if isinstance(value, str):
        _spend(budget, 1, len(value))
    return value


def _checked_array(value: np.ndarray, budget: list[int]) -> np.ndarray:
    _spend(budget, 1, value.nbytes)
    if value.dtype.itemsize > 8:
        value = value.astype(np.float64)
    return np.array(value, dtype=value.dtype.newbyteorder("<"))


def _encode(value) -> dict:
    """O que o JSON não tem, como objeto; as redes levam seus dicionários em pares."""
    if isinstance(value, np.ndarray):
        content = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode("ascii")
        return {"array": content, "dtype": value.dtype.str, "shape": list(value.shape)}
    if isinstance(value, NetworkInput):
        pairs = {"options": list(value.options.items()), "weights": list(value.weights.items())}
        return {"network": value.kind, **pairs, "kept": value.kept}
    return {value.tag: value.array}


def _decode(packed: dict):
    """O inverso de `_encode`; o JSON o chama de dentro para fora."""
    if "array" in packed:
        return _decode_array(packed)
    if packed.get("network") in NETWORKS:
        return NetworkInput(packed["network"], dict(packed["options"]), dict(packed["weights"]), packed["kept"])
    for kind in (TensorInput, ReadOnlyInput):
        if kind.tag in packed:
            return kind(packed[kind.tag])
    raise PlainDataError("o resultado traz um objeto que não é número, texto, lista nem array.")


def _decode_array(packed: dict) -> np.ndarray:
    content = base64.b64decode(packed["array"], validate=True)
    dtype, shape = np.dtype(packed["dtype"]), tuple(int(size) for size in packed["shape"])
    sound = dtype.kind in NUMBER_KINDS and dtype.names is None and all(size >= 0 for size in shape)
    if not sound or len(shape) > MAX_DEPTH or prod(shape) * dtype.itemsize != len(content):
        raise PlainDataError("o resultado traz um array cuja forma não corresponde ao conteúdo.")
    return np.frombuffer(content, dtype).reshape(shape).copy()


def _spend(budget: list[int], which: int, amount: int) -> None:
    budget[which] -= amount
    if budget[which] < 0:
        raise PlainDataError(f"o resultado é grande demais: até {MAX_ITEMS} itens e {MAX_BYTES // 2**20} MB de arrays.")


def _check_depth(depth: int) -> None:
    if depth >= MAX_DEPTH:
        raise PlainDataError(f"o resultado tem listas dentro de listas além de {MAX_DEPTH} níveis.")
