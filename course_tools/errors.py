"""Os erros de quem executa, publica e corrige o curso; ver `course_lib.errors`."""

from course_lib.errors import CourseError


class NotebookError(CourseError, RuntimeError):
    """Um notebook falhou ao ser executado: a mensagem traz o notebook, a célula e o erro."""


class ReleaseError(CourseError, ValueError):
    """A versão do aluno não pôde ser gerada: um marcador malformado, uma célula sem nota, uma solução que escaparia."""


class GradingError(CourseError, RuntimeError):
    """A correção não pôde começar, ou a pasta das notas não serve; a mensagem diz o que fazer."""


class SandboxError(GradingError):
    """Não há como isolar o código dos alunos nesta máquina."""
