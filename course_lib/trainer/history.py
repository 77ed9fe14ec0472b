"""O que cada época deixou: uma linha de números por época."""

import math

import pandas as pd


class History:
    """Lista de épocas; cada uma, um dicionário com epoch, seconds, lr, train_loss e, havendo validação, valid_loss
    e as métricas (valid_rmse…). Perdas são médias por amostra, na unidade do critério.

    Attributes:
        comparable_from: quantas épocas vieram antes de a validação ser a de agora; a perda delas é de outros dados.
    """

    def __init__(self, rows: list[dict] | None = None, comparable_from: int = 0):
        self.rows = [dict(row) for row in rows or []]
        self.comparable_from = comparable_from

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

    @property
    def best(self) -> dict | None:
        """A época de menor perda na validação de agora; sem validação, a última; `None` se nada foi treinado."""
        rows = self.rows[self.comparable_from :] or self.rows
        validated = [row for row in rows if "valid_loss" in row]
        if validated:
            return min(validated, key=lambda row: row["valid_loss"])  # no empate, a primeira
        return rows[-1] if rows else None

    def to_frame(self) -> pd.DataFrame:
        """As épocas como DataFrame indexado por `epoch`."""
        return pd.DataFrame(self.rows).set_index("epoch") if self.rows else pd.DataFrame()

    def plot(self):
        """Curvas de perda, de treinamento e de validação, com a melhor época marcada."""
        from course_lib.plots import training_curve  # matplotlib só se carrega para desenhar

        return training_curve(self)

    def __repr__(self) -> str:
        if not self.rows:
            return "History(nenhuma época)"
        best = self.best
        loss = best.get("valid_loss", best["train_loss"])
        return f"History({len(self)} épocas; melhor: época {best['epoch']}, perda {loss:.5f})"
