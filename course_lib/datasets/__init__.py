"""Os dados do curso: ler o MovieLens, separar treino e validação, montar os minibatches."""

from course_lib.datasets.loaders import MLDataset, make_dataloaders, split_by_time, split_ratings
from course_lib.datasets.movielens import MovieLens, load_movielens

__all__ = ["MLDataset", "MovieLens", "load_movielens", "make_dataloaders", "split_by_time", "split_ratings"]
