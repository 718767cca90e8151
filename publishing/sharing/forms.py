from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.partners.models import Partner
from core.fields import DayField
from publishing.sharing.share_links import LONGEST_DAYS

USUAL_DAYS = 30


def _usual_day() -> date:
    return timezone.localdate() + timedelta(days=USUAL_DAYS)


class ShareForm(forms.Form):
    """With whom a post or kit is shared, and until when."""

    partners = forms.MultipleChoiceField(
        label=_("Share with"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one partner.")},
    )
    until = DayField(
        label=_("Page open until"),
        initial=_usual_day,
        help_text=_("At most 90 days; it closes earlier when the agreement ends."),
        error_messages={
            "required": _("Please enter the last day."),
            "invalid": _("Please enter the date as dd/mm/yyyy."),
        },
    )

    def __init__(
        self, *args: Any, partners: Sequence[Partner], names: dict[int, str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self._partners = {str(partner.public_id): partner for partner in partners}
        self.fields["partners"].choices = [
            (key, f"{names[partner.pk]} ({partner.get_kind_display()})")
            for key, partner in self._partners.items()
        ]

    def clean_until(self) -> date:
        until, today = self.cleaned_data["until"], timezone.localdate()
        if not today <= until <= today + timedelta(days=LONGEST_DAYS):
            raise forms.ValidationError(
                _("Choose a last day from today on, at most %(n)s days ahead.")
                % {"n": LONGEST_DAYS}
            )
        return until

    def chosen(self) -> list[Partner]:
        return [self._partners[key] for key in self.cleaned_data["partners"]]
