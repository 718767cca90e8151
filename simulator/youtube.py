"""YouTube: Google's OAuth, resumable uploads, the part of the Data API that publishing needs, and a little Analytics.

A video is a session first: it is bytes under an address until the last of them has come, and only then a video. Quota
is the project's, in buckets that fill again at midnight in California.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from base64 import urlsafe_b64encode
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.parser import BytesHeaderParser
from typing import IO, Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from simulator import growth, images
from simulator.calls import Call, Intake, Reply
from simulator.faults import Fault, Plan
from simulator.state import DAY, GOOGLE_CLIENTS, GOOGLE_SCOPE, Page, Picture, Post, Token, World
from simulator.webhooks import hub_request

BLOCK = 262_144
LARGEST_VIDEO, LARGEST_THUMBNAIL, LARGEST_CAPTION = 256 << 30, 50 << 20, 100 << 20
LONGEST_UNVERIFIED = 15 * 60
PACIFIC = ZoneInfo("America/Los_Angeles")
CATEGORIES = ("1", "2", "10", "15", "17", "19", "20", "22", "23", "24", "25", "26", "27", "28", "29")
PRIVACY = ("private", "public", "unlisted")
LIVE_REFRESH_TOKENS = 100

VIDEO_PARTS = (
    "id", "snippet", "status", "contentDetails", "statistics", "processingDetails", "fileDetails", "suggestions",
    "player", "topicDetails", "recordingDetails", "localizations", "liveStreamingDetails",
    "paidProductPlacementDetails",
)  # fmt: skip
OWNER_PARTS = ("processingDetails", "fileDetails", "suggestions")
CHANNEL_PARTS = (
    "id", "snippet", "contentDetails", "statistics", "status", "brandingSettings", "topicDetails", "localizations",
    "auditDetails", "contentOwnerDetails",
)  # fmt: skip
WRITABLE = {
    "snippet": ("title", "description", "tags", "categoryId", "defaultLanguage", "defaultAudioLanguage"),
    "status": (
        "privacyStatus", "publishAt", "license", "embeddable", "publicStatsViewable", "selfDeclaredMadeForKids",
        "containsSyntheticMedia",
    ),
    "recordingDetails": ("recordingDate",),
    "localizations": (),
    "paidProductPlacementDetails": ("hasPaidProductPlacement",),
}  # fmt: skip

# What each method may be called with, any one of them enough.
UPLOADS = ("youtube.upload", "youtube.force-ssl", "youtube")
MANAGES = ("youtube.force-ssl", "youtube")
READS = ("youtube.readonly", "youtube.force-ssl", "youtube")

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
METRICS = (
    "views", "engagedViews", "estimatedMinutesWatched", "averageViewDuration", "averageViewPercentage", "likes",
    "comments", "shares", "subscribersGained", "subscribersLost",
)  # fmt: skip


class YoutubeError(Exception):
    """An answer in Google's error shape."""

    def __init__(
        self, status: int, reason: str, message: str, *, domain: str = "youtube.video", where: str = "", code: str = ""
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.domain = domain
        self.where = where
        self.code = code

    def reply(self) -> Reply:
        told = {"message": str(self), "domain": self.domain, "reason": self.reason}
        if self.where:
            told |= {"location": self.where, "locationType": "header" if self.where == "Authorization" else "parameter"}
        error: dict[str, Any] = {"code": self.status, "message": str(self), "errors": [told]}
        if self.code:
            error["status"] = self.code
        if self.reason == "insufficientPermissions":
            scope = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}
            error["details"] = [scope | {"domain": "googleapis.com"}]
        return Reply({"error": error}, self.status)


def bad_token() -> YoutubeError:
    return YoutubeError(
        401, "authError", "Request had invalid authentication credentials.", domain="global", where="Authorization",
        code="UNAUTHENTICATED",
    )  # fmt: skip


def no_video() -> YoutubeError:
    return YoutubeError(404, "videoNotFound", "The video that you are trying to find cannot be found.", where="id")


def missing(parameter: str) -> YoutubeError:
    return YoutubeError(
        400, "missingRequiredParameter", f"Missing required parameter: {parameter}", domain="global", where=parameter
    )


def bad_request(message: str) -> YoutubeError:
    return YoutubeError(400, "badRequest", message, domain="global")


def forbidden(message: str = "The request might not be properly authorized.") -> YoutubeError:
    return YoutubeError(403, "forbidden", message, code="PERMISSION_DENIED")


def too_fast() -> YoutubeError:
    return YoutubeError(
        429, "rateLimitExceeded", "Too many requests have been sent within a given time span.",
        domain="usageLimits", code="RESOURCE_EXHAUSTED",
    )  # fmt: skip


def used_up(*, in_words_alone: bool) -> YoutubeError:
    """The project's day is over, which the newer quota system calls too many requests."""
    if in_words_alone:
        words = (
            "Quota exceeded for quota metric 'Queries' and limit 'Queries per day' of service 'youtube.googleapis.com'."
        )
        return YoutubeError(429, "rateLimitExceeded", words, domain="global", code="RESOURCE_EXHAUSTED")
    return YoutubeError(
        403, "quotaExceeded", "The request cannot be completed because you have exceeded your quota.",
        domain="youtube.quota",
    )  # fmt: skip


def oauth_error(error: str, description: str, status: int = 400) -> Reply:
    return Reply({"error": error, "error_description": description}, status)


def invalid_grant() -> Reply:
    return oauth_error("invalid_grant", "Token has been expired or revoked.")


