import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from core.fields import DayField
from core.forms import ReasonForm as ReasonForm
from core.lists import FilterForm
from core.periods import Period
from engagement.reports.models import LONGEST_CHANGES
from engagement.reports.standard import LONGEST_TEXT
from engagement.reports.states import ReportKind, ReportState

MOST_CAMPAIGNS = 50
AD_HOC = "ad_hoc"
_NUMBER = re.compile(r"[0-9]{1,6}[a-zđ]?")


class ReportFilter(FilterForm):
    """The filters of the list, as in the address."""

    show = forms.ChoiceField(
        label=_("Whose"),
        required=False,
        choices=[("", _("Of our own unit")), ("below", _("Of the units below"))],
    )
    kind = forms.ChoiceField(
        label=_("Kind of report"), required=False, choices=[("", _("All")), *ReportKind.choices]
    )
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("All")), *ReportState.choices]
    )


class BeginForm(forms.Form):
    """Choose what a report is about: a period of the form, a campaign, or days of one's own."""

    about = forms.ChoiceField(label=_("What the report is about"))
    first = DayField(label=_("First day"), required=False)
    last = DayField(
        label=_("Last day"),
        required=False,
        help_text=_("Only for a report on days that you choose."),
    )

    def __init__(
        self,
        *args: Any,
        periods: Mapping[str, Iterable[Period]],
        campaigns: Iterable[Campaign],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.campaigns = {str(row.public_id): row for row in campaigns}
        groups: list[Any] = [
            (
                ReportKind(kind).label.capitalize(),
                [
                    (f"{kind}:{period.first.isoformat()}:{period.last.isoformat()}", str(period))
                    for period in some
                ],
            )
            for kind, some in periods.items()
        ]
        if self.campaigns:
            named = [(f"campaign:{key}", row.name) for key, row in self.campaigns.items()]
            groups.append((ReportKind.CAMPAIGN.label.capitalize(), named))
        other = [(AD_HOC, _("Days that I choose below"))]
        groups.append((ReportKind.AD_HOC.label.capitalize(), other))
        self.fields["about"].choices = groups

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        about = given.get("about", "")
        if about == AD_HOC and not (given.get("first") and given.get("last")):
            self.add_error("first", _("Enter the first and the last day."))
        return given

    def get_choice(self) -> tuple[str, Period, Campaign | None]:
        """Return kind, period and campaign of a valid form."""
        about = self.cleaned_data["about"]
        if about == AD_HOC:
            period = Period(self.cleaned_data["first"], self.cleaned_data["last"])
            return ReportKind.AD_HOC, period, None
        kind, *rest = about.split(":")
        if kind == ReportKind.CAMPAIGN:
            campaign = self.campaigns[rest[0]]
            return kind, Period(campaign.starts_on, campaign.ends_on), campaign
        return kind, Period(*map(date.fromisoformat, rest)), None


class TextsForm(forms.Form):
    """A text for each part of the form that has one."""

    def __init__(self, *args: Any, parts: Iterable[Mapping[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for part in parts:
            self.fields[part["key"]] = forms.CharField(
                label=part["heading"],
                required=False,
                max_length=LONGEST_TEXT,
                help_text=part["hint"],
                widget=forms.Textarea(attrs={"rows": 5}),
            )


class ChangesForm(forms.Form):
    """Ask what a correction changes; it stands in the new version."""

    reason = forms.CharField(
        label=_("What changes"),
        max_length=LONGEST_CHANGES,
        help_text=_("The new version says so on its first page."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class ApproveForm(forms.Form):
    """Carry what the leader has seen, by its digest, and that it is sent although units are
    missing.
    """

    digest = forms.CharField(max_length=64, widget=forms.HiddenInput)
    with_gaps = forms.BooleanField(
        label=_("It is sent although fewer than 80 % of the units are in its figures"),
        required=False,
    )


class SendForm(forms.Form):
    """The number and the day that the signed paper bears, and its scan."""

    number = forms.CharField(
        label=_("Number of the paper"),
        max_length=40,
        help_text=_("As registered, such as 125 or 125/BC-CAP."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    signed_on = DayField(label=_("Day on the paper"))
    scan = forms.FileField(
        label=_("Scan of the signed paper"),
        required=False,
        help_text=_("PDF, at most 5 MB; it may be left out."),  # `scans.LARGEST`
        widget=forms.FileInput(attrs={"accept": ".pdf,application/pdf"}),
    )

    def clean_number(self) -> str:
        number = self.cleaned_data["number"].split("/")[0].strip()
        if not _NUMBER.fullmatch(number):
            raise ValidationError(_("Enter the number as the register has it, such as 125."))
        return number

    def clean_signed_on(self) -> date:
        day = self.cleaned_data["signed_on"]
        if day > timezone.localdate():
            raise ValidationError(_("This day has not come yet. Enter the day on the paper."))
        return day
