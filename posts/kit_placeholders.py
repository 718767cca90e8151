"""Fill a kit's placeholders for one unit: by its facts, and by what its officers typed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext as _

from campaigns.kits.models import KitVersion
from campaigns.kits.placeholders import (
    BUILT_IN,
    LONGEST_VALUE,
    PLACEHOLDER,
    fill_kit_text,
    find_placeholders,
    is_number,
    is_span,
    parse_day,
    to_one_line,
)
from campaigns.kits.queries import find_proved_versions
from core.errors import Refused
from core.text import normalise
from posts.canonical.html import to_paragraphs
from units.models import Unit
from units.queries import list_fact_values

# Among the values of an adoption, as no placeholder can be named: the lines that the unit adds.
OWN_LINES = "_own_lines"
LONGEST_OWN_LINES = 2_000  # characters
PICTURE, DATE, NUMBER, TEXT = "picture", "date", "number", "text"
TODAY = "ngay"  # filled once, by the day of the adoption: else a post would change by itself


@dataclass(frozen=True, slots=True)
class KitPlaceholder:
    """A placeholder that an officer fills, as the composer asks for it."""

    name: str
    kind: str
    label: str
    hint: str = ""
    example: str = ""
    limit: int = LONGEST_VALUE
    is_fact: bool = False  # the unit's page could fill it

    @property
    def is_picture(self) -> bool:
        return self.kind == PICTURE

    @property
    def takes_spans(self) -> bool:
        """Check whether a number may be a span such as 3-5: where the example is one."""
        return self.kind == NUMBER and is_span(self.example)

    def find_problem(self, value: str) -> str:
        """Say why the value is invalid and what to write instead; empty where it is valid or
        missing.
        """
        label = {"label": self.label}
        if not value:
            return ""
        if self.kind == DATE and parse_day(value) is None:
            message = _(
                "“%(label)s” asks for a day that exists. Write it as day/month/year: %(day)s."
            )
            return message % {**label, "day": timezone.localdate().strftime("%d/%m/%Y")}
        if self.kind != NUMBER or is_number(value) or (self.takes_spans and is_span(value)):
            return ""
        if self.takes_spans:
            return _("“%(label)s” asks for a number: 1.234 or 12,5, or a span: 3-5.") % label
        return _("“%(label)s” asks for one number alone. Write it as 1.234 or 12,5.") % label


class Piece(NamedTuple):
    """A part of a kit's text as people see it: locked text, a value, or an open placeholder."""

    text: str
    placeholder: str = ""  # its name; empty for locked text
    is_open: bool = False
    label: str = ""


@dataclass(frozen=True)
class Texts:
    """The texts of a unit's post that came of a kit."""

    title: str
    text: str
    own: dict[str, str] = field(default_factory=dict)  # by platform

    @property
    def body(self) -> str:
        return to_paragraphs(self.text)


