from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.fields import DayField
from core.lists import FilterForm, SearchField
from oversight.matters.asking import Question
from oversight.matters.models import LONGEST_TEXT
from oversight.matters.states import Subject
from units.forms import UnitField

# Days that a unit has unless somebody chooses another day.
DAYS = 3


def _make_text_field(label: Any, *, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=LONGEST_TEXT,
        required=required,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("No names, numbers or words of residents."),
    )


def _make_day_field() -> DayField:
    invalid = {"invalid": _("Please enter the date as dd/mm/yyyy.")}
    return DayField(label=_("Answer by"), error_messages=invalid)


def suggest_deadline(*, today: date | None = None) -> date:
    """Return the day in `DAYS` days, or the Monday after it: units answer on working days."""
    day = (today or timezone.localdate()) + timedelta(days=DAYS)
    return day if day.isoweekday() < 6 else day + timedelta(days=8 - day.isoweekday())


class MatterFilters(FilterForm):
    q = SearchField(_("Search units"))
    show = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[
            ("", _("All")),
            ("waiting", _("Waiting for an answer")),
            ("late", _("Late")),
            ("answered", _("Answered")),
            ("closed", _("Done with")),
        ],
    )


class AskForm(forms.Form):
    """Ask for a matter with a unit; what it is about comes from the address."""

    unit = UnitField()
    subject = forms.ChoiceField(label=_("What it is about"), choices=Subject.choices)
    text = _make_text_field(_("What the unit is asked"))
    deadline = _make_day_field()
    about = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, units: Any, initial: dict[str, Any]):
        super().__init__(data, initial={"deadline": suggest_deadline(), **initial})
        self.fields["unit"].units = units

    def question(self) -> Question:
        given = self.cleaned_data
        return Question(
            subject=given["subject"],
            text=given["text"],
            deadline=given["deadline"],
            object_id=given["about"],
        )


class AnswerForm(forms.Form):
    text = _make_text_field(_("Answer of the unit"))


class AskAgainForm(forms.Form):
    text = _make_text_field(_("What is still missing"))
    deadline = _make_day_field()

    def __init__(self, data: Any = None):
        super().__init__(data, initial={"deadline": suggest_deadline()})


class CloseForm(forms.Form):
    text = _make_text_field(_("Last word"), required=False)
