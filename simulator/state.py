"""The world as the simulator keeps it: people, pages, posts, tokens. In memory, and on disk as one JSON file.

Two clocks. `wall()` is the real one: stamps that callers compare with their own clock are taken from it. `world()` runs
ahead of it by what `/_sim/advance` added: age, expiry and delays are reckoned by it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import tempfile
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulator.calls import Intake

PLATFORMS = ("facebook", "zalo", "telegram", "instagram", "threads", "youtube", "tiktok")
FACEBOOK_APPS = {"100000000000001": "simulator-facebook-secret"}
INSTAGRAM_APPS = {"200000000000002": "simulator-instagram-secret"}
THREADS_APPS = {"300000000000003": "simulator-threads-secret"}
ZALO_APPS = {"3608465249409039671": "simulator-zalo-secret"}
GOOGLE_CLIENTS = {"400000000004-simulator.apps.googleusercontent.com": "simulator-google-secret"}
TIKTOK_APPS = {"awsimulator500000": "simulator-tiktok-secret"}
BOT_TOKEN = "123456789:AAsimulatorbottoken00000000000000000"
BOT_USERNAME = "outreach_bot"

DAY = 86_400.0
FACEBOOK_TASKS = ("ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MESSAGING", "MODERATE", "MANAGE")
FACEBOOK_SCOPES = (
    "pages_show_list", "pages_read_engagement", "pages_manage_posts", "read_insights", "pages_manage_engagement",
    "pages_read_user_content", "business_management", "pages_manage_metadata",
)  # fmt: skip
INSTAGRAM_SCOPES = tuple(
    f"instagram_business_{name}" for name in ("basic", "content_publish", "manage_comments", "manage_insights")
)
INSTAGRAM_SCOPES_AT_FACEBOOK = (
    "instagram_basic", "instagram_content_publish", "instagram_manage_comments", "instagram_manage_insights",
    "instagram_manage_contents",
)  # fmt: skip
THREADS_SCOPES = tuple(
    f"threads_{name}"
    for name in ("basic", "content_publish", "manage_replies", "read_replies", "manage_insights", "delete")
)
GOOGLE_SCOPE = "https://www.googleapis.com/auth/"
YOUTUBE_SCOPES = tuple(GOOGLE_SCOPE + name for name in ("youtube.upload", "youtube.force-ssl", "yt-analytics.readonly"))
TIKTOK_SCOPES = (
    "user.info.basic", "user.info.profile", "user.info.stats", "video.list", "video.publish", "video.upload",
)  # fmt: skip
TELEGRAM_RIGHTS = ("can_post_messages", "can_edit_messages", "can_delete_messages")

SETTINGS: dict[str, Any] = {
    "facebook_require_proof": True,
    "facebook_duplicate_seconds": 600,
    "facebook_calls_per_day": 0,
    "zalo_job_seconds": 1.0,
    "zalo_pending": "-214",
    "zalo_oauth_errors": "whole",
    "zalo_calls_per_minute": 4000,
    "zalo_pkce": "any",
    "zalo_video_seconds": 1.0,
    "zalo_broadcast_hours": [6, 22],
    "zalo_broadcasts": [1, 0],
    "telegram_limits": True,
    "telegram_queues_videos": False,
    "facebook_video_seconds": 1.0,
    "facebook_tells_post_of_video": True,
    "instagram_require_proof": True,
    "instagram_container_seconds": 1.0,
    "instagram_image_seconds": 0.0,
    "instagram_unknown_seconds": 0.0,
    "instagram_used_container": "9007/2207027",
    "instagram_quota": 50,
    "instagram_containers_per_day": 400,
    "instagram_calls_per_day": 0,
    "instagram_wrapped_codes": False,
    "threads_container_seconds": 1.0,
    "threads_text_seconds": 0.0,
    "threads_unknown_seconds": 0.0,
    "threads_quota": 250,
    "threads_deletions": 100,
    "threads_testers": True,
    "threads_calls_per_day": 0,
    "youtube_processing_seconds": 1.0,
    "youtube_processing_ends": "processed",
    "youtube_rejects_duplicates": False,
    "youtube_listing_seconds": 0.0,
    "youtube_session_seconds": 7 * DAY,
    "youtube_bytes_a_put": 0,
    "youtube_uploads_per_day": 100,
    "youtube_searches_per_day": 100,
    "youtube_stats_per_day": 10_000,
    "youtube_units_per_day": 10_000,
    "youtube_quota_in_words": False,
    "youtube_uploads_per_channel": 0,
    "youtube_verified_channels": True,
    "youtube_hidden": [],
    "youtube_testing": False,
    "tiktok_audited": True,
    "tiktok_closed": [],
    "tiktok_longest_seconds": 600,
    "tiktok_private_accounts": False,
    "tiktok_processing_seconds": 1.0,
    "tiktok_moderation_seconds": 2.0,
    "tiktok_processing_ends": "PUBLISH_COMPLETE",
    "tiktok_person_seconds": 0.0,
    "tiktok_upload_url_seconds": 3600.0,
    "tiktok_remembers_seconds": 0.0,
    "tiktok_lists_photos": False,
    "tiktok_inits_per_minute": 6,
    "tiktok_creator_infos_per_minute": 20,
    "tiktok_statuses_per_minute": 30,
    "tiktok_reads_per_minute": 600,
    "tiktok_posts_per_day": 15,
    "tiktok_users_per_day": 0,
    "tiktok_pkce": "any",
    "image_hosts": ["127.0.0.1", "localhost"],
}


class Mistake(Exception):
    """Somebody asked the control API for something that makes no sense; the text says what."""


@dataclass
class Interval:
    """From when until when residents see a post, on both clocks."""

    visible_at: float
    visible_world: float
    gone_at: float | None = None
    gone_world: float | None = None

    def holds(self, world: float) -> bool:
        return self.visible_world <= world and (self.gone_world is None or world < self.gone_world)

    def seconds(self, world: float) -> float:
        """How long residents have seen the post by now."""
        end = world if self.gone_world is None else min(world, self.gone_world)
        return max(0.0, end - self.visible_world)


@dataclass
class Picture:
    """A photo or video of a post. `id` is the photo's own id on Facebook, the file_id on Telegram."""

    sha256: str
    kind: str = "image"
    alt: str = ""
    caption: str = ""
    id: str = ""
    size: int = 0  # of a video, whose bytes are not kept when they are many


