"""Promise what every connector keeps.

A connector turns an account and a message into requests, and their answers into a receipt or one
of four errors. It knows no database, no settings and no other app; base addresses come in with the
account.
"""

import re
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
    Visibility,
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
    # Where videos go beside the host of `base_url`, as an expression of whole host names:
    # deploy/egress/upload-hosts.txt holds the same.
    upload_hosts: ClassVar[re.Pattern[str] | None] = None
    form: ClassVar[Mapping[str, Field]] = {}  # only where not ``facts.connects_by_dialog``
    # First steps of addresses that are no page, such as "login".
    paths_without_page: ClassVar[frozenset[str]] = frozenset()
    # Paths whose query names the page, such as "profile.php".
    paths_with_page_in_query: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def api_version(cls, app: Mapping[str, Any]) -> Version | None:
        """Return the version of the interface that is called; None where the platform retires none
        by a date.
        """
        return None

    # --- publishing -------------------------------------------------------------------------------

    async def stage(self, account: Account, message: Message, draft_ref: str = "") -> Draft:
        """Create the invisible draft, or continue the one that ``draft_ref`` names: one step,
        within the deadline. Only where ``facts.stages``. Nothing becomes visible, however often it
        is repeated.

        The caller stores the reference before the next step, so that a worker that dies costs one
        step, and no bytes are sent twice.
        """
        raise TypeError(f"{self.kind} makes no drafts: ask facts.stages first")

    @abstractmethod
    async def commit(self, account: Account, message: Message, draft_ref: str = "") -> Receipt:
        """Make the post visible, by one call. Where ``facts.shows_by_reference``, a draft's message
        may come without its texts and media.
        """

    async def check_processing(
        self, account: Account, message: Message, external_id: str
    ) -> Receipt | None:
        """Check a post whose receipt said ``processing``. Return its receipt once residents see it,
        with the id that it has then; None while the platform works on it. Raises Rejected once it
        has failed for certain, whatever the reason.
        """
        raise TypeError(f"{self.kind} never leaves a post in processing")

    async def find(
        self, account: Account, message: Message, draft_ref: str, since: datetime
    ) -> Receipt | None:
        """Resolve an unknown outcome: return the receipt if the post is live on the page, None if
        it certainly is not. Raises OutcomeUnknown where neither is certain. Only where
        ``facts.finds``.
        """
        raise TypeError(f"{self.kind} cannot look: ask facts.finds first")

    @abstractmethod
    async def withdraw(self, account: Account, external_id: str) -> bool:
        """Delete a post or a draft. Return False when there is none of this id, or none yet."""

    async def read_visibility(self, account: Account, external_id: str) -> Visibility:
        """Check who can still see a post or a draft. Never says gone of what this token merely may
        not see. Only where ``facts.finds``.
        """
        raise TypeError(f"{self.kind} cannot look: ask facts.finds first")

    async def broadcast(self, account: Account, external_id: str) -> str:
        """Send a live post to all followers of the page, and return the platform's id of the
        broadcast. It cannot be undone, nor looked up: never repeat it after an unknown outcome.
        Only where ``facts.broadcasts``.
        """
        raise TypeError(f"{self.kind} sends no broadcasts: ask facts.broadcasts first")

    async def list_posts(self, account: Account, since: datetime) -> list[LivePost]:
        """List the posts that are live on the page and were published since then, newest first.
        Only where ``facts.lists_posts``.
        """
        raise TypeError(f"{self.kind} lists no posts: ask facts.lists_posts first")

    async def available_choices(self, account: Account) -> Mapping[str, Sequence[str]]:
        """Return the values that the page's own settings allow now, by option; an option that is
        left out allows all that the facts name. Asked when an author chooses, and again by `stage`.
        """
        return {}

    @classmethod
    def ids_of(cls, reference: str) -> frozenset[str]:
        """Decode a receipt's id or a draft's reference: return the ids by which the platform lists
        or reports the post. Empty where there is no post yet.

        Only the connector that encoded a reference reads it: everybody else stores and returns it.
        """
        return frozenset({reference}) - {""}

    # --- counting ---------------------------------------------------------------------------------

    @abstractmethod
    async def measure(self, account: Account, external_ids: Sequence[str]) -> dict[str, Figures]:
        """Read the figures of posts; a post that is gone is left out. Where
        ``facts.reading.across_pages``, posts may be those of other pages, of which only what is
        public is returned.
        """

    async def measure_page(self, account: Account, first: date, last: date) -> list[PageFigures]:
        """Read the page's own figures of the days from ``first`` to ``last``, which are the
        platform's whole days. A day without figures is left out. Only where
        ``facts.page_measures``.
        """
        raise TypeError(f"{self.kind} counts no pages: ask facts.page_measures first")

    # --- comments: only where ``facts.comments`` --------------------------------------------------

    async def list_comments(self, account: Account, external_id: str) -> list[Comment]:
        """List the comments under a post, newest first, with those that are hidden. No further
        page is asked for once ``MOST_COMMENTS`` are there: older ones may then be left out.
        """
        raise TypeError(f"{self.kind} has no comments: ask facts.comments first")

    async def reply_to_comment(self, account: Account, comment_id: str, text: str) -> str:
        """Reply in the page's name; return the reply's id. Never repeated by itself: a lost answer
        is OutcomeUnknown.
        """
        raise TypeError(f"{self.kind} has no comments: ask facts.comments first")

    async def hide_comment(self, account: Account, comment_id: str, *, hidden: bool = True) -> None:
        raise TypeError(f"{self.kind} has no comments: ask facts.comments first")

    # --- the page's profile -----------------------------------------------------------------------

    @abstractmethod
    async def read_profile(self, account: Account) -> Profile:
        """Read who the page is and whether we may still post there: the health check."""

    async def read_page_details(self, account: Account) -> PageDetails:
        """Read the page's own profile. Only where ``facts.page`` has items that are readable."""
        raise TypeError(f"{self.kind} returns no page details: ask facts.page first")

    async def write_page_details(self, account: Account, changes: Mapping[str, str]) -> None:
        """Write texts of the page's own profile, by the names of `PageDetails`' fields; others stay
        as they are. Only fields with a length in ``facts.page``. To repeat it does no harm.
        """
        raise TypeError(f"{self.kind} takes no page details: ask facts.page first")

    # --- connection -------------------------------------------------------------------------------

    @classmethod
    def consent_url(
        cls, app: Mapping[str, Any], *, redirect_uri: str, state: str, verifier: str
    ) -> str:
        """Return the address of the platform's consent dialog. Only where
        ``facts.connects_by_dialog``.
        """
        raise TypeError(f"{cls.kind} has no consent dialog: ask facts.connects_by_dialog first")

    @classmethod
    def wider_consent_url(
        cls, app: Mapping[str, Any], *, redirect_uri: str, state: str, verifier: str
    ) -> str:
        """Return the address of a dialog that asks for ``facts.optional_rights``, too."""
        return cls.consent_url(app, redirect_uri=redirect_uri, state=state, verifier=verifier)

    @abstractmethod
    async def list_connectable_pages(
        self,
        app: Mapping[str, Any],
        answer: Mapping[str, str],
        *,
        redirect_uri: str = "",
        verifier: str = "",
    ) -> list[Offer]:
        """Redeem ``answer``, which is what the dialog sent back or what was typed into the form,
        and list the pages that it opens.
        """

    async def refresh_tokens(self, account: Account) -> Tokens | None:
        """Return new tokens, to be stored before use; None where the platform has nothing to
        renew.
        """
        return None

    async def revoke_access(self, account: Account) -> None:
        """End the access that the account's token gives us. Only where ``facts.revokes``."""
        raise TypeError(f"{self.kind} has no call for it: ask facts.revokes first")

    # --- addresses, as residents see them ---------------------------------------------------------

    @classmethod
    def page_from_address(cls, steps: Sequence[str], query: Mapping[str, str]) -> str:
        """Return the name or number of the page to which an address belongs, given the steps of its
        path and its query. Empty: unknown.
        """
        name = steps[0] if steps else ""
        if name.casefold() in cls.paths_without_page or name.startswith("+"):
            return ""
        return name

    @classmethod
    def is_platform_id(cls, key: str) -> bool:
        """Tell whether the platform numbered the page so, rather than people named it."""
        return key.removeprefix("-").isdigit()

    @classmethod
    def occurs_in_addresses(cls, key: str) -> bool:
        """Tell whether the page's addresses may contain this name or number of it."""
        return True

    # --- webhooks: what the platform reports by itself --------------------------------------------

    async def subscribe_webhook(self, account: Account, callback: str) -> timedelta | None:
        """Ask the platform to report the page's events to ``callback``. Return for how long it
        will; None where it needs no subscription page by page, or reports nothing.
        """
        return None

    @classmethod
    def answer_webhook_challenge(
        cls, app: Mapping[str, Any], query: Mapping[str, str]
    ) -> Challenge:
        """Answer the platform that asks whether the webhook is ours. Raises ForgedWebhook."""
        raise ForgedWebhook("no challenge")

    @classmethod
    def parse_webhook(
        cls, app: Mapping[str, Any], headers: Mapping[str, str], raw: bytes
    ) -> list[Event]:
        """Return the events in a call, after its signature was checked on the very bytes. Raises
        ForgedWebhook, and ValueError where the signature is right but the body cannot be read.
        Keeps no person's name, text or number.
        """
        raise ForgedWebhook("no webhook")
