"""Números como se escrevem em português: "3,54", "100.004", "1,6 %"; o sinal de menos é mais largo que o hífen."""

from collections.abc import Callable, Mapping

from matplotlib.ticker import FuncFormatter

PORTUGUESE = str.maketrans(",.-", ".,\N{MINUS SIGN}")


def decimal(value: float, digits: int = 2) -> str:
    """3.5436 → "3,54"; -0.001 → "0,00"."""
    return f"{value:z.{digits}f}".translate(PORTUGUESE)


def signed(value: float, digits: int = 2) -> str:
    """0.354 → "+0,35"; -0.035 → "−0,04"; 0.0001 → "0,00"."""
    return f"{value:+.{digits}f}".translate(PORTUGUESE) if round(value, digits) else decimal(0, digits)


def grouped(count: float) -> str:
    """100004 → "100.004"; 71.6 → "72"."""
    return f"{count:,.0f}".translate(PORTUGUESE)


def number(value: float) -> str:
    """3.5 → "3,5"; 4.0 → "4"; -1000 → "−1.000"."""
    return f"{value:,.10g}".translate(PORTUGUESE)


def percent(fraction: float, digits: int = 0) -> str:
    """0.3379 → "34 %"; o espaço não quebra a linha."""
    return f"{decimal(100 * fraction, digits)}\N{NO-BREAK SPACE}%"


def listing(numbers: Mapping[str, object], write: Callable[..., str] = str, *options) -> str:
    """{"rede": 0.886, "média": 1.06}, decimal → "rede, 0,89; média, 1,06"; `options` vão para `write`."""
    return "; ".join(f"{name}, {write(value, *options)}" for name, value in numbers.items())


NUMBER_TICKS = FuncFormatter(lambda value, position: number(value))
PERCENT_TICKS = FuncFormatter(lambda value, position: percent(value))
