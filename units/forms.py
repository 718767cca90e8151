from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core import phones
from core.fields import DayField, ReasonField
from core.lists import FilterForm, SearchField
from units.facts import LONGEST_LABEL, MOST_NUMBERS, Facts, PublicNumber
from units.models import KINDS, Level, Unit, UnitFacts
from units.queries import find_unit


class UnitField(forms.CharField):
    """A unit by its name (accents may be left out) or official code; with JavaScript a list to
    choose from.

    Give it ``units``, the queryset among which it looks, before the form is cleaned.
    """

    def __init__(self, **kwargs: Any):
        kwargs.setdefault("label", _("Unit"))
        kwargs.setdefault("help_text", _("Name or official code; accents may be left out."))
        super().__init__(max_length=200, **kwargs)
        self.units = Unit.objects.none()

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {
            **super().widget_attrs(widget),
            "data-unit-search": reverse_lazy("units:options"),
            "autocomplete": "off",
        }

    def prepare_value(self, value: Any) -> Any:
        return value.label if isinstance(value, Unit) else value

    def clean(self, value: Any) -> Unit | None:
        text = super().clean(value)
        return self.find(text) if text else None

    def find(self, text: str) -> Unit:
        match = find_unit(text, self.units)
        if match.unit:
            return match.unit
        if match.candidates:
            listed = "; ".join(f"{u.label} ({u.code})" for u in match.candidates)
            raise ValidationError(
                _("Several units fit. Write the code of the one you mean: %(units)s."),
                params={"units": listed},
            )
        raise ValidationError(_("No unit “%(words)s” in your area."), params={"words": text})


class UnitsField(UnitField):
    """Several units, one a line."""

    widget = forms.Textarea(attrs={"rows": 3})

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {}

    def clean(self, value: Any) -> list[Unit]:
        return [self.find(line.strip()) for line in (value or "").splitlines() if line.strip()]


class Filters(FilterForm):
    q = SearchField(_("Search units"), _("Name, place or code"), max_length=200)
    show = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[
            ("", _("Units in being")),
            ("closed", _("Closed units")),
            ("no_police", _("Without a police body")),
            ("all", _("All")),
        ],
    )


def _list_kinds(level: Level) -> list[tuple[str, Any]]:
    return [("", _("Choose…")), *((kind, kind) for kind in KINDS[level])]


