import numpy as np
import pytest
import torch

from course_lib.models.features import movie_features
from course_lib.models.hybrid import HybridNet, ViewerSum

from .synthetic import block_movielens, learn, small_movielens, split_mask


def build(data, train, **options) -> HybridNet:
    torch.manual_seed(0)
    return HybridNet(data.n_users, data.n_movies, movie_features(data), data.select(train), n_factors=6, **options)


def random_net(data, train) -> HybridNet:
    net = build(data, train)
    for parameter in net.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return net.eval()


def by_hand(net: HybridNet, data, train, user: int, movie: int) -> float:
    """The definition, in loops: own embedding + catalogue · W + other viewers / √n."""
    known = data.ratings[train]
    others = [int(u) for u, m, _ in known if int(m) == movie and int(u) != user]
    log_counts = np.log1p([np.sum(known[:, 1] == m) for m in range(data.n_movies)])
    popularity = (np.log1p(len(others)) - log_counts.mean()) / log_counts.std()
    features = torch.tensor([*movie_features(data)[movie], popularity], dtype=torch.float32)
    described = features @ net.feature_weight
    if others:
        described = described + net.viewer.weight[others].sum(dim=0) / len(others) ** 0.5
    vector = net.movie_vectors.weight[movie] + described[:-1]
    bias = net.user_bias.weight[user, 0] + net.movie_bias.weight[movie, 0] + described[-1]
    return (net.mean + bias + net.user_vectors.weight[user] @ vector).item()


def test_prediction_is_the_definition_computed_in_loops():
    data = small_movielens()
    train = split_mask(data)
    net = random_net(data, train)
    pairs = [*data.ratings[train][:10, :2].astype(int).tolist(), *data.ratings[~train][:10, :2].astype(int).tolist()]
    expected = [by_hand(net, data, train, *pair) for pair in pairs]
    assert net(torch.tensor(pairs))[:, 0].tolist() == pytest.approx(expected, abs=1e-4)


def test_whole_rows_equal_pairs_known_and_unknown():
    data = small_movielens()
    net = random_net(data, split_mask(data))
    users = torch.tensor([3, 0, 3])
    pairs = torch.cartesian_prod(users, torch.arange(data.n_movies))
    assert torch.allclose(net.predict_all(users).flatten(), net(pairs)[:, 0], atol=1e-4)


def test_who_else_saw_the_movie_counts_and_the_user_asked_about_does_not():
    data = small_movielens()
    net = random_net(data, np.arange(len(data.ratings)))
    movie = 3
    viewers = {int(user) for user in data.ratings[data.ratings[:, 1] == movie, 0]}
    for user in sorted(viewers)[:3]:
        net.zero_grad()
        net(torch.tensor([[user, movie]])).backward()
        moved = net.viewer.weight.grad.abs().sum(dim=1) > 1e-6
        assert set(moved.nonzero()[:, 0].tolist()) == viewers - {user}


def test_sum_of_viewers_and_its_gradient_are_those_of_the_definition():
    seen = [(0, 0), (2, 0), (1, 2), (2, 2), (3, 2)]  # (usuário, filme); ninguém viu o filme 1
    viewers_of_movies = torch.tensor([0, 2, 1, 2, 3]), torch.tensor([0, 2, 2])
    movies_of_users = torch.tensor([0, 2, 0, 2, 2]), torch.tensor([0, 1, 2, 4])
    vectors = torch.randn(4, 3, dtype=torch.double, requires_grad=True)
    total = ViewerSum.apply(vectors, viewers_of_movies, movies_of_users)
    expected = torch.stack([sum(vectors[u] for u, m in seen if m == movie) + torch.zeros(3) for movie in range(3)])
    assert torch.allclose(total, expected)
    assert torch.autograd.gradcheck(lambda v: ViewerSum.apply(v, viewers_of_movies, movies_of_users), vectors)


def test_a_movie_nobody_rated_is_told_apart_by_its_features():
    data = small_movielens()
    comedies = [m for m in range(data.n_movies) if data.genres[m] == "Comedy"][:2]
    action = next(m for m in range(data.n_movies) if data.genres[m] == "Action|Crime")
    train = ~np.isin(data.ratings[:, 1], [*comedies, action])
    net = learn(build(data, train, l2=0.01), data.ratings[train], n_steps=100)
    rows = net.predict_all(torch.arange(data.n_users))[:, [*comedies, action]].detach().numpy()
    same, different = np.corrcoef(rows.T)[0, 1:]
    assert same > 0.8 > different


def test_features_have_unit_genres_one_year_bin_and_nothing_where_nothing_is_known():
    features = movie_features(small_movielens())
    assert np.square(features[:-1]).sum(axis=1) == pytest.approx(2, abs=1e-5)
    assert not features[-1].any()


def test_a_new_user_is_no_viewer_of_anything():
    data = small_movielens()
    net = random_net(data, split_mask(data))
    for table in (net.user_vectors, net.user_bias):
        table.weight = torch.nn.Parameter(torch.cat([table.weight, torch.zeros(1, table.embedding_dim)]))
    new = torch.tensor([[data.n_users, movie] for movie in range(data.n_movies)])
    assert not net.find(*new.T)[1].any()
    assert torch.allclose(net(new)[:, 0], net.predict_all(new[:1, 0])[0], atol=1e-5)


def test_popularity_that_is_the_same_for_all_movies_does_not_blow_up_the_prediction():
    data, train = block_movielens()
    net = random_net(data, train)
    rows = net.predict_all(torch.arange(data.n_users))
    assert rows.abs().max() < 100
