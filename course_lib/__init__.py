"""Curso de sistemas de recomendação: dados, modelos, treinador e análise.

Os nomes do dia a dia estão aqui; cada um só carrega seu módulo (e o PyTorch) quando é usado.
"""

from course_lib.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "metrics": ("mae", "mse", "rmse"),
        "analysis.ranking": ("ranking_metrics",),
        "datasets": (
            "MLDataset",
            "MovieLens",
            "load_movielens",
            "make_dataloaders",
            "split_by_time",
            "split_last",
            "split_ratings",
        ),
        "interactions": ("Interactions",),
        "models": ("BiasBaseline", "BiasedDotNet", "DotNet", "NeuralNet"),
        "recipes": ("train_model",),
        "recommend": ("add_user", "predict", "rating_matrix", "top_k"),
        "trainer": ("Checkpoint", "DeepNetTrainer", "EarlyStopping"),
    },
)
