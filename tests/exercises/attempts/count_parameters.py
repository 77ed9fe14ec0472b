"""Attempts at exercise `count_parameters`."""

from torch import nn

from course_lib import NeuralNet
from tests.exercises.attempts.registry import right, wrong


@right("count_parameters")
def count_by_formula(n_users, n_movies, n_factors, n_hidden):
    embeddings = (n_users + n_movies) * n_factors
    hidden = 2 * n_factors * n_hidden + n_hidden
    output = n_hidden + 1
    return embeddings + hidden + output


@right("count_parameters")
def count_in_a_real_network(n_users, n_movies, n_factors, n_hidden):
    model = NeuralNet(n_users, n_movies, n_factors=n_factors, n_hidden=n_hidden)
    return sum(parameter.numel() for parameter in model.parameters())


@right("count_parameters")
def count_layer_by_layer(n_users, n_movies, n_factors, n_hidden):
    layers = [
        nn.Embedding(n_users, n_factors),
        nn.Embedding(n_movies, n_factors),
        nn.Linear(2 * n_factors, n_hidden),
        nn.Linear(n_hidden, 1),
    ]
    total = 0
    for layer in layers:
        for weight in layer.state_dict().values():
            total += weight.nelement()
    return total


@wrong("count_parameters", "biases_or_output")
def count_only_weights(n_users, n_movies, n_factors, n_hidden):
    return (n_users + n_movies) * n_factors + 2 * n_factors * n_hidden + n_hidden


@wrong("count_parameters", "hidden_bias")
def count_without_hidden_bias(n_users, n_movies, n_factors, n_hidden):
    return (n_users + n_movies) * n_factors + 2 * n_factors * n_hidden + n_hidden + 1


@wrong("count_parameters", "output_bias")
def count_without_output_bias(n_users, n_movies, n_factors, n_hidden):
    return (n_users + n_movies) * n_factors + (2 * n_factors + 1) * n_hidden + n_hidden


@wrong("count_parameters", "half_input")
def count_one_embedding_as_input(n_users, n_movies, n_factors, n_hidden):
    return (n_users + n_movies) * n_factors + n_factors * n_hidden + n_hidden + n_hidden + 1


@wrong("count_parameters", "no_embeddings")
def count_without_embeddings(n_users, n_movies, n_factors, n_hidden):
    hidden, output = nn.Linear(2 * n_factors, n_hidden), nn.Linear(n_hidden, 1)
    return sum(weight.numel() for layer in (hidden, output) for weight in layer.parameters())


@wrong("count_parameters", "no_user_table")
def count_without_users(n_users, n_movies, n_factors, n_hidden):
    return n_movies * n_factors + (2 * n_factors + 1) * n_hidden + n_hidden + 1


@wrong("count_parameters", "no_movie_table")
def count_without_movies(n_users, n_movies, n_factors, n_hidden):
    return n_users * n_factors + (2 * n_factors + 1) * n_hidden + n_hidden + 1


@wrong("count_parameters", "multiplied")
def count_multiplies_the_tables(n_users, n_movies, n_factors, n_hidden):
    return n_users * n_movies * n_factors + (2 * n_factors + 1) * n_hidden + n_hidden + 1


@wrong("count_parameters", "activations")
def count_parameters_in_the_relu(n_users, n_movies, n_factors, n_hidden):
    relu = n_hidden
    return (n_users + n_movies) * n_factors + (2 * n_factors + 1) * n_hidden + relu + n_hidden + 1


@wrong("count_parameters", "dot_model")
def count_the_other_network(n_users, n_movies, n_factors, n_hidden):
    return n_users * (n_factors + 1) + n_movies * (n_factors + 1)


@wrong("count_parameters", "only_embeddings")
def count_only_embeddings(n_users, n_movies, n_factors, n_hidden):
    return (n_users + n_movies) * n_factors
