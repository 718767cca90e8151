"""Forms of a series."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.fields import DayAndClockField, DayField
from posts.models import Post
from posts.origins.shown import Suggestion
from publishing.models.series import MOST_OCCURRENCES, MOST_STEP, Rhythm


class RuleForm(forms.Form):
    """The rule by which a post goes out again, and its end."""

    first = DayAndClockField(label=gettext_lazy("First time"))
    rhythm = forms.ChoiceField(label=gettext_lazy("Repeat"), choices=Rhythm, initial=Rhythm.WEEKS)
    step = forms.IntegerField(
        label=gettext_lazy("Every how many days, weeks or months"),
        min_value=1,
        max_value=MOST_STEP,
        initial=1,
    )
    times = forms.IntegerField(
        label=gettext_lazy("Number of times"),
        min_value=2,
        max_value=MOST_OCCURRENCES,
        required=False,
    )
    until = DayField(
        label=gettext_lazy("Or until"),
        required=False,
        help_text=gettext_lazy("The last day. A series has at most 52 times."),
    )

    def __init__(
        self, *args: Any, post: Post, suggestion: Suggestion | None = None, **kwargs: Any
    ) -> None:
        initial: dict[str, Any] = {"first": post.requested_time}
        if suggestion:
            initial = {
                "first": post.requested_time or suggestion.first,
                "rhythm": suggestion.rhythm,
                "step": suggestion.step,
            }
        super().__init__(*args, initial=initial, label_suffix="", **kwargs)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not self.errors and not (cleaned.get("times") or cleaned.get("until")):
            self.add_error("times", _("Write how many times, or the last day."))
        return cleaned
