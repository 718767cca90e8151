"""What platforms tell by themselves: whom, signed how, and how often it is tried.

Nothing of it holds up a platform's call. Wherever something may have changed, `look` compares the page with what was
told of it by now. A notice travels afterwards, and may arrive before the answer to the call that caused it, as in
reality.
Telegram's bot tells its updates by itself (`telegram.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import re
import secrets
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.sax.saxutils import escape, quoteattr

import aiohttp

from simulator.graph import stamp
from simulator.state import (
    DAY,
    FACEBOOK_APPS,
    INSTAGRAM_APPS,
    THREADS_APPS,
    TIKTOK_APPS,
    ZALO_APPS,
    Mistake,
    Page,
    Post,
    World,
)

TOPIC = "https://www.youtube.com/xml/feeds/videos.xml?channel_id="
LONGEST_LEASE = 10 * DAY
FAULTS = {"twice": False, "late": 0.0, "forged": False}
# Seconds between one try and the next. After the last one the notice is lost.
META = (0, 10, 60, 300, 1800, 3600, *[7200] * 17)
PAUSES: dict[str, tuple[float, ...]] = {
    "facebook": META,
    "instagram": META,
    "threads": META,
    "tiktok": (5, 60, 600, 3600, *[21600] * 12),
    "youtube": (10, 60, 600, 3600, 21600),
    "zalo": (30, 300, 900, 1800, 3600),
}

type Signature = Callable[[bytes], dict[str, str]]


@dataclass
class Console:
    """What stands about webhooks in an application's settings at a platform, what shall go wrong with them, and how
    they were answered."""

    url: str = ""
    secret: str = ""
    faults: dict[str, Any] = field(default_factory=lambda: dict(FAULTS))
    since: float = 0.0
    answers: Counter[str] = field(default_factory=Counter)


@dataclass
class Notice:
    """One piece of news. `key` says which; since when it is true the real clock says, and for what is still to come the
    world's, too."""

    key: str
    value: Any
    wall: float
    at: float = 0.0


