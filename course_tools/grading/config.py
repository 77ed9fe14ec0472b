"""Os limites de cada entrega e a disposição da pasta das notas."""

from dataclasses import dataclass
from pathlib import Path

from course_tools.grading.submissions import page_folder

MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """O que uma entrega pode gastar. Os padrões sobram para o notebook resolvido, que leva poucos segundos.

    Attributes:
        cell_seconds, total_seconds: tempo de uma célula e de todas elas, a cada vez que o kernel começa, sem contar a
            espera por um processador ocupado com outros (`course_tools.grading.allowance`).
        exercise_seconds: tempo das chamadas de um exercício, à parte: o que as células gastaram, ou outro exercício,
            não o encurta. Uma entrega gasta, no máximo, `total_seconds` por kernel e isto por exercício.
        grace_seconds: quanto se espera, depois de interromper o kernel, antes de matá-lo.
        restarts: quantas vezes um kernel morto recomeça, sem a célula que o matou.
        memory: bytes, de cada processo (endereços) e de todos juntos: a memória residente, a que dividem contada uma
            vez, e as pastas de rascunho.
        processes: processos ao mesmo tempo. Todos, do tamanho de um kernel (uns 115 MB), cabem em `memory`: uma bomba
            de processos é relatada como tal.
        threads: threads ao mesmo tempo, de todos eles; um kernel tem uma dúzia.
        open_files: arquivos abertos ao mesmo tempo, de todos eles, contando os que dividem; um processo só abre a
            oitava parte. Um socket aberto guarda memória que não se vê em processo nenhum.
        files: arquivos nas pastas de rascunho.
        file_bytes: tamanho de um arquivo escrito.
        scratch_bytes: tamanho de cada pasta de rascunho (`/tmp` e `/dev/shm`), que fica na memória.
        niceness: quanto o código dos alunos cede a vez aos outros programas, como em `nice`.
        output_kept, outputs_kept: bytes de saída que se guardam, de uma célula e de todas.
        output_received: bytes de saída a partir dos quais a célula é interrompida.
        notebook_bytes: tamanho do arquivo entregue.
    """

    cell_seconds: float = 60
    exercise_seconds: float = 60
    total_seconds: float = 600
    grace_seconds: float = 3
    restarts: int = 3
    memory: int = 3072 * MIB
    processes: int = 24
    threads: int = 120
    open_files: int = 2048
    files: int = 20_000
    file_bytes: int = 64 * MIB
    scratch_bytes: int = 256 * MIB
    niceness: int = 10
    output_kept: int = 100_000
    outputs_kept: int = 4 * MIB
    output_received: int = 8 * MIB
    notebook_bytes: int = 20 * MIB


@dataclass(frozen=True)
class GradesFolder:
    """A pasta que `--saida` nomeia. É também a raiz do curso para o nbgrader e o seu formgrader."""

    root: Path

    @property
    def marks(self) -> Path:
        """Uma linha por aluno, uma coluna por exercício."""
        return self.root / "notas.csv"

    @property
    def occurrences(self) -> Path:
        """Tudo o que foi estranho."""
        return self.root / "ocorrencias.csv"

    @property
    def gradebook(self) -> Path:
        """O banco do nbgrader, onde ficam também as notas dadas à mão."""
        return self.root / "gradebook.db"

    @property
    def nbgrader_config(self) -> Path:
        """A configuração que o formgrader lê."""
        return self.root / "nbgrader_config.py"

    def source(self, assignment: str) -> Path:
        """A versão do aluno, onde o formgrader procura as tarefas que existem."""
        return self.root / "source" / assignment / f"{assignment}.ipynb"

    @property
    def feedback_pages(self) -> Path:
        """As devolutivas, uma pasta por aluno."""
        return self.root / "devolutivas"

    def result(self, student: str) -> Path:
        """O que já se apurou de um aluno: é o que permite recomeçar de onde se parou."""
        return self.root / "resultados" / f"{student}.json"

    def graded_notebook(self, student: str, assignment: str) -> Path:
        """O notebook como foi corrigido, onde o formgrader o procura."""
        return self.root / "autograded" / student / assignment / f"{assignment}.ipynb"

    def feedback(self, delivered_as: str) -> Path:
        """A devolutiva; a pasta tem o nome que tinha na entrega, se couber, e o Moodle a aceita de volta."""
        return self.feedback_pages / page_folder(delivered_as) / "devolutiva.html"
