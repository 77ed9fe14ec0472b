"""Numbers too small to matter do not slow an epoch down, and leaving them out changes no bit of the result."""

import pytest
import torch

from course_lib.trainer.callbacks import Callback
from course_lib.trainer.denormals import flushed_denormals
from tests.trainer.helpers import make_loaders, make_trainer, same_weights

pytestmark = pytest.mark.skipif(not torch.set_flush_denormal(False), reason="o processador não troca denormais por 0")
TINY = 1e-30


def flushing():
    return (torch.tensor(TINY) * 1e-10).item() == 0


class Witness(Callback):
    def on_batch_end(self, trainer):
        self.during = flushing()

    def on_epoch_end(self, trainer):
        self.after = flushing()


def test_an_epoch_flushes_denormals_and_leaves_the_processor_as_it_was():
    witness = Witness()
    make_trainer(callbacks=[witness]).fit(n_epochs=1, train_data=make_loaders()["train"])
    assert witness.during
    assert not witness.after
    assert not flushing()


def test_an_epoch_that_fails_leaves_the_processor_as_it_was():
    with pytest.raises(ZeroDivisionError), flushed_denormals():
        raise ZeroDivisionError
    assert not flushing()


def test_who_flushed_before_keeps_flushing_after():
    torch.set_flush_denormal(True)
    try:
        with flushed_denormals():
            pass
        assert flushing()
    finally:
        torch.set_flush_denormal(False)


def test_weights_are_bit_for_bit_those_of_an_epoch_with_denormals(monkeypatch):
    """Moments of Adam that are denormal from the start, as those of a rare movie become, move no weight."""

    def train():
        trainer = make_trainer()
        trainer.fit(n_epochs=1, train_data=make_loaders()["train"])
        for state in trainer.optimizer.state.values():
            state["exp_avg"].fill_(1e-40)
        trainer.fit(n_epochs=1, train_data=make_loaders()["train"])
        return trainer.model.state_dict()

    flushed = train()
    monkeypatch.setattr(torch, "set_flush_denormal", lambda on: False)
    assert same_weights(flushed, train())
