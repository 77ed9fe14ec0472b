"""O checkpoint: tudo o que um treinamento precisa para continuar como se nunca tivesse parado.

Um arquivo só, escrito inteiro ou não escrito (temporário na mesma pasta, fsync, troca de nome), e lido sem executar
código (`weights_only=True`). Guarda pesos atuais e melhores, otimizador, agenda da taxa de aprendizado, história,
época, estado dos sorteios e dos callbacks, e uma impressão digital do modelo, do otimizador e dos dados.
"""

import io
import pickle
import zipfile
from contextlib import suppress
from pathlib import Path

import torch

from course_lib.atomic import atomic_write, why
from course_lib.errors import CheckpointError

FORMAT = 1
NOBODY, UNKNOWN = None, "a escrita foi interrompida"  # quem deixou no disco o arquivo que este treinamento conhece
FIELDS = {  # o que se espera de cada campo, e do que há dentro dele; o que os liga, em `_flaw`
    "format": (int, None),
    "epoch": (int, None),
    "weights": (dict, torch.Tensor),
    "best_weights": (dict, torch.Tensor),
    "optimizer": (dict, None),
    "scheduler": (dict | None, None),
    "history": (list, dict),
    "comparable_from": (int, None),
    "stop_reason": (str | None, None),
    "callbacks": (list, tuple),
    "random": (dict, None),
    "fingerprint": (dict, str),
}


class Checkpoint:
    """Um arquivo de checkpoint, `<basename>.pt`.

    Args:
        basename: caminho sem a extensão, por exemplo "models/dot". A pasta é criada se faltar.
        required: se um checkpoint que não pôde ser escrito (disco cheio, pasta protegida) encerra o treinamento.
            Com False, o treinador avisa e segue, com o checkpoint anterior no disco.
    """

    def __init__(self, basename: str | Path, required: bool = True):
        self.path = Path(f"{basename}.pt")
        self.required = required
        self.claim()

    def claim(self) -> None:
        """Toma por seu o arquivo que está no disco, ou a falta dele: um que apareça depois é de outro treinamento."""
        self._known = self._signature()

    def save(self, state: dict) -> None:
        """Escreve `state`; enquanto o novo arquivo não está completo, o anterior continua lá.

        Raises:
            CheckpointError: se não foi possível escrever, ou se outro treinamento escreveu o mesmo arquivo.
        """
        known = self._known
        if known != UNKNOWN and self._signature() not in (NOBODY, known):
            raise CheckpointError(
                f"outro treinamento escreveu {self.path} desde que este o leu ou escreveu, e não o sobrescrevi: dois "
                "programas (ou duas células) usam o mesmo file_basename.\nDê um file_basename a cada um; para "
                "continuar do que está no disco, crie o treinador de novo."
            )
        self._known = UNKNOWN
        try:
            with atomic_write(self.path) as file:
                file.write(_packed(state))
        except OSError as error:
            self._known = known
            before = self.path.exists()
            kept = "o checkpoint anterior continua no disco, inteiro" if before else "não há checkpoint anterior"
            again = "chame fit() de novo; para treinar mesmo sem checkpoint, use Checkpoint(..., required=False)"
            raise CheckpointError(
                f"não consegui escrever {self.path} (época {state['epoch']}): {why(error)}.\n"
                f"Nada se perdeu: {kept}, e o modelo na memória está na época {state['epoch']}. Libere espaço ou dê "
                f"permissão de escrita{f' e {again}' if self.required else ''}."
            ) from error
        self.claim()

    def load(self) -> dict:
        """Lê o arquivo, conferindo sua integridade e se o que traz faz sentido.

        Returns:
            O dicionário que `save` escreveu; tensores na CPU.

        Raises:
            CheckpointError: se o arquivo falta, está danificado, contém código ou não é um checkpoint do curso.
        """
        self.claim()
        remedy = f"Apague {self.path} ou passe reset=True para recomeçar; ou use outro file_basename."
        try:
            with zipfile.ZipFile(self.path) as archive:
                damaged = archive.testzip()
            state = None if damaged else torch.load(self.path, map_location="cpu", weights_only=True)
        except FileNotFoundError as error:
            raise CheckpointError(f"{self.path} não existe. Treine com este file_basename para criá-lo.") from error
        except pickle.UnpicklingError as error:
            raise CheckpointError(
                f"{self.path} contém objetos que executariam código ao serem lidos, e foi recusado. "
                f"Um checkpoint do curso só tem números, textos e tensores. {remedy}"
            ) from error
        except (OSError, zipfile.BadZipFile, RuntimeError, EOFError, ValueError, KeyError) as error:
            raise CheckpointError(f"{self.path} está danificado ou não é um checkpoint ({error}). {remedy}") from error
        if damaged:
            raise CheckpointError(f"{self.path} está danificado (a parte {damaged} não confere). {remedy}")
        if flaw := _flaw(state):
            raise CheckpointError(f"{self.path} não é um checkpoint desta versão do curso: {flaw}. {remedy}")
        return state

    def _signature(self) -> tuple | None:
        """O que muda quando alguém troca o arquivo; None se não há nenhum."""
        with suppress(OSError):
            found = self.path.stat()
            return found.st_ino, found.st_mtime_ns, found.st_size
        return NOBODY


def _packed(state: dict) -> memoryview:
    """Os bytes do arquivo, na memória: escrevendo nele, o torch troca por outro erro o disco cheio e o Ctrl-C."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getbuffer()


def _flaw(state) -> str | None:
    """O que há de errado no conteúdo de um checkpoint; None se nada."""
    if not isinstance(state, dict) or state.keys() != FIELDS.keys():
        return "os campos são outros"
    for name, (kind, inside) in FIELDS.items():
        value = state[name]
        parts = (value.values() if kind is dict else value) if inside else ()
        if not isinstance(value, kind) or isinstance(value, bool) or not all(isinstance(p, inside) for p in parts):
            return f"o campo {name} não é o que devia ser"
    if state["format"] != FORMAT:
        return f"o formato é {state['format']}"
    current, best = ({name: t.shape for name, t in state[part].items()} for part in ("weights", "best_weights"))
    if current != best:
        return "os pesos atuais e os melhores não têm as mesmas formas"
    epochs = [row.get("epoch") for row in state["history"]]
    if epochs != [*range(1, state["epoch"] + 1)] or not 0 <= state["comparable_from"] <= len(epochs):
        return f"diz ter {state['epoch']} épocas, e a história tem outras"
    for row in state["history"]:
        numbers = all(isinstance(value, int | float) for value in row.values())
        if not numbers or not row.keys() >= {"seconds", "lr", "train_loss"}:
            return f"a época {row['epoch']} da história não traz os números de uma época"
    if not all([*map(type, entry)] == [str, dict] for entry in state["callbacks"]):
        return "os estados dos callbacks não são pares (nome, dicionário)"
    return None