class Webhooks:
    def __init__(self, world: World) -> None:
        self.world = world
        self.session: aiohttp.ClientSession | None = None
        self.idle = asyncio.Event()
        self.tasks: set[asyncio.Task[None]] = set()
        self.reset()

    def reset(self) -> None:
        for task in self.tasks:
            task.cancel()
        self.tasks = set()
        self.consoles: dict[str, Console] = {name: Console() for name in PAUSES}
        self.began = self.world.wall()
        self.told: set[str] = set()
        self.planned: set[str] = set()
        self.sleeping: dict[asyncio.Future[None], float] = {}
        self.busy = 0
        self.idle = asyncio.Event()
        self.idle.set()

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        if self.session is not None:
            await self.session.close()

    # The application's settings

    async def set_up(
        self, platform: str, url: str = "", *, verify_token: str = "", secret: str = "", **faults: Any
    ) -> dict[str, Any]:
        """As a developer enters them. Meta asks at once whether the address wants to hear; if not, nothing is kept."""
        if platform not in PAUSES:
            raise Mistake(f"platform is one of {', '.join(PAUSES)}; Telegram has setWebhook")
        if unknown := set(faults) - set(FAULTS):
            raise Mistake(f"no fault {', '.join(sorted(unknown))}")
        if url and not self.is_here(url):
            raise Mistake("nothing here leaves the machine")
        if url and platform in ("facebook", "instagram", "threads"):
            challenge = str(secrets.randbelow(10**10))
            query = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": verify_token}
            if await self.asked(url, query) != challenge:
                raise Mistake("the URL couldn't be validated: callback verification failed")
        console = self.consoles[platform]
        if url and url != console.url:
            console.url, console.since = url, self.world.wall()
            now = self.world.world()
            for page in self.world.pages[platform].values():
                self.told |= {self.name_of(page, each) for each in self.news(page) if each.at <= now}
        console.secret = secret or console.secret
        console.faults |= {name: type(FAULTS[name])(value) for name, value in faults.items()}
        return self.state()[platform]

    def state(self) -> dict[str, Any]:
        return {
            name: {"url": each.url, "faults": each.faults, "answers": each.answers}
            for name, each in self.consoles.items()
        }

    def is_here(self, url: str) -> bool:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and parts.hostname in self.world.settings["image_hosts"]

    async def settled(self) -> dict[str, Any]:
        """What came of everything that is due by now."""
        await self.idle.wait()
        return self.state()

    # What there is to tell

    def look(self, page: Page) -> None:
        """Tells what is new on a page, and comes back when something will be."""
        if page.platform not in self.consoles:  # Telegram's, which tells for itself
            return
        if asked := page.details.pop("hub_request", None):
            self.start(self.verify(page, asked))
        since = self.listens_since(page)
        if since is None:
            return
        now = self.world.world()
        fresh = []
        for notice in self.news(page):
            name = self.name_of(page, notice)
            if notice.at > now:
                if name not in self.planned:
                    self.planned.add(name)
                    self.start(self.look_again(page, notice.at, name))
            elif name not in self.told and notice.wall >= since:
                self.told.add(name)
                fresh.append(notice)
        if fresh:
            self.tell(page, fresh)

    async def look_again(self, page: Page, at: float, name: str) -> None:
        await self.until(at)
        self.planned.discard(name)
        self.look(page)

    @staticmethod
    def name_of(page: Page, notice: Notice) -> str:
        return f"{page.platform} {page.external_id} {notice.key}"

    def listens_since(self, page: Page) -> float | None:
        """Since when somebody hears of this page. What was before is never told, nor what came while nothing ran."""
        console = self.consoles[page.platform]
        match page.platform:
            case "youtube":
                push = page.details.get("push")
                return max(push["at"], self.began) if push and push["until"] > self.world.world() else None
            case "facebook" | "instagram":
                subscribed = page.details.get("subscribed") or self.of_linked(page)
                if not subscribed or not console.url:
                    return None
                hears = page.platform == "instagram" or "feed" in subscribed["fields"]
                return max(subscribed["at"], console.since) if hears else None
        return console.since if console.url else None

    def of_linked(self, page: Page) -> dict[str, Any] | None:
        """An Instagram account is heard of where the page that it is linked to let the application in."""
        linked = self.world.pages["facebook"].get(page.details.get("facebook_page", ""))
        found: dict[str, Any] | None = linked.details.get("subscribed") if linked else None
        return found

    def news(self, page: Page) -> Iterator[Notice]:
        match page.platform:
            case "facebook":
                return self.of_facebook(page)
            case "instagram":
                return self.of_instagram(page)
            case "threads":
                return self.of_threads(page)
            case "tiktok":
                return self.of_tiktok(page)
            case "youtube":
                return self.of_youtube(page)
        events = enumerate(page.details.get("events", ()))
        return (Notice(f"event {at}", told, int(told["timestamp"]) / 1000) for at, told in events)

    @staticmethod
    def turns(post: Post) -> Iterator[tuple[str, float, float, bool]]:
        """When residents began and ceased to see a post: a name, the moment by both clocks, and which of the two."""
        for at, each in enumerate(post.intervals):
            yield f"{post.id} up {at}", each.visible_world, each.visible_at, True
            if each.gone_world is not None:
                yield f"{post.id} down {at}", each.gone_world, each.gone_at or each.visible_at, False

    def edited_at(self, post: Post) -> float:
        """When it was reworded in sight of residents, or 0: what was reworded before they saw it is told as new."""
        at = post.edited_at or 0.0
        return at if post.visible(self.world.world()) and at > post.published_at else 0.0

    @staticmethod
    def comments(page: Page) -> Iterator[tuple[Post, dict[str, Any]]]:
        for post in page.posts.values():
            for comment in post.details.get("comments", ()):
                yield post, comment

    def of_facebook(self, page: Page) -> Iterator[Notice]:
        """With names and words in it, as in reality."""
        own = {"id": page.external_id, "name": page.name}
        for post in page.posts.values():
            if post.details.get("surface") == "story":
                continue
            item = "status"
            for kind, there in (("share", post.link), ("photo", post.pictures), ("video", "video" in post.details)):
                item = kind if there else item
            told = {"from": own, "item": item, "post_id": post.id, "message": post.text, "published": 1}
            for name, at, wall, seen in self.turns(post):
                verb = {"verb": "add" if seen else "remove", "created_time": int(wall)}
                yield Notice(name, told | verb, wall, at)
            if edited := self.edited_at(post):
                verb = {"verb": "edited", "created_time": int(edited)}
                yield Notice(f"{post.id} edited {edited}", told | verb, edited)
        for post, comment in self.comments(page):
            by = {"id": f"70{comment['id'].partition('_')[2]}", "name": comment["by"]} if comment["by"] else own
            told = {"from": by, "item": "comment", "verb": "add", "post_id": post.id, "comment_id": comment["id"]}
            told |= {"parent_id": comment["parent"] or post.id, "message": comment["text"]}
            told["created_time"] = int(comment["at"])
            yield Notice(f"comment {comment['id']}", told, comment["at"])

    def of_instagram(self, page: Page) -> Iterator[Notice]:
        """Comments alone: nothing is told of what is published or deleted."""
        for post, comment in self.comments(page):
            name = comment["by"] or page.username
            told = {"id": comment["id"], "text": comment["text"], "from": {"id": f"9{comment['id']}", "username": name}}
            told["media"] = {"id": post.id, "media_product_type": post.details["product"]}
            if comment["parent"]:
                told["parent_id"] = comment["parent"]
            yield Notice(f"comment {comment['id']}", told, comment["at"])

    def of_threads(self, page: Page) -> Iterator[Notice]:
        own = {"id": page.external_id, "username": page.username}
        for post in page.posts.values():
            told = {"id": post.id, "username": page.username, "text": post.text, "media_type": post.details["type"]}
            for name, at, wall, seen in self.turns(post):
                value = told | {"timestamp": stamp(wall)}
                yield Notice(name, ("interaction", "publish" if seen else "delete", value), wall, at)
        for post, comment in self.comments(page):
            root = {"id": post.id, "owner_id": own["id"], "username": own["username"]}
            value = {"id": comment["id"], "username": comment["by"] or own["username"], "text": comment["text"]}
            value |= {"media_type": "TEXT_POST", "replied_to": {"id": comment["parent"] or post.id}, "root_post": root}
            value["timestamp"] = stamp(comment["at"])
            yield Notice(f"comment {comment['id']}", ("moderate", "replies", value), comment["at"])

    def of_tiktok(self, page: Page) -> Iterator[Notice]:
        """Of what came through the interface, and of the consent. The last event is spelt as the platform spells it."""
        now = self.world.wall()
        for publish_id, publish in page.details.get("publishes", {}).items():
            direct, done = publish["direct"], publish["done_from"]
            content = {"publish_id": publish_id, "publish_type": "DIRECT_PUBLISH" if direct else "INBOX_SHARE"}
            if done is not None and publish["fail"]:
                failed = content | {"reason": publish["fail"]}
                yield Notice(f"{publish_id} failed", ("post.publish.failed", failed), now, done)
                continue
            complete = done if direct else publish["person_from"]
            if done is not None and not direct:
                yield Notice(f"{publish_id} inbox", ("post.publish.inbox_delivered", content), now, done)
            if complete is not None:
                yield Notice(f"{publish_id} complete", ("post.publish.complete", content), now, complete)
            if (post := page.posts.get(publish["post"])) is None:
                continue
            for name, at, wall, seen in self.turns(post):
                event = "publicly_available" if seen else "no_longer_publicaly_available"
                yield Notice(name, (f"post.publish.{event}", content | {"post_id": post.id}), wall, at)
        grants = [
            token
            for token in self.world.tokens.values()
            if (token.platform, token.kind, token.page) == ("tiktok", "refresh", page.external_id)
        ]
        if grants and all(token.dead for token in grants):
            yield Notice(f"removed {len(grants)}", ("authorization.removed", {"reason": 1}), now)

    def of_youtube(self, page: Page) -> Iterator[Notice]:
        for post in page.posts.values():
            for name, at, wall, seen in self.turns(post):
                yield Notice(name, (post, wall, seen), wall, at)
            if edited := self.edited_at(post):
                yield Notice(f"{post.id} edited {edited}", (post, edited, True), edited)

    # How it is told

    def tell(self, page: Page, fresh: list[Notice]) -> None:
        console, now = self.consoles[page.platform], int(self.world.wall())
        told: dict[str, Any]
        values = [each.value for each in fresh]
        match page.platform:
            case "facebook" | "instagram":
                name = "feed" if page.platform == "facebook" else "comments"
                changes = [{"field": name, "value": value} for value in values]
                entry = {"id": page.external_id, "time": now, "changes": changes}
                told = {"object": "page" if page.platform == "facebook" else "instagram", "entry": [entry]}
                direct = page.platform == "instagram" and page.details.get("subscribed")
                apps = INSTAGRAM_APPS if direct else FACEBOOK_APPS
                self.send(page, console.url, as_meta(told), by_meta(next(iter(apps.values()))))
            case "threads":
                app, secret = next(iter(THREADS_APPS.items()))
                for topic, name, value in values:
                    told = {"app_id": app, "topic": topic, "target_id": page.external_id, "time": now}
                    told |= {"subscription_id": "1", "has_uid_field": False}
                    told["values"] = {"value": value, "field": name}
                    self.send(page, console.url, as_meta(told), by_meta(secret))
            case "tiktok":
                app, secret = next(iter(TIKTOK_APPS.items()))
                for event, content in values:
                    told = {"client_key": app, "event": event, "create_time": now, "user_openid": page.external_id}
                    raw = json.dumps(told | {"content": json.dumps(content)}).encode()
                    self.send(page, console.url, raw, by_tiktok(secret))
            case "youtube":
                push = page.details["push"]
                for post, wall, seen in values:
                    raw = self.entry(page, post, wall) if seen else self.deleted_entry(page, post, wall)
                    self.send(page, push["callback"], raw, by_hub(push["secret"], f"{TOPIC}{page.external_id}"))
            case "zalo":
                app = next(iter(ZALO_APPS))
                for value in values:
                    raw = json.dumps({"app_id": app} | value, ensure_ascii=False).encode()
                    self.send(page, console.url, raw, by_zalo(app, value["timestamp"], console.secret))

    @staticmethod
    def entry(page: Page, post: Post, updated: float) -> bytes:
        link = f"https://www.youtube.com/watch?v={post.id}"
        return (
            "<?xml version='1.0' encoding='UTF-8'?>\n"
            '<feed xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns="http://www.w3.org/2005/Atom">'
            f'<link rel="hub" href="https://pubsubhubbub.appspot.com"/><link rel="self" '
            f"href={quoteattr(TOPIC + page.external_id)}/><title>YouTube video feed</title>"
            f"<updated>{nanoseconds(updated)}</updated><entry><id>yt:video:{post.id}</id>"
            f"<yt:videoId>{post.id}</yt:videoId><yt:channelId>{page.external_id}</yt:channelId>"
            f'<title>{escape(post.title)}</title><link rel="alternate" href={quoteattr(link)}/>'
            f"<author><name>{escape(page.name)}</name>"
            f"<uri>https://www.youtube.com/channel/{page.external_id}</uri></author>"
            f"<published>{day_and_second(post.published_at)}</published><updated>{nanoseconds(updated)}</updated>"
            "</entry></feed>"
        ).encode()

    @staticmethod
    def deleted_entry(page: Page, post: Post, when: float) -> bytes:
        return (
            "<?xml version='1.0' encoding='UTF-8'?>\n"
            '<feed xmlns:at="http://purl.org/atompub/tombstones/1.0" xmlns="http://www.w3.org/2005/Atom">'
            f'<at:deleted-entry ref="yt:video:{post.id}" when="{day_and_second(when)}">'
            f'<link href="https://www.youtube.com/watch?v={post.id}"/><at:by><name>{escape(page.name)}</name>'
            f"<uri>https://www.youtube.com/channel/{page.external_id}</uri></at:by></at:deleted-entry></feed>"
        ).encode()

    # On its way

    def send(self, page: Page, url: str, raw: bytes, sign: Signature) -> None:
        faults = self.consoles[page.platform].faults
        for _ in range(2 if faults["twice"] else 1):
            self.start(self.deliver(page.platform, url, raw, sign, dict(faults)))

    async def deliver(self, platform: str, url: str, raw: bytes, sign: Signature, faults: dict[str, Any]) -> None:
        """Until it is taken, or nobody has patience any more. Each try is signed anew. A forgery is a notice of
        somebody who does not know the secret: it is tried once."""
        if faults["late"]:
            await self.until(self.world.world() + faults["late"])
        for tried, pause in enumerate((*PAUSES[platform], None)):
            headers = sign(raw) | ({"num_retry": str(tried)} if platform == "zalo" and tried else {})
            if faults["forged"]:
                headers = {name: forged(value) for name, value in headers.items()}
            outcome = await self.post(url, raw, headers)
            self.consoles[platform].answers[outcome] += 1
            if outcome.startswith("2") or faults["forged"] or pause is None:
                return
            await self.until(self.world.world() + pause)

    async def post(self, url: str, raw: bytes, headers: dict[str, str]) -> str:
        """The answer's status, or how it failed."""
        atom = raw.startswith(b"<")
        headers = {"Content-Type": "application/atom+xml" if atom else "application/json"} | headers
        try:
            async with self.browser().post(url, data=raw, headers=headers, allow_redirects=False) as answer:
                await answer.read()
                return str(answer.status)
        except (aiohttp.ClientError, TimeoutError) as error:
            return type(error).__name__

    async def asked(self, url: str, query: dict[str, str]) -> str:
        """What the other end answers to the question whether it wants to hear; nothing, if not with 200."""
        address = f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with self.browser().get(address, allow_redirects=False) as answer:
                return await answer.text() if answer.status == 200 else ""
        return ""

    def browser(self) -> aiohttp.ClientSession:
        if self.session is None:
            timeout = aiohttp.ClientTimeout(total=20)
            self.session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=16), timeout=timeout)
        return self.session

    # YouTube's hub

    async def verify(self, page: Page, asked: dict[str, Any]) -> None:
        """Off the call, the hub asks the subscriber whether it meant it."""
        if not self.is_here(asked["callback"]):
            return
        challenge, lease = secrets.token_hex(16), asked["lease"]
        query = {"hub.mode": asked["mode"], "hub.topic": TOPIC + page.external_id, "hub.challenge": challenge}
        if asked["mode"] == "subscribe":
            query["hub.lease_seconds"] = str(int(lease))
        if await self.asked(asked["callback"], query) != challenge:
            return
        now, push = self.world.world(), page.details.get("push")
        if asked["mode"] == "unsubscribe":
            page.details.pop("push", None)
        else:
            at = push["at"] if push and push["until"] > now else self.world.wall()
            told = {name: asked[name] for name in ("callback", "secret")}
            page.details["push"] = told | {"at": at, "until": now + lease}
        self.world.dirty = True
        self.look(page)

    # Waiting by the world's clock

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        self.busy += 1
        self.idle.clear()
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.ended)

    def ended(self, task: asyncio.Task[None]) -> None:
        if task in self.tasks:  # not one that was forgotten with the world it belonged to
            self.tasks.discard(task)
            self.rest()

    def rest(self) -> None:
        self.busy -= 1
        if not self.busy:
            self.idle.set()

    async def until(self, when: float) -> None:
        if when <= self.world.world():
            return
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self.sleeping[future] = when
        self.rest()

        def ring() -> None:
            """The two clocks may be a little apart."""
            if self.world.world() >= when:
                self.rouse(future)
            else:
                timers.append(loop.call_later(when - self.world.world(), ring))

        timers = [loop.call_later(when - self.world.world(), ring)]
        try:
            await future
        finally:
            timers[-1].cancel()

    def wake(self) -> None:
        """The world has aged: what was to be done by now is done now."""
        for future, when in list(self.sleeping.items()):
            if when <= self.world.world():
                self.rouse(future)

    def rouse(self, future: asyncio.Future[None]) -> None:
        if self.sleeping.pop(future, None) is not None and not future.done():
            self.busy += 1
            self.idle.clear()
            future.set_result(None)


