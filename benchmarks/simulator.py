"""The platforms of a run in a process of their own, and the fastest caller that they could have."""

import asyncio
import contextlib
import hashlib
import hmac
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

from benchmarks.servers import free_port, listens, start, wait_until

ROOT = Path(__file__).resolve().parents[1]
LATENCY_MS = 200
CONNECTIONS = 1024
APP_SECRET = "simulator-facebook-secret"
_opener = build_opener(ProxyHandler({}))


def proof(token: str) -> str:
    return hmac.new(APP_SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()


class Simulator:
    """The three platforms in a process of their own."""

    def __init__(self, stack: contextlib.ExitStack):
        port = free_port()
        command = [sys.executable, "-m", "simulator", "--port", port]
        self.process = start(stack, command, cwd=ROOT, stdout=subprocess.DEVNULL)
        self.url = f"http://127.0.0.1:{port}"
        wait_until(lambda: listens(port), "the simulator")
        # The rows of a benchmark say the same, and Telegram's own limits are slower than what is
        # measured here.
        self.ask("/_sim/settings", {"facebook_duplicate_seconds": 0, "telegram_limits": False})

    def ask(self, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.url + path, data=data, headers={"Content-Type": "application/json"})
        with _opener.open(request, timeout=120) as answer:
            return json.load(answer)

    def latency(self, **milliseconds: float) -> None:
        self.ask("/_sim/latency", milliseconds)

    def pages(self, platform: str, number: int) -> list[dict[str, Any]]:
        return self.ask(
            "/_sim/pages",
            [{"platform": platform, "name": f"Trang {i} Bến Nắng"} for i in range(number)],
        )

    def truth(self, platform: str, pages: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return every post on these pages, seen or not."""
        page_ids = {page["external_id"] for page in pages}
        return [
            post
            for post in self.ask(f"/_sim/truth?platform={platform}")["posts"]
            if post["page"] in page_ids
        ]


class Bare:
    """The floor: one loop with 1,024 connections, all of them warm, that has nothing to do but
    send. No database, no checks, no record; proofs and addresses are reckoned before the second
    comes.

    What it sends has the shape of the portal's own calls to Facebook: a draft by ``stage``, shown
    by ``show``, taken away by ``remove``, each naming one object by its id.
    """

    def __init__(self, simulator: Simulator, pages: list[dict[str, Any]]):
        self.simulator, self.pages = simulator, pages
        self.cpu_ms = 0.0  # a call of the last round

    def run(self, rounds: Callable[["Bare"], Any]) -> Any:
        """Run ``rounds``, a coroutine function of this object, on the kind of loop that the
        portal's platform client uses.
        """
        try:
            import uvloop
        except ImportError:
            return asyncio.run(self._with_session(rounds))
        return uvloop.run(self._with_session(rounds))

    async def _with_session(self, rounds: Callable[["Bare"], Any]) -> Any:
        import aiohttp

        connector = aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=75)
        async with aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar()
        ) as self.session:
            return await rounds(self)

    async def stage(self) -> list[str]:
        form = {
            "message": "Công an không yêu cầu chuyển tiền qua điện thoại.",
            "published": "false",
        }
        answers = await self._all(
            "POST", [f"{page['external_id']}/feed" for page in self.pages], time.time(), form
        )
        return [json.loads(answer)["id"] for answer in answers]

    async def show(self, drafts: list[str], due: float) -> None:
        await self._all("POST", drafts, due, {"is_published": "true", "fields": "permalink_url"})

    async def remove(self, posts: list[str], due: float) -> None:
        await self._all("DELETE", posts, due)

    async def _all(
        self, method: str, paths: list[str], due: float, form: dict[str, str] | None = None
    ) -> list[bytes]:
        calls = []
        for path, page in zip(paths, self.pages, strict=True):
            token = page["tokens"]["access_token"]
            address = f"{self.simulator.url}/facebook/graph/v26.0/{path}"
            calls.append(
                (address, {"appsecret_proof": proof(token)}, {"Authorization": f"Bearer {token}"})
            )

        async def one(address: str, params: dict[str, str], headers: dict[str, str]) -> bytes:
            async with self.session.request(
                method, address, params=params, headers=headers, data=form
            ) as answer:
                answer.raise_for_status()
                return await answer.read()

        await asyncio.sleep(due - time.time())
        begun = time.process_time()
        answers = await asyncio.gather(*(one(*call) for call in calls))
        self.cpu_ms = (time.process_time() - begun) * 1000 / len(calls)
        return answers
