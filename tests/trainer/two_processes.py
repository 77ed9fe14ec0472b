"""One of the processes that test_processes.py launches with torchrun: train, and write what came out."""

import json
import os
import signal
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

from course_lib.datasets import make_dataloaders
from course_lib.errors import CourseError, DataError
from course_lib.metrics import rmse
from course_lib.models import BiasedDotNet
from course_lib.trainer import Callback, DeepNetTrainer
from course_lib.trainer.processes import agreed, launched
from tests.trainer.helpers import N_MOVIES, N_USERS, make_ratings

BATCH_SIZE = 33  # 320 samples: nine whole minibatches, of odd size, and one of 23


class DieOnce(Callback):
    """One process falls, without a word, in the middle of the third epoch of the first life."""

    def __init__(self, rank, mark):
        self.rank, self.mark = rank, mark

    def on_batch_end(self, trainer):
        if (trainer.team.rank, trainer.epoch, trainer.batch) == (self.rank, 3, 4) and not self.mark.exists():
            self.mark.write_text("")
            os.kill(os.getpid(), signal.SIGKILL)


def train(file=None, batch_size=BATCH_SIZE, n_train=320, seed=0, callbacks=(), verbose=False):
    """The same training in one process or in several."""
    ratings = make_ratings(seed=seed)
    loaders = make_dataloaders(ratings[:n_train], ratings[320:], batch_size=batch_size, seed=42)
    torch.manual_seed(0)
    model = BiasedDotNet(N_USERS, N_MOVIES, n_factors=4, l2=0.1, l2_bias=0.02)
    trainer = DeepNetTrainer(
        model,
        nn.MSELoss(),
        torch.optim.Adam(model.parameters(), lr=0.01),
        metrics={"rmse": rmse},
        file_basename=file,
        device="cpu",
        callbacks=callbacks,
        verbose=verbose,
    )
    trainer.fit(until_epoch=5, train_data=loaders["train"], valid_data=loaders["val"])
    return trainer


def missing():
    raise DataError("não achei o arquivo de dados")


def refusal(work):
    """The message with which `work` is refused, or None in a process that ends in silence."""
    try:
        work()
    except CourseError as error:
        return str(error)
    except SystemExit:
        return None
    return "not refused"


def summary(trainer):
    rows = [{name: value for name, value in row.items() if name != "seconds"} for row in trainer.history.rows]
    weights = np.concatenate([tensor.numpy().ravel() for tensor in trainer.model.state_dict().values()])
    return {"rows": rows, "weights": weights.tolist()}


def main(case, folder):
    folder = Path(folder)
    with launched() as team:
        if case == "killed":
            try:
                result = summary(train(folder / "net", callbacks=[DieOnce(1, folder / "fell")]))
            except CourseError as error:
                print(error, flush=True)
                sys.exit(1)
        else:
            result = summary(train(folder / "net", verbose=True)) | {
                "last of one": summary(train(n_train=34)),
                "other data": refusal(lambda: train(seed=team.rank)),
                "too small": refusal(lambda: train(batch_size=1)),
                "missing": refusal(lambda: agreed(missing)),
                "missing on one": refusal(lambda: agreed(missing if team.rank == 1 else list)),
            }
        (folder / f"rank{team.rank}.json").write_text(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
