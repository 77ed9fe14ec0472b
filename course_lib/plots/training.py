"""A curva de treinamento: a perda, época a época, de um treinamento ou de vários sobrepostos."""

from collections.abc import Mapping
from itertools import cycle

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

from course_lib.errors import ArgumentError
from course_lib.plots._axes import name_epochs, new_axes, portuguese
from course_lib.plots._chart import BLACK, BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILION, Chart, course_style
from course_lib.plots._numbers import decimal
from course_lib.trainer.history import History

TRAIN, VALID = "train_loss", "valid_loss"
LOG_RATIO = 20
COLORS = (SKY, ORANGE, BLACK, VERMILION, GREEN, PURPLE)  # as primeiras contrastam também umas sobre as outras


@course_style()
def training_curve(
    histories: History | Mapping[str, History],
    title: str | None = None,
    references: Mapping[str, float] | None = None,
    unit: str = "estrelas²",
) -> Chart:
    """Perda de treinamento (tracejada) e de validação (cheia) por época.

    De um treinamento só, a melhor época fica marcada. De vários, cada um tem sua cor, e o traço engrossa sob as curvas
    iguais que vêm depois, para que todas se vejam. O eixo vertical é logarítmico quando a maior perda é mais de vinte
    vezes a menor.

    Args:
        histories: uma história, ou nome -> história.
        title: o que a figura mostra; sem ele, diz em que época a validação foi melhor, ou se as curvas coincidem.
        references: nome -> perda de um modelo de comparação, desenhada como linha horizontal.
        unit: unidade da perda. A do `nn.MSELoss` é estrelas².

    Raises:
        ArgumentError: se nenhuma história tem épocas.
    """
    single = isinstance(histories, History)
    named = {"": histories} if single else dict(histories)
    if not any(map(len, named.values())):
        raise ArgumentError("não há época nenhuma para desenhar. Treine com fit() antes de pedir a curva.")
    references = dict(references or {})
    axes = new_axes(8.5, 4.5, title or _finding(named), "época")
    if single:
        _draw_one(axes, histories)
    else:
        _draw_many(axes, named)
    for position, (name, loss) in enumerate(references.items()):
        axes.axhline(loss, color=BLACK, linewidth=1.2, linestyle=(":", "-.")[position % 2], label=name)
    _dress(axes, unit, _losses(named) + list(references.values()))
    return Chart(axes.figure, _description(named, references, unit))


def _draw_one(axes: Axes, history: History) -> None:
    _line(axes, history, TRAIN, color=BLUE, linestyle=_dashes(), label="treinamento")
    best = history.best
    if VALID in best:
        _line(axes, history, VALID, color=ORANGE, label="validação")
        axes.plot(best["epoch"], best[VALID], "o", color=ORANGE, markersize=9, label=f"melhor época: {best['epoch']}")


def _draw_many(axes: Axes, named: Mapping[str, History]) -> None:
    """Uma cor por história; na legenda, as cores e, à parte, o que são os dois traços."""
    later = list(named.values())
    for (name, history), color in zip(named.items(), cycle(COLORS)):
        later = later[1:]
        width = 2 + 3 * sum(_equal_losses(history, other) for other in later)
        _line(axes, history, TRAIN, color=color, linewidth=width, linestyle=_dashes(width))
        _line(axes, history, VALID, color=color, linewidth=width, label=name)
    for label, linestyle in (("treinamento", _dashes()), ("validação", "-")):
        axes.add_line(Line2D([], [], color="#7F7F7F", linestyle=linestyle, label=label))


def _dashes(width: float = 2) -> tuple[float, tuple[float, float]]:
    """Tracejado de 8 pontos cheios e 4 vazios, qualquer que seja a espessura do traço."""
    return (0, (8 / width, 4 / width))


def _line(axes: Axes, history: History, name: str, **style) -> None:
    epochs = [row["epoch"] for row in history.rows]
    axes.plot(epochs, history.losses(name), marker="o" if len(epochs) == 1 else None, **style)


def _dress(axes: Axes, unit: str, losses: list[float]) -> None:
    axes.set_ylabel(f"perda por avaliação ({unit})")
    if min(losses) > 0 and max(losses) / min(losses) > LOG_RATIO:
        axes.set_yscale("log")
        portuguese(axes)
        axes.set_ylabel(f"perda por avaliação ({unit}, escala log.)")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_minor_formatter(NullFormatter())
    name_epochs(axes)


def _losses(named: Mapping[str, History]) -> list[float]:
    return [row[name] for history in named.values() for row in history.rows for name in (TRAIN, VALID) if name in row]


def _finding(named: Mapping[str, History]) -> str:
    """Um título verdadeiro para quaisquer curvas."""
    history, *rest = named.values()
    if rest:
        same = all(_equal_losses(history, other) for other in rest)
        return "As curvas coincidem, época a época" if same else "A perda por época de cada treinamento"
    epoch, last = history.best["epoch"], history[-1]["epoch"]
    if VALID not in history.best:
        return f"A perda de treinamento ao longo de {last} épocas"
    return f"A validação foi melhor na {f'última época, a {last}' if epoch == last else f'época {epoch}, de {last}'}"


def _description(named: Mapping[str, History], references: Mapping[str, float], unit: str) -> str:
    lines = [f"“{name}”, {_summary(history)}" if name else _summary(history) for name, history in named.items()]
    compared = ", ".join(f"{name} {decimal(loss, 3)}" for name, loss in references.items())
    lines += [f"para comparar, {compared}"] if compared else []
    return f"Perda por época, em {unit}: {'; '.join(lines)}.{_coincidences(named)}"


def _summary(history: History) -> str:
    if not len(history):
        return "nenhuma época completa"
    losses = history.losses(TRAIN)
    text = f"treinamento de {decimal(losses[0], 3)} a {decimal(losses[-1], 3)} (época {history[-1]['epoch']})"
    best = history.best
    return f"{text}, menor validação {decimal(best[VALID], 3)} (época {best['epoch']})" if VALID in best else text


def _coincidences(named: Mapping[str, History]) -> str:
    """Quais histórias são iguais à primeira, nas épocas que têm em comum."""
    (first, reference), *rest = named.items()
    same = [name for name, history in rest if _equal_losses(reference, history)]
    return f" Coincidem com “{first}”, época a época: {', '.join(same)}." if same else ""


def _equal_losses(one: History, other: History) -> bool:
    """Se as duas têm épocas em comum, e nelas as mesmas perdas."""
    shared = list(zip(one.rows, other.rows, strict=False))
    return bool(shared) and all((a[TRAIN], a.get(VALID)) == (b[TRAIN], b.get(VALID)) for a, b in shared)
