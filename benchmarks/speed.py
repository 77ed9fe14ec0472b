"""Quanto custa uma época, e quanto custa a matriz de avaliações inteira."""

import logging
import statistics
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

from benchmarks.measure import MEGABYTE, cpu_seconds, in_new_process, interleaved, median_ratio, peak_memory, table
from course_lib.datasets import MLDataset, make_dataloaders
from course_lib.models import BiasedDotNet, DotNet, NeuralNet
from course_lib.recommend import rating_matrix
from course_lib.trainer import DeepNetTrainer
from course_lib.trainer.denormals import flushed_denormals
from course_lib.trainer.row_adagrad import row_adagrad

BATCH_SIZES = (64, 512, 4096)
OLD_BATCH_SIZE, OLD_WORKERS = 64, 4
SEED = 42


class ItemwiseDataset(Dataset):
    """O Dataset do notebook antigo: uma avaliação de cada vez, que o DataLoader depois junta."""

    def __init__(self, ratings):
        self.inputs, self.targets = ratings[:, :2].astype("int64"), ratings[:, 2:].copy()

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, index: int):
        return torch.from_numpy(self.inputs[index]), torch.from_numpy(self.targets[index])


def fused_adam(model: nn.Module) -> torch.optim.Optimizer:
    """O otimizador das receitas do curso."""
    return torch.optim.Adam(model.parameters(), fused=True)


def trainer_epoch(train, sizes, batch_size: int, optimizer=fused_adam) -> Callable[[], object]:
    """A época do curso: `DeepNetTrainer.fit`, com o DataLoader de `make_dataloaders`."""
    model = DotNet(*sizes)
    trainer = DeepNetTrainer(model, nn.MSELoss(), optimizer(model), device="cpu", verbose=False)
    loader = make_dataloaders(train, batch_size=batch_size, seed=SEED)["train"]
    return lambda: trainer.fit(n_epochs=1, train_data=loader)


def bare_epoch(
    train, sizes, batch_size: int, denormals: Callable[[], AbstractContextManager] = flushed_denormals
) -> Callable[[], object]:
    """O mínimo: o mesmo otimizador sobre tensores já na memória, sem DataLoader, registro ou conferência.

    Args:
        denormals: como tratar os números denormais; o treinador do curso os troca por zero.
    """
    model = DotNet(*sizes)
    optimizer = fused_adam(model)
    inputs, targets = as_tensors(train)

    def run() -> None:
        shuffled = torch.randperm(len(inputs)).split(batch_size)
        with denormals():
            learn(model, optimizer, ((inputs[rows], targets[rows]) for rows in shuffled))

    return run


def old_epoch(train, sizes) -> Callable[[], object]:
    """A época do notebook antigo: item a item, quatro processos carregando dados, Adam como vem."""
    model = DotNet(*sizes)
    optimizer = torch.optim.Adam(model.parameters())
    dataset = ItemwiseDataset(train)
    loader = DataLoader(dataset, batch_size=OLD_BATCH_SIZE, shuffle=True, num_workers=OLD_WORKERS)
    return lambda: learn(model, optimizer, loader)


def lightning_epoch(train, sizes, batch_size: int, own_loader: bool) -> Callable[[], object]:
    """A época do Trainer do PyTorch Lightning, sem registro, barra nem checkpoint, com o mesmo Adam.

    Args:
        own_loader: o DataLoader do curso; senão, o de um `TensorDataset`, como se costuma escrever.

    Raises:
        ImportError: se o Lightning não está instalado.
    """
    import lightning

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.model, self.criterion = DotNet(*sizes), nn.MSELoss()

        def training_step(self, minibatch):
            inputs, targets = minibatch
            return self.criterion(self.model(inputs), targets)

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters(), fused=True)

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    module = Module()
    if own_loader:
        loader = make_dataloaders(train, batch_size=batch_size, seed=SEED)["train"]
    else:
        loader = DataLoader(TensorDataset(*as_tensors(train)), batch_size=batch_size, shuffle=True)
    quiet = dict.fromkeys(["logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"], False)
    return lambda: lightning.Trainer(accelerator="cpu", max_epochs=1, **quiet).fit(module, loader)


def as_tensors(train) -> tuple[torch.Tensor, torch.Tensor]:
    """LongTensor (n, 2) e FloatTensor (n, 1)."""
    dataset = MLDataset(train)
    return dataset.inputs, dataset.targets


