"""Forms of the leak check's pages."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.fields import DayField, ReasonField
from posts.leak_rules.models import LONGEST_REASON, LONGEST_VALUE, SEVERITIES, AllowedItem


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


class SwitchForm(forms.Form):
    severity = forms.ChoiceField(
        label=_("From then on, what it finds"), choices=SEVERITIES, widget=forms.RadioSelect
    )
    valid_from = DayField(
        label=_("First day"),
        initial=timezone.localdate,
        error_messages={
            "required": _("Please enter the first day."),
            "invalid": _("Please enter the date as dd/mm/yyyy."),
        },
    )
    reason = ReasonField(
        max_length=LONGEST_REASON,
        error_messages={"required": _("Please write why the rule is switched.")},
    )
