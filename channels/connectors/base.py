"""What every connector promises. A connector turns an account and a message into requests, and answers into a receipt
or one of four errors. It knows no database, no settings and no other app; base addresses come in with the account."""

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, BinaryIO, ClassVar, NamedTuple
from urllib.parse import urlencode

import aiohttp
from yarl import URL


def gettext_noop(message: str) -> str:
    """Marks a message id for the catalogue. Django's own asks the settings, which are being made out of the connectors
    when these are loaded."""
    return message


@dataclass(frozen=True, slots=True)
class Account:
    """A page to speak for: its id on the platform, the token that opens it, its address and our app there."""

    external_id: str
    token: str = field(repr=False)
    base_url: str
    handle: str = ""
    refresh_token: str = field(default="", repr=False)
    app: Mapping[str, Any] = field(default_factory=dict, repr=False)  # settings.PLATFORMS[kind]
    granted: Sequence[str] = ()  # the rights that it is known to have; empty: not known


@dataclass(frozen=True, slots=True)
class Image:
    content: bytes = field(repr=False)
    content_type: str
    sha256: str
    alt: str = ""
    url: str = ""  # where the platform may fetch it for a while, for platforms that take no bytes
    width: int = 0
    height: int = 0
    size: int = 0  # bytes, also where they do not come along


@dataclass(frozen=True, slots=True)
class Video:
    """A film of up to some gigabytes: never held in memory, but read in pieces from what ``open`` gives."""

    sha256: str
    content_type: str  # video/mp4, video/quicktime, video/webm
    size: int  # bytes
    seconds: float
    width: int
    height: int
    fps: float = 0
    codec: str = ""  # as FFmpeg calls it
    alt: str = ""
    url: str = ""  # where the platform may fetch it for a while
    open: Callable[[], BinaryIO] | None = field(default=None, repr=False)
    cover: Image | None = None  # the picture that stands for it before it plays
    captions: str = ""  # WebVTT; empty: none


@dataclass(frozen=True, slots=True)
class Message:
    """What one channel shall show. ``text`` is complete (title, body, signature); where a format has a title of its
    own, ``text`` comes without it. ``html`` is the body for articles, and the whole text where a format has markup and
    the officers used it."""

    key: str  # the delivery's id: the same for every try
    title: str
    text: str
    html: str = ""
    link: str = ""
    media: Sequence[Image | Video] = ()  # only what the format carries, in order
    author: str = ""  # the unit's name
    format: str = ""  # one of ``facts.formats`` by name; empty: the first
    options: Mapping[str, Any] = field(default_factory=dict)  # values of the format's ``options``
    ai_made: bool = False  # made or changed by AI: to be labelled

    @property
    def images(self) -> Sequence[Image]:
        return [each for each in self.media if isinstance(each, Image)]

    @property
    def videos(self) -> Sequence[Video]:
        return [each for each in self.media if isinstance(each, Video)]


@dataclass(frozen=True, slots=True)
class Draft:
    """An invisible object, and whether it is whole. One that is not is gone on with: `stage` is called again with its
    ``ref`` after ``wait``, by this worker or by another."""

    ref: str
    ready: bool = True
    wait: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Receipt:
    """``processing``: accepted, and the platform still works on it; what becomes of it, `progress` tells."""

    external_id: str
    permalink: str = ""
    processing: bool = False


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
    saves: int | None = None
    clicks: int | None = None
    watch_seconds: int | None = None  # all viewers together


class Origin(NamedTuple):
    """How a platform calls a figure where it is asked for, and what its reader should know of the way it is counted."""

    names: str
    note: str = ""  # a message id


