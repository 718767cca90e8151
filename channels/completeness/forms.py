"""Forms of completeness: a filter, and what a person saw on a page."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from channels.completeness.presenters import DAYS, LABELS, Item
from channels.states import Kind
from core import phones
from core.lists import FilterForm, SearchField
from platforms import hours


class CompletenessFilter(FilterForm):
    q = SearchField(_("Search channels"), _("Unit, channel name or address"))
    platform = forms.ChoiceField(
        label=_("Platform"), choices=[("", _("All")), *Kind.choices], required=False
    )
    missing = forms.ChoiceField(
        label=_("Lacks"), choices=[("", _("All")), *LABELS.items()], required=False
    )
    unit = forms.CharField(required=False, max_length=8, widget=forms.HiddenInput)


class SeenForm(forms.Form):
    """A yes or no for each item that only a person can say."""

    def __init__(self, *args: Any, items: Sequence[Item], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for item in items:
            self.fields[item.name] = forms.TypedChoiceField(
                label=item.label,
                choices=[("", _("not looked")), ("yes", _("it is there")), ("no", _("missing"))],
                coerce=lambda value: value == "yes",
                empty_value=None,
                required=False,
                initial={True: "yes", False: "no"}.get(item.there, ""),  # type: ignore[call-overload]
                help_text=item.note if item.said else "",
            )


class HoursField(forms.CharField):
    """The hours of one day, cleaned into spans."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=40, **kwargs)
        self.widget.attrs |= {"autocomplete": "off"}

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return hours.read_day(text)
        except ValueError:
            raise forms.ValidationError(
                _("Write hours as 07:30-11:30, 13:30-17:00, at most two spans a day.")
            ) from None


def _present_week(text: str) -> Mapping[str, Sequence[tuple[str, str]]]:
    """Return the hours that the page names; none where they are written in another way."""
    try:
        return hours.read_week(text) if text else {}
    except ValueError:
        return {}


class ProposeForm(forms.Form):
    """The texts of a page that the portal may write, beside what stands there now."""

    def __init__(
        self,
        *args: Any,
        limits: Mapping[str, int],
        present: Mapping[str, str],
        numbers: Mapping[str, str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if most := limits.get("description"):
            self.fields["description"] = forms.CharField(
                label=_("Description"),
                max_length=most,
                required=False,
                initial=present.get("description", ""),
                widget=forms.Textarea(attrs={"rows": 4}),
                help_text=_(
                    "At most %(n)s characters. Which unit, of which place, and that the page is "
                    "official."
                )
                % {"n": most},
            )
        if "phone" in limits and numbers:
            items = [
                (n, " · ".join(filter(None, [phones.group_digits(n), numbers[n]]))) for n in numbers
            ]
            self.fields["phone"] = forms.ChoiceField(
                label=_("Telephone number"),
                choices=[("", _("leave as it is")), *items],
                required=False,
                help_text=_("The numbers are those among the unit's own facts."),
            )
        if "hours" in limits:
            week = _present_week(present.get("hours", ""))
            for day in hours.DAYS:
                self.fields[f"hours_{day}"] = HoursField(
                    label=_("Open, %(day)s") % {"day": DAYS[day]},
                    required=False,
                    initial=hours.write_day(week.get(day, [])),
                    help_text=_("Such as 07:30-11:30, 13:30-17:00. Empty: closed.")
                    if day == hours.DAYS[0]
                    else "",
                )
        if "website" in limits and settings.REGISTER_URL:
            self.fields["website"] = forms.BooleanField(
                label=_("Write the address of the register as the page's website"),
                required=False,
                initial=settings.REGISTER_URL not in present.get("website", ""),
                help_text=settings.REGISTER_URL,
            )

    def texts(self) -> dict[str, str]:
        """Return the texts by field; empty for what shall stay as it is."""
        cleaned = dict(self.cleaned_data)
        if "website" in cleaned:
            cleaned["website"] = settings.REGISTER_URL if cleaned["website"] else ""
        week = {day: cleaned.pop(f"hours_{day}", []) for day in hours.DAYS}
        return {**cleaned, "hours": hours.write_week(week)} if any(week.values()) else cleaned
