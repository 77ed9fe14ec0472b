"""The step that is recorded once and replayed: which path is taken, and that it gives what the plain path gives."""

from contextlib import contextmanager

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.datasets import make_dataloaders
from course_lib.errors import IdOutOfRangeError, NonFiniteError
from course_lib.models import BiasedDotNet, DotNet
from course_lib.trainer import Callback, DeepNetTrainer
from course_lib.trainer.captured import CapturedStep, CudaGraph
from course_lib.trainer.identity import model_fingerprint
from tests.trainer.helpers import (
    N_MOVIES,
    N_USERS,
    dropout_net,
    make_loaders,
    make_ratings,
    make_trainer,
    same_weights,
    without_seconds,
)


class FakeGraph:
    """Stands in for a CUDA graph: recording keeps the action and does not run it, replaying runs it."""

    replays = warmed = refused = 0
    recordable, waits = True, False

    def __init__(self, device):
        self.device = device

    def prepare(self, optimizer): ...

    @contextmanager
    def warming(self):
        type(self).warmed += 1
        yield

    def record(self, action):
        if not self.recordable:
            type(self).refused += 1
            raise RuntimeError("operation not permitted when stream is capturing")
        self.action = action

    def replay(self):
        type(self).replays += 1
        self.action()


@pytest.fixture
def graph():
    return type("CountedGraph", (FakeGraph,), {"replays": 0, "warmed": 0, "refused": 0})


def as_on_gpu(trainer, graph):
    """Train on the CPU as on an accelerator: nothing is looked at within an epoch, and steps are recorded."""
    trainer.make_graph, trainer.checks_all = graph, False
    return trainer


def test_recorded_steps_give_what_plain_steps_give_bit_for_bit(graph):
    results = []
    for prepare in (lambda trainer: trainer, lambda trainer: as_on_gpu(trainer, graph)):
        loaders = make_loaders(batch_size=30)
        trainer = prepare(make_trainer(dropout_net(), with_scheduler=True))
        trainer.fit(4, loaders["train"], loaders["val"])
        results.append((without_seconds(trainer.history), trainer.model.state_dict()))
    assert results[0][0] == results[1][0] and same_weights(results[0][1], results[1][1])
    # 320 samples: ten whole minibatches and a short one; three warm up, seven are replayed, the short one is eager
    assert (graph.warmed, graph.replays) == (3 * 4, 7 * 4)


class EveryBatch(Callback):
    def on_batch_end(self, trainer): ...


class EveryEpoch(Callback):
    def on_epoch_end(self, trainer): ...


@pytest.mark.parametrize("verbose", [True, False])
def test_the_progress_bar_and_callbacks_of_an_epoch_leave_the_recording_alone(graph, verbose):
    trainer = as_on_gpu(make_trainer(callbacks=[EveryEpoch()], verbose=verbose), graph)
    trainer.fit(1, make_loaders()["train"])
    assert graph.replays


def test_a_callback_at_every_minibatch_or_a_loader_that_lives_elsewhere_takes_the_plain_path(graph):
    loader = make_loaders()["train"]
    as_on_gpu(make_trainer(callbacks=[EveryBatch()]), graph).fit(1, loader)
    as_on_gpu(make_trainer(), graph).fit(1, list(loader))
    make_trainer().fit(1, loader)
    assert not graph.replays


def test_a_device_that_says_which_gpu_it_is_is_the_same(graph):
    trainer = as_on_gpu(make_trainer(), graph)
    trainer.device = torch.device("cpu:0")  # as "cuda", asked for, beside the "cuda:0" of the tensors
    trainer.fit(1, make_loaders()["train"])
    assert graph.replays


def test_an_optimizer_that_counts_its_steps_outside_the_device_takes_the_plain_path(graph):
    for kind, recorded in ((torch.optim.Adagrad, False), (torch.optim.SGD, True)):
        model = BiasedDotNet(N_USERS, N_MOVIES, n_factors=4)
        trainer = as_on_gpu(make_trainer(model, optimizer=kind(model.parameters(), lr=0.01)), graph)
        trainer.fit(1, make_loaders()["train"])
        assert bool(graph.replays) == recorded


@pytest.mark.parametrize(("recordable", "waits"), [(False, False), (True, True)])
def test_a_step_that_cannot_be_recorded_is_taken_plainly_without_a_word(graph, recordable, waits, capsys, recwarn):
    graph.recordable, graph.waits = recordable, waits
    trainer, plain = as_on_gpu(make_trainer(), graph), make_trainer()
    for each in (trainer, plain):
        each.fit(2, make_loaders()["train"])
    assert same_weights(trainer.model.state_dict(), plain.model.state_dict())
    assert not graph.replays and not capsys.readouterr().out and not recwarn.list
    assert graph.refused == (not waits)  # and is not tried again in the second epoch


