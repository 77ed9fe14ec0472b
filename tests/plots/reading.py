"""What a drawn figure says, read back from it."""

from course_lib.trainer import History


def axes_of(chart):
    (axes,) = chart.figure.axes
    return axes


def title_of(chart):
    return axes_of(chart).get_title(loc="left")


def texts(artists):
    """The words of labels, ticks or annotations."""
    return [artist.get_text() for artist in artists]


def line_of(axes, label):
    (line,) = [line for line in axes.lines if line.get_label() == str(label)]
    return list(line.get_xdata()), list(line.get_ydata())


def looks_of(axes):
    """Colour and marker of each line with points."""
    return [(line.get_color(), line.get_marker()) for line in axes.lines if line.get_marker() != "None"]


def history(values, name="train_loss"):
    return History([{"epoch": epoch, name: value} for epoch, value in enumerate(values, start=1)])
