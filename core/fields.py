"""Form fields that several apps share."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.forms.models import ModelChoiceIterator
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from core.errors import Refused
from core.leaks import require_recordable
from core.reasons import LONGEST_REASON

# A day beyond these overflows calendars and databases; no person means one.
EARLIEST, LATEST = date(1945, 1, 1), date(2099, 12, 31)
# Django's own words for a list in which nothing is chosen yet: its Vietnamese lacks them.
_("- Select an option -")


class DayField(forms.DateField):
    """A day within the years that the portal accepts, typed as dd/mm/yyyy.

    Not the browser's own calendar: that one writes dates by the machine's language, month first on
    many.
    """

    def __init__(self, *, earliest: date = EARLIEST, latest: date = LATEST, **options: Any) -> None:
        attrs = {"placeholder": _("dd/mm/yyyy"), "autocomplete": "off"}
        options.setdefault("widget", forms.DateInput(attrs=attrs, format="%d/%m/%Y"))
        message = _("Please enter a day from {first} to {last}.")
        outside = format_lazy(message, first=f"{earliest:%d/%m/%Y}", last=f"{latest:%d/%m/%Y}")
        bounds = [MinValueValidator(earliest, outside), MaxValueValidator(latest, outside)]
        super().__init__(validators=[*bounds, *options.pop("validators", [])], **options)


class MomentField(forms.DateTimeField):
    """A date and time within the years that the portal accepts."""

    def __init__(self, **options: Any) -> None:
        bounds = [
            MinValueValidator(datetime.combine(EARLIEST, datetime.min.time(), UTC)),
            MaxValueValidator(datetime.combine(LATEST, datetime.min.time(), UTC)),
        ]
        super().__init__(validators=[*bounds, *options.pop("validators", [])], **options)


class ClockField(forms.CharField):
    """A time of day as people here write it: 19:30, 19h30, 7h or 0730."""

    _WRITTEN = re.compile(r"(\d{1,2})(?:\s*[:.hg]\s*(\d{2})|(\d{2}))?\s*[hg]?", re.IGNORECASE)

    def __init__(self, **options: Any) -> None:
        attrs = {"placeholder": _("hh:mm"), "autocomplete": "off"}
        options.setdefault("widget", forms.TextInput(attrs=attrs))
        super().__init__(max_length=10, **options)

    def clean(self, value: Any) -> time | None:
        written = super().clean(value).strip()
        if not written:
            return None
        match = self._WRITTEN.fullmatch(written)
        try:
            return time(int(match[1]), int(match[2] or match[3] or 0)) if match else self._refuse()
        except ValueError:
            return self._refuse()

    def _refuse(self) -> time:
        raise ValidationError(_("Please enter the time as hh:mm, for example 19:30."))


class PasswordInput(forms.PasswordInput):
    """A password with a button that shows what was typed: keyboards for Vietnamese change words."""

    template_name = "components/password_input.html"


class _DayAndClock(forms.MultiWidget):
    """Two inputs beside each other, the day and the time of day."""

    template_name = "components/day_and_clock.html"

    def decompress(self, value: datetime | None) -> list[Any]:
        if value is None:
            return [None, None]
        local = timezone.localtime(value) if timezone.is_aware(value) else value
        return [local.date(), local.strftime("%H:%M")]

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Any]:
        """Take also both in one, as addresses and scripts name a moment."""
        if not (whole := data.get(name)):
            return super().value_from_datadict(data, files, name)
        try:
            return self.decompress(MomentField().clean(whole))
        except ValidationError:
            return [whole, ""]


class DayAndClockField(forms.MultiValueField):
    """A date and time, typed as dd/mm/yyyy and hh:mm, whatever the language of the machine."""

    def __init__(self, **options: Any) -> None:
        invalid = {"invalid": _("Please enter the date as dd/mm/yyyy.")}
        fields = [DayField(error_messages=invalid), ClockField()]
        for field, label in zip(fields, (_("Day"), _("Time of day")), strict=True):
            field.widget.attrs["aria-label"] = label
        widget = _DayAndClock([field.widget for field in fields])
        super().__init__(fields, widget=widget, require_all_fields=True, **options)

    def compress(self, values: Sequence[Any]) -> datetime | None:
        if not values:
            return None
        if None in values:
            raise ValidationError(_("Please enter the day and the time of day."))
        return timezone.make_aware(datetime.combine(*values))


class ReasonField(forms.CharField):
    """The reason of an action, which goes into the record: it names no people and no numbers."""

    def __init__(self, *, rows: int = 3, **options: Any) -> None:
        options.setdefault("label", _("Reason"))
        options.setdefault("max_length", LONGEST_REASON)
        super().__init__(widget=forms.Textarea(attrs={"rows": rows}), **options)

    def validate(self, value: str) -> None:
        super().validate(value)
        try:
            require_recordable(value)
        except Refused as error:
            raise ValidationError(str(error)) from None


class AssertionField(forms.CharField):
    """A passkey's answer, over the very decision: None where there is none, else an object that is
    not empty.
    """

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        if not value:
            return None
        try:
            answer = json.loads(value) if len(value) <= (self.max_length or 0) else None
        except (ValueError, RecursionError):
            answer = None
        # What is empty must not pass for an approval without a passkey, from which a code is asked
        # before.
        if not answer or not isinstance(answer, dict):
            raise ValidationError(
                _("The passkey's answer cannot be read. Nothing was approved; please try again.")
            )
        return answer


class _RowsAtOnce(ModelChoiceIterator):
    """Django's own reads through a cursor of PostgreSQL: three statements for a list of thirty."""

    def __iter__(self) -> Iterator[Any]:
        if self.field.empty_label is not None:
            yield "", self.field.empty_label
        yield from map(self.choice, self.queryset.all())


class ShortModelChoiceField(forms.ModelChoiceField):
    """A choice among few rows, read by one statement."""

    iterator = _RowsAtOnce
