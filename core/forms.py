"""Forms that several apps share."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.fields import DayField, ReasonField
from core.periods import Period

_EARLIEST = date(2020, 1, 1)  # the portal's first unit is younger


class ReasonForm(forms.Form):
    """Ask for the reason of an action and nothing else; a form that asks for more inherits it.

    ``hint`` stands below the field, ``missing`` is what an empty one says.
    """

    reason = ReasonField(error_messages={"required": _("Please enter the reason.")})

    def __init__(self, *args: Any, hint: str = "", missing: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = hint
        if missing:
            self.fields["reason"].error_messages["required"] = missing


class PeriodForm(forms.Form):
    """``from`` and ``to`` in the address, dd/mm/yyyy."""

    def __init__(self, data: Mapping[str, Any], *, default: Period, **kwargs: Any) -> None:
        initial_dates = {"from": default.first, "to": default.last}
        given = {name: data[name] for name in data if data[name] != ""}
        super().__init__({**initial_dates, **given}, initial=initial_dates, **kwargs)
        self.default = default
        # `from` is no name Python lets a class attribute have; the dates come first.
        self.fields = {
            "from": _make_day_field(_("From day")),
            "to": _make_day_field(_("To day")),
            **self.fields,
        }

    def clean(self) -> dict[str, Any]:
        super().clean()
        cleaned = self.cleaned_data
        first, last = cleaned.get("from"), cleaned.get("to")
        if first and last and last < first:
            self.add_error("to", _("The last day must not be before the first day."))
        return cleaned

    @property
    def period(self) -> Period:
        """Return the requested period; the default as long as the dates make none."""
        if self.is_valid():
            return Period(self.cleaned_data["from"], self.cleaned_data["to"])
        return self.default


def _make_day_field(label: Any) -> DayField:
    invalid = {"invalid": _("Please enter the date as dd/mm/yyyy.")}
    field = DayField(label=label, earliest=_EARLIEST, error_messages=invalid)
    field.widget.attrs["size"] = 10
    return field
