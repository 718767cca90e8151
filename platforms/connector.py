"""Promise what every connector keeps. A connector turns an account and a message into requests, and
answers into a receipt or one of four errors. It knows no database, no settings and no other app;
base addresses come in with the account."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from platforms.facts import Facts, Setting, Version
from platforms.http import Http
from platforms.messages import (
    Account,
    Comment,
    Draft,
    Figures,
    LivePost,
    Message,
    Offer,
    PageDetails,
    PageFigures,
    Profile,
    Receipt,
    Tokens,
    Trace,
)
from platforms.webhooks import Challenge, Event, ForgedWebhook
from platforms.words import Field, Words


class Connector(Http, ABC):
    kind: ClassVar[str]
    words: ClassVar[Words]
    facts: ClassVar[Facts]
    # What comes in as `Account.app`, by name. All have a `base_url`; without an `app_id` the
    # platform is not offered.
    settings: ClassVar[Mapping[str, Setting]]
    form: ClassVar[Mapping[str, Field]] = {}  # only where not ``facts.by_dialog``
    no_pages: ClassVar[frozenset[str]] = (
        frozenset()
    )  # first steps of addresses that lead to no page
    pages_by_query: ClassVar[frozenset[str]] = (
        frozenset()
    )  # paths at which the query tells which page it is

    @classmethod
    def speaks(cls, app: Mapping[str, Any]) -> Version | None:
        """Say which version of the interface is spoken; None where the platform retires none by a
        date.
        """
        return None

    async def stage(self, account: Account, message: Message, draft_ref: str = "") -> Draft:
        """Make the invisible object, or go on with one that was begun: one step, within the
        deadline. Only where ``facts.stages``. Never visible, however often.

        Whoever calls stores the reference before the next step, so that a death costs one step and
        no bytes twice.
        """
        raise TypeError(f"{self.kind} makes no drafts: ask facts.stages first")

    @abstractmethod
    async def commit(self, account: Account, message: Message, draft_ref: str = "") -> Receipt:
        """Make the post visible, by one call. Where ``facts.shows_by_reference``, a draft's message
        may come without its texts and media.
        """

    async def progress(
        self, account: Account, message: Message, external_id: str
    ) -> Receipt | None:
        """Follow a post whose receipt said ``processing``: its receipt once residents see it, with
        the id that it has then; None while the platform works on it. Raises Rejected once it came
        to nothing for certain, whatever the reason.
        """
        raise TypeError(f"{self.kind} never leaves a post in processing")

    async def find(
        self, account: Account, message: Message, draft_ref: str, since: datetime
    ) -> Receipt | None:
        """Return the receipt if the post is live on the page, None if it certainly does not. Only
        where ``facts.finds``."""
        raise TypeError(f"{self.kind} cannot look: ask facts.finds first")

    @abstractmethod
    async def withdraw(self, account: Account, external_id: str) -> bool:
        """Take a post or a draft down. False when there is none of this id, or none yet."""

    async def trace(self, account: Account, external_id: str) -> Trace:
        """Say what is left of a post or a draft. Only where ``facts.finds``. Never says gone of
        what this token merely cannot see.
        """
        raise TypeError(f"{self.kind} cannot look: ask facts.finds first")

    async def broadcast(self, account: Account, external_id: str) -> str:
        """Send a live post to all followers of the page, whoever they are, and return the
        platform's number of the sending. Only where ``facts.broadcasts``. It cannot be undone, nor
        looked up: never repeated after an unknown outcome.
        """
        raise TypeError(f"{self.kind} sends no broadcasts: ask facts.broadcasts first")

    @abstractmethod
    async def measure(self, account: Account, external_ids: Sequence[str]) -> dict[str, Figures]:
        """Return figures by post; a post that is gone is left out. Where
        ``facts.reading.across_pages``, posts may be those of other pages: what is public is told.
        """

    async def measure_page(self, account: Account, first: date, last: date) -> list[PageFigures]:
        """Return the page's own figures of the days from ``first`` to ``last``, whole days of the
        platform alone. A day that it does not tell is left out. Only where ``facts.page_measures``.
        """
        raise TypeError(f"{self.kind} counts no pages: ask facts.page_measures first")

    async def live_posts(self, account: Account, since: datetime) -> list[LivePost]:
        """List the posts published on the page since then, newest first. Only where
        ``facts.lists_posts``.
        """
        raise TypeError(f"{self.kind} lists no posts: ask facts.lists_posts first")

    async def choices(self, account: Account) -> Mapping[str, Sequence[str]]:
        """Ask what the page's own settings leave of the formats' options now: option → the values
        that may be chosen. What is left out stands as the facts say. Asked when an author chooses,
        and again by `stage`."""
        return {}

    # --- comments: only where ``facts.comments`` ---

    async def comments(self, account: Account, external_id: str) -> list[Comment]:
        """List the newest comments under a post, newest first: a hundred, and as many that are
        hidden.
        """
        raise TypeError(f"{self.kind} has no comments: ask facts.comments first")

    async def answer(self, account: Account, comment_id: str, text: str) -> str:
        """Reply in the page's name; return the reply's id. Never repeated by itself: a lost answer
        is OutcomeUnknown."""
        raise TypeError(f"{self.kind} has no comments: ask facts.comments first")

    async def hide(self, account: Account, comment_id: str, *, hidden: bool = True) -> None:
        raise TypeError(f"{self.kind} has no comments: ask facts.comments first")

    @abstractmethod
    async def profile(self, account: Account) -> Profile:
        """Ask who the page is and whether it can be used: the health check."""

    async def page_details(self, account: Account) -> PageDetails:
        """Ask what the page tells residents of itself. Only where ``facts.page`` has items that are
        told.
        """
        raise TypeError(f"{self.kind} tells nothing of a page: ask facts.page first")

    async def change_details(self, account: Account, changes: Mapping[str, str]) -> None:
        """Write texts of the page's own profile, by the names of `PageDetails`' fields; others stay
        as they are. Only what has a length in ``facts.page``. The same texts again do no harm.
        """
        raise TypeError(f"{self.kind} takes no texts of a page: ask facts.page first")

    async def refresh(self, account: Account) -> Tokens | None:
        """Return new tokens, to be stored before use; None where the platform has nothing to
        renew.
        """
        return None

    async def revoke(self, account: Account) -> None:
        """End the access that the account's token stands for. Only where ``facts.revokes``."""
        raise TypeError(f"{self.kind} cannot be told: ask facts.revokes first")

    @classmethod
    def dialog(cls, app: Mapping[str, Any], *, redirect_uri: str, state: str, verifier: str) -> str:
        """Return the address of the platform's consent dialog. Only where ``facts.by_dialog``."""
        raise TypeError(f"{cls.kind} has no consent dialog: ask facts.by_dialog first")

    @classmethod
    def wider_dialog(
        cls, app: Mapping[str, Any], *, redirect_uri: str, state: str, verifier: str
    ) -> str:
        """Do as `dialog`, but ask for ``facts.on_request``, too."""
        return cls.dialog(app, redirect_uri=redirect_uri, state=state, verifier=verifier)

    @abstractmethod
    async def offers(
        self,
        app: Mapping[str, Any],
        answer: Mapping[str, str],
        *,
        redirect_uri: str = "",
        verifier: str = "",
    ) -> list[Offer]:
        """List the pages that ``answer`` opens: what the dialog sent back, or what was typed into
        the form.
        """

    # --- references ---

    @classmethod
    def ids_of(cls, reference: str) -> frozenset[str]:
        """Decode a receipt's id or a draft's reference: return the ids by which the platform lists
        or reports what it names. Empty where that is no post yet.

        Only the connector that encoded a reference reads it: everybody else stores and returns it.
        """
        return frozenset({reference}) - {""}

    # --- addresses, as residents see them ---

    @classmethod
    def page_in(cls, steps: Sequence[str], asked: Mapping[str, str]) -> str:
        """Return the name or number of the page on which an address of ``steps`` and a query lies;
        empty: unknown.
        """
        name = steps[0] if steps else ""
        return "" if name.casefold() in cls.no_pages or name.startswith("+") else name

    @classmethod
    def is_number(cls, key: str) -> bool:
        """Tell whether the platform itself numbered a page so, rather than people named it."""
        return key.removeprefix("-").isdigit()

    @classmethod
    def is_in_addresses(cls, key: str) -> bool:
        """Tell whether addresses may call a page by this name or number of it."""
        return True

    # --- webhooks: what the platform tells by itself ---

    async def subscribe(self, account: Account, callback: str) -> timedelta | None:
        """Ask the platform to tell the page's news at ``callback``, and for how long it will. None:
        it tells without being asked for each page, or not at all.
        """
        return None

    @classmethod
    def hook_challenge(cls, app: Mapping[str, Any], query: Mapping[str, str]) -> Challenge:
        """Answer the platform that asks whether the webhook is ours. Raises ForgedWebhook."""
        raise ForgedWebhook("no challenge")

    @classmethod
    def hook_events(
        cls, app: Mapping[str, Any], headers: Mapping[str, str], raw: bytes
    ) -> list[Event]:
        """Read the news in a call whose signature fits its very bytes; check that before anything
        else. Raises ForgedWebhook, and ValueError where the signature is right but nobody could
        read it. Keeps no name, text or person's number.
        """
        raise ForgedWebhook("no webhook")
