"""The optimizer that touches only the rows a minibatch looked up."""

import pytest
import torch
from torch import nn

from course_lib.errors import ArgumentError
from course_lib.models import BiasedDotNet, NeuralNet
from course_lib.trainer.row_adagrad import row_adagrad


def step(model, optimizer, inputs, target=5.0):
    optimizer.zero_grad()
    nn.functional.mse_loss(model(inputs), torch.full((len(inputs), 1), target)).backward()
    optimizer.step()


def test_only_rows_of_the_minibatch_move_and_state_is_one_number_a_row():
    torch.manual_seed(0)
    model = BiasedDotNet(6, 5, n_factors=4)
    optimizer = row_adagrad(model)
    before = model.user_vectors.weight.detach().clone()
    step(model, optimizer, torch.tensor([[1, 2], [1, 3], [4, 2]]))
    moved = (model.user_vectors.weight != before).any(dim=1)
    assert moved.tolist() == [False, True, False, False, True, False]
    assert optimizer.state[model.user_vectors.weight]["sum"].shape == (6, 1)


def test_a_table_of_one_column_gets_exactly_adagrad_of_torch():
    tables = [nn.Embedding(5, 1) for _ in range(2)]
    with torch.no_grad():
        tables[1].weight.copy_(tables[0].weight)
    ours, reference = row_adagrad(tables[0], lr=0.1), torch.optim.Adagrad(tables[1].parameters(), lr=0.1)
    for rows in ([0, 0, 3], [3, 1], [0, 3]):
        for table, optimizer in zip(tables, (ours, reference), strict=True):
            step(table, optimizer, torch.tensor(rows))
    torch.testing.assert_close(tables[0].weight, tables[1].weight)


def test_a_network_with_dense_layers_is_refused_by_the_name_of_its_parameters():
    with pytest.raises(ArgumentError, match=r"hidden\.weight"):
        row_adagrad(NeuralNet(6, 5))
