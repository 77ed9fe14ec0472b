"""As figuras do notebook 08: o humor, o que vale cada informação, a gêmea que decora, com e sem o tempo."""

from collections.abc import Mapping
from itertools import cycle

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from course_lib.errors import ArgumentError
from course_lib.plots._chart import BLACK, BLUE, ORANGE, VERMILION, Chart, course_style, new_figure
from course_lib.plots._numbers import STAR_TICKS, decimal
from course_lib.trainer.history import History

GRAY = "#595959"
MINUS = "\N{MINUS SIGN}"


def mood_chart(correlations: pd.DataFrame) -> Chart:
    """Quanto se parecem dois desvios do mesmo usuário, conforme o tempo entre as duas avaliações.

    Args:
        correlations: correlação entre os desvios (sem unidade); linhas são intervalos de tempo, do menor para o maior;
            colunas são as séries a comparar, a dos horários verdadeiros primeiro.

    Raises:
        ArgumentError: se a tabela está vazia.
    """
    _refuse_empty(correlations)
    true = correlations.iloc[:, 0]
    first, last = correlations.index[0], correlations.index[-1]
    with course_style():
        figure = new_figure(9.5, 4.5)
        axes = figure.subplots()
        styles = zip((BLUE, GRAY), ("o", "s"), ("-", "--"), strict=True)
        for name, (color, marker, line) in zip(correlations, cycle(styles)):
            axes.plot(range(len(true)), correlations[name], line, color=color, marker=marker, markersize=7, label=name)
        axes.axhline(0, color=BLACK, linewidth=1)
        axes.set_xticks(range(len(true)), correlations.index)
        axes.yaxis.set_major_formatter(STAR_TICKS)
        axes.set(xlabel="tempo entre as duas avaliações", ylabel="correlação entre os desvios")
        axes.set_title(
            f"Correlação entre dois desvios: {_signed(true.iloc[0], 2)} em “{first}”, "
            f"{_signed(true.iloc[-1], 2)} em “{last}”"
        )
        axes.legend()
    values = "; ".join(
        f"{name}: " + ", ".join(f"{interval} {_signed(value, 2)}" for interval, value in correlations[name].items())
        for name in correlations
    )
    return Chart(
        figure,
        f"Correlação entre os desvios de duas avaliações do mesmo usuário, por tempo entre elas. {values}.",
        "Quanto se parecem dois desvios do mesmo usuário, conforme o tempo entre as avaliações. Zero: não se parecem.",
    )


def group_chart(losses: pd.Series) -> Chart:
    """Quanto sobe o RMSE quando se embaralha um grupo de entradas de um modelo já treinado.

    Args:
        losses: aumento do RMSE, em estrelas; o índice dá o nome dos grupos.

    Raises:
        ArgumentError: se não há grupo algum.
    """
    _refuse_empty(losses)
    losses = losses.sort_values()
    with course_style():
        figure = new_figure(9.0, 1.4 + 0.42 * len(losses))
        axes = figure.subplots()
        axes.barh(range(len(losses)), losses, color=BLUE)
        axes.axvline(0, color=BLACK, linewidth=1)
        for row, value in enumerate(losses):
            axes.annotate(_signed(value, 3), (max(value, 0), row), (5, 0), textcoords="offset points", va="center")
        axes.set_yticks(range(len(losses)), losses.index)
        axes.margins(x=0.12)
        axes.grid(axis="y", visible=False)
        axes.xaxis.set_major_formatter(STAR_TICKS)
        axes.set_xlabel("aumento do RMSE ao embaralhar o grupo (estrelas)")
        axes.set_title(f"O grupo em que a rede treinada mais se apoia: {losses.index[-1]}")
    values = "; ".join(f"{name}, {_signed(value, 3)}" for name, value in losses[::-1].items())
    return Chart(
        figure,
        f"Aumento do RMSE no teste, em estrelas, quando cada grupo de entradas é embaralhado, do maior para o menor: "
        f"{values}.",
        "Quanto o erro da rede treinada sobe quando cada grupo de entradas passa a ser o de outra avaliação.",
    )


