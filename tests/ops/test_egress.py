"""The way out of production: a real squid with the file that the container runs, on a port of this
machine.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from platforms import client
from platforms.errors import TryLater
from platforms.registry import CONNECTORS
from tests.ops import compose
from tests.ops.test_production_processes import free_port, wait_until

DEPLOY = compose.ROOT / "deploy" / "egress"


class Egress:
    def __init__(self, port: int) -> None:
        self.port = port

    def ask(self, request: str) -> tuple[int, socket.socket]:
        line = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        line.sendall(f"{request} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        return int(line.recv(4096).split()[1]), line

    def status(self, request: str) -> int:
        status, line = self.ask(request)
        line.close()
        return status


def _squid(names: str, *changes: tuple[str, str], ministry: str = "") -> Iterator[Egress]:
    """Run squid with our configuration but for its port, its folders, and what ``names`` tells it
    instead of DNS."""
    port = free_port()
    # It runs as another user, who may not enter pytest's folders.
    folder = Path(tempfile.mkdtemp(prefix="outreach-egress-"))
    text = (DEPLOY / "squid.conf").read_text(encoding="utf-8")
    text = text.replace("http_port 3128", f"http_port 127.0.0.1:{port}")
    for name in ("hosts.txt", "upload-hosts.txt"):
        text = text.replace(f"/etc/squid/{name}", str(DEPLOY / name))
    shipped = (DEPLOY / "ministry.txt").read_text(encoding="utf-8")
    (folder / "ministry.txt").write_text(f"{shipped}{ministry}\n")
    text = text.replace("/etc/squid/ministry.txt", f"{folder}/ministry.txt")
    for old, new in changes:
        text = text.replace(old, new)
    folder.chmod(0o755)
    (folder / "names").write_text(f"127.0.0.1 localhost\n{names}\n")
    (folder / "squid.conf").write_text(
        f"{text}\nhosts_file {folder}/names\ncache_log /dev/null\nvisible_hostname egress\n"
    )
    program = subprocess.Popen(
        ["squid", "--foreground", "-f", str(folder / "squid.conf")],
        env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def listens() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
        except OSError:
            return False
        return True

    try:
        assert wait_until(listens, program)
        yield Egress(port)
    finally:
        program.terminate()
        program.wait(timeout=30)
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def egress() -> Iterator[Egress]:
    yield from _squid("10.0.0.1 graph.threads.com")


@pytest.mark.parametrize(
    "request_line",
    [
        "CONNECT evil.example:443",
        "CONNECT evilfacebook.com:443",
        "CONNECT graph.facebook.com.evil.example:443",
        # Stores of whoever pays for one.
        "CONNECT storage.googleapis.com:443",
        "CONNECT firebasestorage.googleapis.com:443",
        "CONNECT mine.storage.googleapis.com:443",
        "CONNECT l.facebook.com:443",
        "CONNECT www.googleapis.com.evil.example:443",
        "CONNECT upload.evil.tiktokapis.com.evil.example:443",
        "CONNECT evilupload.us.tiktokapis.com:443",
        "CONNECT upload.us.tiktokapis.com.evil.example:443",
        "CONNECT graph.facebook.com:22",
        "CONNECT 127.0.0.1:443",
        "CONNECT 169.254.169.254:443",
        "CONNECT [::1]:443",
        "CONNECT 2130706433:443",
        "CONNECT graph.threads.com:443",  # which somebody made to lead inward
        "GET http://graph.facebook.com/",
        "GET http://169.254.169.254/latest/meta-data/",
        "POST http://api.telegram.org/",
    ],
)
def test_nothing_but_tls_to_a_platform_leaves(egress, request_line):
    assert egress.status(request_line) == 403


# Links that people follow and dialogs that browsers open: no process of ours calls them.
_FOR_BROWSERS = {"dialog_url", "link_url"}


def lines(name: str) -> list[str]:
    text = (DEPLOY / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_the_list_holds_the_hosts_that_connectors_ask_and_no_other():
    asked = {
        urlsplit(setting.real).hostname
        for connector in CONNECTORS.values()
        for name, setting in connector.settings.items()
        if setting.simulated and name not in _FOR_BROWSERS
    }

    assert sorted(lines("hosts.txt")) == sorted(asked)


def test_uploads_go_to_the_hosts_that_connectors_take_and_to_no_other():
    taken = {c.upload_hosts.pattern for c in CONNECTORS.values() if c.upload_hosts}

    assert set(lines("upload-hosts.txt")) == {f"^{host}$" for host in taken}


@pytest.mark.parametrize(
    "host",
    [
        "rupload.facebook.com",
        "open-upload.tiktokapis.com",
        "open-upload-sg.tiktokapis.com",
        "upload.us.tiktokapis.com",
    ],
)
def test_a_host_that_takes_videos_is_reached(host):
    with socket.create_server(("127.0.0.1", 0)) as platform:
        port = platform.getsockname()[1]
        changes = [("port 443", f"port {port}"), ("http_access deny inward", "")]
        for egress in _squid(f"127.0.0.1 {host}", *changes):
            assert egress.status(f"CONNECT {host}:{port}") == 200


def test_sealed_bytes_pass_to_a_platform():
    with socket.create_server(("127.0.0.1", 0)) as platform:
        port = platform.getsockname()[1]

        def answer() -> None:
            line, _address = platform.accept()
            with line:
                line.sendall(line.recv(100)[::-1])

        threading.Thread(target=answer, daemon=True).start()
        changes = [("port 443", f"port {port}"), ("http_access deny inward", "")]
        for egress in _squid("127.0.0.1 graph.facebook.com", *changes):
            status, line = egress.ask(f"CONNECT graph.facebook.com:{port}")
            line.sendall(b"sealed")
            assert (status, line.recv(100)) == (200, b"delaes")
            line.close()


def test_an_address_that_answers_with_a_platforms_name_is_not_the_platform():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        changes = [("port 443", f"port {port}"), ("http_access deny inward", "")]
        for egress in _squid("127.0.0.1 graph.facebook.com", *changes):
            assert egress.status(f"CONNECT 127.0.0.1:{port}") == 403


def test_the_ministrys_server_is_reached_where_the_operator_names_it_and_in_our_own_network():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        names = "127.0.0.1 dangnhap.bca.example graph.facebook.com"
        for egress in _squid(names, ("port 443", f"port {port}"), ministry="dangnhap.bca.example"):
            asked = {
                host: egress.status(f"CONNECT {host}:{port}")
                for host in (
                    "dangnhap.bca.example",
                    "graph.facebook.com",
                    "xdangnhap.bca.example",
                    "127.0.0.1",
                )
            }

    assert asked == {
        "dangnhap.bca.example": 200,
        "graph.facebook.com": 403,
        "xdangnhap.bca.example": 403,
        "127.0.0.1": 403,
    }


def test_a_way_out_that_refuses_is_certainly_not_posted(egress, monkeypatch):
    monkeypatch.setattr(client.options, "proxy", f"http://127.0.0.1:{egress.port}")

    async def post(connector):
        return await connector.send("POST", "https://evil.example/", writes=True)

    with pytest.raises(TryLater):
        client.call("facebook", post, writes=True)
