"""A kit's texts with a unit's words in their gaps: its facts, and what its officers typed."""

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
from campaigns.kits.queries import find_proved_versions
from campaigns.kits.wording import (
    BUILT_IN,
    LONGEST_WORDS,
    SLOT,
    fill_gaps,
    is_number,
    is_span,
    list_slot_names,
    parse_day,
    to_one_line,
)
from core.errors import Refused
from core.text import normalise
from posts.canonical.html import to_paragraphs
from units.models import Unit
from units.queries import list_fact_values

# Among the words of an adoption, as no gap can be named: the lines that the unit adds itself.
OWN_LINES = "_own_lines"
LONGEST_OWN_LINES = 2_000  # characters
PICTURE, DATE, NUMBER, TEXT = "picture", "date", "number", "text"
TODAY = "ngay"  # filled once, by the day of the adoption: else a post would change by itself


@dataclass(frozen=True, slots=True)
class Slot:
    """A gap that an officer fills, as the composer asks for it."""

    name: str
    kind: str
    label: str
    hint: str = ""
    example: str = ""
    limit: int = LONGEST_WORDS
    is_fact: bool = False  # the unit's page could fill it

    @property
    def is_picture(self) -> bool:
        return self.kind == PICTURE

    @property
    def takes_spans(self) -> bool:
        """Check whether a gap for a number takes 3-5 too: where its example is such a span."""
        return self.kind == NUMBER and is_span(self.example)

    def problem(self, value: str) -> str:
        """Say why ``words`` are not what the gap asks for, and what to write instead; empty where
        they are, or where nobody has written any yet.
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
    """A part of a kit's text as people see it: locked words, or what stands in a gap."""

    words: str
    slot: str = ""  # the gap's name; empty for what is locked
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
class Filling:
    """A version of a kit for a post of ``unit``; the unit's facts are asked for once."""

    version: KitVersion
    unit: Unit

    @cached_property
    def unit_values(self) -> dict[str, str]:
        """Return the words by which the unit's own page fills gaps; nobody types them."""
        facts = list_fact_values(self.unit, on=timezone.localdate())
        return {name: facts[name] for name in BUILT_IN if name in facts and name != TODAY}

    @cached_property
    def slots(self) -> list[Slot]:
        """List the gaps that an officer fills: the kit's own, and those of the built-in ones that
        the unit's page does not know.
        """
        own = {slot["name"]: slot for slot in self.version.slots}
        slots = []
        for name in list_slot_names(self.version.worded()):
            if name in own:
                slots.append(_own_slot(own[name]))
            elif name not in self.unit_values:
                slots.append(_built_in_slot(name))
        # A picture's gap stands in no text.
        return [
            *slots,
            *(_own_slot(slot) for slot in self.version.slots if slot["kind"] == PICTURE),
        ]

    def first_values(self) -> dict[str, str]:
        """Return the words of a new adoption: the day, where the kit names it."""
        if TODAY not in list_slot_names(self.version.worded()):
            return {}
        return {TODAY: timezone.localdate().strftime("%d/%m/%Y")}

    def check_values(
        self, typed: Mapping[str, str], *, stored: Mapping[str, str]
    ) -> dict[str, str]:
        """Return the words of the gaps once ``typed`` are put among the ``stored`` ones. What no
        gap asks for is left out. Raise Refused for more than a gap takes.
        """
        values = {}
        for slot in self.slots:
            value = " ".join(normalise(typed.get(slot.name, stored.get(slot.name, ""))).split())
            if len(value) > slot.limit:
                raise Refused(
                    _("“%(label)s” takes at most %(n)s characters.")
                    % {"label": slot.label, "n": slot.limit}
                )
            if value and not slot.is_picture:
                values[slot.name] = value
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
        """Return the kit's texts with these words. A gap without words stays visible, so that no
        such post is submitted.
        """
        all_values = {**values, **self.unit_values}
        lines = values.get(OWN_LINES, "") if self.version.own_lines else ""
        after = f"\n\n{lines}" if lines else ""
        own = {
            platform: f"{fill_gaps(text, all_values).strip()}{after}"
            for platform, text in self.version.texts.items()
            if text.strip()
        }
        text = f"{fill_gaps(self.version.text, all_values).strip()}{after}"
        return Texts(fill_gaps(self.version.title, all_values).strip(), text, own)

    def script(self, values: Mapping[str, str]) -> str:
        """Return the loudspeaker text with these words; a gap without words stays visible."""
        return fill_gaps(self.version.script, {**values, **self.unit_values}).strip()

    def poster(self, values: Mapping[str, str]) -> list[str]:
        """Return the lines of the kit's poster with these words. Raise Refused for a gap that
        nothing fills: it would be printed.
        """
        all_values = {**values, **self.unit_values}
        lines = [
            fill_gaps(self.version.poster.get(name, ""), all_values)
            for name in ("line_1", "line_2")
        ]
        if names := list_slot_names(lines):
            labels = ", ".join(f"“{self._labels.get(name, name)}”" for name in names)
            raise Refused(
                _("The poster needs what the unit's page does not say yet: %(labels)s.")
                % {"labels": labels}
            )
        return [line for line in lines if line]

    def pieces(self, text: str, values: Mapping[str, str]) -> list[Piece]:
        """Split one of the kit's texts into what is locked and what the unit fills, as it reads."""
        all_values, labels = {**values, **self.unit_values}, self._labels
        pieces, end = [], 0
        for gap in SLOT.finditer(text):
            if ahead := text[end : gap.start()]:
                pieces.append(Piece(ahead))
            filled = to_one_line(all_values.get(gap[1], ""))
            label = labels.get(gap[1], gap[1])
            pieces.append(Piece(filled or label, gap[1], not filled, label))
            end = gap.end()
        rest = text[end:]
        return [*pieces, Piece(rest)] if rest else pieces

    @cached_property
    def _labels(self) -> dict[str, str]:
        built_in = {name: str(label) for name, label in BUILT_IN.items()}
        return built_in | {slot["name"]: str(slot["label"]) for slot in self.version.slots}

    def show_labels(self, text: str, *, is_html: bool = False) -> str:
        """Show what open gaps ask for instead of their names, which readers do not know."""

        def show(gap: re.Match[str]) -> str:
            label = f"[{self._labels.get(gap[1]) or gap[1]}]"
            return escape(label) if is_html else label

        return SLOT.sub(show, text)

    def open_slots(self, values: Mapping[str, str]) -> list[Slot]:
        """List the gaps of the texts into which nobody has written yet."""
        return [slot for slot in self.slots if not slot.is_picture and not values.get(slot.name)]

    def problems(self, values: Mapping[str, str]) -> list[tuple[str, str]]:
        """List the gaps that hold something else than they ask for: name, and why in words."""
        problems = [(slot.name, slot.problem(values.get(slot.name, ""))) for slot in self.slots]
        return [(name, problem) for name, problem in problems if problem]

    def slots_outside_period(self, values: Mapping[str, str]) -> list[Slot]:
        """List the gaps whose day lies outside the period in which the kit is to be published."""
        first = self.version.window_from or date.min
        last = self.version.window_until or date.max
        days = [(slot, parse_day(values.get(slot.name, ""))) for slot in self.slots]
        return [s for s, day in days if s.kind == DATE and day and not first <= day <= last]


