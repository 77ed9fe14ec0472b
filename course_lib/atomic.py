"""Escrever um arquivo por inteiro ou não escrever: nunca pela metade.

O conteúdo vai para um arquivo temporário na mesma pasta, é levado ao disco (fsync) e só então toma, num passo
indivisível (`os.replace`), o nome definitivo. Quem lê encontra o arquivo anterior ou o novo, completo, ainda que o
processo morra ou a luz acabe no meio da escrita.
"""

import errno
import glob
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

ABANDONED_AFTER_SECONDS = 3600


@contextmanager
def atomic_write(path: str | os.PathLike) -> Iterator[BinaryIO]:
    """Abre um arquivo para escrita binária; ele só aparece em `path` quando o bloco termina sem erro.

    Se o bloco levanta qualquer exceção (disco cheio, Ctrl-C…), o temporário é apagado e o arquivo anterior, se havia,
    fica como estava. Dois processos podem escrever o mesmo arquivo ao mesmo tempo: vence o último, inteiro.

    Exemplo:
        with atomic_write("models/dot.pt") as file:
            torch.save(state, file)

    Args:
        path: destino; a pasta é criada se falta.

    Raises:
        OSError: a pasta não aceita escrita, o disco encheu, `path` é uma pasta…; quem chama traduz a mensagem.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)


def why(error: OSError) -> str:
    """O motivo de um erro do sistema, em português onde é um dos que acontecem em aula."""
    return _REASONS.get(error.errno) or error.strerror or str(error)


_REASONS = {
    errno.ENOSPC: "o disco está cheio",
    errno.EDQUOT: "a cota de disco acabou",
    errno.EFBIG: "o arquivo passaria do tamanho permitido",
    errno.EACCES: "falta permissão",
    errno.EPERM: "falta permissão",
    errno.EROFS: "o disco é só de leitura",
    errno.ENOENT: "o arquivo ou a pasta não existe",
    errno.EEXIST: "já existe um arquivo onde devia haver uma pasta",
    errno.ENOTDIR: "há um arquivo onde devia haver uma pasta",
    errno.EISDIR: "há uma pasta onde devia haver um arquivo",
    errno.EIO: "o disco falhou",
}


def _remove_abandoned(path: Path) -> None:
    """Apaga temporários de `path` que um processo morto deixou: os que ninguém escreve há uma hora."""
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
        with suppress(OSError):  # é só limpeza: outro processo pode tê-lo apagado antes
            if time.time() - leftover.stat().st_mtime > ABANDONED_AFTER_SECONDS:
                leftover.unlink()


def _sync_folder(folder: Path) -> None:
    """Leva ao disco o novo nome do arquivo. O Windows não abre pastas, e há discos em rede que recusam o pedido."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
