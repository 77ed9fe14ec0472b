"""Attempts at exercise `biased_dot`."""

import torch
from torch.nn.functional import embedding

from tests.exercises.attempts.registry import right, wrong


@right("biased_dot")
def dot_with_keepdim(inputs, mean, user_vectors, movie_vectors, user_bias, movie_bias):
    user, movie = inputs[:, 0], inputs[:, 1]
    product = (user_vectors[user] * movie_vectors[movie]).sum(dim=1, keepdim=True)
    return mean + user_bias[user] + movie_bias[movie] + product


@right("biased_dot")
def dot_with_einsum(inputs, mean, user_vectors, movie_vectors, user_bias, movie_bias):
    product = torch.einsum("bf,bf->b", embedding(inputs[:, 0], user_vectors), embedding(inputs[:, 1], movie_vectors))
    return (product + user_bias[inputs[:, 0], 0] + movie_bias[inputs[:, 1], 0] + mean).unsqueeze(1)


@right("biased_dot")
def dot_with_a_loop(inputs, mean, user_vectors, movie_vectors, user_bias, movie_bias):
    rows = []
    for user, movie in inputs.tolist():
        product = torch.dot(user_vectors[user], movie_vectors[movie]).item()
        rows.append([mean + user_bias[user].item() + movie_bias[movie].item() + product])
    return torch.tensor(rows)


@right("biased_dot")
def dot_from_the_whole_matrix(inputs, mean, user_vectors, movie_vectors, user_bias, movie_bias):
    matrix = mean + user_bias + movie_bias.T + user_vectors @ movie_vectors.T
    return matrix[inputs[:, 0], inputs[:, 1]].reshape(-1, 1)


@wrong("biased_dot", "lost_dimension")
def dot_loses_a_dimension(inputs, mean, user_vectors, movie_vectors, user_bias, movie_bias):
    user, movie = inputs[:, 0], inputs[:, 1]
    return mean + user_bias[user] + movie_bias[movie] + (user_vectors[user] * movie_vectors[movie]).sum(1)


@wrong("biased_dot", "flat")
def dot_is_flat(inputs, mean, user_vectors, movie_vectors, user_bias, movie_bias):
    user, movie = inputs[:, 0], inputs[:, 1]
    product = (user_vectors[user] * movie_vectors[movie]).sum(1)
    return mean + user_bias[user].squeeze() + movie_bias[movie].squeeze() + product


@wrong("biased_dot", "all_pairs")
def dot_crosses_all_pairs(inputs, mean, user_vectors, movie_vectors, user_bias, movie_bias):
    user, movie = inputs[:, 0], inputs[:, 1]
    return mean + user_bias[user] + movie_bias[movie] + user_vectors[user] @ movie_vectors[movie].T


@wrong("biased_dot", "no_sum")
def dot_without_sum(inputs, mean, user_vectors, movie_vectors, user_bias, movie_bias):
    user, movie = inputs[:, 0], inputs[:, 1]
    return mean + user_bias[user] + movie_bias[movie] + user_vectors[user] * movie_vectors[movie]


@wrong("biased_dot", "summed_rows")
def dot_sums_the_minibatch(inputs, mean, user_vectors, movie_vectors, user_bias, movie_bias):
    user, movie = inputs[:, 0], inputs[:, 1]
    return mean + user_bias[user] + movie_bias[movie] + (user_vectors[user] * movie_vectors[movie]).sum(0, True)


@wrong("biased_dot", "mean_factors")
def dot_takes_the_mean(inputs, mean, user_vectors, movie_vectors, user_bias, movie_bias):
    user, movie = inputs[:, 0], inputs[:, 1]
    return mean + user_bias[user] + movie_bias[movie] + (user_vectors[user] * movie_vectors[movie]).mean(1, True)


@wrong("biased_dot", "no_mean")
def dot_forgets_the_mean(inputs, mean, user_vectors, movie_vectors, user_bias, movie_bias):
    user, movie = inputs[:, 0], inputs[:, 1]
    return user_bias[user] + movie_bias[movie] + (user_vectors[user] * movie_vectors[movie]).sum(1, True)


@wrong("biased_dot", "no_user_bias")
def dot_forgets_the_user(inputs, mean, user_vectors, movie_vectors, user_bias, movie_bias):
    user, movie = inputs[:, 0], inputs[:, 1]
    return mean + movie_bias[movie] + (user_vectors[user] * movie_vectors[movie]).sum(1, True)


@wrong("biased_dot", "no_movie_bias")
def dot_forgets_the_movie(inputs, mean, user_vectors, movie_vectors, user_bias, movie_bias):
    user, movie = inputs[:, 0], inputs[:, 1]
    return mean + user_bias[user] + (user_vectors[user] * movie_vectors[movie]).sum(1, True)


@wrong("biased_dot", "no_biases")
def dot_without_biases(inputs, mean, user_vectors, movie_vectors, user_bias, movie_bias):
    return mean + (user_vectors[inputs[:, 0]] * movie_vectors[inputs[:, 1]]).sum(1, True)


@wrong("biased_dot", "only_biases")
def dot_without_product(inputs, mean, user_vectors, movie_vectors, user_bias, movie_bias):
    return mean + user_bias[inputs[:, 0]] + movie_bias[inputs[:, 1]]


@wrong("biased_dot", "added")
def dot_adds_vectors(inputs, mean, user_vectors, movie_vectors, user_bias, movie_bias):
    user, movie = inputs[:, 0], inputs[:, 1]
    return mean + user_bias[user] + movie_bias[movie] + (user_vectors[user] + movie_vectors[movie]).sum(1, True)


@wrong("biased_dot", "clipped")
def dot_clips(inputs, mean, user_vectors, movie_vectors, user_bias, movie_bias):
    return dot_with_keepdim(inputs, mean, user_vectors, movie_vectors, user_bias, movie_bias).clamp(0.5, 5)


@wrong("biased_dot", "swapped_columns")
def dot_swaps_the_columns(inputs, mean, user_vectors, movie_vectors, user_bias, movie_bias):
    movie, user = inputs[:, 0], inputs[:, 1]
    return mean + user_bias[user] + movie_bias[movie] + (user_vectors[user] * movie_vectors[movie]).sum(1, True)
