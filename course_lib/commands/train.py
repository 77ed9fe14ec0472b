"""`treinar`: treina modelos por suas receitas e mostra o erro de cada um, semente a semente."""

import argparse

SUMMARY = "treina modelos por suas receitas e mostra a tabela de erros"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declara as opções do comando."""
    from course_lib.commands.parser import natural_int

    help_recipes = "p. ex. bias biased_dot; sem nenhuma, todas, o que leva vários minutos"
    parser.add_argument("receitas", metavar="RECEITA", nargs="*", help=help_recipes)
    parser.add_argument(
        "--sementes", metavar="S", type=natural_int, nargs="+", default=[42, 43, 44], help="padrão: 42 43 44"
    )
    parser.add_argument("--origem", metavar="ORIGEM", default="ml-latest-small-2016", help="conjunto de dados")
    parser.add_argument("--dispositivo", metavar="D", default="auto", help="auto, cpu, cuda ou mps")


def main(options: argparse.Namespace) -> int:
    """Imprime, em Markdown, RMSE e MAE na validação (em estrelas) e segundos de treinamento.

    A divisão é 80/20, e cada receita só vê a parte de treinamento.

    Raises:
        CourseError: receita desconhecida, dispositivo inexistente, dados que faltam.
    """
    import numpy as np

    from course_lib.analysis.metrics import mae, rmse
    from course_lib.datasets.loaders import split_ratings
    from course_lib.datasets.movielens import load_movielens
    from course_lib.errors import ArgumentError
    from course_lib.recipes import RECIPES, train_model
    from course_lib.trainer.device import resolve_device

    resolve_device(options.dispositivo)
    names = options.receitas or list(RECIPES)
    unknown = [name for name in names if name not in RECIPES]
    if unknown:
        raise ArgumentError(f"Não há receita {', '.join(unknown)}. As que existem: {', '.join(RECIPES)}.")
    data = load_movielens(options.origem)
    print("| receita | semente | RMSE | MAE | segundos |\n|---|---:|---:|---:|---:|")
    for name in names:
        results = []
        for seed in options.sementes:
            train, valid = split_ratings(data.ratings, seed=seed)
            fitted = train_model(name, data, train, seed=seed, device=options.dispositivo)
            predicted = fitted.predict(valid[:, 0].astype(np.int64), valid[:, 1].astype(np.int64))
            results.append((rmse(predicted, valid[:, 2]), mae(predicted, valid[:, 2]), fitted.seconds))
            print(_row(name, str(seed), results[-1]), flush=True)
        if len(results) > 1:
            print(_row(f"**{name}**", "média", np.mean(results, axis=0)), flush=True)
    return 0


def _row(name: str, seed: str, result) -> str:
    error, absolute, seconds = result
    return f"| {name} | {seed} | {error:.4f} | {absolute:.4f} | {seconds:.1f} |".replace(".", ",")
