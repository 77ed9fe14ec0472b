"""What the isolated kernel cannot see, ask for or hide. One kernel suffers every attack, one after another."""

import contextlib
import ctypes
import platform
import struct
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from course_lib.paths import PACKAGE_PARENT
from course_tools.errors import SandboxError
from course_tools.grading import family, sandbox, seccomp, walls
from course_tools.grading.config import Limits
from course_tools.grading.kernel import Kernel
from course_tools.grading.sandbox import Sandbox, check_isolation
from course_tools.grading.walls import Walls
from tests.grading.attacks import ATTACKS, SYSCALL
from tests.grading.builders import LIMITS


@pytest.fixture(scope="module")
def suffered(isolation):
    """Attack -> what its cell printed, and its error."""
    ends, limits = {}, replace(LIMITS, niceness=Limits().niceness)  # of the real ones, since one attack undoes it
    with Kernel(limits, True, threading.Event()) as kernel:
        kernel.execute(SYSCALL, kernel.allow(3))
        for name, attack in ATTACKS.items():
            execution = kernel.execute(attack.source, kernel.allow(3))
            printed = "".join(one.get("text", "") for one in execution.outputs).strip()
            errors = [f"{one['ename']}: {one['evalue']}" for one in execution.outputs if one["output_type"] == "error"]
            ends[name] = execution.problem, printed, " ".join(errors)
    return ends


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_meets_a_wall(suffered, name):
    attack, (problem, printed, error) = ATTACKS[name], suffered[name]
    assert problem is None
    if attack.prints is None:
        assert attack.ends and attack.ends in error
    else:
        assert (printed, error) == (attack.prints, "")


@contextlib.contextmanager
def running(source, isolated=True):
    """A sandbox where `source` has been run and the process is still there."""
    with Sandbox(LIMITS, sandbox.standing_walls() if isolated else None) as inside:
        source = f"{source}\nopen({str(inside.inside / 'pronto')!r}, 'w')\nimport time\ntime.sleep(60)"
        inside.start([sys.executable, "-c", source])
        while inside.alive and not (inside.folder / "pronto").exists():
            time.sleep(0.01)
        yield inside


def test_session_keyring_of_the_instructor_is_not_inherited(isolation):
    """Not even without isolation: what opens network folders and mailboxes stays with the grader."""
    libc, name = ctypes.CDLL(None, use_errno=True), b"segredo-do-instrutor"
    column = list(seccomp.ARCHITECTURES).index(platform.machine())
    add_key, keyctl = (seccomp.FORBIDDEN[call][column] for call in ("add_key", "keyctl"))
    key = libc.syscall(add_key, b"user", name, b"42", 2, -3)  # in the session keyring
    if key < 0:
        pytest.skip("no keyrings here")
    search = f"import ctypes\nfound = ctypes.CDLL(None).syscall({keyctl}, 10, -3, b'user', {name!r}, 0)\n"
    try:
        with running(f"{search}open('achado', 'w').write(str(found))", isolated=False) as inside:
            assert (inside.folder / "achado").read_text() == "-1"
        assert libc.syscall(keyctl, 10, -3, b"user", name, 0) == key
    finally:
        libc.syscall(keyctl, 3, key)


def test_every_process_of_the_isolation_has_a_bare_environment(isolation, monkeypatch):
    monkeypatch.setenv("TOKEN_DO_INSTRUTOR", "42")
    with running("") as inside:
        pids = [inside._guardian.pid, *family.members(inside._guardian.pid)]
        environments = [Path(f"/proc/{pid}/environ").read_text() for pid in pids]
    assert len(pids) >= 4
    assert not [text for text in environments if "TOKEN_DO_INSTRUTOR" in text]


@pytest.mark.parametrize("secret", walls.WITH_SOLUTIONS)
def test_source_of_the_solutions_is_hidden_where_the_whole_clone_is_visible(isolation, monkeypatch, secret):
    """As when the environment was made in the clone's own folder: `python -m venv .`"""
    if not (PACKAGE_PARENT / secret).exists():
        pytest.skip(f"no {secret} here")
    monkeypatch.setenv("COURSE_DATA_DIR", str(PACKAGE_PARENT))
    look = f"path = {str(PACKAGE_PARENT / secret)!r}\nimport os\n"
    look += "try: seen = os.listdir(path) if os.path.isdir(path) else open(path).read()\nexcept OSError: seen = ''\n"
    with running(f"{look}open('/kernel/visto', 'w').write(repr(seen))") as inside:
        seen = (inside.folder / "visto").read_text()
    assert seen in ("[]", "''")


