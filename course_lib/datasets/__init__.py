"""Os dados do curso: ler o MovieLens, separar treinamento e validação, montar os minibatches."""

from course_lib.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "loaders": ("MLDataset", "make_dataloaders"),
        "movielens": ("MovieLens", "load_movielens"),
        "splits": ("split_by_time", "split_last", "split_mask", "split_ratings"),
    },
)
