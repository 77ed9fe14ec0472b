"""Whatever comes down the wire takes a bounded memory; what is not the protocol is a lost connection."""

import socket
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_tools.grading.config import MIB
from course_tools.grading.wire import GREETING, MAX_PARTS, Connection, Disconnected, TooMuch, cost
from tests.grading.memory import peak_memory, reset_peak

READY = b"\x04\x1c\x05READY\x0bSocket-Type\x00\x00\x00\x06ROUTER"
LIMIT = MIB


class Peer:
    """The other end: answers the greeting, then sends what it is given, again and again if told so."""

    def __init__(self, path, sends, first=GREETING + READY, forever=False):
        self.path = path
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen(1)
        self._thread = threading.Thread(target=self._serve, args=(first, sends, forever), daemon=True)
        self._thread.start()

    def _serve(self, first, sends, forever):
        other, _ = self._server.accept()
        try:
            other.sendall(first)
            while True:
                other.sendall(sends)
                if not forever:
                    break
            while other.recv(65536):
                pass
        except OSError:
            pass
        finally:
            other.close()
            self._server.close()


@pytest.fixture
def connect(tmp_path):
    opened = []

    def connect(sends, limit=LIMIT, **options):
        peer = Peer(tmp_path / f"s{len(opened)}", sends, **options)
        opened.append(Connection(peer.path, "DEALER", limit, 2))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


def read_all(connection, enough=1):
    messages = []
    while len(messages) < enough:
        messages += connection.receive()
    return messages


def test_message_of_many_parts_arrives_whole(connect):
    long = b"x" * 300
    sent = b"\x01\x03abc" + b"\x03" + len(long).to_bytes(8, "big") + long + b"\x00\x00" + b"\x00\x01z"
    assert read_all(connect(sent), 2) == [[b"abc", long, b""], [b"z"]]


def test_message_is_bounded_as_a_whole_not_part_by_part(connect):
    """An earlier limit was of each part: a message of 200 parts took 6 GiB of the grader."""
    part = b"\x03" + (31 * MIB).to_bytes(8, "big") + bytes(31 * MIB)
    connection = connect(part, limit=32 * MIB, forever=True)
    reset_peak()
    before = peak_memory()
    with pytest.raises(TooMuch):
        read_all(connection)
    assert peak_memory() - before < 120 * MIB


def test_announced_size_is_refused_before_anything_is_kept(connect):
    with pytest.raises(TooMuch):
        read_all(connect(b"\x02" + (2**63 - 1).to_bytes(8, "big")))


def test_endless_empty_parts_are_refused(connect):
    with pytest.raises(TooMuch):
        read_all(connect(b"\x01\x00" * (MAX_PARTS + 1)))


def test_empty_messages_cost_something():
    assert cost([b""]) > 0


@pytest.mark.parametrize(
    "first",
    [
        b"HTTP/1.1 200 OK\r\n\r\n" + bytes(64),
        b"\xff" + bytes(8) + b"\x7f\x01" + bytes(53),
        GREETING + b"\x04\x06\x05ERROR",
        b"",
    ],
    ids=["another protocol", "an old version", "an error", "silence"],
)
def test_who_does_not_greet_is_no_kernel(connect, first):
    with pytest.raises(Disconnected):
        connect(b"", first=first)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=3000))
def test_no_bytes_break_the_reader(junk):
    ours, theirs = socket.socketpair()
    connection = Connection.__new__(Connection)
    connection._limit, connection._socket = LIMIT, ours
    connection._received, connection._parts, connection._size = bytearray(), [], 0
    theirs.sendall(junk)
    theirs.close()
    try:
        while True:
            assert all(isinstance(part, bytes) for parts in connection.receive() for part in parts)
    except (Disconnected, TooMuch):
        pass
    finally:
        ours.close()
