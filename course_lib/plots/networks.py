"""Os diagramas das duas redes da série, desenhados com formas simples: caixas, tabelas, vetores e setas.

As medidas são polegadas: o eixo cobre a figura inteira, e uma unidade do desenho é uma polegada. Os dois arquivos de
`notebooks/figuras/` saem daqui; depois de mudar um desenho, refaça-os com

    python -c "from course_lib.plots import save_diagrams; save_diagrams()"
"""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyBboxPatch, Rectangle

from course_lib.paths import PACKAGE_PARENT
from course_lib.plots._chart import BLACK, BLUE, GRAY, GREEN, LIGHT, ORANGE, Chart, course_style, new_figure
from course_lib.plots._numbers import grouped

FIGURES = PACKAGE_PARENT / "notebooks" / "figuras"
USER_ROW, MOVIE_ROW, MIDDLE = 3.0, 1.15, 2.075  # alturas do ramo do usuário, do ramo do filme e do que os junta
CELL, N_CELLS = 0.2, 8  # o lado de uma célula e quantas o desenho mostra de cada vetor


def dot_diagram(n_users: int = 671, n_movies: int = 9066, n_factors: int = 50) -> Chart:
    """A rede do produto interno: duas consultas a tabelas, um produto interno, uma nota.

    Args:
        n_users, n_movies, n_factors: linhas das duas tabelas e sua largura comum.
    """
    axes = _canvas("A nota prevista é o produto interno de dois vetores", width=9.8)
    _branches(axes, n_users, n_movies, n_factors)
    for y in (USER_ROW, MOVIE_ROW):
        _arrow(axes, (6.2, y), (6.98, MIDDLE + (0.26 if y > MIDDLE else -0.26)))
    axes.add_patch(Circle((7.2, MIDDLE), 0.3, facecolor="white", edgecolor=BLACK, linewidth=1.5))
    axes.add_patch(Circle((7.2, MIDDLE), 0.06, facecolor=BLACK))
    _label(axes, 7.62, MIDDLE - 0.48, "produto interno")
    _arrow(axes, (7.52, MIDDLE), (8.35, MIDDLE))
    _box(axes, 8.9, MIDDLE, "nota", GREEN, "(B, 1)")
    return Chart(
        axes.figure,
        f"Diagrama da rede do produto interno, da esquerda para a direita. O índice do usuário escolhe uma linha do "
        f"embedding de {grouped(n_users)} × {n_factors}; o do filme, uma linha do embedding de {grouped(n_movies)} × "
        f"{n_factors}. O produto interno dos dois vetores de {n_factors} números é a nota prevista.",
        "A rede do produto interno. B é o número de pares do minibatch: entram B pares de índices, saem B notas.",
    )


def neural_diagram(n_users: int = 671, n_movies: int = 9066, n_factors: int = 50, n_hidden: int = 70) -> Chart:
    """A rede neural: os mesmos dois embeddings, concatenados, passam por uma camada densa.

    Args:
        n_users, n_movies, n_factors: como em `dot_diagram`.
        n_hidden: unidades da camada densa.
    """
    axes = _canvas("A nota prevista sai de uma camada densa sobre os dois vetores", width=11.0)
    _branches(axes, n_users, n_movies, n_factors)
    for y in (USER_ROW, MOVIE_ROW):
        _arrow(axes, (6.2, y), (6.73, MIDDLE + (0.8 if y > MIDDLE else -0.8)))
    for position, color in enumerate([ORANGE] * N_CELLS + [BLUE] * N_CELLS):
        _cell(axes, 6.83, MIDDLE + (position - N_CELLS) * CELL, color)
    _label(axes, 6.93, MIDDLE + 1.8, "concatenados")
    _label(axes, 6.93, MIDDLE - 1.8, f"(B, {2 * n_factors})", GRAY)
    _dense(axes, from_x=7.05, x=8.6)
    _label(axes, 8.6, MIDDLE + 1.8, "camada densa, ReLU")
    _label(axes, 8.6, MIDDLE - 1.8, f"(B, {n_hidden})", GRAY)
    _box(axes, 10.3, MIDDLE, "nota", GREEN, "(B, 1)")
    return Chart(
        axes.figure,
        f"Diagrama da rede neural, da esquerda para a direita. Usuário e filme escolhem cada um a sua linha nos "
        f"embeddings de {grouped(n_users)} × {n_factors} e {grouped(n_movies)} × {n_factors}; os dois vetores, "
        f"concatenados em {2 * n_factors} números, passam por uma camada densa de {n_hidden} unidades com ReLU, e uma "
        "última unidade dá a nota prevista.",
        "A rede neural. B é o número de pares do minibatch; no desenho, cada camada tem menos unidades que na rede.",
    )


