"""What the hostile cells and functions of `tests.grading.hostile` run."""

from tests.grading.builders import DENSITY

MANY_HOGS = """import os, time

for _ in range(5):
    if os.fork() == 0:
        hog = b"x" * (350 << 20)
        time.sleep(30)
time.sleep(30)"""
FLOODED = """import os

os.mkdir("/kernel/funda")
for number in range(100):
    open(f"/kernel/funda/{number}", "wb").write(bytes(1 << 20))
while True:
    pass"""
WIRE = """import os, socket
for number in range(3, 256):
    try:
        wire = socket.socket(fileno=os.dup(number))
    except OSError:
        continue
    if wire.family == socket.AF_UNIX and wire.getsockname() == "/kernel/k-2":
        try:
            wire.getpeername()
            wire.setblocking(True)
            break
        except OSError:
            continue
"""
PARTS = (
    WIRE
    + """part = b"\\x03" + (16 << 20).to_bytes(8, "big") + bytes(16 << 20)
while True:
    wire.sendall(part)"""
)
MALFORMED = (
    WIRE
    + """while True:
    wire.sendall(b"\\x00\\x01x" * 10_000)"""
)
THREADS = """import threading, time
threading.stack_size(64 << 10)
while True:
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"""
SHARED = """import os, time
kept = os.urandom(1 << 20) * 300
children = [os.fork() for _ in range(5) if os.getpid() == 2]
if 0 in children:
    time.sleep(1.5)
    os._exit(0)
[os.waitpid(child, 0) for child in children]"""
LISTS = """import course_lib.exercises.remote


def density(ratings, n_users, n_movies):
    honest = course_lib.exercises.remote.dumps
    course_lib.exercises.remote.dumps = lambda value: "[[" + "[]," * 5_000_000 + "[]], [], 0]"
    return 0"""
TELLS = """import os


def density(*inputs):
    text = " ".join(map(repr, inputs)) * 9
    raise type("Erro" + text, (ValueError,), {})(text)"""
BOMB = "import os\nwhile True:\n    os.fork()"
IGNORES_INTERRUPTS = "import signal\nsignal.signal(signal.SIGINT, lambda *news: None)\nwhile True:\n    pass"
EQUAL_TO_ALL = """class Same:
    def __eq__(self, other):
        return True

    def __array__(self, *options, **more):
        return self

    def __float__(self):
        return 50.0


def density(ratings, n_users, n_movies):
    return Same()"""
PATCHED = """import builtins
import course_lib.exercises.compare
import course_lib.exercises.marking
import course_lib.exercises.plain

np.allclose = lambda *values, **options: True
builtins.isinstance = lambda *values: True
course_lib.exercises.compare.same = lambda *values: True
course_lib.exercises.marking.failure = lambda *values: None"""
PATCHED_SERIALISER = """import course_lib.exercises.remote

course_lib.exercises.remote.dumps = lambda value: '{"array": "AAAA", "dtype": "O", "shape": [1]}'"""
PICKLE = """import course_lib.exercises.remote, pickle

course_lib.exercises.remote.dumps = lambda value: pickle.dumps(value).hex()"""
FRAMES = """def density(ratings, n_users, n_movies):
    import sys
    frame, found = sys._getframe(), {}
    while frame:
        found |= {name: value for name, value in frame.f_locals.items() if "expect" in name}
        frame = frame.f_back
    return next(iter(found.values()))"""
GARBAGE = """import gc
from course_lib.exercises.marking import Check


def density(ratings, n_users, n_movies):
    known = [found for found in gc.get_objects() if isinstance(found, Check)]
    mine = [check for check in known if check.calls[0].function == "density"]
    return next(check.expected for check in mine if check.calls[0].arguments[1:] == (n_users, n_movies))"""
HISTORY = """def density(ratings, n_users, n_movies):
    past = "\\n".join(line for *_, line in get_ipython().history_manager.get_range(output=False))
    assert "expected" not in past and "respond" not in past
    return max(map(float, __import__("re").findall(r"\\d+\\.\\d+", past)))"""
HIDDEN_FILE = """import course_lib, pathlib

folder = pathlib.Path(course_lib.__file__).parent.parent / "course_tools" / "grading" / "checks"
print((folder / "basics.py").read_text())"""
IMPORTED = "from course_tools.grading.checks import hidden_checks"
SOLUTION = """import course_lib, pathlib

root = pathlib.Path(course_lib.__file__).parent.parent
print((root / "notebooks" / "instrutor" / "exercicios" / "07_exercicios.ipynb").read_text())"""
READ = "open({!r}).read()"
ENVIRONMENT = "import os\nos.environ['SEGREDO_DO_INSTRUTOR']"
LOOPBACK = "import socket\nsocket.create_connection(('127.0.0.1', {port}), timeout=2)"
BEYOND = "import urllib.request\nurllib.request.urlopen('http://192.0.2.1/', timeout=2)"
VISIBLE_ONLY = DENSITY.format("    return {(5, 6): 20.0, (7, 9): 600 / 63}.get((n_users, n_movies), 0.0)")
NESTED = "    result = 1.0\n    for _ in range(5000):\n        result = [result]\n    return result"
ENDLESS_LIST = "    result = []\n    result.append(result)\n    return result"
FORGED = """def density(ratings, n_users, n_movies):
    from IPython.display import publish_display_data
    publish_display_data({"application/vnd.course.answer": "[" * 100_000})
    import os
    os._exit(0)"""
