from django import forms
from django.utils.translation import gettext_lazy as _

from oversight.adoption.states import STATES


class BoardsForm(forms.Form):
    """The filter of the list of boards."""

    q = forms.CharField(
        label=_("Search kits"),
        required=False,
        max_length=100,
        widget=forms.SearchInput(attrs={"placeholder": _("Search kits")}),
    )


class BoardForm(forms.Form):
    """The filters of a take-up board, as in the address."""

    q = forms.CharField(
        label=_("Search units"),
        required=False,
        max_length=100,
        widget=forms.SearchInput(attrs={"placeholder": _("Search units")}),
    )
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("All")), *((key, state.label) for key, state in STATES.items())],
    )
    province = forms.SlugField(max_length=100, required=False, widget=forms.HiddenInput)
