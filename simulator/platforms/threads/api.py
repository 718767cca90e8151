"""Play Threads: containers, published in a second step; replies; counting."""

from __future__ import annotations

import re
from typing import Any

from simulator.calls import Call
from simulator.faults import Fault, Plan
from simulator.model import Page, Post, Token
from simulator.platforms.meta.containers import ContainerPlatform
from simulator.platforms.meta.graph import GraphError, check_alive
from simulator.platforms.threads.consent import ThreadsConsent
from simulator.platforms.threads.errors import missing, unsupported, wrong
from simulator.platforms.threads.insights import Insights
from simulator.platforms.threads.posts import POST_FIELDS, Posts
from simulator.platforms.threads.replies import Replies
from simulator.platforms.threads.spec import APPS, SCOPES, ThreadsSpec
from simulator.platforms.threads.uploads import Uploads
from simulator.platforms.threads.webhooks import ThreadsReporter

ACCOUNT_FIELDS = (
    "id",
    "username",
    "name",
    "threads_profile_picture_url",
    "threads_biography",
    "is_verified",
)


class Threads(ContainerPlatform):
    spec = ThreadsSpec()
    mounts = ("/threads/",)
    consent = ThreadsConsent
    reporter = ThreadsReporter
    apps = APPS
    scopes = SCOPES
    token_prefix = "THAA"
    product = "THREADS"

    def reset(self) -> None:
        super().reset()
        self.uploads = Uploads(self)
        self.posts = Posts(self)
        self.replies = Replies(self, self.posts)
        self.numbers = Insights(self)

    # What a call is

    def describe(self, call: Call) -> tuple[str, tuple[str, ...]]:
        path = self.segments(call)
        head, edge = (path or [""])[0], path[1] if len(path) > 1 else ""
        if head in ("oauth", "access_token", "refresh_access_token", "debug_token"):
            return "", ("token",)
        page = self.described_page(call, head)
        if call.method == "DELETE":
            return page, ("withdraw",)
        if call.method == "POST":
            at_once = edge == "threads" and call.flag("auto_publish_text")
            return page, (
                "publish"
                if at_once or edge == "threads_publish"
                else "stage"
                if edge == "threads"
                else "edit",
            )
        if head in self.world.containers:
            return page, ("verify",)
        if edge.endswith("insights") or edge in ("conversation", "pending_replies"):
            return page, ("measure",)
        account = head == "me" or head in self.world.pages[self.name]
        return page, ("connect" if account and edge not in ("threads", "replies") else "find",)

    async def dispatch(self, call: Call, plan: Plan) -> Any:
        versions = re.findall(r"(?:^|/)(v\d+\.\d+)/", call.path)
        if not call.path.startswith("graph/") or any(version != "v1.0" for version in versions):
            raise GraphError("Unknown path components", 2500)
        path = self.segments(call)
        match path:
            case ["oauth", "access_token"]:
                granted = self.redeem(call)
                return {key: granted[key] for key in ("access_token", "user_id")}
            case ["access_token"]:
                return self.long_lived(call, "th_exchange_token")
            case ["refresh_access_token"]:
                return self.long_lived(call, "th_refresh_token")
            case []:
                raise GraphError("Unknown path components", 2500)
        token = self.token(call)
        if path == ["debug_token"]:
            return self.debug_token(call, token)
        self.need(token, "threads_basic")
        own = {page.external_id: page for page in self.own(token)}
        head, edge = token.page if path[0] == "me" else path[0], path[1] if len(path) > 1 else ""
        if head in own:
            self.count(own[head])
            return await self.account_edge(call, plan, token, own[head], edge)
        if (container := self.container(head)) is not None and container["page"] in own:
            self.count(own[container["page"]])
            return self.posts.container_node(call, plan, container)
        if (own_post := self.find_post(token, head)) is not None:
            self.count(own_post[0])
            return self.post_edge(call, plan, token, *own_post, edge)
        if (remark := self.find_comment(token, head)) is not None:
            return self.replies.reply_edge(call, token, *remark, edge)
        raise missing()

    def debug_token(self, call: Call, asking: Token) -> dict[str, Any]:
        """Describe a token of a tester; who else asks after a token, their own included, is
        refused."""
        if not self.world.settings["threads_testers"]:
            raise GraphError(
                "(#10) Application does not have permission for this action", 10, status=403
            )
        token = self.world.tokens.get(call.text("input_token"))
        if token is None or token.platform != self.name or token.app != asking.app:
            raise wrong("Param input_token is not a token of this application")
        try:
            check_alive(token, self.world.world())
            valid = True
        except GraphError:
            valid = False
        until = int((token.expires or 0) - self.world.offset)
        answer = {
            "type": "USER",
            "application": "Outreach Portal",
            "is_valid": valid,
            "scopes": token.scopes,
        }
        return {
            "data": answer
            | {"issued_at": int(token.issued_at), "expires_at": until, "user_id": token.page}
        }

    # Accounts

    async def account_edge(
        self, call: Call, plan: Plan, token: Token, page: Page, edge: str
    ) -> dict[str, Any]:
        match call.method, edge:
            case "GET", "":
                return self.account_view(call, page)
            case "POST", "threads":
                self.need(token, "threads_content_publish")
                container = await self.uploads.create(call, plan, token, page)
                if container["kind"] == "TEXT" and call.flag("auto_publish_text"):
                    return {"id": self.posts.go_live(call, plan, page, container).id}
                return {"id": container["id"]}
            case "POST", "threads_publish":
                self.need(token, "threads_content_publish")
                return self.posts.publish(call, plan, page)
            case "GET", "threads_publishing_limit":
                return self.posts.publishing_limit(call, page)
            case "GET", "threads" | "replies":
                fields = self.fields(call, POST_FIELDS, "ThreadsMedia")
                posts = [
                    post
                    for post in self.world.visible_posts(page, lag=plan.lag)
                    if bool(post.details.get("reply_to")) == (edge == "replies")
                ]
                return self.listed(
                    call, posts, lambda post: self.posts.post_view(call, page, post, fields)
                )
            case "GET", "threads_insights":
                self.need(token, "threads_manage_insights")
                return self.numbers.account_insights(call, page)
        raise unsupported(call.method, edge)

    def account_view(self, call: Call, page: Page) -> dict[str, Any]:
        avatar = f"{self.world.public_url or call.origin}/pages/{self.name}/{page.external_id}/avatar.svg"  # noqa: E501
        view: dict[str, Any] = {
            "id": page.external_id,
            "username": page.username,
            "name": page.name,
            "threads_profile_picture_url": avatar,
            "threads_biography": page.profile.get("description", ""),
            "is_verified": bool(page.profile.get("verified")),
        }
        if not page.profile.get("picture"):
            del view["threads_profile_picture_url"]
        return {
            key: view[field["name"]]
            for key, field in self.fields(call, ACCOUNT_FIELDS, "ThreadsUser").items()
            if field["name"] in view
        }

    def failure(self, fault: Fault) -> str:
        return "UNKNOWN"

    # Posts

    def post_edge(
        self, call: Call, plan: Plan, token: Token, page: Page, post: Post, edge: str
    ) -> dict[str, Any]:
        match call.method, edge:
            case "GET", "":
                if {"status", "error_message"} & set(re.split(r"\W+", call.text("fields"))):
                    raise wrong(
                        "Tried accessing nonexisting field (status) on node type (ThreadsMedia)"
                    )
                return self.posts.post_view(
                    call, page, post, self.fields(call, POST_FIELDS, "ThreadsMedia")
                )
            case "DELETE", "":
                self.need(token, "threads_delete")
                return self.posts.delete(page, post, plan)
            case "GET", "insights":
                self.need(token, "threads_manage_insights")
                return self.numbers.post_insights(call, page, post)
            case "GET", "replies" | "conversation":
                self.need(token, "threads_read_replies")
                return self.replies.reply_list(call, page, post, whole=edge == "conversation")
        raise unsupported(call.method, edge)
