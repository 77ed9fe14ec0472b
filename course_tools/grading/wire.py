"""Uma ligação com um socket do kernel, sem o zmq deste lado: do outro pode haver qualquer coisa.

O protocolo é o ZMTP 3.0 (rfc.zeromq.org/spec/23), na parte que um cliente precisa: a saudação, e mensagens de várias
partes. A biblioteca limita o tamanho de cada parte, mas não quantas vêm numa mensagem: aqui o limite é o da mensagem
inteira, e se confere antes de guardar o que chega. Uma ligação que cai não se refaz.
"""

import socket
from pathlib import Path

GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
MORE, LONG, COMMAND = 1, 2, 4
MAX_PARTS, PART_OVERHEAD, LEAST_COST = 64, 64, 256  # um pedaço vazio também custa a quem o lê
CHUNK = 2**18


class Disconnected(Exception):
    """Do outro lado não há mais ninguém, ou não é um kernel."""


class TooMuch(Exception):
    """Veio uma mensagem maior do que se aceita."""


class Connection:
    """Uma ligação aberta e saudada.

    Args:
        kind: "DEALER" (pede e recebe) ou "SUB" (só recebe, tudo).
        limit: bytes de uma mensagem, com todas as partes.
        seconds: quanto se espera pela saudação e, depois, que o outro lado aceite o que se envia.

    Raises:
        Disconnected: ninguém atende como deve.
    """

    def __init__(self, path: Path, kind: str, limit: int, seconds: float):
        self._limit = limit
        self._received, self._parts, self._size = bytearray(), [], 0
        self._socket = socket.socket(socket.AF_UNIX)
        try:
            self._socket.settimeout(seconds)
            self._socket.connect(str(path))
            self._greet(kind)
        except (OSError, Disconnected, TooMuch) as error:
            self._socket.close()
            raise Disconnected(str(error)) from error

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, parts: list[bytes]) -> None:
        """Envia uma mensagem.

        Raises:
            Disconnected: o outro lado não a aceita.
        """
        frames = [_frame(part, MORE) for part in parts[:-1]] + [_frame(parts[-1], 0)]
        try:
            self._socket.sendall(b"".join(frames))
        except OSError as error:
            raise Disconnected(str(error)) from error

    def receive(self) -> list[list[bytes]]:
        """As mensagens que já chegaram inteiras; se não há nenhuma, espera que algo chegue.

        Raises:
            Disconnected, TooMuch: a ligação acabou; TooMuch, por culpa do tamanho do que veio.
        """
        messages = self._complete()
        if not messages:
            self._fill()
            messages = self._complete()
        return messages

    def close(self) -> None:
        self._socket.close()

    def _complete(self) -> list[list[bytes]]:
        messages = []
        while (frame := self._take()) is not None:
            flags, body = frame
            if flags & COMMAND:
                continue
            self._parts.append(body)
            self._size += len(body) + PART_OVERHEAD
            if len(self._parts) > MAX_PARTS:
                raise TooMuch
            if not flags & MORE:
                messages.append(self._parts)
                self._parts, self._size = [], 0
        return messages

    def _greet(self, kind: str) -> None:
        self._socket.sendall(GREETING)
        while len(self._received) < len(GREETING):
            self._fill()
        if self._received[0] != 0xFF or self._received[10] < 3:
            raise Disconnected("não fala ZMTP 3")
        del self._received[: len(GREETING)]
        ready = b"\x05READY\x0bSocket-Type" + len(kind).to_bytes(4, "big") + kind.encode()
        self._socket.sendall(_frame(ready, COMMAND))
        while (frame := self._take()) is None:
            self._fill()
        if not (frame[0] & COMMAND and frame[1].startswith(b"\x05READY")):
            raise Disconnected("recusou a ligação")
        if kind == "SUB":
            self._socket.sendall(_frame(b"\x01", 0))

    def _fill(self) -> None:
        try:
            chunk = self._socket.recv(CHUNK)
        except OSError as error:
            raise Disconnected(str(error)) from error
        if not chunk:
            raise Disconnected("fechou a ligação")
        self._received += chunk

    def _take(self) -> tuple[int, bytes] | None:
        """O próximo pedaço, se já chegou inteiro: sinais e conteúdo."""
        if not self._received:
            return None
        flags = self._received[0]
        start = 9 if flags & LONG else 2
        if len(self._received) < start:
            return None
        size = int.from_bytes(self._received[1:start], "big")
        if self._size + size > self._limit:
            raise TooMuch
        if len(self._received) < start + size:
            return None
        body = bytes(memoryview(self._received)[start : start + size])
        del self._received[: start + size]
        return flags, body


def _frame(body: bytes, flags: int) -> bytes:
    if len(body) < 256:
        return bytes((flags, len(body))) + body
    return bytes((flags | LONG,)) + len(body).to_bytes(8, "big") + body


def cost(parts: list[bytes]) -> int:
    """Quanto uma mensagem pesa para quem a recebe, em bytes."""
    return max(LEAST_COST, sum(map(len, parts)) + PART_OVERHEAD * len(parts))
