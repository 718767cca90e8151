"""The form for figures that a person enters."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

# More people than live in the country: a slip of the finger.
_MOST = 200_000_000


def _make_total_field(label: Any) -> forms.IntegerField:
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

    views = _make_total_field(_("Views"))
    reach = _make_total_field(_("Reach"))
    reactions = _make_total_field(_("Reactions"))
    comments = _make_total_field(_("Number of comments"))
    shares = _make_total_field(_("Shares"))
    saves = _make_total_field(_("Saves"))
    clicks = _make_total_field(_("Clicks"))
