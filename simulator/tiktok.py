"""TikTok: OAuth with rotating tokens, direct posts, drafts for the inbox, photos by address, and the Display API.

An init makes a publish id each time it is called. Bytes go to an address of their own; after the last of them there is
no way back, and only asking again and again tells what became of them.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import secrets
from collections import defaultdict, deque
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from simulator import growth, images
from simulator.calls import Call, Intake, Reply
from simulator.faults import Fault, Plan
from simulator.state import DAY, TIKTOK_APPS, Page, Picture, Post, Token, World

# Whether a megabyte is 10^6 or 2^20 bytes nobody says: what passes here passes either way.
SMALLEST_CHUNK, LARGEST_CHUNK = 5 << 20, 64_000_000
LARGEST_VIDEO, LARGEST_PHOTO = 4_000_000_000, 20_000_000
LONGEST_VIDEO, MOST_PHOTOS, MOST_CHUNKS, MOST_DRAFTS = 600, 35, 1000, 5
UNAUDITED_USERS = 5
MIMES = ("video/mp4", "video/quicktime", "video/webm")
INTERACTIONS = ("comment", "duet", "stitch")
PUBLIC = ("PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY")
PRIVATE = ("FOLLOWER_OF_CREATOR", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY")
LIMITS = {"init": "inits", "creator_info": "creator_infos", "status": "statuses", "display": "reads"}

USER_FIELDS = {
    "open_id": "user.info.basic", "union_id": "user.info.basic", "avatar_url": "user.info.basic",
    "avatar_url_100": "user.info.basic", "avatar_large_url": "user.info.basic", "display_name": "user.info.basic",
    "username": "user.info.profile", "bio_description": "user.info.profile", "profile_deep_link": "user.info.profile",
    "profile_web_link": "user.info.profile", "is_verified": "user.info.profile",
    "follower_count": "user.info.stats", "following_count": "user.info.stats", "likes_count": "user.info.stats",
    "video_count": "user.info.stats",
}  # fmt: skip
VIDEO_FIELDS = (
    "id", "create_time", "title", "video_description", "share_url", "cover_image_url", "duration", "height", "width",
    "embed_html", "embed_link", "is_aigc", "view_count", "like_count", "comment_count", "share_count",
)  # fmt: skip
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


class TiktokError(Exception):
    def __init__(self, status: int, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.status = status
        self.code = code

    def reply(self) -> Reply:
        return Reply({"data": {}, "error": {"code": self.code, "message": str(self), "log_id": log_id()}}, self.status)


def log_id() -> str:
    return datetime.now(UTC).strftime("%Y%m%d%H%M%S") + secrets.token_hex(9).upper()


def oauth_error(error: str, description: str, status: int = 400) -> Reply:
    """The token server's shape: flat, without the envelope."""
    return Reply({"error": error, "error_description": description, "log_id": log_id()}, status)


def invalid(message: str) -> TiktokError:
    return TiktokError(400, "invalid_params", message)


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


