"""Define a platform as the hub plays it: it answers calls, and takes part in what tests arrange."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from simulator.calls import Call, Reply
from simulator.consent import Consent, Handler
from simulator.faults import Fault, Plan
from simulator.images import Fetcher
from simulator.model import Mistake, Page, Post
from simulator.spec import Spec
from simulator.webhooks import Reporter
from simulator.world import World

type Control = Callable[[dict[str, Any]], Any]


class Platform:
    """Play one platform. A subclass answers its calls; the rest has defaults."""

    spec: ClassVar[Spec]
    mounts: ClassVar[tuple[str, ...]]  # prefixes of the addresses under which it answers
    consent: ClassVar[type[Consent] | None] = None
    reporter: ClassVar[type[Reporter] | None] = None

    def __init__(self, world: World, fetcher: Fetcher) -> None:
        self.world = world
        self.fetcher = fetcher
        self.reset()

    def reset(self) -> None:
        """Forget what the world does not keep. Work under way finishes on rows that nobody sees any
        more."""

    @property
    def name(self) -> str:
        return self.spec.name

    # Calls

    def claims(self, mount: str, tail: str) -> bool:
        """Say whether a call at another platform's address is for this one."""
        return False

    def describe(self, call: Call) -> tuple[str, tuple[str, ...]]:
        """Name the page that a call is about and what it does there, before anything is checked."""
        raise NotImplementedError

    async def answer(self, call: Call, plan: Plan) -> Reply:
        raise NotImplementedError

    def refusal(self, fault: Fault, call: Call) -> Reply:
        """Show an injected fault as this platform would."""
        raise NotImplementedError

    # What the control API arranges

    def connect(self, page: Page) -> dict[str, Any]:
        """Give ready credentials for a page, as if its administrator had consented to
        everything.
        """
        raise NotImplementedError

    def kill(self, *, page: str = "", token: str = "", dead: int = 1) -> int:
        """End credentials for good: those of a page, or one token."""
        return self.world.kill_tokens(platform=self.name, page=page, token=token, dead=dead)

    def prepare(self, page: Page, given: dict[str, Any]) -> None:
        """Arrange a new page as the control API asks."""

    def complete(self, page: Page) -> None:
        """Add what a page needs that a person made here, so that it can be connected."""

    def compose(self, page: Page, post: Post, number: int) -> None:
        """Complete a post that is simply there: its id, and what only this platform knows of it."""
        raise NotImplementedError

    def composed_by_person(self, page: Page, post: Post) -> None:
        """Report a post that a person put up in the platform's own app."""

    def comment(self, post: Post, text: str, *, by: str, parent: str = "") -> dict[str, Any]:
        """Write what a resident says under a post."""
        raise Mistake(f"nobody comments on {self.name}")

    def controls(self) -> dict[str, Control]:
        """List calls of the control API that this platform alone has: `POST /_sim/…` and what
        answers it."""
        return {}

    def pages(self) -> dict[str, Handler]:
        """List addresses of the real platform that a browser opens, each with what answers."""
        return {}

    def forms(self) -> dict[str, Handler]:
        """List addresses to which a page of this platform sends a form."""
        return {}
