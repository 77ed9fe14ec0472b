"""O que viaja entre um exercício e quem o verifica: dados simples, e nada além deles.

Quem corrige chama a função do aluno num processo em que não confia. As entradas vão, e os resultados voltam, como
texto JSON: números, textos, listas e arrays, limitados em tamanho e profundidade; nunca um pickle. As verificações
visíveis, no próprio notebook, reduzem o resultado aos mesmos dados simples, de modo que o exame é um só.
"""

import base64
import binascii
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
class TensorInput:
    """Uma entrada que chega à função como tensor do PyTorch."""

    array: np.ndarray

    def build(self):
        import torch

        return torch.from_numpy(self.array.copy())


@dataclass(frozen=True, eq=False)
class ReadOnlyInput:
    """Uma entrada que chega à função como array só de leitura: quem o altera para com um `ValueError`."""

    array: np.ndarray

    def build(self):
        array = self.array.copy()
        array.flags.writeable = False
        return array


@dataclass(frozen=True, eq=False)
class NetworkInput:
    """Uma entrada que chega à função como rede da série, com estes pesos.

    Attributes:
        kind: um dos nomes de `NETWORKS`.
        options: argumentos do construtor, números.
        weights: nome do parâmetro -> array, como em `state_dict`.
    """

    kind: str
    options: dict[str, float]
    weights: dict[str, np.ndarray]

    def build(self):
        import torch

        from course_lib import models

        network = getattr(models, self.kind)(**self.options)
        network.load_state_dict({name: torch.tensor(array) for name, array in self.weights.items()})
        return network.eval()


def build_arguments(arguments: tuple) -> list:
    """Entradas prontas para uma chamada, novas a cada vez: o que a função altera nelas não chega à seguinte."""
    return [
        argument.build()
        if isinstance(argument, TensorInput | ReadOnlyInput | NetworkInput)
        else copy.deepcopy(argument)
        for argument in arguments
    ]


def simplify(value):
    """Reduz um resultado a dados simples: None, bool, int, float, str, listas deles e arrays numéricos.

    Tensores, Series e DataFrames viram arrays; tuplas, listas.

    Raises:
        PlainDataError: se é de outro tipo (um gerador, um conjunto, uma rede…), grande ou fundo demais.
    """
    return _simplify(value, depth=0, budget=[MAX_ITEMS, MAX_BYTES])


def dumps(value) -> str:
    """Texto JSON de dados simples, ou de entradas (`TensorInput`, `ReadOnlyInput`, `NetworkInput`)."""
    return json.dumps(_pack(value))


def loads(text: str, inputs: bool = False):
    """O inverso de `dumps`; desconfia de cada parte do texto.

    Args:
        inputs: aceita também `TensorInput`, `ReadOnlyInput` e `NetworkInput`, que um resultado não pode trazer.

    Raises:
        PlainDataError: se o texto é longo demais ou não é o que `dumps` escreve.
    """
    if len(text) > MAX_TEXT:
        raise PlainDataError(f"o resultado tem {len(text)} caracteres; o limite é {MAX_TEXT}.")
    try:
        return _unpack(json.loads(text), 0, [MAX_ITEMS, MAX_BYTES], inputs)
    except (ValueError, RecursionError, TypeError, KeyError, binascii.Error) as error:
        if isinstance(error, PlainDataError):
            raise
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


def _pack(value):
    if isinstance(value, np.ndarray):
        content = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode("ascii")
        return {"array": content, "dtype": value.dtype.str, "shape": list(value.shape)}
    if isinstance(value, TensorInput):
        return {"tensor": _pack(value.array)}
    if isinstance(value, ReadOnlyInput):
        return {"read_only": _pack(value.array)}
    if isinstance(value, NetworkInput):
        weights = {name: _pack(array) for name, array in value.weights.items()}
        return {"network": value.kind, "options": value.options, "weights": weights}
    if isinstance(value, list | tuple):
        return [_pack(item) for item in value]
    return value


def _unpack(packed, depth: int, budget: list[int], inputs: bool):
    _spend(budget, 0, 1)
    if isinstance(packed, list):
        _check_depth(depth)
        return [_unpack(item, depth + 1, budget, inputs) for item in packed]
    if not isinstance(packed, dict):
        return _checked_scalar(packed, budget)
    if "array" in packed:
        return _unpack_array(packed, budget)
    if inputs and "tensor" in packed:
        return TensorInput(_unpack_array(packed["tensor"], budget))
    if inputs and "read_only" in packed:
        return ReadOnlyInput(_unpack_array(packed["read_only"], budget))
    if inputs and packed.get("network") in NETWORKS:
        weights = {name: _unpack_array(array, budget) for name, array in packed["weights"].items()}
        return NetworkInput(packed["network"], packed["options"], weights)
    raise PlainDataError("o resultado traz um objeto que não é número, texto, lista nem array.")


def _unpack_array(packed: dict, budget: list[int]) -> np.ndarray:
    content = base64.b64decode(packed["array"], validate=True)
    _spend(budget, 1, len(content))
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
