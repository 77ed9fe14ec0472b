"""A porta da frente: `curso COMANDO`, ou `python -m course_tools COMANDO`."""

import argparse
import codecs
import io
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from course_lib.atomic import why
from course_lib.errors import CourseError
from course_lib.glossary import without_accents
from course_lib.paths import PACKAGE_PARENT
from course_tools.commands import data, execute, formgrader, grade, lab, release, site, train
from course_tools.commands.parser import portuguese_argparse

COMMANDS = {
    "dados": data,
    "executar": execute,
    "treinar": train,
    "lab": lab,
    "site": site,
    "gerar": release,
    "corrigir": grade,
    "formgrader": formgrader,
}
INTERRUPTED = 130


def build_parser() -> argparse.ArgumentParser:
    """Um subcomando para cada entrada de `COMMANDS`."""
    parser = argparse.ArgumentParser(prog="curso", description="Curso de sistemas de recomendação.")
    subparsers = parser.add_subparsers(dest="command", metavar="COMANDO", required=True)
    for name, module in COMMANDS.items():
        module.configure(subparsers.add_parser(name, help=module.SUMMARY, description=module.SUMMARY))
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Executa um comando e devolve seu código de saída; erros do curso viram mensagens, sem traceback.

    Salvo se OMP_NUM_THREADS disser outra coisa, o PyTorch usa uma thread, aqui e nos kernels: as contas do curso são
    pequenas, e threads que disputam um núcleo com outro programa esperam umas pelas outras. Medido em dois núcleos, um
    deles ocupado: com uma thread a série leva três minutos; com duas, em nove não chegava à metade. E o PyTorch pede ao
    Linux páginas de memória grandes: com milhões de avaliações, achar a página de cada linha sorteada pesa nas contas.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    _accept_any_terminal()
    with portuguese_argparse():
        options = build_parser().parse_args(arguments)
    if (Path.cwd() / "course_tools").is_dir() and not (PACKAGE_PARENT / "course_tools").samefile("course_tools"):
        print(
            f"Atenção: este curso é o de {PACKAGE_PARENT}, e não o da pasta em que você está. Para usar o daqui, rode "
            "make run ou make lab uma vez, que acertam o ambiente.",
            file=sys.stderr,
        )
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *where: print(f"Atenção: {message}", file=sys.stderr)
            return COMMANDS[options.command].main(options)
    except CourseError as error:
        return _fail(str(error))
    except ModuleNotFoundError as error:
        return _fail(
            f"falta o pacote {error.name}. Ative o ambiente do curso (source .venv/bin/activate; no Windows, "
            ".venv\\Scripts\\activate) ou, se ele ainda não existe, rode make run."
        )
    except OSError as error:
        return _fail(
            f"não consegui ler ou escrever {error.filename or 'um arquivo'}: {why(error)}. Confira o caminho, as "
            "permissões e o espaço em disco."
        )
    except KeyboardInterrupt:
        print("\nInterrompido. O que já estava pronto ficou no disco.", file=sys.stderr)
        return INTERRUPTED


def _accept_any_terminal() -> None:
    """Num terminal que não é UTF-8, o que ele não sabe escrever perde o acento em vez de interromper o comando."""

    def plain(error: UnicodeError) -> tuple[str, int]:
        return without_accents(error.object[error.start : error.end]) or "?", error.end

    codecs.register_error("sem_acento", plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="sem_acento")


def _fail(message: str) -> int:
    print(f"Erro: {message}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
