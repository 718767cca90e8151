"""python -m simulator --port 8100 [--host 127.0.0.1] [--state PATH] [--public-url URL]
[--media-host HOST]
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import socket
import sys
from pathlib import Path

from aiohttp import web

from simulator.server import HUB, build_app


def open_listening_socket(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    sock.listen(4096)
    return sock


def make_event_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def main() -> int:
    parser = argparse.ArgumentParser(prog="simulator", description="Stands in for the platforms.")
    parser.add_argument("--port", type=int, default=8100)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--state", type=Path, help="file that keeps the world between runs")
    parser.add_argument(
        "--public-url",
        default="",
        help="address that permalinks begin with, if not the caller's own",
    )
    parser.add_argument(
        "--media-host",
        action="append",
        default=[],
        help="another host that pictures may come from, beside this machine",
    )
    options = parser.parse_args()
    try:
        sock = open_listening_socket(options.host, options.port)
    except OSError as error:
        print(
            f"The simulator cannot listen on {options.host}:{options.port}: {error.strerror}.",
            file=sys.stderr,
        )
        return 2
    # The world only grows, and looking through it for garbage again and again would slow every
    # answer.
    gc.set_threshold(100_000, 50, 100)
    loop = make_event_loop()
    asyncio.set_event_loop(loop)
    print(f"Simulator on http://{options.host}:{options.port}/pages/", flush=True)
    app = build_app(options.state, options.public_url)
    settings = app[HUB].world.settings
    settings["image_hosts"] = sorted({*settings["image_hosts"], *options.media_host})
    web.run_app(
        app, sock=sock, loop=loop, access_log=None, print=None, shutdown_timeout=1, backlog=4096
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
