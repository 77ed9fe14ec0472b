"""`executar`: roda a série inteira, ou parte dela, e publica o resultado em `build/`."""

import argparse
import os
import time
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

SUMMARY = "executa os notebooks da série e gera as páginas HTML"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declara as opções do comando."""
    from course_tools.commands.parser import natural_int, positive_int

    parser.add_argument("--dispositivo", metavar="D", help="auto, cpu, cuda ou mps (parâmetro device)")
    parser.add_argument("--semente", metavar="S", type=natural_int, help="semente dos sorteios (parâmetro seed)")
    parser.add_argument("--epocas", metavar="N", type=positive_int, help="épocas de treinamento (parâmetro n_epochs)")
    parser.add_argument("--somente", metavar="NN", nargs="+", default=[], help="só estes notebooks, p. ex. 01 03")
    parser.add_argument("--opcional", action="store_true", help="também os notebooks opcionais, que demoram mais")
    parser.add_argument(
        "--paralelo",
        metavar="N",
        type=positive_int,
        help="notebooks ao mesmo tempo (padrão: 2; com --salvar, 1, para que os tempos mostrados sejam os de um só)",
    )
    parser.add_argument("--saida", metavar="PASTA", type=Path, default=Path("build"), help="onde pôr os resultados")
    parser.add_argument("--salvar", action="store_true", help="grava as saídas também em notebooks/, se todos rodarem")


def main(options: argparse.Namespace) -> int:
    """Executa, publica e mostra a tabela; devolve 0.

    Raises:
        NotebookError: se um ou mais notebooks falharam; os resultados dos demais ficam no disco.
        ArgumentError: se `--salvar` vem com parâmetros, ou se um notebook pedido não existe.
    """
    _check(options)
    from course_tools.errors import NotebookError
    from course_tools.runner import series as runner
    from course_tools.runner import summary

    parameters, out_dir = _parameters(options), options.saida.resolve()
    out_dir.mkdir(parents=True, exist_ok=True)
    series, start = runner.find_series(only=options.somente, optional=options.opcional), time.perf_counter()
    source_dir, whole_series = series[0].parent, runner.find_series(optional=True)
    runner.bring_unexecuted([path for path in whole_series if path not in series], out_dir)
    # Importar o Sphinx leva segundos; que passem enquanto os kernels trabalham.
    ThreadPoolExecutor(1).submit(import_module, "course_tools.pages.site")
    outcomes = _run(series, out_dir, parameters, options)
    elapsed = time.perf_counter() - start
    readable = [out_dir / path.name for path in whole_series if (out_dir / path.name).is_file()]  # os danificados, não
    from course_tools.pages.site import build_site

    first_page = build_site(readable, source_dir, options.saida)
    print(summary.text_table(summary.executed_summaries([path.stem for path in series], out_dir), elapsed))
    print(f"\nPáginas: {first_page}")
    if failures := [str(outcome.error) for outcome in outcomes if outcome.error]:
        raise NotebookError("\n".join(failures))
    if options.salvar:
        runner.save_outputs(outcomes, source_dir)
    return 0


def _check(options: argparse.Namespace) -> None:
    """Recusa já o que nenhum notebook conseguiria usar, e o que não combina; com `--salvar`, fixa o que muda saídas."""
    from course_lib.errors import ArgumentError

    if options.dispositivo or os.environ.get("COURSE_DEVICE"):
        from course_lib.trainer.device import resolve_device

        resolve_device(options.dispositivo or "auto")
    if options.salvar and _parameters(options):
        raise ArgumentError(
            "--salvar grava as saídas dos parâmetros escritos nos notebooks; não combina com "
            "--dispositivo, --semente ou --epocas. Para outro dispositivo, use a variável COURSE_DEVICE."
        )
    if options.salvar:
        # As saídas gravadas são comparadas nos testes, que usam uma thread: a ordem das somas deve ser a mesma, diga o
        # que disser a variável.
        os.environ["OMP_NUM_THREADS"] = "1"


def _run(series: list[Path], out_dir: Path, parameters: dict[str, object], options: argparse.Namespace) -> list:
    """Executa os notebooks, com uma barra que anda a cada célula."""
    from tqdm import tqdm

    from course_tools.runner import series as runner

    with tqdm(total=sum(map(runner.count_code_cells, series)), unit="célula", dynamic_ncols=True) as bar:

        def announce(outcome: runner.Outcome) -> None:
            bar.set_description(f"{outcome.name} {'falhou' if outcome.error else 'pronto'}")

        jobs = options.paralelo or (1 if options.salvar else min(2, os.cpu_count() or 1))
        return runner.run_series(series, out_dir, parameters, bar.update, announce, jobs)


def _parameters(options: argparse.Namespace) -> dict[str, object]:
    """Só o que foi pedido: sem opções, o papermill não injeta célula alguma."""
    asked = {"device": options.dispositivo, "seed": options.semente, "n_epochs": options.epocas}
    return {name: value for name, value in asked.items() if value is not None}