def approved_filling(
    content: Mapping[str, Any], unit: Unit
) -> tuple[Filling, Mapping[str, str]] | None:
    """Return the version of the kit from which a content of ``unit`` was cut, and the words of its
    gaps; None for a content of its own. One query.
    """
    if not (cut := content.get("kit")):
        return None
    rows = KitVersion.objects.select_related("kit__current")
    version = rows.filter(public_id=cut["version"]).first()
    return (Filling(version, unit), cut["values"]) if version else None


def find_unproved_kits[K](contents: Mapping[K, Mapping[str, Any]]) -> set[K]:
    """Return the keys of the contents that came of a version of a kit whose approval nothing
    proves, or of other words than were approved. One query, none where no content came of one.
    """
    cut = {key: content["kit"] for key, content in contents.items() if "kit" in content}
    if not cut:
        return set()
    approved = find_proved_versions({kit["version"] for kit in cut.values()})
    return {key for key, kit in cut.items() if approved.get(kit["version"]) != kit["core"]}


def find_misfits[K](contents: Mapping[K, Mapping[str, Any]]) -> dict[K, str]:
    """Return, by the keys of ``contents``, how people read the first gap of a kit that holds
    something else than it asks for; no key where all do, or a content came of no kit. One query,
    none where no content came of one.

    It is asked before each publication: a content may have been approved before the rule was.
    """
    cut = {key: content["kit"] for key, content in contents.items() if "kit" in content}
    if not cut:
        return {}
    asked = {each["version"] for each in cut.values()}
    rows = KitVersion.objects.filter(public_id__in=asked).values_list("public_id", "slots")
    slots = {str(version): [_own_slot(each) for each in own] for version, own in rows}
    misfits = {}
    for key, kit in cut.items():
        values = kit["values"]
        wrong = (s for s in slots.get(kit["version"], ()) if s.problem(values.get(s.name, "")))
        if slot := next(wrong, None):
            misfits[key] = slot.label
    return misfits


def _own_slot(each: Mapping[str, Any]) -> Slot:
    return Slot(
        each["name"],
        each["kind"],
        each["label"],
        each.get("hint") or "",
        each.get("example") or "",
        min(int(each.get("limit") or LONGEST_WORDS), LONGEST_WORDS),
    )


def _built_in_slot(name: str) -> Slot:
    label = str(BUILT_IN.get(name) or name.replace("_", " "))
    is_day = name == TODAY
    return Slot(name, DATE if is_day else TEXT, label, is_fact=name in BUILT_IN and not is_day)


def join_labels(slots: Sequence[Slot]) -> str:
    """Name slots in a sentence."""
    return ", ".join(f"“{slot.label}”" for slot in slots)
