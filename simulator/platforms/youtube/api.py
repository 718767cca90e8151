"""Play YouTube: decide what a call is, who may make it, what it costs the day, and who answers
it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import web

from simulator import images
from simulator.calls import Call, Reply
from simulator.consent import Handler
from simulator.faults import Fault, Plan
from simulator.model import Page, Picture, Post, Token
from simulator.platform import Platform
from simulator.platforms.youtube.analytics import PACIFIC, Analytics
from simulator.platforms.youtube.comments import Comments
from simulator.platforms.youtube.consent import YoutubeConsent
from simulator.platforms.youtube.errors import (
    YoutubeError,
    bad_token,
    invalid_grant,
    oauth_error,
    too_fast,
    used_up,
)
from simulator.platforms.youtube.extras import Extras
from simulator.platforms.youtube.listing import Listing
from simulator.platforms.youtube.oauth import OAuth, make_token_pair
from simulator.platforms.youtube.sessions import Session
from simulator.platforms.youtube.spec import CLIENTS, SCOPES, YoutubeSpec
from simulator.platforms.youtube.uploads import Uploads
from simulator.platforms.youtube.videos import MANAGES, WRITABLE, Videos, select_writable
from simulator.platforms.youtube.views import Views
from simulator.platforms.youtube.webhooks import YoutubeReporter, read_hub_request
from simulator.rendering import redirect

# Units a call takes from the project's day. A bucket of its own is named instead of a number.
COSTS = {
    "POST upload/videos": ("uploads", 1),
    "GET search": ("searches", 1),
    "GET videos:batchGetStats": ("stats", 1),
    "PUT videos": ("units", 50),
    "DELETE videos": ("units", 50),
    "POST upload/thumbnails/set": ("units", 50),
    "POST upload/captions": ("units", 400),
    "PUT captions": ("units", 450),
    "GET captions": ("units", 50),
    "DELETE captions": ("units", 50),
}

type Answer = Callable[[Call, Token, Plan], Any]


class Youtube(Platform):
    spec = YoutubeSpec()
    mounts = ("/youtube/",)
    consent = YoutubeConsent
    reporter = YoutubeReporter

    def reset(self) -> None:
        self.videos = Videos(self.world)
        self.views = Views(self.videos)
        self.listing = Listing(self.videos, self.views)
        self.extras = Extras(self.videos)
        self.uploads = Uploads(self.videos, self.views, self.extras)
        self.comments = Comments(self.videos)
        self.analytics = Analytics(self.videos)
        self.oauth = OAuth(self.world)
        self.answers = self.table()
        self.spent: Counter[str] = Counter()
        self.day = ""

    def describe(self, call: Call) -> tuple[str, tuple[str, ...]]:
        method, resource = call.method, self.resource(call)
        if resource.startswith("oauth2/"):
            token = self.world.tokens.get(call.text("refresh_token") or call.text("token"))
            return token.page if token else "", ("token",)
        if resource == "hub/subscribe":
            return parse_qs(urlsplit(call.text("hub.topic")).query).get("channel_id", [""])[0], (
                "connect",
            )
        token = self.world.tokens.get(self.token_text(call))
        page = token.page if token else ""
        if "upload_id" in call.params:
            session = self.uploads.sessions.get(call.text("upload_id"))
            return session.page if session else page, self.describe_bytes(call, session)
        match method, resource:
            case "POST", "upload/videos":
                whole = call.text("uploadType") in ("media", "multipart")
                return page, ("publish" if whole else "stage",)
            case "PUT", "videos":
                post = self.videos.video(call.text("id"))
                seen = post is not None and post.visible(self.world.world())
                return page, ("publish" if self.wants_public(call.params) and not seen else "edit",)
            case "DELETE", "videos":
                return page, ("withdraw",)
            case "GET", "videos":
                return page, ("find", "measure") if "statistics" in call.text("part") else ("find",)
            case "GET", "playlistItems" | "search":
                return page, ("find",)
            case "GET", "videos:batchGetStats" | "analytics/v2/reports":
                return page, ("measure",)
            case "GET", "channels":
                return page, ("connect", "measure")
        return page, ("any",) if method == "GET" else ("edit",)

    def describe_bytes(self, call: Call, session: Session | None) -> tuple[str, ...]:
        """Call a probe a question, bytes an upload, and the last of a public video its
        publication.
        """
        content_range = call.headers.get("Content-Range", "")
        if content_range.startswith("bytes */"):
            return ("verify",)
        match = re.fullmatch(r"bytes \d+-(\d+)/(\d+)", content_range)
        last = not content_range or (match is not None and int(match[1]) + 1 == int(match[2]))
        if (
            last
            and session is not None
            and session.kind == "videos"
            and self.wants_public(session.meta)
        ):
            return "publish", "upload"
        return ("upload",)

    @staticmethod
    def wants_public(meta: dict[str, Any]) -> bool:
        status = meta.get("status")
        return isinstance(status, dict) and status.get("privacyStatus", "public") == "public"

    @staticmethod
    def resource(call: Call) -> str:
        """Shorten `googleapis/upload/youtube/v3/videos` to `upload/videos`; leave what is not of
        the Data API."""
        path = call.path.removeprefix("googleapis/").removeprefix("resumable/")
        return re.sub(r"^(upload/)?youtube/v3/", r"\1", path)

    @staticmethod
    def token_text(call: Call) -> str:
        return call.headers.get("Authorization", "").partition(" ")[2] or call.text("access_token")

    async def answer(self, call: Call, plan: Plan) -> Reply:
        resource = self.resource(call)
        if resource.startswith("oauth2/"):
            return self.oauth.answer(call, resource)
        if resource == "hub/subscribe":
            return self.hub(call)
        try:
            return self.dispatch(call, resource, plan)
        except YoutubeError as error:
            return error.reply()

    def hub(self, call: Call) -> Reply:
        """Take a request as pubsubhubbub.appspot.com does, open to everybody, and ask the
        subscriber afterwards."""
        if call.method != "POST":
            return Reply("Not found", 404, content_type="text/plain")
        try:
            channel, requested = read_hub_request(call.text)
        except ValueError as why:
            return Reply(str(why), 400, content_type="text/plain")
        if page := self.world.pages[self.name].get(channel):
            page.details["hub_request"] = requested
        return Reply("", 202, content_type="text/plain")

    def refusal(self, fault: Fault, call: Call) -> Reply:
        """Show an injected fault as Google would."""
        resource = self.resource(call)
        if resource.startswith("hub/"):
            return Reply(
                "", 503 if fault.kind == "rate_limit" else fault.status, content_type="text/plain"
            )
        if fault.kind == "kill_token":
            page, _ = self.describe(call)
            if page:
                self.world.kill_tokens(platform=self.name, page=page)
        if resource.startswith("oauth2/"):
            if fault.kind in ("expired_token", "kill_token", "refuse", "duplicate"):
                return invalid_grant()
            limited = fault.kind == "rate_limit"
            return oauth_error(
                "rate_limit_exceeded" if limited else "internal_failure",
                "Try again later.",
                429 if limited else fault.status,
            )
        match fault.kind:
            case "rate_limit" if resource == "upload/thumbnails/set":
                error = YoutubeError(
                    429, "uploadRateLimitExceeded",
                    ("The channel has uploaded too many " "thumbnails recently. Please try " "the request again later."),  # noqa: E501
                    domain="youtube.thumbnail",
                )  # fmt: skip
            case "rate_limit":
                error = too_fast()
            case "expired_token" | "kill_token":
                error = bad_token()
            case "refuse" | "duplicate":
                error = YoutubeError(
                    400, "invalidVideoMetadata", "The request metadata is invalid.", where="body"
                )
            case _:
                error = YoutubeError(
                    fault.status, "backendError", "Backend Error", domain="global", code="INTERNAL"
                )
        return error.reply()

    def dispatch(self, call: Call, resource: str, plan: Plan) -> Reply:
        token = self.token_of(call)
        if "upload_id" in call.params:
            return self.uploads.bytes_come(call, plan)
        if resource == "analytics/v2/reports":
            return Reply(self.analytics.report(call, token))
        key = f"{call.method} {resource}"
        self.spend(token.app, *COSTS.get(key, ("units", 1 if call.method == "GET" else 50)))
        if resource.partition("/")[0] == "captions":
            return self.extras.tracks(call, token, resource.partition("/")[2])
        if key not in self.answers:
            raise YoutubeError(404, "notFound", "Not Found", domain="global")
        answer = self.answers[key](call, token, plan)
        return answer if isinstance(answer, Reply) else Reply(answer)

    def table(self) -> dict[str, Answer]:
        """List the calls that are played, each with what makes its answer."""
        uploads, listing, comments = self.uploads, self.listing, self.comments
        return {
            "POST upload/videos": lambda call, token, plan: uploads.start_upload(
                call, token, "videos", plan
            ),
            "POST upload/captions": lambda call, token, plan: uploads.start_upload(
                call, token, "captions", plan
            ),
            "POST upload/thumbnails/set": lambda call, token, plan: uploads.start_upload(
                call, token, "thumbnails", plan
            ),
            "GET channels": lambda call, token, plan: listing.list_channels(call, token),
            "PUT channels": lambda call, token, plan: listing.change_channel(call, token),
            "GET videos": lambda call, token, plan: listing.list_videos(call, token),
            "PUT videos": self.update,
            "DELETE videos": self.delete,
            "GET videos:batchGetStats": lambda call, token, plan: listing.stats_of_many(
                call, token
            ),
            "GET playlistItems": listing.playlist,
            "GET search": listing.search,
            "GET commentThreads": lambda call, token, plan: comments.list_threads(call, token),
            "POST commentThreads": lambda call, token, plan: comments.new_thread(call, token),
            "GET comments": lambda call, token, plan: comments.replies(call, token),
            "POST comments": lambda call, token, plan: comments.reply(call, token),
            "POST comments/setModerationStatus": lambda call, token, plan: comments.moderate(
                call, token
            ),
        }

    def comment(self, post: Post, text: str, *, by: str, parent: str = "") -> dict[str, Any]:
        return self.comments.new_comment(post, text, by=by, parent=parent)

    def token_of(self, call: Call) -> Token:
        token = self.world.tokens.get(self.token_text(call))
        if token is None or token.platform != self.name or token.kind != "access" or token.dead:
            raise bad_token()
        if token.expires is not None and token.expires <= self.world.world():
            raise bad_token()
        return token

    def spend(self, app: str, bucket: str, cost: int) -> None:
        """Take from the project's day, which ends at midnight in California by the world's
        clock.
        """
        today = datetime.fromtimestamp(self.world.world(), PACIFIC).strftime("%Y-%m-%d")
        if today != self.day:
            self.day = today
            self.spent.clear()
        limit = self.world.settings[f"youtube_{bucket}_per_day"]
        key = f"{app} {bucket}"
        if limit and self.spent[key] + cost > limit:
            raise used_up(in_words_alone=self.world.settings["youtube_quota_in_words"])
        self.spent[key] += cost

    def delete(self, call: Call, token: Token, plan: Plan) -> Reply:
        self.videos.needs(token, MANAGES)
        self.world.remove(self.videos.own(call.text("id"), token), after=plan.late)
        return Reply("", 204)

    def update(self, call: Call, token: Token, plan: Plan) -> dict[str, Any]:
        self.videos.needs(token, MANAGES)
        parts = self.videos.parts(call.params, tuple(WRITABLE))
        post = self.videos.own(call.text("id"), token)
        meta = {
            part: select_writable(part, call.params.get(part)) for part in parts if part in WRITABLE
        }
        self.videos.check(meta, fresh=False, post=post)
        self.videos.overwrite(post, meta)
        post.requests += 1
        post.edited_at = self.world.wall()
        self.videos.update_visibility(post, call.arrived, plan.late)
        return self.views.view(self.videos.channel(token), post, parts)

    def compose(self, page: Page, post: Post, number: int) -> None:
        """Complete a public video that was there before; pictures that come along are its
        thumbnail."""
        video = images.make_plain_mp4(self.world.next_number())
        born = post.created_at + self.world.offset
        post.id, post.app = self.videos.new_id(page), next(iter(CLIENTS))
        if not post.title:
            post.title = post.text.strip().partition("\n")[0][:100]
        post.details = {
            "exists_from": born, "processed_from": born, "ends": "processed", "mime": "video/mp4",
            "bytes": len(video),
            "seconds": 5.0, "snippet": {"title": post.title, "description": post.text,
            "categoryId": "22"},
            "status": {"privacyStatus": "public", "selfDeclaredMadeForKids": False},
        }  # fmt: skip
        if post.pictures:
            post.details["thumbnail"] = post.pictures[0].sha256
        post.pictures = [Picture(self.world.keep_media(video), "video", size=len(video))]

    # What the control API arranges, and addresses of the real platform

    def connect(self, page: Page) -> dict[str, Any]:
        return make_token_pair(
            self.world,
            page.external_id,
            user=page.owner,
            scopes=list(SCOPES),
            app=next(iter(CLIENTS)),
        )

    def pages(self) -> dict[str, Handler]:
        return {
            "/youtube/www/watch": self.open_video,
            "/youtube/www/shorts/{video}": self.open_video,
            "/youtube/www/channel/{page}": self.open_channel,
            "/youtube/www/@{page}": self.open_channel,
        }

    async def open_channel(self, request: web.Request) -> web.Response:
        page = self.world.find_page(self.name, request.match_info["page"])
        if page is None:
            raise web.HTTPNotFound(text="Không có kênh này.")
        return redirect(f"/pages/{self.name}/{page.external_id}/")

    async def open_video(self, request: web.Request) -> web.Response:
        requested = request.match_info.get("video") or request.query.get("v", "")
        if self.videos.video(requested) is None:
            raise web.HTTPNotFound(text="Video không còn.")
        return redirect(
            f"/pages/{self.name}/{self.videos.channel_of[requested]}/posts/{requested}/"
        )
