"""The small forms around a kit: filter, preview, passing on, decisions."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.kits.models import LONGEST_NOTE
from campaigns.models import Campaign
from core.fields import AssertionField
from core.forms import ReasonForm
from core.lists import FilterForm, SearchField
from units.models import Unit


class KitFilter(FilterForm):
    q = SearchField(_("Search kits"))
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("All")),
            ("writing", _("Being written")),
            ("in_review", _("Waits for approval")),
            ("approved", _("Approved, to be issued")),
            ("issued", _("Issued")),
            ("over", _("Period over")),
            ("withdrawn", _("Kit withdrawn")),
        ],
    )
    campaign = forms.ModelChoiceField(
        Campaign.objects.none(),
        label=_("Campaign"),
        required=False,
        to_field_name="public_id",
        empty_label=_("All"),
    )

    def __init__(self, *args: Any, unit: Unit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["campaign"].queryset = Campaign.objects.open_to(unit)


class AsUnitForm(forms.Form):
    """Choose the unit as which the preview is read."""

    unit = forms.CharField(
        label=_("As this unit would read it"),
        max_length=100,
        required=False,
        widget=forms.SearchInput(
            attrs={"autocomplete": "off", "placeholder": _("Name of the unit")}
        ),
    )


class PassOnForm(forms.Form):
    note = forms.CharField(
        label=_("Note to your units"),
        max_length=LONGEST_NOTE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Such as what matters most in your province."),
    )


class ApprovalForm(forms.Form):
    """A passkey's answer over the kit on the page; none where a code was asked for before."""

    assertion = AssertionField(required=False, max_length=20_000)


class ReturnForm(ReasonForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, missing=gettext("Please write what has to be changed."), **kwargs)
        self.fields["reason"].label = _("What has to be changed")


class WithdrawForm(ReasonForm):
    take_down = forms.TypedChoiceField(
        label=_("What happens to posts that came of it"),
        choices=[
            ("no", _("What is published stays; what is not published yet is stopped")),
            ("yes", _("Stop what is not published yet, and take down what is on the pages")),
        ],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose what happens to its posts.")},
    )
    field_order = ("take_down", "reason")