@dataclass
class UnitKit:
    """A version of a kit for a post of ``unit``; the unit's facts are read once."""

    version: KitVersion
    unit: Unit

    @cached_property
    def unit_values(self) -> dict[str, str]:
        """Return the values that the unit's own page gives; nobody types them."""
        facts = list_fact_values(self.unit, on=timezone.localdate())
        return {name: facts[name] for name in BUILT_IN if name in facts and name != TODAY}

    @cached_property
    def placeholders(self) -> list[KitPlaceholder]:
        """List the placeholders that an officer fills: the kit's own, and the built-in ones that
        the unit's page has no value for.
        """
        own = {placeholder["name"]: placeholder for placeholder in self.version.placeholders}
        placeholders = []
        for name in find_placeholders(self.version.list_post_texts()):
            if name in own:
                placeholders.append(_own_placeholder(own[name]))
            elif name not in self.unit_values:
                placeholders.append(_built_in_placeholder(name))
        # A picture's placeholder stands in no text.
        return [
            *placeholders,
            *(
                _own_placeholder(placeholder)
                for placeholder in self.version.placeholders
                if placeholder["kind"] == PICTURE
            ),
        ]

    def first_values(self) -> dict[str, str]:
        """Return the values of a new adoption: the day, where the kit names it."""
        if TODAY not in find_placeholders(self.version.list_post_texts()):
            return {}
        return {TODAY: timezone.localdate().strftime("%d/%m/%Y")}

    def check_values(
        self, typed: Mapping[str, str], *, stored: Mapping[str, str]
    ) -> dict[str, str]:
        """Return the ``stored`` values with the ``typed`` ones put in. Values without a placeholder
        are left out. Raise Refused for one that is too long.
        """
        values = {}
        for placeholder in self.placeholders:
            value = " ".join(
                normalise(typed.get(placeholder.name, stored.get(placeholder.name, ""))).split()
            )
            if len(value) > placeholder.limit:
                raise Refused(
                    _("“%(label)s” takes at most %(n)s characters.")
                    % {"label": placeholder.label, "n": placeholder.limit}
                )
            if value and not placeholder.is_picture:
                values[placeholder.name] = value
        if self.version.own_lines:
            lines = normalise(typed.get(OWN_LINES, stored.get(OWN_LINES, ""))).strip()
            if len(lines) > LONGEST_OWN_LINES:
                raise Refused(
                    _("Your own lines are longer than %(n)s characters.") % {"n": LONGEST_OWN_LINES}
                )
            if lines:
                values[OWN_LINES] = lines
        return values

    def texts(self, values: Mapping[str, str]) -> Texts:
        """Return the kit's texts with these values. An open placeholder stays visible, so that
        no such post is submitted.
        """
        all_values = {**values, **self.unit_values}
        lines = values.get(OWN_LINES, "") if self.version.own_lines else ""
        after = f"\n\n{lines}" if lines else ""
        own = {
            platform: f"{fill_kit_text(text, all_values).strip()}{after}"
            for platform, text in self.version.texts.items()
            if text.strip()
        }
        text = f"{fill_kit_text(self.version.text, all_values).strip()}{after}"
        return Texts(fill_kit_text(self.version.title, all_values).strip(), text, own)

    def script(self, values: Mapping[str, str]) -> str:
        """Return the loudspeaker text with these values; an open placeholder stays visible."""
        return fill_kit_text(self.version.script, {**values, **self.unit_values}).strip()

    def poster(self, values: Mapping[str, str]) -> list[str]:
        """Return the lines of the kit's poster with these values. Raise Refused for an open
        placeholder: it would be printed.
        """
        all_values = {**values, **self.unit_values}
        lines = [
            fill_kit_text(self.version.poster.get(name, ""), all_values)
            for name in ("line_1", "line_2")
        ]
        if names := find_placeholders(lines):
            labels = ", ".join(f"“{self._labels.get(name, name)}”" for name in names)
            raise Refused(
                _("The poster needs what the unit's page does not say yet: %(labels)s.")
                % {"labels": labels}
            )
        return [line for line in lines if line]

    def pieces(self, text: str, values: Mapping[str, str]) -> list[Piece]:
        """Split one of the kit's texts into locked text, values and open placeholders."""
        all_values, labels = {**values, **self.unit_values}, self._labels
        pieces, end = [], 0
        for match in PLACEHOLDER.finditer(text):
            if locked := text[end : match.start()]:
                pieces.append(Piece(locked))
            name = match[1]
            value, label = to_one_line(all_values.get(name, "")), labels.get(name, name)
            pieces.append(Piece(value or label, name, not value, label))
            end = match.end()
        rest = text[end:]
        return [*pieces, Piece(rest)] if rest else pieces

    @cached_property
    def _labels(self) -> dict[str, str]:
        built_in = {name: str(label) for name, label in BUILT_IN.items()}
        return built_in | {
            placeholder["name"]: str(placeholder["label"])
            for placeholder in self.version.placeholders
        }

    def show_labels(self, text: str, *, is_html: bool = False) -> str:
        """Replace open placeholders by their labels: readers do not know their names."""

        def show_label(match: re.Match[str]) -> str:
            label = f"[{self._labels.get(match[1]) or match[1]}]"
            return escape(label) if is_html else label

        return PLACEHOLDER.sub(show_label, text)

    def open_placeholders(self, values: Mapping[str, str]) -> list[KitPlaceholder]:
        """List the placeholders of the texts that have no value yet."""
        return [
            placeholder
            for placeholder in self.placeholders
            if not placeholder.is_picture and not values.get(placeholder.name)
        ]

    def list_invalid_values(self, values: Mapping[str, str]) -> list[tuple[str, str]]:
        """List the placeholders with an invalid value: name, and what is wrong with it."""
        problems = [
            (placeholder.name, placeholder.find_problem(values.get(placeholder.name, "")))
            for placeholder in self.placeholders
        ]
        return [(name, problem) for name, problem in problems if problem]

    def placeholders_outside_period(self, values: Mapping[str, str]) -> list[KitPlaceholder]:
        """List the placeholders whose day lies outside the kit's period."""
        first = self.version.window_from or date.min
        last = self.version.window_until or date.max
        days = [
            (placeholder, parse_day(values.get(placeholder.name, "")))
            for placeholder in self.placeholders
        ]
        return [s for s, day in days if s.kind == DATE and day and not first <= day <= last]


