import subprocess
import sys

import course_lib


def test_every_public_name_can_be_imported():
    for name in course_lib.__all__:
        assert getattr(course_lib, name).__name__ == name


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, course_lib; print([name for name in ('torch', 'pandas', 'matplotlib') if name in sys.modules])"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert output.stdout.strip() == "[]"


def test_reading_the_data_does_not_wait_for_torch():
    code = "import sys; from course_lib import load_movielens; load_movielens(); print('torch' in sys.modules)"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert output.stdout.strip() == "False"


def test_names_of_a_package_are_listed_before_they_are_loaded():
    code = "import course_lib.datasets as d; print('load_movielens' in dir(d), 'load_movielens' in vars(d))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert output.stdout.split() == ["True", "False"]


def test_unknown_name_lists_the_known_ones():
    try:
        course_lib.svd  # noqa: B018
    except AttributeError as error:
        assert "train_model" in str(error)
    else:
        raise AssertionError("course_lib.svd should not exist")
