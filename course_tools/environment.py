"""Faz o ambiente `.venv` quando falta, e o acerta quando mudou: `python3 course_tools/environment.py [EXTRA]`.

Roda antes de haver pacotes, com o Python que se tiver: usa só a biblioteca padrão, e uma sintaxe que um Python antigo
ainda lê, para poder dizer que ele é antigo. Nada do que já existia é apagado, e cada causa tem a sua mensagem.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
# Fariam o pip instalar noutro lugar, ou dar por instalado o que não está. As que dizem de onde vêm os pacotes ficam.
MISLEADING = {"PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_NO_DEPS", "PIP_DRY_RUN", "PYTHONPATH"}
LEAST_FREE = 100 * 2**20  # bytes
CAUSES = {  # o que venv e pip dizem, e o que isso quer dizer; vale a primeira que aparece
    "No space left|quota exceeded": "acabou o espaço em disco. O curso ocupa cerca de 2 GB; libere-o e rode de novo.",
    "Permission denied": "não tenho permissão para escrever. Confira de quem é a pasta do curso.",
    "CERTIFICATE_VERIFY": "o certificado de quem serve os pacotes foi recusado. Confira o relógio e o proxy da rede.",
    "connection broken|NewConnection|resolve|timed out": "a internet não respondeu. O que já veio fica: rode de novo.",
    "No matching distribution": "um pacote não existe para este Python ou este sistema; o pip diz qual, acima.",
}


class Trouble(Exception):
    """O que impediu, e o que fazer."""


class Environment:
    """O ambiente de uma cópia do curso: onde está, com que Python, e o que já se instalou nele."""

    def __init__(self, root=ROOT):
        self.root, self.folder = root, root / ".venv"
        self.python = self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def prepare(self, extra=""):
        """Deixa o ambiente pronto, com os pacotes do aluno ou os de um extra; não faz nada se já estava."""
        if not os.path.lexists(self.python):
            self._create()
        version = self._ask("import sys; print('%d.%d' % sys.version_info[:2])")
        if not version:
            raise Trouble(
                f"o ambiente .venv já não funciona: o Python de que depende, {self.python.resolve()}, foi atualizado "
                "ou removido. Guarde-o com outro nome, e rode de novo para fazer um novo: mv .venv .venv-antigo"
            )
        stamp = self.folder / (".pronto-" + extra if extra else ".pronto")
        pins = b"".join((self.root / name).read_bytes() for name in ("pyproject.toml", "requirements.lock"))
        ready = [str(self.root), version, hashlib.sha256(pins).hexdigest()]
        found = stamp.read_text(encoding="utf-8").split("\n") if stamp.exists() else []
        if found == ready:
            return
        if found[1:] == ready[1:]:
            self._settle()
        else:
            self._install(extra)
        for done in {stamp, self.folder / ".pronto"}:  # todo extra traz também o que é do aluno
            done.write_text("\n".join(ready), encoding="utf-8")

    def _create(self):
        if sys.version_info < OLDEST:
            raise Trouble(
                "o curso precisa do Python 3.11 ou mais novo, e este é o {}.{}. Para usar outro, diga qual: "
                "make run PYTHON=python3.12".format(*sys.version_info[:2])
            )
        if importlib.util.find_spec("ensurepip") is None:
            raise Trouble(
                "falta ao Python a parte que cria ambientes. No Debian e no Ubuntu: sudo apt install python3-venv"
            )
        existed = self.folder.exists()
        try:
            self._run("não consegui criar .venv", sys.executable, "-m", "venv", self.folder)
        except Trouble:
            if not existed:
                shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def _ask(self, code):
        """O que o Python do ambiente imprime ao executar `code`; vazio se ele não existe ou não consegue."""
        try:
            asked = [self.python, "-c", code]
            return subprocess.run(asked, capture_output=True).stdout.decode().strip()
        except OSError:
            return ""

    def _install(self, extra):
        print("Instalando os pacotes em .venv; na primeira vez, leva de um a alguns minutos.", flush=True)
        if not self._ask("import pip; print(pip)"):
            self._create()  # a criação foi cortada, ou o Python é outro
        self._pip("-c", "requirements.lock", "-e", f".[{extra}]" if extra else ".")

    def _settle(self):
        """A pasta mudou de lugar, ou é cópia de outra: acerta os caminhos escritos em .venv, sem baixar nada."""
        print("Este ambiente veio de outra pasta; acertando os caminhos que guarda.", flush=True)
        self._run("não consegui acertar .venv", self.python, "-m", "venv", "--without-pip", self.folder)
        self._pip("--no-deps", "--no-build-isolation", "-e", ".")

    def _pip(self, *arguments):
        options = ["--disable-pip-version-check", "--quiet", "--no-user", *arguments]
        self._run("não consegui instalar os pacotes", self.python, "-m", "pip", "install", *options)

    def _run(self, failure, *command):
        environment = {name: value for name, value in os.environ.items() if name not in MISLEADING}
        done = subprocess.run(command, cwd=self.root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            said = done.stdout.decode(errors="replace")
            print("\n".join(said.splitlines()[-8:]), file=sys.stderr)
            if shutil.disk_usage(self.root).free < LEAST_FREE:  # o venv não repassa o que o impediu
                said = "No space left"
            causes = (cause for pattern, cause in CAUSES.items() if re.search(pattern, said, re.IGNORECASE))
            raise Trouble(f"{failure}: {next(causes, 'a causa está acima, em inglês.')}")


if __name__ == "__main__":
    try:
        Environment().prepare(*sys.argv[1:])
    except Trouble as trouble:
        sys.exit(f"Erro: {trouble}")
    except OSError as error:
        sys.exit(f"Erro: não consegui escrever em .venv ({error}). Confira o espaço em disco e as permissões.")
    except KeyboardInterrupt:
        sys.exit("\nInterrompido. O que já veio fica: rode de novo para continuar.")
