"""What every model asks of its training rows, and the scale by which columns are divided."""

import numpy as np
import pytest

from course_lib.errors import DataError, IdOutOfRangeError, NonFiniteError
from course_lib.models.features import spread
from tests.models.synthetic import small_movielens

DATA = small_movielens()
N = len(DATA.ratings)
BAD_TRAIN = {
    "train mask with nothing chosen": (np.zeros(N, bool), DataError, "vazia"),
    "train index without positions": (np.zeros(0, np.int64), DataError, "vazia"),
    "train mask of another length": (np.ones(N - 5, bool), DataError, f"máscara tem {N - 5} posições.*há {N} linhas"),
    "train index beyond the data": (np.array([3, N]), DataError, f"posição {N}.*de 0 a {N - 1}"),
    "train index that counts from the end": (np.array([3, -1]), DataError, "posição -1"),
    "train index of shape (n, 1, 1)": (np.zeros((2, 1, 1), np.int64), DataError, "seleção tem forma"),
    "train rows of an unknown user": (np.array([[0, 0, 3], [999, 1, 4]]), IdOutOfRangeError, "linha 1 .*de 0 a 24"),
    "train rows of an unknown movie": (np.array([[0, 999, 3]]), IdOutOfRangeError, "filme 999.*de 0 a 39"),
    "train rows with NaN": (np.array([[0, 0, np.nan]]), NonFiniteError, "nota"),
}


@pytest.mark.parametrize("case", BAD_TRAIN)
def test_training_rows_that_do_not_serve_are_refused(case, refused):
    train, error, message = BAD_TRAIN[case]
    with refused(case, error, match=message):
        DATA.select(train)


def test_scale_is_the_deviation_where_a_column_varies_and_one_where_it_only_rounds():
    rng = np.random.default_rng(0)
    columns = np.column_stack([rng.normal(0, 3, 50), np.full(50, 7.3), 46 + 4e-6 * (np.arange(50) % 2)])
    columns = columns.astype(np.float32)
    scale = spread(columns)
    assert scale.dtype == np.float32 and scale[1] == scale[2] == 1
    assert scale[0] == columns.std(axis=0)[0]
    assert spread(columns[:, 0]) == columns[:, 0].std()