@dataclass(frozen=True, slots=True)
class Comment:
    """What a resident wrote under a post, without who it was. Shown live, never stored; there is no field
    for a name."""

    external_id: str
    text: str = field(repr=False)
    written_at: datetime
    hidden: bool = False
    answered: bool = False  # the page itself replied
    may_hide: bool = True
    replies: int = 0


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """Pictures in one post of a format. Ratios are width by height, sides are pixels; 0: no such bound."""

    most: int
    fewest: int = 0
    max_bytes: int = 4 * 1024 * 1024
    types: frozenset[str] = frozenset({"image/jpeg", "image/png"})
    narrowest: float = 0
    widest: float = 0
    max_long: int = 0  # of the longer side
    max_short: int = 0  # and of the other


@dataclass(frozen=True, slots=True)
class VideoLimits:
    """Videos in one post of a format. Ratios are width by height, sides are pixels; 0: no such bound."""

    most: int = 1
    fewest: int = 1
    max_bytes: int = 1024 * 1024 * 1024
    min_seconds: float = 0
    max_seconds: float = 0
    narrowest: float = 0
    widest: float = 0
    min_side: int = 0
    max_side: int = 0
    min_fps: float = 0
    max_fps: float = 0
    types: frozenset[str] = frozenset({"video/mp4", "video/quicktime"})
    codecs: frozenset[str] = frozenset({"h264", "hevc"})  # as FFmpeg calls them
    uploaded: bool = False  # goes there as bytes even where the platform fetches the pictures


@dataclass(frozen=True, slots=True)
class Option:
    """Something an author decides for a post of a format: a choice among ``choices``, or yes and no where there are
    none. ``default`` None: the author must choose, nothing is ticked beforehand."""

    name: str
    choices: Sequence[str] = ()
    default: str | bool | None = False


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of post that a platform carries, and what fits into it."""

    name: str
    max_text: int  # of `Message.text`, counted by ``count``; 0: shows no text
    count: Callable[[str], int] = len  # as the platform counts; len: code points, the texts being NFC
    max_title: int = 0  # 0: the title is part of the text
    count_title: Callable[[str], int] = len
    max_text_with_media: int = 0  # 0: the same as max_text
    without: str = ""  # characters that neither title nor text may hold
    images: ImageLimits | None = None
    videos: VideoLimits | None = None
    mixed: int = 0  # pictures and videos beside each other, so many together; 0: one kind only
    needs_media: bool = False  # a picture or a video, whichever
    article: bool = False  # shows title, cover and HTML body rather than one text
    markup: Callable[[str], str] | None = None  # writes `Message.html` as the platform's own markup; None: plain text
    max_hashtags: int = 0  # 0: as many as fit, also of the next two
    max_mentions: int = 0
    max_links: int = 0  # different ones
    takes_link: bool = True  # a link can be opened, as a card or in the text
    media_by_url: bool = False  # the platform fetches pictures and videos itself
    labels_ai: bool = False  # has a label of its own for what AI made
    by_choice: bool = False  # never taken unless an officer asks for it (a story is gone after a day)
    options: Sequence[Option] = ()

    def carries(self, kind: type[Image | Video]) -> bool:
        return (self.images if kind is Image else self.videos) is not None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the composer, the checks, the calendar and the engine need to know of a platform."""

    formats: Sequence[Format]  # the first is taken where nothing else is asked for
    stages: bool = False  # can make an invisible object first
    shows_by_reference: bool = False  # to show an invisible object its id is enough
    finds: bool = False  # can look whether a post stands
    withdraws: bool = True  # can take a post down; False: people do, in the platform's own app
    comments: bool = False  # can list, answer and hide comments
    broadcasts: bool = False  # can send a post that stands to everybody who follows the page
    lists_posts: bool = False  # can tell which posts stand on a page, and which of them are ours
    measures: Mapping[str, Origin] = field(default_factory=dict)  # by the names of Figures' fields that it has
    counts_followers: bool = True
    per_app_second: float = 0  # visible calls a second over all pages of the app; 0: no such limit
    per_page_second: float = 0
    per_page_day: int = 0  # posts that one page may make in a day; 0: no such limit
    per_app_day: int = 0  # and all pages of the app together
    off_by_default: bool = False
    rights: Mapping[str, bool] = field(default_factory=dict)  # what may be granted, and whether posting needs it
    hosts: Sequence[str] = ()  # where residents see its pages, without subdomains
    by_dialog: bool = True  # connected in the platform's own consent dialog; else by a form of ours
    source: str = ""  # where the figures come from

    def format(self, name: str) -> Format:
        """The format of this name; the first for an empty one. KeyError for one that the platform does not have."""
        if not name:
            return self.formats[0]
        return {each.name: each for each in self.formats}[name]