def find_approved_kit(
    content: Mapping[str, Any], unit: Unit
) -> tuple[UnitKit, Mapping[str, str]] | None:
    """Return the version of the kit from which a content of ``unit`` came, and its values; None for
    a content without a kit. One query.
    """
    if not (kit := content.get("kit")):
        return None
    rows = KitVersion.objects.select_related("kit__current")
    version = rows.filter(public_id=kit["version"]).first()
    return (UnitKit(version, unit), kit["values"]) if version else None


def find_unproved_kits[K](contents: Mapping[K, Mapping[str, Any]]) -> set[K]:
    """Return the keys of the contents that came from a version of a kit whose approval is not
    proved, or that hold other text than was approved. One query, none where no content has a kit.
    """
    kits = _kits_of(contents)
    if not kits:
        return set()
    approved = find_proved_versions({kit["version"] for kit in kits.values()})
    return {key for key, kit in kits.items() if approved.get(kit["version"]) != kit["core"]}


def find_invalid_values[K](contents: Mapping[K, Mapping[str, Any]]) -> dict[K, str]:
    """Return, by the keys of ``contents``, the label of the first placeholder with an invalid
    value; no key where all are valid or there is no kit. One query, none where no content has one.

    It is asked before each publication: a content may have been approved before the rule was.
    """
    kits = _kits_of(contents)
    if not kits:
        return {}
    versions = {kit["version"] for kit in kits.values()}
    rows = KitVersion.objects.filter(public_id__in=versions)
    placeholders = {
        str(version): [_own_placeholder(stored) for stored in own]
        for version, own in rows.values_list("public_id", "placeholders")
    }
    labels = {}
    for key, kit in kits.items():
        values = kit["values"]
        invalid = (
            placeholder.label
            for placeholder in placeholders.get(kit["version"], ())
            if placeholder.find_problem(values.get(placeholder.name, ""))
        )
        if label := next(invalid, None):
            labels[key] = label
    return labels


def _kits_of[K](contents: Mapping[K, Mapping[str, Any]]) -> dict[K, Mapping[str, Any]]:
    return {key: content["kit"] for key, content in contents.items() if "kit" in content}


def _own_placeholder(stored: Mapping[str, Any]) -> KitPlaceholder:
    return KitPlaceholder(
        stored["name"],
        stored["kind"],
        stored["label"],
        stored.get("hint") or "",
        stored.get("example") or "",
        min(int(stored.get("limit") or LONGEST_VALUE), LONGEST_VALUE),
    )


def _built_in_placeholder(name: str) -> KitPlaceholder:
    label = str(BUILT_IN.get(name) or name.replace("_", " "))
    is_day = name == TODAY
    return KitPlaceholder(
        name, DATE if is_day else TEXT, label, is_fact=name in BUILT_IN and not is_day
    )


def join_labels(placeholders: Sequence[KitPlaceholder]) -> str:
    """List the labels of placeholders for a sentence."""
    return ", ".join(f"“{placeholder.label}”" for placeholder in placeholders)
