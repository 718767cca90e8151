"""Hold the world, its faults and its platforms together, and lead each call through them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from pathlib import Path

from aiohttp import web

from simulator.calls import Call, Reply
from simulator.faults import Fault, Faults
from simulator.images import Fetcher
from simulator.platform import Platform
from simulator.webhooks import Webhooks
from simulator.world import World, write

SAVE_EVERY, SAVE_AT_LATEST = 3.0, 30.0


class Hub:
    """Hold the world, its faults and its platforms together."""

    def __init__(
        self, path: Path | None, public_url: str, platforms: Iterable[type[Platform]]
    ) -> None:
        kinds = list(platforms)
        self.world = World({kind.spec.name: kind.spec for kind in kinds}, path, public_url)
        self.faults = Faults(tuple(self.world.specs))
        self.fetcher = Fetcher()
        self.platforms = {kind.spec.name: kind(self.world, self.fetcher) for kind in kinds}
        reporters = {kind.spec.name: kind.reporter(self.world) for kind in kinds if kind.reporter}
        self.webhooks = Webhooks(self.world, reporters)
        self.world.on_change = self.webhooks.check
        self.last_call = 0.0

    def reset(self) -> None:
        """Go back to the first day. Work under way finishes on rows that nobody sees any more."""
        self.world.reset()
        self.webhooks.reset()
        self.faults = Faults(tuple(self.world.specs))
        for platform in self.platforms.values():
            platform.reset()

    def answering(self, name: str, mount: str, tail: str) -> Platform:
        """Find who answers a call at an address: its owner, unless another platform claims what it
        is about."""
        guests = (platform for platform in self.platforms.values() if platform.claims(mount, tail))
        return next(guests, self.platforms[name])

    async def serve(self, request: web.Request, platform: Platform, mount: str) -> web.Response:
        """Answer a platform call: read whole, delayed, perhaps spoilt, counted."""
        call = await Call.read(request, mount)
        self.last_call = time.monotonic()
        call.page, operations = platform.describe(call)
        self.world.requests[platform.name][operations[0]] += 1
        plan = self.faults.plan(platform.name, call.page, operations)
        latency = self.world.latency[platform.name]
        if plan.slow:
            await asyncio.sleep(plan.slow)
        if plan.before:
            await asyncio.sleep(latency)
            return (
                cut(request)
                if plan.before.kind == "drop_before"
                else platform.refusal(plan.before, call).response()
            )
        reply = await platform.answer(call, plan)
        if call.method != "GET" and (page := self.world.pages[platform.name].get(call.page)):
            self.webhooks.check(page)
        if latency:
            await asyncio.sleep(latency)
        if plan.after:
            return await self.spoil(request, plan.after, reply, platform, call)
        return reply.response()

    @staticmethod
    async def spoil(
        request: web.Request, fault: Fault, reply: Reply, platform: Platform, call: Call
    ) -> web.Response:
        """Spoil the answer to a call that was accepted."""
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
        return platform.refusal(fault, call).response()

    async def keep(self) -> None:
        """Save the world while it changes, in a quiet second if there is one."""
        saved_at = time.monotonic()
        while True:
            await asyncio.sleep(SAVE_EVERY)
            now = time.monotonic()
            quiet = now - self.last_call > 1 or now - saved_at > SAVE_AT_LATEST
            if self.world.path and self.world.dirty and quiet:
                self.world.dirty = False
                dumped, media = self.world.dump(), self.world.new_media()
                await asyncio.to_thread(
                    write, self.world.path, self.world.media_folder, dumped, media
                )
                saved_at = time.monotonic()

    async def close(self) -> None:
        await self.webhooks.close()
        await self.fetcher.close()
        self.world.save()


def cut(request: web.Request) -> web.Response:
    """Break the connection; the response it returns has nowhere to go."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
