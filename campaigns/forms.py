from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.editing import LONGEST_SPREAD
from campaigns.models import Campaign, Topic, TopicRule
from core.fields import DayField, ReasonField
from core.lists import FilterForm, SearchField

STAGES = [
    ("", gettext_lazy("All")),
    ("running", gettext_lazy("Running")),
    ("coming", gettext_lazy("Coming up")),
    ("past", gettext_lazy("Ended")),
]
NO_DAY = gettext_lazy("Please enter the date as dd/mm/yyyy.")


class CampaignFilter(FilterForm):
    q = SearchField(gettext_lazy("Search campaigns"))
    stage = forms.ChoiceField(label=gettext_lazy("State"), choices=STAGES, required=False)


class TopicRuleForm(forms.Form):
    topic = forms.ModelChoiceField(
        Topic.objects.all(),
        label=gettext_lazy("Topic"),
        empty_label=gettext_lazy("Choose a topic"),
        error_messages={"required": gettext_lazy("Please choose the topic.")},
    )
    asks = forms.ChoiceField(label=gettext_lazy("What posts need"), choices=TopicRule.Asks.choices)
    valid_from = DayField(
        label=gettext_lazy("First day"),
        initial=timezone.localdate,
        error_messages={"required": gettext_lazy("Please enter the first day."), "invalid": NO_DAY},
    )
    valid_to = DayField(
        label=gettext_lazy("Last day"),
        required=False,
        help_text=gettext_lazy("Empty: the rule holds until somebody ends it."),
        error_messages={"invalid": NO_DAY},
    )
    reason = ReasonField(
        help_text=gettext_lazy("Such as the plan or the instruction that asks for it."),
        error_messages={"required": gettext_lazy("Please write why the topic asks for it.")},
    )


class CampaignForm(forms.ModelForm):
    starts_on = DayField(
        label=gettext_lazy("Starts on"),
        error_messages={"required": gettext_lazy("Please enter the first day."), "invalid": NO_DAY},
    )
    ends_on = DayField(
        label=gettext_lazy("Ends on"),
        error_messages={"required": gettext_lazy("Please enter the last day."), "invalid": NO_DAY},
    )
    spread_minutes = forms.IntegerField(
        label=gettext_lazy("Spread over minutes"),
        required=False,
        min_value=0,
        max_value=LONGEST_SPREAD,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        help_text=gettext_lazy(
            "When units schedule their posts for the same time, each goes out at its own place "
            "within these minutes, so that residents do not see the same text everywhere at once. "
            "0 or empty: all at the time entered."
        ),
        error_messages={
            "invalid": gettext_lazy("Please enter a number of minutes from 0 to 240."),
            "min_value": gettext_lazy("Please enter a number of minutes from 0 to 240."),
            "max_value": gettext_lazy("Please enter a number of minutes from 0 to 240."),
        },
    )
    topics = forms.ModelMultipleChoiceField(
        Topic.objects.all(),
        label=gettext_lazy("Topics"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Campaign
        fields = ("name", "aim", "starts_on", "ends_on", "spread_minutes", "topics")
        labels = {"name": gettext_lazy("Name of the campaign"), "aim": gettext_lazy("Aim")}
        widgets = {"aim": forms.Textarea(attrs={"rows": 4})}
        help_texts = {
            "name": gettext_lazy(
                "Short and clear: officers choose the campaign by this name when they write a post."
            ),
            "aim": gettext_lazy("What residents should know or do afterwards."),
        }
        error_messages = {
            "name": {"required": gettext_lazy("Please enter the name of the campaign.")}
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["ends_on"].help_text = _("To close the campaign early, enter today's date.")

    def clean_spread_minutes(self) -> int:
        return self.cleaned_data["spread_minutes"] or 0

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        starts_on, ends_on = cleaned.get("starts_on"), cleaned.get("ends_on")
        if starts_on and ends_on and ends_on < starts_on:
            self.add_error("ends_on", _("The last day must not be before the first day."))
        return cleaned
