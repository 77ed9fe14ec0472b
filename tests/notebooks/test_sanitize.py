"""What nbval must overlook in outputs, and what it must not."""

import re
from pathlib import Path

import pytest
from nbval.plugin import get_sanitize_patterns

PATTERNS = get_sanitize_patterns(Path(__file__).with_name("sanitize.cfg").read_text(encoding="utf-8"))


def sanitize(text):
    for regex, replacement in PATTERNS:
        text = re.sub(regex, replacement, text)
    return text


@pytest.mark.parametrize(
    ("saved", "live"),
    [
        ("treino: 3,4 s", "treino: 12,0 s"),
        ("época 1  0.65s  T: 1.2", "época 1  1.02s  T: 1.2"),
        ("<Dataset em 0x7f01ab>", "<Dataset em 0x55e9c0>"),
        ("gravado em data/movielens_norm.npz", "gravado em /home/ana maria/curso/data/movielens_norm.npz"),
        ("torch 2.13.0", "torch 2.13.0+cpu"),
        ("<célula>:3: aviso", "/tmp/ipykernel_812/3245.py:3: aviso"),
        ('<td id="T_a1b2c_row0">', '<td id="T_9f8e7_row0">'),
    ],
)
def test_what_differs_between_machines_is_overlooked(saved, live):
    assert sanitize(saved) == sanitize(live)


@pytest.mark.parametrize(
    ("saved", "live"),
    [
        ("RMSE 0,8745", "RMSE 0,8746"),
        ("100.004 avaliações", "100.005 avaliações"),
        ("6.083.286 pares", "6.083.287 pares"),
        ("Toy Story (1995)", "Toy Story (1996)"),
        ("de 1995-01-09 a 2016-10-16", "de 1995-01-09 a 2018-09-26"),
        ("T: 1.2034 V: 1.3021", "T: 1.2034 V: 1.3022"),
    ],
)
def test_a_changed_result_is_noticed(saved, live):
    assert sanitize(saved) != sanitize(live)