class Tiktok:
    name = "tiktok"

    def __init__(self, world: World, fetcher: images.Fetcher) -> None:
        self.world = world
        self.fetcher = fetcher
        self.uploads: dict[str, tuple[str, str, Intake]] = {}
        self.recent: dict[tuple[str, str], deque[float]] = defaultdict(deque)
        self.active: dict[str, float] = {}
        self.running: set[asyncio.Task[None]] = set()

    # What a call is

    def describe(self, call: Call) -> tuple[str, tuple[str, ...]]:
        path = self.segment(call)
        if path.startswith("oauth/"):
            token = self.world.tokens.get(call.text("refresh_token") or call.text("token"))
            return token.page if token else "", ("token",)
        if call.path.startswith("upload/"):
            return self.describe_bytes(call)
        held = self.world.tokens.get(self.token_text(call))
        page = held.page if held else ""
        match path:
            case "post/publish/content/init" if call.text("post_mode") == "DIRECT_POST":
                return page, ("publish",)
            case "post/publish/video/init" if self.source(call).get("source") == "PULL_FROM_URL":
                return page, ("publish",)
            case "post/publish/video/init" | "post/publish/inbox/video/init" | "post/publish/content/init":
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
        """Bytes are an upload, and the last of a direct post start the publishing."""
        page, publish_id, _ = self.uploads.get(call.text("upload_id"), ("", "", None))
        found = re.fullmatch(r"bytes \d+-(\d+)/(\d+)", call.headers.get("Content-Range", ""))
        last = found is not None and int(found[1]) + 1 == int(found[2])
        if page and last and self.publishes(page)[publish_id]["direct"]:
            return page, ("publish", "upload")
        return page, ("upload",)

    @staticmethod
    def segment(call: Call) -> str:
        return call.path.removeprefix("open/v2/").strip("/")

    @staticmethod
    def token_text(call: Call) -> str:
        return call.headers.get("Authorization", "").partition(" ")[2]

    @staticmethod
    def source(call: Call) -> dict[str, Any]:
        source = call.params.get("source_info")
        return source if isinstance(source, dict) else {}

    # Answers

    async def answer(self, call: Call, plan: Plan) -> Reply:
        if call.path.startswith("upload/"):
            return self.bytes_come(call, plan)
        path = self.segment(call)
        if path.startswith("oauth/"):
            return self.oauth(call, path)
        try:
            data = self.dispatch(call, path, plan)
        except TiktokError as error:
            return error.reply()
        return Reply({"data": data, "error": {"code": "ok", "message": "", "log_id": log_id()}})

    def refusal(self, fault: Fault, call: Call) -> Reply:
        """What an injected fault looks like when it comes from TikTok."""
        if fault.kind == "kill_token":
            page, _ = self.describe(call)
            if page:
                self.world.kill_tokens(platform=self.name, page=page)
        if call.path.startswith("upload/"):
            status = {"rate_limit": 429, "expired_token": 403, "kill_token": 403, "refuse": 400, "duplicate": 400}
            return Reply("", status.get(fault.kind, fault.status))
        if self.segment(call).startswith("oauth/"):
            match fault.kind:
                case "rate_limit":
                    return oauth_error("rate_limit_exceeded", "Too many requests.", 429)
                case "error_before" | "error_after":
                    return oauth_error("server_error", "Something is wrong. Try again later.", fault.status)
            return oauth_error("invalid_grant", "Refresh token is invalid or expired.")
        match fault.kind:
            case "rate_limit":
                error = TiktokError(
                    429, "rate_limit_exceeded", "The API rate limit was exceeded. Please try again later."
                )
            case "expired_token" | "kill_token":
                error = self.bad_token()
            case "refuse":
                error = TiktokError(400, "invalid_param", "The request was refused.")
            case "duplicate":
                error = TiktokError(403, "spam_risk_too_many_posts")
            case _:
                error = TiktokError(fault.status, "internal_error", "Something is wrong. Please try again later.")
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
                return self.creator_info(page, call)
            case "post/publish/video/init":
                return self.init_video(page, call, plan, direct=True)
            case "post/publish/inbox/video/init":
                return self.init_video(page, call, plan, direct=False)
            case "post/publish/content/init":
                return self.init_photos(page, call, plan)
            case "post/publish/status/fetch":
                return self.status(page, self.publish(page, call))
            case "post/publish/cancel":
                return self.cancel(page, self.publish(page, call))
            case "user/info":
                return {"user": self.user(page, token, call)}
            case "video/list":
                return self.list_videos(page, call, plan)
        return self.query_videos(page, call, plan)

    @staticmethod
    def bad_token() -> TiktokError:
        return TiktokError(401, "access_token_invalid", "The access token is invalid or not found in the request.")

    def token_of(self, call: Call, scope: str) -> Token:
        token = self.world.tokens.get(self.token_text(call))
        if token is None or (token.platform, token.kind) != (self.name, "access") or token.dead:
            raise self.bad_token()
        if token.expires is not None and token.expires <= self.world.world():
            raise self.bad_token()
        if scope and scope not in token.scopes:
            raise TiktokError(401, "scope_not_authorized", f"The user did not authorize the scope {scope}.")
        return token

    def count(self, what: str, limit: str, token: Token) -> None:
        """Each method has its own minute for each person, and it slides."""
        most = self.world.settings[f"tiktok_{LIMITS[limit]}_per_minute"]
        calls, now = self.recent[what, token.page], self.world.world()
        while calls and calls[0] <= now - 60:
            calls.popleft()
        if most and len(calls) >= most:
            raise TiktokError(429, "rate_limit_exceeded", "The API rate limit was exceeded. Please try again later.")
        calls.append(now)

    # Before a post

    def options(self) -> tuple[str, ...]:
        return PRIVATE if self.world.settings["tiktok_private_accounts"] else PUBLIC

    def creator_info(self, page: Page, call: Call) -> dict[str, Any]:
        self.preflight(page)
        return {
            "creator_avatar_url": f"{self.world.public_url or call.origin}/pages/tiktok/{page.external_id}/avatar.svg",
            "creator_username": page.username,
            "creator_nickname": page.name,
            "privacy_level_options": list(self.options()),
            **{f"{each}_disabled": each in self.world.settings["tiktok_closed"] for each in INTERACTIONS},
            "max_video_post_duration_sec": self.world.settings["tiktok_longest_seconds"],
        }

    def preflight(self, page: Page) -> None:
        """What stands in the way of this account's next post, whatever it holds."""
        now, settings = self.world.world(), self.world.settings
        lately = [each for each in self.publishes(page.external_id).values() if (each["accepted"] or 0) > now - DAY]
        most = settings["tiktok_posts_per_day"]
        if most and sum(each["direct"] for each in lately) >= most:
            raise TiktokError(403, "spam_risk_too_many_posts", "The daily post cap of the user is reached.")
        cap = settings["tiktok_users_per_day"] if settings["tiktok_audited"] else UNAUDITED_USERS
        others = sum(since > now - DAY for each, since in self.active.items() if each != page.external_id)
        if cap and others >= cap:
            raise TiktokError(403, "reached_active_user_cap", "The daily quota of active users is reached.")

    def check_post(self, page: Page, info: Any) -> dict[str, Any]:
        """The post's own words and who may see it."""
        if not isinstance(info, dict) or not info.get("privacy_level"):
            raise invalid("post_info.privacy_level is required")
        self.preflight(page)
        level, settings = info["privacy_level"], self.world.settings
        if not settings["tiktok_audited"] and (level != "SELF_ONLY" or not settings["tiktok_private_accounts"]):
            raise TiktokError(
                403, "unaudited_client_can_only_post_to_private_accounts",
                "Unaudited clients can only post to a private account. Please review our integration guidelines.",
            )  # fmt: skip
        branded = info.get("brand_content_toggle") is True
        if level not in self.options() or (branded and level == "SELF_ONLY"):
            raise TiktokError(403, "privacy_level_option_mismatch", "Privacy level is not among the creator's options.")
        for name in ("title", "description"):
            if not isinstance(info.get(name, ""), str):
                raise invalid(f"post_info.{name} is text")
        self.active[page.external_id] = self.world.world()
        return info

    def check_drafts(self, page: Page) -> None:
        self.preflight(page)
        now = self.world.world()
        waiting = [
            each
            for each in self.publishes(page.external_id).values()
            if not each["direct"] and (each["accepted"] or 0) > now - DAY and not each["fail"]
            and (each["person_from"] is None or each["person_from"] > now)
        ]  # fmt: skip
        if len(waiting) >= MOST_DRAFTS:
            raise TiktokError(403, "spam_risk_too_many_pending_share", "The user has too many unfinished drafts.")
        self.active[page.external_id] = now

    # Publishing

    def publishes(self, page: str) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = self.world.pages[self.name][page].details.setdefault("publishes", {})
        return found

    def new_publish(self, page: Page, kind: str, *, direct: bool, info: dict[str, Any]) -> str:
        publish_id = f"{kind}~v2-1.{self.new_id()}"
        self.publishes(page.external_id)[publish_id] = {
            "direct": direct,
            "info": info,
            "started": self.world.world(),
            "size": 0,
            "uploaded": 0,
            "downloaded": 0,
            "accepted": None,
            "done_from": None,
            "person_from": None,
            "fail": "",
            "post": "",
        }
        self.world.dirty = True
        return publish_id

    def new_id(self) -> str:
        return str(7_432_109_876_000_000_000 + self.world.next_number() * 7919)

    def init_video(self, page: Page, call: Call, plan: Plan, *, direct: bool) -> dict[str, Any]:
        info: dict[str, Any] = {}
        if direct:
            info = self.check_post(page, call.params.get("post_info"))
            if utf16(info.get("title", "")) > 2200:
                raise invalid("post_info.title is longer than 2200 UTF-16 units")
        else:
            self.check_drafts(page)
        source = self.source(call)
        where = "pub" if direct else "inbox"
        match source.get("source"):
            case "FILE_UPLOAD":
                self.check_chunks(source)
                publish_id = self.new_publish(page, f"v_{where}_file", direct=direct, info=info)
                publish = self.publishes(page.external_id)[publish_id]
                publish |= {name: source[name] for name in ("chunk_size", "total_chunk_count")}
                publish |= {"size": source["video_size"], "upload_token": secrets.token_hex(16)}
                upload_id = publish_id.rpartition(".")[2]
                self.uploads[upload_id] = (page.external_id, publish_id, Intake())
                told = f"upload_id={upload_id}&upload_token={publish['upload_token']}"
                return {"publish_id": publish_id, "upload_url": f"{call.origin}/tiktok/upload/video/?{told}"}
            case "PULL_FROM_URL":
                self.check_owned([source.get("video_url")])
                publish_id = self.new_publish(page, f"v_{where}_url", direct=direct, info=info)
                self.start(page, self.pull_video(page, publish_id, source["video_url"], call, plan))
                return {"publish_id": publish_id}
        raise invalid("source_info.source is FILE_UPLOAD or PULL_FROM_URL")

    @staticmethod
    def check_chunks(source: dict[str, Any]) -> None:
        """One chunk for a whole file, or chunks of 5 to 64 MB with the remainder added to the last one."""
        size, chunk, total = (source.get(name) for name in ("video_size", "chunk_size", "total_chunk_count"))
        if not (whole(size) and whole(chunk) and whole(total) and size and chunk):
            raise invalid("video_size, chunk_size and total_chunk_count are whole numbers above zero")
        assert isinstance(size, int)
        assert isinstance(chunk, int)
        if size > LARGEST_VIDEO:
            raise invalid("The video is larger than 4 GB")
        fits = chunk == size <= LARGEST_CHUNK or SMALLEST_CHUNK <= chunk <= min(LARGEST_CHUNK, size)
        if not fits:
            raise invalid("The chunk size is invalid")
        if total != size // chunk or total > MOST_CHUNKS:
            raise invalid("The total chunk count is invalid")

    def check_owned(self, urls: list[Any]) -> None:
        for url in urls:
            if not isinstance(url, str) or not url.startswith(("http://", "https://")):
                raise invalid("An address to pull from is missing")
            if urlsplit(url).hostname not in self.world.settings["image_hosts"]:
                raise TiktokError(
                    403, "url_ownership_unverified", "Please review our URL ownership verification rules."
                )

    def init_photos(self, page: Page, call: Call, plan: Plan) -> dict[str, Any]:
        mode, info = call.text("post_mode"), call.params.get("post_info")
        if call.text("media_type") != "PHOTO" or mode not in ("DIRECT_POST", "MEDIA_UPLOAD"):
            raise invalid("media_type is PHOTO, post_mode DIRECT_POST or MEDIA_UPLOAD")
        direct = mode == "DIRECT_POST"
        if direct:
            info = self.check_post(page, info)
        else:
            self.check_drafts(page)
            info = info if isinstance(info, dict) else {}
        if utf16(str(info.get("title", ""))) > 90 or utf16(str(info.get("description", ""))) > 4000:
            raise invalid("post_info.title has at most 90 and description at most 4000 UTF-16 units")
        source = self.source(call)
        urls, cover = source.get("photo_images"), source.get("photo_cover_index", 0)
        if source.get("source") != "PULL_FROM_URL" or not isinstance(urls, list) or not 1 <= len(urls) <= MOST_PHOTOS:
            raise invalid(f"source_info brings 1 to {MOST_PHOTOS} photo_images by PULL_FROM_URL")
        if not whole(cover) or cover >= len(urls):
            raise invalid("photo_cover_index is not that of a photo")
        self.check_owned(urls)
        publish_id = self.new_publish(page, "p_pub_url" if direct else "p_inbox_url", direct=direct, info=info)
        self.start(page, self.pull_photos(page, publish_id, urls, call, plan))
        return {"publish_id": publish_id}

    def start(self, page: Page, work: Any) -> None:
        task = asyncio.create_task(work)
        self.running.add(task)
        task.add_done_callback(self.running.discard)
        task.add_done_callback(lambda _: self.world.news(page))

    async def pull_video(self, page: Page, publish_id: str, url: str, call: Call, plan: Plan) -> None:
        publish, intake = self.publishes(page.external_id)[publish_id], Intake()
        try:
            await self.fetcher.pour(url, self.world.settings["image_hosts"], intake, LARGEST_VIDEO)
        except images.Unfetchable:
            self.fail(publish, "video_pull_failed")
            return
        publish["downloaded"] = intake.size
        if not publish["fail"]:
            self.accept_video(page, publish, intake, call, plan)

    async def pull_photos(self, page: Page, publish_id: str, urls: list[str], call: Call, plan: Plan) -> None:
        publish, found = self.publishes(page.external_id)[publish_id], []
        for url in urls:
            try:
                data = await self.fetcher.get(url, self.world.settings["image_hosts"], LARGEST_PHOTO)
            except images.Unfetchable:
                self.fail(publish, "photo_pull_failed")
                return
            publish["downloaded"] += len(data)
            width, height = images.size_of(data)
            if images.kind_of(data) not in ("image/jpeg", "image/webp"):
                self.fail(publish, "file_format_check_failed")
                return
            if len(data) > LARGEST_PHOTO or min(width, height) > 1080 or max(width, height) > 1920:
                self.fail(publish, "picture_size_check_failed")
                return
            found.append(Picture(self.world.keep_media(data)))
        if not publish["fail"]:
            self.accept(page, publish, found, call, plan)

    def fail(self, publish: dict[str, Any], reason: str) -> None:
        publish |= {"fail": publish["fail"] or reason, "done_from": self.world.world()}
        self.world.dirty = True

    def bytes_come(self, call: Call, plan: Plan) -> Reply:
        """A chunk: whole and in its turn, or not at all."""
        page_id, publish_id, intake = self.uploads.get(call.text("upload_id"), ("", "", Intake()))
        publish = self.publishes(page_id)[publish_id] if page_id else None
        if publish is None or call.text("upload_token") != publish["upload_token"] or publish["fail"]:
            return Reply("", 404)
        if publish["started"] + self.world.settings["tiktok_upload_url_seconds"] <= self.world.world():
            return Reply("", 403)
        found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", call.headers.get("Content-Range", ""))
        mime = call.headers.get("Content-Type", "").partition(";")[0].strip()
        if call.method != "PUT" or found is None or mime not in MIMES or call.body is None:
            return Reply("", 400)
        start, end, total = (int(each) for each in found.groups())
        size, chunk, held = publish["size"], publish["chunk_size"], intake.size
        if total != size or end >= total or end < start:
            return Reply("", 400)
        if start != held:
            return Reply("", 416, {"Content-Range": f"bytes 0-{held - 1}/{size}" if held else f"bytes */{size}"})
        last = held // chunk >= publish["total_chunk_count"] - 1
        declared = end + 1 - start
        if declared != (size - held if last else chunk) or call.headers.get("Content-Length") != str(declared):
            return Reply("", 400)
        if call.body.seek(0, 2) != declared:
            return Reply("", 400)
        call.body.seek(0)
        intake.pour(call.body)
        publish["uploaded"] = intake.size
        told = {"Content-Range": f"bytes 0-{intake.size - 1}/{size}"}
        if intake.size < size:
            return Reply("", 206, told)
        self.accept_video(self.world.pages[self.name][page_id], publish, intake, call, plan)
        return Reply("", 201, told)

    def accept_video(self, page: Page, publish: dict[str, Any], intake: Intake, call: Call, plan: Plan) -> None:
        seconds = images.seconds_of(bytes(intake.data[: 1 << 16])) if intake.data is not None else 0.0
        self.world.keep_intake(intake)
        publish |= {"size": intake.size, "seconds": seconds}
        if not images.kind_of(intake.head).startswith("video/"):
            publish["fail"] = "file_format_check_failed"
        elif seconds > min(LONGEST_VIDEO, self.world.settings["tiktok_longest_seconds"]):
            publish["fail"] = "duration_check_failed"
        intake.data = None
        self.accept(page, publish, [Picture(intake.sha256, "video", size=intake.size)], call, plan)

    def accept(self, page: Page, publish: dict[str, Any], media: list[Picture], call: Call, plan: Plan) -> None:
        """Everything has come: it is worked on, looked at, and then seen, with nobody able to stop it."""
        now, settings = self.world.world(), self.world.settings
        work = settings["tiktok_processing_seconds"]
        publish |= {"accepted": now, "done_from": now + work}
        if settings["tiktok_processing_ends"] != "PUBLISH_COMPLETE":
            publish["fail"] = publish["fail"] or settings["tiktok_processing_ends"]
        if plan.fails:
            publish["fail"] = publish["fail"] or "internal"
        if not self.is_let_in(page):
            publish["fail"] = publish["fail"] or "auth_removed"
        self.world.dirty = True
        if publish["fail"]:
            return
        info = publish["info"]
        post = Post(
            self.new_id(), info.get("title", ""), self.world.wall(), pictures=media, app=next(iter(TIKTOK_APPS))
        )
        photos = media[0].kind == "image"
        if photos:
            post.title, post.text = info.get("title", ""), info.get("description", "")
        level = info.get("privacy_level", "SELF_ONLY")
        post.details = {"type": "photo" if photos else "video", "privacy": level, "exists_from": publish["done_from"]}
        post.details |= {"seconds": publish.get("seconds", 0.0), "is_aigc": info.get("is_aigc") is True, "info": info}
        wait = work
        if not publish["direct"]:
            if not settings["tiktok_person_seconds"]:
                return
            wait += settings["tiktok_person_seconds"]
            post.details |= {"privacy": PUBLIC[0], "exists_from": now + wait}
            publish["person_from"] = now + wait
        publish["post"] = post.id
        page.posts[post.id] = post
        if post.details["privacy"] == PUBLIC[0]:
            self.world.show(post, arrived=call.arrived, after=wait + settings["tiktok_moderation_seconds"] + plan.late)

    def is_let_in(self, page: Page) -> bool:
        """Whether the account still lets an application in: bytes travel without a token, but not without consent."""
        return any(
            token.page == page.external_id and not token.dead and (token.expires or 0) > self.world.world()
            for token in self.world.tokens.values()
            if token.platform == self.name and token.kind == "refresh"
        )

    def publish(self, page: Page, call: Call) -> dict[str, Any]:
        publish_id, remembers = call.text("publish_id"), self.world.settings["tiktok_remembers_seconds"]
        if publish := self.publishes(page.external_id).get(publish_id):
            if remembers and publish["started"] + remembers <= self.world.world():
                raise TiktokError(400, "invalid_publish_id", "The publish_id does not exist.")
            return publish
        if any(publish_id in other.details.get("publishes", {}) for other in self.world.pages[self.name].values()):
            raise TiktokError(
                400, "token_not_authorized_for_specified_publish_id", "The publish_id belongs to another user."
            )
        raise TiktokError(400, "invalid_publish_id", "The publish_id does not exist.")

    def status(self, page: Page, publish: dict[str, Any]) -> dict[str, Any]:
        """The id of a post is told once it has passed moderation, as a bare number, and of a public one alone."""
        now = self.world.world()
        pulled = publish.get("chunk_size", 0)
        told: dict[str, Any] = {"uploaded_bytes": publish["uploaded"]} if pulled else {}
        if not pulled:
            told["downloaded_bytes"] = publish["downloaded"]
        if publish["done_from"] is None or publish["done_from"] > now:
            return {"status": "PROCESSING_UPLOAD" if pulled else "PROCESSING_DOWNLOAD"} | told
        if publish["fail"]:
            return {"status": "FAILED", "fail_reason": publish["fail"]} | told
        if not publish["direct"] and (publish["person_from"] is None or publish["person_from"] > now):
            return {"status": "SEND_TO_USER_INBOX"} | told
        post = page.posts[publish["post"]]
        told["status"] = "PUBLISH_COMPLETE"
        if post.details["privacy"] != PUBLIC[0]:
            told["publicaly_available_post_id"] = []
        elif post.visible(now):
            told["publicaly_available_post_id"] = [int(post.id)]
        return told

    def cancel(self, page: Page, publish: dict[str, Any]) -> dict[str, Any]:
        now = self.world.world()
        if publish["done_from"] is not None and publish["done_from"] <= now:
            raise TiktokError(400, "publish_not_cancellable", "The post has been published or has failed.")
        if publish["post"]:
            self.world.remove(page.posts[publish["post"]])
        self.fail(publish, "publish_cancelled")
        return {}

    # The Display API

    def asked(self, call: Call, known: Any) -> list[str]:
        fields = [each for each in call.text("fields").split(",") if each]
        if not fields or any(each not in known for each in fields):
            raise invalid("fields is missing or names a field that does not exist")
        return fields

    def user(self, page: Page, token: Token, call: Call) -> dict[str, Any]:
        fields, now = self.asked(call, USER_FIELDS), self.world.world()
        for each in fields:
            if USER_FIELDS[each] not in token.scopes:
                raise TiktokError(401, "scope_not_authorized", f"The user did not authorize {USER_FIELDS[each]}.")
        link = f"{self.world.public_url or call.origin}/pages/tiktok/{page.external_id}/"
        told: dict[str, Any] = dict.fromkeys(("avatar_url", "avatar_url_100", "avatar_large_url"), f"{link}avatar.svg")
        told |= {"open_id": page.external_id, "union_id": f"u-{page.external_id}", "display_name": page.name}
        told |= {"username": page.username, "bio_description": "Kênh chính thức", "is_verified": True}
        told |= {"profile_deep_link": link, "profile_web_link": link, "following_count": 0}
        if USER_FIELDS["likes_count"] in token.scopes:
            seen = self.world.visible_posts(page)
            told |= {"follower_count": growth.followers(page, now), "video_count": len(seen)}
            told["likes_count"] = sum(growth.counts(page, post, now).all_reactions for post in seen)
        return {each: told[each] for each in fields}

    def listed(self, page: Page, plan: Plan) -> list[Post]:
        """Public posts, newest first. Whether photos are among them is a setting, for nobody knows."""
        found = [
            post
            for post in self.world.visible_posts(page, lag=plan.lag)
            if post.details["type"] == "video" or self.world.settings["tiktok_lists_photos"]
        ]
        found.sort(key=lambda post: post.created_at, reverse=True)
        return found

    def list_videos(self, page: Page, call: Call, plan: Plan) -> dict[str, Any]:
        fields, most = self.asked(call, VIDEO_FIELDS), call.number("max_count", 10)
        if not 1 <= most <= 20:
            raise invalid("max_count is 1 to 20")
        cursor = call.number("cursor", 0)
        found = [post for post in self.listed(page, plan) if not cursor or int(post.created_at * 1000) < cursor]
        shown = found[:most]
        return {
            "videos": [self.video(page, post, fields, call) for post in shown],
            "cursor": int(shown[-1].created_at * 1000) if shown else cursor,
            "has_more": len(found) > most,
        }

    def query_videos(self, page: Page, call: Call, plan: Plan) -> dict[str, Any]:
        fields, filters = self.asked(call, VIDEO_FIELDS), call.params.get("filters")
        ids = filters.get("video_ids") if isinstance(filters, dict) else None
        if not isinstance(ids, list) or not 1 <= len(ids) <= 20:
            raise invalid("filters.video_ids brings 1 to 20 ids")
        shown = {post.id: post for post in self.listed(page, plan)}
        return {"videos": [self.video(page, shown[each], fields, call) for each in ids if each in shown]}

    def video(self, page: Page, post: Post, fields: list[str], call: Call) -> dict[str, Any]:
        counts = growth.counts(page, post, self.world.world())
        link = self.world.permalink(page, post, call.origin)
        told: dict[str, Any] = {
            "id": post.id,
            "create_time": int(post.created_at),
            "title": post.title or post.text,
            "video_description": post.text,
            "share_url": f"{link}?utm_campaign=tt4d_open_api",
            "cover_image_url": f"{self.world.public_url or call.origin}/pages/tiktok/{page.external_id}/avatar.svg",
            "duration": int(post.details["seconds"]),
            "height": 1920,
            "width": 1080,
            "embed_html": "",
            "embed_link": link,
            "is_aigc": post.details.get("is_aigc", False),
            "view_count": counts.views,
            "like_count": counts.all_reactions,
            "comment_count": counts.comments,
            "share_count": counts.shares,
        }
        return {each: told[each] for each in fields}

    # OAuth

    def oauth(self, call: Call, path: str) -> Reply:
        if call.method != "POST" or path not in ("oauth/token", "oauth/revoke"):
            return oauth_error("invalid_request", "No such API.", 404)
        app = call.text("client_key")
        if TIKTOK_APPS.get(app) != call.text("client_secret"):
            return oauth_error("invalid_client", "Client key or secret is incorrect.", 401)
        if path == "oauth/revoke":
            return self.revoke(call.text("token"), app)
        match call.text("grant_type"):
            case "authorization_code":
                return self.redeem(call, app)
            case "refresh_token":
                return self.rotate(call, app)
        return oauth_error("unsupported_grant_type", "Grant type is not supported.")

    def redeem(self, call: Call, app: str) -> Reply:
        code = self.world.codes.get(call.text("code"))
        if code is None or code.platform != self.name or code.app != app or code.spent:
            return oauth_error("invalid_grant", "Authorization code is invalid, used or expired.")
        if (code.expires or 0) <= self.world.world() or code.bound_to["redirect_uri"] != call.text("redirect_uri"):
            return oauth_error("invalid_grant", "Authorization code is expired or meant for another redirect_uri.")
        if code.bound_to["code_challenge"] and not self.pkce_fits(code.bound_to["code_challenge"], call):
            return oauth_error("invalid_request", "Code verifier or code challenge is invalid.")
        code.spent = True
        return Reply(self.world.new_tiktok_pair(code.page, user=code.user, scopes=code.scopes, app=app))

    def pkce_fits(self, challenge: str, call: Call) -> bool:
        """The desktop guide says hex, everybody else base64url."""
        digest = hashlib.sha256(call.text("code_verifier").encode())
        codings = {
            "hex": digest.hexdigest(),
            "base64url": base64.urlsafe_b64encode(digest.digest()).decode().rstrip("="),
        }
        wanted = self.world.settings["tiktok_pkce"]
        return wanted == "none" or challenge in ([codings[wanted]] if wanted in codings else codings.values())

    def rotate(self, call: Call, app: str) -> Reply:
        """Strict: once a new refresh token is made the old one is over, whether or not the answer arrived."""
        old = self.world.tokens.get(call.text("refresh_token"))
        if old is None or (old.platform, old.kind, old.app) != (self.name, "refresh", app) or old.spent or old.dead:
            return oauth_error("invalid_grant", "Refresh token is invalid or expired.")
        if (old.expires or 0) <= self.world.world():
            return oauth_error("invalid_grant", "Refresh token is invalid or expired.")
        old.spent = True
        return Reply(self.world.new_tiktok_pair(old.page, user=old.user, scopes=old.scopes, app=app))

    def revoke(self, value: str, app: str) -> Reply:
        token = self.world.tokens.get(value)
        if token is None or token.platform != self.name or token.app != app:
            return oauth_error("invalid_request", "Token is invalid.")
        for each in self.world.tokens.values():
            if (each.platform, each.page, each.app) == (self.name, token.page, app):
                each.dead = 1
        self.world.dirty = True
        return Reply({})

    # The consent page

    def consent_error(self, query: dict[str, str]) -> str:
        """Why the consent page will not open, in the words of the real one."""
        if query.get("client_key") not in TIKTOK_APPS:
            return "client_key"
        where = query.get("redirect_uri", "")
        if not where.startswith(("http://", "https://")) or "#" in where or len(where) >= 512:
            return "redirect_uri"
        if query.get("response_type") != "code":
            return "response_type"
        return "" if self.scopes_asked(query) else "scope"

    @staticmethod
    def scopes_asked(query: dict[str, str]) -> list[str]:
        """Joined by commas: a list joined by anything else is one scope that does not exist."""
        scopes = [scope for scope in query.get("scope", "").split(",") if scope]
        known = (*USER_FIELDS.values(), "video.list", "video.publish", "video.upload")
        return scopes if all(scope in known for scope in scopes) else []

    def consented(self, query: dict[str, str], *, user: str, page: str, scopes: list[str]) -> dict[str, str]:
        """What the browser takes back: a code with characters that must be decoded, and what was granted."""
        value = f"{secrets.token_urlsafe(32)}*0!4242.va"
        code = Token(value, self.name, "code", query["client_key"], user=user, page=page, scopes=scopes)
        code.expires = self.world.world() + 600
        code.bound_to = {"redirect_uri": query["redirect_uri"], "code_challenge": query.get("code_challenge", "")}
        self.world.codes[value] = code
        self.world.dirty = True
        return {"code": value, "scopes": ",".join(scopes)}

    def compose(self, page: Page, post: Post) -> None:
        """A post that was there before: photos if it brings pictures, otherwise a video that nobody has to send."""
        post.id, post.app = self.new_id(), next(iter(TIKTOK_APPS))
        post.details = {"type": "photo" if post.pictures else "video", "privacy": PUBLIC[0], "seconds": 5.0}
        if not post.pictures:
            video = images.plain_mp4(self.world.next_number())
            post.pictures = [Picture(self.world.keep_media(video), "video", size=len(video))]
