"""Forms of the leak check's pages."""

from django import forms
from django.utils.translation import gettext_lazy as _

from posts.leak_rules.models import LONGEST_VALUE, AllowedItem


class AllowedItemForm(forms.Form):
    kind = forms.ChoiceField(label=_("What it is"), choices=AllowedItem.Kind.choices)
    value = forms.CharField(
        label=_("Number or address"),
        max_length=LONGEST_VALUE,
        error_messages={"required": _("Please enter the number or the address.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    label = forms.CharField(
        label=_("Whose it is"),
        max_length=LONGEST_VALUE,
        help_text=_("Such as “Duty desk of the ward's police”; the record names it so."),
        error_messages={"required": _("Please write whose it is.")},
    )
