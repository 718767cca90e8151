"""Processes of docker-compose.yml, started for a test and ended with it. Needs no Django."""

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from scripts import clock
from scripts.local_postgresql import free_port as free_port
from tests.ops import compose

# What each program is given, of the variables of the tests.
INHERITED = {
    name: os.environ[name]
    for name in ("PATH", "HOME", "LANG", *clock.VARIABLES)
    if name in os.environ
}
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def end_with_the_tests() -> None:
    """Have the kernel tell this process to stop when its parent dies, so that a killed pytest
    leaves no orphans.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@contextlib.contextmanager
def started(
    service: str, env: dict[str, str], group: Path | None = None, command: list[str] | None = None
) -> Iterator[subprocess.Popen]:
    """Run the service until the end of the block, where it is told to stop and must end by itself.

    ``group`` is the control group that it shall run in, ``command`` what it runs instead of its
    own.
    """
    command = command or compose.command_of(service)
    if group:
        command = ["sh", "-c", f'echo $$ > {group}/cgroup.procs && exec "$@"', "sh", *command]
    log = Path(env["VAR_DIR"]) / f"{service}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=compose.ROOT,
            # As docker gives each container a name of its own.
            env={**compose.environment_of(service, env), "HOSTNAME": service},
            stdout=out,
            stderr=out,
            start_new_session=True,
            preexec_fn=end_with_the_tests,
        )
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=40) == 0, log.read_text(errors="replace")
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_until(true: Callable[[], bool], *processes: subprocess.Popen, seconds: int = 120) -> bool:
    """Tell whether it came true in time; give up at once when a process has ended."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up and all(p.poll() is None for p in processes):
        if true():
            return True
        time.sleep(0.2)
    return true()
