from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.fields import ReasonField
from core.lists import FilterForm, SearchField
from links.models import LONGEST_STOP_REASON, LONGEST_TARGET, LONGEST_TITLE, StopReason


class LinkFilter(FilterForm):
    q = SearchField(_("Search links"))
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("all")), ("open", _("in use")), ("stopped", _("stopped"))],
    )


def _make_target_field() -> forms.CharField:
    return forms.CharField(
        label=_("Where it leads"),
        max_length=LONGEST_TARGET,
        widget=forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "off"}),
        error_messages={"required": _("Please enter the address.")},
    )


class LinkForm(forms.Form):
    title = forms.CharField(
        label=_("What it is for"),
        max_length=LONGEST_TITLE,
        help_text=_("Seen by people of the portal alone, such as “Residence registration”."),
        error_messages={"required": _("Please write what the link is for.")},
    )
    target = _make_target_field()


class VersionForm(forms.Form):
    """Name the version of the link that the person saw."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2_147_483_647)


class TargetForm(VersionForm):
    target = _make_target_field()


class StopForm(VersionForm):
    """Choose what people who follow the link read; ``own``: also in words of one's own."""

    kind = forms.ChoiceField(
        label=_("What people who follow the link should know"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose what people who follow the link read.")},
    )
    own_text = ReasonField(
        label=_("Your own words"), required=False, max_length=LONGEST_STOP_REASON
    )

    def __init__(self, *args: Any, own: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [choice for choice in StopReason.choices if own or choice[0] != StopReason.OWN]
        self.fields["kind"].choices = choices
        self.fields["own_text"].widget.attrs |= {"rows": 2, "maxlength": LONGEST_STOP_REASON}
        if not own:
            del self.fields["own_text"]
