"""Where data and models live."""

from pathlib import Path

import pytest

from course_lib import paths


@pytest.mark.parametrize(
    ("function", "variable", "name"),
    [(paths.data_dir, "COURSE_DATA_DIR", "data"), (paths.models_dir, "COURSE_MODELS_DIR", "models")],
)
def test_environment_first_then_checkout_then_current_folder(function, variable, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(variable, "~/meus dados")
    assert function() == Path.home() / "meus dados"
    monkeypatch.setenv(variable, "")
    assert function() == Path(__file__).resolve().parents[1] / name
    monkeypatch.setattr(paths, "PACKAGE_PARENT", tmp_path / "site-packages")
    assert function() == tmp_path / name
