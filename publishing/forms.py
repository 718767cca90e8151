from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from campaigns.models import Campaign
from channels.models import Channel
from posts.models import Post
from publishing.queries import LONGEST_WINDOW, Wanted
from publishing.services import local, spread
from units.models import Unit


def time_field(**options: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": 60}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(widget=widget, **options)


def check_time(when: datetime, post: Post, *, now: datetime) -> None:
    """Raises ValidationError with the reason why nothing can go out at ``when``; the service holds to the same."""
    if when <= now:
        raise ValidationError(_("The time of publication must be later than now."))
    if post.valid_until and when >= post.valid_until:
        raise ValidationError(_("The post is valid only until %(when)s.") % {"when": local(post.valid_until)})


class ReviewForm(forms.Form):
    """A decision on exactly one revision: the one that stood on the screen."""

    APPROVE, SCHEDULE, NOW, RETURN = "approve", "schedule", "now", "return"

    revision = forms.UUIDField(widget=forms.HiddenInput)
    decision = forms.ChoiceField(choices=[(c, c) for c in (APPROVE, SCHEDULE, NOW, RETURN)], widget=forms.HiddenInput)
    reason = forms.CharField(
        label=gettext_lazy("Reason for the return"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("Say what should be changed; the officer reads these words."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("decision") == self.RETURN and not cleaned.get("reason", "").strip():
            self.add_error("reason", _("Please write why, so that the officer can revise the post."))
        return cleaned


def anyway_field() -> forms.BooleanField:
    return forms.BooleanField(
        label=gettext_lazy("Publish anyway: the same text twice in one minute is meant"), required=False
    )


class ScheduleForm(forms.Form):
    """One time for all chosen channels, spread where the campaign says so, and another for a channel that needs it."""

    anyway = anyway_field()

    due_at = time_field(
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

    def __init__(self, *args: Any, post: Post, channels: list[Channel], now: datetime, **options: Any):
        super().__init__(*args, **options)
        self.post, self.now = post, now
        self.at_once = bool(self.data.get("now"))
        self.times: dict[Channel, datetime] = {}
        self.fields["channels"].queryset = Channel.objects.filter(pk__in=[c.pk for c in channels]).order_by(
            "platform", "name"
        )
        self.own_times = {}
        if len(channels) > 1:
            for channel in channels:
                name = f"at_{channel.public_id}"
                self.fields[name] = time_field(label=str(channel), required=False)
                self.own_times[channel.pk] = name
        # Nobody needs a common time who publishes at once, or who gives each channel its own.
        self.fields["due_at"].required = not self.at_once and not any(
            self.data.get(name) for name in self.own_times.values()
        )

    @property
    def has_own_times(self) -> bool:
        return any(field.value() or field.errors for field in self.own_time_fields())

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
            self.times[channel] = when if cleaned.get(name) and name != "due_at" else spread(self.post, when)
            field = name if cleaned.get(name) else "due_at"
            try:
                check_time(when, self.post, now=self.now)
            except ValidationError as error:
                if field not in self.errors:
                    self.add_error(field, error)
        return cleaned


class MoveForm(forms.Form):
    """A time for one delivery, kept as it is given: a campaign's spread is for the first schedule alone."""

    due_at = time_field(label=gettext_lazy("New time of publication"))
    anyway = anyway_field()

    def __init__(self, *args: Any, post: Post, now: datetime, **options: Any):
        super().__init__(*args, **options)
        self.post, self.now = post, now

    def clean_due_at(self) -> datetime:
        check_time(self.cleaned_data["due_at"], self.post, now=self.now)
        return self.cleaned_data["due_at"]


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("Please write why the post is withdrawn.")},
    )


class WithdrawForm(ReasonForm):
    take_down = forms.BooleanField(
        label=gettext_lazy("Also take it down from the channels where it stands"), required=False, initial=True
    )

    def __init__(self, *args: Any, standing: int, **options: Any):
        super().__init__(*args, **options)
        if not standing:
            del self.fields["take_down"]


class CancelForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class ProofForm(forms.Form):
    """That a post stands on a page to which people post themselves."""

    permalink = forms.URLField(
        label=gettext_lazy("Link of the post on the page"),
        max_length=500,
        assume_scheme="https",
        widget=forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "off", "inputmode": "url"}),
        help_text=gettext_lazy("Open the post on the page, copy its link and paste it here."),
        error_messages={
            "required": gettext_lazy("Please enter the link of the post."),
            "invalid": gettext_lazy("This is not a link. Copy the whole address, from https:// on."),
        },
    )
    published_at = time_field(
        label=gettext_lazy("Time of posting"),
        required=False,
        help_text=gettext_lazy("Leave empty if you have posted it just now."),
    )

    def clean_permalink(self) -> str:
        return self.cleaned_data["permalink"].strip()


class DecideForm(forms.Form):
    """What a person saw on the page."""

    STANDS, ABSENT = "stands", "absent"

    seen = forms.ChoiceField(
        label=gettext_lazy("What do you see on the page?"),
        choices=[
            (STANDS, gettext_lazy("The post stands on the page")),
            (ABSENT, gettext_lazy("The post is not there")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Please say whether the post stands on the page.")},
    )
    permalink = forms.URLField(
        label=gettext_lazy("Link of the post on the page"),
        required=False,
        max_length=500,
        assume_scheme="https",
        help_text=gettext_lazy("Open the post on the page and copy its address from the browser."),
        error_messages={"invalid": gettext_lazy("This is not a link. Copy the whole address, from https:// on.")},
    )

    def __init__(self, *args: Any, removal: bool, **options: Any):
        """``removal``: it is to be deleted by hand, and the question is whether that is done."""
        super().__init__(*args, **options)
        if removal:
            self.fields["seen"].choices = [
                (self.ABSENT, _("The post is gone from the page")),
                (self.STANDS, _("The post still stands on the page")),
            ]
            del self.fields["permalink"]


class CalendarForm(forms.Form):
    """The calendar's filters, as they stand in the address."""

    unit = forms.ModelChoiceField(Unit.objects.none(), to_field_name="key", required=False, label=gettext_lazy("Unit"))
    channel = forms.ModelChoiceField(
        Channel.objects.none(), to_field_name="public_id", required=False, label=gettext_lazy("Channel")
    )
    campaign = forms.ModelChoiceField(
        Campaign.objects.none(), to_field_name="public_id", required=False, label=gettext_lazy("Campaign")
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
        required=False, choices=[(v, v) for v in ("month", "week", "list")], widget=forms.HiddenInput
    )
    date = forms.DateField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, user: User, desk_unit: Unit):
        super().__init__(data)
        self.desk_unit = desk_unit
        asked = str(data.get("unit", ""))
        # The desk's unit and those just below; an address may name any other one that the person can see.
        units = Unit.objects.visible_to(user).filter(Q(pk=desk_unit.pk) | Q(parent=desk_unit) | Q(key=asked))
        self.fields["unit"].queryset = units
        self.fields["unit"].empty_label = str(desk_unit)
        place = next((u for u in units.filter(key=asked)), desk_unit) if asked else desk_unit
        self.fields["channel"].queryset = Channel.objects.visible_to(user).filter(unit=place)
        self.fields["campaign"].queryset = Campaign.objects.open_to(place)
        for name, label in (("channel", _("All channels")), ("campaign", _("All campaigns"))):
            self.fields[name].empty_label = label
            self.fields[name].widget.choices = self.fields[name].choices
            if not self.fields[name].queryset.exists():
                del self.fields[name]
        if not units.exclude(pk=desk_unit.pk).exists():
            del self.fields["unit"]
        else:
            self.fields["unit"].widget.attrs["data-choices"] = ""

    def wanted(self) -> Wanted:
        """The filters as far as they are valid; without a unit, the desk's."""
        self.is_valid()
        given = self.cleaned_data
        return Wanted(
            unit=given.get("unit") or self.desk_unit,
            channel=given.get("channel"),
            campaign=given.get("campaign"),
            state=given.get("state") or "",
        )


class WindowForm(forms.Form):
    """The days that the calendar asks the feed for."""

    start = forms.DateTimeField()
    end = forms.DateTimeField()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        start, end = cleaned.get("start"), cleaned.get("end")
        if start and end and not timedelta(0) < end - start <= LONGEST_WINDOW:
            raise ValidationError(_("Please ask for at most %(n)s days.") % {"n": LONGEST_WINDOW.days})
        return cleaned
