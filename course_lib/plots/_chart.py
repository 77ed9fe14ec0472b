"""A figura do curso: desenhada sem estado global, com a descrição que a acompanha em toda parte."""

import io
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from course_lib.errors import ArgumentError

CMAP, DIVERGING = "cividis", "PuOr_r"  # laranja e roxo distinguem-se com qualquer daltonismo
# Okabe e Ito (2008): distinguíveis por quem não distingue vermelho de verde, e também em tons de cinza.
BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, SKY, BLACK = "#CC79A7", "#56B4E9", "#000000"
PALETTE, MARKERS = (BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY), ("o", "s", "^", "D", "v", "P")  # um par por série
GRAY, LIGHT = "#595959", "#BFBFBF"  # do que acompanha os dados: palavras e setas; traços que ligam pontos

DPI = 80
MAX_WIDTH_INCHES = 11.0  # 880 pixels: cabe na coluna de um notebook
STYLE = {
    "font.family": "DejaVu Sans",  # vem com o matplotlib: a figura é a mesma em toda máquina
    "font.size": 11,
    "axes.titlesize": 13,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.prop_cycle": matplotlib.cycler(color=PALETTE),
    "grid.color": "#D9D9D9",
    "grid.linewidth": 0.8,
    "image.cmap": CMAP,
    "legend.frameon": False,
    "lines.linewidth": 2,
}


@contextmanager
def course_style() -> Iterator[None]:
    """Fontes, grade e cores do curso enquanto dura o bloco, ou a função que isto decora; fora deles, nada muda."""
    with matplotlib.rc_context(STYLE):
        yield


def new_figure(width: float = 8.0, height: float = 4.5) -> Figure:
    """Figura vazia, em polegadas, que se ajusta ao conteúdo; crie os eixos sob `course_style()`.

    Raises:
        ArgumentError: se a largura passa de 11 polegadas, que não caberiam na página.
    """
    if width > MAX_WIDTH_INCHES:
        raise ArgumentError(f"A figura teria {width} polegadas de largura; o máximo é {MAX_WIDTH_INCHES}.")
    return Figure(figsize=(width, height), dpi=DPI, layout="constrained")


@dataclass(frozen=True, eq=False)
class Chart:
    """Uma figura e o que ela mostra, em palavras.

    Como último valor de uma célula, aparece a figura seguida da legenda. O texto alternativo vai nos metadados da
    imagem (a página HTML o usa), no texto puro (para quem lê num terminal) e, se não há legenda própria, também
    abaixo da figura, porque o JupyterLab não o entrega aos leitores de tela.

    Args:
        figure: a figura, feita com `new_figure`.
        alt: o que se vê e o que se conclui, numa ou duas frases.
        caption: legenda visível; sem ela, o próprio `alt`.

    Raises:
        ArgumentError: se `alt` está vazio.
    """

    figure: Figure
    alt: str
    caption: str | None = None

    def __post_init__(self) -> None:
        if not self.alt.strip():
            raise ArgumentError("Toda figura do curso tem texto alternativo: diga em `alt` o que ela mostra.")

    def png(self) -> bytes:
        """A imagem em PNG, sem data nem versão de programa: figuras iguais dão arquivos iguais."""
        buffer = io.BytesIO()
        self.figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
        return buffer.getvalue()

    def save(self, path: str | Path) -> Path:
        """Grava o PNG em `path`, criando a pasta se preciso, e devolve o caminho."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.png())
        return path

    def _ipython_display_(self) -> None:
        from IPython.display import display

        image = b64encode(self.png()).decode("ascii")
        display({"image/png": image, "text/plain": self.alt}, metadata={"image/png": {"alt": self.alt}}, raw=True)
        caption = self.caption or self.alt
        display({"text/markdown": f"*{caption}*", "text/plain": caption}, raw=True)
