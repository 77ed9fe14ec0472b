"""Executa os notebooks da série com o papermill: um kernel novo, isto é, um processo, para cada um."""

import logging
import re
import shutil
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillException, PapermillExecutionError
from papermill.execute import remove_error_markers
from papermill.translators import PythonTranslator

from course_lib.errors import ArgumentError
from course_lib.paths import PACKAGE_PARENT
from course_tools.errors import NotebookError
from course_tools.runner.cleaning import cleaned, save_notebook
from course_tools.runner.kernel import KERNEL_NAME, CourseKernelManager, ForkedKernelManager, shadowing

EXERCISES_SUFFIX = "_exercicios"
OPTIONAL = ("08", "09")  # mais demorados que os outros: só rodam quando pedidos
INJECTED = "injected-parameters"  # a etiqueta que o papermill dá à célula que põe
LESSON = re.compile(r"\d\d_\w+")  # "07_exercicios-Copy1", que o JupyterLab faz ao duplicar, não é uma lição
HIDDEN_MODULE = (
    "a causa pode ser um arquivo ao lado do notebook, importado no lugar de um pacote de mesmo nome; renomeie: {}"
)
CONFLICT = re.compile(r"^<{7} ", re.MULTILINE)
# Com vários de cada vez, os demorados vão antes, para que nenhum acabe sozinho; o primeiro treina o que outros usam.
EARLY = ("03", "06", "08", "02", "04", "05")


@dataclass(frozen=True)
class Outcome:
    """O que ficou da execução de um notebook."""

    name: str
    executed: Path
    error: NotebookError | None = None


def notebooks_dir() -> Path:
    """Pasta dos notebooks da série, num checkout do curso."""
    return PACKAGE_PARENT / "notebooks"


