"""Keep the videos of a channel: which are there, who may touch them, which fields fit, who sees
them.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Any

from simulator.model import Page, Post, Token
from simulator.platforms.youtube.errors import YoutubeError, forbidden, missing, no_video
from simulator.platforms.youtube.formats import parse_moment
from simulator.platforms.youtube.spec import SCOPE, YoutubeSpec
from simulator.world import World

CATEGORIES = (
    "1",
    "2",
    "10",
    "15",
    "17",
    "19",
    "20",
    "22",
    "23",
    "24",
    "25",
    "26",
    "27",
    "28",
    "29",
)
PRIVACY = ("private", "public", "unlisted")
WRITABLE = {
    "snippet": ("title", "description", "tags", "categoryId", "defaultLanguage",
    "defaultAudioLanguage"),
    "status": (
        "privacyStatus", "publishAt", "license", "embeddable", "publicStatsViewable",
        "selfDeclaredMadeForKids",
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


class Videos:
    def __init__(self, world: World) -> None:
        self.world = world
        self.channel_of: dict[str, str] = {}

    @staticmethod
    def needs(token: Token, any_of: tuple[str, ...]) -> None:
        if not any(SCOPE + scope in token.scopes for scope in any_of):
            raise YoutubeError(
                403, "insufficientPermissions",
                ("Request had insufficient " "authentication " "scopes."), domain="global",
                code="PERMISSION_DENIED",
            )  # fmt: skip

    def channel(self, token: Token) -> Page:
        page = self.world.pages[YoutubeSpec.name].get(token.page)
        if page is None:
            raise YoutubeError(
                401,
                "youtubeSignupRequired",
                "Unauthorized",
                domain="youtube.header",
                where="Authorization",
            )
        return page

    def parts(self, params: dict[str, Any], known: tuple[str, ...]) -> list[str]:
        parts = [part.strip() for part in str(params.get("part") or "").split(",") if part.strip()]
        if not parts:
            raise missing("part")
        if unknown := [part for part in parts if part not in known and part != "id"]:
            raise YoutubeError(
                400, "unknownPart", f"'{unknown[0]}'", domain="youtube.part", where="part"
            )
        return parts

    def video(self, video_id: str) -> Post | None:
        """Find a video that is there, its schedule brought up to date."""
        channel = self.channel_of.get(video_id)
        if channel is None:
            for page in self.world.pages[YoutubeSpec.name].values():
                if video_id in page.posts:
                    channel = self.channel_of[video_id] = page.external_id
                    break
        if channel is None:
            return None
        post = self.world.pages[YoutubeSpec.name][channel].posts[video_id]
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

    def was_public(self, post: Post) -> bool:
        return any(interval.visible_world <= self.world.world() for interval in post.intervals)

    def new_id(self, page: Page) -> str:
        seed = f"{page.external_id}/{self.world.next_number()}"
        return (
            secrets.token_urlsafe(2)[:2].replace("-", "x")
            + hashlib.sha256(seed.encode()).hexdigest()[:9]
        )

    def check(self, meta: dict[str, Any], *, fresh: bool, post: Post | None = None) -> None:
        """Check the fields of a new video (`fresh`) or of the parts that an update overwrites."""
        if "snippet" in meta or fresh:
            self.check_snippet(meta.get("snippet", {}), fresh)
        if "status" in meta:
            self.check_status(meta["status"], post)

    @staticmethod
    def check_snippet(snippet: dict[str, Any], fresh: bool) -> None:
        title, description = snippet.get("title"), snippet.get("description", "")
        if (
            not isinstance(title, str)
            or not title.strip()
            or len(title) > 100
            or re.search("[<>]", title)
        ):
            raise YoutubeError(
                400, "invalidTitle",
                ("The request metadata specifies an invalid or " "empty " "video title."),
                where="body.snippet.title",
            )  # fmt: skip
        if (
            not isinstance(description, str)
            or len(description.encode()) > 5000
            or re.search("[<>]", description)
        ):
            raise YoutubeError(
                400, "invalidDescription",
                ("The request metadata " "specifies an invalid " "video description."),
                where="body.snippet.description",
            )  # fmt: skip
        tags = snippet.get("tags", [])
        strings = isinstance(tags, list) and all(isinstance(tag, str) and tag for tag in tags)
        if (
            not strings
            or sum(len(tag) + 2 * (" " in tag) for tag in tags) + max(0, len(tags) - 1) > 500
        ):
            raise YoutubeError(
                400,
                "invalidTags",
                "The request metadata specifies invalid video keywords.",
                where="body.snippet.tags",
            )
        category = snippet.get("categoryId", "22" if fresh else "")
        if category not in CATEGORIES:
            raise YoutubeError(
                400, "invalidCategoryId",
                ("The snippet.categoryId " "property specifies an " "invalid category ID."),
                where="body.snippet.categoryId",
            )  # fmt: skip

    def check_status(self, status: dict[str, Any], post: Post | None) -> None:
        if status.get("privacyStatus", "public") not in PRIVACY:
            raise YoutubeError(
                400,
                "invalidVideoMetadata",
                "The request metadata is invalid.",
                where="body.status.privacyStatus",
            )
        if "publishAt" not in status:
            return
        published = post is not None and self.was_public(post)
        if (
            status.get("privacyStatus") != "private"
            or published
            or parse_moment(status["publishAt"]) is None
        ):
            raise YoutubeError(
                400, "invalidPublishAt",
                ("The request metadata " "specifies an invalid " "scheduled publishing time."),
                where="body.status.publishAt",
            )  # fmt: skip

    def overwrite(self, post: Post, meta: dict[str, Any]) -> None:
        """Replace each part that is named; what it leaves out falls back to its default."""
        for part in WRITABLE:
            if part in meta:
                post.details[part] = meta[part]
        post.details.setdefault("snippet", {})
        status = post.details.setdefault("status", {})
        status["privacyStatus"] = status.get("privacyStatus", "public")
        post.title = post.details["snippet"].get("title", "")
        post.text = post.details["snippet"].get("description", "")
        match = re.search(r"https?://\S+", post.text)
        post.link = match[0] if match else ""
        due = parse_moment(status["publishAt"]) if "publishAt" in status else None
        if due is not None and due <= self.world.wall():
            status["privacyStatus"], due = "public", None
            status.pop("publishAt")
        post.scheduled_at = due

    def update_visibility(self, post: Post, arrived: float, late: float = 0.0) -> None:
        """Make what residents see follow from the status: from when on, or no longer."""
        status, now = post.details["status"], self.world.world()
        wait = max(0.0, post.details["processed_from"] - now)
        public = status["privacyStatus"] == "public"
        if post.scheduled_at is not None:
            wait, public = max(wait, post.scheduled_at - self.world.wall()), True
        if post.details["ends"] != "processed":
            public = False
        open_now = any(
            interval.gone_at is None and interval.visible_world <= now
            for interval in post.intervals
        )
        if not open_now:
            post.intervals = [
                interval for interval in post.intervals if interval.gone_at is not None
            ]
        if public and not open_now:
            self.world.show(post, arrived=arrived, after=wait + late)
        elif not public and open_now:
            self.world.hide(post)
        self.world.dirty = True


def select_writable(part: str, given: Any) -> dict[str, Any]:
    """Keep what of a part may be written; a part overwrites the stored one as a whole."""
    given = given if isinstance(given, dict) else {}
    names = WRITABLE[part]
    return {name: value for name, value in given.items() if not names or name in names}
