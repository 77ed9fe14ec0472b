"""What the grading tests share: whether this machine isolates, the small assignment, one graded class."""

import os
import shutil

import pytest

pytest.importorskip("nbgrader", reason="nbgrader comes with the extra `instrutor`")

from course_tools.errors import SandboxError
from course_tools.grading import gradebook
from course_tools.grading.assignment import load_assignment
from course_tools.grading.sandbox import check_isolation
from tests.grading.builders import NAME, save, untouched


@pytest.fixture(scope="session", autouse=True)
def gradebooks_are_copies(tmp_path_factory):
    """nbgrader makes an empty gradebook in a process of its own, for a second or more: one is enough."""
    first, create = tmp_path_factory.mktemp("caderno") / "gradebook.db", gradebook._create

    def copy(path):
        if not first.exists():
            create(first)
        shutil.copyfile(first, path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gradebook, "_create", copy)
        yield


@pytest.fixture(scope="session")
def isolation():
    """Skip, or fail where everything is required, if this machine cannot isolate."""
    try:
        check_isolation()
    except SandboxError as error:
        if os.environ.get("COURSE_REQUIRE_ALL"):
            pytest.fail(f"COURSE_REQUIRE_ALL is set, but {error}")
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def assignment(tmp_path_factory):
    return load_assignment(save(untouched(), tmp_path_factory.mktemp("versao") / f"{NAME}.ipynb"))