def test_home_is_never_among_the_visible_folders(isolation, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "pessoal"))
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))
    with pytest.raises(SandboxError, match="pasta pessoal"):
        check_isolation()


def test_slow_trial_is_told_in_portuguese(isolation, monkeypatch):
    monkeypatch.setattr(sandbox, "TRIAL_SECONDS", 0.3)
    monkeypatch.setattr(sandbox, "TRIAL", "import time; time.sleep(60)")
    monkeypatch.setattr(sandbox, "standing_walls", sandbox.standing_walls.__wrapped__)
    with pytest.raises(SandboxError, match="A máquina está ocupada"):
        check_isolation()


def test_wall_the_machine_lacks_is_named_and_the_others_stand(isolation, monkeypatch):
    """As with bubblewrap 0.6: the option does not exist, and seccomp goes on alone."""
    monkeypatch.setattr(sandbox, "best_walls", lambda: Walls(False, seccomp.program()))
    monkeypatch.setattr(sandbox, "standing_walls", sandbox.standing_walls.__wrapped__)
    (note, *rest) = check_isolation()
    assert "0.8" in note and not any("seccomp" in one for one in rest)


def test_wall_that_only_fails_when_tried_is_given_up_alone(isolation, monkeypatch):
    monkeypatch.setattr(sandbox, "best_walls", lambda: Walls(True, b"isto nao e um filtro"))
    found = sandbox.standing_walls.__wrapped__()
    assert found == Walls(True, None) and "seccomp" in found.missing[0]


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_filter_jumps_stay_inside_the_program_and_every_path_ends(machine):
    program = seccomp.program(machine)
    steps = [struct.unpack_from("=HBBI", program, place) for place in range(0, len(program), 8)]
    assert steps[-1] == (seccomp.RETURN, 0, 0, seccomp.ALLOW)
    for place, (kind, skip, otherwise, _) in enumerate(steps):
        assert kind == seccomp.RETURN or place + 1 + max(skip, otherwise) < len(steps)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_filter_refuses_what_it_lists_and_lets_the_rest_pass(machine):
    column = list(seccomp.ARCHITECTURES).index(machine)
    for name, numbers in seccomp.FORBIDDEN.items():
        assert run_filter(machine, numbers[column]) == seccomp.REFUSE | seccomp.EPERM, name
    mmap, socket = seccomp.MMAP[column], seccomp.SOCKET[column]
    assert run_filter(machine, mmap, 0, 0, 0, 0x22) == seccomp.ALLOW  # private, anonymous: what malloc asks for
    assert run_filter(machine, mmap, 0, 0, 0, 0x4021) == seccomp.REFUSE | seccomp.EPERM
    assert run_filter(machine, socket, 1) == seccomp.ALLOW
    assert run_filter(machine, 0 if column == 0 else 63) == seccomp.ALLOW  # read
    assert run_filter(machine, 0, architecture=0x40000003) == seccomp.KILL  # 32 bits


def test_machine_without_a_filter_of_its_own_is_said(monkeypatch):
    assert seccomp.program("riscv64") is None
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert "seccomp" in walls.best_walls().missing[-1]


def run_filter(machine, number, *arguments, architecture=None):
    """What the kernel would answer: the few BPF instructions that the program uses, interpreted."""
    architecture = architecture or seccomp.ARCHITECTURES[machine][1]
    data = struct.pack("=iIQ6Q", number, architecture, 0, *arguments, *[0] * (6 - len(arguments)))
    steps, place, register = list(struct.iter_unpack("=HBBI", seccomp.program(machine))), 0, 0
    while True:
        kind, skip, otherwise, value = steps[place]
        place += 1
        if kind == seccomp.RETURN:
            return value
        if kind == seccomp.LOAD:
            (register,) = struct.unpack_from("=I", data, value)
        elif kind == seccomp.AND:
            register &= value
        else:
            tests = {seccomp.EQUAL: register == value, seccomp.AT_LEAST: register >= value}
            place += skip if (tests | {seccomp.ANY_BIT: bool(register & value)})[kind] else otherwise
