"""The table that describes the placeholders of a kit, one a row."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.kits.edits import PlaceholderEdit
from campaigns.kits.models import MOST_PLACEHOLDERS
from campaigns.kits.placeholders import (
    BUILT_IN,
    LONGEST_VALUE,
    find_placeholders,
    make_placeholder_name,
)
from campaigns.kits.states import PlaceholderKind
from core.text import parse_whole_number


@dataclass(frozen=True, slots=True)
class PlaceholderRow:
    """One row of the table."""

    number: int
    fields: list[forms.BoundField]

    @property
    def name(self) -> str:
        return str(self.fields[0].value() or "")


LONGEST_LABEL = 80  # characters
_PARTS = ("name", "kind", "label", "hint", "example", "limit")
_DEFAULTS = {"kind": "text", "limit": "100"}


class PlaceholderRowsForm(forms.Form):
    """A form with a row for each placeholder; a hidden field keeps the number of rows."""

    rows = forms.IntegerField(
        widget=forms.HiddenInput, required=False, min_value=0, max_value=MOST_PLACEHOLDERS
    )
    placeholders: list[PlaceholderRow]

    def add_placeholders(self, texts: Sequence[str], *, blank_rows: int) -> list[PlaceholderRow]:
        """Add a row for each placeholder that is described or stands in one of the ``texts``, and
        some blank ones.
        """
        rows = self._read_typed_rows() if self.is_bound else list(self.initial["placeholders"])
        named = {make_placeholder_name(str(row["name"] or row.get("label", ""))) for row in rows}
        for name in find_placeholders(texts):
            if name not in named and name not in BUILT_IN:
                rows.append({"name": name})
        rows = [*rows, *({} for _ in range(blank_rows))][:MOST_PLACEHOLDERS]
        self.initial["rows"] = len(rows)
        if self.is_bound:
            self._renumber(rows)
        return [self._make_placeholder_row(n, row) for n, row in enumerate(rows)]

    def _read_typed_rows(self) -> list[dict[str, str]]:
        """Return the rows as they were sent, without those that nobody filled in."""
        count = parse_whole_number(self.data.get("rows", "")) or 0
        rows = [
            {part: self.data.get(f"placeholder-{n}-{part}", "") for part in _PARTS}
            for n in range(min(count, MOST_PLACEHOLDERS))
        ]
        typed = ("name", "label", "hint", "example")
        return [row for row in rows if any(row[part].strip() for part in typed)]

    def _renumber(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Make the rows what was sent, so that none is missing in between."""
        data = self.data.copy()
        for name in [name for name in data if name.startswith("placeholder-")]:
            del data[name]
        for n, row in enumerate(rows):
            for part in _PARTS:
                data[f"placeholder-{n}-{part}"] = row.get(part) or _DEFAULTS.get(part, "")
        data["rows"] = str(len(rows))
        self.data = data

    def _make_placeholder_row(self, number: int, placeholder: Mapping[str, Any]) -> PlaceholderRow:
        prefix = f"placeholder-{number}-"
        text = {"autocomplete": "off"}
        fields: dict[str, forms.Field] = {
            "name": forms.CharField(
                label=_("Name in the text"),
                max_length=80,
                required=False,
                help_text=_("Empty: made from what is asked for."),
                widget=forms.TextInput(attrs={**text, "autocapitalize": "off"}),
            ),
            "kind": forms.ChoiceField(
                label=_("Kind"), choices=PlaceholderKind.choices, required=False
            ),
            "label": forms.CharField(
                label=_("What is asked for"), max_length=LONGEST_LABEL, required=False
            ),
            "hint": forms.CharField(label=_("Hint"), max_length=150, required=False),
            "example": forms.CharField(label=_("Example"), max_length=150, required=False),
            "limit": forms.IntegerField(
                label=_("Characters at most"),
                required=False,
                min_value=1,
                max_value=LONGEST_VALUE,
                widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
            ),
        }
        for part, field in fields.items():
            field.is_asked_for = True  # where the row is filled in at all
            field.initial = placeholder.get(part) or _DEFAULTS.get(part, "")
            self.fields[prefix + part] = field
        return PlaceholderRow(number, [self[prefix + part] for part in _PARTS])

    def clean_placeholders(self) -> list[PlaceholderEdit]:
        """Return the placeholders that are described, and add an error to a row that cannot be
        stored. A row that a text brought is left out where another row describes the same one.
        """
        placeholders: list[PlaceholderEdit] = []
        for row in self.placeholders:
            placeholder = self._read_placeholder(row)
            taken = {other.name for other in placeholders}
            if not placeholder.name or (placeholder.name in taken and not placeholder.label):
                continue
            if error := _find_name_error(placeholder.name, taken=taken):
                self.add_error(f"placeholder-{row.number}-name", error)
            placeholders.append(placeholder)
        return placeholders

    def _read_placeholder(self, row: PlaceholderRow) -> PlaceholderEdit:
        """Return the placeholder as the row describes it; its name may be missing or wrong."""
        values = {
            part: self.cleaned_data.get(f"placeholder-{row.number}-{part}") for part in _PARTS
        }
        texts = {part: str(values[part] or "").strip() for part in ("label", "hint", "example")}
        kind = str(values["kind"] or PlaceholderKind.TEXT)
        return PlaceholderEdit(
            name=make_placeholder_name(str(values["name"] or "").strip() or texts["label"]),
            kind=kind,
            limit=0 if kind == PlaceholderKind.PICTURE else values["limit"] or 100,
            **texts,
        )


def _find_name_error(name: str, *, taken: Collection[str]) -> str:
    """Say why a placeholder may not have this name; empty where it may."""
    if name in BUILT_IN:
        message = gettext("{%(name)s} is filled by itself; leave this row empty.")
        return message % {"name": name}
    return gettext("Another row describes this placeholder already.") if name in taken else ""
