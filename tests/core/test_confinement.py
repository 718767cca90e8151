"""A program that a hostile file has taken over: what it tries is refused by the kernel. Each attack
runs as whoever runs the tests, root included.
"""

import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from core import confinement, sandbox

MB = 1024 * 1024
LIMITS = sandbox.Limits(memory=2048 * MB, cpu_seconds=20, file_bytes=MB, timeout=60)
TRIES = """
import ctypes, json, os, signal, socket, subprocess, sys, threading
from pathlib import Path
place, prey, parent = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
libc = ctypes.CDLL(None, use_errno=True)

def call(*words):
    if libc.syscall(*words) < 0:
        raise OSError(ctypes.get_errno(), "refused")

def work():
    {attack}

try:
    work()
except OSError as error:
    said = type(error).__name__ if error.errno in (1, 13) else repr(error)
else:
    said = "done"
(place / "facts.json").write_text(json.dumps({{"said": said}}))
"""


@pytest.fixture
def prey(tmp_path):
    """Return a folder of somebody else's, with a file."""
    folder = tmp_path / "media"
    folder.mkdir()
    (folder / "picture").write_text("somebody else's")
    return folder


def attempt(attack: str, tmp_path: Path, prey: Path, **more) -> str:
    place = tmp_path / "work"
    place.mkdir()
    program = tmp_path / "program.py"
    program.write_text(TRIES.format(attack=attack))
    words = (str(place), str(prey), str(os.getpid()))
    return sandbox.run_program(program, *words, place=place, limits=LIMITS, **more)["said"]


@pytest.mark.parametrize(
    "attack",
    [
        "Path(f'/proc/{parent}/environ').read_bytes()",
        "Path('/proc/1/environ').read_bytes()",
        "open(f'/proc/{parent}/mem', 'rb')",
        "Path(f'/proc/{parent}/cmdline').read_bytes()",
        "os.listdir(f'/proc/{parent}/fd')",
        "call(310 if os.uname().machine == 'x86_64' else 270, parent, None, 0, None, 0, 0)",
        "call(101 if os.uname().machine == 'x86_64' else 117, 0x4206, parent, 0, 0)",
        "os.kill(parent, 0)",
        "os.setpriority(os.PRIO_PROCESS, parent, 19)",
        "signal.pidfd_send_signal(os.pidfd_open(parent), 0)",
        "__import__('resource').prlimit(parent, __import__('resource').RLIMIT_NOFILE)",
        "socket.create_connection(('127.0.0.1', 5432))",
        "socket.socket(socket.AF_UNIX)",
        "socket.socketpair()",
        "call(425, 8, ctypes.create_string_buffer(256))",
        "os.fork()",
        "subprocess.run(['/bin/id'])",
        "os.execv('/bin/id', ['id'])",
        "Path('/etc/passwd').read_bytes()",
        "os.listdir('/')",
        "os.listdir('/home')",
        "os.listdir(prey)",
        "(prey / 'picture').read_bytes()",
        "(prey / 'picture').write_text('mine')",
        "(prey / 'new').write_text('mine')",
        "(prey / 'picture').unlink()",
        "os.truncate(prey / 'picture', 0)",
        "(prey / 'picture').chmod(0)",
        "os.utime(prey / 'picture')",
        "(prey / 'picture').rename(place / 'taken')",
        "os.link(prey / 'picture', place / 'drawn')",
        "os.symlink('/etc/passwd', place / 'drawn')",
        "os.mkfifo(place / 'drawn')",
        "Path('/dev/shm/mine').write_text('mine')",
        "Path(sys.argv[0]).write_text('mine')",
    ],
)
def test_a_program_that_was_taken_over_is_refused(attack, tmp_path, prey):
    assert attempt(attack, tmp_path, prey) == "PermissionError"
    assert (prey / "picture").read_text() == "somebody else's"


@pytest.mark.parametrize(
    "work",
    [
        "(place / 'drawn').write_bytes(b'x'); (place / 'drawn').rename(place / 'copy')",
        "(place / 'deep').mkdir(); (place / 'deep/x').touch(); os.listdir(place)",
        "(place / 'x').write_bytes(b'x'); (place / 'x').unlink()",
        "t = threading.Thread(target=print); t.start(); t.join()",
        "import zoneinfo, decimal, sqlite3; zoneinfo.ZoneInfo('Asia/Ho_Chi_Minh')",
        "os.urandom(8)",
    ],
)
def test_a_program_does_its_work_in_its_folder(work, tmp_path, prey):
    assert attempt(work, tmp_path, prey) == "done"


def test_a_program_reads_what_it_is_given_and_changes_nothing_of_it(tmp_path, prey):
    given = {"reads": [prey / "picture"]}

    assert attempt("(prey / 'picture').read_bytes()", tmp_path, prey, **given) == "done"
    (tmp_path / "work/facts.json").unlink()
    (tmp_path / "work").rmdir()
    said = attempt("(prey / 'picture').write_text('mine')", tmp_path, prey, **given)
    assert said == "PermissionError"


