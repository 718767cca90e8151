"""What every connector promises. A connector turns an account and a message into requests, and answers into a receipt
or one of four errors. It knows no database, no settings and no other app; base addresses come in with the account."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar
from urllib.parse import urlencode

import aiohttp
from yarl import URL


@dataclass(frozen=True, slots=True)
class Account:
    """A page to speak for: its id on the platform, the token that opens it, its address and our app there."""

    external_id: str
    token: str = field(repr=False)
    base_url: str
    handle: str = ""
    refresh_token: str = field(default="", repr=False)
    app: Mapping[str, Any] = field(default_factory=dict, repr=False)  # settings.PLATFORMS[kind]


@dataclass(frozen=True, slots=True)
class Image:
    content: bytes = field(repr=False)
    content_type: str
    sha256: str
    alt: str = ""
    url: str = ""  # where the platform may fetch it for a while, for platforms that take no bytes


@dataclass(frozen=True, slots=True)
class Message:
    """What one channel shall show. ``text`` is complete (title, body, signature); ``html`` is the body for articles."""

    key: str  # the delivery's id: the same for every try
    title: str
    text: str
    html: str = ""
    link: str = ""
    images: Sequence[Image] = ()
    author: str = ""  # the unit's name


@dataclass(frozen=True, slots=True)
class Receipt:
    external_id: str
    permalink: str = ""


class Trace(StrEnum):
    """What is left of a post on the platform."""

    VISIBLE = "visible"  # residents see it
    HIDDEN = "hidden"  # it lies there, and only the page's own people see it
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Profile:
    """What a page is called and whether we may still post there. ``missing`` names rights that were taken away."""

    external_id: str
    name: str
    handle: str = ""
    address: str = ""
    followers: int | None = None
    missing: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Tokens:
    token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    lifetime: timedelta | None = None  # None: no date known
    grant_lifetime: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A page that a person may connect, as the platform tells it after their consent."""

    profile: Profile
    tokens: Tokens
    usable: bool = True  # False: what was granted does not suffice to post there


@dataclass(frozen=True, slots=True)
class Figures:
    """Totals of one post. None: this platform does not measure it, or did not now."""

    views: int | None = None
    reach: int | None = None
    reactions: int | None = None
    comments: int | None = None
    shares: int | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the composer, the checks, the calendar and the engine need to know of a platform."""

    max_text: int  # characters of `Message.text`, counted in NFC code points
    max_images: int
    max_title: int = 0  # 0: the title is part of the text
    max_text_with_image: int = 0  # 0: the same as max_text
    needs_image: bool = False
    image_max_bytes: int = 4 * 1024 * 1024
    image_by_url: bool = False
    article: bool = False  # shows title, cover and HTML body rather than one text
    stages: bool = False  # can make an invisible object first
    shows_by_reference: bool = False  # to show an invisible object its id is enough
    finds: bool = False  # can look whether a post stands
    measures: frozenset[str] = frozenset()  # names of Figures' fields that it has
    counts_followers: bool = True
    per_app_second: float = 0  # visible calls a second over all pages of the app; 0: no such limit
    per_page_second: float = 0
    off_by_default: bool = False
    rights: Mapping[str, bool] = field(default_factory=dict)  # what may be granted, and whether posting needs it
    hosts: Sequence[str] = ()  # where residents see its pages, without subdomains
    by_dialog: bool = True  # connected in the platform's own consent dialog; else by a form of ours
    source: str = ""  # where the figures come from


class ConnectorError(Exception):
    """The platform's words, without tokens. ``code`` is its own error number, for the record."""

    silent = False  # no answer, or one that says that the platform itself is broken

    def __init__(self, detail: str = "", *, code: str = "", wait: timedelta | None = None):
        super().__init__(detail)
        self.detail, self.code, self.wait = detail[:500], code, wait


class TryLater(ConnectorError):
    """Certainly not posted; may be tried again, not sooner than ``wait``. ``whole_app``: no other page of our
    application should be tried sooner either."""

    def __init__(self, detail: str = "", *, code: str = "", wait: timedelta | None = None, whole_app: bool = False):
        super().__init__(detail, code=code, wait=wait)
        self.whole_app = whole_app


class Rejected(ConnectorError):
    """Certainly not posted, and never will be as it stands."""


class AccessLost(ConnectorError):
    """Certainly not posted: the page must be connected again."""


class OutcomeUnknown(ConnectorError):
    """Perhaps posted, perhaps not: look before anything is sent again."""