def stamp(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_duration(seconds: float) -> str:
    hours, rest = divmod(int(seconds), 3600)
    minutes, rest = divmod(rest, 60)
    return "PT" + "".join(f"{value}{unit}" for value, unit in ((hours, "H"), (minutes, "M"), (rest, "S")) if value)


def rounded(value: int) -> int:
    """To three significant figures, downwards, as subscribers are told."""
    step = 10 ** max(0, len(str(value)) - 3)
    return value // step * step


def kept(part: str, given: Any) -> dict[str, Any]:
    """What of a part may be written; a part overwrites the stored one as a whole."""
    given = given if isinstance(given, dict) else {}
    names = WRITABLE[part]
    return {name: value for name, value in given.items() if not names or name in names}


@dataclass
class Session:
    """An upload under way. `held` is a multiple of a block until the file is whole; the bytes themselves are gone."""

    kind: str
    page: str
    meta: dict[str, Any]
    started: float
    mime: str
    size: int | None = None
    intake: Intake = field(default_factory=Intake)
    head: bytes = b""
    finished: dict[str, Any] | None = None
    video: str = ""
    notify: bool = True

    @property
    def held(self) -> int:
        return self.intake.size

    def take(self, file: IO[bytes], *, skip: int, most: int, last: bool) -> None:
        """Whole blocks alone, unless what comes is the end of the file; what was cut off in between is not kept."""
        file.seek(skip)
        taken = 0
        while chunk := file.read(BLOCK):
            ends = last and self.held + len(chunk) == self.size
            if (len(chunk) < BLOCK and not ends) or (most and taken + len(chunk) > most):
                return
            self.intake.take(chunk)
            taken += len(chunk)
            if len(self.head) < BLOCK:
                self.head += chunk


class Youtube:
    name = "youtube"

    def __init__(self, world: World, fetcher: images.Fetcher) -> None:
        self.world = world
        self.fetcher = fetcher
        self.sessions: dict[str, Session] = {}
        self.channel_of: dict[str, str] = {}
        self.spent: Counter[str] = Counter()
        self.day = ""

    # What a call is

    def describe(self, call: Call) -> tuple[str, tuple[str, ...]]:
        method, resource = call.method, self.resource(call)
        if resource.startswith("oauth2/"):
            token = self.world.tokens.get(call.text("refresh_token") or call.text("token"))
            return token.page if token else "", ("token",)
        if resource == "hub/subscribe":
            return parse_qs(urlsplit(call.text("hub.topic")).query).get("channel_id", [""])[0], ("connect",)
        held = self.world.tokens.get(self.token_text(call))
        page = held.page if held else ""
        if "upload_id" in call.params:
            session = self.sessions.get(call.text("upload_id"))
            return session.page if session else page, self.describe_bytes(call, session)
        match method, resource:
            case "POST", "upload/videos":
                whole = call.text("uploadType") in ("media", "multipart")
                return page, ("publish" if whole else "stage",)
            case "PUT", "videos":
                post = self.video(call.text("id"))
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
        """A probe asks; bytes are an upload, and the last of a public video make it visible."""
        told = call.headers.get("Content-Range", "")
        if told.startswith("bytes */"):
            return ("verify",)
        found = re.fullmatch(r"bytes \d+-(\d+)/(\d+)", told)
        last = not told or (found is not None and int(found[1]) + 1 == int(found[2]))
        if last and session is not None and session.kind == "videos" and self.wants_public(session.meta):
            return "publish", "upload"
        return ("upload",)

    @staticmethod
    def wants_public(meta: dict[str, Any]) -> bool:
        status = meta.get("status")
        return isinstance(status, dict) and status.get("privacyStatus", "public") == "public"

    @staticmethod
    def resource(call: Call) -> str:
        """`googleapis/upload/youtube/v3/videos` → `upload/videos`; what is not of the Data API stays as it is."""
        path = call.path.removeprefix("googleapis/").removeprefix("resumable/")
        return re.sub(r"^(upload/)?youtube/v3/", r"\1", path)

    @staticmethod
    def token_text(call: Call) -> str:
        return call.headers.get("Authorization", "").partition(" ")[2] or call.text("access_token")

    # Answers

    async def answer(self, call: Call, plan: Plan) -> Reply:
        resource = self.resource(call)
        if resource.startswith("oauth2/"):
            return self.oauth(call, resource)
        if resource == "hub/subscribe":
            return self.hub(call)
        try:
            return self.dispatch(call, resource, plan)
        except YoutubeError as error:
            return error.reply()

    def hub(self, call: Call) -> Reply:
        """pubsubhubbub.appspot.com: open to everybody. It takes the wish, and asks the subscriber afterwards."""
        if call.method != "POST":
            return Reply("Not found", 404, content_type="text/plain")
        try:
            channel, asked = hub_request(call.text)
        except ValueError as why:
            return Reply(str(why), 400, content_type="text/plain")
        if page := self.world.pages[self.name].get(channel):
            page.details["hub_request"] = asked
        return Reply("", 202, content_type="text/plain")

    def refusal(self, fault: Fault, call: Call) -> Reply:
        """What an injected fault looks like when it comes from Google."""
        resource = self.resource(call)
        if resource.startswith("hub/"):
            return Reply("", 503 if fault.kind == "rate_limit" else fault.status, content_type="text/plain")
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
                    "The channel has uploaded too many thumbnails recently. Please try the request again later.",
                    domain="youtube.thumbnail",
                )  # fmt: skip
            case "rate_limit":
                error = too_fast()
            case "expired_token" | "kill_token":
                error = bad_token()
            case "refuse" | "duplicate":
                error = YoutubeError(400, "invalidVideoMetadata", "The request metadata is invalid.", where="body")
            case _:
                error = YoutubeError(fault.status, "backendError", "Backend Error", domain="global", code="INTERNAL")
        return error.reply()

    def dispatch(self, call: Call, resource: str, plan: Plan) -> Reply:
        token = self.token_of(call)
        if "upload_id" in call.params:
            return self.bytes_come(call, plan)
        if resource == "analytics/v2/reports":
            return Reply(self.report(call, token))
        bucket, cost = COSTS.get(f"{call.method} {resource}", ("units", 1 if call.method == "GET" else 50))
        self.spend(token.app, bucket, cost)
        match call.method, resource:
            case "POST", "upload/videos" | "upload/captions" | "upload/thumbnails/set":
                return self.start_upload(call, token, resource.removeprefix("upload/").removesuffix("/set"), plan)
            case "GET", "channels":
                return Reply(self.channels(call, token))
            case "GET", "videos":
                return Reply(self.videos(call, token))
            case "PUT", "videos":
                return Reply(self.update(call, token, plan))
            case "DELETE", "videos":
                self.needs(token, MANAGES)
                self.world.remove(self.own(call.text("id"), token), after=plan.late)
                return Reply("", 204)
            case "GET", "videos:batchGetStats":
                return Reply(self.batch(call, token))
            case "GET", "playlistItems":
                return Reply(self.playlist(call, token, plan))
            case "GET", "search":
                return Reply(self.search(call, token, plan))
            case "GET", "commentThreads":
                return Reply(self.threads(call, token))
            case "POST", "commentThreads":
                return Reply(self.new_thread(call, token))
            case "GET", "comments":
                return Reply(self.replies(call, token))
            case "POST", "comments":
                return Reply(self.reply(call, token))
            case "POST", "comments/setModerationStatus":
                self.moderate(call, token)
                return Reply("", 204)
            case _ if resource.partition("/")[0] == "captions":
                return self.captions(call, token, resource.partition("/")[2])
        raise YoutubeError(404, "notFound", "Not Found", domain="global")

    # Who may call, and how often

    def token_of(self, call: Call) -> Token:
        token = self.world.tokens.get(self.token_text(call))
        if token is None or token.platform != self.name or token.kind != "access" or token.dead:
            raise bad_token()
        if token.expires is not None and token.expires <= self.world.world():
            raise bad_token()
        return token

    @staticmethod
    def needs(token: Token, any_of: tuple[str, ...]) -> None:
        if not any(GOOGLE_SCOPE + scope in token.scopes for scope in any_of):
            raise YoutubeError(
                403, "insufficientPermissions", "Request had insufficient authentication scopes.", domain="global",
                code="PERMISSION_DENIED",
            )  # fmt: skip

    def channel(self, token: Token) -> Page:
        page = self.world.pages[self.name].get(token.page)
        if page is None:
            raise YoutubeError(
                401, "youtubeSignupRequired", "Unauthorized", domain="youtube.header", where="Authorization"
            )
        return page

    def spend(self, app: str, bucket: str, cost: int) -> None:
        """Takes from the project's day, which ends at midnight in California by the world's clock."""
        today = datetime.fromtimestamp(self.world.world(), PACIFIC).strftime("%Y-%m-%d")
        if today != self.day:
            self.day = today
            self.spent.clear()
        limit = self.world.settings[f"youtube_{bucket}_per_day"]
        key = f"{app} {bucket}"
        if limit and self.spent[key] + cost > limit:
            raise used_up(in_words_alone=self.world.settings["youtube_quota_in_words"])
        self.spent[key] += cost

    # Uploads

    def start_upload(self, call: Call, token: Token, kind: str, plan: Plan) -> Reply:
        self.needs(token, ("youtube.force-ssl",) if kind == "captions" else UPLOADS)
        page = self.channel(token)
        protocol = call.text("uploadType")
        if protocol not in ("resumable", "multipart", "media"):
            raise bad_request("Unsupported upload protocol: uploadType is resumable, multipart or media.")
        meta, file, mime, skip, size = dict(call.params), call.body, call.headers.get("Content-Type", ""), 0, None
        if protocol == "multipart":
            meta, file, mime, skip, size = related(call)
            meta |= {name: call.text(name) for name in ("part", "videoId") if name in call.params}
        session = Session(kind, page.external_id, meta, self.world.world(), mime)
        session.notify = call.flag("notifySubscribers", True)
        self.check_start(session, page)
        if protocol == "resumable":
            session.mime = call.headers.get("X-Upload-Content-Type", "")
            declared = call.headers.get("X-Upload-Content-Length", "")
            session.size = int(declared) if declared.isdecimal() else None
            self.check_file(session)
            upload_id = "AB" + secrets.token_urlsafe(48)
            self.sessions[upload_id] = session
            where = f"{call.origin}/youtube/{call.path}?uploadType=resumable&upload_id={upload_id}"
            return Reply("", headers={"Location": where, "X-GUploader-UploadID": upload_id})
        if file is None:
            raise YoutubeError(400, "mediaBodyRequired", "The request does not include the file.", where="body")
        session.size = file.seek(0, 2) - skip if size is None else size
        self.check_file(session)
        file.seek(skip)
        left = session.size
        while left and (chunk := file.read(min(BLOCK, left))):
            session.intake.take(chunk)
            session.head += chunk if len(session.head) < BLOCK else b""
            left -= len(chunk)
        if left:
            raise bad_request("The body ends before the file does.")
        return Reply(self.finish(session, call, plan))

    def check_start(self, session: Session, page: Page) -> None:
        """What can be said of a file before it comes: a video's metadata are refused here, not at its end."""
        match session.kind:
            case "videos":
                per_channel = self.world.settings["youtube_uploads_per_channel"]
                since = self.world.world() - DAY
                lately = sum(post.details.get("exists_from", 0) > since for post in page.posts.values())
                if per_channel and lately >= per_channel:
                    raise YoutubeError(
                        400, "uploadLimitExceeded", "The user has exceeded the number of videos they may upload."
                    )
                parts = self.parts(session.meta, tuple(WRITABLE))
                session.meta = {part: kept(part, session.meta.get(part)) for part in parts} | {"part": parts}
                self.check(session.meta, fresh=True)
            case "thumbnails":
                self.owned(session.meta.get("videoId", ""), page, "videoId")
                if not self.world.settings["youtube_verified_channels"]:
                    raise forbidden("The thumbnail can't be set for the specified video: the channel is not verified.")
            case "captions":
                snippet = session.meta.get("snippet") or {}
                if not snippet.get("videoId") or not snippet.get("language"):
                    raise YoutubeError(
                        400, "invalidMetadata", "The caption's metadata are invalid.", domain="youtube.caption"
                    )
                post = self.owned(snippet["videoId"], page, "videoId")
                track = (snippet["language"], snippet.get("name", ""))
                if any((each["language"], each["name"]) == track for each in post.details.get("captions", {}).values()):
                    raise YoutubeError(
                        409, "captionExists", "The video already has a caption track of this language and name.",
                        domain="youtube.caption",
                    )  # fmt: skip

    @staticmethod
    def check_file(session: Session) -> None:
        mime, size = session.mime.partition(";")[0].strip(), session.size or 0
        if session.kind == "videos" and mime and not re.match(r"video/|application/octet-stream$", mime):
            raise YoutubeError(400, "badContent", f"Unsupported content with type: {mime}", domain="global")
        if session.kind == "thumbnails" and mime and not re.match(r"image/|application/octet-stream$", mime):
            raise YoutubeError(
                400, "invalidImage", "The provided image is not a valid one.", domain="youtube.thumbnail"
            )
        largest = {"videos": LARGEST_VIDEO, "thumbnails": LARGEST_THUMBNAIL, "captions": LARGEST_CAPTION}[session.kind]
        if size > largest:
            raise YoutubeError(413, "uploadTooLarge", f"Media larger than allowed: {size} bytes", domain="global")

    def bytes_come(self, call: Call, plan: Plan) -> Reply:
        session = self.sessions.get(call.text("upload_id"))
        if session is None:
            raise YoutubeError(404, "notFound", "There is no such upload.", domain="global")
        if call.method != "PUT":
            raise YoutubeError(405, "httpMethodNotAllowed", "Bytes are sent with PUT.", domain="global")
        if session.started + self.world.settings["youtube_session_seconds"] <= self.world.world():
            raise YoutubeError(410, "gone", "The upload has expired.", domain="global")
        if session.finished is not None:
            return Reply(self.told(session))
        start, end, total = self.range_of(call, session)
        session.size = total if session.size is None else session.size
        if end is not None:
            last = end + 1 == session.size
            if not last and (end + 1 - start) % BLOCK:
                raise bad_request(f"Chunks other than the last must be multiples of {BLOCK} bytes.")
            if start > session.held:
                raise bad_request(
                    f"Invalid request. According to the Content-Range header, the upload offset is {start} byte(s), "
                    f"which exceeds already uploaded size of {session.held} byte(s)."
                )
            if call.body is not None:
                most = self.world.settings["youtube_bytes_a_put"]
                session.take(call.body, skip=session.held - start, most=most, last=last)
        if session.size is not None and session.held == session.size:
            return Reply(self.finish(session, call, plan))
        return Reply("", 308, {"Range": f"bytes=0-{session.held - 1}"} if session.held else {})

    @staticmethod
    def range_of(call: Call, session: Session) -> tuple[int, int | None, int | None]:
        """Which bytes a PUT brings: first and last of them and of how many. A probe brings none."""
        told = call.headers.get("Content-Range", "")
        sent = int(call.headers.get("Content-Length") or (call.body.seek(0, 2) if call.body else 0))
        if not told:
            if session.size is not None and sent != session.size:
                raise bad_request(
                    f"Invalid request. There were {sent} byte(s) in the request body. There should have been "
                    f"{session.size} byte(s)."
                )
            return 0, sent - 1, sent
        found = re.fullmatch(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)", told)
        if found is None:
            raise bad_request(f"Failed to parse Content-Range header: {told}")
        total = None if found[3] == "*" else int(found[3])
        if total is not None and session.size is not None and total != session.size:
            raise bad_request(f"Invalid request. The file was announced with {session.size} byte(s), not {total}.")
        if found[1] is None:
            return 0, None, total
        start, end = int(found[1]), int(found[2])
        if sent != end + 1 - start or (total is not None and end >= total):
            raise bad_request(
                f"Invalid request. There were {sent} byte(s) in the request body. There should have been "
                f"{end + 1 - start} byte(s) (starting at offset {start} and ending at offset {end}) according to the "
                "Content-Range header."
            )
        return start, end, total

    def told(self, session: Session) -> dict[str, Any]:
        """A finished session tells its video as it is by now."""
        post = self.video(session.video) if session.kind == "videos" else None
        if post is None:
            assert session.finished is not None
            return session.finished
        return self.view(self.world.pages[self.name][session.page], post, session.meta["part"])

    def finish(self, session: Session, call: Call, plan: Plan) -> dict[str, Any]:
        """The file is whole: exactly one thing comes of it, however often its last bytes are sent."""
        page = self.world.pages[self.name][session.page]
        match session.kind:
            case "videos":
                session.finished = self.new_video(session, page, call, plan)
            case "thumbnails":
                session.finished = self.new_thumbnail(session, page, call)
            case _:
                session.finished = self.new_caption(session, page)
        session.intake.data = None
        return session.finished

    def new_video(self, session: Session, page: Page, call: Call, plan: Plan) -> dict[str, Any]:
        now, meta = self.world.world(), session.meta
        digest = session.intake.sha256
        ends = "failed/conversion" if plan.fails else self.ending(session, page, digest)
        self.world.keep_intake(session.intake)
        post = Post(self.new_id(page), "", self.world.wall(), app=next(iter(GOOGLE_CLIENTS)))
        post.pictures = [Picture(digest, "video", size=session.held)]
        post.details = {
            "exists_from": now,
            "processed_from": now + self.world.settings["youtube_processing_seconds"],
            "ends": ends,
            "mime": session.mime,
            "bytes": session.held,
            "seconds": images.seconds_of(session.head),
            "notify": session.notify,
        }
        page.posts[post.id] = post
        session.video = post.id
        self.channel_of[post.id] = page.external_id
        self.overwrite(post, meta)
        self.settle(post, call.arrived, plan.late)
        self.world.dirty = True
        return self.view(page, post, meta["part"])

    def ending(self, session: Session, page: Page, digest: str) -> str:
        """What processing will come to: the setting's word, or what the file itself deserves."""
        wanted = self.world.settings["youtube_processing_ends"]
        if wanted != "processed":
            return wanted
        if not session.held:
            return "failed/emptyFile"
        if not images.kind_of(session.head).startswith("video/"):
            return "failed/invalidFile"
        verified = self.world.settings["youtube_verified_channels"]
        if not verified and images.seconds_of(session.head) > LONGEST_UNVERIFIED:
            return "rejected/length"
        twice = any(
            each.pictures and each.pictures[0].sha256 == digest and not each.gone(self.world.world())
            for each in page.posts.values()
        )
        return "rejected/duplicate" if twice and self.world.settings["youtube_rejects_duplicates"] else "processed"

    def new_id(self, page: Page) -> str:
        seed = f"{page.external_id}/{self.world.next_number()}"
        return secrets.token_urlsafe(2)[:2].replace("-", "x") + hashlib.sha256(seed.encode()).hexdigest()[:9]

    # A video's fields

    def parts(self, params: dict[str, Any], known: tuple[str, ...]) -> list[str]:
        parts = [part.strip() for part in str(params.get("part") or "").split(",") if part.strip()]
        if not parts:
            raise missing("part")
        if unknown := [part for part in parts if part not in known and part != "id"]:
            raise YoutubeError(400, "unknownPart", f"'{unknown[0]}'", domain="youtube.part", where="part")
        return parts

    def check(self, meta: dict[str, Any], *, fresh: bool, post: Post | None = None) -> None:
        """The field rules, for a new video (`fresh`) or for the parts that an update overwrites."""
        if "snippet" in meta or fresh:
            self.check_snippet(meta.get("snippet", {}), fresh)
        if "status" in meta:
            self.check_status(meta["status"], post)

    @staticmethod
    def check_snippet(snippet: dict[str, Any], fresh: bool) -> None:
        title, description = snippet.get("title"), snippet.get("description", "")
        if not isinstance(title, str) or not title.strip() or len(title) > 100 or re.search("[<>]", title):
            raise YoutubeError(
                400, "invalidTitle", "The request metadata specifies an invalid or empty video title.",
                where="body.snippet.title",
            )  # fmt: skip
        if not isinstance(description, str) or len(description.encode()) > 5000 or re.search("[<>]", description):
            raise YoutubeError(
                400, "invalidDescription", "The request metadata specifies an invalid video description.",
                where="body.snippet.description",
            )  # fmt: skip
        tags = snippet.get("tags", [])
        strings = isinstance(tags, list) and all(isinstance(tag, str) and tag for tag in tags)
        if not strings or sum(len(tag) + 2 * (" " in tag) for tag in tags) + max(0, len(tags) - 1) > 500:
            raise YoutubeError(
                400, "invalidTags", "The request metadata specifies invalid video keywords.", where="body.snippet.tags"
            )
        category = snippet.get("categoryId", "22" if fresh else "")
        if category not in CATEGORIES:
            raise YoutubeError(
                400, "invalidCategoryId", "The snippet.categoryId property specifies an invalid category ID.",
                where="body.snippet.categoryId",
            )  # fmt: skip

    def check_status(self, status: dict[str, Any], post: Post | None) -> None:
        if status.get("privacyStatus", "public") not in PRIVACY:
            raise YoutubeError(
                400, "invalidVideoMetadata", "The request metadata is invalid.", where="body.status.privacyStatus"
            )
        if "publishAt" not in status:
            return
        published = post is not None and self.was_public(post)
        if status.get("privacyStatus") != "private" or published or moment(status["publishAt"]) is None:
            raise YoutubeError(
                400, "invalidPublishAt", "The request metadata specifies an invalid scheduled publishing time.",
                where="body.status.publishAt",
            )  # fmt: skip

    def was_public(self, post: Post) -> bool:
        return any(interval.visible_world <= self.world.world() for interval in post.intervals)

    def overwrite(self, post: Post, meta: dict[str, Any]) -> None:
        """Each part that is named replaces the stored one; what it leaves out falls back to its default."""
        for part in WRITABLE:
            if part in meta:
                post.details[part] = meta[part]
        post.details.setdefault("snippet", {})
        status = post.details.setdefault("status", {})
        status["privacyStatus"] = status.get("privacyStatus", "public")
        post.title = post.details["snippet"].get("title", "")
        post.text = post.details["snippet"].get("description", "")
        found = re.search(r"https?://\S+", post.text)
        post.link = found[0] if found else ""
        due = moment(status["publishAt"]) if "publishAt" in status else None
        if due is not None and due <= self.world.wall():
            status["privacyStatus"], due = "public", None
            status.pop("publishAt")
        post.scheduled_at = due

    def settle(self, post: Post, arrived: float, late: float = 0.0) -> None:
        """Makes what residents see follow from the status: from when on, or no longer."""
        status, now = post.details["status"], self.world.world()
        wait = max(0.0, post.details["processed_from"] - now)
        public = status["privacyStatus"] == "public"
        if post.scheduled_at is not None:
            wait, public = max(wait, post.scheduled_at - self.world.wall()), True
        if post.details["ends"] != "processed":
            public = False
        open_now = any(each.gone_at is None and each.visible_world <= now for each in post.intervals)
        if not open_now:
            post.intervals = [each for each in post.intervals if each.gone_at is not None]
        if public and not open_now:
            self.world.show(post, arrived=arrived, after=wait + late)
        elif not public and open_now:
            self.world.hide(post)
        self.world.dirty = True

    def video(self, video_id: str) -> Post | None:
        """A video that is there, its schedule brought up to date."""
        channel = self.channel_of.get(video_id)
        if channel is None:
            for page in self.world.pages[self.name].values():
                if video_id in page.posts:
                    channel = self.channel_of[video_id] = page.external_id
                    break
        if channel is None:
            return None
        post = self.world.pages[self.name][channel].posts[video_id]
        if post.gone(self.world.world()):
            return None
        if post.scheduled_at is not None and post.visible(self.world.world()):
            post.scheduled_at = None
            post.details["status"] |= {"privacyStatus": "public"}
            post.details["status"].pop("publishAt", None)
        return post

    def own(self, video_id: str, token: Token, where: str = "id") -> Post:
        return self.owned(video_id, self.channel(token), where)

    def owned(self, video_id: str, page: Page, where: str) -> Post:
        if not video_id:
            raise missing(where)
        post = self.video(video_id)
        if post is None:
            raise no_video()
        if video_id not in page.posts:
            raise forbidden()
        return post

    def update(self, call: Call, token: Token, plan: Plan) -> dict[str, Any]:
        self.needs(token, MANAGES)
        parts = self.parts(call.params, tuple(WRITABLE))
        post = self.own(call.text("id"), token)
        meta = {part: kept(part, call.params.get(part)) for part in parts if part in WRITABLE}
        self.check(meta, fresh=False, post=post)
        self.overwrite(post, meta)
        post.requests += 1
        post.edited_at = self.world.wall()
        self.settle(post, call.arrived, plan.late)
        return self.view(self.channel(token), post, parts)

    # Reading

    def view(self, page: Page, post: Post, parts: list[str]) -> dict[str, Any]:
        told: dict[str, Any] = {"kind": "youtube#video", "etag": self.etag(post), "id": post.id}
        now, status = self.world.world(), post.details["status"]
        done = post.details["processed_from"] <= now
        state, _, reason = post.details["ends"].partition("/")
        for part in parts:
            match part:
                case "snippet":
                    told[part] = self.snippet(page, post)
                case "status":
                    told[part] = {
                        "uploadStatus": state if done else "uploaded",
                        "license": "youtube", "embeddable": True, "publicStatsViewable": True,
                        "madeForKids": bool(status.get("selfDeclaredMadeForKids", False)),
                    } | status  # fmt: skip
                    if done and reason:
                        told[part]["failureReason" if state == "failed" else "rejectionReason"] = reason
                case "contentDetails":
                    ready = done and state == "processed"
                    told[part] = {
                        "duration": iso_duration(post.details["seconds"]) if ready else "P0D",
                        "dimension": "2d", "definition": "hd", "licensedContent": False, "projection": "rectangular",
                        "caption": "true" if post.details.get("captions") else "false",
                    }  # fmt: skip
                case "statistics":
                    told[part] = self.statistics(page, post) | {"dislikeCount": "0"}
                case "processingDetails":
                    told[part] = self.processing(post, done, state)
                case "fileDetails":
                    told[part] = {
                        "fileName": "video.mp4", "fileSize": str(post.details["bytes"]), "fileType": "video",
                        "container": post.details["mime"].partition("/")[2],
                    }  # fmt: skip
                case "player":
                    told[part] = {"embedHtml": ""}
                case _ if part != "id":
                    told[part] = post.details.get(part, {})
        return told

    @staticmethod
    def etag(post: Post) -> str:
        facts = json.dumps([post.details.get("snippet"), post.details.get("status"), post.requests], default=str)
        return hashlib.sha1(facts.encode()).hexdigest()[:27]

    def snippet(self, page: Page, post: Post) -> dict[str, Any]:
        thumbnail = post.details.get("thumbnail", "")
        return {
            "publishedAt": stamp(post.published_at if self.was_public(post) else post.created_at),
            "channelId": page.external_id,
            "channelTitle": page.name,
            "description": "",
            "categoryId": "22",
            "liveBroadcastContent": "none",
            "thumbnails": {"default": {"url": f"/media/{thumbnail}"}} if thumbnail else {},
            "localized": {"title": post.title, "description": post.text},
        } | post.details["snippet"]

    def statistics(self, page: Page, post: Post) -> dict[str, str]:
        """Strings. Comments that are off have no count at all, not a count of zero."""
        counts = growth.counts(page, post, self.world.world())
        told = {"viewCount": counts.views, "likeCount": counts.all_reactions, "favoriteCount": 0}
        if not post.details["status"].get("selfDeclaredMadeForKids"):
            told["commentCount"] = counts.comments
        hidden = self.world.settings["youtube_hidden"]
        return {name: str(value) for name, value in told.items() if name not in hidden}

    def processing(self, post: Post, done: bool, state: str) -> dict[str, Any]:
        if done:
            word = {"processed": "succeeded", "failed": "failed"}.get(state, "terminated")
            return {"processingStatus": word, "fileDetailsAvailability": "available"}
        left = post.details["processed_from"] - self.world.world()
        whole = max(post.details["processed_from"] - post.details["exists_from"], 0.001)
        share = {"partsTotal": "100", "partsProcessed": str(int(100 * (1 - left / whole)))}
        return {
            "processingStatus": "processing",
            "processingProgress": share | {"timeLeftMs": str(int(left * 1000))},
            "fileDetailsAvailability": "available",
        }

    def ids(self, call: Call) -> list[str]:
        ids = [each for each in call.text("id").split(",") if each]
        if len(ids) > 50:
            raise YoutubeError(400, "invalidFilters", "At most 50 ids a call.", domain="youtube.parameter", where="id")
        return ids

    def videos(self, call: Call, token: Token) -> dict[str, Any]:
        self.needs(token, READS)
        parts = self.parts(call.params, VIDEO_PARTS)
        ids = self.ids(call)
        if not ids:
            raise YoutubeError(400, "missingRequiredParameter", "No filter selected.", domain="youtube.parameter")
        items = []
        for video_id in ids:
            post = self.video(video_id)
            if post is None:
                continue
            page = self.world.pages[self.name][self.channel_of[video_id]]
            own = page.external_id == token.page
            if not own and post.details["status"]["privacyStatus"] == "private":
                continue
            if not own and any(part in OWNER_PARTS for part in parts):
                raise forbidden("The request cannot access the video's owner-only parts.")
            told = self.view(page, post, parts)
            if not own and "statistics" in told:
                told["statistics"].pop("dislikeCount")
            items.append(told)
        return {
            "kind": "youtube#videoListResponse",
            "etag": secrets.token_hex(8),
            "items": items,
            "pageInfo": {"totalResults": len(items), "resultsPerPage": len(items)},
        }

    def batch(self, call: Call, token: Token) -> dict[str, Any]:
        """Figures of many videos; one that is not there is simply not answered."""
        self.needs(token, READS)
        parts = self.parts(call.params, ("id", "snippet", "statistics", "contentDetails"))
        items = []
        for video_id in self.ids(call):
            post = self.video(video_id)
            if post is None or not post.visible(self.world.world()):
                continue
            page = self.world.pages[self.name][self.channel_of[video_id]]
            told: dict[str, Any] = {"kind": "youtube#videoStats", "etag": self.etag(post), "id": video_id}
            if "snippet" in parts:
                told["snippet"] = {"publishTime": stamp(post.published_at)}
            if "statistics" in parts:
                told["statistics"] = self.statistics(page, post)
                del told["statistics"]["favoriteCount"]
            if "contentDetails" in parts:
                told["contentDetails"] = {"duration": iso_duration(post.details["seconds"])}
            items.append(told)
        return {"kind": "youtube#batchGetStatsResponse", "items": items}

    def channels(self, call: Call, token: Token) -> dict[str, Any]:
        self.needs(token, READS)
        parts = self.parts(call.params, CHANNEL_PARTS)
        pages = self.world.pages[self.name]
        if call.flag("mine"):
            found = [pages[token.page]] if token.page in pages else []
        elif call.text("id"):
            found = [pages[each] for each in self.ids(call) if each in pages]
        elif call.text("forHandle"):
            one = self.world.find_page(self.name, call.text("forHandle").removeprefix("@"))
            found = [one] if one else []
        else:
            raise YoutubeError(400, "missingRequiredParameter", "No filter selected.", domain="youtube.parameter")
        answer: dict[str, Any] = {
            "kind": "youtube#channelListResponse",
            "etag": secrets.token_hex(8),
            "pageInfo": {"totalResults": len(found), "resultsPerPage": 5},
        }
        # A list without items comes without the key as well as with an empty one; the harder case is told.
        return answer | ({"items": [self.channel_view(page, parts, call) for page in found]} if found else {})

    def channel_view(self, page: Page, parts: list[str], call: Call) -> dict[str, Any]:
        now = self.world.world()
        link = f"{self.world.public_url or call.origin}/pages/youtube/{page.external_id}/"
        told: dict[str, Any] = {"kind": "youtube#channel", "etag": secrets.token_hex(8), "id": page.external_id}
        every = {
            "snippet": lambda: {
                "title": page.name, "description": "Kênh chính thức", "customUrl": f"@{page.username}",
                "publishedAt": stamp(page.created_at), "country": "VN",
                "thumbnails": {size: {"url": f"{link}avatar.svg"} for size in ("default", "medium", "high")},
            },
            "contentDetails": lambda: {"relatedPlaylists": {"likes": "", "uploads": f"UU{page.external_id[2:]}"}},
            "statistics": lambda: {
                "viewCount": str(sum(growth.counts(page, post, now).views for post in page.posts.values())),
                "subscriberCount": str(rounded(growth.followers(page, now))),
                "hiddenSubscriberCount": "subscriberCount" in self.world.settings["youtube_hidden"],
                "videoCount": str(len(self.world.visible_posts(page))),
            },
            "status": lambda: {
                "privacyStatus": "public", "isLinked": True, "madeForKids": False,
                "longUploadsStatus": "allowed" if self.world.settings["youtube_verified_channels"] else "eligible",
            },
        }  # fmt: skip
        return told | {part: every[part]() for part in parts if part in every}

    def listed(self, page: Page, lag: float, own: bool) -> list[Post]:
        """A channel's uploads, newest first, as a listing tells them: as they were a while ago."""
        then = self.world.world() - max(lag, self.world.settings["youtube_listing_seconds"])
        found = [
            post
            for post in page.posts.values()
            if post.details["exists_from"] <= then and not post.gone(then) and (own or post.visible(then))
        ]
        for post in found:
            self.video(post.id)
        found.sort(key=lambda post: post.created_at, reverse=True)
        return found

    def screen(self, call: Call, found: list[Post]) -> tuple[list[Post], dict[str, Any]]:
        """One page of a list and the words that lead to the next."""
        most = call.number("maxResults", 5)
        if not 0 <= most <= 50:
            raise YoutubeError(400, "invalidParameter", "maxResults is 0 to 50.", domain="global", where="maxResults")
        at = call.number("pageToken", 0)
        told: dict[str, Any] = {"pageInfo": {"totalResults": len(found), "resultsPerPage": most}}
        if at + most < len(found):
            told["nextPageToken"] = str(at + most)
        return found[at : at + most], told

    def playlist(self, call: Call, token: Token, plan: Plan) -> dict[str, Any]:
        self.needs(token, READS)
        parts = self.parts(call.params, ("id", "snippet", "contentDetails", "status"))
        playlist = call.text("playlistId")
        if not playlist:
            raise missing("playlistId")
        page = self.world.pages[self.name].get(f"UC{playlist[2:]}") if playlist.startswith("UU") else None
        if page is None:
            raise YoutubeError(
                404, "playlistNotFound", "The playlist identified with the request's playlistId cannot be found.",
                domain="youtube.playlistItem", where="playlistId",
            )  # fmt: skip
        posts, told = self.screen(call, self.listed(page, plan.lag, page.external_id == token.page))
        items = []
        for at, post in enumerate(posts):
            item: dict[str, Any] = {
                "kind": "youtube#playlistItem",
                "etag": self.etag(post),
                "id": f"{playlist}.{post.id}",
            }
            video = {"kind": "youtube#video", "videoId": post.id}
            if "snippet" in parts:
                item["snippet"] = {
                    "publishedAt": stamp(post.created_at), "channelId": page.external_id, "title": post.title,
                    "description": post.text, "channelTitle": page.name, "playlistId": playlist, "position": at,
                    "resourceId": video, "thumbnails": {},
                }  # fmt: skip
            if "contentDetails" in parts:
                item["contentDetails"] = {"videoId": post.id}
                if self.was_public(post):
                    item["contentDetails"]["videoPublishedAt"] = stamp(post.published_at)
            if "status" in parts:
                item["status"] = {"privacyStatus": post.details["status"]["privacyStatus"]}
            items.append(item)
        return {"kind": "youtube#playlistItemListResponse", "etag": secrets.token_hex(8), "items": items} | told

    def search(self, call: Call, token: Token, plan: Plan) -> dict[str, Any]:
        self.needs(token, READS)
        self.parts(call.params, ("id", "snippet"))
        mine = call.flag("forMine")
        page = self.world.pages[self.name].get(token.page if mine else call.text("channelId"))
        if mine and call.text("type") != "video":
            raise bad_request("forMine needs type=video.")
        words = call.text("q").lower().split()
        found = [
            post
            for post in (self.listed(page, plan.lag, mine) if page else [])
            if all(word in f"{post.title} {post.text}".lower() for word in words)
        ]
        posts, told = self.screen(call, found)
        items = [
            {
                "kind": "youtube#searchResult",
                "etag": self.etag(post),
                "id": {"kind": "youtube#video", "videoId": post.id},
                "snippet": {
                    "publishedAt": stamp(post.created_at), "channelId": page.external_id if page else "",
                    "title": post.title, "description": post.text[:160], "thumbnails": {},
                },
            }
            for post in posts
        ]  # fmt: skip
        return {"kind": "youtube#searchListResponse", "etag": secrets.token_hex(8), "items": items} | told

    # Comments

    def discussion(self, page: Page, post: Post) -> list[dict[str, Any]]:
        """As many comments as the video has by now, at most two hundred; made up when they are first asked for."""
        there: list[dict[str, Any]] = post.details.setdefault("comments", [])
        written = sum(each["by"] != page.external_id for each in there)
        for at in range(written, min(200, growth.counts(page, post, self.world.world()).comments)):
            self.new_comment(post, growth.said(at), by=f"UCresident{at:014d}")
        return there

    def new_comment(self, post: Post, text: str, *, by: str, parent: str = "") -> dict[str, Any]:
        number = self.world.next_number()
        comment: dict[str, Any] = {"id": f"{parent + '.' if parent else 'Ugx'}{number:019d}", "text": text, "by": by}
        comment |= {"at": self.world.wall() + number / 1e6, "state": "published", "parent": parent, "video": post.id}
        post.details.setdefault("comments", []).append(comment)
        self.world.dirty = True
        return comment

    def comment_view(self, comment: dict[str, Any]) -> dict[str, Any]:
        snippet = {
            "authorDisplayName": f"@{comment['by'][2:]}", "authorChannelId": {"value": comment["by"]},
            "textDisplay": comment["text"], "textOriginal": comment["text"], "canRate": True, "viewerRating": "none",
            "likeCount": 0, "publishedAt": stamp(comment["at"]), "updatedAt": stamp(comment["at"]),
        }  # fmt: skip
        snippet |= {"parentId": comment["parent"]} if comment["parent"] else {}
        return {"kind": "youtube#comment", "etag": secrets.token_hex(8), "id": comment["id"], "snippet": snippet}

    def thread_view(self, page: Page, comment: dict[str, Any], below: list[dict[str, Any]]) -> dict[str, Any]:
        """At most five replies come along."""
        told: dict[str, Any] = {"kind": "youtube#commentThread", "etag": secrets.token_hex(8), "id": comment["id"]}
        told["snippet"] = {
            "channelId": page.external_id, "videoId": comment["video"], "canReply": True, "isPublic": True,
            "totalReplyCount": len(below), "topLevelComment": self.comment_view(comment),
        }  # fmt: skip
        if below:
            told["replies"] = {"comments": [self.comment_view(each) for each in below[:5]]}
        return told

    def talked(self, call: Call, token: Token, video_id: str, where: str) -> tuple[Page, Post]:
        self.needs(token, ("youtube.force-ssl",))
        self.parts(call.params, ("id", "snippet", "replies"))
        post = self.own(video_id, token, where)
        if post.details["status"].get("selfDeclaredMadeForKids"):
            raise YoutubeError(
                403, "commentsDisabled", "The video identified by the videoId parameter has disabled comments.",
                domain="youtube.commentThread", where=where,
            )  # fmt: skip
        return self.channel(token), post

    def threads(self, call: Call, token: Token) -> dict[str, Any]:
        page, post = self.talked(call, token, call.text("videoId"), "videoId")
        state = call.text("moderationStatus", "published")
        all_ = self.discussion(page, post)
        found = [each for each in all_ if not each["parent"] and each["state"] == state]
        found.sort(key=lambda each: each["at"], reverse=True)
        at, most = call.number("pageToken", 0), min(100, call.number("maxResults", 20))
        items = [
            self.thread_view(page, each, [reply for reply in all_ if reply["parent"] == each["id"]])
            for each in found[at : at + most]
        ]
        told: dict[str, Any] = {"pageInfo": {"totalResults": len(items), "resultsPerPage": most}, "items": items}
        told |= {"nextPageToken": str(at + most)} if at + most < len(found) else {}
        return {"kind": "youtube#commentThreadListResponse", "etag": secrets.token_hex(8)} | told

    def new_thread(self, call: Call, token: Token) -> dict[str, Any]:
        snippet = call.params.get("snippet") or {}
        page, post = self.talked(call, token, snippet.get("videoId", ""), "videoId")
        words = (snippet.get("topLevelComment") or {}).get("snippet", {}).get("textOriginal", "")
        return self.thread_view(page, self.new_comment(post, self.words(words), by=page.external_id), [])

    def comment(self, comment_id: str, token: Token, missing_reason: str) -> tuple[Page, Post, dict[str, Any]]:
        page = self.channel(token)
        for post in page.posts.values():
            for each in post.details.get("comments", []):
                if each["id"] == comment_id and not post.gone(self.world.world()):
                    return page, post, each
        raise YoutubeError(
            404, missing_reason, "The specified comment could not be found.", domain="youtube.comment", where="id"
        )

    def replies(self, call: Call, token: Token) -> dict[str, Any]:
        self.needs(token, ("youtube.force-ssl",))
        _page, post, parent = self.comment(call.text("parentId"), token, "parentCommentNotFound")
        below = [each for each in post.details["comments"] if each["parent"] == parent["id"]]
        return {"kind": "youtube#commentListResponse", "items": [self.comment_view(each) for each in below]}

    def reply(self, call: Call, token: Token) -> dict[str, Any]:
        self.needs(token, ("youtube.force-ssl",))
        snippet = call.params.get("snippet") or {}
        page, post, parent = self.comment(str(snippet.get("parentId", "")), token, "parentCommentNotFound")
        words = self.words(snippet.get("textOriginal", ""))
        return self.comment_view(self.new_comment(post, words, by=page.external_id, parent=parent["id"]))

    @staticmethod
    def words(text: Any) -> str:
        if not isinstance(text, str) or not text.strip():
            raise YoutubeError(
                400, "commentTextRequired", "The comment resource must specify a value.", domain="youtube.comment"
            )
        if len(text) > 10_000:
            raise YoutubeError(400, "commentTextTooLong", "The comment text is too long.", domain="youtube.comment")
        return text

    def moderate(self, call: Call, token: Token) -> None:
        self.needs(token, ("youtube.force-ssl",))
        state = call.text("moderationStatus")
        if state not in ("heldForReview", "published", "rejected"):
            raise YoutubeError(400, "operationNotSupported", "Unknown moderation status.", domain="youtube.comment")
        if call.flag("banAuthor") and state != "rejected":
            raise YoutubeError(400, "banWithoutReject", "banAuthor goes with rejected.", domain="youtube.comment")
        for comment_id in call.text("id").split(","):
            page, _post, comment = self.comment(comment_id, token, "commentNotFound")
            if comment["by"] == page.external_id:
                raise forbidden("A comment of one's own cannot be moderated.")
            comment["state"] = state
        self.world.dirty = True

    # Thumbnails and captions

    def new_thumbnail(self, session: Session, page: Page, call: Call) -> dict[str, Any]:
        if images.kind_of(session.intake.head) not in ("image/jpeg", "image/png"):
            code = "invalidImage" if session.held else "mediaBodyRequired"
            raise YoutubeError(400, code, "The provided image content is invalid.", domain="youtube.thumbnail")
        post = self.owned(session.meta["videoId"], page, "videoId")
        self.world.keep_intake(session.intake)
        post.details["thumbnail"] = session.intake.sha256
        post.requests += 1
        self.world.dirty = True
        url = f"{self.world.public_url or call.origin}/media/{session.intake.sha256}"
        sizes = {name: {"url": url} for name in ("default", "medium", "high", "standard", "maxres")}
        return {"kind": "youtube#thumbnailSetResponse", "etag": secrets.token_hex(8), "items": [sizes]}

    def new_caption(self, session: Session, page: Page) -> dict[str, Any]:
        snippet = session.meta["snippet"]
        post = self.owned(snippet["videoId"], page, "videoId")
        data = bytes(session.intake.data or b"")
        track = {
            "videoId": post.id, "language": snippet["language"], "name": snippet.get("name", ""),
            "isDraft": bool(snippet.get("isDraft", False)), "trackKind": "standard", "status": "serving",
            "lastUpdated": stamp(self.world.wall()), "text": data.decode("utf-8", "replace"),
        }  # fmt: skip
        caption_id = f"AUieD{secrets.token_urlsafe(24)}"
        post.details.setdefault("captions", {})[caption_id] = track
        self.world.dirty = True
        return self.caption_view(caption_id, track)

    @staticmethod
    def caption_view(caption_id: str, track: dict[str, Any]) -> dict[str, Any]:
        snippet = {name: value for name, value in track.items() if name != "text"}
        return {"kind": "youtube#caption", "etag": secrets.token_hex(8), "id": caption_id, "snippet": snippet}

    def captions(self, call: Call, token: Token, caption_id: str) -> Reply:
        self.needs(token, ("youtube.force-ssl",))
        if call.method == "GET" and not caption_id:
            self.parts(call.params, ("id", "snippet"))
            tracks = self.own(call.text("videoId"), token, "videoId").details.get("captions", {})
            items = [self.caption_view(each, track) for each, track in tracks.items()]
            return Reply({"kind": "youtube#captionListResponse", "etag": secrets.token_hex(8), "items": items})
        wanted = caption_id or call.text("id")
        for post in self.channel(token).posts.values():
            track = post.details.get("captions", {}).get(wanted)
            if track is None:
                continue
            if call.method == "GET":
                return Reply(track["text"], content_type="text/plain")
            if call.method == "DELETE":
                del post.details["captions"][wanted]
                self.world.dirty = True
                return Reply("", 204)
            track["isDraft"] = bool((call.params.get("snippet") or {}).get("isDraft", track["isDraft"]))
            return Reply(self.caption_view(wanted, track))
        raise YoutubeError(
            404, "captionNotFound", "The caption track could not be found.", domain="youtube.caption", where="id"
        )

    # Analytics

    def report(self, call: Call, token: Token) -> dict[str, Any]:
        """Days in California, two days late. Without a row the key is missing."""
        self.needs(token, ("yt-analytics.readonly",))
        page = self.channel(token)
        metrics, dimensions = call.text("metrics").split(","), call.text("dimensions")
        filters = dict(part.split("==", 1) for part in call.text("filters").split(";") if "==" in part)
        known = all(metric in METRICS for metric in metrics) and dimensions in ("", "day") and set(filters) <= {"video"}
        if call.text("ids") not in ("channel==MINE", f"channel=={page.external_id}") or not known:
            raise bad_request("The query is not supported. Check the documentation for supported queries.")
        try:
            first, last = date.fromisoformat(call.text("startDate")), date.fromisoformat(call.text("endDate"))
        except ValueError:
            raise bad_request("startDate and endDate are dates, YYYY-MM-DD.") from None
        newest = datetime.fromtimestamp(self.world.world() - 2 * DAY, PACIFIC).date() - timedelta(days=1)
        days = [first + timedelta(days=at) for at in range((min(last, newest) - first).days + 1)]
        posts = [post for post in page.posts.values() if filters.get("video", post.id) in post.id.split(",")]
        spans = [(day, day) for day in days] if dimensions else [(days[0], days[-1])] if days else []
        rows = []
        for begins, ends in spans:
            row = self.figures(page, posts, begins, ends)
            if row["views"]:
                rows.append(([begins.isoformat()] if dimensions else []) + [row[metric] for metric in metrics])
        headers = [{"name": "day", "columnType": "DIMENSION", "dataType": "STRING"}] if dimensions else []
        headers += [
            {
                "name": name,
                "columnType": "METRIC",
                "dataType": "FLOAT" if name.startswith("averageViewP") else "INTEGER",
            }
            for name in metrics
        ]
        told = {"kind": "youtubeAnalytics#resultTable", "columnHeaders": headers}
        return told | ({"rows": rows} if rows else {})

    @staticmethod
    def figures(page: Page, posts: list[Post], first: date, last: date) -> dict[str, float]:
        """What was gained from the first midnight to the one after the last day."""
        start = datetime(first.year, first.month, first.day, tzinfo=PACIFIC).timestamp()
        after = last + timedelta(days=1)
        end = datetime(after.year, after.month, after.day, tzinfo=PACIFIC).timestamp()
        gained: Counter[str] = Counter()
        for post in posts:
            old, new = growth.counts(page, post, start), growth.counts(page, post, end)
            length = post.details["seconds"] or 60
            views = new.views - old.views
            gained["views"] += views
            gained["engagedViews"] += int(views * 0.6)
            gained["estimatedMinutesWatched"] += int(views * length * 0.4 / 60)
            gained["likes"] += new.all_reactions - old.all_reactions
            gained["comments"] += new.comments - old.comments
            gained["shares"] += new.shares - old.shares
        gained["subscribersGained"] = growth.followers(page, end) - growth.followers(page, start)
        views = max(1, gained["views"])
        averages = {
            "averageViewDuration": gained["estimatedMinutesWatched"] * 60 // views,
            "averageViewPercentage": 40.0,
        }
        return {metric: gained[metric] for metric in METRICS} | averages

    # OAuth

    def oauth(self, call: Call, resource: str) -> Reply:
        if call.method != "POST" or resource not in ("oauth2/token", "oauth2/revoke"):
            return Reply({"error": "not_found"}, 404)
        if resource == "oauth2/revoke":
            return self.revoke(call.text("token"))
        client = call.text("client_id")
        if GOOGLE_CLIENTS.get(client) != call.text("client_secret"):
            return oauth_error("invalid_client", "The OAuth client was not found or the secret is wrong.", 401)
        match call.text("grant_type"):
            case "authorization_code":
                return self.redeem(call, client)
            case "refresh_token":
                return self.refresh(call, client)
        return oauth_error("unsupported_grant_type", f"Invalid grant_type: {call.text('grant_type')}")

    def redeem(self, call: Call, client: str) -> Reply:
        code = self.world.codes.get(call.text("code"))
        if code is None or code.platform != self.name or code.app != client or code.spent:
            return oauth_error("invalid_grant", "Malformed auth code.")
        if (code.expires or 0) <= self.world.world():
            return oauth_error("invalid_grant", "Bad Request")
        if code.bound_to["redirect_uri"] != call.text("redirect_uri"):
            return oauth_error("redirect_uri_mismatch", "Bad Request")
        challenge, method = code.bound_to["code_challenge"], code.bound_to["code_challenge_method"]
        if challenge and not pkce_fits(challenge, method, call.text("code_verifier")):
            return oauth_error("invalid_grant", "Invalid code verifier.")
        code.spent = True
        lasting = code.bound_to["lasting"] == "yes"
        testing = self.world.settings["youtube_testing"]
        if lasting:
            self.drop_oldest(client, code.user)
        answer = self.world.new_google_pair(
            code.page, user=code.user, scopes=code.scopes, app=client, lasts=7 * DAY if testing else 180 * DAY,
            lasting=lasting,
        )  # fmt: skip
        return Reply(answer | ({"refresh_token_expires_in": int(7 * DAY) - 1} if testing and lasting else {}))

    def refreshing(self, client: str, user: str) -> list[Token]:
        """The refresh tokens of a person for this client that still work, oldest first."""
        return [
            token
            for token in self.world.tokens.values()
            if token.platform == self.name and token.kind == "refresh" and (token.app, token.user) == (client, user)
            and not token.dead and (token.expires or 0) > self.world.world()
        ]  # fmt: skip

    def drop_oldest(self, client: str, user: str) -> None:
        for token in self.refreshing(client, user)[: 1 - LIVE_REFRESH_TOKENS or None]:
            token.dead = 1

    def refresh(self, call: Call, client: str) -> Reply:
        """The refresh token stays the same one and is not told again; six months without use end it."""
        token = self.world.tokens.get(call.text("refresh_token"))
        if token is None or (token.platform, token.kind, token.app) != (self.name, "refresh", client) or token.dead:
            return invalid_grant()
        if (token.expires or 0) <= self.world.world():
            return invalid_grant()
        if not self.world.settings["youtube_testing"]:
            token.expires = self.world.world() + 180 * DAY
        return Reply(
            self.world.new_google_pair(
                token.page, user=token.user, scopes=token.scopes, app=client, lasts=0, lasting=False
            )
        )

    def revoke(self, value: str) -> Reply:
        """Either token ends the whole grant."""
        token = self.world.tokens.get(value)
        if token is None or token.platform != self.name or token.dead:
            return oauth_error("invalid_token", "Token expired or revoked")
        for each in self.world.tokens.values():
            if (each.platform, each.user, each.app, each.page) == (self.name, token.user, token.app, token.page):
                each.dead = 1
        self.world.dirty = True
        return Reply({})

    # The consent page

    def consent_error(self, query: dict[str, str]) -> str:
        """Why the consent page will not open, in Google's words."""
        if query.get("client_id") not in GOOGLE_CLIENTS:
            return "Error 401: invalid_client"
        if not query.get("redirect_uri", "").startswith(("http://", "https://")):
            return "Error 400: redirect_uri_mismatch"
        if query.get("response_type") != "code" or not self.scopes_asked(query):
            return "Error 400: invalid_request"
        return ""

    @staticmethod
    def scopes_asked(query: dict[str, str]) -> list[str]:
        return [scope for scope in query.get("scope", "").split() if scope]

    def consented(self, query: dict[str, str], *, user: str, page: str, scopes: list[str]) -> dict[str, str]:
        """What the browser takes back. A refresh token comes with the first consent, or when consent is asked again."""
        client = query["client_id"]
        code = Token(f"4/0{secrets.token_urlsafe(48)}", self.name, "code", client, user=user, page=page, scopes=scopes)
        code.expires = self.world.world() + 600
        first = not any(token.page == page for token in self.refreshing(client, user))
        lasting = query.get("access_type") == "offline" and (first or "consent" in query.get("prompt", "").split())
        code.bound_to = {
            "redirect_uri": query["redirect_uri"],
            "lasting": "yes" if lasting else "",
            "code_challenge": query.get("code_challenge", ""),
            "code_challenge_method": query.get("code_challenge_method", "plain"),
        }
        self.world.codes[code.value] = code
        self.world.dirty = True
        return {"code": code.value, "scope": " ".join(scopes)}

    def compose(self, page: Page, post: Post) -> None:
        """A public video that was there before. Pictures that come along are its thumbnail, for a post is a video."""
        video = images.plain_mp4(self.world.next_number())
        born = post.created_at + self.world.offset
        post.id, post.app = self.new_id(page), next(iter(GOOGLE_CLIENTS))
        if not post.title:
            post.title = post.text.strip().partition("\n")[0][:100]
        post.details = {
            "exists_from": born, "processed_from": born, "ends": "processed", "mime": "video/mp4", "bytes": len(video),
            "seconds": 5.0, "snippet": {"title": post.title, "description": post.text, "categoryId": "22"},
            "status": {"privacyStatus": "public", "selfDeclaredMadeForKids": False},
        }  # fmt: skip
        if post.pictures:
            post.details["thumbnail"] = post.pictures[0].sha256
        post.pictures = [Picture(self.world.keep_media(video), "video", size=len(video))]