def test_a_folder_that_is_listed_is_not_read(tmp_path, prey):
    attack = "os.listdir(prey); (prey / 'picture').read_bytes()"
    assert attempt(attack, tmp_path, prey, lists=[prey]) == "PermissionError"


def test_a_program_that_aborts_ends_itself(tmp_path, prey):
    with pytest.raises(sandbox.ProgramFailed):
        attempt("os.abort()", tmp_path, prey)


def test_calls_by_other_numbers_end_the_program(tmp_path, prey):
    """On x86-64 the same calls go by a second set of numbers, which a list of the first misses."""
    number = 0x40000000 | 39 if os.uname().machine == "x86_64" else None
    if number is None:
        return
    with pytest.raises(sandbox.ProgramFailed):
        attempt(f"call({number})", tmp_path, prey)


@pytest.mark.parametrize("missing", ["Landlock", "seccomp"])
def test_where_the_kernel_lacks_one_protection_the_other_holds(
    missing, tmp_path, prey, monkeypatch
):
    """The program is told of an older kernel."""
    changed = tmp_path / "older.py"
    text = Path(confinement.__file__).read_text()
    text = text.replace(
        *{
            "Landlock": ("return max(version, 0)", "return 0"),
            "seccomp": ('"seccomp" in find_missing()', "True"),
        }[missing]
    )
    changed.write_text(text)
    monkeypatch.setattr(confinement, "__file__", str(changed))

    attack = {"Landlock": "os.fork()", "seccomp": "(prey / 'picture').read_bytes()"}[missing]
    assert attempt(attack, tmp_path, prey) == "PermissionError"


def test_a_machine_says_what_it_lacks(monkeypatch):
    assert confinement.find_missing() == []
    monkeypatch.setattr(confinement, "_landlock_version", lambda: 0)
    monkeypatch.setattr(confinement, "_MACHINES", {})
    assert confinement.find_missing() == ["Landlock", "seccomp"]


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_refuses_by_the_numbers_of_its_machine(machine):
    column, architecture = confinement._MACHINES[machine]
    said = {
        name: run_filter(confinement._make_filter(machine, 7), architecture, numbers[column])
        for name, numbers in confinement._REFUSED.items()
        if numbers[column] is not None
    }
    assert set(said.values()) == {0x00050001}

    def judge(number, argument=0, by=architecture):
        return run_filter(confinement._make_filter(machine, 7), by, number, argument)

    clone, clone3, tgkill, prlimit, read = {
        "x86_64": (56, 435, 234, 302, 0),
        "aarch64": (220, 435, 131, 261, 63),
    }[machine]
    allow, refuse, unknown, kill = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000
    assert [judge(clone, flags) for flags in (0x3D0F00, 17)] == [allow, refuse]
    assert [judge(tgkill, pid) for pid in (7, 8)] == [allow, refuse]
    assert [judge(prlimit, pid) for pid in (0, 8)] == [allow, refuse]
    assert [judge(read), judge(clone3), judge(read, by=0x40000003)] == [allow, unknown, kill]


def run_filter(steps: bytes, architecture: int, number: int, argument: int = 0) -> int:
    """Return what the kernel would, for one call."""
    seen = {0: number, 4: architecture, 16: argument}
    at, held = 0, 0
    while True:
        code, yes, no, value = struct.unpack_from("HBBI", steps, at * 8)
        at += 1
        match code:
            case 0x20:
                held = seen[value]
            case 0x06:
                return value
            case 0x15:
                at += yes if held == value else no
            case 0x35:
                at += yes if held >= value else no
            case 0x45:
                at += yes if held & value else no


READS = """
import sys
try:
    print(len(open(f"/proc/{sys.argv[1]}/environ", "rb").read()) > 0)
except PermissionError:
    print("refused")
"""
WAITS = """
import sys
sys.path.insert(0, {root!r})
from core import confinement
{first}
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize(
    ("first", "seen"), [("", "True"), ("confinement.forbid_inspection()", "refused")]
)
def test_a_process_of_the_portal_is_not_read_by_another_of_the_same_user(first, seen):
    # Root reads everything; in production nobody is root.
    whom = {"user": 65534, "group": 65534, "extra_groups": []} if os.getuid() == 0 else {}
    root = str(Path(confinement.__file__).parents[1])
    python = os.path.realpath(sys.executable)
    with subprocess.Popen(
        [python, "-c", WAITS.format(root=root, first=first)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"APPROVAL_KEY": "the portal's"},
        **whom,
    ) as process:
        assert process.stdout.readline() == b"ready\n"
        read = subprocess.run(
            [python, "-I", "-c", READS, str(process.pid)], capture_output=True, text=True, **whom
        )
        process.stdin.close()

    assert (read.stdout.strip(), read.stderr) == (seen, "")
