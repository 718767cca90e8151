"""Forms for closing a page and handing it over."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from channels.models import Channel
from core.forms import ReasonForm
from units.forms import UnitField


class CloseForm(ReasonForm):
    """Closing for good, with the channel that takes its place, if there is one."""

    successor = forms.ModelChoiceField(
        label=_("Where should residents go instead?"),
        queryset=Channel.objects.none(),
        required=False,
        empty_label=_("no other channel"),
        widget=forms.Select(attrs={"data-choices": True}),
    )
    field_order = ("successor", "reason")

    def __init__(self, *args: Any, channels: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["successor"].queryset = channels


class TransferForm(ReasonForm):
    to = UnitField(
        label=_("To which unit"), error_messages={"required": _("Please choose the unit.")}
    )
    field_order = ("to", "reason")

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(
            *args,
            hint=_("Such as the resolution on the merger. It goes into the record."),
            **kwargs,
        )
        self.fields["to"].units = units