def moment(text: Any) -> float | None:
    """Unix seconds of an RFC 3339 time, which names its zone."""
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found.timestamp() if found.tzinfo else None


def pkce_fits(challenge: str, method: str, verifier: str) -> bool:
    if method != "S256":
        return challenge == verifier
    return challenge == urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def related(call: Call) -> tuple[dict[str, Any], IO[bytes] | None, str, int, int]:
    """A multipart/related body: its JSON, and where in the file the media lies, of what type and how long."""
    found = re.search(r'boundary="?([^";]+)"?', call.headers.get("Content-Type", ""))
    if found is None or call.body is None:
        raise bad_request("A multipart upload has two parts.")
    mark, file = b"--" + found[1].encode(), call.body
    size = file.seek(0, 2)
    file.seek(0)
    top = file.read(1 << 20)
    file.seek(max(0, size - 512))
    tail = file.read()
    first = top.find(mark)
    second = top.find(b"\n" + mark, first + len(mark))
    closing = tail.rfind(mark + b"--")
    if min(first, second, closing) < 0:
        raise bad_request("A multipart upload has two parts.")
    json_body = re.split(rb"\r?\n\r?\n", top[first + len(mark) : second].lstrip(b"\r\n"), maxsplit=1)[-1]
    media_at = second + 1 + len(mark)
    split = re.search(rb"\r?\n\r?\n", top[media_at:].lstrip(b"\r\n"))
    if split is None:
        raise bad_request("The media part has no header.")
    skipped = len(top[media_at:]) - len(top[media_at:].lstrip(b"\r\n"))
    mime = BytesHeaderParser().parsebytes(top[media_at + skipped : media_at + skipped + split.start()])["Content-Type"]
    start = media_at + skipped + split.end()
    end = max(0, size - 512) + closing
    before = tail[:closing] if closing else b""
    end -= 2 if before.endswith(b"\r\n") else 1 if before.endswith(b"\n") else 0
    try:
        meta = json.loads(json_body)
    except ValueError:
        raise bad_request("Parse Error") from None
    return meta if isinstance(meta, dict) else {}, file, mime or "", start, end - start
