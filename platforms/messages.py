"""Describe what goes to a platform and what comes back, as values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, BinaryIO, Never, Self


class Secret:
    """Hold an opened credential: of this process alone, for no broker, cache or file."""

    __slots__ = ()

    def __reduce__(self) -> Never:
        raise TypeError(f"{type(self).__name__} holds an opened credential: pass its channel's id")


@dataclass(frozen=True, slots=True)
class Account(Secret):
    """Identify a page to speak for: its id on the platform, its token, the base address and our
    application there.
    """

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
    """Describe a video of up to some gigabytes: never read into memory at once, but in pieces from
    the file that ``open`` returns.
    """

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
    """Carry what one channel shall show. ``text`` is complete (title, body, signature); where a
    format has a title of its own, ``text`` comes without it. ``html`` is the body for articles, and
    the whole text where a format has markup and the officers used it.
    """

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
        return [medium for medium in self.media if isinstance(medium, Image)]

    @property
    def videos(self) -> Sequence[Video]:
        return [medium for medium in self.media if isinstance(medium, Video)]


@dataclass(frozen=True, slots=True)
class Draft:
    """Refer to an invisible draft. Until it is ``ready``, `stage` is called again with its ``ref``
    after ``wait``, by this worker or by another.
    """

    ref: str
    ready: bool = True
    wait: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Prove that the platform has accepted a post. ``processing``: it still works on it, and
    `check_processing` finds out how that ends.
    """

    external_id: str
    permalink: str = ""
    processing: bool = False


class Visibility(StrEnum):
    """Name who can still see a post on the platform."""

    VISIBLE = "visible"  # residents see it
    HIDDEN = "hidden"  # it exists, and only the page's own people see it
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Profile:
    """Describe a page and whether we may still post there. ``missing`` names the rights that we do
    not have.
    """

    external_id: str
    name: str
    handle: str = ""
    address: str = ""
    followers: int | None = None
    missing: Sequence[str] = ()
    # The last day of the paid package without which the platform takes no posts.
    package_until: date | None = None


@dataclass(frozen=True, slots=True)
class PageDetails:
    """Carry the page's own profile, beside its name and its posts. None: the platform does not
    return it. An empty text, or False: the page has none.
    """

    picture: bool | None = None
    cover: bool | None = None
    pinned: bool | None = None
    verified: bool | None = None
    description: str | None = None
    address: str | None = None
    phone: str | None = None
    hours: str | None = None
    website: str | None = None


@dataclass(frozen=True, slots=True)
class Tokens(Secret):
    token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    lifetime: timedelta | None = None  # None: no date known
    grant_lifetime: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """Offer a page that a person may connect, as the platform lists it after their consent."""

    profile: Profile
    tokens: Tokens
    usable: bool = True  # False: what was granted does not suffice to post there


@dataclass(frozen=True, slots=True)
class Figures:
    """Carry the totals of one post. None: this platform does not measure it, or did not now."""

    views: int | None = None
    reach: int | None = None
    reactions: int | None = None
    comments: int | None = None
    shares: int | None = None
    saves: int | None = None
    clicks: int | None = None
    watch_seconds: int | None = None  # all viewers together


@dataclass(frozen=True, slots=True)
class PageFigures:
    """Carry the figures of a page itself on one of the platform's days. None: it has none of that
    day. Each is described by an `Origin` in ``Facts.page_measures``.
    """

    day: date
    views: int | None = None
    reach: int | None = None
    profile_visits: int | None = None
    followers_gained: int | None = None
    followers_lost: int | None = None

    @classmethod
    def by_day(
        cls, figures: Mapping[str, Mapping[date, int]], first: date, last: date
    ) -> list[Self]:
        """Group figures by day, given by name and day, from ``first`` to ``last``."""
        days = sorted({day for values in figures.values() for day in values})
        return [
            cls(day, **{name: values[day] for name, values in figures.items() if day in values})
            for day in days
            if first <= day <= last
        ]


# Under one post, the newest: each is asked of the platform again at every look.
MOST_COMMENTS = 500


@dataclass(frozen=True, slots=True)
class Comment:
    """Carry what a resident wrote under a post, without who it was. Shown live, never stored; there
    is no field for a name.
    """

    external_id: str
    text: str = field(repr=False)
    written_at: datetime
    hidden: bool = False
    answered: bool = False  # the page itself replied
    answer: str = field(default="", repr=False)  # what the page replied last
    may_hide: bool = True
    replies: int = 0


@dataclass(frozen=True, slots=True)
class LivePost:
    """Describe a post that is live on a page: enough to notice one that the portal did not make."""

    external_id: str
    permalink: str
    published_at: datetime
    ours: bool | None = None  # made by our application; None: the platform does not say
    text: str = field(default="", repr=False)