@dataclass
class Post:
    """A post on any platform. `details` holds what only one of them knows."""

    id: str
    text: str
    created_at: float
    title: str = ""
    link: str = ""
    pictures: list[Picture] = field(default_factory=list)
    intervals: list[Interval] = field(default_factory=list)
    scheduled_at: float | None = None
    arrived_at: float | None = None
    edited_at: float | None = None
    requests: int = 1
    deleted: bool = False
    leaves_world: float | None = None  # removed by then: accepted, and slow to take effect
    app: str = ""
    message_ids: list[int] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, data: dict[str, Any]) -> Post:
        data["pictures"] = [Picture(**picture) for picture in data["pictures"]]
        data["intervals"] = [Interval(**interval) for interval in data["intervals"]]
        return cls(**data)

    def gone(self, world: float) -> bool:
        return self.deleted or (self.leaves_world is not None and self.leaves_world <= world)

    def visible(self, world: float) -> bool:
        return any(interval.holds(world) for interval in self.intervals)

    def seconds_visible(self, world: float) -> float:
        return sum(interval.seconds(world) for interval in self.intervals)

    @property
    def published_at(self) -> float:
        """When it was (last) made visible, on the real clock; its creation if it never was."""
        return self.intervals[-1].visible_at if self.intervals else self.created_at

    def state(self, world: float) -> str:
        if self.gone(world):
            return "deleted"
        if self.visible(world):
            return "published"
        if self.scheduled_at and self.intervals:
            return "scheduled"
        return "hidden" if self.intervals else "unpublished"


