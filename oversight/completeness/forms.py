"""The filter of the overview of official pages."""

from django import forms
from django.utils.translation import gettext_lazy as _

from channels.completeness.presenters import LABELS


class PagesForm(forms.Form):
    q = forms.CharField(
        label=_("Search units"),
        required=False,
        max_length=100,
        widget=forms.SearchInput(attrs={"placeholder": _("Search units")}),
    )
    lacking = forms.ChoiceField(
        label=_("Lacks"), choices=[("", _("All")), *LABELS.items()], required=False
    )
    province = forms.SlugField(max_length=8, required=False, widget=forms.HiddenInput)
