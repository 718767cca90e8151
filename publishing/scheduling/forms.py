"""Forms for the time of publication."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.models import Channel
from channels.states import by_platform
from core.clock import format_local_time
from core.errors import Refused
from core.fields import DayAndClockField, ReasonField
from posts.models import Post
from publishing.scheduling.conflicts import refuse_blackout
from publishing.scheduling.scheduling import spread_time


def clock_field(**options: Any) -> forms.TimeField:
    """Return a field for hours and minutes. Not the browser's own clock: on an English one it asks
    for AM and PM.
    """
    attrs = {"placeholder": "19:30", "autocomplete": "off"}
    return forms.TimeField(
        input_formats=["%H:%M", "%Hh%M", "%Hh", "%H"],
        widget=forms.TextInput(attrs=attrs),
        error_messages={
            "required": gettext_lazy("Please enter the time, such as 19:30."),
            "invalid": gettext_lazy("Please enter the time as hours and minutes, such as 19:30."),
        },
        **options,
    )


def check_time(when: datetime, post: Post, *, now: datetime) -> None:
    """Raise ValidationError with the reason why nothing can go
    out at ``when``; the service refuses for the same reasons."""
    if when <= now:
        raise ValidationError(_("The time of publication must be later than now."))
    if post.ends_at and when >= post.ends_at:
        raise ValidationError(
            _("The post is valid only until %(when)s.") % {"when": format_local_time(post.ends_at)}
        )


def anyway_field() -> forms.BooleanField:
    return forms.BooleanField(
        label=gettext_lazy("Publish anyway: the same text twice in one minute is meant"),
        required=False,
    )


class ScheduleForm(forms.Form):
    """One time for all chosen channels, spread where the campaign says so, and another for a
    channel that needs it.
    """

    anyway = anyway_field()

    due_at = DayAndClockField(
        label=gettext_lazy("Time of publication"),
        error_messages={"required": gettext_lazy("Please enter the time of publication.")},
    )
    channels = forms.ModelMultipleChoiceField(
        Channel.objects.none(),
        to_field_name="public_id",
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("Channels"),
        error_messages={"required": gettext_lazy("No channel is chosen.")},
    )

    def __init__(
        self, *args: Any, post: Post, channels: list[Channel], now: datetime, **options: Any
    ):
        super().__init__(*args, **options)
        self.post, self.channels, self.now = post, channels, now
        self.at_once = bool(self.data.get("now"))
        self.times: dict[Channel, datetime] = {}
        self.blackout = ""  # why nothing may be scheduled for one of the times
        self.fields["channels"].queryset = Channel.objects.filter(
            pk__in=[c.pk for c in channels]
        ).order_by(by_platform(), "name")
        self.own_times = {}
        if len(channels) > 1:
            for channel in channels:
                name = f"at_{channel.public_id}"
                self.fields[name] = DayAndClockField(label=str(channel), required=False)
                self.own_times[channel.pk] = name
        # No common time is needed to publish at once, or where each channel has its own.
        self.fields["due_at"].required = not self.at_once and not (
            self.is_bound and self.has_own_times
        )

    @property
    def has_own_times(self) -> bool:
        if self.is_bound:
            return any(any(field.value()) for field in self.own_time_fields())
        return any(field.value() for field in self.own_time_fields())

    def initial_times(self) -> dict[Channel, datetime]:
        """Return each channel's time as the form offers it before it is filled in."""
        common = self.initial.get("due_at")
        times = {}
        for channel in self.channels:
            own = self.initial.get(self.own_times.get(channel.pk, ""))
            if channel.public_id in self.initial["channels"] and (own or common):
                times[channel] = own or spread_time(self.post, common)
        return times

    def own_time_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.own_times.values()]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        chosen = cleaned.get("channels") or []
        if self.at_once:
            self.times = dict.fromkeys(chosen, self.now)
            return cleaned
        common = cleaned.get("due_at")
        for channel in chosen:
            name = self.own_times.get(channel.pk, "due_at")
            when = cleaned.get(name) or common
            if when is None:
                if "due_at" not in self.errors:
                    self.add_error("due_at", _("Please enter the time of publication."))
                continue
            self.times[channel] = (
                when if cleaned.get(name) and name != "due_at" else spread_time(self.post, when)
            )
            field = name if cleaned.get(name) else "due_at"
            try:
                check_time(when, self.post, now=self.now)
            except ValidationError as error:
                if field not in self.errors:
                    self.add_error(field, error)
        if not self.errors:
            self._check_blackouts()
        return cleaned

    def _check_blackouts(self) -> None:
        """Name the blackout beside the field whose time lies in it; the service refuses it too."""
        for channel, at in list(self.times.items()):
            try:
                refuse_blackout(self.post, {channel: at})
            except Refused as error:
                name = self.own_times.get(channel.pk, "due_at")
                field = name if self.cleaned_data.get(name) else "due_at"
                self.blackout = str(error)
                if field not in self.errors:
                    self.add_error(field, self.blackout)


class MoveForm(forms.Form):
    """A time for deliveries of one post, kept as it is given: a campaign's spread is for the first
    schedule alone.
    """

    due_at = DayAndClockField(label=gettext_lazy("New time of publication"))
    anyway = anyway_field()
    # The time of which the page has said what else goes out beside it.
    said_of = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, post: Post, channels: list[Channel], now: datetime, **options: Any
    ):
        super().__init__(*args, **options)
        self.post, self.channels, self.now = post, channels, now

    def clean_due_at(self) -> datetime:
        due_at = self.cleaned_data["due_at"]
        check_time(due_at, self.post, now=self.now)
        try:
            refuse_blackout(self.post, dict.fromkeys(self.channels, due_at))
        except Refused as error:
            raise ValidationError(str(error)) from None
        return due_at

    def ask_once(self, message: str) -> bool:
        """Show ``words`` on what the chosen time means before anything moves; sent again with the
        same time, the form is agreed to. Return whether it is asked now.
        """
        chosen = self.cleaned_data["due_at"].isoformat()
        if self.cleaned_data["said_of"] == chosen:
            return False
        self.data = self.data.copy()
        self.data["said_of"] = chosen
        self.add_error(None, message)
        return True


class CancelForm(forms.Form):
    reason = ReasonField(required=False, max_length=2000)
