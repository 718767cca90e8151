from django import forms
from django.utils.translation import gettext_lazy as _

from audit import sentences
from core.fields import DayField


class Filters(forms.Form):
    who = forms.CharField(label=_("Who"), required=False, max_length=150)
    group = forms.ChoiceField(
        label=_("About"),
        required=False,
        choices=lambda: [("", _("All")), *sentences.list_groups()],
    )
    unit = forms.CharField(label=_("Unit"), required=False, max_length=200)
    what = forms.CharField(label=_("Title or name"), required=False, max_length=200)
    first = DayField(label=_("From"), required=False)
    last = DayField(label=_("Until"), required=False)
