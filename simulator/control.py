"""Serve the control API under /_sim/: arrange the world, make things go wrong, show the truth."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from simulator.consent import Handler
from simulator.hub import Hub
from simulator.model import TASKS, Mistake, Page, User
from simulator.platform import Control as PlatformControl
from simulator.profiles import require_known_items
from simulator.seeding import compose, make_pictures

type Answer = Callable[[web.Request, Any], Any]


def add_routes(app: web.Application, hub: Hub) -> None:
    control = Control(hub)
    routes: dict[str, Answer] = {
        "POST /_sim/reset": control.reset,
        "POST /_sim/users": control.each(control.add_user),
        "POST /_sim/pages": control.each(control.add_page),
        "POST /_sim/comments": control.each(control.add_comment),
        "POST /_sim/posts": control.each(control.add_post),
        "DELETE /_sim/posts": control.remove_post,
        "POST /_sim/faults": control.each(control.add_fault),
        "GET /_sim/faults": control.list_faults,
        "DELETE /_sim/faults": control.delete_faults,
        "DELETE /_sim/faults/{id}": control.delete_faults,
        "GET /_sim/latency": control.latency,
        "POST /_sim/latency": control.latency,
        "GET /_sim/settings": control.settings,
        "POST /_sim/settings": control.settings,
        "POST /_sim/advance": control.advance,
        "GET /_sim/truth": control.truth,
        "GET /_sim/requests": control.requests,
        "POST /_sim/profiles": control.each(control.change_profile),
        "POST /_sim/tokens": control.each(control.connect_again),
        "POST /_sim/tokens/kill": control.kill_tokens,
        "GET /_sim/webhooks": control.webhooks,
        "POST /_sim/webhooks": control.set_up_webhooks,
    }
    for platform in hub.platforms.values():
        routes |= {
            path: control.each(control.of_platform(answer))
            for path, answer in platform.controls().items()
        }
    for route, answer in routes.items():
        method, path = route.split()
        app.router.add_route(method, path, answer_json(answer))


def answer_json(answer: Answer) -> Handler:
    """Answer JSON with JSON; a mistake is 400 with a sentence."""

    async def handle(request: web.Request) -> web.Response:
        try:
            body = json.loads(await request.read() or b"{}")
            reply = answer(request, body)
            return web.json_response(await reply if inspect.isawaitable(reply) else reply)
        except (Mistake, json.JSONDecodeError) as error:
            return web.json_response({"error": str(error)}, status=400)
        except (KeyError, TypeError, ValueError) as error:
            return web.json_response(
                {"error": f"the body does not fit: {type(error).__name__} {error}"}, status=400
            )

    return handle


class Control:
    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    @staticmethod
    def of_platform(answer: PlatformControl) -> Callable[[web.Request, dict[str, Any]], Any]:
        return lambda request, body: answer(body)

    @staticmethod
    def each(one: Callable[[web.Request, dict[str, Any]], Any]) -> Answer:
        """Accept one object or a list of them, and answer in kind."""
        return lambda request, body: (
            [one(request, item) for item in body] if isinstance(body, list) else one(request, body)
        )

    def reset(self, request: web.Request, body: Any) -> Any:
        self.hub.reset()
        return {"ok": True}

    def page(self, platform: str, external_id: str) -> Page:
        page = self.hub.world.find_page(platform, str(external_id))
        if page is None:
            raise Mistake(f"no {platform} page {external_id}")
        return page

    def user(self, user_id: str, platform: str) -> User:
        user = self.hub.world.users.get(str(user_id))
        if user is None or user.platform != platform:
            raise Mistake(f"no {platform} user {user_id}")
        return user

    def add_user(self, request: web.Request, body: dict[str, Any]) -> Any:
        platform = body["platform"]
        if platform not in self.hub.world.specs or not self.hub.world.specs[platform].has_people:
            homes = [name for name, spec in self.hub.world.specs.items() if spec.has_people]
            raise Mistake(f"users live on {', '.join(homes)}")
        items = [
            item if isinstance(item, dict) else {"external_id": item}
            for item in body.get("pages", [])
        ]
        rights = [
            (self.page(platform, item["external_id"]), item.get("tasks", list(TASKS)))
            for item in items
        ]
        user = self.hub.world.new_user(platform, body["name"])
        user.pages = {page.external_id: list(tasks) for page, tasks in rights}
        return {"platform": platform, "id": user.id, "name": user.name, "pages": list(user.pages)}

    def add_page(self, request: web.Request, body: dict[str, Any]) -> Any:
        world = self.hub.world
        platform = body["platform"]
        world.check_platform(platform)
        page = world.new_page(
            platform,
            body["name"],
            external_id=str(body.get("external_id") or ""),
            username=body.get("username") or "",
            followers=int(body.get("followers", 1000)),
            owner=self.user(body["owner"], platform) if body.get("owner") else None,
            created_at=body.get("created_at"),
        )
        if "profile" in body:
            page.profile = require_known_items(body["profile"])
        self.hub.platforms[platform].prepare(page, body)
        return {
            "platform": platform,
            "external_id": page.external_id,
            "name": page.name,
            "username": page.username,
            "owner": page.owner,
            "url": f"{world.public_url or request.url.origin()}/pages/{platform}/{page.external_id}/",  # noqa: E501
            "tokens": self.hub.platforms[platform].connect(page),
        }

    def change_profile(self, request: web.Request, body: dict[str, Any]) -> Any:
        """Change what a page tells of itself, as its people do in the platform's own app; what is
        empty is taken away. Return all of it."""
        page = self.page(body["platform"], body["page"])
        page.profile = require_known_items(page.profile | body.get("profile", {}))
        self.hub.world.dirty = True
        return page.profile

    def add_comment(self, request: web.Request, body: dict[str, Any]) -> Any:
        """Write what a resident says under a post; `parent` makes it a reply. Without a platform,
        the first one's."""
        platform = body.get("platform", next(iter(self.hub.platforms)))
        page = self.page(platform, body["page"])
        post = page.posts.get(body["post"])
        if post is None:
            raise Mistake("no such post")
        by, parent = body.get("by", "Nguyễn Thị B"), body.get("parent", "")
        comment = self.hub.platforms[platform].comment(post, body["message"], by=by, parent=parent)
        self.hub.webhooks.check(page)
        return comment

    def add_post(self, request: web.Request, body: dict[str, Any]) -> Any:
        page = self.page(body["platform"], body["page"])
        post = compose(
            self.hub,
            page,
            body["message"],
            title=body.get("title", ""),
            link=body.get("link", ""),
            created_at=body.get("created_at"),
            pictures=make_pictures(self.hub.world, body.get("images", 0)),
            by_person=body.get("by", "app") == "person",
        )
        permalink = self.hub.world.permalink(page, post, str(request.url.origin()))
        return {
            "platform": page.platform,
            "page": page.external_id,
            "id": post.id,
            "permalink": permalink,
        }

    def remove_post(self, request: web.Request, body: Any) -> Any:
        """Remove it as somebody does in the platform's own app, or the platform itself."""
        page = self.page(request.query["platform"], request.query["page"])
        if (post := page.posts.get(request.query["post"])) is None:
            raise Mistake("no such post")
        self.hub.world.remove(post)
        self.hub.webhooks.check(page)
        return {"deleted": post.id}

    def add_fault(self, request: web.Request, body: dict[str, Any]) -> Any:
        if page := body.get("page"):
            body["page"] = self.page(body["platform"], page).external_id
        return self.hub.faults.add(**body).as_json()

    def list_faults(self, request: web.Request, body: Any) -> Any:
        return {"faults": [fault.as_json() for fault in self.hub.faults.listed()]}

    def delete_faults(self, request: web.Request, body: Any) -> Any:
        one = request.match_info.get("id")
        return {"deleted": self.hub.faults.clear(int(one) if one else None)}

    def latency(self, request: web.Request, body: dict[str, float]) -> Any:
        latency = self.hub.world.latency
        for platform, milliseconds in body.items():
            self.hub.world.check_platform(platform)
            latency[platform] = float(milliseconds) / 1000
        self.hub.world.dirty |= bool(body)
        return {platform: round(seconds * 1000, 3) for platform, seconds in latency.items()}

    def settings(self, request: web.Request, body: dict[str, Any]) -> Any:
        if unknown := set(body) - set(self.hub.world.first_settings()):
            raise Mistake(f"no setting {', '.join(sorted(unknown))}")
        self.hub.world.settings |= body
        self.hub.world.dirty |= bool(body)
        return self.hub.world.settings

    def advance(self, request: web.Request, body: dict[str, float]) -> Any:
        seconds = float(body["seconds"])
        if seconds < 0:
            raise Mistake("the world only ages")
        self.hub.world.offset += seconds
        self.hub.world.dirty = True
        self.hub.webhooks.wake()
        return {"offset": self.hub.world.offset}

    def truth(self, request: web.Request, body: Any) -> Any:
        world = self.hub.world
        platform, page = request.query.get("platform", ""), request.query.get("page", "")
        return {
            "now": world.wall(),
            "posts": list(world.truth(platform, page, str(request.url.origin()))),
        }

    def requests(self, request: web.Request, body: Any) -> Any:
        return self.hub.world.requests

    async def webhooks(self, request: web.Request, body: Any) -> Any:
        """Answer once everything is reported that is due by now."""
        return await self.hub.webhooks.all_reported()

    async def set_up_webhooks(self, request: web.Request, body: dict[str, Any]) -> Any:
        return await self.hub.webhooks.set_up(**body)

    def connect_again(self, request: web.Request, body: dict[str, Any]) -> Any:
        page = self.page(body["platform"], body["page"])
        return self.hub.platforms[page.platform].connect(page)

    def kill_tokens(self, request: web.Request, body: dict[str, Any]) -> Any:
        platform, token = body["platform"], body.get("token", "")
        page = self.page(platform, body["page"]).external_id if body.get("page") else ""
        if not (page or token):
            raise Mistake("name a page or a token")
        if token and token not in self.hub.world.tokens:
            raise Mistake("no such token")
        dead = int(body.get("subcode", 460))
        return {"killed": self.hub.platforms[platform].kill(page=page, token=token, dead=dead)}