def test_fewer_minibatches_than_the_warm_up_train(graph):
    trainer = as_on_gpu(make_trainer(), graph)
    trainer.fit(1, make_dataloaders(make_ratings()[:33], batch_size=32)["train"])
    assert trainer.last_epoch == 1 and not graph.replays


# Something wrong in the middle ----------------------------------------------------------------------------------------


class Hidden(nn.Module):
    """A net that turns one chosen pair into NaN; the data say nothing of it."""

    def __init__(self, bad):
        super().__init__()
        self.net, self.bad = BiasedDotNet(N_USERS, N_MOVIES, n_factors=4), bad

    def forward(self, inputs):
        wrong = (inputs == self.bad).all(dim=1, keepdim=True)
        return self.net(inputs) + torch.where(wrong, torch.nan, 0.0)


def place_of(pair, loader):
    """The minibatch, from 1, in which the second epoch of `loader` has the pair."""
    list(loader)
    return next(n for n, (inputs, _) in enumerate(loader, 1) if (inputs == pair).all(dim=1).any())


def test_a_nan_in_a_recorded_epoch_is_named_as_on_the_cpu_and_the_last_epoch_is_kept(graph, refused):
    messages, epochs = [], []
    pair = torch.tensor(make_ratings()[7, :2].astype(np.int64))
    for on_gpu in (False, True):
        torch.manual_seed(0)
        trainer = make_trainer(Hidden(torch.tensor([-1, -1])))
        trainer = as_on_gpu(trainer, graph) if on_gpu else trainer
        loader = make_loaders()["train"]
        trainer.fit(1, loader)
        trainer.model.bad = pair
        with refused("NaN in an epoch nobody looks at", NonFiniteError, match="da época 2") as caught:
            trainer.fit(1, loader)
        messages.append(str(caught.value))
        epochs.append((trainer.last_epoch, trainer.model.state_dict()))
    assert graph.replays and messages[0] == messages[1]
    assert f"minibatch {place_of(pair, make_loaders()['train'])} " in messages[0]
    assert epochs[0][0] == epochs[1][0] == 1 and same_weights(epochs[0][1], epochs[1][1])


def test_a_nan_in_validation_is_named_too(graph, refused):
    trainer = as_on_gpu(make_trainer(Hidden(torch.tensor(make_ratings()[350, :2].astype(np.int64)))), graph)
    loaders = make_loaders()
    with refused("NaN in a validation nobody looks at", NonFiniteError, match="minibatch 1 da época 1"):
        trainer.fit(1, loaders["train"], loaders["val"])


def test_an_epoch_that_only_once_went_wrong_is_repeated_and_training_goes_on(graph):
    class Once(Hidden):
        def forward(self, inputs):
            prediction = super().forward(inputs)
            self.bad = torch.tensor([-1, -1])
            return prediction

    torch.manual_seed(0)
    loaders, expected = make_loaders(), make_trainer(Once(torch.tensor([-1, -1])))
    expected.fit(2, loaders["train"])
    loaders = make_loaders()
    first = next(iter(make_loaders()["train"]))[0][0]
    torch.manual_seed(0)
    trainer = as_on_gpu(make_trainer(Once(first)), graph)
    trainer.fit(2, loaders["train"])
    assert without_seconds(trainer.history) == without_seconds(expected.history)
    assert same_weights(trainer.model.state_dict(), expected.model.state_dict())


class OnlyGoodIds(BiasedDotNet):
    """Falls, like a GPU, at an id it does not have."""

    def forward(self, inputs):
        if inputs[:, 1].max() >= self.n_movies:
            pytest.fail("a GPU would have brought the process down")
        return super().forward(inputs)


def test_an_unknown_id_of_resident_data_is_named_before_the_device_sees_it(graph, refused):
    rows = np.vstack([make_ratings(60), np.array([[3, N_MOVIES, 4.0]], np.float32)])
    trainer = as_on_gpu(make_trainer(OnlyGoodIds(N_USERS, N_MOVIES, n_factors=4)), graph)
    loader = make_dataloaders(rows, batch_size=20)["train"]
    where = next(n for n, (inputs, _) in enumerate(loader, 1) if inputs[:, 1].max() == N_MOVIES)
    loader.generator.manual_seed(42)
    with refused("unknown id in resident data", IdOutOfRangeError, match=f"minibatch {where} da época 1 traz o filme"):
        trainer.fit(1, loader)


class Own(nn.Module):
    """A student's net: it cannot say which ids it knows, and falls, like a GPU, when it trains on one it does not."""

    def __init__(self):
        super().__init__()
        self.movies = nn.Embedding(N_MOVIES, 1)

    def forward(self, inputs):
        if self.training and inputs[:, 1].max() >= N_MOVIES:
            pytest.fail("a GPU would have brought the process down")
        return self.movies(inputs[:, 1])


