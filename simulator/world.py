"""Keep the world: people, pages, posts, tokens. In memory, and on disk as one JSON file.

Two clocks. `wall()` is the real one: stamps that callers compare with their own clock are taken
from it. `world()` runs ahead of it by what `/_sim/advance` added: age, expiry and delays are
reckoned by it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from simulator import profiles
from simulator.calls import Intake
from simulator.model import TASKS, Interval, Mistake, Page, Photo, Picture, Post, Token, User, fold
from simulator.spec import Spec

SETTINGS: dict[str, Any] = {"image_hosts": ["127.0.0.1", "localhost"]}


class World:
    """Hold everything there is. One event loop owns it, so nothing here is locked."""

    def __init__(
        self, specs: Mapping[str, Spec], path: Path | None = None, public_url: str = ""
    ) -> None:
        self.specs = specs
        self.path = path
        self.public_url = public_url.rstrip("/")
        # Hears of a page on which something changed by itself.
        self.on_change: Callable[[Page], None] = lambda page: None
        self.reset()
        if path and path.exists():
            self.load(path)

    def reset(self) -> None:
        self.offset = 0.0
        self.counter = 0
        self.settings = self.first_settings()
        self.latency = dict.fromkeys(self.specs, 0.0)
        self.pages: dict[str, dict[str, Page]] = {platform: {} for platform in self.specs}
        self.usernames: dict[str, str] = {}
        self.users: dict[str, User] = {}
        self.tokens: dict[str, Token] = {}
        self.codes: dict[str, Token] = {}
        self.photos: dict[str, Photo] = {}
        self.businesses: dict[
            str, dict[str, Any]
        ] = {}  # portfolios at Meta: people, owned_pages, client_pages
        self.jobs: dict[str, dict[str, Any]] = {}
        self.containers: dict[
            str, dict[str, Any]
        ] = {}  # what Instagram and Threads are to publish, Facebook's videos
        self.updates: list[dict[str, Any]] = []
        self.webhook: dict[str, Any] = {}
        self.challenge = ""
        self.media: dict[str, bytes] = {}
        self.saved_media: set[str] = set()
        self.requests: dict[str, Counter[str]] = {platform: Counter() for platform in self.specs}
        for spec in self.specs.values():
            self.tokens |= {token.value: token for token in spec.tokens()}
        self.dirty = True

    def first_settings(self) -> dict[str, Any]:
        """Join the settings of all platforms with those of the machine, as they are at first."""
        settings = dict(SETTINGS)
        for spec in self.specs.values():
            settings |= spec.settings
        return settings

    def check_platform(self, name: str) -> None:
        if name not in self.specs:
            raise Mistake(f"platform is one of {', '.join(self.specs)}")

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
        user = User(platform, self.specs[platform].user_id(self.next_number()), name)
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
        spec, number = self.specs[platform], self.next_number()
        external_id = external_id or spec.page_id(number)
        if external_id in self.pages[platform]:
            raise Mistake(f"{platform} page {external_id} exists already")
        username = username or f"{re.sub(r'[^a-z0-9]+', '', fold(name))[:24] or 'trang'}{number}"
        if f"{platform}/{username.lower()}" in self.usernames:
            raise Mistake(f"{platform} username {username} is taken")
        born = self.wall() if created_at is None else created_at
        page = Page(platform, external_id, name, username, followers, born, born + self.offset)
        page.details = spec.details()
        page.profile = profiles.draw_profile(f"{platform}/{external_id}")
        self.pages[platform][external_id] = page
        self.usernames[f"{platform}/{username.lower()}"] = external_id
        if spec.has_people:
            owner = owner or self.new_user(platform, f"Quản trị {name}")
            owner.pages[external_id] = list(TASKS)
            page.owner = owner.id
        self.dirty = True
        return page

    def new_token(
        self,
        platform: str,
        kind: str,
        *,
        app: str,
        value: str = "",
        prefix: str = "",
        lasts: float | None = None,
        **fields: Any,
    ) -> Token:
        value = value or prefix + secrets.token_hex(32)
        token = Token(value, platform, kind, app, issued_at=self.wall(), **fields)
        token.expires = None if lasts is None else self.world() + lasts
        self.tokens[value] = token
        self.dirty = True
        return token

    def find_page(self, platform: str, external_id: str) -> Page | None:
        pages = self.pages.get(platform, {})
        return pages.get(external_id) or pages.get(
            self.usernames.get(f"{platform}/{external_id.lower()}", "")
        )

    def kill_tokens(self, *, platform: str, page: str = "", token: str = "", dead: int = 1) -> int:
        """End credentials for good: those of a page, or one token."""
        candidates = [self.tokens[token]] if token in self.tokens else list(self.tokens.values())
        victims = [
            candidate
            for candidate in candidates
            if candidate.platform == platform and (not page or candidate.page == page)
        ]
        return self.end(victims, platform=platform, dead=dead)

    def end(self, victims: list[Token], *, platform: str, dead: int) -> int:
        """End these credentials, and report the pages of this platform that lost theirs."""
        alive = [token for token in victims if not token.dead]
        for victim in alive:
            victim.dead = dead
        self.dirty = True
        for name in {victim.page for victim in alive}:
            if lost := self.pages[platform].get(name):
                self.on_change(lost)
        return len(alive)

    # Posts

    def show(self, post: Post, *, arrived: float, after: float = 0.0) -> None:
        """Make a post visible, now or `after` seconds from now."""
        post.intervals.append(Interval(self.wall() + after, self.world() + after))
        post.arrived_at = arrived
        self.dirty = True

    def hide(self, post: Post, *, after: float = 0.0) -> None:
        """Take a post out of residents' sight. What was only going to become visible never does."""
        now = self.world()
        post.intervals = [
            interval for interval in post.intervals if interval.visible_world <= now + after
        ]
        for interval in post.intervals:
            if interval.gone_world is None or interval.gone_world > now + after:
                interval.gone_at, interval.gone_world = self.wall() + after, now + after
        self.dirty = True

    def remove(self, post: Post, *, after: float = 0.0) -> None:
        """Delete a post, now or `after` seconds from now; a second deletion does not put the first
        one off."""
        leaves = self.world() + after
        if post.leaves_world is None or leaves < post.leaves_world:
            post.leaves_world = leaves
            self.hide(post, after=after)
        post.requests += 1

    def visible_posts(self, page: Page, *, lag: float = 0.0) -> list[Post]:
        """List what residents see, newest first; with a lag, what they saw that long ago, as
        listings show it."""
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
        """Remember a file by its hash, and its bytes only if they are few."""
        if intake.data is not None:
            self.media.setdefault(intake.sha256, bytes(intake.data))
        return intake.sha256

    def permalink(self, page: Page, post: Post, origin: str) -> str:
        """Say where residents read a post here instead of at the platform's own address."""
        return self.specs[page.platform].permalink(page, post, self.public_url or origin)

    def truth(
        self, platform: str = "", page: str = "", origin: str = ""
    ) -> Iterator[dict[str, Any]]:
        """List every post ever made, seen or not: what a test compares the portal's records
        with.
        """
        now = self.world()
        for owner in self.all_pages(platform, page):
            for post in owner.posts.values():
                entry = {
                    "platform": owner.platform,
                    "page": owner.external_id,
                    "id": post.id,
                    "permalink": self.permalink(owner, post, origin),
                    "title": post.title,
                    "text": post.text,
                    "link": post.link,
                    "media": [picture.sha256 for picture in post.pictures],
                    "created_at": post.created_at,
                    "visible": post.visible(now),
                    "state": post.state(now),
                    "intervals": [
                        {"visible_at": i.visible_at, "gone_at": i.gone_at} for i in post.intervals
                    ],
                    "arrived_at": post.arrived_at,
                    "requests": post.requests,
                }
                entry |= self.specs[owner.platform].truth(post)
                yield entry

    def all_pages(self, platform: str = "", page: str = "") -> Iterable[Page]:
        for name in [platform] if platform in self.pages else self.specs:
            if page:
                match = self.find_page(name, page)
                yield from [match] if match else []
            else:
                yield from self.pages[name].values()

    # On disk

    KEPT = (
        "offset",
        "counter",
        "settings",
        "latency",
        "pages",
        "usernames",
        "users",
        "tokens",
        "codes",
        "photos",
    )
    KEPT_TOO = ("updates", "webhook", "challenge", "requests", "containers", "businesses")

    def dump(self) -> bytes:
        """Write the whole world as JSON, but for the pictures. Unfinished jobs end with the
        process, so they stay out."""
        state = {name: getattr(self, name) for name in (*self.KEPT, *self.KEPT_TOO)}
        state["jobs"] = {key: job for key, job in self.jobs.items() if job["done"] is not None}
        return json.dumps(state, default=vars, ensure_ascii=False, separators=(",", ":")).encode()

    def save(self) -> None:
        """Write beside and rename, so that a crash leaves the last whole world."""
        if self.path is None:
            return
        self.dirty = False
        write(self.path, self.media_folder, self.dump(), self.new_media())

    def new_media(self) -> dict[str, bytes]:
        fresh = {
            digest: data for digest, data in self.media.items() if digest not in self.saved_media
        }
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
            name: {key: Page.load(page) for key, page in pages.items()}
            for name, pages in data["pages"].items()
        }
        self.users = {key: User(**user) for key, user in data["users"].items()}
        self.tokens = {key: Token(**token) for key, token in data["tokens"].items()}
        self.codes = {key: Token(**code) for key, code in data["codes"].items()}
        self.photos = {
            key: Photo(**photo | {"picture": Picture(**photo["picture"])})
            for key, photo in data["photos"].items()
        }
        self.requests |= {name: Counter(counts) for name, counts in data["requests"].items()}
        if self.media_folder.is_dir():
            self.media = {
                file.name: file.read_bytes()
                for file in self.media_folder.iterdir()
                if len(file.name) == 64
            }
        self.saved_media = set(self.media)
        self.dirty = False


def write(path: Path, folder: Path, world: bytes, media: dict[str, bytes]) -> None:
    """Put a dumped world on disk, in any thread. Pictures go first: the world must not name one
    that is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for digest, data in media.items():
        folder.mkdir(exist_ok=True)
        replace_file(folder / digest, data)
    replace_file(path, world)


def replace_file(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    os.replace(name, path)
