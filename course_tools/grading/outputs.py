"""As saídas de uma célula, montadas das mensagens do kernel: só os tipos conhecidos, limpos e até um tamanho."""

import re

from course_lib.exercises.remote import ANSWER_TYPE

TERMINAL_CODES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}")
SYNTAX_PLACE = re.compile(r"\(\d+\.py, line (\d+)\)$")  # o arquivo temporário em que o kernel põe a célula
PICTURE = re.compile(r"[A-Za-z0-9+/=\s]+")
CUT = "\n[… o resto da saída foi cortado]\n"


class Execution:
    """O que uma execução deixa; recebe as mensagens dela, uma a uma.

    Args:
        request: o pedido cujas saídas se guardam.
        kept, received: os limites `output_kept` e `output_received`.

    Attributes:
        outputs: as saídas, no formato de um notebook, já limitadas.
        answer: o que uma chamada do corretor publicou; None se nada.
        problem: "tempo esgotado" ou "saída demais", se foi interrompida; senão, None.
        exits: se o código pediu ao kernel que terminasse.
        flooded: se chegou mais do que se aceita.
    """

    def __init__(self, request: str, kept: int, received: int):
        self.outputs: list[dict] = []
        self.answer: str | None = None
        self.problem: str | None = None
        self.exits = False
        self._request, self._room, self._allowance = request, kept, received

    @property
    def flooded(self) -> bool:
        return self._allowance < 0

    def add(self, message: dict | None, size: int) -> bool:
        """Acrescenta uma mensagem, de qualquer canal; True se ela encerra o canal (a resposta, ou o kernel ocioso).

        As de outros pedidos, que uma thread esquecida manda, e as malformadas (None) contam no tamanho e em mais nada.
        """
        if message is None:
            self._allowance -= size
            return False
        kind, content = message["msg_type"], message["content"]
        ours = message["parent_header"].get("msg_id") == self._request
        published = content.get("data")
        if ours and isinstance(published, dict) and ANSWER_TYPE in published:
            first, self.answer = self.answer is None, _text(published[ANSWER_TYPE])
            if first:  # uma chamada publica uma só, que não conta como saída; as demais contam
                return False
        self._allowance -= size
        if not ours:
            return False
        if kind == "execute_reply":
            payload = content.get("payload")
            self.exits = self.exits or any(part.get("source") == "ask_exit" for part in _dicts(payload))
            return True
        if kind == "status":
            return content.get("execution_state") == "idle"
        if self._room > 0 and (output := _output(kind, content)):
            self._keep(output)
        return False

    def _keep(self, output: dict) -> None:
        last = self.outputs[-1] if self.outputs else {}
        if output["output_type"] == "stream" and last.get("name") == output["name"]:
            last["text"] += output["text"][: self._room]
        else:
            self.outputs.append(output)
        self._room -= len(str(output))
        if self._room <= 0:
            self._cut()

    def _cut(self) -> None:
        last = self.outputs[-1]
        if last["output_type"] == "stream":
            last["text"] = last["text"][: len(last["text"]) + min(self._room, 0)] + CUT
        else:
            self.outputs[-1] = {"output_type": "stream", "name": "stdout", "text": CUT}


def _output(kind: str, content: dict) -> dict | None:
    if kind == "stream":
        name = "stderr" if content.get("name") == "stderr" else "stdout"
        return {"output_type": "stream", "name": name, "text": _clean(content.get("text"))}
    if kind in ("display_data", "execute_result"):
        data = content.get("data") if isinstance(content.get("data"), dict) else {}
        kept = {"text/plain": _clean(data.get("text/plain"))}
        picture = data.get("image/png")
        if isinstance(picture, str) and PICTURE.fullmatch(picture):
            kept["image/png"] = picture
        return {"output_type": "display_data", "data": kept, "metadata": {}}
    if kind == "error":
        lines = content.get("traceback")
        traceback = [_clean(line) for line in lines] if isinstance(lines, list) else []
        name, value = _text(content.get("ename"))[:100], _clean(content.get("evalue"))[:500]
        value = SYNTAX_PLACE.sub(r"(linha \1)", value)
        return {"output_type": "error", "ename": name, "evalue": value, "traceback": traceback}
    return None


def _clean(value: object) -> str:
    """Sem cores de terminal nem endereços de memória, que mudam a cada vez."""
    return ADDRESS.sub("0x…", TERMINAL_CODES.sub("", _text(value)))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _dicts(value: object) -> list[dict]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []
