"""The control API under /_sim/: arranges the world, makes things go wrong, tells what really happened."""

from __future__ import annotations

import base64
import binascii
import inspect
import json
import time
from collections.abc import Awaitable, Callable
from html import escape
from typing import TYPE_CHECKING, Any

from aiohttp import web

from simulator import images
from simulator.state import (
    BOT_USERNAME,
    FACEBOOK_APPS,
    FACEBOOK_TASKS,
    PLATFORMS,
    SETTINGS,
    TELEGRAM_RIGHTS,
    ZALO_APPS,
    Interval,
    Mistake,
    Page,
    Picture,
    Post,
    User,
)

if TYPE_CHECKING:
    from simulator.server import Simulator

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def add_routes(app: web.Application, simulator: Simulator) -> None:
    control = Control(simulator)
    routes: dict[str, Callable[[web.Request, Any], Any]] = {
        "POST /_sim/reset": control.reset,
        "POST /_sim/users": control.each(control.add_user),
        "POST /_sim/pages": control.each(control.add_page),
        "POST /_sim/businesses": control.each(control.add_business),
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
        "POST /_sim/tokens": control.each(control.connect_again),
        "POST /_sim/tokens/kill": control.kill_tokens,
        "GET /_sim/webhooks": control.webhooks,
        "POST /_sim/webhooks": control.set_up_webhooks,
        "POST /_sim/messages": control.each(control.add_message),
    }
    for route, answer in routes.items():
        method, path = route.split()
        app.router.add_route(method, path, as_json(answer))


def as_json(answer: Callable[[web.Request, Any], Any]) -> Handler:
    """JSON in, JSON out; a mistake is 400 with a sentence."""

    async def handle(request: web.Request) -> web.Response:
        try:
            body = json.loads(await request.read() or b"{}")
            told = answer(request, body)
            return web.json_response(await told if inspect.isawaitable(told) else told)
        except (Mistake, json.JSONDecodeError) as error:
            return web.json_response({"error": str(error)}, status=400)
        except (KeyError, TypeError, ValueError) as error:
            return web.json_response({"error": f"the body does not fit: {type(error).__name__} {error}"}, status=400)

    return handle


