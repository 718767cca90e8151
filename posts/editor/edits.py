"""All that a person writes of a post, as values that saving takes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from campaigns.models import Campaign, Topic
from channels.models import Channel
from core.text import normalise
from media.captions import plain_text
from media.models import Media
from posts.canonical.html import clean
from posts.models import Post


@dataclass(frozen=True, slots=True, kw_only=True)
class PostFields:
    """The post's own fields as they were written; the body is HTML that is not cleaned yet. None
    for ``urgent`` or ``ai_made`` leaves it as it is.
    """

    title: str
    body: str
    link: str = ""
    topic: Topic | None = None
    campaign: Campaign | None = None
    valid_until: datetime | None = None
    requested_time: datetime | None = None
    urgent: bool | None = None
    ai_made: bool | None = None
    legal_basis: str = ""
    legal_from: date | None = None
    legal_until: date | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class ChannelEdit:
    """The author's decisions for one channel: its own text, empty for the post's; the format and
    the options, which take what fits where they are left out; and how a person switched it, None
    where the pictures and videos decide. ``format_as_before``: the format is that of the unit's
    last post, taken where it fits.
    """

    text: str = ""
    format: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    switched: bool | None = None
    format_as_before: bool = False


@dataclass(frozen=True, slots=True)
class MediaEdit:
    """A picture or video of the post: its description for people who cannot see it, and a video's
    captions as WebVTT.
    """

    media: Media
    alt: str = ""
    captions: str = ""


@dataclass(frozen=True, slots=True)
class PostEdit:
    """All that a person writes of a post, whole: a channel or a picture that is not in it is taken
    out. ``placeholder_values``, of a post from a kit: the texts follow from them, whatever
    ``fields`` and ``channels`` say. None leaves them as they are.
    """

    fields: PostFields
    channels: Mapping[Channel, ChannelEdit] = field(default_factory=dict)
    media: Sequence[MediaEdit] = ()
    placeholder_values: Mapping[str, str] | None = None

    @property
    def is_blank(self) -> bool:
        """Check whether nobody has written anything into it, whatever its channels are."""
        written = replace(self.fields, body=clean(self.fields.body), urgent=None, ai_made=None)
        own = any(channel.text for channel in self.channels.values())
        return written == PostFields(title="", body="") and not (self.media or own)

    def texts(self) -> Iterator[str]:
        """Yield every text that residents may come to read, cleaned as it will be stored."""
        yield normalise(self.fields.title).strip()
        yield clean(self.fields.body)
        yield self.fields.link
        yield self.fields.legal_basis
        yield self.fields.source
        for channel in self.channels.values():
            yield channel.text
            yield from map(str, channel.options.values())
        for medium in self.media:
            yield medium.alt
            yield plain_text(medium.captions)


def edit_of(post: Post) -> PostEdit:
    """Return the post as it is stored, to be saved once more with a change, or as another post."""
    fields = PostFields(
        title=post.own_title,
        body=post.body,
        link=post.link,
        topic=post.topic,
        campaign=post.campaign,
        valid_until=post.valid_until,
        requested_time=post.requested_time,
        urgent=post.urgent,
        ai_made=post.ai_made,
        **post.legal_basis_fields(),
    )
    targets = post.targets.select_related("channel")
    channels = {
        t.channel: ChannelEdit(t.text, t.format, t.options, t.switched, t.format_as_before)
        for t in targets
    }
    pictures = post.pictures.select_related("media")
    return PostEdit(
        fields, channels, [MediaEdit(p.media, p.alt_text, p.captions) for p in pictures]
    )
