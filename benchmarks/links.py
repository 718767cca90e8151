"""Short links: how many redirects a second of processor time gives, each counted.

    python -m benchmarks.links [--n 20000]

The floor is a bare WSGI function that redirects, in the same gunicorn, with the same clients. Once
all is answered, the stored clicks are compared with the requests.
"""

import argparse
import contextlib
import socket
import subprocess
import sys
import threading
from typing import Any

from benchmarks.servers import free_port, listens, start, stop, wait_until
from benchmarks.stage import ROOT, Stage, run
from benchmarks.usage import TICK_SECONDS, cpu_seconds

CLIENTS = 4
AGENT = "Mozilla/5.0 (Linux; Android 14) Chrome/130 Mobile"
FLOOR = "benchmarks.links:redirect"
PORTAL = "outreach_portal.wsgi"


def redirect(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Redirect every request to one address: the floor."""
    start_response("302 Found", [("Location", "https://bocongan.gov.vn/"), ("Content-Length", "0")])
    return [b""]


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--n", type=int, default=20_000)


def measure(stage: Stage, options: argparse.Namespace) -> str:
    from django.utils import timezone

    from links.models import ClickCount, Link

    row = stage.rows.fill("telegram", 1)[0]
    link = Link.objects.create(
        unit=row.unit,
        code="abcdefg",
        title="benchmark",
        target="https://bocongan.gov.vn/",
        created_by=row.post.author,
        created_at=timezone.now(),
    )
    share = options.n // CLIENTS
    with contextlib.ExitStack() as stack:
        floor = _per_core(stage, stack, FLOOR, share)
        ours = _per_core(stage, stack, PORTAL, share)
    counted = sum(ClickCount.objects.filter(link=link).values_list("clicks", flat=True))
    return (
        f"links n={share * CLIENTS} per_core={ours:.0f} floor_per_core={floor:.0f} "
        f"ratio={floor / ours:.2f} counted={counted}"
    )


def _per_core(stage: Stage, stack: contextlib.ExitStack, application: str, count: int) -> float:
    """Return the answers a second of the server's processor time, once it is warm."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--no-control-socket", "-b", f"127.0.0.1:{port}"]
    command += ["-k", "gthread", "--threads", "8", "--keep-alive", "30", application]
    environment = stage.environment | {"ALLOWED_HOSTS": "127.0.0.1"}
    server = start(stack, command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    wait_until(lambda: listens(port), application)
    _follow(port, 50)
    before = cpu_seconds(server.pid)
    clients = [threading.Thread(target=_follow, args=(port, count)) for _number in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    spent = max(cpu_seconds(server.pid) - before, TICK_SECONDS)
    stop(server)
    return count * CLIENTS / spent


def _follow(port: int, times: int) -> None:
    request = (
        f"GET /l/abcdefg HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: {AGENT}\r\n\r\n"
    ).encode()
    with socket.create_connection(("127.0.0.1", port)) as line:
        for _number in range(times):
            line.sendall(request)
            head = b""
            while b"\r\n\r\n" not in head:
                head += line.recv(4096)
            if b" 302 " not in head.split(b"\r\n")[0]:
                raise SystemExit(head.decode())


if __name__ == "__main__":
    run(sys.modules[__name__])
