"""O treinador e o que o cerca. Comece a leitura por `trainer.py`."""

from course_lib.trainer.callbacks import Callback, EarlyStopping
from course_lib.trainer.checkpoint import Checkpoint
from course_lib.trainer.device import resolve_device
from course_lib.trainer.history import History
from course_lib.trainer.objectives import Loss, Objective, Pairwise, SampledSoftmax, Softmax, Stars
from course_lib.trainer.trainer import DeepNetTrainer

__all__ = [
    "Callback",
    "Checkpoint",
    "DeepNetTrainer",
    "EarlyStopping",
    "History",
    "Loss",
    "Objective",
    "Pairwise",
    "SampledSoftmax",
    "Softmax",
    "Stars",
    "resolve_device",
]
