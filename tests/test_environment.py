"""pyproject.toml, requirements.lock, environment.yml, Makefile and README tell one story."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
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


def test_no_registry_is_named():
    hosts = re.compile(r"py[p]i\.org|pytho[n]hosted|registry\.np[m]|deb\.debia[n]|download\.pytorc[h]", re.IGNORECASE)
    assert [name for name in INFRASTRUCTURE if hosts.search(read(name))] == []
