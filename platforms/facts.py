"""Describe what a platform carries, and what an installation sets of it, as data."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

from platforms.messages import Image, Message, Video


class Origin(NamedTuple):
    """Name a figure as the platform does, with what its reader should know of the way it is
    counted.
    """

    names: str
    note: str = ""  # a message id
    # The day on which the platform withdrew an older figure for this one: no line may join what
    # lies on both sides. ``change`` says what is counted since then, as a message id.
    changed_on: date | None = None
    change: str = ""


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """Limit the pictures in one post of a format. Ratios are width by height, sides are pixels; 0:
    no such limit.
    """

    most: int
    fewest: int = 0
    max_bytes: int = 4 * 1024 * 1024
    types: frozenset[str] = frozenset({"image/jpeg", "image/png"})
    min_ratio: float = 0
    max_ratio: float = 0
    max_long_side: int = 0  # of the longer side
    max_short_side: int = 0  # and of the other


@dataclass(frozen=True, slots=True)
class VideoLimits:
    """Limit the videos in one post of a format. Ratios are width by height, sides are pixels; 0: no
    such limit.
    """

    most: int = 1
    fewest: int = 1
    max_bytes: int = 1024 * 1024 * 1024
    min_seconds: float = 0
    max_seconds: float = 0
    min_ratio: float = 0
    max_ratio: float = 0
    min_side: int = 0
    max_side: int = 0
    min_fps: float = 0
    max_fps: float = 0
    types: frozenset[str] = frozenset({"video/mp4", "video/quicktime"})
    codecs: frozenset[str] = frozenset({"h264", "hevc"})  # as FFmpeg calls them
    uploaded: bool = False  # goes there as bytes even where the platform fetches the pictures


@dataclass(frozen=True, slots=True)
class Option:
    """Describe what an author decides for a post of a format: one of ``choices``, or yes or no
    where there are none. ``default`` None: the author must choose, nothing is ticked beforehand.
    ``remembered``: the next post may begin with what was decided for the last one.
    """

    name: str
    choices: Sequence[str] = ()
    default: str | bool | None = False
    remembered: bool = True


@dataclass(frozen=True, slots=True)
class Format:
    """Describe one kind of post that a platform carries, and what fits into it."""

    name: str
    max_text: int  # of `Message.text`, counted by ``count``; 0: shows no text
    count: Callable[[str], int] = (
        len  # as the platform counts; len: code points, the texts being NFC
    )
    max_text_is_ours: bool = False  # the platform tells no bound, and may take more
    max_title: int = 0  # 0: the title is part of the text
    count_title: Callable[[str], int] = len
    max_text_with_media: int = 0  # 0: the same as max_text
    forbidden_characters: str = ""  # characters that neither title nor text may hold
    images: ImageLimits | None = None
    videos: VideoLimits | None = None
    max_mixed: int = 0  # pictures and videos beside each other, so many together; 0: one kind only
    needs_media: bool = False  # a picture or a video, whichever
    article: bool = False  # shows title, cover and HTML body rather than one text
    # Makes of the text what stands once more before it, where something does.
    lead: Callable[[str], str] | None = None
    # Takes by itself, instead of a format that carries the same media, a text too long for that
    # one: nobody chooses it.
    for_long_text: bool = False
    markup: Callable[[str], str] | None = (
        None  # writes `Message.html` as the platform's own markup; None: plain text
    )
    max_lines: int = 0  # that are not empty; 0: as many as fit
    max_hashtags: int = 0  # 0: as many as fit, also of the next two
    max_mentions: int = 0
    max_links: int = 0  # different ones
    useful_hashtags: int = (
        0  # the platform takes more and makes nothing of them, or its app refuses them; 0: all
    )
    useful_mentions: int = 0
    takes_link: bool = True  # a link can be opened, as a card or in the text
    media_by_url: bool = False  # the platform fetches pictures and videos itself
    labels_ai: bool = False  # has a label of its own for what AI made
    # of this format one page may make so many in a day, by interfaces; 0: no limit of its own
    per_page_day: int = 0
    finished_in_app: bool = (
        False  # only reaches the page when a person completes it in the platform's app
    )
    only_on_request: bool = (
        False  # never taken unless an officer asks for it (a story is gone after a day)
    )
    options: Sequence[Option] = ()

    def carries(self, kind: type[Image | Video]) -> bool:
        return (self.images if kind is Image else self.videos) is not None


class Fold(NamedTuple):
    """Give how much of a text is shown before "See more"."""

    characters: int
    lines: int


# What may belong to a page's own profile, in the order in which a list names it. ``register`` is a
# link to the register of official pages; ``recent`` a post of the last weeks.
PROFILE = (
    "picture",
    "cover",
    "description",
    "address",
    "phone",
    "hours",
    "register",
    "pinned",
    "recent",
    "verified",
)


class PageItem(NamedTuple):
    """Describe how the portal learns whether one item of a page's own profile is there, and how
    long a text it may write there.
    """

    readable: bool = True  # by `read_page_details`; else a person looks at the page
    longest: int = (
        0  # characters that `write_page_details` takes; 0: people write it, at the platform
    )


class Reading(NamedTuple):
    """Limit the calls that all pages of the application share, of which collecting figures takes
    ``share`` at most: publishing keeps the rest.
    """

    calls: int
    period: timedelta  # a day is one of California
    share: float
    posts_per_request: int = 50  # of one page, asked for together
    calls_per_request: int = 1  # at most, as long as nobody knows better
    across_pages: bool = False  # the token of any page reads the figures of all pages' posts
    # Calls in the same time for figures of pages by day, where those have a quota of their own; 0:
    # each page has its own limit. Collecting takes the same share of it.
    page_calls: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """Describe a platform to the composer, the checks, the calendar and the engine."""

    formats: Sequence[Format]  # the first is taken where nothing else is asked for
    stages: bool = False  # can create an invisible draft first
    shows_by_reference: bool = False  # the draft's reference is enough to make it visible
    finds: bool = False  # can check whether a post is live
    withdraws: bool = True  # can take a post down; False: people do, in the platform's own app
    comments: bool = False  # can list, answer and hide comments
    broadcasts: bool = False  # can send a live post to everybody who follows the page
    lists_posts: bool = False  # can list the live posts of a page, and say which are ours
    measures: Mapping[str, Origin] = field(
        default_factory=dict
    )  # by the names of Figures' fields that it has
    reading: Reading | None = None  # None: each page has its own limit
    # Figures of a page itself by day, by the names of PageFigures' fields; and for how many days
    # after a day the platform still corrects them.
    page_measures: Mapping[str, Origin] = field(default_factory=dict)
    corrected_for_days: int = 3
    counts_followers: bool = True
    # As seen in 2026, since no figure is published; None: nothing is folded.
    fold: Fold | None = None
    comfortable_length: int = 0  # few residents read more characters; our own judgement, 0: none
    per_app_second: float = 0  # visible calls a second over all pages of the app; 0: no such limit
    per_page_second: float = 0
    per_page_day: int = 0  # posts that one page may make in a day; 0: no such limit
    per_app_day: int = 0  # and all pages of the app together
    off_by_default: bool = False
    # Of a page's own profile what the platform has at all, by the names of ``PROFILE``.
    page: Mapping[str, PageItem] = field(default_factory=dict)
    page_read_every: timedelta = timedelta(days=1)  # from one reading of it to the next
    # Where people change it, with ``{id}``; empty: on the page itself.
    edit_url: str = ""
    rights: Mapping[str, bool] = field(
        default_factory=dict
    )  # what may be granted, and whether posting needs it
    optional_rights: Sequence[
        str
    ] = ()  # rights that some pages alone need: asked for where a person says so
    hosts: Sequence[str] = ()  # where residents see its pages, without subdomains
    revokes: bool = False  # has a call by which the portal gives its access up
    revokes_all_pages_of_person: bool = (
        False  # and then ends what the same person opened to us of other pages, too
    )
    connects_by_dialog: bool = (
        True  # connected in the platform's own consent dialog; else by a form of ours
    )
    source: str = ""  # where the figures come from

    @property
    def offered(self) -> list[Format]:
        """Return the formats that people may choose."""
        return [form for form in self.formats if not form.for_long_text]

    @property
    def per_day(self) -> bool:
        """Tell whether the platform limits the posts of a day, if only those of one format."""
        return bool(
            self.per_page_day or self.per_app_day or any(form.per_page_day for form in self.formats)
        )

    def option(self, message: Message, name: str) -> Any:
        """Return the value of a format's option: the author's, else its default."""
        defaults = {option.name: option.default for option in self.format(message.format).options}
        return message.options.get(name, defaults.get(name))

    def format(self, name: str) -> Format:
        """Return the format of this name; the first for an empty one. KeyError for one that the
        platform does not have."""
        if not name:
            return self.formats[0]
        return {form.name: form for form in self.formats}[name]


@dataclass(frozen=True, slots=True)
class Setting:
    """Name an environment variable by which an installation sets something of a platform."""

    variable: str
    real: str | int | None = (
        ""  # what holds in production where nothing is set; None: it must be set there
    )
    try_out: str | int | None = None  # what holds elsewhere; None: the same
    simulated: str = ""  # of an address: its path on the simulator, which holds elsewhere


class Version(NamedTuple):
    """Name the version of the interface that is spoken here, and the day on which the platform ends
    it.
    """

    name: str
    ends: date | None = None  # not told yet, or not known
