"""Forms for the decision on a submitted post."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.fields import AssertionField, DayAndClockField, ReasonField
from posts.models import Post
from publishing.scheduling.forms import check_time


class QueueForm(forms.Form):
    """Take what a bulk approval carries besides the chosen revisions."""

    assertion = AssertionField(required=False, max_length=20_000)


class ReviewForm(forms.Form):
    """A decision on exactly one revision: the one that was on the screen.

    ``decision`` is one of the words, or a local time (YYYY-MM-DDTHH:MM) at which the approved post
    goes out.
    """

    APPROVE, SCHEDULE, NOW, OTHER, RETURN = "approve", "schedule", "now", "other", "return"

    revision = forms.UUIDField(widget=forms.HiddenInput)
    mark = forms.CharField(widget=forms.HiddenInput, required=False, max_length=500)
    decision = forms.CharField(widget=forms.HiddenInput, max_length=20)
    assertion = AssertionField(required=False, max_length=20_000)
    at = DayAndClockField(label=gettext_lazy("Another time"), required=False)
    override_reason = ReasonField(
        label=gettext_lazy("Why this may be published"),
        required=False,
        max_length=1000,
        help_text=gettext_lazy(
            "It stands on record with your approval: without names and numbers."
        ),
    )
    reason = ReasonField(
        label=gettext_lazy("Reason for the return"),
        required=False,
        max_length=2000,
        rows=4,
        help_text=gettext_lazy("Say what should be changed; the officer reads these words."),
    )

    def __init__(
        self, *args: Any, post: Post, now: datetime, asks_reason: bool = False, **options: Any
    ):
        super().__init__(*args, **options)
        self.post, self.now, self.asks_reason = post, now, asks_reason
        self.due_at: datetime | None = None  # the time that the reviewer chose
        for name in ("override_reason", "reason"):  # each needed for one of the decisions
            self.fields[name].is_asked_for = True  # type: ignore[attr-defined]

    def clean_decision(self) -> str:
        decision = self.cleaned_data["decision"]
        if decision in (self.APPROVE, self.SCHEDULE, self.NOW, self.OTHER, self.RETURN):
            return decision
        try:
            self.due_at = timezone.make_aware(datetime.strptime(decision, "%Y-%m-%dT%H:%M"))
        except ValueError:
            raise ValidationError(_("Please choose one of the times.")) from None
        check_time(self.due_at, self.post, now=self.now)
        return decision

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("decision") == self.RETURN:
            if not cleaned.get("reason", "").strip():
                self.add_error(
                    "reason", _("Please write why, so that the officer can revise the post.")
                )
        elif self.asks_reason and not cleaned.get("override_reason", "").strip():
            self.add_error(
                "override_reason", _("Please write why this may be published, or return it.")
            )
        if cleaned.get("decision") != self.OTHER:
            # Its day is filled in beforehand; who chose no other time is asked for no hour.
            self.errors.pop("at", None)
        elif "at" not in self.errors:
            self._read_own_time(cleaned.get("at"))
        return cleaned

    def _read_own_time(self, at: datetime | None) -> None:
        try:
            if at is None:
                raise ValidationError(_("Please enter the time of publication."))
            check_time(at, self.post, now=self.now)
        except ValidationError as error:
            self.add_error("at", error)
        self.due_at = at
