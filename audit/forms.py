from datetime import date

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from audit.sentences import GROUPS

_DAY = {"widget": forms.DateInput(attrs={"placeholder": _("dd/mm/yyyy"), "autocomplete": "off"}), "required": False}
_DAY["validators"] = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2999, 12, 31))]


class Filters(forms.Form):
    who = forms.CharField(label=_("Who"), required=False, max_length=150)
    group = forms.ChoiceField(
        label=_("About"),
        required=False,
        choices=lambda: [("", _("All")), *((group, _(label)) for group, label in GROUPS.items())],
    )
    unit = forms.CharField(label=_("Unit"), required=False, max_length=200)
    what = forms.CharField(label=_("Title or name"), required=False, max_length=200)
    first = forms.DateField(label=_("From"), **_DAY)
    last = forms.DateField(label=_("Until"), **_DAY)
