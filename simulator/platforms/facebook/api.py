"""Play Facebook Pages: what of the Graph API publishing, reading back and counting need."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from simulator.calls import Call, Reply
from simulator.faults import Fault, Plan
from simulator.model import Mistake, Page, Post, Token
from simulator.platform import Control, Platform
from simulator.platforms.facebook.access import Access
from simulator.platforms.facebook.accounts import PAGE_FIELDS, Accounts
from simulator.platforms.facebook.comments import Comments
from simulator.platforms.facebook.consent import FacebookConsent
from simulator.platforms.facebook.insights import Insights
from simulator.platforms.facebook.oauth import OAuth, make_token_pair
from simulator.platforms.facebook.reading import POST_FIELDS, Reading
from simulator.platforms.facebook.spec import APPS, SCOPES, FacebookSpec
from simulator.platforms.facebook.uploads import Uploads
from simulator.platforms.facebook.videos import Videos
from simulator.platforms.facebook.webhooks import FacebookReporter
from simulator.platforms.facebook.writing import Writing
from simulator.platforms.meta.graph import (
    GraphError,
    check_version,
    dead_token,
    missing_object,
    parse_fields,
    read_token_text,
)

LARGEST_BATCH = 50


class Facebook(Platform):
    spec = FacebookSpec()
    mounts = ("/facebook/graph/", "/rupload/")
    consent = FacebookConsent
    reporter = FacebookReporter

    def reset(self) -> None:
        self.access = Access(self.world)
        self.oauth = OAuth(self.access)
        self.accounts = Accounts(self.access)
        self.comments = Comments(self.access)
        self.reading = Reading(self.access, self.comments)
        self.writing = Writing(self.access, self.reading, self.fetcher)
        self.uploads = Uploads(self.world, self.fetcher)
        self.videos = Videos(self.access, self.uploads, self.writing, self.comments)
        self.insights = Insights(self.world)

    def describe(self, call: Call) -> tuple[str, tuple[str, ...]]:
        """Name the page that a call is about and what it does there, before anything is checked."""
        path = self.segments(call)
        if not path:
            return "", ("find",)
        head, edge = path[0], path[1] if len(path) > 1 else ""
        if head in ("oauth", "debug_token"):
            return "", ("token",)
        if video := self.videos.describe(call, path):
            return video[0], (video[1],)
        if (remark := self.comments.find(head)) or edge == "comments":
            page = remark[0].external_id if remark else head.partition("_")[0]
            return page, (
                "find"
                if call.method == "GET"
                else "withdraw"
                if call.method == "DELETE"
                else "edit",
            )
        page = head.partition("_")[0]
        if head == "me":
            token = self.world.tokens.get(read_token_text(call))
            page = token.page if token else ""
        if edge == "subscribed_apps":
            return page, ("connect",)
        if call.method == "DELETE":
            return page, ("withdraw",)
        if call.method == "POST":
            return page, (self.describe_write(call, head, edge),)
        if head == "me" and edge != "feed":
            return page, ("connect",)
        if edge == "insights" or (
            not edge
            and re.search(r"reactions|comments|shares|followers|fan_count", call.text("fields"))
        ):
            return page, ("measure",)
        return page, ("find" if edge or "_" in head else "connect",)

    def describe_write(self, call: Call, head: str, edge: str) -> str:
        if edge in ("feed", "photos"):
            return "publish" if call.flag("published", True) else "stage"
        return "publish" if call.flag("is_published") else "edit"

    @staticmethod
    def segments(call: Call) -> list[str]:
        path = [part for part in call.path.split("/") if part]
        return path[1:] if path and re.fullmatch(r"v\d+\.\d+", path[0]) else path

    async def answer(self, call: Call, plan: Plan) -> Reply:
        try:
            check_version(call.path, self.world.settings["facebook_oldest_version"])
            reply = Reply(await self.dispatch(call, plan))
        except GraphError as error:
            reply = error.reply()
        reply.headers |= self.access.usage_headers(call.page)
        return reply

    def refusal(self, fault: Fault, call: Call) -> Reply:
        """Show an injected fault as Facebook would."""
        match fault.kind:
            case "rate_limit":
                reply = self.access.too_many_calls().reply()
                reply.headers |= self.access.usage_headers(call.page, full_for=fault.retry_after)
                return reply
            case "expired_token":
                error = dead_token(463, "")
            case "kill_token":
                self.world.kill_tokens(
                    platform=self.name, token=read_token_text(call), dead=fault.subcode
                )
                error = dead_token(fault.subcode, "")
            case "refuse" if fault.code:
                error = GraphError(
                    fault.words or "The request was refused.",
                    fault.code,
                    fault.subcode,
                    is_transient=False,
                )
            case "refuse":
                error = GraphError(
                    ("(#368) The action attempted has been deemed abusive or is " "otherwise " "disallowed"), 368, 1346003,  # noqa: E501
                    is_transient=False, error_user_title="Bạn tạm thời bị chặn",
                    error_user_msg="Nội dung bị từ chối.",
                )  # fmt: skip
            case "duplicate":
                error = self.writing.duplicate()
            case _:
                error = GraphError(
                    "An unexpected error has occurred. Please retry your request later.",
                    2,
                    status=fault.status,
                    is_transient=True,
                )
        return error.reply()

    async def dispatch(self, call: Call, plan: Plan) -> Any:
        """Answer what needs no token or reads its own; the rest is about one object."""
        match call.method, self.segments(call):
            case _, ["oauth", "access_token"]:
                return self.oauth.grant(call)
            case "GET", ["debug_token"]:
                return self.oauth.debug_token(call)
            case "GET", [] if call.text("ids"):
                return self.reading.read_many(call)
            case "POST", [] if call.text("batch"):
                return [
                    await self.one_of_batch(call, request, plan) for request in self.batched(call)
                ]
            case _, []:
                raise GraphError("Unknown path components", 2500)
            case _, ["video-upload", *rest]:
                return await self.uploads.receive(call, rest[-1] if rest else "")
            case _, [upload] if upload.startswith("upload:"):
                return self.uploads.append(call, upload)
            case _, [head, *rest]:
                return await self.node(call, plan, head, rest[0] if rest else "")

    async def node(self, call: Call, plan: Plan, head: str, edge: str) -> Any:
        """Answer a call about one object, which its id tells: a person, a page, a post, a video, a
        comment, …
        """
        token = self.access.token(call)
        if head == "me":
            head = token.page or token.user
        if token.kind == "user" and head == token.user:
            return self.accounts.me(call, token, edge)
        if (page := self.world.pages[self.name].get(head.partition("_")[0])) is not None:
            self.access.count(page)
            if "_" in head:
                return self.post_edge(call, plan, token, page, head, edge)
            return await self.page_edge(call, plan, token, page, edge)
        if (video := self.uploads.find(head)) is not None:
            return self.videos.node(call, plan, token, video, edge)
        if (remark := self.comments.find(head)) is not None:
            return self.comments.node(call, token, *remark, edge)
        if head in self.world.businesses:
            return self.accounts.business_edge(call, token, self.world.businesses[head], edge)
        if head in APPS and edge == "uploads" and call.method == "POST":
            return self.uploads.session(call, token)
        if head in self.world.photos:
            return self.writing.photo_node(call, token, self.world.photos[head])
        raise missing_object(head, call.method.lower())

    @staticmethod
    def batched(call: Call) -> list[dict[str, Any]]:
        batch = call.nested("batch")
        if not isinstance(batch, list) or not all(isinstance(entry, dict) for entry in batch):
            raise GraphError("(#100) param batch must be an array.", 100)
        if len(batch) > LARGEST_BATCH:
            raise GraphError("Too many requests in batch message. Maximum batch size is 50", 1)
        return batch

    async def one_of_batch(
        self, call: Call, requested: dict[str, Any], plan: Plan
    ) -> dict[str, Any]:
        """Answer one call of a batch as if it had come alone, with the batch's own token unless it
        names one."""
        address = urlsplit(str(requested.get("relative_url", "")))
        own = {
            name: call.text(name) for name in ("access_token", "appsecret_proof") if call.text(name)
        }
        params = (
            own | dict(parse_qsl(address.query)) | dict(parse_qsl(str(requested.get("body", ""))))
        )
        method, path = str(requested.get("method", "GET")).upper(), address.path.lstrip("/")
        one = replace(call, method=method, path=path, params=params, files={}, body=None)
        one.page, _ = self.describe(one)
        reply = await self.answer(one, plan)
        answer: dict[str, Any] = {"code": reply.status, "body": reply.encode().decode()}
        if call.flag("include_headers", True):
            answer["headers"] = [
                {"name": name, "value": value} for name, value in reply.headers.items()
            ]
        return answer

    async def page_edge(
        self, call: Call, plan: Plan, token: Token, page: Page, edge: str
    ) -> dict[str, Any]:
        if not edge and call.method == "GET":
            fields = parse_fields(call.text("fields") or "id,name", PAGE_FIELDS, "Page")
            return self.accounts.page_view(page, fields, token, call)
        if not edge and call.method == "POST":
            return self.accounts.change(call, token, page)
        if edge == "subscribed_apps":
            return self.accounts.subscriptions(call, token, page)
        self.access.check_page_token(token, page, writes=call.method == "POST")
        match call.method, edge:
            case "POST", "feed":
                return self.writing.publish(call, plan, page, self.writing.attached(call, page))
            case "POST", "photos":
                return await self.writing.upload_photo(call, plan, page)
            case "POST", "videos" | "video_reels" | "video_stories" | "photo_stories":
                return await self.videos.page_edge(call, plan, page, edge)
            case "GET", "videos" | "video_reels" | "stories":
                return self.videos.listing(call, plan, page, edge)
            case "GET", "scheduled_posts":
                now = self.world.world()
                waiting = [post for post in page.posts.values() if post.state(now) == "scheduled"]
                return self.reading.listing(call, page, waiting, token)
            case "GET", "feed":
                unseen = [
                    post
                    for post in page.posts.values()
                    if post.state(self.world.world()) == "unpublished"
                ]
                return self.reading.listing(
                    call, page, self.reading.feed(page, plan) + unseen, token
                )
            case "GET", "published_posts" | "posts":
                return self.reading.listing(call, page, self.reading.feed(page, plan), token)
            case "GET", "insights":
                return self.insights.page_insights(call, token, page)
        raise missing_object(f"{page.external_id}/{edge}", call.method.lower())

    def post_edge(
        self, call: Call, plan: Plan, token: Token, page: Page, post_id: str, edge: str
    ) -> dict[str, Any]:
        post = page.posts.get(post_id)
        own = token.kind == "page" and token.page == page.external_id
        if (
            post is None
            or post.gone(self.world.world())
            or not (own or post.visible(self.world.world()))
        ):
            raise missing_object(post_id, call.method.lower())
        if (call.method != "GET" and edge != "comments") or edge == "insights":
            self.access.check_page_token(token, page, writes=call.method != "GET")
        match call.method, edge:
            case "GET", "":
                fields = parse_fields(
                    call.text("fields") or "id,created_time,message", POST_FIELDS, "Post"
                )
                return self.reading.post_view(page, post, fields, call)
            case "GET", "insights":
                return self.insights.post_insights(call, token, page, post)
            case "GET" | "POST", "comments":
                return self.comments.edge(call, token, page, post)
            case "POST", "":
                return self.writing.change(call, plan, page, post)
            case "DELETE", "":
                self.world.remove(post, after=plan.late)
                return {"success": True}
        raise missing_object(f"{post_id}/{edge}", call.method.lower())

    # What the control API arranges

    def connect(self, page: Page) -> dict[str, Any]:
        return make_token_pair(self.world, page, SCOPES)

    def compose(self, page: Page, post: Post, number: int) -> None:
        post.id, post.app = f"{page.external_id}_{122_100_000_000_000 + number}", next(iter(APPS))

    def comment(self, post: Post, text: str, *, by: str, parent: str = "") -> dict[str, Any]:
        return self.comments.write(post, text, by=by, parent=parent)

    def controls(self) -> dict[str, Control]:
        return {"POST /_sim/businesses": self.add_business}

    def add_business(self, given: dict[str, Any]) -> dict[str, Any]:
        """Make a portfolio that holds pages: `people` may see it, `owned_pages` and `client_pages`
        are its pages.

        `listed`: people find them among their own pages too.
        """
        business: dict[str, Any] = {
            "id": str(106_000_000_000_000 + self.world.next_number()),
            "name": given["name"],
        }
        business["listed"] = bool(given.get("listed"))
        business["people"] = [self.person(person) for person in given.get("people", [])]
        for edge in ("owned_pages", "client_pages"):
            business[edge] = [self.page_id(key) for key in given.get(edge, [])]
        self.world.businesses[business["id"]] = business
        self.world.dirty = True
        return business

    def person(self, user_id: str) -> str:
        user = self.world.users.get(str(user_id))
        if user is None or user.platform != self.name:
            raise Mistake(f"no {self.name} user {user_id}")
        return user.id

    def page_id(self, external_id: str) -> str:
        page = self.world.find_page(self.name, str(external_id))
        if page is None:
            raise Mistake(f"no {self.name} page {external_id}")
        return page.external_id
