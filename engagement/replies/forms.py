"""Forms of the reply desk."""

from django import forms
from django.utils.translation import gettext_lazy as _

from engagement.models import LONGEST_ANSWER


class AnswerForm(forms.Form):
    """A reply in the page's name."""

    text = forms.CharField(
        label=_("Answer"),
        max_length=LONGEST_ANSWER,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )
    problem = ""  # why it was not sent, beside what was typed


class PhraseForm(forms.Form):
    """An answer that is proposed for the list."""

    text = forms.CharField(
        label=_("New answer"),
        max_length=LONGEST_ANSWER,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
        error_messages={"required": _("Write an answer first.")},
    )


class DecisionForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("It goes into the record."),
    )
