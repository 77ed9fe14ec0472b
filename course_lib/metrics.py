"""Métricas de erro, em estrelas: quanto a nota prevista se afasta da dada."""

import numpy as np
import torch

from course_lib.errors import ArgumentError, ShapeMismatchError


def mse(prediction, target) -> float:
    """Erro quadrático médio, em estrelas ao quadrado: é o que o treinamento minimiza.

    Args:
        prediction, target: tensores ou arrays numéricos da mesma forma, por exemplo (n,) ou (n, 1).

    Raises:
        ShapeMismatchError: se as formas diferem. Não transmitimos (broadcast): (n,) contra (n, 1) viraria (n, n).
        ArgumentError: se não há nenhum elemento.
    """
    return float(np.mean(_errors(prediction, target) ** 2))


def rmse(prediction, target) -> float:
    """Raiz do erro quadrático médio, em estrelas.

    É o erro na mesma unidade das avaliações: RMSE de 0,90 quer dizer "erra, tipicamente, quase uma estrela".
    O MSE, seu quadrado, é o que se minimiza; comparar um com o outro é o engano mais comum da área.

    Args:
        prediction, target: como em `mse`.

    Raises:
        ShapeMismatchError, ArgumentError: como em `mse`.
    """
    return float(np.sqrt(mse(prediction, target)))


def mae(prediction, target) -> float:
    """Erro absoluto médio, em estrelas: pesa todos os erros igualmente, grandes e pequenos.

    Args:
        prediction, target: como em `mse`.

    Raises:
        ShapeMismatchError, ArgumentError: como em `mse`.
    """
    return float(np.mean(np.abs(_errors(prediction, target))))


def _errors(prediction, target) -> np.ndarray:
    prediction, target = (_to_numpy(values) for values in (prediction, target))
    if prediction.shape != target.shape:
        raise ShapeMismatchError(
            f"a previsão tem forma {prediction.shape} e o alvo, {target.shape}; elas devem ser iguais. "
            "Com broadcasting, (n,) contra (n, 1) viraria (n, n), e o erro sairia errado sem aviso. "
            "Use reshape(-1) nos dois."
        )
    if not prediction.size:
        raise ArgumentError("não há nenhuma previsão: o erro médio de zero avaliações não existe.")
    return prediction - target


def _to_numpy(values) -> np.ndarray:
    if isinstance(values, torch.Tensor):
        values = values.detach().cpu().double().numpy()  # o NumPy não conhece bfloat16
    return np.asarray(values, dtype=np.float64)
