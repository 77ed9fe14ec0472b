"""As figuras da série; só aqui se importa o matplotlib. Cada função devolve um `Chart`: figura e descrição."""

from course_lib.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "comparison": ("ablation_chart", "comparison_chart", "difference_chart", "popularity_chart"),
        "context": ("group_chart", "mood_chart", "time_chart", "twin_chart"),
        "dataset": (
            "chance_comparison",
            "half_star_timeline",
            "long_tail",
            "rating_by_popularity",
            "rating_histogram",
            "sequel_gaps",
        ),
        "embeddings": ("explained_variance", "fact_correlations", "movie_map", "seed_agreement"),
        "matrix": (
            "cold_start_histogram",
            "full_matrix",
            "matrix_blocks",
            "predicted_blocks",
            "residual_blocks",
            "three_color_blocks",
            "three_colors",
        ),
        "networks": ("dot_diagram", "neural_diagram", "save_diagrams"),
        "ranking": ("arrival_chart", "interval_chart", "price_chart", "ranking_chart"),
        "training": ("training_curve",),
    },
)
