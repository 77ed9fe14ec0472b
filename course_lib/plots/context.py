"""As figuras do notebook 08: o humor, o que vale cada informação, a gêmea que decora, com e sem o tempo."""

from collections.abc import Mapping
from itertools import cycle

import numpy as np
import pandas as pd

from course_lib.errors import ArgumentError
from course_lib.plots._axes import OUTSIDE, draw_columns, name_epochs, name_rows, new_axes, refuse_empty, write_beside
from course_lib.plots._chart import BLACK, BLUE, GRAY, LIGHT, ORANGE, PALETTE, VERMILION, Chart, course_style
from course_lib.plots._numbers import decimal, listing, signed
from course_lib.trainer.history import History


@course_style()
def mood_chart(correlations: pd.DataFrame) -> Chart:
    """Quanto se parecem dois desvios do mesmo usuário, conforme o tempo entre as duas avaliações.

    Args:
        correlations: correlação entre os desvios (sem unidade); linhas são intervalos de tempo, do menor para o maior;
            colunas são as séries a comparar, a dos horários verdadeiros primeiro.

    Raises:
        ArgumentError: se a tabela está vazia.
    """
    refuse_empty(correlations)
    true = correlations.iloc[[0, -1], 0]
    found = ", ".join(f"{signed(value)} em “{interval}”" for interval, value in true.items())
    title = f"Correlação entre dois desvios: {found}"
    axes = new_axes(9.5, 4.5, title, "tempo entre as duas avaliações", "correlação entre os desvios")
    draw_columns(axes, correlations, (BLUE, GRAY, *PALETTE[2:]), markersize=7)
    for line in axes.lines[1:]:
        line.set_linestyle("--")
    axes.axhline(0, color=BLACK, linewidth=1)
    axes.legend()
    values = "; ".join(
        f"{name}: " + ", ".join(f"{interval} {signed(value)}" for interval, value in correlations[name].items())
        for name in correlations
    )
    return Chart(
        axes.figure,
        f"Correlação entre os desvios de duas avaliações do mesmo usuário, por tempo entre elas. {values}.",
        "Quanto se parecem dois desvios do mesmo usuário, conforme o tempo entre as avaliações. Zero: não se parecem.",
    )


@course_style()
def group_chart(losses: pd.Series) -> Chart:
    """Quanto sobe o RMSE quando se embaralha um grupo de entradas de um modelo já treinado.

    Args:
        losses: aumento do RMSE, em estrelas; o índice dá o nome dos grupos.

    Raises:
        ArgumentError: se não há grupo algum.
    """
    refuse_empty(losses)
    losses = losses.sort_values()
    title = f"O grupo em que a rede treinada mais se apoia: {losses.index[-1]}"
    axes = new_axes(9.0, 1.4 + 0.42 * len(losses), title, "aumento do RMSE ao embaralhar o grupo (estrelas)")
    axes.barh(range(len(losses)), losses, color=BLUE)
    axes.set_yticks(range(len(losses)), losses.index)
    axes.axvline(0, color=BLACK, linewidth=1)
    for row, value in enumerate(losses):
        write_beside(axes, signed(value, 3), (max(value, 0), row), (5, 0), va="center")
    axes.margins(x=0.12)
    axes.grid(axis="y", visible=False)
    return Chart(
        axes.figure,
        f"Aumento do RMSE no teste, em estrelas, quando cada grupo de entradas é embaralhado, do maior para o menor: "
        f"{listing(losses[::-1], signed, 3)}.",
        "Quanto o erro da rede treinada sobe quando cada grupo de entradas passa a ser o de outra avaliação.",
    )


@course_style()
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
    title = f"Menor erro no treinamento: {fits_best};\nmenor erro no teste: {tests_best}"
    axes = new_axes(9.5, 4.5, title, "época", "RMSE (estrelas)")
    for (name, curve), color, line in zip(curves.items(), cycle((BLUE, VERMILION, ORANGE)), cycle(("o-", "o--"))):
        last = len(curve)
        axes.plot(range(1, last + 1), curve, line, color=color, markersize=5, label=f"{name}: treinamento")
        axes.plot(last + 0.35, test_errors[name], "D", color=color, markersize=9, label=f"{name}: teste, no fim")
    name_epochs(axes)
    values = "; ".join(
        f"{name}, {decimal(curve[0], 3)} na primeira época e {decimal(curve[-1], 3)} na última, no teste "
        f"{decimal(test_errors[name], 3)}"
        for name, curve in curves.items()
    )
    return Chart(
        axes.figure,
        f"RMSE no treinamento por época, em estrelas, e no teste depois da última: {values}.",
        "O erro no treinamento a cada época (linhas) e no teste depois da última (losangos).",
    )


@course_style()
def time_chart(errors: pd.DataFrame) -> Chart:
    """RMSE sem e com o momento da avaliação: dois pontos por linha, ligados.

    Args:
        errors: RMSE em estrelas; linhas são modelos ou divisões; a primeira coluna é sem o momento e a segunda, com;
            NaN onde o modelo não usa o tempo.

    Raises:
        ArgumentError: se a tabela está vazia ou não tem duas colunas.
    """
    refuse_empty(errors)
    if errors.shape[1] != 2:
        raise ArgumentError(f"a tabela tem {errors.shape[1]} coluna(s); dê duas: sem e com o momento da avaliação.")
    gains = (errors.iloc[:, 1] - errors.iloc[:, 0]).dropna()
    title = "Nenhum destes modelos usa o momento"
    if len(gains):
        title = f"O momento muda o erro em {signed(gains.min(), 3)} no melhor caso e {signed(gains.max(), 3)} no pior"
    axes = new_axes(9.5, 1.7 + 0.62 * len(errors), title, "RMSE no teste (estrelas); menor é melhor")
    rows, least, most = range(len(errors)), errors.min(axis=1), errors.max(axis=1)
    axes.hlines(rows, least, most, color=LIGHT, linewidth=3, zorder=1)
    for name, color, marker in zip(errors, (BLUE, ORANGE), "os", strict=True):
        axes.plot(errors[name], rows, marker, color=color, markersize=9, label=name)
    for row in rows:  # um de cada lado: os números de dois pontos próximos não se sobrepõem
        write_beside(axes, decimal(least.iloc[row], 3), (least.iloc[row], row), (-9, 0), ha="right", va="center")
        if errors.iloc[row].notna().all():
            write_beside(axes, decimal(most.iloc[row], 3), (most.iloc[row], row), (9, 0), va="center")
    name_rows(axes, errors.index)
    axes.margins(x=0.22)
    axes.legend(**OUTSIDE)
    values = "; ".join(
        f"{name}, " + " e ".join(f"{decimal(value, 3)} {column}" for column, value in row.dropna().items())
        for name, row in errors.iterrows()
    )
    return Chart(
        axes.figure,
        f"RMSE no teste, em estrelas: {values}.",
        "O erro sem o momento da avaliação e com ele. Um número só: o outro não foi medido; dois num ponto: iguais.",
    )
