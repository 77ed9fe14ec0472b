"""What every network of the course must do. A new one joins with one line in NETWORKS."""

import copy
import io

import pytest
import torch
from torch import nn

from course_lib.models import BiasedDotNet, DotNet, HybridNet, NeuralNet
from course_lib.models.context import Context
from course_lib.models.context_net import ContextNet
from course_lib.models.features import movie_features

from .synthetic import N_MOVIES, N_USERS, small_movielens, split_mask

DATA = small_movielens()
TRAIN = split_mask(DATA)
NETWORKS = {
    "DotNet": lambda: DotNet(N_USERS, N_MOVIES, n_factors=8, init_std=0.1, l2=0.01),
    "BiasedDotNet": lambda: BiasedDotNet(N_USERS, N_MOVIES, n_factors=8, l2=0.01, l2_bias=0.01),
    "NeuralNet": lambda: NeuralNet(N_USERS, N_MOVIES, n_factors=8, dropout_input=0.0, dropout_hidden=0.0, l2=0.01),
    "HybridNet": lambda: HybridNet(N_USERS, N_MOVIES, movie_features(DATA), DATA.select(TRAIN), n_factors=8, l2=0.01),
    "ContextNet": lambda: ContextNet(
        Context(DATA.select(TRAIN), DATA), movie_features(DATA), n_factors=8, l2=0.01, dropout=0.0, dropout_user=0.0
    ),
}


@pytest.fixture(params=NETWORKS)
def network(request):
    torch.manual_seed(0)
    return NETWORKS[request.param]()


@pytest.fixture
def minibatch():
    generator = torch.Generator().manual_seed(1)
    pairs = torch.randperm(N_USERS * N_MOVIES, generator=generator)[:32]
    inputs = torch.stack([pairs // N_MOVIES, pairs % N_MOVIES], dim=1)
    return inputs, torch.rand(32, 1, generator=generator) * 4 + 1


def test_pairs_in_column_of_float_ratings_out(network, minibatch):
    for size in (32, 1):
        prediction = network(minibatch[0][:size])
        assert prediction.shape == (size, 1)
        assert prediction.dtype == torch.float32


def test_gradient_of_the_loss_reaches_every_parameter(network, minibatch):
    inputs, targets = minibatch
    (nn.functional.mse_loss(network(inputs), targets) + network.penalty(inputs)).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name


def test_thirty_two_ratings_can_be_learnt_by_heart(network, minibatch):
    inputs, targets = minibatch
    optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
    for _ in range(600):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(network(inputs), targets)
        if loss.item() < 0.01:
            return
        loss.backward()
        optimizer.step()
    pytest.fail(f"the loss is still {loss.item():.3f}")


def test_weights_survive_saving_and_loading(network, minibatch):
    file = io.BytesIO()
    torch.save(network.state_dict(), file)
    file.seek(0)
    other = copy.deepcopy(network)
    for parameter in other.parameters():
        nn.init.constant_(parameter, 0.5)
    other.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(network.eval()(minibatch[0]), other.eval()(minibatch[0]))


def test_one_step_on_another_device_meets_no_stray_cpu_tensor(network, minibatch):
    if isinstance(network, ContextNet):
        pytest.skip(
            "o contexto de um par novo é calculado na CPU, a partir dos índices, que o dispositivo meta não tem"
        )
    inputs, targets = (tensor.to("meta") for tensor in minibatch)
    network.to("meta")
    optimizer = torch.optim.Adam(network.parameters())
    (nn.functional.mse_loss(network(inputs), targets) + network.penalty(inputs)).backward()
    optimizer.step()
    assert network.predict_all(inputs[:3, 0]).shape == (3, N_MOVIES)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="sem GPU nesta máquina")
def test_gpu_predicts_what_the_cpu_predicts(network, minibatch):
    expected = network.eval()(minibatch[0])
    assert torch.allclose(network.cuda()(minibatch[0].cuda()).cpu(), expected, atol=1e-5)


def test_whole_row_equals_pair_by_pair(network):
    network.eval()
    users = torch.tensor([3, 0, 6])
    pairs = torch.cartesian_prod(users, torch.arange(N_MOVIES))
    assert torch.allclose(network.predict_all(users), network(pairs).reshape(3, N_MOVIES), atol=1e-5)


def test_penalty_is_the_same_with_the_rows_of_the_last_forward_and_with_others(network, minibatch):
    """`forward` lends the rows it looked up to `penalty`; neither value nor gradient may depend on that."""
    inputs, _ = minibatch

    def of_penalty(pairs):
        network.zero_grad()
        penalty = network.penalty(pairs)
        penalty.backward()
        gradients = [parameter.grad.clone() for parameter in network.parameters() if parameter.grad is not None]
        return [penalty.detach(), *gradients]

    alone = of_penalty(inputs)
    network(inputs)
    after_forward = of_penalty(inputs)
    network(inputs[:5])
    after_another = of_penalty(inputs)
    for other in (after_forward, after_another):
        assert len(other) == len(alone)
        assert all(torch.allclose(*pair, atol=1e-7) for pair in zip(alone, other, strict=True))


def test_network_can_be_copied_between_forward_and_penalty(network, minibatch):
    network(minibatch[0])
    assert torch.equal(copy.deepcopy(network).eval()(minibatch[0]), network.eval()(minibatch[0]))


def test_penalty_is_a_scalar_that_grows_with_the_weights(network, minibatch):
    small = network.penalty(minibatch[0])
    for parameter in network.parameters():
        parameter.data *= 2
    assert small.dim() == 0
    assert network.penalty(minibatch[0]) > small > 0