def find_series(folder: Path | None = None, only: Iterable[str] = (), optional: bool = False) -> list[Path]:
    """Notebooks da série (`01_….ipynb`, `02_….ipynb`, …), em ordem; cópias deles não contam.

    Args:
        folder: onde procurar; sem ele, a pasta `notebooks` do curso.
        only: prefixos dos que interessam, como `["01", "03"]`; vazio quer dizer todos os que não são opcionais.
        optional: se, com `only` vazio, os opcionais também entram.

    Raises:
        ArgumentError: se a pasta não tem notebooks ou se um prefixo não corresponde a nenhum.
    """
    folder = folder or notebooks_dir()
    series = sorted(path for path in folder.glob("*.ipynb") if LESSON.fullmatch(path.stem))
    if not series:
        raise ArgumentError(f"Não há notebooks da série em {folder}. Rode o comando a partir de um clone do curso.")
    asked = tuple(prefix.zfill(2) for prefix in only)  # "2" quer dizer "02"
    for prefix in asked:
        if not any(path.stem.startswith(prefix) for path in series):
            available = ", ".join(path.stem for path in series)
            raise ArgumentError(f"Nenhum notebook começa por {prefix!r}. Os que existem: {available}.")
    if asked:
        return [path for path in series if path.stem.startswith(asked)]
    return [path for path in series if optional or not path.stem.startswith(OPTIONAL)]


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """Lê um notebook.

    Raises:
        NotebookError: se o arquivo falta ou não é um notebook; diz como voltar ao que veio com o curso.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotebookError(f"{path}: não consegui ler o notebook ({error}).") from error
    try:
        return nbformat.reads(text, as_version=4)
    except Exception as error:  # o nbformat supõe um notebook, e tropeça de muitos modos no que não é um
        way_out = f'Para voltar ao que veio com o curso: git checkout HEAD -- "{path}"'
        raise NotebookError(f"{path}: {_damage(text, error)}. {way_out}") from error


def count_code_cells(path: Path) -> int:
    """Quantas células serão executadas: as de código que não estão vazias; nenhuma, se o arquivo não é um notebook."""
    try:
        return sum(cell.cell_type == "code" and bool(cell.source.strip()) for cell in read_notebook(path).cells)
    except NotebookError:
        return 0


def execute_notebook(
    source: Path,
    target: Path,
    parameters: Mapping[str, object] | None = None,
    on_cell: Callable[[], None] = lambda: None,
    manager: type[CourseKernelManager] = CourseKernelManager,
) -> None:
    """Executa `source`, na pasta em que ele está, e grava o resultado em `target`, inclusive quando falha.

    Args:
        parameters: valores para a célula `parameters`; os que o notebook não tem são deixados de lado.
        on_cell: chamada depois de cada célula de código.
        manager: quem inicia o kernel.

    Raises:
        NotebookError: com o notebook, a célula e o erro. `NotImplementedError` é perdoado nos exercícios, pois é o
            que um exercício por fazer levanta; uma célula com a etiqueta `raises-exception` pode falhar à vontade.
            Se na pasta há arquivos que escondem pacotes, diz também quais são.
    """
    target.unlink(missing_ok=True)  # se algo falhar, que ali não fique o resultado de outra vez
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        _execute(source, target, parameters or {}, on_cell, manager)
    except NotebookError as error:
        if hidden := ", ".join(path.name for path in shadowing(source.parent)):
            raise NotebookError(f"{error}\n    {HIDDEN_MODULE.format(hidden)}") from error
        raise


def _execute(
    source: Path,
    target: Path,
    parameters: Mapping[str, object],
    on_cell: Callable[[], None],
    manager: type[CourseKernelManager],
) -> None:
    accepted, started = _parameter_names(source), [0]
    forgiven = ["NotImplementedError"] if source.stem.endswith(EXERCISES_SUFFIX) else []
    try:
        papermill.execute_notebook(
            source,
            target,
            {name: value for name, value in parameters.items() if name in accepted},
            kernel_name=KERNEL_NAME,
            language="python",
            progress_bar=False,
            resources={"metadata": {"path": str(source.resolve().parent)}},  # a pasta do kernel, não a do processo
            request_save_on_cell_execute=False,  # gravar a cada célula dobraria o tempo de um notebook curto
            kernel_manager_class=manager,
            allow_error_names=forgiven,
            on_cell_start=lambda cell, cell_index: started.append(cell_index),
            on_cell_complete=lambda cell, cell_index: on_cell(),
        )
    except PapermillExecutionError:
        _check_errors(source, target, forgiven)
    except DeadKernelError as error:
        message = "o kernel morreu. A causa mais comum é falta de memória: feche outros programas e tente de novo."
        raise NotebookError(f"{source.name}, célula {started[-1] + 1}: {message}") from error
    except RuntimeError as error:  # do nbclient, que não tem um erro próprio para o kernel que não chega a responder
        raise NotebookError(
            f"{source.name}: o kernel não iniciou ({error}). Confira se há memória livre e se o ambiente está inteiro "
            "(python -m pip check), e tente de novo."
        ) from error
    except PapermillException as error:
        raise NotebookError(f"{source.name}: {error}") from error


def run_series(
    series: Iterable[Path],
    out_dir: Path,
    parameters: Mapping[str, object] | None = None,
    on_cell: Callable[[], None] = lambda: None,
    on_notebook: Callable[[Outcome], None] = lambda outcome: None,
    jobs: int = 1,
) -> list[Outcome]:
    """Executa os notebooks. Um que falhe não impede os seguintes; o erro fica em seu `Outcome`.

    Um de cada vez, vão em ordem; com vários, na de `EARLY`, e depois os outros. O resultado está sempre em ordem.

    Args:
        parameters: como em `execute_notebook`.
        on_cell, on_notebook: chamadas ao fim de cada célula e de cada notebook.
        jobs: quantos de cada vez. Se dois precisam de um mesmo modelo treinado, o segundo espera pelo primeiro; ver
            `reuse`, em `train_model`.
    """

    interrupted = threading.Event()

    def run(source: Path) -> Outcome:
        target, error = out_dir / source.name, None
        # O primeiro importa por si, enquanto um processo importa por todos os outros.
        manager = CourseKernelManager if source == queue[0] else ForkedKernelManager
        try:
            execute_notebook(source, target, parameters, on_cell, manager)
        except NotebookError as failure:
            error = failure
        outcome = Outcome(source.stem, target, error)
        if not interrupted.is_set():
            on_notebook(outcome)
        return outcome

    series = list(series)
    queue = sorted(series, key=lambda source: [*EARLY, source.stem[:2]].index(source.stem[:2])) if jobs > 1 else series
    # As threads daqui só esperam: o trabalho é dos kernels.
    with ThreadPoolExecutor(jobs) as pool:
        waiting = {source: pool.submit(run, source) for source in queue}
        try:
            return [waiting[source].result() for source in series]
        except KeyboardInterrupt:
            interrupted.set()
            pool.shutdown(wait=False, cancel_futures=True)
            logging.disable(logging.CRITICAL)  # o nbclient se queixaria, em inglês, de que os kernels morreram
            CourseKernelManager.kill_all()
            raise


def bring_unexecuted(series: Iterable[Path], out_dir: Path) -> None:
    """Copia para `out_dir`, com as saídas do curso, os notebooks que, como são hoje, não foram executados ali."""
    for source in series:
        written = _sources(source)
        if written is not None and written != _sources(out_dir / source.name, executed=True):
            shutil.copyfile(source, out_dir / source.name)


def _sources(path: Path, executed: bool = False) -> list[str] | None:
    """O texto das células, sem a injetada; None se o arquivo falta, foi cortado ou, com `executed`, não executado."""
    try:
        notebook = read_notebook(path)
    except NotebookError:
        return None
    if executed and "papermill" not in notebook.metadata:
        return None
    return [cell.source for cell in notebook.cells if INJECTED not in cell.metadata.get("tags", [])]


def save_outputs(outcomes: Iterable[Outcome], folder: Path) -> None:
    """Grava em `folder` os notebooks executados, limpos; os exercícios, que se entregam por fazer, ficam como estão."""
    for outcome in outcomes:
        if not outcome.name.endswith(EXERCISES_SUFFIX):
            save_notebook(cleaned(read_notebook(outcome.executed), folder.parent), folder / outcome.executed.name)


def _parameter_names(path: Path) -> set[str]:
    """Nomes atribuídos na célula `parameters`; conjunto vazio se não há tal célula."""
    cells = [cell for cell in read_notebook(path).cells if "parameters" in cell.metadata.get("tags", [])]
    return {parameter.name for cell in cells for parameter in PythonTranslator.inspect(cell)}


def _check_errors(source: Path, target: Path, forgiven: list[str]) -> None:
    """Tira do notebook as marcas (em inglês) do papermill e levanta o primeiro erro que não é esperado."""
    notebook = remove_error_markers(read_notebook(target))
    save_notebook(notebook, target)
    number = 0
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        number += INJECTED not in tags
        if "raises-exception" in tags:
            continue
        for output in cell.get("outputs", []):
            if output.output_type == "error" and output.ename not in forgiven:
                first_line = cell.source.strip().partition("\n")[0]
                where = f"{source.name}, célula {number} (In [{cell.execution_count}]): {first_line}"
                raise NotebookError(f"{where}\n    {output.ename}: {output.evalue}")


def _damage(text: str, error: Exception) -> str:
    if not text.strip():
        return "o arquivo está vazio"
    if CONFLICT.search(text):
        return "o arquivo tem marcas de conflito do git (<<<<<<<), de duas versões por juntar"
    return f"o arquivo não é um notebook ({type(error).__name__})"
