"""Confine a program to what it needs to read one file that a stranger sent.

Started by ``core.sandbox`` as ``python -I confinement.py BOUNDS PROGRAM …``: it gives up its rights
one after the other, then runs the program. So it imports nothing but the standard library.

Landlock bounds the files, seccomp the system calls (docs/adr/0079 says why no package does it).
Where a kernel lacks one of them, the other one holds, and `find_missing` says what is missing.
"""

import contextlib
import ctypes
import errno
import json
import os
import resource
import runpy
import struct
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

# --- What the C library offers (linux/prctl.h, linux/landlock.h, linux/seccomp.h) -----------------

_PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 4, 22, 38
_PR_GET_SECCOMP = 21
_SECCOMP_MODE_FILTER = 2
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_RULESET_VERSION = 1
_RULE_PATH_BENEATH = 1


def forbid_inspection() -> None:
    """Have the kernel refuse other processes of the same user to read this one's memory and
    environment, where keys and passwords lie. It holds for what this process forks, and ends with
    the start of another program.
    """
    if sys.platform == "linux":
        _prctl(_PR_SET_DUMPABLE, 0)


def find_missing() -> list[str]:
    """Name the protections that this machine does not offer."""
    if sys.platform != "linux":
        return ["Landlock", "seccomp"]
    missing = []
    if not _landlock_version():
        missing.append("Landlock")
    if os.uname().machine not in _MACHINES or _libc().prctl(_PR_GET_SECCOMP, 0, 0, 0, 0) < 0:
        missing.append("seccomp")
    return missing


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, *values: Any) -> None:
    _checked(_libc().prctl(option, *values, *[ctypes.c_ulong(0)] * (4 - len(values))))


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


# --- Files: Landlock ------------------------------------------------------------------------------

_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE = 1 << 4, 1 << 5
_MAKE_DIR, _MAKE_REG, _TRUNCATE = 1 << 7, 1 << 8, 1 << 14
# All rights of a version; what is not granted is refused.
_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
_ALL_RIGHTS = (1 << 16) - 1  # since version 5
_READ = _READ_FILE | _READ_DIR
# No links, pipes and sockets: the caller opens what it finds in the folder with all its rights.
_WORK = _READ | _WRITE_FILE | _TRUNCATE | _MAKE_REG | _MAKE_DIR | _REMOVE_FILE | _REMOVE_DIR
_OF_FILES = _WRITE_FILE | _READ_FILE | _TRUNCATE
# Shared libraries, and what they and the interpreter look up when they begin.
_SYSTEM = (
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache"),
    *("/etc/localtime", "/usr/share/zoneinfo", "/etc/mime.types"),
    *("/dev/urandom", "/proc/cpuinfo", "/sys/devices/system/cpu"),
)


def _landlock_version() -> int:
    version = _libc().syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _RULESET_VERSION)
    return max(version, 0)


def _bound_files(granted: Iterable[tuple[str, int]]) -> None:
    """Refuse every file that does not lie below a granted one, for good."""
    version = _landlock_version()
    if not version:
        return
    handled = _RIGHTS.get(version, _ALL_RIGHTS)
    attributes = struct.pack("Q", handled)
    rules = _checked(_libc().syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(8), 0))
    for path, rights in granted:
        with contextlib.suppress(FileNotFoundError), _opened(path) as place:
            given = rights & handled & (-1 if Path(path).is_dir() else _OF_FILES)
            rule = struct.pack("=Qi", given, place)
            _checked(_libc().syscall(_ADD_RULE, rules, _RULE_PATH_BENEATH, rule, 0))
    _checked(_libc().syscall(_RESTRICT_SELF, rules, 0))
    os.close(rules)


@contextlib.contextmanager
def _opened(path: str) -> Iterator[int]:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        yield place
    finally:
        os.close(place)


# --- System calls: seccomp ------------------------------------------------------------------------

