"""Um kernel isolado e a conversa com ele, por sockets ipc, sem confiar em nada do que ele diz.

O protocolo é o do Jupyter, mas o cliente é próprio: cada mensagem tem tamanho máximo, a soma delas também, o tempo é
contado aqui, e uma conexão que cai não se refaz, pois do outro lado já poderia estar outra coisa.
"""

import json
import sys
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType

import zmq
from jupyter_client.session import Session

from course_tools.errors import SandboxError
from course_tools.grading.config import MIB, Limits
from course_tools.grading.outputs import Outputs
from course_tools.grading.sandbox import LIFELINE, Sandbox

CHANNELS = {"shell": 1, "iopub": 2, "stdin": 3, "control": 4, "hb": 5}
LAUNCHER = """import os, sys, threading
lifeline = int(sys.argv.pop(1))
threading.Thread(target=lambda: os.read(lifeline, 1) or os._exit(1), daemon=True).start()
from ipykernel.kernelapp import launch_new_instance
launch_new_instance()"""
MESSAGE_BYTES, QUEUED_MESSAGES, SEND_MILLISECONDS = 32 * MIB, 10, 2000
START_SECONDS, POLL_SECONDS = 120, 0.1
SETTLE_SECONDS = 0.5  # quanto um kernel que acaba de morrer demora, no máximo, a ser dado por morto


