from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from engagement.desk import LONGEST_ANSWER

# More people than live in the country: a slip of the finger.
_MOST = 200_000_000


def _total(label: Any) -> forms.IntegerField:
    attrs = {"inputmode": "numeric", "autocomplete": "off"}
    errors = {
        "invalid": _("Please enter a whole number, without dots."),
        "min_value": _("A total cannot be below 0."),
        "max_value": _("This number is too large. Please look again."),
    }
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=0,
        max_value=_MOST,
        widget=forms.TextInput(attrs=attrs),
        error_messages=errors,
    )


class FiguresForm(forms.Form):
    """Totals as a person reads them on the page. Empty: not known, which is not 0."""

    views = _total(_("Views"))
    reach = _total(_("Reach"))
    reactions = _total(_("Reactions"))
    comments = _total(_("Number of comments"))
    shares = _total(_("Shares"))
    saves = _total(_("Saves"))
    clicks = _total(_("Clicks"))


class AnswerForm(forms.Form):
    """A reply in the page's name."""

    text = forms.CharField(
        label=_("Answer"), max_length=LONGEST_ANSWER, widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"})
    )
    problem = ""  # why it was not sent, beside what was typed


class DecisionForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("It goes into the record."),
    )
