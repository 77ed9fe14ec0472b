"""Curso de sistemas de recomendação: dados, modelos, treinador e análise.

Os nomes do dia a dia estão aqui; cada um só carrega seu módulo (e o PyTorch) quando é usado.
"""

from importlib import import_module

_HOMES = {
    "analysis.fold_in": ("add_user",),
    "analysis.metrics": ("mae", "mse", "rmse"),
    "analysis.recommend": ("predict", "rating_matrix", "top_k"),
    "datasets": ("MLDataset", "MovieLens", "load_movielens", "make_dataloaders", "split_by_time", "split_ratings"),
    "models": ("BiasBaseline", "BiasedDotNet", "DotNet", "NeuralNet"),
    "recipes": ("train_model",),
    "trainer": ("Checkpoint", "DeepNetTrainer", "EarlyStopping"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)


def __getattr__(name: str):
    """Busca o nome em seu módulo, na primeira vez em que é pedido (PEP 562)."""
    if name not in _HOME_OF:
        raise AttributeError(f"course_lib não tem {name!r}. Os nomes do curso são: {', '.join(__all__)}.")
    value = getattr(import_module(f"course_lib.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
