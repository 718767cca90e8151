"""Serve on one port: the platforms as path prefixes, pages for people, the control API."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from aiohttp import web

from simulator import control, pages
from simulator.consent import Handler
from simulator.hub import Hub
from simulator.platform import Platform
from simulator.platforms import PLATFORMS

LARGEST_BODY = 64 << 20
HUB = web.AppKey("hub", Hub)


def build_app(
    state: Path | None = None, public_url: str = "", platforms: Iterable[type[Platform]] = PLATFORMS
) -> web.Application:
    """Build the whole simulator as an aiohttp application."""
    hub = Hub(state, public_url, platforms)
    app = web.Application(client_max_size=LARGEST_BODY)
    app[HUB] = hub

    async def healthy(request: web.Request) -> web.Response:
        return web.Response(text="ok")

    app.router.add_get("/healthz", healthy)
    pages.add_routes(app, hub)
    for platform in hub.platforms.values():
        for path, handler in platform.pages().items():
            app.router.add_get(path, handler)
        for path, handler in platform.forms().items():
            app.router.add_post(path, handler)
        if platform.consent:
            platform.consent(platform.world, platform.spec).add_routes(app)
    control.add_routes(app, hub)
    for name, platform in hub.platforms.items():
        for mount in platform.mounts:
            app.router.add_route("*", f"{mount}{{tail:.*}}", make_call_handler(hub, name, mount))

    async def lifespan(app: web.Application) -> AsyncIterator[None]:
        keeper = asyncio.create_task(hub.keep())
        yield
        keeper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeper
        await hub.close()

    app.cleanup_ctx.append(lifespan)
    return app


def make_call_handler(hub: Hub, name: str, mount: str) -> Handler:
    """Let a platform answer the calls under one of its addresses."""

    async def handle(request: web.Request) -> web.Response:
        return await hub.serve(
            request, hub.answering(name, mount, request.match_info["tail"]), mount
        )

    return handle
