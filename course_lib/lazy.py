"""Pacotes que só carregam um módulo quando se pede um nome dele (PEP 562).

O PyTorch leva mais de um segundo para ser importado; quem só quer ler os dados não espera por ele.
"""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module


def lazy_names(
    package: str, homes: Mapping[str, tuple[str, ...]]
) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    """O `__getattr__`, o `__dir__` e o `__all__` de um pacote cujos nomes moram em seus módulos.

    Args:
        package: o `__name__` do pacote.
        homes: módulo, relativo ao pacote -> os nomes que vêm dele.
    """
    home_of = {name: module for module, names in homes.items() for name in names}
    namespace = vars(sys.modules[package])

    def find(name: str):
        if name not in home_of:
            raise AttributeError(f"{package} não tem {name!r}. Os nomes são: {', '.join(sorted(home_of))}.")
        namespace[name] = getattr(import_module(f"{package}.{home_of[name]}"), name)
        return namespace[name]

    return find, lambda: sorted({*namespace, *home_of}), sorted(home_of)
