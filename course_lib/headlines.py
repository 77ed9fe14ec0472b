"""Os números principais de um notebook: visíveis para quem lê, legíveis para a tabela final e para os testes."""

import math
from collections.abc import Mapping
from contextlib import suppress
from numbers import Integral, Real

from course_lib.errors import ArgumentError, NonFiniteError

HEADLINE_MIME = "application/vnd.course.headline+json"


def headline(numbers: Mapping[str, object] | None = None, /, **named: object) -> None:
    """Mostra os números principais e os guarda na saída da célula.

    Um notebook chama esta função uma ou mais vezes; `curso executar` e os testes leem os números de
    volta com `read_headlines`. Sublinhados nos nomes viram espaços; inteiros e decimais são mostrados à brasileira.

    Args:
        numbers: nome → número (int, float, escalar do numpy ou do torch) ou texto curto.
        **named: o mesmo, para nomes que são identificadores: `headline(usuários=671)`.

    Raises:
        ArgumentError: se não há número algum.
        NonFiniteError: se um deles é NaN ou infinito.
    """
    from IPython.display import display

    plain = {name.replace("_", " "): _plain(name, value) for name, value in {**(numbers or {}), **named}.items()}
    if not plain:
        raise ArgumentError("headline() foi chamada sem números. Exemplo: headline({'RMSE na validação': 0.874}).")
    width = max(map(len, plain))
    lines = [f"{name:<{width}}  {format_number(value)}" for name, value in plain.items()]
    # Pares, e não um dicionário: ao gravar, o formato dos notebooks põe as chaves em ordem alfabética.
    pairs = [[name, value] for name, value in plain.items()]
    display({HEADLINE_MIME: pairs, "text/plain": "\n".join(lines)}, raw=True)


def read_headlines(notebook) -> dict[str, int | float | str]:
    """Números principais de um notebook executado, do nbformat, na ordem em que aparecem; {} se não há nenhum."""
    numbers: dict[str, int | float | str] = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            numbers.update(output.get("data", {}).get(HEADLINE_MIME, []))
    return numbers


def format_number(value: int | float | str) -> str:
    """100004 → "100.004"; -0.87451 → "−0,8745"; textos passam como estão."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) or abs(value) >= 9_999.5:  # daí em diante, quatro algarismos não dão a parte inteira
        text = f"{value:,.0f}".replace(",", ".")
    else:
        text = f"{value:.4g}".replace(".", ",")
    return text.replace("-", "−")


def _plain(name: str, value: object) -> int | float | str:
    """Converte escalares do numpy e do torch em tipos que o JSON conhece."""
    with suppress(AttributeError, ValueError, RuntimeError):  # de um array de vários números, quem diz é o fim
        value = value.item()
    if isinstance(value, str):
        return value
    if isinstance(value, Integral):
        return int(value)
    if not isinstance(value, Real):
        raise ArgumentError(f"O número principal {name!r} é um {type(value).__name__}; passe um número ou um texto.")
    if not math.isfinite(value):
        raise NonFiniteError(f"O número principal {name!r} vale {value}: algo deu errado antes desta célula.")
    return float(value)
