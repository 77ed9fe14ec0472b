"""As pastas temporárias de uma correção, e o fim das que ficaram de uma que morreu no meio."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "curso-"
ABANDONED_AFTER_SECONDS = 24 * 3600  # as de uma versão anterior do curso, cujo nome não diz de quem são


def new_folder() -> Path:
    """Uma pasta nova, com o número deste processo no nome, que é curto: o de um socket não passa de 107 letras."""
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))


@contextmanager
def own_temporary_folder() -> Iterator[None]:
    """O que este processo escreve na pasta temporária, o nbgrader inclusive, vai para uma só, apagada no fim.

    Se ele morre antes, quem a apaga é a correção seguinte, que começa limpando.
    """
    clean()
    before, folder = tempfile.tempdir, new_folder()
    tempfile.tempdir = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
        _remove([folder])


def clean() -> None:
    """Apaga as pastas cujo dono já morreu; as dos outros usuários e as de quem ainda corrige ficam."""
    found = [path for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*") if _abandoned(path)]
    if found:
        _remove(found)


def _remove(folders: list[Path]) -> None:
    """Apaga pastas que podem ser fundas demais para `shutil.rmtree`, que se chama a cada nível."""
    subprocess.run(["rm", "-rf", "--", *folders], stderr=subprocess.DEVNULL, check=False)


def _abandoned(path: Path) -> bool:
    try:
        state = path.lstat()
    except OSError:
        return False
    if state.st_uid != os.getuid() or not path.is_dir() or path.is_symlink():
        return False
    owner, dash, _ = path.name.removeprefix(PREFIX).partition("-")
    if dash and owner.isdigit():
        return not Path(f"/proc/{owner}").exists()
    return time.time() - state.st_mtime > ABANDONED_AFTER_SECONDS
