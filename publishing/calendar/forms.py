"""Forms of the calendar: its filters, and the days that it asks for."""

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from campaigns.models import Campaign
from channels.models import Channel
from core.fields import DayField, MomentField, ReasonField, ShortModelChoiceField
from publishing.calendar.queries import LONGEST_WINDOW, CalendarFilter, covers_many_units
from publishing.scheduling.forms import clock_field
from units.models import Unit

VIEWS = ("month", "week", "day", "list", "board")


class CalendarForm(forms.Form):
    """The calendar's filters, as the address gives them."""

    unit = ShortModelChoiceField(
        Unit.objects.none(), to_field_name="key", required=False, label=gettext_lazy("Unit")
    )
    channel = ShortModelChoiceField(
        Channel.objects.none(),
        to_field_name="public_id",
        required=False,
        label=gettext_lazy("Channel"),
    )
    campaign = ShortModelChoiceField(
        Campaign.objects.none(),
        to_field_name="public_id",
        required=False,
        label=gettext_lazy("Campaign"),
    )
    state = forms.ChoiceField(
        required=False,
        label=gettext_lazy("State"),
        choices=[
            ("", gettext_lazy("All but cancelled")),
            ("waiting", gettext_lazy("Scheduled")),
            ("going", gettext_lazy("Going out")),
            ("attention", gettext_lazy("Needs attention")),
            ("published", gettext_lazy("Published")),
            ("ended", gettext_lazy("Cancelled or taken down")),
        ],
    )
    view = forms.ChoiceField(
        required=False,
        choices=[(v, v) for v in VIEWS],
        widget=forms.HiddenInput,
    )
    date = DayField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, user: User, own_unit: Unit):
        super().__init__(data)
        self.own_unit = own_unit
        asked = str(data.get("unit", ""))
        # The own unit and those just below; an address may name any other one that the person
        # can see.
        units = Unit.objects.visible_to(user).filter(
            Q(pk=own_unit.pk) | Q(parent=own_unit) | Q(key=asked)
        )
        self.fields["unit"].queryset = units
        place = next((u for u in units.filter(key=asked)), own_unit) if asked else own_unit
        self.fields["channel"].queryset = Channel.objects.visible_to(user).filter(unit=place)
        self.fields["campaign"].queryset = Campaign.objects.open_to(place)
        for name, label in (("channel", _("All channels")), ("campaign", _("All campaigns"))):
            self.fields[name].empty_label = label
            self.fields[name].widget.choices = self.fields[name].choices
            if not self.fields[name].queryset.exists():
                del self.fields[name]
        if not (covers_many_units(own_unit) or units.exclude(pk=own_unit.pk).exists()):
            del self.fields["unit"]
        else:
            choices = [("", str(own_unit)), *units.values_list("key", "name")]
            self.fields["unit"].choices = choices
            self.fields["unit"].widget.attrs["data-choices"] = ""

    def has_changed(self) -> bool:
        """Say whether something narrows the calendar: the view and the day do not."""
        return bool({*self.changed_data} - {"view", "date"})

    def chosen(self) -> CalendarFilter:
        """Return the filters as far as they are valid; without a unit, the current position's."""
        self.is_valid()
        given = self.cleaned_data
        return CalendarFilter(
            unit=given.get("unit") or self.own_unit,
            channel=given.get("channel"),
            campaign=given.get("campaign"),
            state=given.get("state") or "",
        )

    def active_filters(self) -> dict[str, str]:
        """Return the filters that hold, as an address gives them."""
        names = (name for name in self.fields if name not in ("view", "date"))
        return {name: str(self[name].value()) for name in names if self.cleaned_data.get(name)}


class WindowForm(forms.Form):
    """The days that the calendar asks the feed for."""

    start = MomentField()
    end = MomentField()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        start, end = cleaned.get("start"), cleaned.get("end")
        if start and end and not timedelta(0) < end - start <= LONGEST_WINDOW:
            raise ValidationError(
                _("Please ask for at most %(n)s days.") % {"n": LONGEST_WINDOW.days}
            )
        return cleaned


class DayForm(forms.Form):
    """The day for which a post is begun, as an address gives it."""

    day = DayField(input_formats=["%Y-%m-%d"])


class ManyForm(forms.Form):
    """The action to take on the chosen posts of the calendar."""

    MOVE, CANCEL, SUBMIT = "move", "cancel", "submit"

    act = forms.ChoiceField(choices=[(a, a) for a in (MOVE, CANCEL, SUBMIT)])
    day = DayField(
        required=False,
        label=gettext_lazy("New day"),
        error_messages={"invalid": gettext_lazy("Please enter the date as dd/mm/yyyy.")},
    )
    at = clock_field(required=False, label=gettext_lazy("New time"))
    reason = ReasonField(required=False, rows=1)
    # Agreed that other posts go out beside the new time.
    anyway = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        none = not cleaned.get("day") and not cleaned.get("at") and not self.errors
        if cleaned.get("act") == self.MOVE and none:
            self.add_error("day", _("Please enter a new day, a new time, or both."))
        return cleaned