@dataclass
class Page:
    """A Facebook page, a Zalo official account or a Telegram channel."""

    platform: str
    external_id: str
    name: str
    username: str
    followers: int
    created_at: float
    created_world: float
    owner: str = ""
    posts: dict[str, Post] = field(default_factory=dict)
    message_ids: dict[str, str] = field(default_factory=dict)
    last_message: int = 1
    details: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, data: dict[str, Any]) -> Page:
        data["posts"] = {key: Post.load(post) for key, post in data["posts"].items()}
        return cls(**data)


@dataclass
class User:
    """A fictional person with an account. `pages` maps a page to the tasks the person may do there."""

    platform: str
    id: str
    name: str
    pages: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class Token:
    """Any credential. `dead` is why it no longer works: a Facebook subcode, or 1 where there are none."""

    value: str
    platform: str
    kind: str
    app: str
    user: str = ""
    page: str = ""
    scopes: list[str] = field(default_factory=list)
    declined: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    expires: float | None = None
    issued_at: float = 0.0
    dead: int = 0
    spent: bool = False
    page_tokens: dict[str, str] = field(default_factory=dict)
    bound_to: dict[str, str] = field(default_factory=dict)


@dataclass
class Photo:
    """A photo uploaded to Facebook and not yet part of a visible post."""

    id: str
    page: str
    picture: Picture
    used_in: str = ""


def fold(text: str) -> str:
    """Lower case without accents, so that a search for "da nang" finds "Đà Nẵng"."""
    bare = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(char for char in bare if not unicodedata.combining(char))


