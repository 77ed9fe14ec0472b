"""`treinar`: treina modelos por suas receitas e mostra o erro, ou a lista, de cada um, semente a semente."""

import argparse

SUMMARY = "treina modelos por suas receitas e mostra a tabela de erros e a das listas"
MEASURES = {"rating": ("RMSE", "MAE"), "ranking": ("NDCG@10", "revocação@10")}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declara as opções do comando."""
    from course_tools.commands.parser import natural_int

    help_recipes = "p. ex. bias biased_dot ease; sem nenhuma, todas, o que leva vários minutos"
    parser.add_argument("receitas", metavar="RECEITA", nargs="*", help=help_recipes)
    parser.add_argument(
        "--sementes", metavar="S", type=natural_int, nargs="+", default=[42, 43, 44], help="padrão: 42 43 44"
    )
    parser.add_argument("--origem", metavar="ORIGEM", default="ml-latest-small-2016", help="conjunto de dados")
    help_time = "os modelos podem usar o momento da avaliação que preveem (ver o notebook 08)"
    parser.add_argument("--momento", action="store_true", help=help_time)
    parser.add_argument("--dispositivo", metavar="D", default="auto", help="auto, cpu, cuda ou mps")


def main(options: argparse.Namespace) -> int:
    """Imprime, em Markdown, duas medidas no teste e os segundos de treinamento.

    A divisão é 80/20, ao acaso, e cada receita só vê a parte de treinamento. De receitas de estrelas se mostram o RMSE
    e o MAE, em estrelas; das de listas, o NDCG e a revocação das dez primeiras, com 4 estrelas como relevante.

    Raises:
        CourseError: receita desconhecida, ou que não sabe usar o momento, dispositivo inexistente, dados que faltam.
    """
    import numpy as np

    from course_lib.datasets import load_movielens, split_mask
    from course_lib.errors import ArgumentError
    from course_lib.recipes import RECIPES, train_model
    from course_lib.trainer.device import resolve_device

    resolve_device(options.dispositivo)
    able = [name for name, recipe in RECIPES.items() if recipe.takes("use_time") or not options.momento]
    names = options.receitas or able
    unknown = [name for name in names if name not in RECIPES]
    if unknown:
        raise ArgumentError(f"Não há receita {', '.join(unknown)}. As que existem: {', '.join(RECIPES)}.")
    data = load_movielens(options.origem)
    for task, measures in MEASURES.items():
        chosen = [name for name in names if RECIPES[name].task == task]
        if not chosen:
            continue
        print(f"| receita | semente | {' | '.join(measures)} | segundos |\n|---|---:|---:|---:|---:|")
        for name in chosen:
            results = []
            for seed in options.sementes:
                hidden = ~split_mask(len(data.ratings), seed=seed)
                fitted = train_model(
                    name, data, ~hidden, seed=seed, device=options.dispositivo, use_time=options.momento
                )
                results.append((*_measure(fitted, data, hidden), fitted.seconds))
                print(_row(name, str(seed), results[-1]), flush=True)
            if len(results) > 1:
                print(_row(f"**{name}**", "média", np.mean(results, axis=0)), flush=True)
        print()
    return 0


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
