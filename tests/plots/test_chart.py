import matplotlib
import pytest

from course_lib.errors import ArgumentError
from course_lib.plots._chart import Chart, course_style, new_figure

ALT = "Reta que sobe de um a três."


def line_chart(**texts):
    with course_style():
        figure = new_figure(4, 3)
        figure.add_subplot().plot([1, 2, 3])
    return Chart(figure, ALT, **texts)


@pytest.fixture
def shown(monkeypatch):
    """What a chart displays: pairs (data, metadata)."""
    outputs = []
    monkeypatch.setattr(
        "IPython.display.display", lambda data, metadata=None, raw=False: outputs.append((data, metadata))
    )
    return outputs


def test_image_carries_its_description_and_is_followed_by_a_visible_one(shown):
    line_chart()._ipython_display_()
    (image, metadata), (caption, _) = shown
    assert set(image) == {"image/png", "text/plain"} and image["text/plain"] == ALT
    assert metadata == {"image/png": {"alt": ALT}}
    assert caption["text/markdown"] == f"*{ALT}*"


def test_own_caption_takes_the_place_of_the_description_below_the_figure(shown):
    line_chart(caption="Três pontos.")._ipython_display_()
    assert shown[0][0]["text/plain"] == ALT
    assert shown[1][0] == {"text/markdown": "*Três pontos.*", "text/plain": "Três pontos."}


def test_equal_figures_give_equal_files_without_date_or_program(tmp_path):
    first, second = (line_chart().save(tmp_path / "figuras" / name).read_bytes() for name in ("a.png", "b.png"))
    assert first == second and first.startswith(b"\x89PNG")
    assert b"matplotlib" not in first.lower() and b"tIME" not in first


def test_style_ends_with_the_block():
    before = dict(matplotlib.rcParams)
    with course_style():
        assert matplotlib.rcParams["image.cmap"] == "cividis"
    assert dict(matplotlib.rcParams) == before


def test_figures_are_unknown_to_pyplot():
    from matplotlib import pyplot

    line_chart().png()
    assert pyplot.get_fignums() == []


def test_figure_without_description_or_too_wide_is_refused(refused):
    with refused("figure without description", ArgumentError, match="texto alternativo"):
        Chart(new_figure(), "  ")
    with refused("figure wider than the page", ArgumentError, match="largura"):
        new_figure(width=20)