def learn(model: nn.Module, optimizer: torch.optim.Optimizer, batches) -> None:
    """Uma passada pelos minibatches."""
    criterion = nn.MSELoss()
    for inputs, targets in batches:
        loss = criterion(model(inputs), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def measure_epochs(train, sizes: tuple[int, int], rounds: int, clock: Callable[[], float] = cpu_seconds) -> str:
    """Tabela de segundos por época, por tamanho de minibatch.

    Os quatro processos do laço antigo dividem os núcleos: no processador ele custa mais do que se espera por ele.

    Args:
        train: float32 (n, 3).
        sizes: (n_users, n_movies).
        rounds: rodadas intercaladas.
        clock: o que conta os segundos: `cpu_seconds`, de processador, ou `time.perf_counter`, de relógio.
    """
    warnings.filterwarnings("ignore", message="This DataLoader will create")  # os quatro processos são de propósito
    warnings.filterwarnings("ignore", message=".*does not have many workers")
    rows, skipped = [], ""
    for batch_size in BATCH_SIZES:
        torch.manual_seed(SEED)
        actions = {
            "DeepNetTrainer.fit": trainer_epoch(train, sizes, batch_size),
            "DeepNetTrainer.fit, RowAdagrad": trainer_epoch(train, sizes, batch_size, row_adagrad),
            "laço mínimo": bare_epoch(train, sizes, batch_size),
            "laço mínimo, com denormais": bare_epoch(train, sizes, batch_size, nullcontext),
        }
        try:
            for name, own in (("Lightning, DataLoader do curso", True), ("Lightning, TensorDataset", False)):
                actions[name] = lightning_epoch(train, sizes, batch_size, own)
        except ImportError as error:
            skipped = f"\n\nLightning não medido: {error}. `make bench-peers` o instala."
        if batch_size == OLD_BATCH_SIZE:
            actions["laço do notebook antigo"] = old_epoch(train, sizes)
        times = interleaved(actions, rounds, clock)
        for name, values in times.items():
            ratio = median_ratio(values, times["laço mínimo"])
            rows.append((name, batch_size, f"{statistics.median(values):.3f}", f"{ratio:.2f}"))
    kind = "processador" if clock is cpu_seconds else "relógio"
    header = ("época", "minibatch", f"segundos de {kind}", "vezes o laço mínimo")
    return f"{len(train)} avaliações, DotNet de 50 fatores, {rounds} rodadas\n\n" + table(header, rows) + skipped


def bare_matrix(model: nn.Module) -> torch.Tensor:
    """Só a conta: todas as notas por produto de matrizes, sem conferir nada."""
    if isinstance(model, BiasedDotNet):
        products = model.user_vectors.weight @ model.movie_vectors.weight.T
        return products.add_(model.user_bias.weight).add_(model.movie_bias.weight.T).add_(model.mean)
    if isinstance(model, DotNet):
        return model.user_vectors.weight @ model.movie_vectors.weight.T
    n_factors = model.user_vectors.embedding_dim
    users = model.user_vectors.weight @ model.hidden.weight[:, :n_factors].T + model.hidden.bias
    movies = model.movie_vectors.weight @ model.hidden.weight[:, n_factors:].T
    matrix = torch.empty(len(users), len(movies))
    for row, user in zip(matrix, users, strict=True):
        torch.mv((movies + user).relu_(), model.output.weight[0], out=row)
    return matrix.add_(model.output.bias)


def matrix_memory(network: type[nn.Module], sizes: tuple[int, int]) -> int:
    """Bytes no pico de `rating_matrix`, além da própria matriz; para um processo novo."""
    model = network(*sizes).eval()
    rating_matrix(network(3, 5).eval(), 3, 5)  # carrega as bibliotecas
    matrix, peak = peak_memory(lambda: rating_matrix(model, *sizes))
    return peak - matrix.nbytes


def measure_matrix(sizes: tuple[int, int], rounds: int) -> str:
    """Tabela da matriz inteira: segundos de `rating_matrix` e da conta nua, que dão os mesmos números, e memória.

    A memória é a que se gasta no pico além da própria matriz.
    """
    rows = []
    for network in (DotNet, BiasedDotNet, NeuralNet):
        torch.manual_seed(SEED)
        model = network(*sizes).eval()
        bare_action = partial(torch.no_grad()(bare_matrix), model)
        actions = {"curso": partial(rating_matrix, model, *sizes), "conta": bare_action}
        torch.testing.assert_close(torch.from_numpy(actions["curso"]()), actions["conta"](), rtol=1e-4, atol=1e-3)
        times = interleaved(actions, rounds)
        ours, bare = (statistics.median(values) for values in times.values())
        ratio = median_ratio(times["curso"], times["conta"])
        memory = round(in_new_process(matrix_memory, network, sizes) / MEGABYTE)
        rows.append((network.__name__, f"{ours:.3f}", f"{bare:.3f}", f"{ratio:.2f}", memory))
    header = ("rede", "rating_matrix (s de CPU)", "conta nua (s de CPU)", "razão", "memória a mais (MB)")
    return f"Matriz de {sizes[0]} × {sizes[1]}, {rounds} rodadas\n\n" + table(header, rows)
