"""pyproject.toml, requirements.lock, environment.yml, Makefile and README tell one story, and .venv is made of them."""

import os
import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from course_tools import environment
from course_tools.environment import Environment, Trouble

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
WORKFLOW = ".github/workflows/ci.yml"
INFRASTRUCTURE = ("pyproject.toml", "requirements.lock", "environment.yml", "Makefile", "README.md", ".ci/run")


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def locked_versions():
    lines = [line for line in read("requirements.lock").splitlines() if line and not line.startswith("#")]
    return {canonicalize_name(name): pinned for name, pinned in (line.split("==") for line in lines)}


def project_requirements():
    texts = PROJECT["dependencies"] + [text for extra in PROJECT["optional-dependencies"].values() for text in extra]
    requirements = [Requirement(text) for text in texts]
    return [requirement for requirement in requirements if requirement.name != PROJECT["name"]]


def needed_packages():
    """Everything that the project's requirements bring with them on this machine, themselves included."""
    found, queue = set(), [(requirement, "") for requirement in project_requirements()]
    while queue:
        requirement, extra = queue.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        for wanted in ["", *requirement.extras]:
            key = (canonicalize_name(requirement.name), wanted)
            if key not in found:
                found.add(key)
                queue += [(Requirement(text), wanted) for text in requires(requirement.name) or []]
    return {name for name, _ in found}


def test_lock_pins_every_requirement_within_its_range():
    locked = locked_versions()
    outside = [str(r) for r in project_requirements() if locked[canonicalize_name(r.name)] not in r.specifier]
    assert outside == []


def test_every_requirement_has_a_lower_and_an_upper_bound():
    bounds = {
        requirement.name: {spec.operator for spec in requirement.specifier} for requirement in project_requirements()
    }
    assert {name: operators for name, operators in bounds.items() if not {">=", "<"} <= operators} == {}


def test_lock_pins_all_that_is_needed_and_nothing_else():
    assert set(locked_versions()) == needed_packages()


def test_lock_names_one_build_for_every_machine_and_is_sorted():
    names = [line.split("==")[0].lower() for line in read("requirements.lock").splitlines()]
    assert names == sorted(names)
    assert "+" not in read("requirements.lock"), "a local build, such as +cpu, exists on this machine only"


def test_reading_a_notebook_does_not_build_a_grammar_first():
    """jsonschema 4.25 and later bring rfc3987-syntax: over a second at every import of nbformat or JupyterLab."""
    assert "rfc3987-syntax" not in locked_versions()


def test_locked_versions_accept_the_oldest_python_that_the_course_promises():
    """Debian's is older than most: a package that asks for 3.11.5 leaves its users with an error in English."""
    oldest = "3.11.2"
    refused = {}
    for name in locked_versions():
        try:
            wanted = metadata(name).get("Requires-Python")
        except PackageNotFoundError:
            continue  # de outro sistema
        if wanted and oldest not in SpecifierSet(wanted):
            refused[name] = wanted
    assert not refused


def test_tests_run_with_the_locked_versions():
    different = {}
    for name, pinned in locked_versions().items():
        try:
            installed = version(name).split("+")[0]
        except PackageNotFoundError:
            installed = None
        if installed != pinned:
            different[name] = (pinned, installed)
    assert different == {}


def test_conda_environment_takes_its_versions_from_the_lock():
    environment = yaml.safe_load(read("environment.yml"))
    *conda, pip = environment["dependencies"]
    assert pip == {"pip": ["-c requirements.lock", "-e ."]}
    python = next(entry.removeprefix("python=") for entry in conda if entry.startswith("python="))
    assert f"{python}.0" in SpecifierSet(PROJECT["requires-python"])
    assert {entry.split("=")[0] for entry in conda} == {"python", "pip"}, "packages of the course belong in pyproject"


def test_instructor_packages_stay_out_of_the_student_environment():
    students = {Requirement(text).name for text in PROJECT["dependencies"]}
    assert "nbgrader" not in students and "nbval" not in students


