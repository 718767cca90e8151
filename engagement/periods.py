"""Periods as officers mean them: whole days on the station's clock, both ends included."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Self

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

QUICK = (7, 30, 90)
# The portal's first unit is younger, and a date far beyond overflows the database's calendar.
_EARLIEST, _LATEST = date(2020, 1, 1), date(2099, 12, 31)


@dataclass(frozen=True, slots=True)
class Period:
    first: date
    last: date

    @classmethod
    def last_days(cls, days: int, *, today: date | None = None) -> Self:
        """``days`` days that end today."""
        today = today or timezone.localdate()
        return cls(today - timedelta(days=days - 1), today)

    @property
    def start(self) -> datetime:
        return _midnight(self.first)

    @property
    def end(self) -> datetime:
        """The first moment that no longer belongs to the period."""
        return _midnight(self.last + timedelta(days=1))

    def __str__(self) -> str:
        return f"{self.first:%d/%m/%Y} – {self.last:%d/%m/%Y}"

    @property
    def query(self) -> dict[str, str]:
        """As it stands in an address."""
        return {"from": f"{self.first:%d/%m/%Y}", "to": f"{self.last:%d/%m/%Y}"}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())


class PeriodForm(forms.Form):
    """``from`` and ``to`` in the address, dd/mm/yyyy."""

    def __init__(self, data: Mapping[str, Any], *, default: Period, **kwargs: Any) -> None:
        shown = {"from": default.first, "to": default.last}
        given = {name: data[name] for name in data if data[name] != ""}
        super().__init__({**shown, **given}, initial=shown, **kwargs)
        self.default = default
        # `from` is no name Python lets a class attribute have; the dates come first.
        self.fields = {"from": _day(gettext_lazy("From day")), "to": _day(gettext_lazy("To day")), **self.fields}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        first, last = cleaned.get("from"), cleaned.get("to")
        if first and last and last < first:
            self.add_error("to", _("The last day must not be before the first day."))
        return cleaned

    @property
    def period(self) -> Period:
        """What was asked for; the default as long as the dates make no period."""
        if self.is_valid():
            return Period(self.cleaned_data["from"], self.cleaned_data["to"])
        return self.default


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        # Not the browser's own calendar: that one writes dates by the machine's language, month first on many.
        widget=forms.DateInput(
            attrs={"placeholder": gettext_lazy("dd/mm/yyyy"), "autocomplete": "off", "size": 10},
            format="%d/%m/%Y",
        ),
        validators=[MinValueValidator(_EARLIEST), MaxValueValidator(_LATEST)],
        error_messages={"invalid": gettext_lazy("Please enter the date as dd/mm/yyyy.")},
    )


def quick_links(period: Period, *extra: tuple[str, Period]) -> list[dict[str, Any]]:
    """The periods one tap away; which one is shown now is marked."""
    offered = [*extra, *((_("%(n)s days") % {"n": n}, Period.last_days(n)) for n in QUICK)]
    return [{"label": label, "current": choice == period, **choice.query} for label, choice in offered]
