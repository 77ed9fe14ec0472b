"""Curso de sistemas de recomendação: dados, modelos, treinador e análise.

Os nomes do dia a dia estão aqui; cada um só carrega seu módulo (e o PyTorch) quando é usado.
"""

from course_lib.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "analysis.fold_in": ("add_user",),
        "metrics": ("mae", "mse", "rmse"),
        "analysis.recommend": ("predict", "rating_matrix", "top_k"),
        "datasets": ("MLDataset", "MovieLens", "load_movielens", "make_dataloaders", "split_by_time", "split_ratings"),
        "models": ("BiasBaseline", "BiasedDotNet", "DotNet", "NeuralNet"),
        "recipes": ("train_model",),
        "trainer": ("Checkpoint", "DeepNetTrainer", "EarlyStopping"),
    },
)