class Control:
    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator

    @staticmethod
    def each(one: Callable[[web.Request, dict[str, Any]], Any]) -> Callable[[web.Request, Any], Any]:
        """Accepts one object or a list of them, and answers in kind."""
        return lambda request, body: (
            [one(request, item) for item in body] if isinstance(body, list) else one(request, body)
        )

    def reset(self, request: web.Request, body: Any) -> Any:
        self.simulator.reset()
        return {"ok": True}

    def page(self, platform: str, external_id: str) -> Page:
        page = self.simulator.world.find_page(platform, str(external_id))
        if page is None:
            raise Mistake(f"no {platform} page {external_id}")
        return page

    def user(self, user_id: str, platform: str) -> User:
        user = self.simulator.world.users.get(str(user_id))
        if user is None or user.platform != platform:
            raise Mistake(f"no {platform} user {user_id}")
        return user

    def add_user(self, request: web.Request, body: dict[str, Any]) -> Any:
        platform = body["platform"]
        if platform not in PLATFORMS or platform == "telegram":
            raise Mistake("users live on any platform but telegram")
        wanted = [item if isinstance(item, dict) else {"external_id": item} for item in body.get("pages", [])]
        found = [(self.page(platform, item["external_id"]), item.get("tasks", list(FACEBOOK_TASKS))) for item in wanted]
        user = self.simulator.world.new_user(platform, body["name"])
        user.pages = {page.external_id: list(tasks) for page, tasks in found}
        return {"platform": platform, "id": user.id, "name": user.name, "pages": list(user.pages)}

    def add_page(self, request: web.Request, body: dict[str, Any]) -> Any:
        world = self.simulator.world
        platform = body["platform"]
        if platform not in PLATFORMS:
            raise Mistake(f"platform is one of {', '.join(PLATFORMS)}")
        page = world.new_page(
            platform,
            body["name"],
            external_id=str(body.get("external_id") or ""),
            username=body.get("username") or "",
            followers=int(body.get("followers", 1000)),
            owner=self.user(body["owner"], platform) if body.get("owner") else None,
            created_at=body.get("created_at"),
        )
        if platform == "instagram" and body.get("facebook_page"):
            linked = self.page("facebook", body["facebook_page"])
            linked.details["instagram"], page.details["facebook_page"] = page.external_id, linked.external_id
        if platform == "telegram" and body.get("discussion"):
            page.details["linked_chat"] = -1_009_000_000_000 - world.next_number()
        return {
            "platform": platform,
            "external_id": page.external_id,
            "name": page.name,
            "username": page.username,
            "owner": page.owner,
            "url": f"{world.public_url or request.url.origin()}/pages/{platform}/{page.external_id}/",
            "tokens": world.connect(page),
        }

    def add_business(self, request: web.Request, body: dict[str, Any]) -> Any:
        """A portfolio at Meta that holds pages: `people` may see it, `owned_pages` and `client_pages` are its pages.
        `listed`: people find them among their own pages too."""
        world = self.simulator.world
        business: dict[str, Any] = {"id": str(106_000_000_000_000 + world.next_number()), "name": body["name"]}
        business["listed"] = bool(body.get("listed"))
        business["people"] = [self.user(each, "facebook").id for each in body.get("people", [])]
        for edge in ("owned_pages", "client_pages"):
            business[edge] = [self.page("facebook", each).external_id for each in body.get(edge, [])]
        world.businesses[business["id"]] = business
        world.dirty = True
        return business

    def add_comment(self, request: web.Request, body: dict[str, Any]) -> Any:
        """What a resident writes under a post on Facebook, Instagram or Threads; `parent` makes it a reply."""
        platform = body.get("platform", "facebook")
        page = self.page(platform, body["page"])
        post = page.posts.get(body["post"])
        if post is None:
            raise Mistake("no such post")
        by, parent = body.get("by", "Nguyễn Thị B"), body.get("parent", "")
        write = self.simulator.facebook.comments.write
        if platform in ("instagram", "threads"):
            write = getattr(self.simulator, platform).new_comment
        comment = write(post, body["message"], by=by, parent=parent)
        self.simulator.webhooks.look(page)
        return comment

    def add_message(self, request: web.Request, body: dict[str, Any]) -> Any:
        """What a resident does to an official account at Zalo: writes to it, or follows it."""
        page, event = self.page("zalo", body["page"]), body.get("event", "user_send_text")
        number = self.simulator.world.next_number()
        person, by_app = str(2_468_458_835_291_970_000 + number), str(5_521_772_797_177_270_000 + number)
        now = str(time.time_ns() // 10**6)
        told: dict[str, Any] = {"event_name": event, "user_id_by_app": by_app, "timestamp": now}
        match event:
            case "follow" | "unfollow":
                told |= {"oa_id": page.external_id, "follower": {"id": person}, "source": "oa_profile"}
            case "user_send_text":
                told |= {"sender": {"id": person}, "recipient": {"id": page.external_id}}
                told["message"] = {"text": body["message"], "msg_id": f"{number:012x}"}
            case _:
                raise Mistake("event is follow, unfollow or user_send_text")
        page.details.setdefault("events", []).append(told)
        self.simulator.webhooks.look(page)
        return told

    def add_post(self, request: web.Request, body: dict[str, Any]) -> Any:
        page = self.page(body["platform"], body["page"])
        post = compose(
            self.simulator,
            page,
            body["message"],
            title=body.get("title", ""),
            link=body.get("link", ""),
            created_at=body.get("created_at"),
            pictures=pictures(self.simulator, body.get("images", 0)),
            by_person=body.get("by", "app") == "person",
        )
        permalink = self.simulator.world.permalink(page, post, str(request.url.origin()))
        return {"platform": page.platform, "page": page.external_id, "id": post.id, "permalink": permalink}

    def remove_post(self, request: web.Request, body: Any) -> Any:
        """As somebody does in the platform's own app, or the platform itself."""
        page = self.page(request.query["platform"], request.query["page"])
        if (post := page.posts.get(request.query["post"])) is None:
            raise Mistake("no such post")
        self.simulator.world.remove(post)
        self.simulator.webhooks.look(page)
        return {"deleted": post.id}

    def add_fault(self, request: web.Request, body: dict[str, Any]) -> Any:
        if page := body.get("page"):
            body["page"] = self.page(body["platform"], page).external_id
        return self.simulator.faults.add(**body).told()

    def list_faults(self, request: web.Request, body: Any) -> Any:
        return {"faults": [fault.told() for fault in self.simulator.faults.listed()]}

    def delete_faults(self, request: web.Request, body: Any) -> Any:
        one = request.match_info.get("id")
        return {"deleted": self.simulator.faults.clear(int(one) if one else None)}

    def latency(self, request: web.Request, body: dict[str, float]) -> Any:
        latency = self.simulator.world.latency
        for platform, milliseconds in body.items():
            if platform not in latency:
                raise Mistake(f"platform is one of {', '.join(PLATFORMS)}")
            latency[platform] = float(milliseconds) / 1000
        self.simulator.world.dirty |= bool(body)
        return {platform: round(seconds * 1000, 3) for platform, seconds in latency.items()}

    def settings(self, request: web.Request, body: dict[str, Any]) -> Any:
        if unknown := set(body) - set(SETTINGS):
            raise Mistake(f"no setting {', '.join(sorted(unknown))}")
        self.simulator.world.settings |= body
        self.simulator.world.dirty |= bool(body)
        return self.simulator.world.settings

    def advance(self, request: web.Request, body: dict[str, float]) -> Any:
        seconds = float(body["seconds"])
        if seconds < 0:
            raise Mistake("the world only ages")
        self.simulator.world.offset += seconds
        self.simulator.world.dirty = True
        self.simulator.webhooks.wake()
        return {"offset": self.simulator.world.offset}

    def truth(self, request: web.Request, body: Any) -> Any:
        world = self.simulator.world
        platform, page = request.query.get("platform", ""), request.query.get("page", "")
        return {"now": world.wall(), "posts": list(world.truth(platform, page, str(request.url.origin())))}

    def requests(self, request: web.Request, body: Any) -> Any:
        return self.simulator.world.requests

    async def webhooks(self, request: web.Request, body: Any) -> Any:
        """Once everything is told that is due by now."""
        return await self.simulator.webhooks.settled()

    async def set_up_webhooks(self, request: web.Request, body: dict[str, Any]) -> Any:
        return await self.simulator.webhooks.set_up(**body)

    def connect_again(self, request: web.Request, body: dict[str, Any]) -> Any:
        page = self.page(body["platform"], body["page"])
        if page.platform == "telegram":
            page.details["bot"] = {"status": "administrator"} | dict.fromkeys(TELEGRAM_RIGHTS, True)
        return self.simulator.world.connect(page)

    def kill_tokens(self, request: web.Request, body: dict[str, Any]) -> Any:
        platform, token = body["platform"], body.get("token", "")
        page = self.page(platform, body["page"]).external_id if body.get("page") else ""
        if not (page or token):
            raise Mistake("name a page or a token")
        if token and token not in self.simulator.world.tokens:
            raise Mistake("no such token")
        dead = int(body.get("subcode", 460))
        return {"killed": self.simulator.world.kill_tokens(platform=platform, page=page, token=token, dead=dead)}


def pictures(simulator: Simulator, wanted: int | list[Any]) -> list[Picture]:
    """So many plain ones, or those that come along in base64."""
    world = simulator.world
    if isinstance(wanted, int):
        files = [(images.plain_png(world.next_number()), "") for _ in range(wanted)]
    else:
        items = [item if isinstance(item, dict) else {"base64": item} for item in wanted]
        try:
            files = [(base64.b64decode(item["base64"], validate=True), item.get("alt", "")) for item in items]
        except binascii.Error as error:
            raise Mistake(f"an image is not base64: {error}") from None
    return [
        Picture(world.keep_media(data), alt=alt, id=str(122_100_000_000_000 + world.next_number()))
        for data, alt in files
    ]


def compose(
    simulator: Simulator,
    page: Page,
    message: str,
    *,
    title: str = "",
    link: str = "",
    created_at: float | None = None,
    pictures: list[Picture] | None = None,
    by_person: bool = False,
) -> Post:
    """A post that is simply there, as of `created_at`: seeded, or put up by a person in the platform's own app."""
    world = simulator.world
    born = world.wall() if created_at is None else float(created_at)
    number = world.next_number()
    post = Post("", message, born, title=title, link=link, pictures=pictures or [], requests=0)
    match page.platform:
        case "facebook":
            post.id, post.app = f"{page.external_id}_{122_100_000_000_000 + number}", next(iter(FACEBOOK_APPS))
        case "zalo":
            post.id, post.app = f"{number:032x}", next(iter(ZALO_APPS))
            post.title = title or message.strip().partition("\n")[0][:150]
            body = [{"type": "text", "content": f"<p>{escape(message).replace('\n', '<br>')}</p>"}]
            post.details = {
                "exists_from": born + world.offset,
                "type": "normal",
                "author": page.name,
                "description": message.strip().partition("\n")[0][:300],
            }
            post.details |= {"body": body, "comment": "show"}
        case "instagram" | "threads":
            post.id, post.app = str(18_000_000_000_000_000 + number), page.platform
            if page.platform == "instagram" and not post.pictures:
                post.pictures = [Picture(world.keep_media(images.plain_png(number)))]
            many = len(post.pictures) > 1
            kind = "CAROUSEL_ALBUM" if many else "IMAGE" if post.pictures else "TEXT_POST"
            post.details = {"type": kind, "product": "FEED" if page.platform == "instagram" else "THREADS"}
        case "youtube":
            simulator.youtube.compose(page, post)
        case "tiktok":
            simulator.tiktok.compose(page, post)
        case "telegram":
            post.message_ids = [world.next_message_id(page) for _ in range(max(1, len(post.pictures)))]
            post.id, post.app = str(post.message_ids[0]), BOT_USERNAME
            post.details = {"entities": [], "protected": False, "removed": []}
            if len(post.message_ids) > 1:
                post.details["album"] = f"137{number:014d}"
                post.pictures[0].caption = message
            page.message_ids |= {str(message_id): post.id for message_id in post.message_ids}
    if by_person:
        post.app = ""
    page.posts[post.id] = post
    post.intervals = [Interval(born, born + world.offset)]
    world.dirty = True
    if by_person and page.platform == "telegram":
        simulator.telegram.person_posts(page, post)
    simulator.webhooks.look(page)
    return post