# The numbers of each call on x86-64 and on aarch64; None: there is none.
_REFUSED: dict[str, tuple[int | None, int | None]] = {
    # Other processes: their memory, signals, limits and priorities.
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "kcmp": (312, 272),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "kill": (62, 129),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118),
    "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274),
    # Programs.
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
    # The network, and what processes share without files.
    "socket": (41, 198),
    "socketpair": (53, 199),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "connect": (42, 203),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    # Ways around this filter, and large parts of the kernel that no decoder needs.
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "personality": (135, 92),
    "unshare": (272, 97),
    "setns": (308, 268),
    # Of files what Landlock does not look at, or its older versions do not. A link or pipe in the
    # folder would be opened by the caller.
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "truncate": (76, 45),
    "link": (86, None),
    "linkat": (265, 37),
    "symlink": (88, None),
    "symlinkat": (266, 36),
    "mknod": (133, None),
    "mknodat": (259, 33),
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "fanotify_init": (300, 262),
}
_CLONE = (56, 220)
_CLONE3 = (435, 435)
_TGKILL = (234, 131)
_PRLIMIT64 = (302, 261)
# linux/audit.h: which numbers a call is made with. A program may make calls with others.
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_FIRST_OF_X32 = 0x40000000  # calls of x86-64 by yet other numbers
_CLONE_THREAD = 0x00010000

_LOAD, _EQUALS, _AT_LEAST, _HAS_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # linux/filter.h
_KILL, _ALLOW, _ERRNO = 0x80000000, 0x7FFF0000, 0x00050000  # linux/seccomp.h
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # struct seccomp_data; its lower half


def _make_filter(machine: str, pid: int) -> bytes:
    """Return the program that the kernel runs at each system call of the process ``pid``."""
    column, architecture = _MACHINES[machine]
    refuse = _step(_RETURN, _ERRNO | errno.EPERM)
    steps = [
        _step(_LOAD, _ARCHITECTURE),
        _step(_EQUALS, architecture, 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER),
        _step(_AT_LEAST, _FIRST_OF_X32, 0, 1),
        _step(_RETURN, _KILL),
    ]
    for numbers in _REFUSED.values():
        if (number := numbers[column]) is not None:
            steps += [_step(_EQUALS, number, 0, 1), refuse]
    # Its flags lie in memory, which no filter reads. The C library then asks by clone.
    steps += [
        _step(_EQUALS, _CLONE3[column], 0, 1),
        _step(_RETURN, _ERRNO | errno.ENOSYS),
    ]
    for number, test, value in (
        (_CLONE[column], _HAS_BITS, _CLONE_THREAD),  # a thread, not a process
        (_TGKILL[column], _EQUALS, pid),  # itself: how a program aborts
        (_PRLIMIT64[column], _EQUALS, 0),  # itself
    ):
        steps += [
            _step(_EQUALS, number, 0, 4),
            _step(_LOAD, _FIRST_ARGUMENT),
            _step(test, value, 1, 0),
            refuse,
            _step(_RETURN, _ALLOW),
        ]
    steps.append(_step(_RETURN, _ALLOW))
    return b"".join(steps)


def _step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    """Return one instruction; ``yes`` and ``no`` are how many are left out then."""
    return struct.pack("HBBI", code, yes, no, value)


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_char_p)]


def _bound_calls() -> None:
    if "seccomp" in find_missing():
        return
    steps = _make_filter(os.uname().machine, os.getpid())
    program = _Program(len(steps) // 8, steps)
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program))


# --- All of it ------------------------------------------------------------------------------------


def confine(bounds: dict[str, Any]) -> None:
    """Give up every right that this process does not need. Short of memory, the kernel ends it
    first.
    """
    if sys.platform != "linux":
        return  # the try-out on a developer's own machine
    memory, cpu_seconds, file_bytes = bounds["limits"]
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # No RLIMIT_NPROC: it counts the user's threads of every container. seccomp lets none fork.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    forbid_inspection()
    _prctl(_PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1))
    _bound_files(
        [
            *((path, _READ) for path in (*_SYSTEM, *sys.path, *bounds["reads"])),
            *((path, _READ_DIR) for path in bounds["lists"]),
            ("/dev/null", _OF_FILES),  # Tesseract writes its log there
            (bounds["place"], _WORK),
        ]
    )
    _bound_calls()


if __name__ == "__main__":
    confine(json.loads(sys.argv[1]))
    sys.argv = sys.argv[2:]
    runpy.run_path(sys.argv[0], run_name="__main__")
