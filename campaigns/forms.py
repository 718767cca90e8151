from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign, Topic
from campaigns.services import LONGEST_SPREAD

STAGES = [
    ("", gettext_lazy("All")),
    ("running", gettext_lazy("Running")),
    ("coming", gettext_lazy("Coming up")),
    ("past", gettext_lazy("Ended")),
]


def day_field(**options: Any) -> forms.DateField:
    """Typed as dd/mm/yyyy: the browser's own calendar writes dates by the machine's language, month first on many."""
    attrs = {"placeholder": gettext_lazy("dd/mm/yyyy"), "autocomplete": "off"}
    errors = {"invalid": gettext_lazy("Please enter the date as dd/mm/yyyy."), **options.pop("error_messages", {})}
    return forms.DateField(widget=forms.DateInput(attrs=attrs, format="%d/%m/%Y"), error_messages=errors, **options)


class CampaignFilter(forms.Form):
    q = forms.CharField(
        label=gettext_lazy("Search campaigns"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": gettext_lazy("Search campaigns")}),
    )
    stage = forms.ChoiceField(label=gettext_lazy("State"), choices=STAGES, required=False)


class CampaignForm(forms.ModelForm):
    starts_on = day_field(
        label=gettext_lazy("Starts on"), error_messages={"required": gettext_lazy("Please enter the first day.")}
    )
    ends_on = day_field(
        label=gettext_lazy("Ends on"), error_messages={"required": gettext_lazy("Please enter the last day.")}
    )
    spread_minutes = forms.IntegerField(
        label=gettext_lazy("Spread over minutes"),
        required=False,
        min_value=0,
        max_value=LONGEST_SPREAD,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        help_text=gettext_lazy(
            "When units schedule their posts for the same time, each goes out at its own place within these minutes, "
            "so that residents do not see the same text everywhere at once. 0 or empty: all at the time entered."
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
            "name": gettext_lazy("Short and clear: officers choose the campaign by this name when they write a post."),
            "aim": gettext_lazy("What residents should know or do afterwards."),
        }
        error_messages = {"name": {"required": gettext_lazy("Please enter the name of the campaign.")}}

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
