"""Forms for slots: a time on the station's clock, and the days on which it recurs."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from channels.models import Channel
from channels.states import by_platform, platforms
from publishing.models import Slot, SlotQuerySet, Weekday
from publishing.scheduling.forms import clock_field


class WeeklyForm(forms.Form):
    """A time and its weekdays: the base of the forms that add one."""

    use_required_attribute = False
    at = clock_field(label=_("Time"))
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Weekdays"),
        choices=Weekday,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Please choose at least one day.")},
    )


class SlotForm(WeeklyForm):
    """A weekly time for some of a unit's channels."""

    channels = forms.ModelMultipleChoiceField(
        Channel.objects.none(),
        to_field_name="public_id",
        widget=forms.CheckboxSelectMultiple,
        label=_("Channels"),
        error_messages={"required": _("No channel is chosen.")},
    )

    def __init__(self, *args: Any, channels: list[Channel], **options: Any):
        options.setdefault("initial", {"channels": [c.public_id for c in channels]})
        super().__init__(*args, **options)
        known = Channel.objects.filter(pk__in=[c.pk for c in channels])
        self.fields["channels"].queryset = known.order_by(by_platform(), "name")


class SuggestionForm(WeeklyForm):
    """A weekly time for the units below, on one platform or on all."""

    prefix = "suggest"
    platform = forms.ChoiceField(label=_("Platform"), required=False)

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        self.fields["platform"].choices = [("", _("All platforms")), *platforms()]


class ChosenForm(forms.Form):
    """The rows that a button names, among those the person may see."""

    chosen = forms.ModelMultipleChoiceField(
        Slot.objects.none(),
        to_field_name="public_id",
        error_messages={"required": _("Nothing is chosen.")},
    )

    def __init__(self, *args: Any, among: SlotQuerySet, **options: Any):
        super().__init__(*args, **options)
        self.fields["chosen"].queryset = among
