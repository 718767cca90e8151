"""Long programs that some tests wait for. They are begun when the run begins, one after the other,
and the other tests go on meanwhile: mostly they wait for seconds to pass.
"""

import atexit
import subprocess
import sys
import threading
import warnings
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.faults.processes import ROOT

_thread = ThreadPoolExecutor(1, thread_name_prefix="ahead")
_running: list[subprocess.Popen] = []
_ended = threading.Event()
_begun: dict[tuple[str, ...], Future] = {}


def marked(*arguments: str) -> pytest.MarkDecorator:
    """Mark tests that want what ``python -m`` with these arguments says."""
    return pytest.mark.ahead(*arguments)


def begin(items: list[pytest.Item]) -> None:
    for item in items:
        for mark in item.iter_markers("ahead"):
            _begin(mark.args)


def outcome(*arguments: str) -> subprocess.CompletedProcess:
    """Wait for the program's end, and return the completed process. One that failed has run twice:
    what the first run said is among pytest's warnings.
    """
    runs = _begin(arguments).result()
    for failed in runs[:-1]:
        warnings.warn(f"failed once: {arguments}\n{failed.stderr[-2000:]}", stacklevel=2)
    return runs[-1]


def _begin(arguments: tuple[str, ...]) -> Future:
    if arguments not in _begun:
        _begun[arguments] = _thread.submit(_run_until_sound, arguments)
    return _begun[arguments]


def _run_until_sound(arguments: tuple[str, ...]) -> list[subprocess.CompletedProcess]:
    """Run the program, and at once again where it failed, while other tests fill the time."""
    runs = [_run(arguments)]
    if runs[0].returncode and not _ended.is_set():
        runs.append(_run(arguments))
    return runs


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
    _ended.set()
    _thread.shutdown(wait=False, cancel_futures=True)
    for process in _running:
        process.terminate()