def hub_request(params: Callable[[str], str]) -> tuple[str, dict[str, Any]]:
    """A channel and what is asked of the hub for it. Raises ValueError with its words."""
    mode, topic, callback = params("hub.mode"), urlsplit(params("hub.topic")), params("hub.callback")
    if mode not in ("subscribe", "unsubscribe"):
        raise ValueError("Invalid value for hub.mode: must be subscribe or unsubscribe")
    channel = parse_qs(topic.query).get("channel_id", [""])[0]
    if topic.hostname != "www.youtube.com" or topic.path != urlsplit(TOPIC).path or not channel:
        raise ValueError("Invalid parameter: hub.topic")
    if not re.match(r"https?://[^\s#]+$", callback):
        raise ValueError("Invalid parameter: hub.callback; must be valid URI with no fragment and optional port")
    if params("hub.verify") not in ("async", "sync"):
        raise ValueError("Invalid values for hub.verify")
    lease = params("hub.lease_seconds") or "432000"
    if not lease.isdigit():
        raise ValueError("Invalid value for hub.lease_seconds")
    asked = {"mode": mode, "callback": callback, "secret": params("hub.secret")}
    return channel, asked | {"lease": min(float(lease), LONGEST_LEASE)}


def as_meta(told: dict[str, Any]) -> bytes:
    """Meta escapes what is not ASCII, and slashes, and signs that."""
    return json.dumps(told, separators=(",", ":")).replace("/", "\\/").encode()