class Term(NamedTuple):
    """What a format or an option is called and, where the name does not say it, what it means, as message ids."""

    label: str
    help: str = ""
    choices: Mapping[str, str] = {}  # an option's, by value


@dataclass(frozen=True, slots=True)
class Words:
    """What people read of a platform. All but the names of the platform are message ids: whoever shows them translates
    them. What two platforms call by the same name in ``formats``, ``options`` and ``rights`` means the same."""

    label: str
    page: str  # "Facebook page %(name)s"
    icon: str  # its drawing in the sprite
    formats: Mapping[str, Term]
    reasons: Mapping[str, str]  # by the error's code: what it means to an officer, and what to do
    short: str = ""  # beside the icon; empty: the label
    options: Mapping[str, Term] = field(default_factory=dict)
    rights: Mapping[str, str] = field(default_factory=dict)  # what each is for: without it, that does not work
    asked: Sequence[str] = ()  # what the dialog asks for; empty: the rights
    way: Sequence[str] = ()  # how to connect a page, step by step; empty: as with most dialogs
    through: str = ""  # another platform, whose dialog it is
    none_offered: str = ""  # why a dialog that was agreed to opened no page; empty: as mostly


@dataclass(frozen=True, slots=True)
class Field:
    """A line of the form that connects a page where there is no dialog. Its words are message ids."""

    label: str
    help: str
    missing: str
    wrong: str
    clean: Callable[[str], str]  # what was typed as it is kept; empty: wrong
    longest: int
    example: str = ""
    secret: bool = False  # never shown again; what is none names the page


@dataclass(frozen=True, slots=True)
class Setting:
    """What an installation sets of a platform, by an environment variable."""

    variable: str
    real: str | int | None = ""  # what holds in production where nothing is set; None: it must be set there
    try_out: str | int | None = None  # what holds elsewhere; None: the same
    simulated: str = ""  # of an address: its path on the simulator, which holds elsewhere


@dataclass(frozen=True, slots=True)
class Standing:
    """A post that stands on a page: enough to notice one that the portal did not make."""

    external_id: str
    permalink: str
    published_at: datetime
    ours: bool | None = None  # made by our application; None: the platform does not say
    text: str = field(default="", repr=False)


class Hook(StrEnum):
    """What a platform tells by its webhook, in words of our own. Only a hint: whoever hears it asks the platform."""

    POSTED = "posted"  # something came to stand on the page, or is whole now
    FAILED = "failed"  # what was sent will not come to stand
    GONE = "gone"  # residents no longer see it
    COMMENT = "comment"
    UNLINKED = "unlinked"  # the page took our application's rights back
    CHANGED = "changed"  # the page, or what we may do there


@dataclass(frozen=True, slots=True)
class Event:
    """One piece of news of a page. Kind, page and ``key`` make it the same news when it is told again; the key is only
    ever hashed, so it may be made of what must not be kept."""

    kind: Hook
    page: str  # its id on the platform
    object_id: str = ""
    key: str = field(default="", repr=False)
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Challenge:
    """The answer to a platform that asks whether a webhook is ours; where ``page`` is named, only if we have it."""

    answer: str
    page: str = ""


class Forged(Exception):
    """A call to a webhook that does not prove that it comes from the platform."""


