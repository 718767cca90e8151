"""Forms for withdrawing a post and taking it down."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.fields import ReasonField
from core.forms import ReasonForm


class RecallForm(ReasonForm):
    """Ask why; the author and the leaders read all of it, the report the beginning."""

    reason = ReasonField(
        rows=4,
        max_length=2000,
        error_messages={"required": _("Please write why the post is withdrawn.")},
    )


class WithdrawForm(RecallForm):
    take_down = forms.BooleanField(
        label=_("Also take it down from the channels where it stands"), required=False, initial=True
    )

    def __init__(self, *args: Any, live: int, **options: Any):
        """Ask whether to take it down only if it is ``live`` on some channel."""
        super().__init__(*args, **options)
        if not live:
            del self.fields["take_down"]
