"""Medir e prever com o modelo como está: dropout desligado, sem gradiente, e sem mexer nos sorteios do treinamento."""

import math

import torch

from course_lib.trainer import checks
from course_lib.trainer.minibatch import MeanLoss, answer, measure, resident
from course_lib.trainer.random_state import undisturbed_draws


def evaluate(trainer, data) -> dict[str, float]:
    """Perda média por amostra e métricas sobre `data`; ver `DeepNetTrainer.evaluate`."""
    checks.check_loader(data, "o loader de avaliação", once=True)
    trainer.model.eval()
    minibatches, mean, predictions, targets = trainer.team.share(resident(trainer, data)), MeanLoss(trainer), [], []
    with torch.no_grad(), undisturbed_draws([data]):
        for trainer.batch, minibatch in enumerate(minibatches, start=1):
            loss = measure(trainer, minibatch)
            mean.add(loss)
            if trainer.metrics:
                predictions.append(checks.predicted(loss, trainer.metrics)[: loss.n])
                targets.append(minibatch[1][: loss.n].to(trainer.device))
    value = mean.value("o loader de avaliação")
    if not math.isfinite(value) and not trainer.careful:  # de novo, conferindo, para que o erro diga onde
        trainer.careful = True
        return evaluate(trainer, data)
    pairs = [torch.cat(trainer.team.gather(torch.cat(parts).cpu())) for parts in (predictions, targets) if parts]
    return {"loss": value} | {name: checks.metric_value(name, f(*pairs)) for name, f in trainer.metrics.items()}


def predict(trainer, data) -> torch.Tensor:
    """Previsões, na ordem dos dados; ver `DeepNetTrainer.predict`."""
    minibatches = [(data,)] if isinstance(data, torch.Tensor) else data
    checks.check_loader(minibatches, "o loader a prever", once=True)
    trainer.model.eval()
    predictions = []
    with torch.no_grad(), undisturbed_draws([data]):
        for trainer.batch, minibatch in enumerate(minibatches, start=1):
            predictions.append(answer(trainer, minibatch))
    if not predictions:
        raise checks.no_minibatch("o loader a prever")
    return torch.cat(predictions)
