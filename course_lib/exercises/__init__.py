"""Os exercícios do notebook 07: o que cada um pede, as verificações visíveis e a dica para cada engano provável.

No notebook só se usam `check` e `check_all`. As verificações escondidas, que dão os pontos, ficam com o instrutor
(`course_tools.grading.checks`); o exame é o mesmo (`course_lib.exercises.marking`).
"""

from course_lib.exercises.visible import EXERCISES, check, check_all

__all__ = ["EXERCISES", "check", "check_all"]
