"""O passo gravado: numa GPU, um passo pequeno é quase todo espera entre uma operação e a próxima.

Um grafo CUDA grava as operações de um passo uma vez e as repete de uma só vez, sem o Python no meio. As condições: os
tensores são sempre os mesmos (o minibatch é copiado para dentro deles), as formas não mudam (o último minibatch, mais
curto, é feito à parte), e nada espera pelo dispositivo no meio do passo. O Python de dentro do passo, como um contador
no `forward` de uma rede, só corre ao aquecer e ao gravar.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import torch

from course_lib.errors import CourseError
from course_lib.trainer.callbacks import Callback, ProgressBar
from course_lib.trainer.objectives import Loss

WAITING = "called a synchronizing CUDA operation"  # o que o torch avisa quando se espera pelo dispositivo
WARM_UP = 3  # passos de verdade antes de gravar: criam o estado do otimizador e escolhem os algoritmos


class CudaGraph:
    """O grafo, e o que ele pede em volta, tudo na GPU dada: a corrente pode ser outra.

    Attributes:
        waits: se o último passo de aquecimento esperou pelo dispositivo. Um passo assim não se deixa gravar, e nem se
            deve tentar: uma gravação que falha no meio pode deixar a memória do torch como se ela continuasse.
    """

    def __init__(self, device: torch.device):
        self.device, self.graph, self.side = device, torch.cuda.CUDAGraph(), torch.cuda.Stream(device)
        self.waits = False

    def prepare(self, optimizer: torch.optim.Optimizer) -> None:
        """Faz o otimizador contar os passos no dispositivo, onde o grafo os alcança."""
        for group in optimizer.param_groups:
            if "capturable" in group:
                group["capturable"] = True
                for parameter in group["params"]:
                    state = optimizer.state.get(parameter, {})
                    for name in {"step", "mu_product"} & state.keys():  # o segundo, do NAdam
                        state[name] = torch.as_tensor(state[name], dtype=torch.float32, device=parameter.device)

    @contextmanager
    def warming(self) -> Iterator[None]:
        """Os passos antes de gravar correm numa fila à parte, como a gravação."""
        current = torch.cuda.current_stream(self.device)
        self.side.wait_stream(current)
        try:
            with torch.cuda.stream(self.side), warnings.catch_warnings(record=True) as heard:
                warnings.simplefilter("always")
                before = torch.cuda.get_sync_debug_mode()
                torch.cuda.set_sync_debug_mode("warn")
                try:
                    yield
                finally:
                    torch.cuda.set_sync_debug_mode(before)
        finally:
            current.wait_stream(self.side)  # também se o passo falha: o que se desfaz não corre ao lado dele
        self.waits = any(WAITING in str(warning.message) for warning in heard)

    def record(self, action: Callable[[], None]) -> None:
        """Grava o que `action` faria, sem o fazer."""
        with torch.cuda.device(self.device):
            before = torch.cuda.current_stream()
            try:
                with torch.cuda.graph(self.graph, stream=self.side):
                    action()
            finally:
                torch.cuda.set_stream(before)  # se a gravação falha, o torch deixa a fila dela como corrente

    def replay(self) -> None:
        """Faz o que foi gravado."""
        self.graph.replay()


class CapturedStep:
    """Um passo de treinamento que, depois de aquecido, se repete de uma gravação. Vale por uma época.

    Args:
        learn: o passo, minibatch -> `Loss`.
        size: amostras de um minibatch inteiro.
        graph: um `CudaGraph`.
        give_up: o que chamar se o passo não se deixa gravar, para que a época seguinte não tente outra vez.
    """

    def __init__(self, learn: Callable[..., Loss], size: int, graph, give_up: Callable[[], None]):
        self.learn, self.size, self.graph, self.give_up = learn, size, graph, give_up
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
        """Grava o passo; False se ele não se deixa gravar, e segue-se sem gravação."""

        def step() -> None:
            loss = self.learn(self.inside)
            # Sem o grafo de gradientes, que amarraria à fila da gravação os passos que não se gravam.
            self.loss = loss._replace(step=loss.step.detach())

        self.inside = tuple(part.clone() for part in minibatch)
        try:
            if not self.graph.waits:
                self.graph.record(step)
                return True
        except CourseError:
            raise
        except RuntimeError:
            pass
        self.graph = None
        self.give_up()
        return False


def step_of(trainer, loader) -> Callable[..., Loss]:
    """O passo com que se percorre uma época: gravado, se o loader mora no dispositivo e nada muda o passo no caminho.

    A gravação vale uma época, porque a taxa de aprendizado, que fica dentro dela, é constante numa época.
    """
    device = next(trainer.model.parameters()).device  # "cuda:0", onde o trainer.device pode dizer só "cuda"
    fixed = getattr(loader, "device", None) == device and not trainer.careful and trainer.team.size == 1
    hooked = trainer.optimizer._optimizer_step_pre_hooks or trainer.optimizer._optimizer_step_post_hooks
    changing = hooked or not _counts_on_device(trainer.optimizer) or any(map(_touches_steps, trainer.callbacks))
    if trainer.make_graph is None or not fixed or changing:
        return trainer.learn
    graph = trainer.make_graph(device)
    graph.prepare(trainer.optimizer)
    return CapturedStep(trainer.learn, loader.batch_size, graph, give_up=partial(setattr, trainer, "make_graph", None))


def _counts_on_device(optimizer: torch.optim.Optimizer) -> bool:
    """Se o passo do otimizador se repete de uma gravação: ou não conta os passos (SGD), ou os conta no dispositivo."""
    return isinstance(optimizer, torch.optim.SGD) or all("capturable" in group for group in optimizer.param_groups)


def _touches_steps(callback: Callback) -> bool:
    """Se o callback faz algo a cada minibatch; a barra de progresso só conta."""
    return not isinstance(callback, ProgressBar) and type(callback).on_batch_end is not Callback.on_batch_end