class World:
    """Everything there is. One event loop owns it, so nothing here is locked."""

    def __init__(self, path: Path | None = None, public_url: str = "") -> None:
        self.path = path
        self.public_url = public_url.rstrip("/")
        self.news: Callable[[Page], None] = lambda page: None  # told of a page on which something changed by itself
        self.reset()
        if path and path.exists():
            self.load(path)

    def reset(self) -> None:
        self.offset = 0.0
        self.counter = 0
        self.settings: dict[str, Any] = dict(SETTINGS)
        self.latency = dict.fromkeys(PLATFORMS, 0.0)
        self.pages: dict[str, dict[str, Page]] = {platform: {} for platform in PLATFORMS}
        self.usernames: dict[str, str] = {}
        self.users: dict[str, User] = {}
        self.tokens: dict[str, Token] = {}
        self.codes: dict[str, Token] = {}
        self.photos: dict[str, Photo] = {}
        self.businesses: dict[str, dict[str, Any]] = {}  # portfolios at Meta: people, owned_pages, client_pages
        self.jobs: dict[str, dict[str, Any]] = {}
        self.containers: dict[str, dict[str, Any]] = {}  # what Instagram and Threads are to publish, Facebook's videos
        self.updates: list[dict[str, Any]] = []
        self.webhook: dict[str, Any] = {}
        self.challenge = ""
        self.media: dict[str, bytes] = {}
        self.saved_media: set[str] = set()
        self.requests: dict[str, Counter[str]] = {platform: Counter() for platform in PLATFORMS}
        self.new_token("telegram", "bot", app=BOT_USERNAME, value=BOT_TOKEN)
        self.dirty = True

    # Clocks and names

    def wall(self) -> float:
        return time.time()

    def world(self) -> float:
        return time.time() + self.offset

    def next_number(self) -> int:
        self.counter += 1
        return self.counter

    # People, pages, credentials

    def new_user(self, platform: str, name: str) -> User:
        base = 61_550_000_000_000 if platform == "facebook" else 2_512_523_625_412_515_000
        user = User(platform, str(base + self.next_number()), name)
        self.users[user.id] = user
        self.dirty = True
        return user

    def new_page(
        self,
        platform: str,
        name: str,
        *,
        external_id: str = "",
        username: str = "",
        followers: int = 1000,
        owner: User | None = None,
        created_at: float | None = None,
    ) -> Page:
        number = self.next_number()
        external_id = (
            external_id
            or {
                "facebook": lambda: str(104_000_000_000_000 + number),
                "zalo": lambda: str(579_745_863_508_000_000 + number * 7919),
                "telegram": lambda: str(-1_001_000_000_000 - number),
                "instagram": lambda: str(17_841_400_000_000_000 + number),
                "threads": lambda: str(17_841_500_000_000_000 + number),
                "youtube": lambda: f"UCsim{number:019d}",
                "tiktok": lambda: f"723f24d7-e717-40f8-a2b6-{number:012d}",
            }[platform]()
        )
        if external_id in self.pages[platform]:
            raise Mistake(f"{platform} page {external_id} exists already")
        username = username or f"{re.sub(r'[^a-z0-9]+', '', fold(name))[:24] or 'trang'}{number}"
        if f"{platform}/{username.lower()}" in self.usernames:
            raise Mistake(f"{platform} username {username} is taken")
        born = self.wall() if created_at is None else created_at
        page = Page(platform, external_id, name, username, followers, born, born + self.offset)
        if platform == "telegram":
            page.details["bot"] = {"status": "administrator"} | dict.fromkeys(TELEGRAM_RIGHTS, True)
        self.pages[platform][external_id] = page
        self.usernames[f"{platform}/{username.lower()}"] = external_id
        if platform != "telegram":
            owner = owner or self.new_user(platform, f"Quản trị {name}")
            owner.pages[external_id] = list(FACEBOOK_TASKS)
            page.owner = owner.id
        self.dirty = True
        return page

    def new_token(
        self, platform: str, kind: str, *, app: str, value: str = "", lasts: float | None = None, **fields: Any
    ) -> Token:
        value = value or {
            "user": "EAAU",
            "page": "EAAP",
            "access": "AT-",
            "refresh": "RT-",
            "instagram": "IGAA",
            "threads": "THAA",
        }[kind] + secrets.token_hex(32)
        token = Token(value, platform, kind, app, issued_at=self.wall(), **fields)
        token.expires = None if lasts is None else self.world() + lasts
        self.tokens[value] = token
        self.dirty = True
        return token

    def new_zalo_pair(self, page: str, app: str) -> dict[str, str]:
        """An access token of 25 hours and the refresh token that replaces both once."""
        access = self.new_token("zalo", "access", app=app, page=page, lasts=90_000)
        refresh = self.new_token("zalo", "refresh", app=app, page=page, lasts=90 * DAY)
        return {"access_token": access.value, "refresh_token": refresh.value, "expires_in": "90000"}

    def new_google_pair(
        self, page: str, *, user: str, scopes: list[str], app: str, lasts: float = 180 * DAY, lasting: bool = True
    ) -> dict[str, Any]:
        """An access token of an hour and, where the grant is `lasting`, the refresh token that stays the same."""
        grant: dict[str, Any] = {"app": app, "user": user, "page": page}
        value = "ya29." + secrets.token_urlsafe(48)
        self.new_token("youtube", "access", value=value, lasts=3599, scopes=list(scopes), **grant)
        answer = {"access_token": value, "expires_in": 3599, "scope": " ".join(scopes), "token_type": "Bearer"}
        if lasting:
            renewal = "1//" + secrets.token_urlsafe(48)
            self.new_token("youtube", "refresh", value=renewal, lasts=lasts, scopes=list(scopes), **grant)
            answer["refresh_token"] = renewal
        return answer

    def new_tiktok_pair(self, page: str, *, user: str, scopes: list[str], app: str) -> dict[str, Any]:
        """An access token of two hours and a refresh token of half a year, good for one use."""
        grant: dict[str, Any] = {"app": app, "user": user, "page": page}
        access, refresh = ("act." + secrets.token_urlsafe(40), "rft." + secrets.token_urlsafe(40))
        self.new_token("tiktok", "access", value=access, lasts=7200, scopes=list(scopes), **grant)
        self.new_token("tiktok", "refresh", value=refresh, lasts=180 * DAY, scopes=list(scopes), **grant)
        return {
            "access_token": access,
            "expires_in": 7200,
            "open_id": page,
            "refresh_expires_in": int(180 * DAY),
            "refresh_token": refresh,
            "scope": ",".join(scopes),
            "token_type": "Bearer",
        }

    def facebook_page_token(self, user_token: Token, page: str) -> Token:
        """The page's token as this user token sees it: the same one each time, without expiry if the user's is long."""
        known = user_token.page_tokens.get(page)
        if known:
            return self.tokens[known]
        long_lived = user_token.expires is None or user_token.expires > self.world() + DAY
        token = self.new_token(
            "facebook", "page", app=user_token.app, user=user_token.user, page=page, scopes=list(user_token.scopes)
        )
        token.bound_to = dict(user_token.bound_to)
        token.expires = None if long_lived else user_token.expires
        user_token.page_tokens[page] = token.value
        return token

    def connect(self, page: Page) -> dict[str, Any]:
        """Ready credentials for a page, as if its administrator had consented to everything."""
        if page.platform == "telegram":
            return {"bot_token": BOT_TOKEN}
        if page.platform == "zalo":
            return self.new_zalo_pair(page.external_id, next(iter(ZALO_APPS)))
        if page.platform == "youtube":
            return self.new_google_pair(
                page.external_id, user=page.owner, scopes=list(YOUTUBE_SCOPES), app=next(iter(GOOGLE_CLIENTS))
            )
        if page.platform == "tiktok":
            return self.new_tiktok_pair(
                page.external_id, user=page.owner, scopes=list(TIKTOK_SCOPES), app=next(iter(TIKTOK_APPS))
            )
        if page.platform in ("instagram", "threads"):
            tokens = {"access_token": self.new_account_token(page).value}
            if linked := self.pages["facebook"].get(page.details.get("facebook_page", "")):
                pair = self.new_facebook_pair(linked, FACEBOOK_SCOPES + INSTAGRAM_SCOPES_AT_FACEBOOK)
                tokens |= {"page_token": pair["access_token"], "user_token": pair["user_token"]}
            return tokens
        return self.new_facebook_pair(page, FACEBOOK_SCOPES)

    def new_facebook_pair(self, page: Page, scopes: tuple[str, ...]) -> dict[str, str]:
        user_token = self.new_token(
            "facebook",
            "user",
            app=next(iter(FACEBOOK_APPS)),
            user=page.owner,
            scopes=list(scopes),
            pages=[page.external_id],
            lasts=60 * DAY,
        )
        page_token = self.facebook_page_token(user_token, page.external_id)
        return {"access_token": page_token.value, "user_token": user_token.value}

    def new_account_token(self, page: Page) -> Token:
        """A token of 60 days for an Instagram or Threads account, a day old and so ripe for its first refresh."""
        apps, scopes = {
            "instagram": (INSTAGRAM_APPS, INSTAGRAM_SCOPES),
            "threads": (THREADS_APPS, THREADS_SCOPES),
        }[page.platform]
        token = self.new_token(
            page.platform,
            page.platform,
            app=next(iter(apps)),
            user=page.owner,
            page=page.external_id,
            scopes=list(scopes),
            lasts=59 * DAY,
        )
        token.bound_to = {"life": "long", "born": str(self.world() - DAY)}
        return token

    def find_page(self, platform: str, external_id: str) -> Page | None:
        pages = self.pages.get(platform, {})
        return pages.get(external_id) or pages.get(self.usernames.get(f"{platform}/{external_id.lower()}", ""))

    def kill_tokens(self, *, platform: str, page: str = "", token: str = "", dead: int = 1) -> int:
        """Ends credentials for good. A Telegram channel has none of its own: there the bot is thrown out. An Instagram
        account is opened by those of the page that it is linked to, too."""
        if platform == "telegram" and page:
            self.pages[platform][page].details["bot"] = {"status": "kicked"}
            self.dirty = True
            return 1
        victims = [
            found
            for found in ([self.tokens[token]] if token in self.tokens else self.tokens.values())
            if found.platform == platform and not found.dead and (not page or found.page == page)
        ]
        if platform == "instagram" and page and (linked := self.pages[platform][page].details.get("facebook_page")):
            at_facebook = [found for found in self.tokens.values() if found.platform == "facebook" and not found.dead]
            victims += [found for found in at_facebook if linked in (found.page, *found.pages)]
        for victim in victims:
            victim.dead = dead
        self.dirty = True
        for name in {victim.page for victim in victims}:
            if found := self.pages[platform].get(name):
                self.news(found)
        return len(victims)

    # Posts

    def show(self, post: Post, *, arrived: float, after: float = 0.0) -> None:
        """Makes a post visible, now or `after` seconds from now."""
        post.intervals.append(Interval(self.wall() + after, self.world() + after))
        post.arrived_at = arrived
        self.dirty = True

    def hide(self, post: Post, *, after: float = 0.0) -> None:
        """Takes a post out of residents' sight. What was only going to become visible never does."""
        now = self.world()
        post.intervals = [interval for interval in post.intervals if interval.visible_world <= now + after]
        for interval in post.intervals:
            if interval.gone_world is None or interval.gone_world > now + after:
                interval.gone_at, interval.gone_world = self.wall() + after, now + after
        self.dirty = True

    def remove(self, post: Post, *, after: float = 0.0) -> None:
        """Deletes a post, now or `after` seconds from now; a second deletion does not put the first one off."""
        leaves = self.world() + after
        if post.leaves_world is None or leaves < post.leaves_world:
            post.leaves_world = leaves
            self.hide(post, after=after)
        post.requests += 1

    def visible_posts(self, page: Page, *, lag: float = 0.0) -> list[Post]:
        """What residents see, newest first; with a lag, what they saw that long ago, as listings tell it."""
        then = self.world() - lag
        posts = [post for post in page.posts.values() if post.visible(then)]
        posts.sort(key=lambda post: post.published_at, reverse=True)
        return posts

    def next_message_id(self, page: Page) -> int:
        page.last_message += 1
        return page.last_message

    def keep_media(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        self.media.setdefault(digest, data)
        return digest

    def keep_intake(self, intake: Intake) -> str:
        """Remembers a file by its hash, and its bytes only if they are few."""
        if intake.data is not None:
            self.media.setdefault(intake.sha256, bytes(intake.data))
        return intake.sha256

    def permalink(self, page: Page, post: Post, origin: str) -> str:
        """Where residents read it: the simulator's stand-in for facebook.com, Zalo's reader and t.me."""
        base = self.public_url or origin
        if page.platform == "telegram":
            return f"{base}/t.me/{page.username}/{post.id}"
        if page.platform == "youtube":
            return f"{base}/youtube/www/watch?v={post.id}"
        if page.platform == "tiktok":
            return f"{base}/tiktok/www/@{page.username}/{post.details['type']}/{post.id}"
        return f"{base}/pages/{page.platform}/{page.external_id}/posts/{post.id}/"

    def truth(self, platform: str = "", page: str = "", origin: str = "") -> Iterator[dict[str, Any]]:
        """Every post ever made, seen or not: what a test compares the portal's records with."""
        now = self.world()
        for found in self.all_pages(platform, page):
            for post in found.posts.values():
                entry = {
                    "platform": found.platform,
                    "page": found.external_id,
                    "id": post.id,
                    "permalink": self.permalink(found, post, origin),
                    "title": post.title,
                    "text": post.text,
                    "link": post.link,
                    "media": [picture.sha256 for picture in post.pictures],
                    "created_at": post.created_at,
                    "visible": post.visible(now),
                    "state": post.state(now),
                    "intervals": [{"visible_at": i.visible_at, "gone_at": i.gone_at} for i in post.intervals],
                    "arrived_at": post.arrived_at,
                    "requests": post.requests,
                }
                if found.platform == "zalo":
                    entry |= {name: post.details.get(name) for name in ("type", "cover", "body", "comment")}
                    entry["broadcasts"] = post.details.get("broadcasts", [])
                if found.platform in ("instagram", "threads"):
                    entry |= {name: post.details.get(name) for name in ("type", "product", "ai", "cover", "reply_to")}
                    entry["alts"] = [picture.alt for picture in post.pictures]
                if found.platform in ("tiktok", "youtube"):
                    told = ("info", "snippet", "status", "thumbnail", "captions", "notify")
                    entry |= {name: post.details[name] for name in told if name in post.details}
                if found.platform == "facebook":
                    entry |= {"surface": post.details.get("surface", "feed"), "ai": post.details.get("ai", False)}
                    entry["video"] = post.details.get("video", "")
                    entry["alt"] = [picture.alt for picture in post.pictures]
                if found.platform == "telegram":
                    entry["message_ids"] = post.message_ids
                    entry |= {name: post.details.get(name) for name in ("entities", "silent", "about")}
                yield entry

    def all_pages(self, platform: str = "", page: str = "") -> Iterable[Page]:
        for name in [platform] if platform in self.pages else PLATFORMS:
            if page:
                found = self.find_page(name, page)
                yield from [found] if found else []
            else:
                yield from self.pages[name].values()

    # On disk

    KEPT = ("offset", "counter", "settings", "latency", "pages", "usernames", "users", "tokens", "codes", "photos")
    KEPT_TOO = ("updates", "webhook", "challenge", "requests", "containers", "businesses")

    def dump(self) -> bytes:
        """The whole world as JSON, but for the pictures. Finished Zalo jobs are told by their articles, so stay out."""
        kept = {name: getattr(self, name) for name in (*self.KEPT, *self.KEPT_TOO)}
        kept["jobs"] = {key: job for key, job in self.jobs.items() if job["done"] is not None}
        return json.dumps(kept, default=vars, ensure_ascii=False, separators=(",", ":")).encode()

    def save(self) -> None:
        """Writes beside and renames, so that a crash leaves the last whole world."""
        if self.path is None:
            return
        self.dirty = False
        write(self.path, self.media_folder, self.dump(), self.new_media())

    def new_media(self) -> dict[str, bytes]:
        fresh = {digest: data for digest, data in self.media.items() if digest not in self.saved_media}
        self.saved_media |= fresh.keys()
        return fresh

    @property
    def media_folder(self) -> Path:
        assert self.path is not None
        return self.path.with_suffix(".media")

    def load(self, path: Path) -> None:
        data = json.loads(path.read_bytes())
        for name in ("offset", "counter", "usernames", "updates", "webhook", "challenge", "jobs"):
            setattr(self, name, data[name])
        self.settings |= data["settings"]
        self.latency |= data["latency"]
        self.containers = data.get("containers", {})
        self.businesses = data.get("businesses", {})
        self.pages |= {
            name: {key: Page.load(page) for key, page in pages.items()} for name, pages in data["pages"].items()
        }
        self.users = {key: User(**user) for key, user in data["users"].items()}
        self.tokens = {key: Token(**token) for key, token in data["tokens"].items()}
        self.codes = {key: Token(**code) for key, code in data["codes"].items()}
        self.photos = {
            key: Photo(**photo | {"picture": Picture(**photo["picture"])}) for key, photo in data["photos"].items()
        }
        self.requests |= {name: Counter(counts) for name, counts in data["requests"].items()}
        if self.media_folder.is_dir():
            self.media = {file.name: file.read_bytes() for file in self.media_folder.iterdir() if len(file.name) == 64}
        self.saved_media = set(self.media)
        self.dirty = False


def write(path: Path, folder: Path, world: bytes, media: dict[str, bytes]) -> None:
    """Puts a dumped world on disk, in any thread. Pictures go first: the world must not name one that is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for digest, data in media.items():
        folder.mkdir(exist_ok=True)
        replace(folder / digest, data)
    replace(path, world)


def replace(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    os.replace(name, path)