class Connector(ABC):
    kind: ClassVar[str]
    facts: ClassVar[Facts]
    # Longer than any platform takes to answer honestly, so that doubt stays rare.
    deadline: ClassVar[timedelta] = timedelta(seconds=40)

    def __init__(self, session: aiohttp.ClientSession):
        self.session = session

    async def stage(self, account: Account, message: Message) -> str:
        """Makes the invisible object; its reference. Only where ``facts.stages``. Never visible, however often."""
        raise TypeError(f"{self.kind} makes no drafts: ask facts.stages first")

    @abstractmethod
    async def commit(self, account: Account, message: Message, draft_ref: str = "") -> Receipt:
        """The one call that makes the post visible. Where ``facts.shows_by_reference``, a draft's message may come
        without its texts and media."""

    async def find(self, account: Account, message: Message, draft_ref: str, since: datetime) -> Receipt | None:
        """The receipt if the post stands on the page, None if it certainly does not. Only where ``facts.finds``."""
        raise TypeError(f"{self.kind} cannot look: ask facts.finds first")

    @abstractmethod
    async def withdraw(self, account: Account, external_id: str) -> bool:
        """Takes a post or a draft down. False when there is none of this id, or none yet."""

    async def trace(self, account: Account, external_id: str) -> Trace:
        """What is left of a post or a draft. Only where ``facts.finds``. Never says gone of what this token merely
        cannot see."""
        raise TypeError(f"{self.kind} cannot look: ask facts.finds first")

    @abstractmethod
    async def measure(self, account: Account, external_ids: Sequence[str]) -> dict[str, Figures]:
        """Figures by post; a post that is gone is left out."""

    @abstractmethod
    async def profile(self, account: Account) -> Profile:
        """Who the page is and whether it can be used: the health check."""

    async def refresh(self, account: Account) -> Tokens | None:
        """New tokens, to be stored before use; None where the platform has nothing to renew."""
        return None

    @classmethod
    def dialog(cls, app: Mapping[str, Any], *, redirect_uri: str, state: str, verifier: str) -> str:
        """The address of the platform's consent dialog. Only where ``facts.by_dialog``."""
        raise TypeError(f"{cls.kind} has no consent dialog: ask facts.by_dialog first")

    @abstractmethod
    async def offers(
        self, app: Mapping[str, Any], answer: Mapping[str, str], *, redirect_uri: str = "", verifier: str = ""
    ) -> list[Offer]:
        """The pages that ``answer`` opens: what the dialog sent back, or what was typed into the form."""

    def error_for(self, status: int, body: Any, *, changes: bool) -> ConnectorError:
        """Sorts an answer that is not a success. ``changes``: the call could have made something visible."""
        detail = f"HTTP {status}"
        if status == 429:
            return TryLater(detail, code="429")
        # Below 400: a redirect that nobody follows, or half an answer to a call that went through.
        if status >= 500 or status < 400:
            return OutcomeUnknown(detail, code=str(status)) if changes else TryLater(detail, code=str(status))
        if status == 401:
            return AccessLost(detail, code="401")
        return Rejected(detail, code=str(status))

    def is_success(self, status: int, body: Any) -> bool:
        return status == 200 and isinstance(body, dict)

    async def call(
        self,
        method: str,
        url: str,
        *,
        changes: bool = False,
        timeout: float = 0,
        hide: Sequence[str] = (),
        **request: Any,
    ) -> Any:
        """One request, no redirect followed, no retry. The decoded JSON, or the fitting error.

        ``changes`` says that the request may make something visible: then every doubt is OutcomeUnknown.
        ``hide`` names the secrets it carries: platforms repeat a bad token in their complaint about it.
        """
        # Encoded here, where it is known to be plain names and values: aiohttp's own way costs half as much as the rest
        # of the call, and a campaign makes thousands in a second.
        if params := request.pop("params", None):
            url = f"{url}?{urlencode(params)}"
        if isinstance(form := request.get("data"), dict):
            request["data"] = urlencode(form).encode()
            request["headers"] = {**request.get("headers", {}), "Content-Type": "application/x-www-form-urlencoded"}
        longest = self.deadline.total_seconds()
        total = aiohttp.ClientTimeout(total=min(timeout or longest, longest), sock_connect=5)
        try:
            async with self.session.request(
                method, URL(url, encoded=True), allow_redirects=False, timeout=total, **request
            ) as answer:
                status, headers, raw = answer.status, answer.headers, await answer.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            # `from None`: the original carries the address, and Telegram's address is its token.
            raise _silent(TryLater("no connection", code=type(error).__name__)) from None
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            doubt = OutcomeUnknown if changes else TryLater
            raise _silent(doubt("no answer", code=type(error).__name__)) from None
        self.note_usage(headers)
        body = _decoded(raw)
        if self.is_success(status, body):
            return body
        for secret in filter(None, hide):
            raw = raw.replace(secret.encode(), b"***")
        problem = self.error_for(status, _decoded(raw), changes=changes)
        if isinstance(problem, TryLater):
            problem.wait = self.wait_told(headers) or problem.wait
        raise _silent(problem) if status >= 500 else problem

    def wait_told(self, headers: Mapping[str, str]) -> timedelta | None:
        """How long the answer's headers ask to wait."""
        seconds = headers.get("Retry-After", "")
        return timedelta(seconds=int(seconds)) if seconds.isdigit() else None

    def note_usage(self, headers: Mapping[str, str]) -> None:  # noqa: B027 - most platforms tell nothing
        """Where a platform tells how much of a limit is used."""


def _silent(error: ConnectorError) -> ConnectorError:
    error.silent = True
    return error


def _decoded(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None
