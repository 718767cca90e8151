from django import forms
from django.utils.translation import gettext_lazy as _

from engagement.periods import PeriodForm


class OverviewForm(PeriodForm):
    """Filters of the provinces' and the nation's overview, as they stand in the address."""

    q = forms.CharField(
        label=_("Search units"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Search units")}),
    )
    trouble = forms.BooleanField(label=_("Only with trouble"), required=False)
    province = forms.SlugField(required=False, widget=forms.HiddenInput)
    sort = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
