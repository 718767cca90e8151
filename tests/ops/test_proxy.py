"""Slow and broken clients, through the proxy that the compose file starts."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.certificates import make_web_certificates
from tests.ops import compose, proxy
from tests.ops.test_production_processes import (
    HOST,
    MEDIA_HOST,
    database_url,
    production,
    static_files,
)

pytestmark = pytest.mark.django_db(transaction=True)
# More than the web processes have threads, all together.
SLOW = 48
LOGIN = "/accounts/login/"


@pytest.fixture(scope="module")
def web_processes(django_db_setup, tmp_path_factory) -> Iterator[dict[str, str]]:
    env = production(tmp_path_factory.mktemp("proxy"), database_url())
    env["STATIC_ROOT"] = static_files()
    with proxy.web_processes(env) as addresses:
        yield addresses


@pytest.fixture(scope="module")
def portal(web_processes) -> Iterator[proxy.Proxy]:
    with proxy.serving(**web_processes) as served:
        yield served


@contextlib.contextmanager
def trickling(
    portal: proxy.Proxy, count: int, head: str, drip: bytes = b"x"
) -> Iterator[list[socket.socket]]:
    """Open ``count`` connections that begin with ``head`` and then send ``drip`` for as long as the
    block lasts."""
    lines = [portal.connect() for _ in range(count)]
    over = threading.Event()

    def send() -> None:
        while not over.wait(1):
            for line in lines:
                with contextlib.suppress(OSError):
                    line.sendall(drip)

    for line in lines:
        line.sendall(head.encode())
        line.sendall(drip)
    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield lines
    finally:
        over.set()
        sender.join()
        for line in lines:
            line.close()


# A cookie that looks right: without one the portal refuses a form before it reads it.
def post_head(path: str, length: int, *, kind: str = "application/x-www-form-urlencoded") -> str:
    return (
        f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nOrigin: https://{HOST}\r\nContent-Type: "
        f"{kind}\r\n"
        f"Cookie: __Host-csrf={'c' * 32}\r\nContent-Length: {length}\r\n\r\n"
    )


def pages_answer(portal: proxy.Proxy) -> list[int]:
    return [portal.get(path).status for path in ("/healthz", LOGIN, "/readyz")]


@pytest.mark.parametrize(
    "head",
    [
        post_head(LOGIN, 20_000),
        post_head("/posts/2f1b9c3e-0000-4000-8000-000000000000/submit/", 20_000),
        post_head("/hooks/telegram/", 1_000_000),
        f"GET {LOGIN} HTTP/1.1\r\nHost: {HOST}\r\nX-Slow: ",
    ],
    ids=["sign-in form", "composer's form", "platform's message", "header"],
)
def test_slow_senders_hold_no_page_up(portal, head):
    with trickling(portal, SLOW, head):
        assert pages_answer(portal) == [200, 200, portal.get("/readyz").status]
        assert portal.get("/healthz").body == b"ok"


def test_slow_readers_hold_no_page_up(portal):
    address = "/static/" + _large_file_of_static()
    request = f"GET {address} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
    lines = []
    try:
        for _ in range(SLOW):
            line = portal.connect()
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.sendall(request)
            assert line.recv(1) == b"H"  # and no more
            lines.append(line)
        assert pages_answer(portal)[:2] == [200, 200]
    finally:
        for line in lines:
            line.close()


def _large_file_of_static() -> str:
    folder = compose.ROOT / "static"
    largest = max((path for path in folder.rglob("*.js")), key=lambda path: path.stat().st_size)
    return str(largest.relative_to(folder))


def test_one_address_has_a_limit_and_another_does_not_feel_it(web_processes):
    few = {**web_processes, "PROXY_CONNECTIONS": "10"}
    with proxy.serving(**few) as portal, trickling(portal, 10, post_head(LOGIN, 9_999)):
        refused = portal.get(LOGIN)
        assert (refused.status, "quá nhiều yêu cầu" in refused.body.decode()) == (429, True)
        assert refused.headers["X-Content-Type-Options"] == "nosniff"
        assert portal.get(LOGIN, source="127.0.0.2").status == 200


def test_a_session_has_a_pace_and_nobody_else_feels_it(web_processes, tmp_path):
    """With a pace that no clock of a test could meet: two at once, and one a minute."""
    configuration = (proxy.DEPLOY / "nginx.conf.template").read_text(encoding="utf-8")
    paced = configuration.replace("rate=5r/s", "rate=1r/m")
    paced = paced.replace("burst=200 delay=60", "burst=1 nodelay")
    template = tmp_path / "paced"
    template.write_text(paced, encoding="utf-8")

    def get(portal: proxy.Proxy, session: str, path: str = "/healthz") -> int:
        headers = f"Cookie: __Host-session={session}\r\n" if session else ""
        return portal.get(path, headers=headers).status

    script, other = "a" * 32, "b" * 32
    file = f"/static/{_large_file_of_static()}"
    with proxy.serving(**web_processes, PROXY_TEMPLATE=str(template)) as portal:
        assert [get(portal, script) for _ in range(3)] == [200, 200, 429]
        assert [get(portal, script, file) for _ in range(3)] == [200] * 3
        assert get(portal, other) == 200
        assert [get(portal, "") for _ in range(4)] == [200] * 4


def test_what_is_too_large_is_refused_in_plain_words_before_it_is_read(portal):
    answer = portal.ask(
        post_head(LOGIN, 50_000_000).replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n").encode()
    )

    assert (answer.status, "quá lớn" in answer.body.decode()) == (413, True)


@pytest.mark.parametrize(
    "request_of",
    [
        lambda: (
            "POST / HTTP/1.1\r\nHost: {h}\r\nContent-Length: 6\r\nTransfer-Encoding: "
            "chunked\r\n\r\n0\r\n\r\nG"
        ),
        lambda: (
            "POST / HTTP/1.1\r\nHost: {h}\r\nContent-Length: 6\r\nContent-Length: 5\r\n\r\n123456"
        ),
        lambda: (
            "POST / HTTP/1.1\r\nHost: {h}\r\nTransfer-Encoding: "
            "chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n"
        ),
        lambda: "GET / HTTP/1.1\r\nHost: {h}\r\nHost: evil.example\r\n\r\n",
        lambda: "GET / HTTP/1.1\r\nHost: {h}\r\nBad Name: 1\r\n : 2\r\n\r\n",
    ],
    ids=["length and chunks", "two lengths", "two encodings", "two hosts", "broken header"],
)
def test_a_request_that_two_programs_could_read_differently_is_refused(
    portal, request_of: Callable[[], str]
):
    answer = portal.ask(request_of().replace("{h}", HOST).encode())

    assert answer.status in {400, 501}


def test_strangers_names_and_old_protocols_get_no_answer(portal):
    with pytest.raises(OSError, match=r"(?i)unrecognized|alert|eof|reset"):
        portal.get("/", host="evil.example")


def test_what_a_client_claims_of_its_address_does_not_reach_the_portal(portal):
    forged = (
        "X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Host: "
        "evil.example\r\nX-Forwarded-Proto: http\r\n"
    )
    answer = portal.get("/healthz", headers=forged)

    assert (answer.status, answer.body) == (
        200,
        b"ok",
    )  # a forged http would have been sent to https


def test_plain_http_is_sent_to_https(portal):
    with socket.create_connection(("127.0.0.1", portal.http), timeout=20) as line:
        line.sendall(f"GET /x?y=1 HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
        answer = proxy.read_answer(line)

    assert (answer.status, answer.headers["Location"]) == (301, f"https://{HOST}/x?y=1")


def test_both_hosts_say_whom_to_tell_of_a_hole(portal):
    answers = [portal.get("/.well-known/security.txt", host=host) for host in (HOST, MEDIA_HOST)]

    for answer in answers:
        assert (answer.status, "Set-Cookie" in answer.headers) == (200, False)
        assert f"Contact: mailto:truc.ky.thuat@{HOST}" in answer.body.decode().splitlines()


def test_the_media_host_serves_signed_files_and_nothing_else(portal):
    assert [
        portal.get(path, host=MEDIA_HOST).status for path in ("/", LOGIN, "/healthz", "/media/x/")
    ] == [404] * 4


def test_a_page_says_that_the_portal_is_away_when_no_web_process_answers(web_processes):
    with proxy.serving(**{**web_processes, "PROXY_WEB": "127.0.0.1:9"}) as portal:
        answer = portal.get("/")

    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert (answer.status, "tạm thời chưa phản hồi" in answer.body.decode()) == (502, True)


def test_pages_and_sign_ins_wait_for_different_processes(web_processes):
    with proxy.serving(**{**web_processes, "PROXY_ACCOUNTS": "127.0.0.1:9"}) as portal:
        assert [portal.get(path).status for path in ("/", "/healthz", LOGIN)] == [302, 200, 502]
    with proxy.serving(**{**web_processes, "PROXY_WEB": "127.0.0.1:9"}) as portal:
        assert [portal.get(path).status for path in ("/", "/healthz", LOGIN)] == [502, 502, 200]


@pytest.fixture
def strangers(tmp_path) -> Path:
    """Keys and certificates of the right names, by another authority."""
    for name in ("web", "proxy"):
        (tmp_path / name).mkdir()
    make_web_certificates(tmp_path / "web", tmp_path / "proxy")
    return tmp_path


def asked_past_the_proxy(address: str, authority: Path, own: Path | None) -> int:
    """Return the status of web's answer to somebody who shows the certificate in ``own``."""
    context = ssl.create_default_context(cafile=authority / "ca.pem")
    if own:
        context.load_cert_chain(own / "server.pem", own / "server.key")
    host, port = address.split(":")
    with (
        socket.create_connection((host, int(port)), timeout=20) as plain,
        context.wrap_socket(plain, server_hostname="web") as line,
    ):
        line.sendall(
            f"GET /healthz HTTP/1.1\r\nHost: {HOST}\r\nX-Forwarded-Proto: https\r\n\r\n".encode()
        )
        return int(line.recv(4096).split()[1])


