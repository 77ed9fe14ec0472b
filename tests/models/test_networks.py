import torch

from course_lib.models import BiasedDotNet, DotNet, NeuralNet


def test_dot_net_is_the_inner_product_computed_by_hand():
    net = DotNet(2, 2, n_factors=2)
    net.user_vectors.weight.data = torch.tensor([[1.0, 2.0], [0.0, 1.0]])
    net.movie_vectors.weight.data = torch.tensor([[3.0, -1.0], [0.5, 4.0]])
    assert net(torch.tensor([[0, 0], [1, 1]])).tolist() == [[1.0], [4.0]]


def test_biased_dot_net_adds_mean_and_both_biases():
    net = BiasedDotNet(2, 2, n_factors=2, mean=3.5)
    net.user_vectors.weight.data.zero_()
    net.user_bias.weight.data = torch.tensor([[0.25], [-1.0]])
    net.movie_bias.weight.data = torch.tensor([[0.5], [0.125]])
    assert net(torch.tensor([[0, 0], [1, 1]])).tolist() == [[4.25], [2.625]]


def test_penalty_charges_each_rating_for_the_vectors_it_looked_up():
    net = DotNet(2, 2, n_factors=2, l2=0.5)
    net.user_vectors.weight.data = torch.tensor([[1.0, 2.0], [0.0, 0.0]])
    net.movie_vectors.weight.data = torch.tensor([[3.0, 0.0], [0.0, 0.0]])
    twice_and_nothing = torch.tensor([[0, 0], [0, 0], [1, 1], [1, 1]])
    assert net.penalty(twice_and_nothing).item() == 0.5 * 2 * (5 + 9) / 4


def test_neural_net_has_the_number_of_parameters_counted_by_hand():
    net = NeuralNet(671, 9066, n_factors=50, n_hidden=70)
    assert sum(parameter.numel() for parameter in net.parameters()) == (671 + 9066) * 50 + 100 * 70 + 70 + 70 + 1


def test_dot_net_starts_with_a_mean_squared_prediction_near_the_number_of_factors():
    torch.manual_seed(0)
    net = DotNet(500, 500, n_factors=50)
    inputs = torch.randint(0, 500, (5000, 2))
    assert 45 < net(inputs).square().mean().item() < 55
