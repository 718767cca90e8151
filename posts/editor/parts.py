"""Parts of the composer: all that it shows of a picture, a channel, an option and a kit."""

import dataclasses
from typing import Any, NamedTuple

from django import forms
from django.template.loader import render_to_string
from django.utils.translation import gettext

from channels import presenters
from channels.models import Channel
from channels.queries import facts_of
from media.captions import format_rows
from media.models import Media
from platforms.facts import Option
from posts.kit_placeholders import KitPlaceholder, Piece
from posts.scanned import cards_of

# The value of a format's choice: that of the unit's last post, or what fits.
AS_BEFORE = "as_before"


class FormMedia(NamedTuple):
    """A picture or a video as the form shows it. ``error``: why its file of captions cannot be
    read.
    """

    media: Media
    alt: str = ""
    captions: str = ""
    error: str = ""

    @property
    def rows(self) -> str:
        """Return the captions as people write them."""
        return format_rows(self.captions)


def render_media_card(media: Media) -> str:
    """Render the card of a picture or video, which the next form makes part of the post."""
    context = {"shown": FormMedia(media, media.alt_text), "scans": cards_of([media])}
    return render_to_string("posts/_picture.html", context)


@dataclasses.dataclass(frozen=True)
class OptionPart:
    """An option on the page, and the formats that have it."""

    option: Option
    field: forms.BoundField
    formats: list[str]

    @property
    def must_choose(self) -> bool:
        """Check whether nothing is chosen beforehand, so that the author has to."""
        return self.option.default is None


@dataclasses.dataclass(frozen=True)
class ChannelPart:
    """A channel on the page. ``format`` None: there is but one; ``also``: its name, where the unit
    has another channel on this platform.
    """

    channel: Channel
    also: str
    switch: forms.BoundField
    text: forms.BoundField
    format: forms.BoundField | None
    options: list[OptionPart]
    as_before: bool  # format or options are those of the unit's last post

    @property
    def label(self) -> str:
        """Name the channel by its platform, and only where that is not enough by its own name."""
        return f"{self.channel.get_platform_display()} {self.also}".strip()

    @property
    def kinds(self) -> list[dict[str, Any]]:
        """List the formats to choose from, with what each takes and how it is published."""
        if self.format is None:
            return []
        field: Any = self.format.field
        explained = {
            form.name: presenters.describe_format(form)
            for form in facts_of(self.channel.platform).offered
        }
        explained[AS_BEFORE] = gettext("Where it does not fit: what fits best.")
        return [
            {
                "name": name,
                "label": label,
                "explained": explained.get(name, ""),
                "checked": name == (self.format.value() or ""),
            }
            for name, label in field.choices
        ]

    @property
    def required(self) -> list[OptionPart]:
        """List what the author has to choose: it stands beside the switch, at one tap."""
        return [one for one in self.options if one.must_choose]

    @property
    def has_title(self) -> bool:
        """Check whether the channel shows a title above the text, so that an own text replaces the
        text alone.
        """
        return facts_of(self.channel.platform).formats[0].max_title > 0


@dataclasses.dataclass(frozen=True)
class PlaceholderPart:
    """A placeholder of a kit on the page. ``field`` None: a picture, among those of the post."""

    placeholder: KitPlaceholder
    field: forms.BoundField | None


@dataclasses.dataclass(frozen=True)
class KitPart:
    """The kit of the post on the page: its texts as they read, and fields for placeholders."""

    title: list[Piece]
    text: list[Piece]
    own_texts: dict[str, list[Piece]]  # by platform
    placeholders: list[PlaceholderPart]
    own_lines: forms.BoundField | None

    @property
    def is_missing_fact(self) -> bool:
        """Check whether the unit's page could give a value that people are asked for."""
        return any(part.placeholder.is_fact for part in self.placeholders)
