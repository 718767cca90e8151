from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from campaigns.forms import NO_DAY
from campaigns.models import TARGETS, Campaign
from campaigns.planning.models import (
    LONGEST_DOCUMENT,
    LONGEST_EXCERPT,
    LONGEST_ITEM,
    LONGEST_LINK,
    LONGEST_NUMBER,
    LONGEST_PHASE,
)
from campaigns.planning.queries import find_eligible_helpers, find_eligible_owners
from core.fields import DayField

HIGHEST = 2_000_000_000
_NUMBER = _("Please enter a whole number above 0.")


def _make_target_field(label: Any, most: int = HIGHEST) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=1,
        max_value=most,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages={"invalid": _NUMBER, "min_value": _NUMBER},
    )


class _HelpersField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: User) -> str:
        return f"{obj} · {obj.unit_name}"  # two people may be called alike


class PlanForm(forms.Form):
    target_posts = _make_target_field(_("Posts published"))
    target_units = _make_target_field(_("Units taking part"), 4_000)
    target_reach = _make_target_field(_("Reach"))
    target_clicks = _make_target_field(_("Clicks"))
    owner = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Who answers for it"),
        required=False,
        help_text=_("Only this person can make the summary public when the campaign is closed."),
    )
    helpers = _HelpersField(
        User.objects.none(),
        label=_("Helpers"),
        required=False,
        widget=forms.SelectMultiple(attrs={"data-choices": True, "data-remove": _("Remove")}),
        help_text=_("People of this unit or right below who may tick the checklist."),
    )

    def __init__(self, *args: Any, campaign: Campaign, **kwargs: Any) -> None:
        initial = {f"target_{name}": value for name, value in campaign.targets().items()}
        initial |= {"owner": campaign.answers_for_it, "helpers": list(campaign.helpers.all())}
        super().__init__(*args, initial=initial, **kwargs)
        by_name = ("full_name", "username")
        self.fields["owner"].queryset = find_eligible_owners(campaign).order_by(*by_name)
        self.fields["helpers"].queryset = find_eligible_helpers(campaign).order_by(*by_name)

    def plan(self) -> dict[str, Any]:
        """Return the arguments of `set_plan`."""
        given = self.cleaned_data
        targets = {name: given[f"target_{name}"] for name in TARGETS}
        return {"owner": given["owner"], "helpers": given["helpers"], "targets": targets}


class PhaseForm(forms.Form):
    name = forms.CharField(
        label=_("Name of the phase"),
        max_length=LONGEST_PHASE,
        error_messages={"required": _("Please enter the name of the phase.")},
    )
    starts_on = DayField(
        label=_("First day"),
        error_messages={"required": _("Please enter the first day."), "invalid": NO_DAY},
    )
    ends_on = DayField(
        label=_("Last day"),
        error_messages={"required": _("Please enter the last day."), "invalid": NO_DAY},
    )


class ItemForm(forms.Form):
    text = forms.CharField(
        label=_("What is to be done"),
        max_length=LONGEST_ITEM,
        error_messages={"required": _("Please write what is to be done.")},
    )
    due_on = DayField(
        label=_("Due by"),
        error_messages={"required": _("Please enter by which day."), "invalid": NO_DAY},
    )


class DocumentForm(forms.Form):
    name = forms.CharField(
        label=_("Name of the document"),
        max_length=LONGEST_DOCUMENT,
        error_messages={"required": _("Please enter the name of the document.")},
    )
    number = forms.CharField(
        label=_("Number of the document"), max_length=LONGEST_NUMBER, required=False
    )
    link = forms.URLField(
        label=_("Link"),
        max_length=LONGEST_LINK,
        required=False,
        assume_scheme="https",
        help_text=_("To a site of the state, such as https://vanban.chinhphu.vn/."),
    )
    text = forms.CharField(
        label=_("What matters of it"),
        max_length=LONGEST_EXCERPT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
