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


def test_unknown_name_lists_the_known_ones():
    try:
        course_lib.svd  # noqa: B018
    except AttributeError as error:
        assert "train_model" in str(error)
    else:
        raise AssertionError("course_lib.svd should not exist")
