"""O passo gravado: numa GPU, um passo pequeno é quase todo espera entre uma operação e a próxima.

Um grafo CUDA grava as operações de um passo uma vez e as repete de uma só vez, sem o Python no meio. As condições: os
tensores são sempre os mesmos (o minibatch é copiado para dentro deles), as formas não mudam (o último minibatch, mais
curto, é feito à parte), e nada espera pelo dispositivo no meio do passo.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from course_lib.errors import CourseError
from course_lib.trainer.callbacks import Callback, ProgressBar
from course_lib.trainer.objectives import Loss

WARM_UP = 3  # passos de verdade antes de gravar: criam o estado do otimizador e escolhem os algoritmos


class CudaGraph:
    """O grafo, e o que ele pede em volta."""

    def __init__(self):
        self.graph, self.side = torch.cuda.CUDAGraph(), torch.cuda.Stream()

    def prepare(self, optimizer: torch.optim.Optimizer) -> None:
        """Faz o otimizador contar os passos no dispositivo, onde o grafo os alcança."""
        for group in optimizer.param_groups:
            if "capturable" in group:
                group["capturable"] = True
                for parameter in group["params"]:
                    state = optimizer.state.get(parameter, {})
                    if "step" in state:
                        state["step"] = torch.as_tensor(state["step"], dtype=torch.float32, device=parameter.device)

    @contextmanager
    def warming(self) -> Iterator[None]:
        """Os passos antes de gravar correm numa fila à parte, como a gravação."""
        self.side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self.side):
            yield
        torch.cuda.current_stream().wait_stream(self.side)

    def record(self, action: Callable[[], None]) -> None:
        """Grava o que `action` faria, sem o fazer."""
        with torch.cuda.graph(self.graph):
            action()

    def replay(self) -> None:
        """Faz o que foi gravado."""
        self.graph.replay()


class CapturedStep:
    """Um passo de treinamento que, depois de aquecido, se repete de uma gravação. Vale por uma época.

    Args:
        learn: o passo, minibatch -> `Loss`.
        size: amostras de um minibatch inteiro.
        graph: um `CudaGraph`.
    """

    def __init__(self, learn: Callable[..., Loss], size: int, graph):
        self.learn, self.size, self.graph = learn, size, graph
        self.warmed, self.inside, self.loss = 0, None, None

    def __call__(self, minibatch) -> Loss:
        if self.graph is None or len(minibatch[0]) != self.size:
            return self.learn(minibatch)
        if self.warmed < WARM_UP:
            self.warmed += 1
            with self.graph.warming():
                return self.learn(minibatch)
        if self.inside is None and not self._record(minibatch):
            return self.learn(minibatch)
        for inside, part in zip(self.inside, minibatch, strict=True):
            inside.copy_(part)
        self.graph.replay()
        return self.loss

    def _record(self, minibatch) -> bool:
        """Grava o passo; False se ele não se deixa gravar (algo espera pelo dispositivo), e segue-se sem gravação."""

        def step() -> None:
            self.loss = self.learn(self.inside)

        self.inside = tuple(part.clone() for part in minibatch)
        try:
            self.graph.record(step)
        except CourseError:
            raise
        except RuntimeError:
            self.graph = None
        return self.graph is not None


def step_of(trainer, loader) -> Callable[..., Loss]:
    """O passo com que se percorre uma época: gravado, se o loader mora no dispositivo e nada muda o passo no caminho.

    A gravação vale uma época, porque a taxa de aprendizado, que fica dentro dela, é constante numa época.
    """
    fixed = getattr(loader, "device", None) == trainer.device and not trainer.careful and trainer.team.size == 1
    if trainer.make_graph is None or not fixed or any(map(_touches_steps, trainer.callbacks)):
        return trainer.learn
    graph = trainer.make_graph()
    graph.prepare(trainer.optimizer)
    return CapturedStep(trainer.learn, loader.batch_size, graph)


def _touches_steps(callback: Callback) -> bool:
    """Se o callback faz algo a cada minibatch; a barra de progresso só conta."""
    return not isinstance(callback, ProgressBar) and type(callback).on_batch_end is not Callback.on_batch_end
