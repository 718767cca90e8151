"""The proxy of docker-compose.yml on ports of this machine, before web processes that the file's
commands start.
"""

import contextlib
import os
import re
import shutil
import signal
import socket
import socketserver
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from deploy.certificates import make_proxy_certificate, make_web_certificates
from tests.ops import compose
from tests.ops.processes import INHERITED, free_port, started, wait_until
from tests.ops.test_production_processes import HOST, MEDIA_HOST

DEPLOY = compose.ROOT / "deploy" / "proxy"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Proxy:
    https: int
    http: int
    pid: int = 0
    folder: Path = Path()

    @property
    def log(self) -> str:
        """Return all that the proxy has written to its standard error."""
        return (self.folder / "log").read_text(errors="replace")

    def waiting_bodies(self) -> int:
        """Return the bytes of bodies that wait on the proxy's disk; nginx removes their names at
        once, so its workers' open files are looked at."""
        place, found = str(self.folder / "cache" / "body"), {}
        for entry in Path("/proc").glob("[0-9]*/fd/*"):
            with contextlib.suppress(OSError):
                if str(entry.readlink()).startswith(place):
                    stat = entry.stat()
                    found[stat.st_ino] = stat.st_size
        return sum(found.values())

    def connect(
        self, *, timeout: float = 20, host: str = HOST, source: str = "127.0.0.1"
    ) -> ssl.SSLSocket:
        """Open a connection over TLS that trusts the certificate whoever signed it."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        plain = socket.create_connection(
            ("127.0.0.1", self.https), timeout=timeout, source_address=(source, 0)
        )
        return context.wrap_socket(plain, server_hostname=host)

    def ask(self, request: bytes, **how: Any) -> Answer:
        """Return the answer to a whole request, which must ask to close the connection."""
        with self.connect(**how) as line:
            line.sendall(request)
            return read_answer(line)

    def get(self, path: str, *, host: str = HOST, headers: str = "", **how: Any) -> Answer:
        head = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n"
        return self.ask(head.encode(), host=host, **how)


def received(line: socket.socket) -> bytes:
    """Return all that comes until the line ends."""
    taken = b""
    with contextlib.suppress(ConnectionResetError, ssl.SSLEOFError):
        while data := line.recv(65536):
            taken += data
    return taken


def read_answer(line: socket.socket) -> Answer:
    head, _blank, body = received(line).partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in rest if ": " in line)
    return Answer(int(first.split()[1]) if first else 0, headers, body)


VALUES = {
    "PORTAL_HOST": HOST,
    "MEDIA_HOST": MEDIA_HOST,
}


SERVICES = {"web": "PROXY_WEB", "web-accounts": "PROXY_ACCOUNTS", "web-files": "PROXY_FILES"}


def healthy(service: str, env: dict[str, str]) -> bool:
    """Return what the service's health check says."""
    check = compose.services()[service]["healthcheck"]["test"][1:]
    return subprocess.run(check, cwd=compose.ROOT, env=env, capture_output=True).returncode == 0


@contextlib.contextmanager
def web_processes(
    env: dict[str, str], groups: dict[str, Path] | None = None
) -> Iterator[dict[str, str]]:
    """Run the web services as the compose file starts them, and yield how the proxy finds them.

    ``groups`` are the control groups that they run in, by service.
    """
    tls = Path(env["VAR_DIR"]) / "tls"
    for name in ("web", "proxy"):
        (tls / name).mkdir(parents=True)
    make_web_certificates(tls / "web", tls / "proxy")
    local = {**env, "HOST": "127.0.0.1", "WEB_TLS": str(tls / "web")}
    found = {"PROXY_TLS": str(tls / "proxy")}
    with contextlib.ExitStack() as stack:
        for service, setting in SERVICES.items():
            environment = compose.services()[service]["environment"]
            own = {
                name: value
                for name, value in environment.items()
                if name.startswith("WEB_") and name != "WEB_TLS"
            }
            with_port = {**local, **own, "PORT": str(free_port())}
            process = stack.enter_context(started(service, with_port, (groups or {}).get(service)))
            assert wait_until(lambda s=service, e=with_port: healthy(s, e), process)
            found[setting] = f"127.0.0.1:{with_port['PORT']}"
        yield found


@dataclass
class OtherWeb:
    """Somebody who has web's certificate, answers each request by a function, and keeps it."""

    address: str
    requests: list[bytes] = field(default_factory=list)


@contextlib.contextmanager
def other_web(tls: Path, answer: Callable[[bytes], bytes]) -> Iterator[OtherWeb]:
    """Answer in web's stead: ``answer`` gets the head of a request and returns what is sent before
    the line is closed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls / "server.pem", tls / "server.key")

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with (
                contextlib.suppress(OSError),
                context.wrap_socket(self.request, server_side=True) as line,
            ):
                head, _blank, body = line.recv(65536).partition(b"\r\n\r\n")
                head += b"\r\n\r\n"
                length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
                while length and len(body) < int(length[1]) and (more := line.recv(65536)):
                    body += more
                web.requests.append(head)
                line.sendall(answer(head))

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        web = OtherWeb(f"127.0.0.1:{server.server_address[1]}")
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            yield web
        finally:
            server.shutdown()
            serving.join()


@contextlib.contextmanager
def serving(**settings: str) -> Iterator[Proxy]:
    """Run the proxy by the compose file's command and environment, but for its ports, folders and
    ``settings``."""
    proxy = Proxy(free_port(), free_port())
    # Its workers run as another user, who may not enter pytest's folders.
    folder = Path(tempfile.mkdtemp(prefix="outreach-proxy-"))
    folder.chmod(0o755)
    (folder / "cache").mkdir(mode=0o755)
    container = compose.services()["proxy"]["environment"]
    env = {name: compose.filled(value, VALUES) for name, value in container.items()}
    env |= {
        **INHERITED,
        "PROXY_TEMPLATE": str(DEPLOY / "nginx.conf.template"),
        "PROXY_PAGES": str(DEPLOY / "pages"),
        "PROXY_CACHE": str(folder / "cache"),
        "PROXY_CERTIFICATES": str(folder),
        "PROXY_RESOLVER": "127.0.0.1",
        "PROXY_HTTP_PORT": str(proxy.http),
        "PROXY_HTTPS_PORT": str(proxy.https),
        "PATH": f"{os.environ['PATH']}:/usr/sbin",
        **settings,
    }
    make_proxy_certificate(folder, [HOST, MEDIA_HOST])
    try:
        # To its end, as docker does: nginx opens it once more by the name /dev/stderr.
        with (folder / "log").open("ab") as log:
            nginx = subprocess.Popen(
                [DEPLOY / "start"], env=env, stdout=log, stderr=log, start_new_session=True
            )
        try:

            def listens() -> bool:
                with contextlib.suppress(OSError), proxy.connect():
                    return True
                return False

            assert wait_until(listens, nginx), (folder / "log").read_text(errors="replace")
            yield replace(proxy, pid=nginx.pid, folder=folder)
        finally:
            os.killpg(nginx.pid, signal.SIGTERM)
            nginx.wait(timeout=30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
