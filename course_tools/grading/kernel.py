"""Um kernel isolado e a conversa com ele, por sockets de arquivo, sem confiar em nada do que ele diz.

O protocolo é o do Jupyter, mas o cliente é próprio: cada mensagem tem tamanho máximo, a soma delas também, o tempo é
contado aqui, e uma conexão que cai não se refaz, pois do outro lado já poderia estar outra coisa.
"""

import json
import select
import sys
import threading
import time

from jupyter_client.session import Session

from course_tools.errors import SandboxError
from course_tools.grading.allowance import Allowance, Usage
from course_tools.grading.config import MIB, Limits
from course_tools.grading.outputs import Execution
from course_tools.grading.sandbox import Sandbox, standing_walls
from course_tools.grading.walls import CONNECTION
from course_tools.grading.wire import Connection, Disconnected, TooMuch, cost

PORTS = {"shell": 1, "iopub": 2, "stdin": 3, "control": 4, "hb": 5}
KINDS = {"shell": "DEALER", "iopub": "SUB", "control": "DEALER"}
MESSAGE_BYTES, MESSAGE_CONTAINERS, SEND_SECONDS = 32 * MIB, 10**6, 2
START_SECONDS, POLL_SECONDS = 120, 0.1
SETTLE_SECONDS = 2.0  # quanto se espera, no máximo, por saber de que morreu um kernel


class KernelLost(Exception):
    """O kernel já não existe; a mensagem diz por quê, em português."""


class Stopped(Exception):
    """O instrutor interrompeu a correção."""


