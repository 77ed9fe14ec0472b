"""Rodar uma entrega: as células do aluno e, depois delas, as chamadas às funções dele."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from course_lib.exercises.marking import Answer, Check, Verdict, calls_of
from course_tools.grading.allowance import Allowance
from course_tools.grading.answers import ask, examine, interrupted, read_answer
from course_tools.grading.assignment import GradedCell
from course_tools.grading.config import Limits
from course_tools.grading.kernel import Kernel, KernelLost
from course_tools.grading.outputs import CUT, Execution
from course_tools.grading.records import Occurrence, occurrence

KEEP = "from course_lib.exercises.remote import keep as _keep\n_keep({defined!r})"
MOST_NOTES, LAST_NOTE = 200, occurrence("ocorrências demais", "as outras não estão aqui")
WORTH_NOTING = {"MemoryError": "memória", "OutOfMemoryError": "memória", "SystemExit": "saída pedida"}


@dataclass
class Run:
    """O que a execução de uma entrega deixou.

    Attributes:
        outputs: posição da célula -> saídas, no formato de um notebook.
        verdicts: nome do exercício -> exame das verificações escondidas.
        occurrences: o que houve de estranho.
        rebound: função -> posição da célula que, depois da resposta, deu outro valor ao nome dela.
    """

    outputs: dict[int, list[dict]] = field(default_factory=dict)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    occurrences: list[Occurrence] = field(default_factory=list)
    rebound: dict[str, int] = field(default_factory=dict)
    room: int = 0

    def begin(self, room: int) -> None:
        """Esquece o que as células deixaram: vão rodar de novo. `room`: letras de saída que se guardam, de todas."""
        self.outputs.clear()
        self.rebound.clear()
        self.room = room

    def keep(self, position: int, outputs: list[dict]) -> None:
        """Guarda as saídas de uma célula, se cabem."""
        self.room -= sum(len(str(output)) for output in outputs)
        cut = {"output_type": "stream", "name": "stdout", "text": CUT}
        self.outputs[position] = outputs if self.room >= 0 else [cut]


class Runner:
    """Executa uma entrega. Um kernel que morre recomeça sem a célula, ou sem o exercício, que o matou.

    Args:
        sources: posição da célula -> código a executar, em ordem.
        watched: posições das células cujos erros se registram: as que o aluno escreveu e as de preparação, antes da
            primeira resposta; nas outras, que usam as respostas, um erro é só consequência.
        graded: exercícios a corrigir; os de correção à mão são ignorados.
        isolated, stop: como em `Kernel`.
        naming: das células que citam funções dos exercícios, a posição -> as que elas definem. A nota é da função como
            a célula da resposta a deixou, ainda que outra dê depois outro valor ao nome.
    """

    def __init__(
        self,
        sources: Mapping[int, str],
        watched: set[int],
        graded: Sequence[GradedCell],
        limits: Limits,
        isolated: bool,
        stop: threading.Event,
        naming: Mapping[int, Sequence[str]] | None = None,
    ):
        self._sources, self._watched, self._naming = sources, watched, naming or {}
        self._limits, self._isolated, self._stop = limits, isolated, stop
        self._pending = [one for one in graded if one.exercise]
        self._functions = {name for one in self._pending for name in one.exercise.functions}
        self._skipped: set[int] = set()
        self._run = Run()

    def run(self) -> Run:
        """Executa tudo o que os limites deixam.

        Raises:
            SandboxError: o kernel não começou.
            Stopped: a correção foi interrompida.
        """
        for _ in range(self._limits.restarts + 1):
            if self._pending:
                self._attempt()
        if self._pending:
            self._note("entrega abandonada", f"o kernel terminou {self._limits.restarts + 1} vezes")
        for graded in self._pending:
            self._conclude(graded, [interrupted("kernel encerrado")] * len(calls_of(graded.hidden)))
        return self._run

    def _attempt(self) -> None:
        """Uma passada, com um kernel novo: as células e, se ele sobrevive a elas, os exercícios que faltam."""
        try:
            with Kernel(self._limits, self._isolated, self._stop) as kernel:
                if self._run_cells(kernel):
                    self._run_exercises(kernel)
        except KernelLost as lost:  # ao começar
            self._note(str(lost), "antes da primeira célula")

    def _run_cells(self, kernel: Kernel) -> bool:
        """Executa as células; False se o kernel morreu numa delas, que passa a ser pulada."""
        self._run.begin(self._limits.outputs_kept)
        left = self._limits.total_seconds
        for position in [one for one in self._sources if one not in self._skipped]:
            if left <= 0:  # as funções que já existem ainda são chamadas
                self._note("tempo esgotado", f"o de todas as células, antes da célula {position + 1}")
                break
            allowance = kernel.allow(min(self._limits.cell_seconds, left))
            try:
                execution = kernel.execute(self._sources[position], allowance, history=True)
                self._keep_functions(kernel, position)
            except KernelLost as lost:
                self._skipped.add(position)
                self._note(str(lost), f"célula {position + 1}")
                return False
            left -= allowance.charged
            self._run.keep(position, execution.outputs)
            self._note_cell(position, execution)
        return True

    def _keep_functions(self, kernel: Kernel, position: int) -> None:
        """Guarda as funções que a célula definiu, e anota as que ela trocou por outra coisa."""
        if position not in self._naming:
            return
        code = KEEP.format(defined=list(self._naming[position]))
        lost = read_answer(kernel.execute(code, kernel.allow(self._limits.cell_seconds)).answer).value
        for name in sorted(self._functions - self._run.rebound.keys()):
            if isinstance(lost, list) and name in lost:
                self._run.rebound[name] = position
                self._note("nome reaproveitado", f"`{name}`: a célula {position + 1} deu-lhe outro valor")

    def _note_cell(self, position: int, execution: Execution) -> None:
        where = f"célula {position + 1}"
        if execution.problem:
            self._note(execution.problem, where)
        elif position in self._watched:
            for error in (output for output in execution.outputs if output["output_type"] == "error"):
                if error["ename"] != "NotImplementedError":
                    kind = WORTH_NOTING.get(error["ename"], "célula com erro")
                    self._note(kind, f"{where}: {error['ename']}: {error['evalue']}")

    def _run_exercises(self, kernel: Kernel) -> None:
        """Faz as chamadas dos exercícios que faltam, até o fim ou até o kernel morrer."""
        alive = True
        while alive and self._pending:
            graded = self._pending.pop(0)
            allowance = kernel.allow(self._limits.exercise_seconds)
            answers, problem, alive = self._answer(kernel, graded.hidden, allowance)
            if problem:
                self._note(problem, f"exercício {graded.name}")
            verdict = self._conclude(graded, answers)
            if alive and not problem and verdict.attempted and verdict.score < 1:
                alive = self._compare_with_visible(kernel, graded, verdict, allowance)

    def _compare_with_visible(self, kernel: Kernel, graded: GradedCell, verdict: Verdict, allowance: Allowance) -> bool:
        """Registra quem passa nas visíveis e não nas escondidas; devolve se o kernel sobreviveu."""
        answers, _, alive = self._answer(kernel, graded.exercise.visible, allowance)
        if examine(graded.exercise, graded.exercise.visible, answers).score == 1:
            passed = f"{verdict.passed} de {len(verdict.findings)} escondidas"
            self._note("passa só nas verificações visíveis", f"exercício {graded.name}: {passed}")
        return alive

    def _answer(
        self, kernel: Kernel, checks: Sequence[Check], allowance: Allowance
    ) -> tuple[list[Answer], str | None, bool]:
        """As respostas, o que as interrompeu e se o kernel vive; depois de um abuso, o resto não é chamado."""
        calls, answers = calls_of(checks), []
        problem, alive = None, True
        while problem is None and len(answers) < len(calls):
            try:
                answer, problem = ask(kernel, calls[len(answers)], allowance)
                answers.append(answer)
            except KernelLost as lost:
                problem, alive = str(lost), False
        return answers + [interrupted(problem or "")] * (len(calls) - len(answers)), problem, alive

    def _conclude(self, graded: GradedCell, answers: Sequence[Answer]) -> Verdict:
        verdict = self._run.verdicts[graded.name] = examine(graded.exercise, graded.hidden, answers)
        errors = {name for answer in answers for name in answer.errors}
        for kind in sorted({WORTH_NOTING[name] for name in errors & set(WORTH_NOTING)}):
            self._note(kind, f"exercício {graded.name}")
        refused = [finding.text for finding in verdict.findings if finding and finding.key == "not_plain"]
        for text in dict.fromkeys(refused):
            self._note("resultado recusado", f"exercício {graded.name}: {text}")
        return verdict

    def _note(self, kind: str, detail: str) -> None:
        new, noted = occurrence(kind, detail), self._run.occurrences
        if len(noted) < MOST_NOTES and new not in noted:  # as células rodam de novo a cada recomeço
            noted.append(new if len(noted) < MOST_NOTES - 1 else LAST_NOTE)
