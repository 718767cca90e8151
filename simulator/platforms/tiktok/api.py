"""Play TikTok: decide what a call is, who may make it and how often, and who answers it."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from typing import Any

from aiohttp import web

from simulator import images
from simulator.calls import Call, Reply
from simulator.consent import Handler
from simulator.faults import Fault, Plan
from simulator.model import Page, Picture, Post, Token
from simulator.platform import Platform
from simulator.platforms.tiktok.consent import TiktokConsent
from simulator.platforms.tiktok.display import Display
from simulator.platforms.tiktok.errors import TiktokError, make_log_id, oauth_error
from simulator.platforms.tiktok.oauth import OAuth, make_token_pair
from simulator.platforms.tiktok.publishing import PUBLIC, Publishing
from simulator.platforms.tiktok.spec import APPS, SCOPES, TiktokSpec
from simulator.platforms.tiktok.webhooks import TiktokReporter
from simulator.rendering import redirect

LIMITS = {
    "init": "inits",
    "creator_info": "creator_infos",
    "status": "statuses",
    "display": "reads",
}
PATHS = {
    "post/publish/creator_info/query": ("creator_info", "video.publish"),
    "post/publish/video/init": ("init", "video.publish"),
    "post/publish/inbox/video/init": ("init", "video.upload"),
    "post/publish/content/init": ("init", ""),
    "post/publish/status/fetch": ("status", ""),
    "post/publish/cancel": ("status", ""),
    "user/info": ("display", "user.info.basic"),
    "video/list": ("display", "video.list"),
    "video/query": ("display", "video.list"),
}


class Tiktok(Platform):
    spec = TiktokSpec()
    mounts = ("/tiktok/",)
    consent = TiktokConsent
    reporter = TiktokReporter

    def reset(self) -> None:
        self.publishing = Publishing(self.world, self.fetcher)
        self.display = Display(self.world)
        self.oauth = OAuth(self.world)
        self.recent: dict[tuple[str, str], deque[float]] = defaultdict(deque)

    def describe(self, call: Call) -> tuple[str, tuple[str, ...]]:
        path = self.segment(call)
        if path.startswith("oauth/"):
            token = self.world.tokens.get(call.text("refresh_token") or call.text("token"))
            return token.page if token else "", ("token",)
        if call.path.startswith("upload/"):
            return self.describe_bytes(call)
        token = self.world.tokens.get(self.token_text(call))
        page = token.page if token else ""
        match path:
            case "post/publish/content/init" if call.text("post_mode") == "DIRECT_POST":
                return page, ("publish",)
            case "post/publish/video/init" if (
                self.publishing.source(call).get("source") == "PULL_FROM_URL"
            ):
                return page, ("publish",)
            case (
                "post/publish/video/init"
                | "post/publish/inbox/video/init"
                | "post/publish/content/init"
            ):
                return page, ("stage",)
            case "post/publish/status/fetch":
                return page, ("verify",)
            case "post/publish/cancel":
                return page, ("withdraw",)
            case "post/publish/creator_info/query":
                return page, ("connect",)
            case "user/info":
                return page, ("connect", "measure")
            case "video/list" | "video/query":
                return page, ("find", "measure")
        return page, ("any",)

    def describe_bytes(self, call: Call) -> tuple[str, tuple[str, ...]]:
        """Call bytes an upload, and the last of a direct post a publication."""
        page, publish_id, _ = self.publishing.uploads.get(call.text("upload_id"), ("", "", None))
        match = re.fullmatch(r"bytes \d+-(\d+)/(\d+)", call.headers.get("Content-Range", ""))
        last = match is not None and int(match[1]) + 1 == int(match[2])
        if page and last and self.publishing.publishes(page)[publish_id]["direct"]:
            return page, ("publish", "upload")
        return page, ("upload",)

    @staticmethod
    def segment(call: Call) -> str:
        return call.path.removeprefix("open/v2/").strip("/")

    @staticmethod
    def token_text(call: Call) -> str:
        return call.headers.get("Authorization", "").partition(" ")[2]

    async def answer(self, call: Call, plan: Plan) -> Reply:
        if call.path.startswith("upload/"):
            return self.publishing.bytes_come(call, plan)
        path = self.segment(call)
        if path.startswith("oauth/"):
            return self.oauth.answer(call, path)
        try:
            data = self.dispatch(call, path, plan)
        except TiktokError as error:
            return error.reply()
        return Reply(
            {"data": data, "error": {"code": "ok", "message": "", "log_id": make_log_id()}}
        )

    def refusal(self, fault: Fault, call: Call) -> Reply:
        """Show an injected fault as TikTok would."""
        if fault.kind == "kill_token":
            page, _ = self.describe(call)
            if page:
                self.world.kill_tokens(platform=self.name, page=page)
        if call.path.startswith("upload/"):
            status = {
                "rate_limit": 429,
                "expired_token": 403,
                "kill_token": 403,
                "refuse": 400,
                "duplicate": 400,
            }
            return Reply("", status.get(fault.kind, fault.status))
        if self.segment(call).startswith("oauth/"):
            match fault.kind:
                case "rate_limit":
                    return oauth_error("rate_limit_exceeded", "Too many requests.", 429)
                case "error_before" | "error_after":
                    return oauth_error(
                        "server_error", "Something is wrong. Try again later.", fault.status
                    )
            return oauth_error("invalid_grant", "Refresh token is invalid or expired.")
        match fault.kind:
            case "rate_limit":
                error = TiktokError(
                    429,
                    "rate_limit_exceeded",
                    "The API rate limit was exceeded. Please try again later.",
                )
            case "expired_token" | "kill_token":
                error = self.bad_token()
            case "refuse":
                error = TiktokError(400, "invalid_param", "The request was refused.")
            case "duplicate":
                error = TiktokError(403, "spam_risk_too_many_posts")
            case _:
                error = TiktokError(
                    fault.status, "internal_error", "Something is wrong. Please try again later."
                )
        return error.reply()

    def dispatch(self, call: Call, path: str, plan: Plan) -> dict[str, Any]:
        if path not in PATHS or call.method != ("GET" if path == "user/info" else "POST"):
            raise TiktokError(404, "invalid_path", f"No such API: {call.path}")
        limit, scope = PATHS[path]
        if path == "post/publish/content/init":
            scope = "video.publish" if call.text("post_mode") == "DIRECT_POST" else "video.upload"
        token = self.token_of(call, scope)
        page = self.world.pages[self.name][token.page]
        self.count(limit if limit != "init" else path, limit, token)
        match path:
            case "post/publish/creator_info/query":
                return self.publishing.creator_info(page, call)
            case "post/publish/video/init":
                return self.publishing.init_video(page, call, plan, direct=True)
            case "post/publish/inbox/video/init":
                return self.publishing.init_video(page, call, plan, direct=False)
            case "post/publish/content/init":
                return self.publishing.init_photos(page, call, plan)
            case "post/publish/status/fetch":
                return self.publishing.status(page, self.publishing.find(page, call))
            case "post/publish/cancel":
                return self.publishing.cancel(page, self.publishing.find(page, call))
            case "user/info":
                return {"user": self.display.user(page, token, call)}
            case "video/list":
                return self.display.list_videos(page, call, plan)
        return self.display.query_videos(page, call, plan)

    @staticmethod
    def bad_token() -> TiktokError:
        return TiktokError(
            401, "access_token_invalid", "The access token is invalid or not found in the request."
        )

    def token_of(self, call: Call, scope: str) -> Token:
        token = self.world.tokens.get(self.token_text(call))
        if token is None or (token.platform, token.kind) != (self.name, "access") or token.dead:
            raise self.bad_token()
        if token.expires is not None and token.expires <= self.world.world():
            raise self.bad_token()
        if scope and scope not in token.scopes:
            raise TiktokError(
                401, "scope_not_authorized", f"The user did not authorize the scope {scope}."
            )
        return token

    def count(self, what: str, limit: str, token: Token) -> None:
        """Count calls in a sliding minute, of each method and each person."""
        most = self.world.settings[f"tiktok_{LIMITS[limit]}_per_minute"]
        calls, now = self.recent[what, token.page], self.world.world()
        while calls and calls[0] <= now - 60:
            calls.popleft()
        if most and len(calls) >= most:
            raise TiktokError(
                429,
                "rate_limit_exceeded",
                "The API rate limit was exceeded. Please try again later.",
            )
        calls.append(now)

    # What the control API arranges, and addresses of the real platform

    def connect(self, page: Page) -> dict[str, Any]:
        return make_token_pair(
            self.world, page.external_id, user=page.owner, scopes=list(SCOPES), app=next(iter(APPS))
        )

    def compose(self, page: Page, post: Post, number: int) -> None:
        """Complete a post that was there before: photos if it brings pictures, otherwise a video
        nobody has to send."""
        post.id, post.app = self.publishing.new_id(), next(iter(APPS))
        post.details = {
            "type": "photo" if post.pictures else "video",
            "privacy": PUBLIC[0],
            "seconds": 5.0,
        }
        if not post.pictures:
            video = images.make_plain_mp4(self.world.next_number())
            post.pictures = [Picture(self.world.keep_media(video), "video", size=len(video))]

    def pages(self) -> dict[str, Handler]:
        return {
            "/tiktok/www/@{page}": self.open_profile,
            "/tiktok/www/@{page}/{kind:video|photo}/{post}": self.open_post,
        }

    async def open_profile(self, request: web.Request) -> web.Response:
        page = self.world.find_page(self.name, request.match_info["page"])
        if page is None:
            raise web.HTTPNotFound(text="Không có kênh này.")
        return redirect(f"/pages/{self.name}/{page.external_id}/")

    async def open_post(self, request: web.Request) -> web.Response:
        page = self.world.find_page(self.name, request.match_info["page"])
        if page is None:
            raise web.HTTPNotFound(text="Không có tài khoản này.")
        return redirect(
            f"/pages/{self.name}/{page.external_id}/posts/{request.match_info['post']}/"
        )
