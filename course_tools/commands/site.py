"""`site`: monta as páginas da série a partir dos notebooks como estão, sem executar nada."""

import argparse
from pathlib import Path

SUMMARY = "monta o site da série a partir dos notebooks, sem executá-los"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declara as opções do comando."""
    parser.add_argument("--saida", metavar="PASTA", type=Path, default=Path("build/site"), help="onde pôr as páginas")
    parser.add_argument(
        "--endereco",
        metavar="URL",
        default="",
        help="onde o site será publicado; só a figura que as redes sociais mostram precisa dele",
    )


def main(options: argparse.Namespace) -> int:
    """Monta o site e diz qual é a primeira página; devolve 0.

    Raises:
        ArgumentError: se não há notebooks.
        NotebookError: se um deles não pôde ser lido.
    """
    from course_tools.pages.site import build_site
    from course_tools.runner import series

    notebooks = series.find_series(optional=True)
    print(f"Páginas: {build_site(notebooks, notebooks[0].parent, options.saida, options.endereco)}")
    return 0
