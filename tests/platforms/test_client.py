import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from platforms import client
from platforms.client import Answers, Request
from platforms.errors import AccessLost, ConnectorError, OutcomeUnknown, Rejected, TryLater
from tests.ops.compose import ROOT

WORDS = "Nguyễn Văn A: số của tôi là 0912"


def submit(do: Callable, writes: bool, **more: Any) -> Any:
    answers = Answers()
    client.submit("telegram", [Request("key", do, writes, **more)], answers, begin_within=60)
    ((key, answer),) = answers.take(timeout=30)
    assert key == "key"
    return answer


def call(do: Callable, writes: bool, **more: Any) -> Any:
    try:
        return client.call("telegram", do, writes=writes, **more)
    except ConnectorError as error:
        return error


def call_many(do: Callable, writes: bool, **more: Any) -> Any:
    ((key, answer),) = client.call_many("telegram", {"key": do}, writes=writes, **more)
    assert key == "key"
    return answer


every_way = pytest.mark.parametrize("way", [submit, call, call_many])


def failing(error: Exception) -> Callable:
    async def do(connector):
        raise error

    return do


@every_way
def test_a_result_comes_back(way):
    async def do(connector):
        return connector.kind

    assert way(do, writes=True) == "telegram"


@every_way
@pytest.mark.parametrize(("writes", "kind"), [(True, OutcomeUnknown), (False, TryLater)])
@pytest.mark.parametrize("odd", [KeyError, TypeError, ValueError, OSError])
def test_what_nobody_expected_is_unknown_after_a_write_and_repeated_after_a_read(
    way, writes, kind, odd
):
    answer = way(failing(odd(WORDS)), writes=writes)

    assert (type(answer), answer.detail) == (kind, odd.__name__)


@every_way
@pytest.mark.parametrize("writes", [True, False])
@pytest.mark.parametrize(
    "error", [TryLater("a"), Rejected("b"), AccessLost("c"), OutcomeUnknown("d")]
)
def test_the_four_errors_keep_their_meaning(way, writes, error):
    assert way(failing(error), writes=writes) is error


@every_way
def test_the_log_reports_the_place_and_none_of_the_words(way, caplog):
    way(failing(KeyError(WORDS)), writes=True)

    (line,) = caplog.messages
    assert line.startswith("unexpected KeyError while calling telegram: ")
    assert "do (test_client.py:" in line
    assert "0912" not in caplog.text


@pytest.mark.parametrize(("writes", "kind"), [(True, OutcomeUnknown), (False, TryLater)])
def test_a_call_is_given_up_whatever_it_is_made_of(writes, kind):
    def hang(connector):
        return asyncio.sleep(60)

    soon = time.monotonic() + 0.1
    answers = [
        submit(hang, writes, until=soon),
        *(way(hang, writes, seconds=0.1) for way in (call, call_many)),
    ]

    assert [type(answer) for answer in answers] == [kind] * 3


def test_a_call_that_waited_too_long_is_not_begun():
    begun = []

    async def do(connector):
        begun.append(connector)

    answer = submit(do, writes=True, latest=time.monotonic() - 1)

    assert (type(answer), answer.code, begun) == (TryLater, "held", [])


def test_where_only_a_simulator_may_be_asked_nothing_leaves_for_elsewhere(monkeypatch):
    """Another port of this machine stands for a platform; a name that only begins like the
    simulator's, for who would lead it astray."""
    heard = []

    async def hear(reader, writer):
        heard.append(await reader.readline())
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    async def do(connector):
        server = await asyncio.start_server(hear, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        monkeypatch.setattr(client.options, "only_to", f"http://127.0.0.1:{port}/")
        async with server, client._make_session(aiohttp.TCPConnector()) as session:
            await session.get(f"http://127.0.0.1:{port}/simulator")
            for address in ("http://localhost:{}/", "http://127.0.0.1:{}@localhost:{}/"):
                with pytest.raises(Rejected):
                    await session.get(address.format(port, port))

    assert call(do, writes=False) is None
    assert heard == [b"GET /simulator HTTP/1.1\r\n"]


def test_a_forked_process_calls_on_a_loop_of_its_own():
    """Forked while another thread is at the client's lock, which nobody in the child will open."""
    script = """
import os
from platforms import client

async def four(connector):
    return 4

def ask():
    answers = client.Answers()
    client.submit("telegram", [client.Request(1, four, writes=False)], answers, begin_within=9)
    return answers.take(timeout=9)

assert ask() == [(1, 4)]
client._Process.lock.acquire()
child = os.fork()
if child:
    client._Process.lock.release()
    assert os.waitpid(child, 0)[1] == 0
assert ask() == [(1, 4)]
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (done.returncode, done.stderr) == (0, "")
