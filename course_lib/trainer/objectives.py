"""Objetivos: o que se quer de um modelo, dito a um minibatch de cada vez.

Um objetivo recebe o modelo e o minibatch e devolve uma `Loss`; o treinador não sabe mais nada dele. O minibatch é o par
que o loader entrega, `(inputs, targets)`:

- `Stars`, `Pairwise` e `SampledSoftmax`: pares LongTensor (B, 2) e alvos FloatTensor (B, 1), como os de
  `make_dataloaders`; os dois últimos só leem quem viu o quê, e não as notas;
- `Softmax`: usuários LongTensor (B,) e o que cada um viu, FloatTensor (B, n_movies), zero onde não viu; são as linhas
  de um `SeenMovies`.

`Pairwise` e `SampledSoftmax` consultam também filmes sorteados, e cobram a penalidade de todos os consultados. Qualquer
rede serve aos três primeiros; `Softmax` pede também `predict_all(users)`, a linha inteira de cada usuário.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import nn
from torch.nn.functional import log_softmax, logsigmoid

from course_lib.errors import ArgumentError, ShapeMismatchError


class Loss(NamedTuple):
    """O que um objetivo diz de um minibatch; tudo continua no dispositivo, sem esperar por ele.

    Attributes:
        step: escalar de que se tira o gradiente; traz também a penalidade.
        shown: escalar que se mostra, média por amostra, sem gradiente.
        n: quantas amostras.
        prediction: o que se previu, na forma do alvo, para as métricas; None se não há alvo a comparar.
    """

    step: torch.Tensor
    shown: torch.Tensor
    n: int
    prediction: torch.Tensor | None = None


class Objective(nn.Module):
    """A raiz dos objetivos: herde e escreva `forward`."""

    def forward(self, model: nn.Module, minibatch) -> Loss:
        raise NotImplementedError


class Stars(Objective):
    """Acertar a nota: um critério entre previsão e alvo.

    Se o modelo tem um método `penalty(inputs)`, seu valor é somado à perda durante o aprendizado (regularização), mas
    não à que se mostra: treinamento e validação medem a mesma coisa.

    Args:
        criterion: função (previsão, alvo) -> escalar, a média por amostra, como `nn.MSELoss()`.

    Raises:
        ArgumentError: se o critério não é uma função, ou não faz a média por amostra.
    """

    def __init__(self, criterion: Callable = nn.functional.mse_loss):
        super().__init__()
        if isinstance(criterion, type) or not callable(criterion):
            raise ArgumentError(f"criterion={criterion!r}: passe a perda já criada, como nn.MSELoss().")
        reduction = getattr(criterion, "reduction", "mean")
        if reduction != "mean":
            raise ArgumentError(f"o critério usa reduction={reduction!r}; use reduction='mean' (a média por amostra).")
        self.criterion, self.of_classes = criterion, isinstance(criterion, nn.CrossEntropyLoss | nn.NLLLoss)

    def forward(self, model: nn.Module, minibatch) -> Loss:
        inputs, targets = pair(minibatch)
        prediction = tensor(model(inputs), "o modelo devolveu", "Devolva só a previsão, FloatTensor (B, 1).")
        if prediction.shape != targets.shape or self.of_classes:
            self._check_shapes(prediction, targets)
        shown = scalar(self.criterion(prediction, targets), "o critério devolveu")
        return Loss(charged(shown, model, inputs), shown.detach(), len(targets), prediction.detach())

    def _check_shapes(self, prediction: torch.Tensor, targets: torch.Tensor) -> None:
        """Recusa previsão e alvo de formas diferentes, que a perda combinaria por broadcasting."""
        got, want = tuple(prediction.shape), tuple(targets.shape)
        if self.of_classes:
            if targets.is_floating_point() or got[:1] + got[2:] != want:
                raise ShapeMismatchError(
                    f"{type(self.criterion).__name__} compara pontos de C classes, previsão (B, C), com o número da "
                    f"classe certa, alvo LongTensor (B,); aqui a previsão tem forma {got} e o alvo, {want}, "
                    f"{targets.dtype}. Para prever estrelas, use nn.MSELoss()."
                )
        else:
            raise ShapeMismatchError(
                f"a previsão tem forma {got} e o alvo, {want}. A perda as combinaria por broadcasting: (B,) contra "
                "(B, 1) vira (B, B), cada previsão comparada com todos os alvos, e o modelo treina a coisa errada sem "
                "reclamar. Devolva a previsão na forma do alvo; por exemplo, sum(dim=1, keepdim=True) no lugar de "
                "sum(dim=1)."
            )


class Pairwise(Objective):
    """O filme visto deve pontuar mais que um não visto (BPR; Rendle et al., 2009).

    O outro filme é sorteado entre todos; numa matriz quase vazia, raramente é um que o usuário também viu.
    """

    def forward(self, model: nn.Module, minibatch) -> Loss:
        inputs, _ = pair(minibatch)
        users, seen = inputs[:, 0], inputs[:, 1]
        unseen = torch.randint_like(seen, bare(model).n_movies)
        asked, points = score_pairs(model, users, torch.stack([seen, unseen], dim=1))
        shown = -logsigmoid(points[:, 0] - points[:, 1]).mean()
        return Loss(charged(shown, model, asked), shown.detach(), len(inputs))


class SampledSoftmax(Objective):
    """O filme visto deve ser o mais provável entre ele e outros sorteados (Jean et al., 2015).

    Args:
        n_unseen: quantos se sorteiam, os mesmos para o minibatch inteiro.
    """

    def __init__(self, n_unseen: int = 50):
        super().__init__()
        self.n_unseen = n_unseen

    def extra_repr(self) -> str:
        return f"n_unseen={self.n_unseen}"

    def forward(self, model: nn.Module, minibatch) -> Loss:
        inputs, _ = pair(minibatch)
        users, seen = inputs[:, 0], inputs[:, 1:]
        unseen = torch.randint(bare(model).n_movies, (1, self.n_unseen), device=inputs.device).expand(len(inputs), -1)
        asked, points = score_pairs(model, users, torch.cat([seen, unseen], dim=1))
        shown = -log_softmax(points, dim=1)[:, 0].mean()
        return Loss(charged(shown, model, asked), shown.detach(), len(inputs))


class Softmax(Objective):
    """Os filmes vistos devem ser os mais prováveis entre todos (a perda multinomial de Liang et al., 2018).

    A perda de um usuário soma −log p sobre os filmes que viu; a do minibatch é a média por usuário.
    """

    def forward(self, model: nn.Module, minibatch) -> Loss:
        users, seen = pair(minibatch)
        points = bare(model).predict_all(users)
        if points.shape != seen.shape:
            raise ShapeMismatchError(
                f"o modelo dá pontos de forma {tuple(points.shape)}, e o minibatch traz {tuple(seen.shape)} de vistos. "
                "O objetivo Softmax quer usuários (B,) e o que viram (B, n_movies): use um SeenMovies."
            )
        shown = -(seen * log_softmax(points, dim=1)).sum() / len(users)
        return Loss(shown, shown.detach(), len(users))


def bare(model: nn.Module) -> nn.Module:
    """O modelo sem as capas do PyTorch (`DistributedDataParallel`, `torch.compile`), que lhe escondem os métodos."""
    if isinstance(model, nn.parallel.DistributedDataParallel | nn.DataParallel):
        return bare(model.module)
    inside = model._modules.get("_orig_mod")
    return model if inside is None else bare(inside)


def score_pairs(model: nn.Module, users: torch.Tensor, movies: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """De K filmes de cada usuário, LongTensor (B,) e (B, K): os pares, LongTensor (B·K, 2), e os pontos, (B, K)."""
    inputs = torch.stack([users[:, None].expand_as(movies), movies], dim=2).reshape(-1, 2)
    return inputs, model(inputs).reshape(movies.shape)


def charged(loss: torch.Tensor, model: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
    """A perda mais o que o modelo cobra por este minibatch enquanto aprende, se cobra alguma coisa.

    Raises:
        ArgumentError: se `penalty` não é um método que devolve um tensor escalar.
    """
    charge = getattr(bare(model), "penalty", None)
    if charge is None or not torch.is_grad_enabled():
        return loss
    if not callable(charge):
        raise ArgumentError(
            f"model.penalty é {charge!r}, mas deve ser um método: penalty(inputs) devolve o que se soma à perda. "
            "Guarde o peso com outro nome, como self.l2."
        )
    penalty = scalar(charge(inputs), "penalty(inputs) devolveu")
    return loss + penalty if penalty.requires_grad else loss


def pair(minibatch: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, torch.Tensor]:
    """As duas partes de um minibatch; `ArgumentError` se não são duas. (De que é de tensores, cuida o treinador.)"""
    if len(minibatch) != 2:
        raise ArgumentError(
            f"o minibatch tem {len(minibatch)} partes, mas deve ser um par (entradas, alvos), como os de "
            "make_dataloaders. Para outra forma, passe um iterável que a converta, ou escreva um objetivo que a leia "
            "(objective=…)."
        )
    return tuple(minibatch)


def tensor(value, who: str, remedy: str) -> torch.Tensor:
    """`value`, se é um tensor; senão, `ArgumentError`."""
    if not isinstance(value, torch.Tensor):
        raise ArgumentError(f"{who} {type(value).__name__}, mas deve ser um tensor. {remedy}")
    return value


def scalar(value, who: str) -> torch.Tensor:
    """`value`, se é um tensor escalar; senão, `ArgumentError`."""
    remedy = "Um número do Python não tem gradiente: não use .item() nem float()."
    if tensor(value, who, remedy).dim():
        raise ArgumentError(
            f"{who} forma {tuple(value.shape)} em vez de um escalar; use reduction='mean' (a média por amostra)."
        )
    return value
