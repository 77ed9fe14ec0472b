"""`treinar`: treina modelos por suas receitas e mostra o erro, ou a lista, de cada um, semente a semente.

Sob o `torchrun`, os processos treinam juntos cada receita (`course_lib/trainer/processes.py`); só o primeiro imprime.
"""

import argparse

SUMMARY = "treina modelos por suas receitas e mostra a tabela de erros e a das listas"
MEASURES = {"rating": ("RMSE", "MAE"), "ranking": ("NDCG@10", "revocação@10")}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declara as opções do comando."""
    from course_tools.commands.parser import natural_int, positive_int

    help_recipes = "p. ex. bias biased_dot ease; sem nenhuma, todas, o que leva vários minutos"
    parser.add_argument("receitas", metavar="RECEITA", nargs="*", help=help_recipes)
    parser.add_argument(
        "--sementes", metavar="S", type=natural_int, nargs="+", default=[42, 43, 44], help="padrão: 42 43 44"
    )
    parser.add_argument(
        "--origem", "--dados", metavar="ORIGEM", default="ml-latest-small-2016", help="nome, zip ou pasta dos dados"
    )
    parser.add_argument("--epocas", metavar="N", type=positive_int, help="épocas, no lugar das de cada receita")
    help_time = "os modelos podem usar o momento da avaliação que preveem (ver o notebook 08)"
    parser.add_argument("--momento", action="store_true", help=help_time)
    parser.add_argument("--dispositivo", metavar="D", default="auto", help="auto, cpu, cuda ou mps")
    help_keep = "guarda as redes em models/, a cada época; o mesmo comando, de novo, continua de onde parou"
    parser.add_argument("--guardar", action="store_true", help=help_keep)


def main(options: argparse.Namespace) -> int:
    """Imprime, em Markdown, duas medidas no teste e os segundos de treinamento.

    A divisão é 80/20, ao acaso, e cada receita só vê a parte de treinamento. De receitas de estrelas se mostram o RMSE
    e o MAE, em estrelas; das de listas, o NDCG e a revocação das dez primeiras, com 4 estrelas como relevante.

    Raises:
        CourseError: receita desconhecida, que não sabe usar o momento, ou que não treina por minibatches, se os
            processos são vários; épocas, se nenhuma das receitas as tem; dispositivo inexistente; dados que faltam.
            Uma vez, sejam quantos forem os processos, e antes de treinar o que quer que seja.
    """
    import warnings

    from course_lib.trainer.processes import agreed, launched

    with launched() as team:
        if team.rank:
            warnings.simplefilter("ignore")  # o primeiro processo já avisa
        first = agreed(lambda: _prepare(options, team.size) if team.rank == 0 else None)
        names, data = agreed(lambda: first or _prepare(options, team.size))  # os outros leem o que o primeiro preparou
        for rows in _tables(options, names, data, measured=team.rank == 0):
            if team.rank == 0:
                print(rows, flush=True)
    return 0


def _prepare(options, n_processes: int) -> tuple[list[str], object]:
    """As receitas pedidas e os dados, ou o erro que diz por que não servem."""
    from course_lib.datasets import load_movielens
    from course_lib.errors import ArgumentError
    from course_lib.recipes import RECIPES
    from course_lib.trainer.device import resolve_device

    resolve_device(options.dispositivo)
    shared = [name for name, recipe in RECIPES.items() if recipe.training or n_processes == 1]
    able = [name for name in shared if RECIPES[name].takes("use_time") or not options.momento]
    names = options.receitas or able
    unknown, whole, timeless = (_others(names, known) for known in (RECIPES, shared, able))
    if unknown:
        raise ArgumentError(f"Não há receita {unknown}. As que existem: {', '.join(RECIPES)}.")
    if whole:
        trouble = f"sem minibatches, não há o que repartir entre {n_processes} processos: {whole}"
        raise ArgumentError(f"{trouble}. Rode sem o torchrun, ou escolha entre: {', '.join(able)}.")
    if timeless:
        trouble = f"há receita que não usa o tempo: {timeless}"
        raise ArgumentError(f"{trouble}. Tire --momento, ou escolha entre: {', '.join(able)}.")
    by_epochs = [name for name in able if RECIPES[name].by_epochs]
    if options.epocas and not set(names) & set(by_epochs):
        trouble = f"nenhuma destas receitas treina por épocas: {', '.join(names)}"
        raise ArgumentError(f"{trouble}. Tire --epocas, ou escolha entre: {', '.join(by_epochs)}.")
    return names, load_movielens(options.origem)


def _others(names: list[str], known) -> str:
    """Os nomes que não estão entre os conhecidos, prontos para ler; vazio, se todos estão."""
    return ", ".join(name for name in names if name not in known)


def _tables(options, names: list[str], data, measured: bool):
    """As linhas das tabelas, à medida que os modelos ficam prontos; sem `measured`, só se treina."""
    import numpy as np

    from course_lib.datasets import split_mask
    from course_lib.recipes import RECIPES, train_model

    for task, measures in MEASURES.items():
        chosen = [name for name in names if RECIPES[name].task == task]
        if not chosen:
            continue
        yield f"| receita | semente | {' | '.join(measures)} | segundos |\n|---|---:|---:|---:|---:|"
        for name in chosen:
            results = []
            for seed in options.sementes:
                hidden = ~split_mask(len(data.ratings), seed=seed)
                fitted = train_model(
                    name,
                    data,
                    ~hidden,
                    seed=seed,
                    device=options.dispositivo,
                    use_time=options.momento,
                    n_epochs=options.epocas if RECIPES[name].by_epochs else None,
                    reuse=options.guardar,
                )
                if measured:
                    results.append((*_measure(fitted, data, hidden), fitted.seconds))
                    yield _row(name, str(seed), results[-1])
            if len(results) > 1:
                yield _row(f"**{name}**", "média", np.mean(results, axis=0))
        yield ""


def _measure(fitted, data, hidden) -> tuple[float, float]:
    """As duas medidas da tarefa da receita, nas linhas escondidas (máscara bool)."""
    from course_lib import mae, ranking_metrics, rmse

    test = data.select(hidden)
    if fitted.recipe.task == "ranking":
        metrics = ranking_metrics(fitted, data.select(~hidden), test)
        return metrics["ndcg"], metrics["recall"]
    predicted = fitted.predict(test.users, test.movies, test.times)
    return rmse(predicted, test.values), mae(predicted, test.values)


def _row(name: str, seed: str, result) -> str:
    one, other, seconds = result
    return f"| {name} | {seed} | {one:.4f} | {other:.4f} | {seconds:.1f} |".replace(".", ",")