class ConnectorError(Exception):
    """The platform's words, without tokens. ``code`` is its own error number, for the record."""

    silent = False  # no answer, or one that says that the platform itself is broken

    def __init__(self, detail: str = "", *, code: str = "", wait: timedelta | None = None):
        super().__init__(detail)
        # As long as the columns that keep them.
        self.detail, self.code, self.wait = detail.replace("\0", "")[:500], code[:80], wait


class TryLater(ConnectorError):
    """Certainly not posted; may be tried again, not sooner than ``wait``. ``whole_app``: no other page of our
    application should be tried sooner either; ``only_new``: but what has been begun may go on."""

    only_new = False

    def __init__(self, detail: str = "", *, code: str = "", wait: timedelta | None = None, whole_app: bool = False):
        super().__init__(detail, code=code, wait=wait)
        self.whole_app = whole_app


class Rejected(ConnectorError):
    """Certainly not posted, and never will be as it stands."""


class AccessLost(ConnectorError):
    """Certainly not posted: the page must be connected again."""


class OutcomeUnknown(ConnectorError):
    """Perhaps posted, perhaps not: look before anything is sent again."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    raw: bytes = field(repr=False)

    @property
    def body(self) -> Any:
        """The decoded JSON; None when it is none."""
        return _decoded(self.raw)


class Connector(ABC):
    kind: ClassVar[str]
    words: ClassVar[Words]
    facts: ClassVar[Facts]
    # What comes in as `Account.app`, by name. All have a `base_url`; without an `app_id` the platform is not offered.
    settings: ClassVar[Mapping[str, Setting]]
    form: ClassVar[Mapping[str, Field]] = {}  # only where not ``facts.by_dialog``
    no_pages: ClassVar[frozenset[str]] = frozenset()  # first steps of addresses that lead to no page
    pages_by_query: ClassVar[frozenset[str]] = frozenset()  # paths at which the query tells which page it is
    # Longer than any platform takes to answer honestly, so that doubt stays rare.
    deadline: ClassVar[timedelta] = timedelta(seconds=40)

    def __init__(self, session: aiohttp.ClientSession):
        self.session = session

    async def stage(self, account: Account, message: Message, draft_ref: str = "") -> Draft:
        """Makes the invisible object, or goes on with one that was begun: one step, within the deadline. Only where
        ``facts.stages``. Never visible, however often.

        Whoever calls stores the reference before the next step, so that a death costs one step and no bytes twice.
        """
        raise TypeError(f"{self.kind} makes no drafts: ask facts.stages first")

    @abstractmethod
    async def commit(self, account: Account, message: Message, draft_ref: str = "") -> Receipt:
        """The one call that makes the post visible. Where ``facts.shows_by_reference``, a draft's message may come
        without its texts and media."""

    async def progress(self, account: Account, message: Message, external_id: str) -> Receipt | None:
        """What became of a post whose receipt said ``processing``: its receipt once residents see it, with the id that
        it has then; None while the platform works on it. Raises Rejected once it came to nothing for certain, whatever
        the reason."""
        raise TypeError(f"{self.kind} never leaves a post in processing")

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

    async def broadcast(self, account: Account, external_id: str) -> str:
        """Sends a post that stands to all followers of the page, whoever they are, and returns the platform's number of
        the sending. Only where ``facts.broadcasts``. It cannot be undone, nor looked up: never repeated after doubt."""
        raise TypeError(f"{self.kind} sends no broadcasts: ask facts.broadcasts first")

    @abstractmethod
    async def measure(self, account: Account, external_ids: Sequence[str]) -> dict[str, Figures]:
        """Figures by post; a post that is gone is left out."""

    async def standing(self, account: Account, since: datetime) -> list[Standing]:
        """The posts published on the page since then, newest first. Only where ``facts.lists_posts``."""
        raise TypeError(f"{self.kind} lists no posts: ask facts.lists_posts first")

    async def choices(self, account: Account) -> Mapping[str, Sequence[str]]:
        """What the page's own settings leave of the formats' options now: option → the values that may be chosen. What
        is left out stands as the facts say. Asked when an author chooses, and again by `stage`."""
        return {}

    # --- comments: only where ``facts.comments`` ---

    async def comments(self, account: Account, external_id: str) -> list[Comment]:
        """The newest comments under a post, newest first: a hundred, and as many that are hidden."""
        raise TypeError(f"{self.kind} has no comments: ask facts.comments first")

    async def answer(self, account: Account, comment_id: str, text: str) -> str:
        """Replies in the page's name; the reply's id. Never repeated by itself: a lost answer is OutcomeUnknown."""
        raise TypeError(f"{self.kind} has no comments: ask facts.comments first")

    async def hide(self, account: Account, comment_id: str, *, hidden: bool = True) -> None:
        raise TypeError(f"{self.kind} has no comments: ask facts.comments first")

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

    # --- addresses, as residents see them ---

    @classmethod
    def page_in(cls, steps: Sequence[str], asked: Mapping[str, str]) -> str:
        """The name or number of the page that an address of ``steps`` and a query lies on; empty: it does not tell."""
        name = steps[0] if steps else ""
        return "" if name.casefold() in cls.no_pages or name.startswith("+") else name

    @classmethod
    def is_number(cls, key: str) -> bool:
        """Whether the platform itself numbered a page so, rather than people named it."""
        return key.removeprefix("-").isdigit()

    @classmethod
    def stands_in_addresses(cls, key: str) -> bool:
        """Whether addresses may call a page by this name or number of it."""
        return True

    # --- webhooks: what the platform tells by itself ---

    async def subscribe(self, account: Account, callback: str) -> timedelta | None:
        """Asks the platform to tell the page's news at ``callback``, and for how long it will. None: it tells without
        being asked for each page, or not at all."""
        return None

    @classmethod
    def hook_challenge(cls, app: Mapping[str, Any], query: Mapping[str, str]) -> Challenge:
        """Raises Forged."""
        raise Forged("no challenge")

    @classmethod
    def hook_events(cls, app: Mapping[str, Any], headers: Mapping[str, str], raw: bytes) -> list[Event]:
        """The news in a call whose signature fits its very bytes; looked at before anything else. Raises Forged, and
        ValueError where the signature is right but nobody could read it. Keeps no name, text or person's number."""
        raise Forged("no webhook")

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
        answer = await self.exchange(method, url, changes=changes, timeout=timeout, **request)
        if self.is_success(answer.status, answer.body):
            return answer.body
        raise self.problem(answer, changes=changes, hide=hide)

    async def exchange(
        self, method: str, url: str, *, changes: bool = False, timeout: float = 0, **request: Any
    ) -> Answer:
        """As `call`, but whatever the platform answered is left to the caller to judge."""
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
        return Answer(status, headers, raw)

    def problem(self, answer: Answer, *, changes: bool = False, hide: Sequence[str] = ()) -> ConnectorError:
        """The error that an answer stands for, without the secrets that it repeats."""
        raw = answer.raw
        for secret in filter(None, hide):
            raw = raw.replace(secret.encode(), b"***")
        problem = self.error_for(answer.status, _decoded(raw), changes=changes)
        if isinstance(problem, TryLater):
            problem.wait = self.wait_told(answer.headers) or problem.wait
        return _silent(problem) if answer.status >= 500 else problem

    @staticmethod
    async def pieces(video: Video, start: int, length: int, *, piece: int = 1024 * 1024) -> AsyncIterator[bytes]:
        """``length`` bytes of a video from ``start`` on, in pieces, read off the loop's thread."""
        if video.open is None:
            raise ValueError("a video without its file")
        file = await asyncio.to_thread(video.open)
        try:
            await asyncio.to_thread(file.seek, start)
            while length > 0:
                data = await asyncio.to_thread(file.read, min(piece, length))
                if not data:
                    raise ValueError("a video is shorter than it was")
                length -= len(data)
                yield data
        finally:
            await asyncio.to_thread(file.close)

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
