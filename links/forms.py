from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import ReasonForm
from links.models import LONGEST_STOP_REASON, LONGEST_TARGET, LONGEST_TITLE


class LinkFilter(forms.Form):
    q = forms.CharField(
        label=_("Search links"),
        required=False,
        max_length=100,
        widget=forms.SearchInput(attrs={"placeholder": _("Search links")}),
    )
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


class StopForm(ReasonForm, VersionForm):
    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)
        self.fields["reason"].max_length = LONGEST_STOP_REASON
        self.fields["reason"].widget.attrs |= {"rows": 2, "maxlength": LONGEST_STOP_REASON}
        self.fields["reason"].label = _("What people who follow the link should know")
