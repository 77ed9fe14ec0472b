"""Attempts at exercise `broadcasting`."""

import numpy as np
import torch

from course_lib import mse
from tests.exercises.attempts.registry import right, wrong


@right("broadcasting")
class ReshapeBoth:
    def compared_pairs(prediction, target):
        return (prediction - target).size

    def mended_mse(prediction, target):
        prediction, target = prediction.reshape(-1), target.reshape(-1)
        if prediction.shape != target.shape:
            raise ValueError("quantidades de amostras diferentes")
        return np.mean((prediction - target) ** 2)


@right("broadcasting")
class ColumnsAndShapes:
    def compared_pairs(prediction, target):
        rows, *columns = np.broadcast_shapes(prediction.shape, target.shape)
        return rows * columns[0] if columns else rows

    def mended_mse(prediction, target):
        if len(prediction) != len(target):
            raise ValueError(f"{len(prediction)} previsões, {len(target)} alvos")
        error = prediction.reshape(-1, 1) - target.reshape(-1, 1)
        return float((error**2).sum()) / len(error)


@right("broadcasting")
class WithTheCourseLibrary:
    def compared_pairs(prediction, target):
        return np.broadcast(prediction, target).size

    def mended_mse(prediction, target):
        return mse(np.ravel(prediction), np.ravel(target))


@right("broadcasting")
class WithALoop:
    def compared_pairs(prediction, target):
        return int(torch.numel(torch.from_numpy(prediction) - torch.from_numpy(target)))

    def mended_mse(prediction, target):
        predictions, targets = prediction.flatten().tolist(), target.flatten().tolist()
        total = 0
        for one, other in zip(predictions, targets, strict=True):
            total += (one - other) ** 2
        return total / len(predictions)


@right("broadcasting")
class WithTheTorchLoss:
    def compared_pairs(prediction, target):
        return (prediction - target).size

    def mended_mse(prediction, target):
        prediction, target = torch.from_numpy(prediction).reshape(-1), torch.from_numpy(target).reshape(-1)
        if len(prediction) != len(target):
            raise ValueError("quantidades de amostras diferentes")
        return torch.nn.functional.mse_loss(prediction, target)


@wrong("broadcasting", "samples")
class CountsSamples:
    def compared_pairs(prediction, target):
        return len(prediction)


@wrong("broadcasting", "always_square")
class AlwaysSquare:
    def compared_pairs(prediction, target):
        return len(prediction) * len(target)


@wrong("broadcasting", "sum_of_sizes")
class AddsTheSizes:
    def compared_pairs(prediction, target):
        return prediction.size + target.size


@wrong("broadcasting", "result_shape")
class ReturnsTheShape:
    def compared_pairs(prediction, target):
        return (prediction - target).shape


@wrong("broadcasting", "still_broadcasts")
class NothingMended:
    def mended_mse(prediction, target):
        if len(prediction) != len(target):
            raise ValueError("tamanhos")
        return np.mean((prediction - target) ** 2)


@wrong("broadcasting", "still_broadcasts")
class MendsOnlyTheTarget:
    def mended_mse(prediction, target):
        if len(prediction) != len(target):
            raise ValueError("tamanhos")
        return np.mean((prediction - target.squeeze()) ** 2)


@wrong("broadcasting", "still_broadcasts", deceives=True)
class MendsOnlyThePrediction:
    def mended_mse(prediction, target):
        if len(prediction) != len(target):
            raise ValueError("tamanhos")
        return np.mean((prediction.reshape(-1, 1) - target) ** 2)


@wrong("broadcasting", "refuses_valid")
class RefusesDifferentShapes:
    def mended_mse(prediction, target):
        if prediction.shape != target.shape:
            raise ValueError("formas diferentes")
        return np.mean((prediction - target) ** 2)


@wrong("broadcasting", "ambiguous_truth")
class ComparesValuesInsteadOfShapes:
    def mended_mse(prediction, target):
        if prediction != target:
            prediction, target = prediction.reshape(-1), target.reshape(-1)
        return np.mean((prediction - target) ** 2)


@wrong("broadcasting", "ambiguous_truth")
class ComparesTensorsInsteadOfShapes:
    def mended_mse(prediction, target):
        prediction, target = torch.from_numpy(prediction), torch.from_numpy(target)
        if prediction != target:
            prediction, target = prediction.reshape(-1), target.reshape(-1)
        return torch.mean((prediction - target) ** 2)


@wrong("broadcasting", "other_error")
class RefusesWithAnAssertion:
    def mended_mse(prediction, target):
        assert len(prediction) == len(target)
        return np.mean((prediction.ravel() - target.ravel()) ** 2)


@wrong("broadcasting", "size_mismatch", deceives=True)
class LetsASingleSampleThrough:
    def mended_mse(prediction, target):
        return np.mean((prediction.ravel() - target.ravel()) ** 2)


@wrong("broadcasting", "size_mismatch")
class CutsTheLongerOne:
    def mended_mse(prediction, target):
        n = min(len(prediction), len(target))
        return np.mean((prediction.ravel()[:n] - target.ravel()[:n]) ** 2)


@wrong("broadcasting", "sum")
class ForgetsTheMean:
    def mended_mse(prediction, target):
        if prediction.size != target.size:
            raise ValueError("tamanhos")
        return np.sum((prediction.ravel() - target.ravel()) ** 2)


@wrong("broadcasting", "diagonal")
class DividesTheDiagonalByAll:
    def mended_mse(prediction, target):
        if prediction.size != target.size:
            raise ValueError("tamanhos")
        square = (prediction.reshape(-1, 1) - target.reshape(1, -1)) ** 2
        return np.trace(square) / square.size


@wrong("broadcasting", "root")
class ReturnsTheRmse:
    def mended_mse(prediction, target):
        if prediction.size != target.size:
            raise ValueError("tamanhos")
        return np.mean((prediction.ravel() - target.ravel()) ** 2) ** 0.5
