from django import forms
from django.utils.translation import gettext_lazy as _

from campaigns.kits.models import LONGEST_REMARK
from campaigns.kits.states import Declined


class DeclineForm(forms.Form):
    """The reason for which a kit is not for the unit: of a list, so that the board can count."""

    reason = forms.ChoiceField(
        label=_("Why is it not for your unit?"),
        choices=Declined.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose why the kit is not for your unit.")},
    )
    remark = forms.CharField(
        label=_("In your own words"),
        required=False,
        max_length=LONGEST_REMARK,
        help_text=_("Needed for “another reason”. No names, no telephone numbers."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
