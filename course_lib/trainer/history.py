"""O que cada época deixou: uma linha de números por época."""

import math

import pandas as pd

from course_lib.errors import counted


class History:
    """Lista de épocas; cada uma, um dicionário com epoch, seconds, lr, train_loss e, havendo validação, valid_loss
    e as métricas (valid_rmse…). Perdas são médias por amostra, na unidade do objetivo.

    Attributes:
        comparable_from: quantas épocas vieram antes de a validação ser a de agora; a perda delas é de outros dados.
        monitor: que coluna decide qual época é a melhor.
        mode: "min" ou "max": se melhor é menor, como um erro, ou maior, como o NDCG.
    """

    def __init__(
        self, rows: list[dict] | None = None, comparable_from: int = 0, monitor: str = "valid_loss", mode: str = "min"
    ):
        self.rows = [dict(row) for row in rows or []]
        self.comparable_from, self.monitor, self.mode = comparable_from, monitor, mode

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, position: int) -> dict:
        return self.rows[position]

    def append(self, **numbers) -> None:
        """Acrescenta uma época."""
        self.rows.append(numbers)

    def losses(self, name: str = "valid_loss") -> list[float]:
        """A coluna pedida, uma entrada por época; `nan` onde a época não a tem."""
        return [row.get(name, math.nan) for row in self.rows]

    def gain(self, value: float, reference: float) -> float:
        """Quanto `value` é melhor que `reference`; negativo se é pior."""
        return reference - value if self.mode == "min" else value - reference

    @property
    def best(self) -> dict | None:
        """A melhor época na validação de agora; sem validação, a última; `None` se nada foi treinado."""
        rows = self.rows[self.comparable_from :] or self.rows
        best = next((row for row in rows if self.monitor in row), rows[-1] if rows else None)
        for row in rows:
            if self.monitor in row and self.gain(row[self.monitor], best[self.monitor]) > 0:  # no empate, a primeira
                best = row
        return best

    def to_frame(self) -> pd.DataFrame:
        """As épocas como DataFrame indexado por `epoch`."""
        return pd.DataFrame(self.rows).set_index("epoch") if self.rows else pd.DataFrame()

    def __repr__(self) -> str:
        if not self.rows:
            return "History(nenhuma época)"
        best = self.best
        name = self.monitor if self.monitor in best else "train_loss"
        shown = "perda" if name.endswith("_loss") else name
        return f"History({counted(len(self), 'época')}; melhor: época {best['epoch']}, {shown} {best[name]:.5f})"