def save_diagrams(folder: str | Path = FIGURES) -> list[Path]:
    """Grava `rede_produto_interno.png` e `rede_neural.png` em `folder` e devolve os dois caminhos."""
    charts = {"rede_produto_interno": dot_diagram(), "rede_neural": neural_diagram()}
    return [chart.save(Path(folder) / f"{name}.png") for name, chart in charts.items()]


def _canvas(title: str, width: float, height: float = 4.0, title_height: float = 0.45) -> Axes:
    with course_style():
        figure = new_figure(width, height + title_height)
        figure.set_layout_engine("none")
        axes = figure.add_axes((0, 0, 1, height / (height + title_height)), xlim=(0, width), ylim=(0, height))
        axes.set_title(title, x=0.25 / width)
    axes.axis("off")
    return axes


def _branches(axes: Axes, n_users: int, n_movies: int, n_factors: int) -> None:
    """O que as duas redes têm em comum: índice → tabela → vetor, uma vez para o usuário e outra para o filme."""
    for y, kind, plural, size, color in (
        (USER_ROW, "usuário", "usuários", n_users, BLUE),
        (MOVIE_ROW, "filme", "filmes", n_movies, ORANGE),
    ):
        _box(axes, 0.75, y, kind, color, "(B,)")
        _arrow(axes, (1.3, y), (2.05, y))
        _table(axes, 2.15, y, color)
        _label(axes, 2.95, y + 0.72, f"embedding de {plural}")
        _label(axes, 2.95, y - 0.72, f"{grouped(size)} × {n_factors}", GRAY)
        _arrow(axes, (3.85, y), (4.4, y))
        for column in range(N_CELLS):
            _cell(axes, 4.5 + column * CELL, y - CELL / 2, color)
        _label(axes, 5.3, y + 0.3, f"vetor do {kind}")
        _label(axes, 5.3, y - 0.32, f"(B, {n_factors})", GRAY)


def _table(axes: Axes, x: float, y: float, color: str) -> None:
    """Cinco linhas da tabela; a do meio, colorida, é a consultada."""
    for row in range(5):
        for column in range(N_CELLS):
            _cell(axes, x + column * CELL, y + (row - 2.5) * CELL, color if row == 2 else "#F2F2F2")


def _dense(axes: Axes, from_x: float, x: float) -> None:
    """Cada unidade recebe de todas as células; todas mandam à saída."""
    for row in range(6):
        unit = MIDDLE + (row - 2.5) * 0.5
        for cell in range(2 * N_CELLS):
            height = MIDDLE + (cell + 0.5 - N_CELLS) * CELL
            axes.plot((from_x, x), (height, unit), color=LIGHT, linewidth=0.6, zorder=1)
        _arrow(axes, (x + 0.17, unit), (9.72, MIDDLE + (row - 2.5) * 0.07))
        axes.add_patch(Circle((x, unit), 0.15, facecolor="white", edgecolor=BLACK, linewidth=1.5, zorder=2))


def _box(axes: Axes, x: float, y: float, text: str, color: str, shape: str) -> None:
    """Caixa de cantos redondos centrada em (x, y), com a forma do tensor embaixo."""
    corner = (x - 0.45, y - 0.2)
    style = "round,pad=0.05,rounding_size=0.12"
    axes.add_patch(FancyBboxPatch(corner, 0.9, 0.4, boxstyle=style, facecolor="white", edgecolor=color, linewidth=2))
    axes.text(x, y, text, ha="center", va="center", fontsize=12, weight="bold")
    _label(axes, x, y - 0.45, shape, GRAY)


def _cell(axes: Axes, x: float, y: float, color: str) -> None:
    axes.add_patch(Rectangle((x, y), CELL, CELL, facecolor=color, edgecolor="white", linewidth=1))


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    arrow = {"arrowstyle": "-|>", "color": GRAY, "linewidth": 1.4, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", xy=end, xytext=start, arrowprops=arrow)


def _label(axes: Axes, x: float, y: float, text: str, color: str = BLACK) -> None:
    axes.text(x, y, text, ha="center", va="center", fontsize=11, color=color)