class KernelLost(Exception):
    """O kernel já não existe; `reason` diz por quê, em português."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class Stopped(Exception):
    """O instrutor interrompeu a correção."""


@dataclass
class Execution:
    """O que uma execução deixou.

    Attributes:
        outputs: saídas, no formato de um notebook, já limitadas.
        answer: o que uma chamada do corretor publicou; None se nada.
        problem: "tempo esgotado" ou "saída demais", se foi interrompida; senão, None.
    """

    outputs: list[dict] = field(default_factory=list)
    answer: str | None = None
    problem: str | None = None


class Kernel:
    """Um kernel de Python num processo isolado. Use com `with`: na saída, ele é morto.

    Args:
        limits: o que ele pode gastar.
        deadline: instante, em `time.monotonic()`, em que o tempo total da entrega acaba.
        isolated: sem bubblewrap se False.
        stop: quando ligado, a execução em curso termina com `Stopped`.
    """

    def __init__(self, limits: Limits, deadline: float, isolated: bool, stop: threading.Event):
        self._limits, self._deadline, self._stop = limits, deadline, stop
        self._sandbox = Sandbox(limits, isolated)
        self._session = Session(username="corretor")
        self._context = zmq.Context()
        self._sockets: dict[str, zmq.Socket] = {}

    def __enter__(self) -> "Kernel":
        try:
            self._start()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._close()

    def execute(self, code: str, seconds: float, history: bool = False) -> Execution:
        """Executa um trecho; passado o tempo ou o limite de saída, interrompe-o.

        Args:
            history: se ele entra no histórico do kernel, como as células do aluno.

        Raises:
            KernelLost: o kernel morreu, pediu para sair, ou não atendeu à interrupção e foi morto.
            Stopped: a correção foi interrompida.
        """
        content = {"code": code, "silent": False, "store_history": history, "user_expressions": {}}
        request = self._send("shell", "execute_request", content | {"allow_stdin": False, "stop_on_error": False})
        outputs = Outputs(request, self._limits.output_kept, self._limits.output_received)
        ends = min(time.monotonic() + seconds, self._deadline)
        problem = self._listen(outputs, ends)
        if outputs.exits:
            raise KernelLost("kernel encerrado")
        return Execution(outputs.collected(), outputs.answer, problem)

    def _listen(self, outputs: Outputs, ends: float) -> str | None:
        """Recebe as saídas até a execução acabar; devolve por que foi interrompida, se foi."""
        waiting, problem, patience = {"shell", "iopub"}, None, 0.0
        while waiting:
            waiting -= {channel for channel, message, size in self._receive() if outputs.add(message, size)}
            if "shell" not in waiting and not patience:  # depois da resposta, o que falta de saída chega logo
                patience = time.monotonic() + self._limits.grace_seconds
            if problem is None and (problem := _excess(outputs, ends)):
                self._send("control", "interrupt_request", {})
                patience = time.monotonic() + self._limits.grace_seconds
            if patience and time.monotonic() > patience:
                if "shell" not in waiting:
                    break
                raise KernelLost(problem or "kernel encerrado")
        return problem

    def _start(self) -> None:
        connection = {"transport": "ipc", "key": self._session.key.decode(), "signature_scheme": "hmac-sha256"}
        connection |= {"ip": str(self._sandbox.inside / "k"), "kernel_name": ""}
        connection |= {f"{name}_port": number for name, number in CHANNELS.items()}
        (self._sandbox.folder / "c.json").write_text(json.dumps(connection))
        launcher = [sys.executable, "-c", LAUNCHER, LIFELINE, "-f", str(self._sandbox.inside / "c.json")]
        self._sandbox.start([*launcher, "--HistoryManager.hist_file=:memory:", "--log-level=50"])
        ends = time.monotonic() + START_SECONDS
        while not self._answers():
            if time.monotonic() > ends:
                raise SandboxError(
                    f"o kernel não respondeu em {START_SECONDS} segundos. A máquina está ocupada demais?"
                )

    def _answers(self) -> bool:
        """Conecta-se e pergunta se o kernel está pronto; False se ainda não."""
        paths = {name: self._sandbox.folder / f"k-{number}" for name, number in CHANNELS.items()}
        self._check_alive()
        if not all(path.exists() for path in paths.values()):
            time.sleep(POLL_SECONDS / 2)
            return False
        for kind, name in ((zmq.DEALER, "shell"), (zmq.SUB, "iopub"), (zmq.DEALER, "control")):
            self._sockets[name] = self._connect(kind, f"ipc://{paths[name]}")
        self._sockets["monitor"] = self._sockets["iopub"].get_monitor_socket(zmq.EVENT_DISCONNECTED)
        request, waiting, ends = (
            self._send("shell", "kernel_info_request", {}),
            {"shell", "iopub"},
            time.monotonic() + 5,
        )
        while waiting and time.monotonic() < ends:
            for channel, message, _ in self._receive():
                waiting -= {channel} if message["parent_header"].get("msg_id") == request else set()
        if waiting:
            self._disconnect()
        return not waiting

    def _connect(self, kind: int, address: str) -> zmq.Socket:
        socket = self._context.socket(kind)
        options = {zmq.LINGER: 0, zmq.RECONNECT_IVL: -1, zmq.SNDTIMEO: SEND_MILLISECONDS}
        options |= {zmq.MAXMSGSIZE: MESSAGE_BYTES, zmq.RCVHWM: QUEUED_MESSAGES}
        for option, value in options.items():
            socket.setsockopt(option, value)
        if kind == zmq.SUB:
            socket.setsockopt(zmq.SUBSCRIBE, b"")
        socket.connect(address)
        return socket

    def _send(self, channel: str, kind: str, content: dict) -> str:
        message = self._session.msg(kind, content)
        try:
            self._session.send(self._sockets[channel], message)
        except zmq.Again as error:  # do outro lado não há mais ninguém
            raise KernelLost(self._sandbox.excess or "kernel encerrado") from error
        return message["header"]["msg_id"]

    def _receive(self) -> list[tuple[str, dict, int]]:
        """As mensagens que chegaram: canal, conteúdo, bytes. Espera um instante; as malformadas são ignoradas.

        Raises:
            KernelLost: o kernel morreu, ou mandou uma mensagem tão grande que o zmq desfez a ligação com as saídas.
        """
        poller, received = zmq.Poller(), []
        for name in ("shell", "iopub", "monitor"):
            poller.register(self._sockets[name], zmq.POLLIN)
        ready = dict(poller.poll(POLL_SECONDS * 1000))
        if not ready:
            self._check_alive()
        for name in ("shell", "iopub"):
            if self._sockets[name] in ready:
                parts = self._sockets[name].recv_multipart(zmq.NOBLOCK)
                message = self._decode(parts)
                if message is not None:
                    received.append((name, message, sum(map(len, parts))))
        if self._sockets["monitor"] in ready:
            self._settle()
            raise KernelLost("saída demais")
        return received

    def _settle(self) -> None:
        """Dá tempo a um kernel que acaba de morrer de ser dado por morto: então, a causa é outra."""
        ends = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < ends:
            self._check_alive()
            time.sleep(POLL_SECONDS)

    def _decode(self, parts: list[bytes]) -> dict | None:
        try:
            _, frames = self._session.feed_identities(parts)
            message = self._session.deserialize(frames)
            sound = all(isinstance(message[part], dict) for part in ("parent_header", "content"))
            return message if sound and isinstance(message["msg_type"], str) else None
        except Exception:
            return None

    def _check_alive(self) -> None:
        if self._stop.is_set():
            raise Stopped
        if not self._sandbox.alive:
            raise KernelLost(self._sandbox.excess or "kernel encerrado")

    def _disconnect(self) -> None:
        if "iopub" in self._sockets:
            self._sockets["iopub"].disable_monitor()
        for socket in self._sockets.values():
            socket.close(0)
        self._sockets.clear()

    def _close(self) -> None:
        self._disconnect()
        self._context.destroy(0)
        self._sandbox.close()


def _excess(outputs: Outputs, ends: float) -> str | None:
    if outputs.flooded:
        return "saída demais"
    return "tempo esgotado" if time.monotonic() > ends else None
