"""Modelos que ordenam filmes em vez de prever notas; todos cumprem o contrato `Model`."""

from course_lib.models.lists.ease import EASE, UsersFromUsers
from course_lib.models.lists.few_weights import FewWeights
from course_lib.models.lists.ials import ImplicitALS
from course_lib.models.lists.neighbours import ItemKNN, UserKNN
from course_lib.models.lists.order import RecencyEASE
from course_lib.models.lists.popular import MostPopular
from course_lib.models.lists.rerank import ReRanker
from course_lib.models.lists.taste import GenreTaste

__all__ = [
    "EASE",
    "FewWeights",
    "GenreTaste",
    "ImplicitALS",
    "ItemKNN",
    "MostPopular",
    "ReRanker",
    "RecencyEASE",
    "UserKNN",
    "UsersFromUsers",
]
