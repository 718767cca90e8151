from django import forms
from django.utils.translation import gettext_lazy as _

from oversight.kinds import FINE, KINDS
from oversight.needs import MOST_SILENT_DAYS, SILENT_DAYS


class BoardForm(forms.Form):
    """The filters of the tile board, as in the address."""

    q = forms.CharField(
        label=_("Search units"),
        required=False,
        max_length=100,
        widget=forms.SearchInput(attrs={"placeholder": _("Search units")}),
    )
    kind = forms.ChoiceField(
        label=_("Needs help with"),
        required=False,
        choices=[
            ("", _("All")),
            *((key, kind.label) for key, kind in KINDS.items()),
            (FINE.key, FINE.label),
        ],
    )
    days = forms.IntegerField(
        label=_("Silent for so many days"),
        required=False,
        min_value=1,
        max_value=MOST_SILENT_DAYS,
        widget=forms.NumberInput(attrs={"placeholder": SILENT_DAYS}),
    )
    province = forms.SlugField(max_length=100, required=False, widget=forms.HiddenInput)
