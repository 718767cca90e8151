"""Long programs that some tests wait for. They are begun when the run begins, one after the other,
and the other tests go on meanwhile: mostly they wait for seconds to pass.
"""

import atexit
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.faults.processes import ROOT

_thread = ThreadPoolExecutor(1, thread_name_prefix="ahead")
_running: list[subprocess.Popen] = []
_begun: dict[tuple[str, ...], Future] = {}


def marked(*arguments: str) -> pytest.MarkDecorator:
    """Mark tests that want what ``python -m`` with these arguments says."""
    return pytest.mark.ahead(*arguments)


def begin(items: list[pytest.Item]) -> None:
    for item in items:
        for mark in item.iter_markers("ahead"):
            _begin(mark.args)


def outcome(*arguments: str) -> subprocess.CompletedProcess:
    """Wait for the program's end, and return the completed process. One that failed runs again for
    a test that is tried once more.
    """
    done = _begin(arguments).result()
    if done.returncode:
        del _begun[arguments]
    return done


def _begin(arguments: tuple[str, ...]) -> Future:
    if arguments not in _begun:
        _begun[arguments] = _thread.submit(_run, arguments)
    return _begun[arguments]


def _run(arguments: tuple[str, ...]) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        _running.append(process)
        out, errors = process.communicate()
        _running.remove(process)
    return subprocess.CompletedProcess(command, process.returncode, out, errors)


@atexit.register
def _end() -> None:
    _thread.shutdown(wait=False, cancel_futures=True)
    for process in _running:
        process.terminate()