class NewUnit(forms.Form):
    kind = forms.ChoiceField(
        label=_("Kind"),
        help_text=_("Kits for one kind of unit reach it by this."),
    )
    place = forms.CharField(
        label=_("Place"), max_length=100, help_text=_("Such as Phường Ba Đình.")
    )
    name = forms.CharField(
        label=_("Name of the police body"),
        max_length=150,
        required=False,
        help_text=_("Empty: made from the place, such as Công an phường Ba Đình."),
    )
    code = forms.RegexField(
        r"^[0-9A-Za-z]+$", label=_("Official code"), max_length=10, required=False, empty_value=""
    )
    has_police_body = forms.BooleanField(label=_("Has a police body"), required=False, initial=True)
    valid_from = DayField(label=_("Founded on"), initial=timezone.localdate)
    reason = ReasonField(rows=2)

    def __init__(self, *args: Any, level: Level, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = _list_kinds(level)


class Rename(forms.Form):
    place = forms.CharField(label=_("Place"), max_length=100)
    name = forms.CharField(label=_("Name of the police body"), max_length=150)
    code = forms.RegexField(
        r"^[0-9A-Za-z]+$", label=_("Official code"), max_length=10, required=False, empty_value=""
    )
    on = DayField(
        label=_("In force since"), initial=timezone.localdate, help_text=_("As the decision says.")
    )
    reason = ReasonField(rows=2)


class Close(forms.Form):
    on = DayField(
        label=_("Closed from"),
        initial=timezone.localdate,
        help_text=_("The first day on which the unit is no more."),
    )
    reason = ReasonField(rows=2)


class Merge(forms.Form):
    others = UnitsField(
        label=_("Further units merged at the same time"),
        required=False,
        help_text=_("One a line, name or official code."),
    )
    target = forms.ChoiceField(
        label=_("Merged into"),
        choices=[("existing", _("A unit that exists")), ("new", _("A new unit"))],
        initial="existing",
        widget=forms.RadioSelect,
    )
    into = UnitField(label=_("The unit that exists"), required=False)
    kind = forms.ChoiceField(label=_("New unit: kind"), required=False)
    place = forms.CharField(label=_("New unit: place"), max_length=100, required=False)
    name = forms.CharField(
        label=_("New unit: name of the police body"), max_length=150, required=False
    )
    code = forms.RegexField(
        r"^[0-9A-Za-z]+$",
        label=_("New unit: official code"),
        max_length=10,
        required=False,
        empty_value="",
    )
    on = DayField(
        label=_("In force from"),
        initial=timezone.localdate,
        help_text=_("The first day of the new order."),
    )
    move_people = forms.BooleanField(
        label=_("Those in office get the same post in the successor"), required=False, initial=True
    )
    reason = ReasonField(rows=2)

    def __init__(self, *args: Any, unit: Unit, units: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.unit = unit
        for name in ("others", "into"):
            self.fields[name].units = units
        self.fields["kind"].choices = _list_kinds(Level(unit.level))
        self.fields["kind"].initial = unit.kind if unit.level == Level.COMMUNE else ""

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("target") == "existing" and not data.get("into") and "into" not in self.errors:
            self.add_error("into", _("Choose the unit that continues."))
        ending = {self.unit, *(data.get("others") or ())}
        if data.get("target") == "existing" and data.get("into") in ending:
            self.add_error("into", _("A unit cannot be merged into itself."))
        if data.get("target") == "new":
            for name in ("kind", "place"):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, _("Please fill this in for the new unit."))
        return data


class PhoneField(forms.CharField):
    """A Vietnamese telephone number, grouped in any way; cleaned to its digits as dialled."""

    widget = forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"})

    def __init__(self, **kwargs: Any):
        super().__init__(max_length=40, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return (
            phones.group_digits(value) if value and phones.parse_digits(value) == value else value
        )

    def clean(self, value: Any) -> str:
        typed = super().clean(value)
        return parse_number(typed) if typed else ""


def parse_number(typed: str) -> str:
    """Return the digits of a number. Raise ValidationError, which shows how one is written."""
    if number := phones.parse_digits(typed):
        return number
    raise ValidationError(
        _(
            "“%(typed)s” is no Vietnamese telephone number. Write it with its area code, such as "
            "0236 3822 300, or a short number such as 113."
        ),
        params={"typed": typed[:40]},
    )


def _split_number_and_label(line: str) -> tuple[str, str]:
    """Split a line behind the number; a plain dash counts only between spaces, for a number may
    hold one.
    """
    for mark in ("–", "—", ":", " - "):
        number, separator, label = line.partition(mark)
        if separator:
            return number.strip(), label.strip()
    return line, ""


class FactsForm(forms.Form):
    """Ask for what a unit tells residents about itself."""

    address = forms.CharField(
        label=_("Address of the station"),
        max_length=200,
        required=False,
        help_text=_("As residents look for it: house number, street, commune."),
    )
    duty_phone = PhoneField(
        label=_("Telephone of the officer on duty"),
        required=False,
        help_text=_("Answered day and night."),
    )
    opening_hours = forms.CharField(
        label=_("Opening hours"),
        max_length=200,
        required=False,
        help_text=_("For callers in person, such as: 7:30–11:30, 13:30–17:00, Monday to Friday."),
    )
    public_numbers = forms.CharField(
        label=_("Further numbers that posts may name"),
        max_length=3000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_(
            "One a line: the number, a dash, whose it is, such as 0905 123 456 – area officer of "
            "group 5. No private numbers."
        ),
    )

    leader_phone = PhoneField(
        label=_("Telephone of the leader"),
        required=False,
        help_text=_(
            "For the province and the ministry alone, who call when something is urgent. Residents "
            "never see it, and posts do not name it."
        ),
    )

    def __init__(self, data: Any = None, *, facts: UnitFacts):
        lines = (f"{phones.group_digits(n['number'])} – {n['label']}" for n in facts.public_numbers)
        super().__init__(
            data,
            initial={
                "address": facts.address,
                "duty_phone": facts.duty_phone,
                "opening_hours": facts.opening_hours,
                "leader_phone": facts.leader_phone,
                "public_numbers": "\n".join(line.rstrip(" –") for line in lines),
            },
        )

    def clean_public_numbers(self) -> list[PublicNumber]:
        lines = [line.strip() for line in self.cleaned_data["public_numbers"].splitlines()]
        written = [_split_number_and_label(line) for line in lines if line]
        if len(written) > MOST_NUMBERS:
            raise ValidationError(_("At most %(n)s numbers, please."), params={"n": MOST_NUMBERS})
        numbers = [PublicNumber(parse_number(number), label) for number, label in written]
        for entry in numbers:
            if len(entry.label) > LONGEST_LABEL:
                raise ValidationError(
                    _("“%(label)s…” is too long: at most %(n)s characters behind a number."),
                    params={"label": entry.label[:20], "n": LONGEST_LABEL},
                )
        return numbers

    def facts(self) -> Facts:
        return Facts(**self.cleaned_data)
