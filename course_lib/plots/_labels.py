"""Títulos junto a pontos, sem que um cubra o outro."""

from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Annotation

MARGIN = 5  # meia largura reservada a cada ponto, e distância mínima dele ao texto, em pixels
SPACE = np.array([-6, 0, 6, 0])  # dos dois lados de cada texto, em pixels, para que dois numa linha não se emendem
RADII = (5, 9, 14, 20, 28, 38, 50, 65, 85, 110)  # quanto se afastar do ponto enquanto o lugar está ocupado, em pixels
ANGLES = np.deg2rad([0, 180, 90, 270, 35, 145, 215, 325, 65, 115, 245, 295])
LEADER_FROM = 7  # se o texto fica mais longe que isto, em pixels, um traço o liga ao ponto
LEADER_POINTS = 40  # em quantos pontos se confere se um traço passa por cima de um texto
LEADER = {"arrowstyle": "-", "color": "#8C8C8C", "linewidth": 0.8, "shrinkA": 0, "shrinkB": 3}


def place_labels(axes: Axes, points: np.ndarray, texts: Sequence[str], **style) -> list[Annotation]:
    """Escreve um texto perto de cada ponto, no lugar livre mais próximo.

    Guloso: começa pelos pontos de vizinhança mais cheia, que têm menos escolha, e tenta para cada um lugares em anéis
    cada vez maiores. Um texto não cobre outro, nem um ponto, nem o traço de outro, nem sai dos eixos; o que não cabe em
    lugar nenhum não é escrito. Fixa a posição dos eixos na figura: chame depois de desenhar tudo o mais.

    Args:
        axes: eixos com os limites já definidos.
        points: float (n, 2), posições em unidades dos dados.
        texts: n textos.
        style: opções de texto do matplotlib, como `fontsize`.

    Returns:
        As anotações escritas.
    """
    renderer = FigureCanvasAgg(axes.figure).get_renderer()
    axes.figure.draw_without_rendering()  # a disposição automática acontece aqui; depois, fica fixa
    axes.figure.set_layout_engine("none")
    pixels = axes.transData.transform(points)
    frame = axes.get_window_extent().extents
    taken = np.hstack([pixels - MARGIN, pixels + MARGIN])  # as caixas dos pontos; depois delas, as dos textos escritos
    leaders, placed = np.empty((0, 2)), []
    crowding = np.sort(np.linalg.norm(pixels[:, None] - pixels, axis=2), axis=1)[:, :6].sum(axis=1)
    for i in np.argsort(crowding):
        place = {"textcoords": "offset pixels", "ha": "center", "va": "center", **style}
        trial = axes.annotate(texts[i], points[i], (0, 0), **place)
        size = trial.get_window_extent(renderer).size
        trial.remove()
        for move in _moves(size):
            box = _box(pixels[i] + move, size)
            if not _is_free(box, frame, taken):
                continue
            line = _leader(pixels[i], move, size)
            if not _touches(line, taken[len(pixels) :] - SPACE) and not _touches(leaders, box[None]):
                leader = LEADER if len(line) else None
                placed.append(axes.annotate(texts[i], points[i], move, arrowprops=leader, **place))
                taken, leaders = np.vstack([taken, box + SPACE]), np.vstack([leaders, line])
                break
    return placed


def _moves(size: np.ndarray) -> Iterator[np.ndarray]:
    """Do ponto ao centro do texto, do anel mais próximo ao mais distante."""
    for radius in RADII:
        for angle in ANGLES:
            yield (radius + size / 2) * (np.cos(angle), np.sin(angle))


def _box(center: np.ndarray, size: np.ndarray) -> np.ndarray:
    return np.concatenate([center - size / 2, center + size / 2])


def _leader(point: np.ndarray, move: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Pontos do traço que liga o ponto ao texto, float (p, 2); nenhum se o texto está perto e o dispensa."""
    gap = np.linalg.norm(np.maximum(np.abs(move) - size / 2, 0))
    steps = np.linspace(0, 1, LEADER_POINTS if gap > LEADER_FROM else 0)
    return point + steps[:, None] * move


def _touches(line: np.ndarray, boxes: np.ndarray) -> bool:
    """Se algum ponto, (p, 2), cai dentro de alguma caixa, (b, 4)."""
    low, high = boxes[:, :2], boxes[:, 2:]
    return bool(((line[:, None] > low) & (line[:, None] < high)).all(axis=2).any())


def _is_free(box: np.ndarray, frame: np.ndarray, taken: np.ndarray) -> bool:
    """Se a caixa, (4,), cabe na moldura, (4,), e não cobre nenhuma das outras, (b, 4)."""
    inside = (box[:2] >= frame[:2]).all() and (box[2:] <= frame[2:]).all()
    return bool(inside and ((taken[:, :2] >= box[2:]) | (taken[:, 2:] <= box[:2])).any(axis=1).all())
