"""Os modelos: linhas de base e redes. Recebem índices e devolvem notas; não sabem de arquivos nem de treinadores."""

from course_lib.models.als import ALS
from course_lib.models.baselines import BiasBaseline
from course_lib.models.bayes import BayesianMF
from course_lib.models.context_net import ContextNet
from course_lib.models.ensemble import Ensemble
from course_lib.models.hybrid import HybridNet
from course_lib.models.kernel import KernelModel
from course_lib.models.networks import BiasedDotNet, DotNet, NeuralNet
from course_lib.models.rating_net import RatingNet
from course_lib.models.stacked import Stacked

__all__ = [
    "ALS",
    "BayesianMF",
    "BiasBaseline",
    "BiasedDotNet",
    "ContextNet",
    "DotNet",
    "Ensemble",
    "HybridNet",
    "KernelModel",
    "NeuralNet",
    "RatingNet",
    "Stacked",
]
