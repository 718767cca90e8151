"""Report what platforms report by themselves: when it is due, how often it is tried, how it was
answered.

Nothing of it holds up a platform's call. Wherever something may have changed, `check` compares the
page with what was reported of it by now. A notice travels afterwards, and may arrive before the
answer to the call that caused it, as in reality. What there is to report, to whom and how it is
signed each platform's own `Reporter` says.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

import aiohttp

from simulator.model import Mistake, Page, Post
from simulator.world import World

FAULTS = {"twice": False, "late": 0.0, "forged": False}

type Signature = Callable[[bytes], dict[str, str]]


@dataclass
class Console:
    """Hold what an application's settings at a platform say of webhooks, what shall go wrong with
    them, and how they were answered.
    """

    url: str = ""
    secret: str = ""
    faults: dict[str, Any] = field(default_factory=lambda: dict(FAULTS))
    since: float = 0.0
    answers: Counter[str] = field(default_factory=Counter)


@dataclass
class Notice:
    """Hold one piece of news. `key` says which; since when it is true the real clock says, and for
    what is still to come the world's, too.
    """

    key: str
    value: Any
    wall: float
    at: float = 0.0


@dataclass
class Report:
    """Hold a request to an address of the application's."""

    url: str
    raw: bytes
    sign: Signature


class Reporter:
    """Say for one platform what there is to report of a page, to whom, and how it is signed."""

    pauses: ClassVar[
        tuple[float, ...]
    ]  # seconds between one try and the next; after the last one the notice is lost
    asks_first: ClassVar[bool] = False  # the address must answer a challenge before it is kept

    def __init__(self, world: World) -> None:
        self.world = world

    def listens_since(self, page: Page, console: Console, began: float) -> float | None:
        """Say since when somebody hears of this page; nothing before is reported, nor what came
        while nothing ran."""
        return console.since if console.url else None

    def notices(self, page: Page) -> Iterator[Notice]:
        raise NotImplementedError

    def reports(self, page: Page, console: Console, fresh: list[Notice]) -> Iterator[Report]:
        raise NotImplementedError

    def headers_of_try(self, number: int) -> dict[str, str]:
        """Say with what a request is sent when it was tried so often before."""
        return {}

    def request_of(self, page: Page) -> dict[str, Any] | None:
        """Take what an application asked of the platform's hub for this page, for the hub to
        confirm."""
        return None

    async def confirm(self, page: Page, requested: dict[str, Any], webhooks: Webhooks) -> None:
        """Ask the subscriber whether it meant what was asked."""
        raise NotImplementedError

    def edited_at(self, post: Post) -> float:
        """Say when it was reworded in sight of residents, or 0: what was reworded before they saw
        it is new."""
        at = post.edited_at or 0.0
        return at if post.visible(self.world.world()) and at > post.published_at else 0.0


def list_appearances(post: Post) -> Iterator[tuple[str, float, float, bool]]:
    """List when residents began and ceased to see a post: a name, the moment by both clocks, and
    which of the two."""
    for at, interval in enumerate(post.intervals):
        yield f"{post.id} up {at}", interval.visible_world, interval.visible_at, True
        if interval.gone_world is not None:
            yield (
                f"{post.id} down {at}",
                interval.gone_world,
                interval.gone_at or interval.visible_at,
                False,
            )


def list_comments(page: Page) -> Iterator[tuple[Post, dict[str, Any]]]:
    for post in page.posts.values():
        for comment in post.details.get("comments", ()):
            yield post, comment


