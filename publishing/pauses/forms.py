from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Topic
from channels.models import Channel
from channels.states import by_platform
from core.fields import DayAndClockField, ReasonField
from publishing.models import Delivery, Pause
from units.forms import UnitField
from units.models import Unit


class ScopeForm(forms.Form):
    """The unit to pause, with all below it."""

    unit = UnitField()

    def __init__(self, *args: Any, units: Any, **options: Any):
        super().__init__(*args, label_suffix="", **options)
        self.fields["unit"].units = units


class TimesForm(forms.Form):
    """The times at which a pause begins and ends by itself:
    the base of all forms that set times."""

    use_required_attribute = (
        False  # a field that the choice hides would stop the form without a word
    )
    starts_at = DayAndClockField(
        label=gettext_lazy("Begins at"),
        error_messages={"required": gettext_lazy("Please enter when the pause begins.")},
    )
    ends_at = DayAndClockField(
        label=gettext_lazy("Ends by itself at"),
        required=False,
        help_text=gettext_lazy("Empty: it lasts until somebody ends it."),
    )

    def __init__(self, *args: Any, now: datetime, begins: bool = True, **options: Any):
        super().__init__(*args, label_suffix="", **options)
        self.now = now
        if not begins:
            del self.fields["starts_at"]

    @property
    def is_planned(self) -> bool:
        return "starts_at" in self.fields

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        starts_at, ends_at = cleaned.get("starts_at"), cleaned.get("ends_at")
        if self.is_planned and starts_at and starts_at <= self.now:
            self.add_error(
                "starts_at",
                _("The start must be later than now. To pause at once, choose “Start now”."),
            )
        elif ends_at and ends_at <= (starts_at if self.is_planned and starts_at else self.now):
            late = (
                _("The end must be later than the start.")
                if self.is_planned
                else _("The end must be later than now.")
            )
            self.add_error("ends_at", late)
        return cleaned


class PauseForm(TimesForm):
    """A new pause within ``unit``: what it covers besides, why, and when."""

    NOW, PLANNED, PREPARED = "now", "planned", "prepared"

    channel = forms.ModelChoiceField(
        Channel.objects.none(),
        label=gettext_lazy("Only one channel"),
        to_field_name="public_id",
        required=False,
        empty_label=gettext_lazy("All channels"),
    )
    topic = forms.ModelChoiceField(
        Topic.objects.all(),
        label=gettext_lazy("Only one topic"),
        to_field_name="code",
        required=False,
        empty_label=gettext_lazy("All topics"),
    )
    reason = ReasonField(
        help_text=gettext_lazy(
            "Everybody whom the pause touches reads these words on their pages."
        ),
        error_messages={"required": gettext_lazy("Please write why publishing is paused.")},
    )
    urgent_passes = forms.BooleanField(
        label=gettext_lazy("Posts that were approved as urgent go out all the same"), required=False
    )
    is_blackout = forms.BooleanField(
        label=gettext_lazy("Blackout: nothing can be scheduled for this time either"),
        required=False,
        help_text=gettext_lazy(
            "For days known beforehand, such as a national mourning. It needs an end."
        ),
    )
    when = forms.ChoiceField(
        label=gettext_lazy("When"),
        choices=[
            (NOW, gettext_lazy("Start now")),
            (PLANNED, gettext_lazy("Begin by itself at a planned time")),
            (PREPARED, gettext_lazy("Only prepare it, to be started when it is needed")),
        ],
        initial=NOW,
        widget=forms.RadioSelect,
    )
    field_order = (
        "channel",
        "topic",
        "reason",
        "urgent_passes",
        "is_blackout",
        "when",
        "starts_at",
        "ends_at",
    )

    def __init__(self, *args: Any, unit: Unit, now: datetime, **options: Any):
        super().__init__(*args, now=now, **options)
        self.unit = unit
        self.fields["channel"].queryset = (
            Channel.objects.usable().filter(unit=unit).order_by(by_platform(), "name")
        )
        if not self.fields["channel"].queryset.exists():
            del self.fields["channel"]

    @property
    def is_planned(self) -> bool:
        return self["when"].value() == self.PLANNED

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        unasked = {self.NOW: ["starts_at"], self.PREPARED: ["starts_at", "ends_at"]}
        for name in unasked.get(cleaned.get("when", ""), []):
            self.errors.pop(name, None)
            cleaned[name] = None
        endless = not cleaned.get("ends_at") and "ends_at" not in self.errors
        if cleaned.get("is_blackout") and endless and cleaned.get("when") != self.PREPARED:
            self.add_error("ends_at", _("Please enter until when nothing may be scheduled."))
        return cleaned

    def requested(self) -> tuple[Pause, datetime, datetime | None]:
        """Return the pause as far as the form is filled in, not
        stored, with its start and end: to show what it would do."""
        self.is_valid()
        given = getattr(self, "cleaned_data", {})
        pause = Pause(
            unit=self.unit,
            channel=given.get("channel"),
            topic=given.get("topic"),
            urgent_passes=given.get("urgent_passes", False),
            is_blackout=given.get("is_blackout", False),
        )
        start = given.get("starts_at") if given.get("when") == self.PLANNED else None
        return pause, start or self.now, given.get("ends_at")


class KeepUnpublishedForm(forms.Form):
    deliveries = forms.ModelMultipleChoiceField(
        Delivery.objects.none(),
        to_field_name="public_id",
        error_messages={"required": gettext_lazy("Nothing is chosen.")},
    )

    def __init__(self, *args: Any, among: Any, **options: Any):
        super().__init__(*args, **options)
        self.fields["deliveries"].queryset = among
