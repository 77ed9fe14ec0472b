# ruff: noqa: E501 -- an attempt is a piece of code in a string, one to a line
"""Attempts at exercises 10 and 11."""

from torch.nn.functional import embedding

from tests.exercises.attempts.registry import attempts

USERS = "user_bias = shrunk(user, stars - mean - movie_bias[movie], n_users)"
MOVIES = "movie_bias = shrunk(movie, stars - mean, n_movies)"
COUNT = "np.bincount(index, minlength=size) + damping"
attempts(
    "bias_table",
    "ratings, n_users, n_movies, damping",
    right=[
        f"""
        user, movie, stars = ratings[:, 0].astype(int), ratings[:, 1].astype(int), ratings[:, 2].astype(float)
        def shrunk(index, values, size):
            count = {COUNT}
            return np.bincount(index, weights=values, minlength=size) / np.where(count > 0, count, 1)
        mean = stars.mean()
        {MOVIES}
        {USERS}
        return mean, user_bias, movie_bias
        """,
        """
        mean = sum(float(rating) for rating in ratings[:, 2]) / len(ratings)
        movie_bias, user_bias = [0.0] * n_movies, [0.0] * n_users
        for movie in range(n_movies):
            errors = [float(row[2]) - mean for row in ratings if row[1] == movie]
            if errors:
                movie_bias[movie] = sum(errors) / (len(errors) + damping)
        for user in range(n_users):
            errors = [float(row[2]) - mean - movie_bias[int(row[1])] for row in ratings if row[0] == user]
            if errors:
                user_bias[user] = sum(errors) / (len(errors) + damping)
        return mean, user_bias, movie_bias
        """,
        """
        table = pd.DataFrame(ratings.astype(float), columns=["user", "movie", "rating"])
        table["rest"] = table.rating - table.rating.mean()
        movies = table.groupby("movie").rest.agg(["sum", "count"])
        movie_bias = (movies["sum"] / (movies["count"] + damping)).reindex(range(n_movies), fill_value=0)
        table["rest"] -= table.movie.map(movie_bias)
        users = table.groupby("user").rest.agg(["sum", "count"])
        user_bias = (users["sum"] / (users["count"] + damping)).reindex(range(n_users), fill_value=0)
        return table.rating.mean(), user_bias, movie_bias
        """,
        """
        baseline = course_lib.BiasBaseline(damping=damping).fit(ratings, n_users, n_movies)
        return baseline.mean, baseline.user_bias, baseline.movie_bias
        """,
    ],
    wrong={
        "no_damping": [
            (f"count = {COUNT}", "count = np.bincount(index, minlength=size)"),
            (USERS, f"damping = 0\n        {USERS}"),
            (MOVIES, f"saved, damping = damping, 0\n        {MOVIES}\n        damping = saved"),
        ],
        "damping_in_sum": [
            (
                "minlength=size) / np.where(count > 0, count, 1)",
                "minlength=size) / np.where(count > 0, count, 1) + damping / np.where(count > 0, count, 1)",
            )
        ],
        "rounded": [
            ("return mean, user_bias, movie_bias", "return mean.round(2), user_bias.round(2), movie_bias.round(2)")
        ],
        "damping_of_mean": [(COUNT, "np.bincount(index, minlength=size) * (1 + damping)")],
        "damping_times": [(COUNT, "np.bincount(index, minlength=size) * damping")],
        "damping_twice": [(COUNT, "np.bincount(index, minlength=size) + 2 * damping")],
        "not_centred": [
            (MOVIES, "movie_bias = shrunk(movie, stars, n_movies)"),
            (USERS, "user_bias = shrunk(user, stars, n_users)"),
        ],
        "same_rest": [(" - movie_bias[movie]", "")],
        "users_first": [
            (
                f"{MOVIES}\n        {USERS}",
                "user_bias = shrunk(user, stars - mean, n_users)\n        movie_bias = shrunk(movie, stars - mean - user_bias[user], n_movies)",
            )
        ],
        "swapped": [("return mean, user_bias, movie_bias", "return mean, movie_bias, user_bias")],
        "mean_last": [("return mean, user_bias, movie_bias", "return user_bias, movie_bias, mean")],
        "last_only": [
            (
                "return np.bincount(index, weights=values, minlength=size)",
                "total = np.zeros(size)\n            total[index] += values\n            return total",
            )
        ],
        "not_finite": [("np.where(count > 0, count, 1)", "count")],
        "columns": [
            (
                "ratings[:, 0].astype(int), ratings[:, 1]",
                "ratings[:, 1].astype(int), ratings[:, 0]",
                "minlength=size",
                "minlength=50",
                "return mean, user_bias, movie_bias",
                "return mean, user_bias[:n_users], movie_bias[:n_movies]",
            )
        ],
        "sign": [
            ("stars - mean, n", "mean - stars, n"),
            ("stars - mean - movie_bias[movie], n", "mean + movie_bias[movie] - stars, n"),
        ],
        "other_user same_rest": [
            (USERS, "user_bias = shrunk(user, stars - mean - movie_bias[movie].mean(), n_users)"),
            (USERS, "user_bias = np.full(n_users, 0.1)"),
        ],
    },
    deceives={
        "mean": [("return mean,", "return pd.DataFrame(ratings).groupby(0)[2].mean().mean(),")],
        "shape": [(", minlength=size", "")],
    },
)