class Webhooks:
    def __init__(self, world: World, reporters: Mapping[str, Reporter]) -> None:
        self.world = world
        self.reporters = reporters
        self.session: aiohttp.ClientSession | None = None
        self.idle = asyncio.Event()
        self.tasks: set[asyncio.Task[None]] = set()
        self.reset()

    def reset(self) -> None:
        for task in self.tasks:
            task.cancel()
        self.tasks = set()
        self.consoles: dict[str, Console] = {name: Console() for name in self.reporters}
        self.began = self.world.wall()
        self.reported: set[str] = set()
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
        self,
        platform: str,
        url: str = "",
        *,
        verify_token: str = "",
        secret: str = "",
        **faults: Any,
    ) -> dict[str, Any]:
        """Enter them as a developer does. Some ask at once whether the address wants to hear; if
        not, none is kept."""
        if platform not in self.reporters:
            raise Mistake(
                f"platform is one of {', '.join(self.reporters)}; Telegram has setWebhook"
            )
        if unknown := set(faults) - set(FAULTS):
            raise Mistake(f"no fault {', '.join(sorted(unknown))}")
        if url and not self.is_here(url):
            raise Mistake("nothing here leaves the machine")
        if url and self.reporters[platform].asks_first:
            challenge = str(secrets.randbelow(10**10))
            query = {
                "hub.mode": "subscribe",
                "hub.challenge": challenge,
                "hub.verify_token": verify_token,
            }
            if await self.ask_challenge(url, query) != challenge:
                raise Mistake("the URL couldn't be validated: callback verification failed")
        console = self.consoles[platform]
        if url and url != console.url:
            console.url, console.since = url, self.world.wall()
            now = self.world.world()
            for page in self.world.pages[platform].values():
                self.reported |= {
                    self.name_of(page, notice)
                    for notice in self.reporters[platform].notices(page)
                    if notice.at <= now
                }
        console.secret = secret or console.secret
        console.faults |= {name: type(FAULTS[name])(value) for name, value in faults.items()}
        return self.state()[platform]

    def state(self) -> dict[str, Any]:
        return {
            name: {"url": console.url, "faults": console.faults, "answers": console.answers}
            for name, console in self.consoles.items()
        }

    def is_here(self, url: str) -> bool:
        parts = urlsplit(url)
        return (
            parts.scheme in ("http", "https")
            and parts.hostname in self.world.settings["image_hosts"]
        )

    async def all_reported(self) -> dict[str, Any]:
        """Wait for everything that is due by now, and say what came of it."""
        await self.idle.wait()
        return self.state()

    # What there is to report

    def check(self, page: Page) -> None:
        """Report what is new on a page, and come back when something will be."""
        if (
            reporter := self.reporters.get(page.platform)
        ) is None:  # Telegram's bot reports for itself
            return
        if requested := reporter.request_of(page):
            self.start(reporter.confirm(page, requested, self))
        console = self.consoles[page.platform]
        since = reporter.listens_since(page, console, self.began)
        if since is None:
            return
        now = self.world.world()
        fresh = []
        for notice in reporter.notices(page):
            name = self.name_of(page, notice)
            if notice.at > now:
                if name not in self.planned:
                    self.planned.add(name)
                    self.start(self.check_again(page, notice.at, name))
            elif name not in self.reported and notice.wall >= since:
                self.reported.add(name)
                fresh.append(notice)
        if fresh:
            for report in reporter.reports(page, console, fresh):
                self.send(page, report)

    async def check_again(self, page: Page, at: float, name: str) -> None:
        await self.until(at)
        self.planned.discard(name)
        self.check(page)

    @staticmethod
    def name_of(page: Page, notice: Notice) -> str:
        return f"{page.platform} {page.external_id} {notice.key}"

    # On its way

    def send(self, page: Page, report: Report) -> None:
        faults = self.consoles[page.platform].faults
        for _ in range(2 if faults["twice"] else 1):
            self.start(self.deliver(page.platform, report, dict(faults)))

    async def deliver(self, platform: str, report: Report, faults: dict[str, Any]) -> None:
        """Try until it is taken, or nobody has patience any more. Each try is signed again. A
        forgery is a notice of somebody who does not know the secret: it is tried once.
        """
        reporter = self.reporters[platform]
        if faults["late"]:
            await self.until(self.world.world() + faults["late"])
        for tried, pause in enumerate((*reporter.pauses, None)):
            headers = report.sign(report.raw) | reporter.headers_of_try(tried)
            if faults["forged"]:
                headers = {name: forge_signature(value) for name, value in headers.items()}
            outcome = await self.post(report.url, report.raw, headers)
            self.consoles[platform].answers[outcome] += 1
            if outcome.startswith("2") or faults["forged"] or pause is None:
                return
            await self.until(self.world.world() + pause)

    async def post(self, url: str, raw: bytes, headers: dict[str, str]) -> str:
        """Give the answer's status, or how it failed."""
        atom = raw.startswith(b"<")
        headers = {"Content-Type": "application/atom+xml" if atom else "application/json"} | headers
        try:
            async with self.browser().post(
                url, data=raw, headers=headers, allow_redirects=False
            ) as answer:
                await answer.read()
                return str(answer.status)
        except (aiohttp.ClientError, TimeoutError) as error:
            return type(error).__name__

    async def ask_challenge(self, url: str, query: dict[str, str]) -> str:
        """Ask the other end whether it wants to hear, and give its answer; nothing, if not with
        200."""
        address = f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with self.browser().get(address, allow_redirects=False) as answer:
                return await answer.text() if answer.status == 200 else ""
        return ""

    def browser(self) -> aiohttp.ClientSession:
        if self.session is None:
            timeout = aiohttp.ClientTimeout(total=20)
            self.session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=16), timeout=timeout
            )
        return self.session

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

        def rouse_when_due() -> None:
            """Wait once more if it is too early: the two clocks may be a little apart."""
            if self.world.world() >= when:
                self.rouse(future)
            else:
                timers.append(loop.call_later(when - self.world.world(), rouse_when_due))

        timers = [loop.call_later(when - self.world.world(), rouse_when_due)]
        try:
            await future
        finally:
            timers[-1].cancel()

    def wake(self) -> None:
        """Do at once what was to be done by now: the world has aged."""
        for future, when in list(self.sleeping.items()):
            if when <= self.world.world():
                self.rouse(future)

    def rouse(self, future: asyncio.Future[None]) -> None:
        if self.sleeping.pop(future, None) is not None and not future.done():
            self.busy += 1
            self.idle.clear()
            future.set_result(None)


def forge_signature(value: str) -> str:
    """Spoil a signature: as long as a right one, and wrong."""
    return value[:-8] + "".join("0" if char != "0" else "1" for char in value[-8:])
