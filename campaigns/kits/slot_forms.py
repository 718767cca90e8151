"""The table in which the gaps of a kit are described, a row each."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.kits.edits import Slot
from campaigns.kits.models import MOST_SLOTS
from campaigns.kits.states import SlotKind
from campaigns.kits.wording import BUILT_IN, LONGEST_WORDS, list_slot_names, make_slot_name
from core.text import parse_whole_number


@dataclass(frozen=True, slots=True)
class SlotRow:
    """One row of the table of gaps."""

    number: int
    fields: list[forms.BoundField]

    @property
    def name(self) -> str:
        return str(self.fields[0].value() or "")


LONGEST_LABEL = 80  # characters
_PARTS = ("name", "kind", "label", "hint", "example", "limit")
_DEFAULTS = {"kind": "text", "limit": "100"}


class SlotRowsForm(forms.Form):
    """A form with a row for each gap, which keeps its number of rows in a hidden field."""

    rows = forms.IntegerField(
        widget=forms.HiddenInput, required=False, min_value=0, max_value=MOST_SLOTS
    )
    slots: list[SlotRow]

    def add_slots(self, texts: Sequence[str], *, blank_rows: int) -> list[SlotRow]:
        """Add a row for each gap that is described or that one of the ``texts`` names, and some
        blank ones.
        """
        rows = self._read_typed_rows() if self.is_bound else list(self.initial["slots"])
        named = {make_slot_name(str(row["name"] or row.get("label", ""))) for row in rows}
        for name in list_slot_names(texts):
            if name not in named and name not in BUILT_IN:
                rows.append({"name": name})
        rows = [*rows, *({} for _ in range(blank_rows))][:MOST_SLOTS]
        self.initial["rows"] = len(rows)
        if self.is_bound:
            self._renumber(rows)
        return [self._make_slot_row(n, row) for n, row in enumerate(rows)]

    def _read_typed_rows(self) -> list[dict[str, str]]:
        """Return the rows as they were sent, without those that nobody filled in."""
        count = parse_whole_number(self.data.get("rows", "")) or 0
        rows = [
            {part: self.data.get(f"slot-{n}-{part}", "") for part in _PARTS}
            for n in range(min(count, MOST_SLOTS))
        ]
        typed = ("name", "label", "hint", "example")
        return [row for row in rows if any(row[part].strip() for part in typed)]

    def _renumber(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Make the rows what was sent, so that none is missing in between."""
        data = self.data.copy()
        for name in [name for name in data if name.startswith("slot-")]:
            del data[name]
        for n, row in enumerate(rows):
            for part in _PARTS:
                data[f"slot-{n}-{part}"] = row.get(part) or _DEFAULTS.get(part, "")
        data["rows"] = str(len(rows))
        self.data = data

    def _make_slot_row(self, number: int, slot: Mapping[str, Any]) -> SlotRow:
        prefix = f"slot-{number}-"
        text = {"autocomplete": "off"}
        fields: dict[str, forms.Field] = {
            "name": forms.CharField(
                label=_("Name in the text"),
                max_length=80,
                required=False,
                help_text=_("Empty: made from what is asked for."),
                widget=forms.TextInput(attrs={**text, "autocapitalize": "off"}),
            ),
            "kind": forms.ChoiceField(label=_("Kind"), choices=SlotKind.choices, required=False),
            "label": forms.CharField(
                label=_("What is asked for"), max_length=LONGEST_LABEL, required=False
            ),
            "hint": forms.CharField(label=_("Hint"), max_length=150, required=False),
            "example": forms.CharField(label=_("Example"), max_length=150, required=False),
            "limit": forms.IntegerField(
                label=_("Characters at most"),
                required=False,
                min_value=1,
                max_value=LONGEST_WORDS,
                widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
            ),
        }
        for part, field in fields.items():
            field.is_asked_for = True  # where the row is filled in at all
            field.initial = slot.get(part) or _DEFAULTS.get(part, "")
            self.fields[prefix + part] = field
        return SlotRow(number, [self[prefix + part] for part in _PARTS])

    def clean_slots(self) -> list[Slot]:
        """Return the gaps that are described; complain in the row of one that cannot be stored. A
        row that a text alone has brought, of a gap that another row describes, is left out.
        """
        slots: list[Slot] = []
        for row in self.slots:
            slot = self._read_slot(row)
            taken = {each.name for each in slots}
            if not slot.name or (slot.name in taken and not slot.label):
                continue
            if fault := _find_name_fault(slot.name, taken=taken):
                self.add_error(f"slot-{row.number}-name", fault)
            slots.append(slot)
        return slots

    def _read_slot(self, row: SlotRow) -> Slot:
        """Return the gap as the row describes it; its name may be missing or wrong."""
        values = {part: self.cleaned_data.get(f"slot-{row.number}-{part}") for part in _PARTS}
        texts = {part: str(values[part] or "").strip() for part in ("label", "hint", "example")}
        kind = str(values["kind"] or SlotKind.TEXT)
        return Slot(
            name=make_slot_name(str(values["name"] or "").strip() or texts["label"]),
            kind=kind,
            limit=0 if kind == SlotKind.PICTURE else values["limit"] or 100,
            **texts,
        )


def _find_name_fault(name: str, *, taken: Collection[str]) -> str:
    """Say why a gap may not have this name; empty where it may."""
    if name in BUILT_IN:
        message = gettext("{%(name)s} is filled by itself; leave this row empty.")
        return message % {"name": name}
    return gettext("Another row describes this gap already.") if name in taken else ""
