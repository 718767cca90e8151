"""A kit as its form sends it, in one value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from campaigns.models import Campaign, Topic
from core.text import normalise
from media.models import Media
from units.models import Unit


@dataclass(frozen=True, slots=True)
class PlaceholderEdit:
    """A placeholder of a kit as its writer describes it. ``limit``: characters; 0 for a picture."""

    name: str
    kind: str
    label: str
    hint: str = ""
    example: str = ""
    limit: int = 100

    def stored(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "kind": str(self.kind),
            "label": self.label,
            "hint": self.hint,
            "example": self.example,
            "limit": self.limit,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class KitEdit:
    """The form of a kit, as one value. ``media`` pairs a picture with its alt text."""

    name: str
    campaign: Campaign
    topic: Topic
    title: str = ""
    text: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    placeholders: Sequence[PlaceholderEdit] = ()
    script: str = ""
    poster: Mapping[str, str] = field(default_factory=dict)  # see KitVersion.poster
    link: str = ""
    legal_basis: str = ""
    legal_from: date | None = None
    legal_until: date | None = None
    source: str = ""
    window_from: date | None = None
    window_until: date | None = None
    best_from: int | None = None
    best_until: int | None = None
    platforms: Sequence[str] = ()
    own_lines: bool = False
    note: str = ""
    changes: str = ""
    all_below: bool = False
    for_levels: Sequence[str] = ()
    for_kinds: Sequence[str] = ()
    for_units: Sequence[Unit] = ()
    by_provinces: bool = False
    spread_minutes: int = 0
    media: Sequence[tuple[Media, str]] = ()

    def fields(self) -> dict[str, Any]:
        """Return the columns of the version, as they are stored."""
        names = ("title", "text", "script", "legal_basis", "source", "note", "changes")
        days = ("legal_from", "legal_until", "window_from", "window_until")
        plain = ("link", "best_from", "best_until", "own_lines", "all_below", "by_provinces")
        return {
            **{name: normalise(getattr(self, name)).strip() for name in names},
            **{name: getattr(self, name) for name in (*days, *plain, "spread_minutes")},
            "poster": {
                part: " ".join(normalise(line).split()) for part, line in self.poster.items()
            },
            "texts": {
                name: normalise(text).strip() for name, text in self.texts.items() if text.strip()
            },
            "placeholders": [placeholder.stored() for placeholder in self.placeholders],
            "platforms": list(self.platforms),
            "for_levels": [str(level) for level in self.for_levels],
            "for_kinds": list(self.for_kinds),
        }

    def typed_texts(self) -> list[str]:
        """List all texts that people typed, for the leak check."""
        described = [
            text
            for placeholder in self.placeholders
            for text in (placeholder.label, placeholder.hint, placeholder.example)
        ]
        texts = [self.name, self.title, self.text, *self.texts.values(), self.script, self.note]
        alts = [alt for _media, alt in self.media]
        alts += [self.poster.get(name, "") for name in ("line_1", "line_2")]
        return [*texts, self.changes, self.legal_basis, self.source, *described, *alts]