class Kernel:
    """Um kernel de Python num processo isolado. Use com `with`: na saída, ele é morto.

    Args:
        limits: o que ele pode gastar.
        isolated: sem bubblewrap se False.
        stop: quando ligado, a execução em curso termina com `Stopped`.
    """

    def __init__(self, limits: Limits, isolated: bool, stop: threading.Event):
        self._limits, self._stop = limits, stop
        self._sandbox = Sandbox(limits, standing_walls() if isolated else None)
        self._session = Session(username="corretor")
        self._connections: dict[str, Connection] = {}
        self._usage = Usage()

    def __enter__(self) -> "Kernel":
        try:
            self._start()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self._close()

    def usage(self) -> Usage:
        """O tempo que ele gastou; de um que já morreu, o que se sabia."""
        self._usage = max(self._usage, self._sandbox.usage())
        return self._usage

    def allow(self, seconds: float) -> Allowance:
        """Um tempo, que começa agora, para o que ele executar."""
        return Allowance(seconds, self.usage)

    def execute(self, code: str, allowance: Allowance, history: bool = False) -> Execution:
        """Executa um trecho; passado o tempo ou o limite de saída, interrompe-o.

        Args:
            history: se ele entra no histórico do kernel, como as células do aluno.

        Raises:
            KernelLost: o kernel morreu, pediu para sair, ou não atendeu à interrupção e foi morto.
            Stopped: a correção foi interrompida.
        """
        content = {"code": code, "silent": False, "store_history": history, "user_expressions": {}}
        request = self._send("shell", "execute_request", content | {"allow_stdin": False, "stop_on_error": False})
        execution = Execution(request, self._limits.output_kept, self._limits.output_received)
        self._listen(execution, allowance)
        if execution.exits:
            raise KernelLost("kernel encerrado")
        return execution

    def _listen(self, execution: Execution, allowance: Allowance) -> None:
        """Recebe as saídas até a execução acabar, ou ser interrompida."""
        waiting, patience = {"shell", "iopub"}, 0.0
        while waiting:
            late = allowance.used_up  # antes de receber: a resposta que já chegou não se atrasou
            waiting -= {channel for channel, message, size in self._receive() if execution.add(message, size)}
            if "shell" not in waiting and not patience:  # depois da resposta, o que falta de saída chega logo
                patience = time.monotonic() + self._limits.grace_seconds
            problem = "saída demais" if execution.flooded else "tempo esgotado" if late and "shell" in waiting else None
            if problem and execution.problem is None:
                execution.problem = problem
                self._send("control", "interrupt_request", {})
                patience = time.monotonic() + self._limits.grace_seconds
            if waiting and patience and time.monotonic() > patience:
                if "shell" not in waiting and not execution.problem:
                    break  # o resto do que foi interrompido, porém, contaria contra a execução seguinte
                raise KernelLost(execution.problem or "kernel encerrado")

    def _start(self) -> None:
        connection = {"transport": "ipc", "key": self._session.key.decode(), "signature_scheme": "hmac-sha256"}
        connection |= {"ip": str(self._sandbox.inside / "k"), "kernel_name": ""}
        connection |= {f"{name}_port": number for name, number in PORTS.items()}
        launcher = [sys.executable, "-m", "ipykernel_launcher", "-f", str(self._sandbox.inside / CONNECTION)]
        options = ["--HistoryManager.hist_file=:memory:", "--log-level=50"]
        self._sandbox.start([*launcher, *options], json.dumps(connection))
        ends = time.monotonic() + START_SECONDS
        while not self._answers():
            if time.monotonic() > ends:
                raise SandboxError(
                    f"o kernel não respondeu em {START_SECONDS} segundos. A máquina está ocupada demais?"
                )

    def _answers(self) -> bool:
        """Conecta-se e pergunta se o kernel está pronto; False se ainda não.

        Nada do aluno rodou ainda: os sockets são mesmo os do kernel. Depois disto, os caminhos não se abrem mais.
        """
        self._check_alive()
        paths = {name: self._sandbox.folder / f"k-{number}" for name, number in PORTS.items()}
        if not all(path.exists() for path in paths.values()):
            time.sleep(POLL_SECONDS / 2)
            return False
        try:
            for name, kind in KINDS.items():
                self._connections[name] = Connection(paths[name], kind, MESSAGE_BYTES, SEND_SECONDS)
        except Disconnected:  # criou o socket e ainda não o atende
            self._disconnect()
            time.sleep(POLL_SECONDS / 2)
            return False
        request = self._send("shell", "kernel_info_request", {})
        waiting, ends = {"shell", "iopub"}, time.monotonic() + 5
        while waiting and time.monotonic() < ends:
            for channel, message, _ in self._receive():
                waiting -= {channel} if message and message["parent_header"].get("msg_id") == request else set()
        if waiting:
            self._disconnect()
        return not waiting

    def _send(self, channel: str, kind: str, content: dict) -> str:
        message = self._session.msg(kind, content)
        try:
            self._connections[channel].send(self._session.serialize(message))
        except Disconnected as error:  # do outro lado não há mais ninguém
            raise self._loss() from error
        return message["header"]["msg_id"]

    def _receive(self) -> list[tuple[str, dict | None, int]]:
        """As mensagens que chegaram: canal, conteúdo (None, se malformada), bytes. Espera só um instante.

        Raises:
            KernelLost: o kernel morreu, ou mandou uma mensagem grande demais.
        """
        poller, names = select.poll(), {}
        for name in ("shell", "iopub"):
            names[self._connections[name].fileno()] = name
            poller.register(self._connections[name].fileno(), select.POLLIN)
        received = []
        ready = poller.poll(POLL_SECONDS * 1000)
        if not ready:
            self._check_alive()
        try:
            for number, _ in ready:
                messages = self._connections[names[number]].receive()
                received += [(names[number], self._decode(parts), cost(parts)) for parts in messages]
        except TooMuch as error:
            raise KernelLost("saída demais") from error
        except Disconnected as error:
            raise self._loss() from error
        return received

    def _loss(self) -> KernelLost:
        """Por que não há mais ninguém do outro lado; espera um pouco que o guardião o diga."""
        ends = time.monotonic() + SETTLE_SECONDS
        while self._sandbox.alive and not self._sandbox.excess and time.monotonic() < ends:
            time.sleep(POLL_SECONDS / 2)
        return KernelLost(self._sandbox.excess or "kernel encerrado")

    def _decode(self, parts: list[bytes]) -> dict | None:
        if sum(part.count(b"[") + part.count(b"{") for part in parts) > MESSAGE_CONTAINERS:
            return None  # cada lista vazia, de dois bytes, ocuparia aqui trinta vezes isso
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
            raise self._loss()

    def _disconnect(self) -> None:
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()

    def _close(self) -> None:
        self._disconnect()
        self._sandbox.close()
