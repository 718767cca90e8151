from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import PeriodForm


class OverviewForm(PeriodForm):
    """The filters of the provinces' and the nation's overview, as in the address."""

    q = forms.CharField(
        label=_("Search units"),
        required=False,
        max_length=100,
        widget=forms.SearchInput(attrs={"placeholder": _("Search units")}),
    )
    trouble = forms.BooleanField(label=_("Only with trouble"), required=False)
    province = forms.SlugField(max_length=100, required=False, widget=forms.HiddenInput)
    sort = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    figure = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)  # of the map