def test_an_unknown_id_is_named_before_the_device_sees_it_also_for_a_net_of_ones_own(graph, refused):
    rows = np.vstack([make_ratings(60), np.array([[3, N_MOVIES, 4.0]], np.float32)])
    trainer = as_on_gpu(make_trainer(Own()), graph)
    with refused("unknown id, a net of one's own, an accelerator", IdOutOfRangeError, match="da época 1 pede ao"):
        trainer.fit(1, make_dataloaders(rows, batch_size=20)["train"])


class Keeps(Own):
    """It keeps what it computed, and so cannot be copied."""

    def forward(self, inputs):
        self.last = super().forward(inputs)
        return self.last


def test_a_net_that_keeps_what_it_computed_trains_as_on_the_cpu(graph):
    loaders = make_loaders()
    as_on_gpu(make_trainer(Keeps()), graph).fit(2, loaders["train"], loaders["val"])
    assert graph.replays


def test_what_is_done_at_each_step_of_the_optimizer_takes_the_plain_path(graph):
    trainer = as_on_gpu(make_trainer(), graph)
    trainer.optimizer.register_step_post_hook(lambda *_: None)
    trainer.fit(1, make_loaders()["train"])
    assert not graph.replays


def test_a_recorded_step_ties_no_graph_of_gradients_to_the_next_ones(graph):
    trainer, loader = make_trainer(DotNet(N_USERS, N_MOVIES, n_factors=4)), make_loaders()["train"]
    step = CapturedStep(trainer.learn, 32, graph(None), lambda: None)
    shown = [step(minibatch).shown.item() for minibatch in loader]
    assert graph.replays and len(shown) == len(loader)
    assert step.loss.step.grad_fn is None and trainer.model._last_lookup is None


def test_an_optimizer_that_a_recording_used_is_the_same_optimizer():
    trainer = make_trainer()
    before = model_fingerprint(trainer)
    trainer.optimizer.param_groups[0]["capturable"] = True
    assert model_fingerprint(trainer) == before


class CountsOnTheDevice(Callback):
    """What a recording leaves in the optimizer, and so in the checkpoint."""

    def on_epoch_end(self, trainer):
        trainer.optimizer.param_groups[0]["capturable"] = True


def test_a_checkpoint_of_a_gpu_goes_on_on_the_cpu(tmp_path):
    options = {"file_basename": tmp_path / "m", "callbacks": [CountsOnTheDevice()]}
    make_trainer(**options).fit(1, make_loaders()["train"])
    resumed = make_trainer(**options)
    resumed.fit(1, make_loaders()["train"])
    assert resumed.last_epoch == 2


needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="sem GPU nesta máquina")


class Counted(CudaGraph):
    replays = 0

    def replay(self):
        type(self).replays += 1
        super().replay()


@needs_gpu
@pytest.mark.parametrize("fused", [True, False])
def test_on_a_gpu_recorded_steps_agree_with_plain_ones(fused):
    losses = {}
    for record in (True, False):
        torch.manual_seed(0)
        model = BiasedDotNet(N_USERS, N_MOVIES, n_factors=4, l2=0.1).cuda()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01, fused=fused)
        trainer = DeepNetTrainer(model, nn.MSELoss(), optimizer, device="cuda", verbose=False)
        trainer.make_graph = Counted if record else None
        loaders = make_loaders()
        losses[record] = trainer.fit(3, loaders["train"], loaders["val"]).losses("valid_loss")
    assert Counted.replays
    assert losses[True] == pytest.approx(losses[False], rel=1e-5)


@needs_gpu
def test_on_a_gpu_a_run_interrupted_and_resumed_goes_on(tmp_path):
    options = {"device": "cuda", "file_basename": tmp_path / "m"}
    whole, loaders = make_trainer(device="cuda"), make_loaders()
    whole.fit(3, loaders["train"], loaders["val"])
    loaders = make_loaders()
    make_trainer(**options).fit(1, loaders["train"], loaders["val"])
    loaders = make_loaders()
    resumed = make_trainer(**options)
    resumed.fit(2, loaders["train"], loaders["val"])
    assert resumed.history.losses("valid_loss") == pytest.approx(whole.history.losses("valid_loss"), rel=1e-5)


@needs_gpu
def test_on_a_gpu_nan_and_unknown_ids_are_named(refused):
    pair = torch.tensor(make_ratings()[7, :2].astype(np.int64))
    with refused("NaN on a GPU", NonFiniteError, match="da época 1"):
        make_trainer(Hidden(pair.cuda()), device="cuda").fit(1, make_loaders()["train"])
    rows = np.vstack([make_ratings(60), np.array([[3, N_MOVIES, 4.0]], np.float32)])
    with refused("unknown id on a GPU", IdOutOfRangeError, match=f"filme {N_MOVIES}"):
        make_trainer(device="cuda").fit(1, make_dataloaders(rows, batch_size=20)["train"])
