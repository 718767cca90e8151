"""The web server: one port, the platforms as path prefixes, latency and faults around every platform call."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Protocol

from aiohttp import web

from simulator import consent, control, pages
from simulator.calls import Call, Reply
from simulator.facebook import Facebook
from simulator.faults import Fault, Faults, Plan
from simulator.images import Fetcher
from simulator.instagram import Instagram, is_ours
from simulator.state import World, write
from simulator.telegram import Telegram
from simulator.threads import Threads
from simulator.tiktok import Tiktok
from simulator.webhooks import Webhooks
from simulator.youtube import Youtube
from simulator.zalo import Zalo

LARGEST_BODY = 64 << 20
SAVE_EVERY, SAVE_AT_LATEST = 3.0, 30.0


class StandIn(Protocol):
    """What the server asks of a platform."""

    name: str

    def describe(self, call: Call) -> tuple[str, tuple[str, ...]]: ...

    async def answer(self, call: Call, plan: Plan) -> Reply: ...

    def refusal(self, fault: Fault, call: Call) -> Reply: ...


class Simulator:
    """The world, its faults and its platforms."""

    def __init__(self, path: Path | None = None, public_url: str = "") -> None:
        self.world = World(path, public_url)
        self.faults = Faults()
        self.fetcher = Fetcher()
        self.webhooks = Webhooks(self.world)
        self.world.news = self.webhooks.look
        self.last_call = 0.0
        self.stand_up()

    def stand_up(self) -> None:
        self.facebook = Facebook(self.world, self.fetcher)
        self.zalo = Zalo(self.world, self.fetcher)
        self.telegram = Telegram(self.world, self.fetcher)
        self.instagram = Instagram(self.world, self.fetcher)
        self.threads = Threads(self.world, self.fetcher)
        self.youtube = Youtube(self.world, self.fetcher)
        self.tiktok = Tiktok(self.world, self.fetcher)

    def reset(self) -> None:
        """Back to the first day. Work under way finishes on rows that nobody sees any more."""
        self.world.reset()
        self.webhooks.reset()
        self.faults = Faults()
        self.stand_up()

    async def serve(self, request: web.Request, stand_in: StandIn) -> web.Response:
        """A platform call: read whole, delayed, perhaps spoilt, counted, answered."""
        call = await Call.read(request)
        self.last_call = time.monotonic()
        call.page, operations = stand_in.describe(call)
        self.world.requests[stand_in.name][operations[0]] += 1
        plan = self.faults.plan(stand_in.name, call.page, operations)
        latency = self.world.latency[stand_in.name]
        if plan.slow:
            await asyncio.sleep(plan.slow)
        if plan.before:
            await asyncio.sleep(latency)
            return cut(request) if plan.before.kind == "drop_before" else stand_in.refusal(plan.before, call).response()
        reply = await stand_in.answer(call, plan)
        if call.method != "GET" and (page := self.world.pages[stand_in.name].get(call.page)):
            self.webhooks.look(page)
        if latency:
            await asyncio.sleep(latency)
        if plan.after:
            return await self.spoil(request, plan.after, reply, stand_in, call)
        return reply.response()

    @staticmethod
    async def spoil(request: web.Request, fault: Fault, reply: Reply, stand_in: StandIn, call: Call) -> web.Response:
        """The call was accepted; its answer does not arrive as it should."""
        match fault.kind:
            case "hang_after":
                await asyncio.sleep(fault.seconds)
                return cut(request)
            case "drop_after":
                return cut(request)
            case "truncated_json":
                body = reply.encode()
                return web.Response(body=body[: len(body) // 2], content_type="application/json")
            case "not_json":
                return web.Response(text="Service Unavailable")
        return stand_in.refusal(fault, call).response()

    async def keep(self) -> None:
        """Saves the world while it changes, in a quiet second if there is one."""
        saved_at = time.monotonic()
        while True:
            await asyncio.sleep(SAVE_EVERY)
            now = time.monotonic()
            quiet = now - self.last_call > 1 or now - saved_at > SAVE_AT_LATEST
            if self.world.path and self.world.dirty and quiet:
                self.world.dirty = False
                dumped, media = self.world.dump(), self.world.new_media()
                await asyncio.to_thread(write, self.world.path, self.world.media_folder, dumped, media)
                saved_at = time.monotonic()


def cut(request: web.Request) -> web.Response:
    """Breaks the connection; the response it returns has nowhere to go."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


SIMULATOR = web.AppKey("simulator", Simulator)


def build_app(state: Path | None = None, public_url: str = "") -> web.Application:
    """The whole simulator as an aiohttp application."""
    simulator = Simulator(state, public_url)
    app = web.Application(client_max_size=LARGEST_BODY)
    app[SIMULATOR] = simulator

    def handler(name: str) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            return await simulator.serve(request, getattr(simulator, name))

        return handle

    async def healthy(request: web.Request) -> web.Response:
        return web.Response(text="ok")

    app.router.add_get("/healthz", healthy)
    pages.add_routes(app, simulator)
    consent.add_routes(app, simulator)
    control.add_routes(app, simulator)

    async def at_facebook(request: web.Request) -> web.Response:
        """graph.facebook.com and its upload host answer for Instagram too: whose the first id is tells."""
        stand_in = simulator.instagram if is_ours(request.match_info["tail"]) else simulator.facebook
        return await simulator.serve(request, stand_in)

    app.router.add_route("*", "/facebook/graph/{tail:.*}", at_facebook)
    app.router.add_route("*", "/rupload/{tail:.*}", at_facebook)
    app.router.add_route("*", "/instagram/{tail:.*}", handler("instagram"))
    app.router.add_route("*", "/threads/{tail:.*}", handler("threads"))
    app.router.add_route("*", "/zalo/{tail:.*}", handler("zalo"))
    app.router.add_route("*", "/telegram/{tail:.*}", handler("telegram"))
    app.router.add_route("*", "/youtube/{tail:.*}", handler("youtube"))
    app.router.add_route("*", "/tiktok/{tail:.*}", handler("tiktok"))

    async def life(app: web.Application) -> AsyncIterator[None]:
        keeper = asyncio.create_task(simulator.keep())
        yield
        keeper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeper
        await simulator.webhooks.close()
        await simulator.fetcher.close()
        simulator.world.save()

    app.cleanup_ctx.append(life)
    return app
