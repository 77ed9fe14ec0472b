"""Two processes under torchrun: `launch` starts them; run as a script, one of them: train, and write what came out."""

import json
import os
import random
import signal
import subprocess
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
from tests.trainer.kill_and_resume import where

ROOT = Path(__file__).parents[2]
BATCH_SIZE = 33  # 320 samples: nine whole minibatches, of odd size, and one of 23
EPOCHS = 5
CALLS = 36_000  # within which a life ends; an epoch has some 29,000, so that most repeat theirs


def launch(case, folder, restarts=0):
    """Run this script twice, side by side; returns what was printed, the exit status and what each process left."""
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", f"--max-restarts={restarts}"]
    command = [sys.executable, *torchrun, "-m", "tests.trainer.two_processes", case, str(folder)]
    environment = {**os.environ, "COURSE_DEVICE": "cpu", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=1200)
    return done, [json.loads(file.read_text()) for file in sorted(folder.glob("rank*.json"))]


class Mortal(Callback):
    """In each life but the last, one of the processes is killed at a random Python or C call of its training."""

    def __init__(self, rank, folder):
        life, lives = (int(os.environ[f"TORCHELASTIC_{name}"]) for name in ("RESTART_COUNT", "MAX_RESTARTS"))
        moments = random.Random(f"2077 {life}")
        victim, self.moment = moments.randrange(2), moments.randrange(CALLS)
        self.dies, self.report, self.count = life < lives and rank == victim, folder / f"fell{life}", 0

    def on_fit_begin(self, trainer):
        if self.dies:
            sys.setprofile(self.live)

    def live(self, frame, event, argument):
        self.count += 1
        if self.count == self.moment:
            self.report.write_text(where(frame))
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
    trainer.fit(until_epoch=EPOCHS, train_data=loaders["train"], valid_data=loaders["val"])
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
            train()  # imports and caches fill now, so that the moments fall in the training itself
            result = summary(train(folder / "net", callbacks=[Mortal(team.rank, folder)]))
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
    try:
        main(*sys.argv[1:])
    except CourseError as error:  # as a command does
        print(error, flush=True)
        sys.exit(1)
