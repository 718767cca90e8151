"""Filters of the lists of channels at risk and of unrecognised posts."""

from django import forms
from django.utils.translation import gettext_lazy as _

from channels.monitoring.forecast import Risk
from channels.states import Kind, Verdict


class ForecastFilter(forms.Form):
    q = forms.CharField(
        label=_("Search channels"),
        required=False,
        max_length=100,
        widget=forms.SearchInput(attrs={"placeholder": _("Unit, channel name or address")}),
    )
    days = forms.TypedChoiceField(
        label=_("Looking ahead"),
        choices=[("", _("until tomorrow")), ("7", _("7 days")), ("14", _("14 days"))],
        coerce=int,
        empty_value=0,
        required=False,
    )
    risk = forms.ChoiceField(
        label=_("Reason"), choices=[("", _("All")), *Risk.choices], required=False
    )
    platform = forms.ChoiceField(
        label=_("Platform"), choices=[("", _("All")), *Kind.choices], required=False
    )


class UnrecognisedFilter(forms.Form):
    q = forms.CharField(
        label=_("Search channels"),
        required=False,
        max_length=100,
        widget=forms.SearchInput(attrs={"placeholder": _("Unit, channel name or address")}),
    )
    verdict = forms.ChoiceField(
        label=_("Decision"),
        choices=[
            ("", _("All")),
            ("open", Verdict.OPEN.label),
            *[c for c in Verdict.choices if c[0]],
        ],
        required=False,
    )
