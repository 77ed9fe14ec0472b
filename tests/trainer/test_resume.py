import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import torch
from torch.utils.data import BatchSampler, DataLoader, RandomSampler

from course_lib.trainer import EarlyStopping
from course_lib.trainer.random_state import capture_random_state
from tests.trainer.helpers import dropout_net, make_loaders, make_trainer, same_weights, without_seconds

ROOT = Path(__file__).parents[2]
TRIALS = 50


@pytest.mark.skipif(not hasattr(os, "fork"), reason="o teste usa fork, que o Windows não tem")
def test_run_killed_at_50_random_moments_and_resumed_equals_uninterrupted_run(tmp_path, capsys):
    command = [sys.executable, "-m", "tests.trainer.kill_and_resume", str(tmp_path), str(TRIALS), "2026"]
    on_cpu = {**os.environ, "COURSE_DEVICE": "cpu"}  # a CUDA context does not survive a fork
    output = subprocess.run(command, cwd=ROOT, env=on_cpu, capture_output=True, text=True, timeout=300)
    assert output.returncode == 0, output.stderr
    trials = [json.loads(line) for line in output.stdout.splitlines()]
    places = Counter(trial["place"] for trial in trials)
    equal = sum(trial["equal"] for trial in trials)
    with capsys.disabled():
        print(
            f"\nkilled and resumed: {equal} of {len(trials)} equal to the uninterrupted run; killed in {dict(places)}"
        )
    assert [trial for trial in trials if not trial["equal"]] == []
    assert len(trials) == TRIALS
    assert places.keys() >= {"learning", "validation", "writing a checkpoint"}


def run(folder, epochs, **options):
    loaders = make_loaders()
    trainer = make_trainer(dropout_net(), with_scheduler=True, file_basename=folder / "net", **options)
    for n_epochs in epochs:
        trainer.fit(n_epochs, loaders["train"], loaders["val"])
    return trainer


def test_training_in_two_calls_equals_training_in_one(tmp_path):
    once, twice = run(tmp_path / "a", [4]), run(tmp_path / "b", [1, 3])
    assert without_seconds(once.history) == without_seconds(twice.history)
    assert same_weights(once.model.state_dict(), twice.model.state_dict())


def test_new_process_continues_where_the_checkpoint_stopped(tmp_path):
    whole = run(tmp_path / "a", [5])
    run(tmp_path / "b", [2])
    torch.rand(100)  # a new process has drawn other numbers before
    resumed = make_trainer(dropout_net(), with_scheduler=True, file_basename=tmp_path / "b" / "net")
    assert resumed.last_epoch == 2
    loaders = make_loaders()
    next(iter(loaders["train"]))  # and its loader may have been used
    resumed.fit(train_data=loaders["train"], valid_data=loaders["val"], until_epoch=5)
    assert without_seconds(resumed.history) == without_seconds(whole.history)
    assert same_weights(resumed.model.state_dict(), whole.model.state_dict())


def drawn_in_a_batch_sampler():
    dataset = make_loaders()["train"].dataset
    sampler = RandomSampler(dataset, generator=torch.Generator().manual_seed(5))
    return DataLoader(dataset, batch_sampler=BatchSampler(sampler, 32, drop_last=False))


def test_an_order_drawn_inside_a_batch_sampler_goes_on_where_it_was(tmp_path):
    whole = make_trainer().fit(4, drawn_in_a_batch_sampler())
    make_trainer(file_basename=tmp_path / "m").fit(2, drawn_in_a_batch_sampler())
    resumed = make_trainer(file_basename=tmp_path / "m").fit(2, drawn_in_a_batch_sampler())
    assert without_seconds(resumed) == without_seconds(whole)


def test_a_rate_in_a_tensor_which_the_schedule_changes_in_place_is_kept_as_each_epoch_had_it(tmp_path):
    def trainer():
        return make_trainer(lr=torch.tensor(0.01), with_scheduler=True, file_basename=tmp_path / "m")

    trainer().fit(3, make_loaders()["train"])
    assert trainer().history.losses("lr") == pytest.approx([0.01, 0.01, 0.005])


def test_early_stop_is_remembered_by_until_epoch_and_overruled_by_n_epochs(tmp_path):
    loaders = make_loaders()
    stopping = [EarlyStopping(patience=1, min_delta=10.0)]  # nothing improves by 10
    trainer = make_trainer(file_basename=tmp_path / "dot", callbacks=stopping)
    trainer.fit(train_data=loaders["train"], valid_data=loaders["val"], until_epoch=9)
    assert trainer.last_epoch == 2
    again = make_trainer(file_basename=tmp_path / "dot", callbacks=[EarlyStopping(patience=1, min_delta=10.0)])
    again.fit(train_data=loaders["train"], valid_data=loaders["val"], until_epoch=9)
    assert again.last_epoch == 2
    again.fit(1, loaders["train"], loaders["val"])
    assert again.last_epoch == 3


def test_reset_ignores_the_checkpoint_and_overwrites_it(tmp_path):
    run(tmp_path, [3])
    fresh = run(tmp_path, [1], reset=True)
    assert fresh.last_epoch == 1
    assert run(tmp_path, [1]).last_epoch == 2


def test_weights_changed_by_hand_between_two_fits_are_kept(tmp_path):
    trainer = run(tmp_path, [1])
    with torch.no_grad():
        trainer.model.output.bias.fill_(100.0)
    loaders = make_loaders()
    trainer.fit(1, loaders["train"], loaders["val"])
    assert trainer.history[-1]["train_loss"] > 1000


def test_a_gpu_that_nobody_used_is_left_alone(monkeypatch):
    def start():
        raise AssertionError("asking an idle GPU for its state starts it")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: False)
    monkeypatch.setattr(torch.cuda, "get_rng_state_all", start)
    assert capture_random_state([])["cuda"] == []
