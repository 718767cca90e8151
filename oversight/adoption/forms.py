from django import forms
from django.utils.translation import gettext_lazy as _

from core.lists import FilterForm, SearchField
from oversight.adoption.states import STATES


class BoardsForm(FilterForm):
    """The filter of the list of boards."""

    q = SearchField(_("Search kits"))


class BoardForm(FilterForm):
    """The filters of an adoption board, as in the address."""

    q = SearchField(_("Search units"))
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("All")), *((key, state.label) for key, state in STATES.items())],
    )
    province = forms.SlugField(max_length=100, required=False, widget=forms.HiddenInput)