def test_web_answers_nobody_but_the_proxy(web_processes, strangers):
    ours = Path(web_processes["PROXY_TLS"])
    for address in (web_processes[setting] for setting in proxy.SERVICES.values()):
        assert asked_past_the_proxy(address, ours, ours) == 200
        for other in (None, strangers / "proxy"):
            with pytest.raises(ssl.SSLError):
                asked_past_the_proxy(address, ours, other)
        host, port = address.split(":")
        with socket.create_connection((host, int(port)), timeout=20) as plain:
            plain.sendall(
                f"GET /healthz HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()
            )
            assert b" 200 " not in proxy.received(plain)


def test_the_proxy_asks_nobody_but_web(web_processes, strangers):
    ours = Path(web_processes["PROXY_TLS"])
    mixed = strangers / "mixed"  # our own key, so that web would answer, and another authority
    mixed.mkdir()
    for name in ("server.pem", "server.key"):
        (mixed / name).write_bytes((ours / name).read_bytes())
    (mixed / "ca.pem").write_bytes((strangers / "proxy" / "ca.pem").read_bytes())

    with proxy.serving(**{**web_processes, "PROXY_TLS": str(mixed)}) as portal:
        assert portal.get("/healthz").status == 502


def test_the_proxy_asks_nobody_of_another_name(web_processes):
    """The redis of the same machine, say, that somebody took over and made answer for web."""
    ours = Path(web_processes["PROXY_TLS"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ours / "server.pem", ours / "server.key")  # it says "proxy"
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            with (
                contextlib.suppress(OSError),
                context.wrap_socket(listening.accept()[0], server_side=True) as line,
            ):
                line.recv(4096)
                line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")

        threading.Thread(target=answer, daemon=True).start()
        other = f"127.0.0.1:{listening.getsockname()[1]}"
        with proxy.serving(**{**web_processes, "PROXY_WEB": other}) as portal:
            assert portal.get("/healthz").status == 502