def by_meta(secret: str) -> Signature:
    return lambda raw: {"X-Hub-Signature-256": f"sha256={hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()}"}


def by_hub(secret: str, topic: str) -> Signature:
    def sign(raw: bytes) -> dict[str, str]:
        headers = {"Link": f'<https://pubsubhubbub.appspot.com/>; rel="hub", <{topic}>; rel="self"'}
        if secret:
            headers["X-Hub-Signature"] = f"sha1={hmac.new(secret.encode(), raw, hashlib.sha1).hexdigest()}"
        return headers

    return sign


def by_tiktok(secret: str) -> Signature:
    def sign(raw: bytes) -> dict[str, str]:
        at = str(int(datetime.now(UTC).timestamp()))
        made = hmac.new(secret.encode(), f"{at}.".encode() + raw, hashlib.sha256).hexdigest()
        return {"Tiktok-Signature": f"t={at},s={made}"}

    return sign


def by_zalo(app: str, timestamp: str, secret: str) -> Signature:
    """A plain hash over the secret, not a keyed one."""
    tail = (timestamp + secret).encode()
    return lambda raw: {"X-ZEvent-Signature": f"mac={hashlib.sha256(app.encode() + raw + tail).hexdigest()}"}


def forged(value: str) -> str:
    """As long as a right one, and wrong."""
    return value[:-8] + "".join("0" if char != "0" else "1" for char in value[-8:])


def day_and_second(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def nanoseconds(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "000+00:00"
