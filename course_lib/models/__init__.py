"""Os modelos: linhas de base e redes. Recebem índices e devolvem notas; não sabem de arquivos nem de treinadores."""

from course_lib.models.baselines import BiasBaseline
from course_lib.models.networks import BiasedDotNet, DotNet, NeuralNet, RatingNet

__all__ = ["BiasBaseline", "BiasedDotNet", "DotNet", "NeuralNet", "RatingNet"]