def twin_chart(histories: Mapping[str, History], test_errors: Mapping[str, float]) -> Chart:
    """O erro no treinamento, época a época, e o do teste, no fim: quem decora desce mais e chega pior.

    Args:
        histories: nome da rede -> história do treinamento, com a perda em estrelas².
        test_errors: nome da rede -> RMSE no teste, em estrelas, depois da última época.

    Raises:
        ArgumentError: se não há rede alguma ou se os nomes não são os mesmos.
    """
    if not histories or set(histories) != set(test_errors):
        raise ArgumentError(f"histories tem {list(histories)} e test_errors, {list(test_errors)}: dê os mesmos nomes.")
    curves = {name: np.sqrt(history.losses("train_loss")) for name, history in histories.items()}
    fits_best, tests_best = min(curves, key=lambda name: curves[name][-1]), min(test_errors, key=test_errors.get)
    with course_style():
        figure = new_figure(9.5, 4.5)
        axes = figure.subplots()
        for (name, curve), color, line in zip(curves.items(), cycle((BLUE, VERMILION, ORANGE)), cycle(("-", "--"))):
            last = len(curve)
            style = {"color": color, "marker": "o", "markersize": 5}
            axes.plot(range(1, last + 1), curve, line, **style, label=f"{name}: treinamento")
            axes.plot(last + 0.35, test_errors[name], "D", color=color, markersize=9, label=f"{name}: teste, no fim")
        axes.set(xlabel="época", ylabel="RMSE (estrelas)")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.yaxis.set_major_formatter(STAR_TICKS)
        axes.set_title(f"Menor erro no treinamento: {fits_best};\nmenor erro no teste: {tests_best}")
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    values = "; ".join(
        f"{name}, {decimal(curve[0], 3)} na primeira época e {decimal(curve[-1], 3)} na última, no teste "
        f"{decimal(test_errors[name], 3)}"
        for name, curve in curves.items()
    )
    return Chart(
        figure,
        f"RMSE no treinamento por época, em estrelas, e no teste depois da última: {values}.",
        "O erro no treinamento a cada época (linhas) e no teste depois da última (losangos).",
    )


def time_chart(errors: pd.DataFrame) -> Chart:
    """RMSE sem e com o momento da avaliação: dois pontos por linha, ligados.

    Args:
        errors: RMSE em estrelas; linhas são modelos ou divisões; a primeira coluna é sem o momento e a segunda, com;
            NaN onde o modelo não usa o tempo.

    Raises:
        ArgumentError: se a tabela está vazia ou não tem duas colunas.
    """
    _refuse_empty(errors)
    if errors.shape[1] != 2:
        raise ArgumentError(f"a tabela tem {errors.shape[1]} coluna(s); dê duas: sem e com o momento da avaliação.")
    gains = (errors.iloc[:, 1] - errors.iloc[:, 0]).dropna()
    with course_style():
        figure = new_figure(9.5, 1.7 + 0.62 * len(errors))
        axes = figure.subplots()
        rows = np.arange(len(errors))
        axes.hlines(rows, errors.min(axis=1), errors.max(axis=1), color="#BFBFBF", linewidth=3, zorder=1)
        for name, color, marker in zip(errors, (BLUE, ORANGE), ("o", "s"), strict=True):
            axes.plot(errors[name], rows, linestyle="none", marker=marker, color=color, markersize=9, label=name)
        for row, (least, most) in enumerate(zip(errors.min(axis=1), errors.max(axis=1), strict=True)):
            _value_beside(axes, least, row, side="left")
            if errors.iloc[row].notna().all():
                _value_beside(axes, most, row, side="right")
        axes.set_yticks(rows, errors.index)
        axes.set_ylim(len(errors) - 0.5, -0.75)
        axes.margins(x=0.22)
        axes.grid(axis="y", visible=False)
        axes.xaxis.set_major_formatter(STAR_TICKS)
        axes.set_xlabel("RMSE no teste (estrelas); menor é melhor")
        axes.set_title(
            f"O momento muda o erro em {_signed(gains.min(), 3)} no melhor caso e {_signed(gains.max(), 3)} no pior"
            if len(gains)
            else "Nenhum destes modelos usa o momento"
        )
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    values = "; ".join(
        f"{name}, " + " e ".join(f"{decimal(value, 3)} {column}" for column, value in row.dropna().items())
        for name, row in errors.iterrows()
    )
    return Chart(
        figure,
        f"RMSE no teste, em estrelas: {values}.",
        "O erro sem o momento da avaliação e com ele. Um número só: o outro não foi medido; dois num ponto: iguais.",
    )


def _value_beside(axes: Axes, value: float, row: int, side: str) -> None:
    """Escreve o valor à esquerda ou à direita do ponto: dois pontos próximos não se sobrepõem."""
    offset, alignment = (-9, "right") if side == "left" else (9, "left")
    axes.annotate(decimal(value, 3), (value, row), (offset, 0), textcoords="offset points", ha=alignment, va="center")


def _refuse_empty(table: pd.DataFrame | pd.Series) -> None:
    if table.empty:
        raise ArgumentError("a tabela está vazia: não há o que desenhar. Ela precisa de uma linha, ou mais.")


def _signed(value: float, digits: int) -> str:
    """0.354 → "+0,35"; -0.035 → "−0,04", com o sinal de menos, mais largo que o hífen; 0.0001 → "0,00"."""
    if not round(value, digits):
        return decimal(0, digits)
    return f"{value:+.{digits}f}".replace(".", ",").replace("-", MINUS)