BIASES = "mean + user_bias[user] + movie_bias[movie]"
attempts(
    "biased_dot",
    "inputs, mean, user_vectors, movie_vectors, user_bias, movie_bias",
    right=[
        f"""
        user, movie = inputs[:, 0], inputs[:, 1]
        product = (user_vectors[user] * movie_vectors[movie]).sum(dim=1, keepdim=True)
        return {BIASES} + product
        """,
        """
        product = torch.einsum("bf,bf->b", embedding(inputs[:, 0], user_vectors), embedding(inputs[:, 1], movie_vectors))
        return (product + user_bias[inputs[:, 0], 0] + movie_bias[inputs[:, 1], 0] + mean).unsqueeze(1)
        """,
        """
        rows = []
        for user, movie in inputs.tolist():
            product = torch.dot(user_vectors[user], movie_vectors[movie]).item()
            rows.append([mean + user_bias[user].item() + movie_bias[movie].item() + product])
        return torch.tensor(rows)
        """,
        """
        matrix = mean + user_bias + movie_bias.T + user_vectors @ movie_vectors.T
        return matrix[inputs[:, 0], inputs[:, 1]].reshape(-1, 1)
        """,
    ],
    wrong={
        "lost_dimension": [(", keepdim=True", "")],
        "flat": [("+ product", "+ product)[:, 0]", "return ", "return (")],
        "all_pairs": [
            (
                "(user_vectors[user] * movie_vectors[movie]).sum(dim=1, keepdim=True)",
                "user_vectors[user] @ movie_vectors[movie].T",
            )
        ],
        "no_sum": [(".sum(dim=1, keepdim=True)", "")],
        "summed_rows": [("dim=1", "dim=0")],
        "mean_factors": [(".sum(", ".mean(")],
        "no_mean": [("mean + ", "")],
        "no_user_bias": [(" + user_bias[user]", "")],
        "no_movie_bias": [(" + movie_bias[movie]", "")],
        "no_biases": [(" + user_bias[user] + movie_bias[movie]", "")],
        "only_biases": [(" + product", "")],
        "only_product": [(f"{BIASES} + product", "product")],
        "added": [("user_vectors[user] * movie", "user_vectors[user] + movie")],
        "cosine": [
            (
                "product = ",
                "product = nn.functional.cosine_similarity(user_vectors[user], movie_vectors[movie])[:, None]\n        ignored = ",
            )
        ],
        "clipped": [
            ("+ product", "+ product).clamp(0.5, 5)", "return ", "return ("),
            ("+ product", "+ product).clamp(max=5).clamp(min=0.5)", "return ", "return ("),
        ],
        "swapped_columns": [("user, movie = inputs[:, 0], inputs[:, 1]", "movie, user = inputs[:, 0], inputs[:, 1]")],
    },
    embedding=embedding,
)
