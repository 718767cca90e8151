from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.fields import DayAndClockField, ReasonField
from publishing.broadcasts import broadcasting


def _reason_field(label: Any) -> ReasonField:
    return ReasonField(label=label, error_messages={"required": gettext_lazy("Please write why.")})


def _understood_field() -> forms.BooleanField:
    message = gettext_lazy("Please tick that you know this.")
    return forms.BooleanField(
        label=gettext_lazy("I know that it goes to all followers and that nobody can take it back"),
        error_messages={"required": message},
    )


class AskForm(forms.Form):
    """The request of the first person."""

    requested_time = DayAndClockField(
        label=gettext_lazy("Time"),
        required=False,
        help_text=gettext_lazy(
            "Between 06:00 and 22:00. Leave empty to send it as soon as a second person "
            "has confirmed it."
        ),
    )
    reason = _reason_field(gettext_lazy("Why should the followers be told of this post?"))
    understood = _understood_field()

    def __init__(self, *args: Any, now: datetime, **options: Any):
        super().__init__(*args, **options)
        self.now = now

    def clean_requested_time(self) -> datetime | None:
        at = self.cleaned_data["requested_time"]
        if at and at <= self.now:
            raise forms.ValidationError(_("The time must be later than now."))
        if at and not broadcasting.is_within_sending_hours(at):
            raise forms.ValidationError(
                _("Followers are sent something between 06:00 and 22:00 only.")
            )
        return at


class ConfirmForm(forms.Form):
    """The words of the second person, who confirms."""

    words = _reason_field(gettext_lazy("Why do you confirm it?"))
    understood = _understood_field()


class CallOffForm(forms.Form):
    reason = _reason_field(gettext_lazy("Reason"))


class DecideForm(forms.Form):
    """The observation of a person in the platform's own app."""

    SENT, NOT_SENT = "sent", "not_sent"

    seen = forms.ChoiceField(
        label=gettext_lazy("What do you see there?"),
        choices=[
            (SENT, gettext_lazy("It was sent to the followers")),
            (NOT_SENT, gettext_lazy("It was not sent")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Please say whether it was sent.")},
    )
    words = _reason_field(gettext_lazy("Where did you look, and what stands there?"))
