"""Dois processos contra um: amostras por segundo em dois núcleos, e a mesma perda.

Roda também como programa: é o que o `torchrun` lança, uma vez em cada processo.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from torch import nn

from benchmarks.growth import OPTIMIZERS, SEED, SHAPES, endless, synthetic_ratings
from benchmarks.measure import median_ratio, table
from course_lib.datasets import MLDataset
from course_lib.datasets.loaders import Minibatches
from course_lib.models import DotNet
from course_lib.trainer import DeepNetTrainer
from course_lib.trainer.denormals import flushed_denormals
from course_lib.trainer.processes import launched

BATCH_SIZE, BATCHES_PER_ROUND = 65536, 3
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")


class Learner:
    """O treinador do curso, alguns minibatches de cada vez; se os processos já se reuniram, junto com os outros."""

    def __init__(self, name: str, dataset: MLDataset, sizes: tuple[int, int]):
        torch.manual_seed(SEED)
        model = DotNet(*sizes, init_std=0.05)
        self.trainer = DeepNetTrainer(model, nn.MSELoss(), OPTIMIZERS[name](model), device="cpu", verbose=False)
        self.batches = endless(Minibatches(dataset, BATCH_SIZE, torch.Generator().manual_seed(SEED)))

    def __call__(self) -> dict[str, float]:
        """Uma rodada: segundos de relógio e deste processador, e a perda média por amostra."""
        team, total = self.trainer.team, torch.zeros(2, dtype=torch.float64)
        clocks = time.perf_counter(), time.process_time()
        with flushed_denormals():
            for minibatch in team.share(islice(self.batches, BATCHES_PER_ROUND)):
                loss = self.trainer.learn(minibatch)
                total += torch.tensor([loss.shown * loss.n, loss.n])
        wall, cpu = time.perf_counter() - clocks[0], time.process_time() - clocks[1]
        total = team.total(total)
        return {"wall": wall, "cpu": cpu, "loss": float(total[0] / total[1])}


def work(folder: Path, rounds: int, sizes: tuple[int, int]) -> None:
    """O que cada processo faz: o primeiro sozinho, enquanto o outro espera, e depois os dois; e assim por diante."""
    dataset, first, rows = MLDataset(np.load(folder / "ratings.npy")), os.environ["RANK"] == "0", []
    alone = {name: Learner(name, dataset, sizes) for name in OPTIMIZERS if first}  # antes que se reúnam
    with launched() as team:
        together = {name: Learner(name, dataset, sizes) for name in OPTIMIZERS}
        for _ in range(rounds + 1):
            for name in OPTIMIZERS:
                one = alone[name]() if first else None
                dist.barrier()
                two = team.gather(together[name]())
                dist.barrier()
                rows.append({"name": name, "one": one, "two": two, "load": os.getloadavg()[0]})
        if first:
            (folder / "rows.json").write_text(json.dumps(rows[len(OPTIMIZERS) :]))  # a primeira rodada só esquenta


def measure_processes(rounds: int, n: int = 25_000_000) -> str:
    """Tabela de um e dois processos, alternados no mesmo programa, por otimizador.

    A razão de relógio supõe dois núcleos livres. A de processador divide o que um gastou pelo que gastou o mais ocupado
    dos dois: não conta as esperas, e numa máquina partilhada é a que diz o máximo que se ganharia numa livre.
    """
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "ratings.npy", synthetic_ratings(n, *SHAPES[n]))
        arguments = ["-m", "benchmarks.processes", folder, str(rounds), *map(str, SHAPES[n])]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "COURSE_DEVICE": "cpu"}
        subprocess.run([sys.executable, *TORCHRUN, *arguments], env=environment, check=True)
        measured = json.loads((Path(folder) / "rows.json").read_text())
    rows = [_row(name, [row for row in measured if row["name"] == name]) for name in OPTIMIZERS]
    header = ("otimizador", "amostras/s, um", "amostras/s, dois", "razão (relógio)", "razão (processador)",
              "maior diferença de perda")  # fmt: skip
    load = statistics.median(row["load"] for row in measured)
    note = f"{n} avaliações, minibatch de {BATCH_SIZE}, {rounds} rodadas de {BATCHES_PER_ROUND}; carga de {load:.1f}"
    return f"{note}\n\n" + table(header, rows)


def _row(name: str, rows: list[dict]) -> tuple:
    one = {clock: [row["one"][clock] for row in rows] for clock in ("wall", "cpu")}
    two = {clock: [max(each[clock] for each in row["two"]) for row in rows] for clock in one}
    speeds = [round(BATCHES_PER_ROUND * BATCH_SIZE / statistics.median(times["wall"])) for times in (one, two)]
    ratios = [f"{median_ratio(one[clock], two[clock]):.2f}" for clock in one]
    difference = max(abs(row["one"]["loss"] - row["two"][0]["loss"]) for row in rows)
    return name, *speeds, *ratios, f"{difference:.0e}"


if __name__ == "__main__":
    work(Path(sys.argv[1]), int(sys.argv[2]), (int(sys.argv[3]), int(sys.argv[4])))
