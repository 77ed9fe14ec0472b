"""Train, kill with SIGKILL at a chosen moment, resume; print one line a trial. Run as a script by test_resume.py.

The moment is a count of Python and C calls (sys.setprofile), so that a seed names the same moments on every machine and
they fall everywhere: inside a minibatch, in validation, in the middle of writing a checkpoint.
"""

import json
import os
import random
import signal
import sys
from pathlib import Path

import numpy as np
import torch

from course_lib.trainer import Callback, EarlyStopping
from tests.trainer.helpers import dropout_net, make_loaders, make_trainer

EPOCHS = 6
PLACES = {"save": "writing a checkpoint", "evaluate": "validation", "_learn_epoch": "learning"}


class DrawEverywhere(Callback):
    """Uses all random generators, so that each has to be restored for the run to repeat itself."""

    def on_batch_end(self, trainer):
        noise = 1e-3 * (random.random() + np.random.rand())
        with torch.no_grad():
            trainer.model.output.bias += noise


def train(folder):
    random.seed(1)
    np.random.seed(2)
    loaders = make_loaders(batch_size=64)
    trainer = make_trainer(
        dropout_net(), with_scheduler=True, file_basename=folder / "net", callbacks=[DrawEverywhere(), EarlyStopping(2)]
    )
    trainer.fit(train_data=loaders["train"], valid_data=loaders["val"], until_epoch=EPOCHS)
    return trainer


def in_child(work):
    """Run `work` in a forked process; return its wait status."""
    pid = os.fork()
    if pid == 0:
        work()
        os._exit(0)
    return os.waitpid(pid, 0)[1]


def counting(work, kill_at=None, report=None):
    """Run `work` under a profiler that counts calls, and dies at call number `kill_at`; return the count."""
    count = 0

    def profile(frame, event, argument):
        nonlocal count
        count += 1
        if count == kill_at:
            report.write_text(where(frame))
            os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def where(frame):
    while frame:
        if frame.f_code.co_name in PLACES:
            return PLACES[frame.f_code.co_name]
        frame = frame.f_back
    return "between epochs"


def result(folder):
    """What the finished run left on disk, with everything that must be equal bit for bit."""
    state = torch.load(folder / "net.pt", weights_only=True)
    tensors = {
        f"{part}.{name}": tensor.numpy().tobytes().hex()
        for part in ("weights", "best_weights")
        for name, tensor in state[part].items()
    }
    for parameter, values in state["optimizer"]["state"].items():
        tensors |= {f"optimizer.{parameter}.{name}": value.numpy().tobytes().hex() for name, value in values.items()}
    rows = [{name: value for name, value in row.items() if name != "seconds"} for row in state["history"]]
    rest = {key: state[key] for key in ("epoch", "scheduler", "stop_reason", "callbacks")}
    draws = {name: repr(value) for name, value in state["random"].items()}
    return json.dumps([tensors, rows, rest, draws], default=str, sort_keys=True)


def main(folder, trials, seed):
    torch.set_num_threads(1)
    folder = Path(folder)
    train(folder / "warm-up")  # imports and caches fill now, so that the count below is what a child will count
    total = counting(lambda: train(folder / "reference"))
    reference = result(folder / "reference")
    moments = random.Random(seed)
    for trial in range(trials):
        place, kill_at = folder / f"trial{trial}", moments.randrange(1, total)
        report = folder / f"place{trial}"
        status = in_child(lambda place=place, at=kill_at, report=report: counting(lambda: train(place), at, report))
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        resumed = in_child(lambda place=place: train(place)) == 0
        equal = killed and resumed and result(place) == reference
        print(json.dumps({"call": kill_at, "place": report.read_text() if killed else "not killed", "equal": equal}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
