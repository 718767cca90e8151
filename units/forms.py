from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from units.models import Level, Unit
from units.queries import find_unit


class UnitField(forms.CharField):
    """A unit by its name (accents may be left out) or official code; with JavaScript a list to choose from.

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
        words = super().clean(value)
        return self.find(words) if words else None

    def find(self, words: str) -> Unit:
        found = find_unit(words, self.units)
        if found.unit:
            return found.unit
        if found.candidates:
            listed = "; ".join(f"{u.label} ({u.code})" for u in found.candidates)
            raise ValidationError(
                _("Several units fit. Write the code of the one you mean: %(units)s."), params={"units": listed}
            )
        raise ValidationError(_("No unit “%(words)s” in your area."), params={"words": words})


class UnitsField(UnitField):
    """Several units, one a line."""

    widget = forms.Textarea(attrs={"rows": 3})

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {}

    def clean(self, value: Any) -> list[Unit]:
        return [self.find(line.strip()) for line in (value or "").splitlines() if line.strip()]


class Filters(forms.Form):
    q = forms.CharField(
        label=_("Search units"),
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Name, place or code")}),
    )
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


# Not type="date": on a shared PC with an English browser that shows and takes the month first.
DATE = forms.DateInput(attrs={"placeholder": _("dd/mm/yyyy"), "autocomplete": "off"})
REASON = {"label": _("Reason"), "widget": forms.Textarea(attrs={"rows": 2}), "max_length": 500}


class NewUnit(forms.Form):
    kind = forms.CharField(label=_("Kind"), max_length=30, help_text=_("Such as xã, phường, đặc khu, tỉnh."))
    place = forms.CharField(label=_("Place"), max_length=100, help_text=_("Such as Phường Ba Đình."))
    name = forms.CharField(
        label=_("Name of the police body"),
        max_length=150,
        required=False,
        help_text=_("Empty: made from the place, such as Công an phường Ba Đình."),
    )
    code = forms.RegexField(r"^[0-9A-Za-z]+$", label=_("Official code"), max_length=10, required=False, empty_value="")
    has_police_body = forms.BooleanField(label=_("Has a police body"), required=False, initial=True)
    valid_from = forms.DateField(label=_("Founded on"), widget=DATE, initial=timezone.localdate)
    reason = forms.CharField(**REASON)


class Rename(forms.Form):
    place = forms.CharField(label=_("Place"), max_length=100)
    name = forms.CharField(label=_("Name of the police body"), max_length=150)
    code = forms.RegexField(r"^[0-9A-Za-z]+$", label=_("Official code"), max_length=10, required=False, empty_value="")
    on = forms.DateField(
        label=_("In force since"), widget=DATE, initial=timezone.localdate, help_text=_("As the decision says.")
    )
    reason = forms.CharField(**REASON)


class Close(forms.Form):
    on = forms.DateField(
        label=_("Closed from"),
        widget=DATE,
        initial=timezone.localdate,
        help_text=_("The first day on which the unit is no more."),
    )
    reason = forms.CharField(**REASON)


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
    kind = forms.CharField(label=_("New unit: kind"), max_length=30, required=False)
    place = forms.CharField(label=_("New unit: place"), max_length=100, required=False)
    name = forms.CharField(label=_("New unit: name of the police body"), max_length=150, required=False)
    code = forms.RegexField(
        r"^[0-9A-Za-z]+$", label=_("New unit: official code"), max_length=10, required=False, empty_value=""
    )
    on = forms.DateField(
        label=_("In force from"),
        widget=DATE,
        initial=timezone.localdate,
        help_text=_("The first day of the new order."),
    )
    move_people = forms.BooleanField(
        label=_("Those in office get the same post in the successor"), required=False, initial=True
    )
    reason = forms.CharField(**REASON)

    def __init__(self, *args: Any, unit: Unit, units: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name in ("others", "into"):
            self.fields[name].units = units
        self.fields["kind"].initial = unit.kind if unit.level == Level.COMMUNE else ""

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("target") == "existing" and not data.get("into") and "into" not in self.errors:
            self.add_error("into", _("Choose the unit that continues."))
        if data.get("target") == "new":
            for name in ("kind", "place"):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, _("Please fill this in for the new unit."))
        return data
