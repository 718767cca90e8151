"""No line of the proxy, nor of a web process, holds an address of a person or what stands in a
request: addresses of pages are secrets, and who follows a link is nobody's business.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection

from deploy.certificates import make_web_certificates
from tests.ops import proxy
from tests.ops.processes import free_port, started, wait_until
from tests.ops.test_production_processes import (
    HOST,
    answer_of_web,
    database_url,
    production,
    static_files,
)

SOURCE = "127.0.0.77"  # the resident's
SECRET = "bi-mat-9f3c"
PATHS = [
    f"/{place}/{SECRET}/"
    for place in ("invitation", "l", "m/x", "shared", "calendar/links", "accounts/password/reset")
]
TELLING = (
    f"Cookie: __Host-session={SECRET}\r\nReferer: https://{HOST}/{SECRET}/\r\n"
    f"User-Agent: {SECRET}\r\nX-{SECRET}: {SECRET}\r\n"
)


@pytest.fixture
def tls(tmp_path) -> Path:
    for name in ("web", "proxy"):
        (tmp_path / name).mkdir()
    make_web_certificates(tmp_path / "web", tmp_path / "proxy")
    return tmp_path


@contextlib.contextmanager
def impatient(tls: Path, web: str, *, seconds: int = 1, **settings: str) -> Iterator[proxy.Proxy]:
    """Run the proxy with so many seconds where it waits for ten or more."""
    configuration = (proxy.DEPLOY / "nginx.conf.template").read_text(encoding="utf-8")
    for patience in ("header_timeout 10s", "body_timeout 10s", "read_timeout 65s"):
        assert patience in configuration
        configuration = configuration.replace(patience, f"{patience.split()[0]} {seconds}s")
    template = tls / "template"
    template.write_text(configuration, encoding="utf-8")
    places = dict.fromkeys(("PROXY_WEB", "PROXY_ACCOUNTS", "PROXY_FILES"), web)
    own = {"PROXY_TLS": str(tls / "proxy"), "PROXY_TEMPLATE": str(template)}
    with proxy.serving(**places, **own, **settings) as served:
        yield served


def telling(path: str, *, method: str = "GET", further: str = "") -> bytes:
    return (
        f"{method} {path}?word={SECRET} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n"
        f"{TELLING}{further}\r\n"
    ).encode()


def statuses(portal: proxy.Proxy, **how: str) -> set[int]:
    return {portal.ask(telling(path, **how), source=SOURCE).status for path in PATHS}


def lines_that_tell(log: str) -> list[str]:
    return [line for line in log.splitlines() if SECRET in line or SOURCE in line]


def test_a_log_of_nginxs_own_would_tell(tls):
    """The search below would find it: the same, with the lines that nginx writes."""
    configuration = (proxy.DEPLOY / "nginx.conf.template").read_text(encoding="utf-8")
    template = tls / "telling"
    template.write_text(configuration.replace("/dev/null emerg", "stderr warn"), encoding="utf-8")
    settings = dict.fromkeys(("PROXY_WEB", "PROXY_ACCOUNTS", "PROXY_FILES"), "127.0.0.1:9")
    own = {"PROXY_TLS": str(tls / "proxy"), "PROXY_TEMPLATE": str(template)}
    with proxy.serving(**settings, **own) as portal:
        assert statuses(portal) == {502}
        assert len(lines_that_tell(portal.log)) == len(PATHS)


def hang(_request: bytes) -> bytes:
    """Answer later than the proxy waits."""
    quiet, other = socket.socketpair()
    quiet.settimeout(4)
    with quiet, other, contextlib.suppress(TimeoutError):
        quiet.recv(1)
    return b""


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (lambda _request: b"", 502),
        (lambda _request: b"HTTP/1.1 200 OK\r\nno \0 header\r\n\r\n", 502),
        (
            lambda request: (
                b"HTTP/1.1 200 OK\r\nX-Long: " + request[:300].replace(b"\r\n", b" ") * 99
            ),
            502,
        ),
        (hang, 504),
    ],
    ids=["closes the line", "no answer", "too long a header", "too late"],
)
def test_an_answer_of_web_that_fails_is_logged_without_the_request(
    tls, answer: Callable[[bytes], bytes], status: int
):
    with (
        proxy.other_web(tls / "web", answer) as web,
        impatient(tls, web.address) as portal,
    ):
        assert statuses(portal) == {status}
        lines = [json.loads(line) for line in portal.log.splitlines()]

    assert [line["message"] for line in lines] == [f"answered {status}"] * len(PATHS)
    assert {line["upstream"] for line in lines} == {web.address}
    assert lines_that_tell(json.dumps(lines)) == []


def test_web_processes_that_are_away_are_logged_without_the_request(tls):
    with impatient(tls, "127.0.0.1:9") as portal:
        assert statuses(portal) == {502}
        log = portal.log

    assert log.count('"answered 502"') == len(PATHS)
    assert lines_that_tell(log) == []


def test_each_limit_is_exceeded_without_a_line_that_tells(tls):
    big = f"{'x' * 17_000}{SECRET}"
    with (
        impatient(tls, "127.0.0.1:9", PROXY_CONNECTIONS="4") as portal,
        contextlib.ExitStack() as held,
    ):
        # sizes
        assert statuses(portal, method="POST", further="Content-Length: 9999999\r\n") == {401, 413}
        assert statuses(portal, further=f"X-Large: {big}\r\n") == {400}
        assert portal.ask(telling(f"/l/{big}"), source=SOURCE).status == 414
        # requests that nobody understands
        assert statuses(portal, further="Content-Length: x\r\n") == {400}
        # a rate
        request = telling("/shared/x/").replace(b"Connection: close\r\n", b"")
        with portal.connect(source=SOURCE) as line:
            line.sendall(request * 400)
            answered = b""
            while b" 429 " not in answered:
                data = line.recv(65536)
                assert data, "no limit was met"
                answered = answered[-10:] + data
        # slow headers and bodies: each line waits until the proxy lets go of it
        for head in (
            telling(PATHS[0])[:-2],
            telling(PATHS[0], method="POST", further="Content-Length: 9000\r\n"),
        ):
            line = held.enter_context(portal.connect(source=SOURCE))
            line.sendall(head)
            proxy.received(line)
        # connections
        for _each in range(4):
            line = held.enter_context(portal.connect(source=SOURCE))
            line.sendall(telling("/x/", method="POST", further="Content-Length: 9000\r\n"))
        assert wait_until(lambda: statuses(portal) & {429} == {429}, seconds=20)
        # broken TLS
        place, source = ("127.0.0.1", portal.https), (SOURCE, 0)
        with socket.create_connection(place, source_address=source) as plain:
            plain.sendall(f"GET /{SECRET} HTTP/1.1\r\n\r\n".encode())
            proxy.received(plain)
        log = portal.log

    assert log.count("answered 502") > 0
    assert lines_that_tell(log) == []


def test_a_disk_that_takes_nothing_is_logged_without_the_request(tls):
    """The gravest lines that nginx writes about a request."""

    def answer(request: bytes) -> bytes:
        if b"/proxy/signed-in/" in request:
            return b"HTTP/1.1 204 OK\r\nX-Person: 1\r\n\r\n"
        return b"HTTP/1.1 200 OK\r\n\r\n" + bytes(3_000_000)

    session = f"Cookie: __Host-session={'a1' * 16}\r\n"
    with (
        proxy.other_web(tls / "web", answer) as web,
        # Nothing here is to time out, as it would on a busy machine within a second.
        impatient(tls, web.address, seconds=30) as portal,
    ):
        for name in ("body", "answers"):
            (portal.folder / "cache" / name).chmod(0)
        with portal.connect(source=SOURCE) as line:
            line.sendall(
                telling("/x/", method="POST", further=f"{session}Content-Length: 99999\r\n")
            )
            line.sendall(bytes(99_999))
            assert proxy.read_answer(line).status == 503
        assert wait_until(lambda: "answered 503" in portal.log, seconds=60)
        log = portal.log

    assert lines_that_tell(log) == []


def test_a_dead_process_of_the_proxy_is_in_its_log(tls):
    """Lines of no request stay: starts, reloads, processes that died."""
    with impatient(tls, "127.0.0.1:9") as portal:
        children = subprocess.run(
            ["ps", "--ppid", str(portal.pid), "-o", "pid=,args="], capture_output=True, text=True
        ).stdout
        worker = next(line.split()[0] for line in children.splitlines() if "worker" in line)
        os.kill(int(worker), signal.SIGKILL)
        assert wait_until(lambda: "exited on signal 9" in portal.log, seconds=20)


@contextlib.contextmanager
def broken_database() -> Iterator[None]:
    """Have no statement find its table for as long as the block lasts."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER SCHEMA public RENAME TO away")
        try:
            yield
        finally:
            cursor.execute("ALTER SCHEMA away RENAME TO public")


@pytest.mark.django_db(transaction=True)
def test_a_web_process_whose_database_is_broken_logs_no_request(tmp_path):
    port = free_port()
    env = production(tmp_path, database_url()) | {
        "STATIC_ROOT": static_files(),
        "HOST": "127.0.0.1",
        "PORT": str(port),
    }

    def answer(request: bytes) -> int:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
            line.sendall(request)
            return proxy.read_answer(line).status

    forwarded = f"X-Forwarded-For: {SOURCE}\r\nX-Forwarded-Proto: https\r\n"
    with started("web", env) as web:
        assert wait_until(lambda: answer_of_web(port, "/healthz") is not None, web)
        with broken_database():
            found = [answer(telling(path, further=forwarded)) for path in PATHS]
        assert 500 in found
        assert answer(f"GET /{SECRET} HTTP/9\r\n{SECRET}\r\n\r\n".encode()) == 400
    log = (tmp_path / "web.log").read_text(encoding="utf-8")

    assert "ProgrammingError" in log
    assert lines_that_tell(log) == []
