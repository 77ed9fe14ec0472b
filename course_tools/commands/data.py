"""`dados`: prepara um conjunto de avaliações e mostra o que há nele."""

import argparse
from pathlib import Path

SUMMARY = "prepara os dados e mostra um resumo deles"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declara as opções do comando."""
    parser.add_argument(
        "origem",
        metavar="ORIGEM",
        nargs="?",
        default="ml-latest-small-2016",
        help="nome de um conjunto (ml-latest-small, ml-1m, …) ou caminho de um zip ou pasta do GroupLens; "
        "sem ela, a edição de 2016 usada na série",
    )
    parser.add_argument("--pasta", metavar="PASTA", type=Path, help="onde guardar os dados preparados")


def main(options: argparse.Namespace) -> int:
    """Prepara os dados (o que já está pronto é reaproveitado) e imprime contagens, período e densidade.

    Raises:
        CourseError: os erros de `load_movielens`.
    """
    from datetime import UTC, datetime

    import numpy as np

    from course_lib.datasets.movielens import load_movielens, prepared_file
    from course_lib.headlines import format_number

    data = load_movielens(options.origem, options.pasta)
    first, last = (datetime.fromtimestamp(int(seconds), UTC) for seconds in np.quantile(data.timestamps, [0, 1]))
    density = len(data.ratings) / (data.n_users * data.n_movies)
    rows = {
        "conjunto": data.name,
        "avaliações": format_number(len(data.ratings)),
        "usuários": format_number(data.n_users),
        "filmes": format_number(data.n_movies),
        "densidade": f"{format_number(100 * density)} %",
        "nota média": f"{format_number(float(data.ratings[:, 2].mean()))} estrelas",
        "período": f"{first:%d/%m/%Y} a {last:%d/%m/%Y}",
    }
    if (kept := prepared_file(options.origem, data.name, options.pasta)).is_file():
        rows["pasta"] = kept.parent
    width = max(map(len, rows))
    print("\n".join(f"{label:<{width}}  {value}" for label, value in rows.items()))
    return 0
