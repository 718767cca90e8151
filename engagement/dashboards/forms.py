from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, Topic
from campaigns.planning.models import LONGEST_LESSONS
from channels.states import Kind
from core.fields import ReasonField
from core.forms import PeriodForm
from core.lists import SearchField
from publishing.models import Delivery
from units.models import Unit


class CloseForm(forms.Form):
    lessons = ReasonField(
        label=_("What was learned"),
        rows=6,
        max_length=LONGEST_LESSONS,
        help_text=_("What worked, what did not, what to do next time. No names of residents."),
        error_messages={"required": _("Please write what was learned.")},
    )


PARTS = {
    "": _("Sums"),
    "posts": _("Posts and hours"),
    "compare": _("Comparison and kits"),
}
MOST_CAMPAIGNS = 30  # to compare with, the newest first


class FiguresFilter(PeriodForm):
    """Narrow the figures of a campaign; all of it stands in the address."""

    platform = forms.ChoiceField(
        label=_("Platform"), choices=[("", _("All")), *Kind.choices], required=False
    )
    topic = forms.ChoiceField(label=_("Topic"), required=False)
    unit = SearchField(_("Unit"), _("Name of a unit or a province"))
    show = forms.ChoiceField(choices=PARTS.items(), required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.topics = list(Topic.objects.all())
        named = [(topic.code, str(topic)) for topic in self.topics]
        self.fields["topic"].choices = [("", _("All")), *named]

    def has_changed(self) -> bool:
        """Say whether anything is narrowed: the part of the page is no filter."""
        return any(name != "show" for name in self.changed_data)

    def get_value(self, name: str) -> str:
        return self.cleaned_data.get(name, "") if self.is_bound else ""

    def filter_publications(self, deliveries: QuerySet[Delivery]) -> QuerySet[Delivery]:
        """Filter publications by all but the period."""
        if not self.is_valid():
            return deliveries
        if platform := self.get_value("platform"):
            deliveries = deliveries.filter(platform=platform)
        if topic := self.get_value("topic"):
            deliveries = deliveries.filter(post__topic__code=topic)
        if query := self.get_value("unit"):
            units = Unit.objects.search(query).values("pk")
            deliveries = deliveries.filter(unit__in=units)
        return deliveries


class CompareForm(forms.Form):
    """With what the figures are compared; the filters travel along."""

    with_ = forms.ChoiceField(label=_("Compare with"), required=False)

    def __init__(self, *args: Any, others: Iterable[Campaign], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.others = {str(campaign.public_id): campaign for campaign in others}
        self.fields["with_"].choices = [
            ("previous", _("the period before")),
            ("year", _("the same days last year")),
            *((key, str(campaign)) for key, campaign in self.others.items()),
        ]

    def get_choice(self) -> str | Campaign:
        given = self.cleaned_data.get("with_", "") if self.is_valid() else ""
        return self.others.get(given, given or "previous")
