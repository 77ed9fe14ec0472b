"""As figuras da série; só aqui se importa o matplotlib. Cada função devolve um `Chart`: figura e descrição."""

from course_lib.plots.comparison import ablation_chart, comparison_chart, difference_chart, popularity_chart
from course_lib.plots.context import group_chart, mood_chart, time_chart, twin_chart
from course_lib.plots.dataset import half_star_timeline, long_tail, matrix_blocks, rating_histogram
from course_lib.plots.embeddings import explained_variance, fact_correlations, movie_map, seed_agreement
from course_lib.plots.matrix import (
    cold_start_histogram,
    full_matrix,
    predicted_blocks,
    residual_blocks,
    three_color_blocks,
    three_colors,
)
from course_lib.plots.missing import chance_comparison, rating_by_popularity, sequel_gaps
from course_lib.plots.networks import dot_diagram, neural_diagram, save_diagrams
from course_lib.plots.ranking import arrival_chart, interval_chart, price_chart, ranking_chart
from course_lib.plots.training import training_curve

__all__ = [
    "ablation_chart",
    "arrival_chart",
    "chance_comparison",
    "cold_start_histogram",
    "comparison_chart",
    "difference_chart",
    "dot_diagram",
    "explained_variance",
    "fact_correlations",
    "full_matrix",
    "group_chart",
    "half_star_timeline",
    "interval_chart",
    "long_tail",
    "matrix_blocks",
    "mood_chart",
    "movie_map",
    "neural_diagram",
    "popularity_chart",
    "predicted_blocks",
    "price_chart",
    "ranking_chart",
    "rating_by_popularity",
    "rating_histogram",
    "residual_blocks",
    "save_diagrams",
    "seed_agreement",
    "sequel_gaps",
    "three_color_blocks",
    "three_colors",
    "time_chart",
    "training_curve",
    "twin_chart",
]
