"""Attempts at exercise `mse_rmse`."""

import math

import numpy as np

from tests.exercises.attempts.registry import right, wrong


@right("mse_rmse")
class WithNumpy:
    def mse(predictions, targets):
        return np.mean((predictions - targets) ** 2)

    def rmse(predictions, targets):
        return np.sqrt(np.mean((predictions - targets) ** 2))


@right("mse_rmse")
class WithALoop:
    def mse(predictions, targets):
        total = 0
        for prediction, target in zip(predictions, targets, strict=True):
            total += (prediction - target) ** 2
        return total / len(targets)

    def rmse(predictions, targets):
        return math.sqrt(WithALoop.mse(predictions, targets))


@right("mse_rmse")
class WithADotProduct:
    def mse(predictions, targets):
        error = targets - predictions
        return error @ error / error.size

    def rmse(predictions, targets):
        return np.linalg.norm(predictions - targets) / len(targets) ** 0.5


@wrong("mse_rmse", "cancel")
class SquaresTheMean:
    def mse(predictions, targets):
        return np.mean(predictions - targets)


@wrong("mse_rmse", "absolute")
class MeanOfModuli:
    def mse(predictions, targets):
        return np.mean(abs(predictions - targets))


@wrong("mse_rmse", "sum")
class ForgetsToDivide:
    def mse(predictions, targets):
        return sum((predictions - targets) ** 2)


@wrong("mse_rmse", "squares")
class ForgetsTheMean:
    def mse(predictions, targets):
        return (predictions - targets) ** 2


@wrong("mse_rmse", "root")
class MseWithRoot:
    def mse(predictions, targets):
        return np.mean((predictions - targets) ** 2) ** 0.5


@wrong("mse_rmse", "half")
class MseWithHalf:
    def mse(predictions, targets):
        return 0.5 * np.mean((predictions - targets) ** 2)


@wrong("mse_rmse", "no_root")
class RmseWithoutRoot:
    def rmse(predictions, targets):
        return np.mean((predictions - targets) ** 2)


@wrong("mse_rmse", "root_each")
class RootOfEachSquare:
    def rmse(predictions, targets):
        return np.mean(np.sqrt((predictions - targets) ** 2))


@wrong("mse_rmse", "root_over_n")
class RootBeforeTheMean:
    def rmse(predictions, targets):
        return np.sqrt(np.sum((predictions - targets) ** 2)) / len(targets)


@wrong("mse_rmse", "root_of_sum")
class NormIsNotRmse:
    def rmse(predictions, targets):
        return np.linalg.norm(predictions - targets)


@wrong("mse_rmse", "unwritten_dependency")
class RmseCallsAnUnwrittenMse:
    def mse(predictions, targets):
        raise NotImplementedError("Escreva sua resposta aqui")

    def rmse(predictions, targets):
        return RmseCallsAnUnwrittenMse.mse(predictions, targets) ** 0.5


@wrong("mse_rmse", "n_minus_one")
class LikeAVariance:
    def mse(predictions, targets):
        return float(((predictions - targets) ** 2).sum()) / (len(targets) - 1)

    def rmse(predictions, targets):
        return LikeAVariance.mse(predictions, targets) ** 0.5
