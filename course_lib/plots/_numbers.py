"""Números como se escrevem em português: "3,54", "100.004", "1,6 %"."""

from matplotlib.ticker import FuncFormatter


def decimal(value: float, digits: int = 2) -> str:
    """3.5436 → "3,54"."""
    return f"{value:.{digits}f}".replace(".", ",")


def grouped(count: int) -> str:
    """100004 → "100.004"."""
    return f"{count:,.0f}".replace(",", ".")


def percent(fraction: float, digits: int = 0) -> str:
    """0.3379 → "34 %"; o espaço não quebra a linha."""
    return f"{decimal(100 * fraction, digits)}\N{NO-BREAK SPACE}%"


def stars(value: float) -> str:
    """3.5 → "3,5"; 4.0 → "4"; -0.5 → "−0,5", com o sinal de menos, mais largo que o hífen."""
    return f"{value:g}".replace(".", ",").replace("-", "\N{MINUS SIGN}")


GROUPED_TICKS = FuncFormatter(lambda value, position: grouped(value))
STAR_TICKS = FuncFormatter(lambda value, position: stars(value))
