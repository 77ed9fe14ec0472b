"""Onde ficam os dados preparados e os modelos treinados.

Num checkout do curso, `data/` e `models/` ficam na raiz do projeto, seja qual for a pasta de onde se roda o notebook.
Com o pacote instalado noutro lugar, ficam na pasta corrente. As variáveis de ambiente `COURSE_DATA_DIR` e
`COURSE_MODELS_DIR` têm precedência sobre as duas regras.
"""

import os
from pathlib import Path

PACKAGE_PARENT = Path(__file__).resolve().parent.parent


def in_checkout() -> bool:
    """Se o curso está numa cópia do repositório, e não instalado noutro lugar."""
    return (PACKAGE_PARENT / "pyproject.toml").is_file()


def data_dir() -> Path:
    """Pasta dos dados preparados (`movielens_norm.npz`); pode ainda não existir."""
    return _folder("COURSE_DATA_DIR", "data")


def models_dir() -> Path:
    """Pasta dos modelos treinados e de seus checkpoints; pode ainda não existir."""
    return _folder("COURSE_MODELS_DIR", "models")


def _folder(variable: str, name: str) -> Path:
    chosen = os.environ.get(variable)
    if chosen:
        return Path(chosen).expanduser()
    return (PACKAGE_PARENT if in_checkout() else Path.cwd()) / name