def test_commands_of_the_readme_are_those_of_the_makefile():
    targets = set(re.findall(r"^([a-z-]+):.*##", read("Makefile"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z-]+)", read("README.md")))
    assert {"run", "test", "lab"} <= named <= targets


def test_every_public_target_is_phony():
    targets = set(re.findall(r"^([a-z-]+):.*##", read("Makefile"), re.MULTILINE))
    phony = set(re.search(r"^\.PHONY: (.*)$", read("Makefile"), re.MULTILINE)[1].split())
    assert targets == phony


def test_ci_runs_the_test_command_of_the_readme():
    assert read(".ci/run").rstrip().splitlines()[-1] == "make test"
    assert "make test" in read("README.md")


def test_workflow_runs_the_same_command_on_each_push_and_on_a_gpu():
    workflow = yaml.safe_load(read(WORKFLOW))
    commands = {name: [step.get("run") for step in job["steps"]] for name, job in workflow["jobs"].items()}
    assert "push" in workflow["on"]
    assert any(command == ".ci/run" for command in commands["tests"])
    assert any(command == ".ci/run" for command in commands["gpu"])
    assert workflow["jobs"]["gpu"]["env"] == {"COURSE_DEVICE": "cuda"}
    assert workflow["jobs"]["gpu"]["runs-on"] == ["self-hosted", "gpu"]


def test_published_site_is_told_its_address():
    steps = yaml.safe_load(read(WORKFLOW))["jobs"]["tests"]["steps"]
    (site,) = (step for step in steps if "make site" in step.get("run", ""))
    assert "--endereco https://" in site["run"]


def test_no_registry_is_named():
    hosts = re.compile(r"py[p]i\.org|pytho[n]hosted|registry\.np[m]|deb\.debia[n]|download\.pytorc[h]", re.IGNORECASE)
    assert [name for name in (*INFRASTRUCTURE, WORKFLOW) if hosts.search(read(name))] == []


# A python that notes what it is asked to do and answers as the test wants.
FAKE_PYTHON = """#!/bin/sh
case "$*" in
*version_info*) echo {version};;
*"import pip"*) echo pip;;
*) echo "$*" >> "{log}"; env > "{log}.env"; echo "{says}"; exit {status};;
esac
"""
unix = pytest.mark.skipif(os.name == "nt", reason="the fake python is a shell script")


@pytest.fixture
def checkout(tmp_path):
    """Make a folder of a course with a fake python in its .venv; return the environment and what it was asked."""
    root, log = tmp_path / "curso", tmp_path / "log"
    (root / ".venv" / "bin").mkdir(parents=True)
    (root / ".venv" / "lib").mkdir()
    for name in ("pyproject.toml", "requirements.lock"):
        (root / name).write_text("a==1")

    def make(version="3.11", says="", status=0):
        log.unlink(missing_ok=True)
        python = root / ".venv" / "bin" / "python"
        python.write_text(FAKE_PYTHON.format(log=log, version=version, says=says, status=status))
        python.chmod(0o755)
        return Environment(root)

    make.log = lambda: log.read_text().splitlines() if log.exists() else []
    make.environ = lambda: (log.parent / "log.env").read_text()
    return make


@unix
def test_environment_is_installed_once_and_again_when_the_pins_or_python_change(checkout):
    checkout().prepare()
    assert len(checkout.log()) == 1 and "-c requirements.lock -e ." in checkout.log()[0]
    checkout().prepare()
    assert checkout.log() == []
    checkout(version="3.12").prepare()
    assert len(checkout.log()) == 1
    environment = checkout(version="3.12")
    (environment.root / "requirements.lock").write_text("a==2")
    environment.prepare()
    assert len(checkout.log()) == 1
    checkout(version="3.12").prepare("dev")
    assert checkout.log()[0].endswith("-e .[dev]")


@unix
def test_environment_that_moved_with_its_folder_is_settled_without_downloading(checkout):
    moved = checkout()
    moved.prepare()
    there = moved.root.with_name("outro lugar")
    moved.root.rename(there)
    Environment(there).prepare()
    _, venv, pip = checkout.log()
    assert "-m venv --without-pip" in venv and "--no-deps --no-build-isolation -e ." in pip
    Environment(there).prepare()
    assert len(checkout.log()) == 3


@unix
def test_settings_that_install_elsewhere_do_not_reach_pip_and_those_of_the_network_do(checkout, monkeypatch):
    for name in ("PIP_USER", "PIP_TARGET", "PYTHONPATH", "PIP_PROXY"):
        monkeypatch.setenv(name, "valor")
    checkout().prepare()
    assert not re.search("^(PIP_USER|PIP_TARGET|PYTHONPATH)=", checkout.environ(), re.MULTILINE)
    assert "PIP_PROXY=valor" in checkout.environ() and "--no-user" in checkout.log()[0]


@unix
@pytest.mark.parametrize(
    ("says", "cause"),
    [
        ("ERROR: [Errno 28] No space left on device", "espaço em disco"),
        ("WARNING: Retrying after connection broken by NewConnectionError", "a internet não respondeu"),
        ("ERROR: [Errno 13] Permission denied: .venv/lib", "permissão"),
        ("SSLError(CERTIFICATE_VERIFY_FAILED)", "certificado"),
        ("ERROR: No matching distribution found for torch==2.13.0", "um pacote não existe"),
        ("ERROR: something new", "a causa está acima"),
    ],
)
def test_each_cause_of_a_failed_installation_has_its_message_and_nothing_is_lost(checkout, capsys, says, cause):
    failing = checkout(says=says, status=1)
    with pytest.raises(Trouble, match=f"não consegui instalar os pacotes: .*{cause}"):
        failing.prepare()
    assert says in capsys.readouterr().err
    assert (failing.folder / "lib").is_dir()
    checkout().prepare()
    assert len(checkout.log()) == 1, "a failed installation is not taken for a finished one"


@unix
def test_environment_whose_python_is_gone_is_kept_and_explained(checkout):
    broken = checkout()
    broken.python.unlink()
    broken.python.symlink_to("/nenhum/python3.10")
    with pytest.raises(Trouble, match=r"/nenhum/python3\.10, foi atualizado ou removido.*mv \.venv"):
        broken.prepare()
    assert (broken.folder / "lib").is_dir()


def test_python_that_cannot_make_environments_is_told_apart(tmp_path, monkeypatch):
    monkeypatch.setattr(environment.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(Trouble, match="python3-venv"):
        Environment(tmp_path).prepare()
    monkeypatch.setattr(environment.sys, "version_info", (3, 9, 2))
    with pytest.raises(Trouble, match=r"3\.11 ou mais novo, e este é o 3\.9"):
        Environment(tmp_path).prepare()
    assert list(tmp_path.iterdir()) == []


@unix
def test_environment_that_cannot_be_made_leaves_nothing_half_done(tmp_path, monkeypatch):
    maker = tmp_path / "python"
    maker.write_text("#!/bin/sh\nmkdir -p .venv/bin\necho 'ensurepip returned non-zero exit status 1'\nexit 1\n")
    maker.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(maker))
    monkeypatch.setattr(environment.shutil, "disk_usage", lambda folder: SimpleNamespace(free=1000))
    (tmp_path / "curso").mkdir()
    with pytest.raises(Trouble, match=r"não consegui criar \.venv: acabou o espaço em disco"):
        Environment(tmp_path / "curso").prepare()
    assert list((tmp_path / "curso").iterdir()) == []
