"""Forms of completeness: a filter, and what a person saw on a page."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from channels.completeness.presenters import LABELS, Item
from channels.states import Kind


class CompletenessFilter(forms.Form):
    q = forms.CharField(
        label=_("Search channels"),
        required=False,
        max_length=100,
        widget=forms.SearchInput(attrs={"placeholder": _("Unit, channel name or address")}),
    )
    platform = forms.ChoiceField(
        label=_("Platform"), choices=[("", _("All")), *Kind.choices], required=False
    )
    lacking = forms.ChoiceField(
        label=_("Lacks"), choices=[("", _("All")), *LABELS.items()], required=False
    )
    unit = forms.CharField(required=False, max_length=8, widget=forms.HiddenInput)


class SeenForm(forms.Form):
    """A yes or no for each item that only a person can say."""

    def __init__(self, *args: Any, items: Sequence[Item], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for item in items:
            self.fields[item.name] = forms.TypedChoiceField(
                label=item.label,
                choices=[("", _("not looked")), ("yes", _("it is there")), ("no", _("missing"))],
                coerce=lambda value: value == "yes",
                empty_value=None,
                required=False,
                initial={True: "yes", False: "no"}.get(item.there, ""),  # type: ignore[call-overload]
                help_text=item.note if item.said else "",
            )
