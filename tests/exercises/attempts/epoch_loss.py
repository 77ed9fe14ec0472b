"""Attempts at exercise `epoch_loss`."""

import numpy as np

from tests.exercises.attempts.registry import right, wrong


@right("epoch_loss")
def epoch_loss_with_average(losses, sizes):
    return np.average(losses, weights=sizes)


@right("epoch_loss")
def epoch_loss_with_a_loop(losses, sizes):
    total, count = 0.0, 0
    for loss, size in zip(losses, sizes, strict=True):
        total += loss * size
        count += size
    return total / count


@right("epoch_loss")
def epoch_loss_repeating_each_loss(losses, sizes):
    return np.repeat(losses, sizes).mean()


@wrong("epoch_loss", "per_batch")
def epoch_loss_mean_of_means(losses, sizes):
    return sum(losses) / len(losses)


@wrong("epoch_loss", "weighted_per_batch")
def epoch_loss_divides_by_batches(losses, sizes):
    return sum(loss * size for loss, size in zip(losses, sizes, strict=True)) / len(losses)


@wrong("epoch_loss", "total")
def epoch_loss_never_divides(losses, sizes):
    return np.dot(losses, sizes)


@wrong("epoch_loss", "sum")
def epoch_loss_adds_the_losses(losses, sizes):
    total = 0
    for loss in losses:
        total += loss
    return total


@wrong("epoch_loss", "sum_per_sample")
def epoch_loss_divides_losses_by_samples(losses, sizes):
    return sum(losses) / sum(sizes)


@wrong("epoch_loss", "full_batches")
def epoch_loss_supposes_full_batches(losses, sizes):
    return np.dot(losses, sizes) / (len(losses) * sizes[0])


@wrong("epoch_loss", "last")
def epoch_loss_of_the_last_batch(losses, sizes):
    for loss in losses:
        result = loss
    return result


@wrong("epoch_loss", "skips_last")
def epoch_loss_drops_the_short_batch(losses, sizes):
    return np.average(losses[:-1], weights=sizes[:-1])


@wrong("epoch_loss", "root")
def epoch_loss_in_stars(losses, sizes):
    return np.sqrt(np.average(losses, weights=sizes))


@wrong("epoch_loss", "inverse")
def epoch_loss_weights_upside_down(losses, sizes):
    return np.average(losses, weights=[1 / size for size in sizes])
