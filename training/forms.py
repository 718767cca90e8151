from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from training.models import Participant, TrainingClass
from training.people import MOST_PARTICIPANTS


class SlipsForm(forms.Form):
    """Choose whose slips are printed: cleaned, the participants."""

    participant = forms.ModelChoiceField(
        Participant.objects.none(),
        label=_("Slips for"),
        required=False,
        empty_label=_("All participants"),
        to_field_name="number",
    )

    def __init__(self, *args: Any, training_class: TrainingClass, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        everybody = training_class.participants.select_related("user", "unit")
        self.fields["participant"].queryset = everybody  # type: ignore[attr-defined]
        self.everybody = everybody

    def clean_participant(self) -> list[Participant]:
        chosen = self.cleaned_data["participant"]
        return [chosen] if chosen else list(self.everybody)


class OpenClassForm(forms.Form):
    name = forms.CharField(
        label=_("Name of the class"),
        max_length=TrainingClass._meta.get_field("name").max_length,
        help_text=_("Such as the place and the day. Name no participant here."),
    )
    officers = forms.IntegerField(
        label=_("Participants who write posts"),
        min_value=0,
        max_value=MOST_PARTICIPANTS,
        initial=20,
    )
    leaders = forms.IntegerField(
        label=_("Participants who lead a unit"),
        min_value=0,
        max_value=MOST_PARTICIPANTS,
        initial=10,
        help_text=_("They approve posts, and need a telephone with an authenticator app."),
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if {"officers", "leaders"} <= values.keys():
            n = values["officers"] + values["leaders"]
            if not 1 <= n <= MOST_PARTICIPANTS:
                raise ValidationError(
                    _("A class has from 1 to %(n)s participants."), params={"n": MOST_PARTICIPANTS}
                )
        return values
