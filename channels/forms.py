from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from channels.connectors import CONNECTORS
from channels.forecast import Risk
from channels.models import Channel
from channels.states import Health, Kind, Life, Verdict
from units.forms import UnitField

SHOWN_HEALTH = [(health, health.label) for health in (Health.CONNECTED, Health.LOST, Health.BY_HAND)]


class ChannelFilter(forms.Form):
    q = forms.CharField(
        label=_("Search channels"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Unit, channel name or address")}),
    )
    platform = forms.ChoiceField(label=_("Platform"), choices=[("", _("All")), *Kind.choices], required=False)
    health = forms.ChoiceField(
        label=_("Connection"),
        choices=[("", _("In use")), *SHOWN_HEALTH, (Health.DISCONNECTED, Health.DISCONNECTED.label)],
        required=False,
    )
    life = forms.ChoiceField(
        label=_("Use"),
        choices=[("", _("All")), *((life, life.label) for life in Life if life != Life.ACTIVE)],
        required=False,
    )


class ForecastFilter(forms.Form):
    q = forms.CharField(
        label=_("Search channels"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Unit, channel name or address")}),
    )
    days = forms.TypedChoiceField(
        label=_("Looking ahead"),
        choices=[("", _("until tomorrow")), ("7", _("7 days")), ("14", _("14 days"))],
        coerce=int,
        empty_value=0,
        required=False,
    )
    risk = forms.ChoiceField(label=_("Reason"), choices=[("", _("All")), *Risk.choices], required=False)
    platform = forms.ChoiceField(label=_("Platform"), choices=[("", _("All")), *Kind.choices], required=False)


class ForeignFilter(forms.Form):
    q = forms.CharField(
        label=_("Search channels"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Unit, channel name or address")}),
    )
    verdict = forms.ChoiceField(
        label=_("Decision"),
        choices=[("", _("All")), ("open", Verdict.OPEN.label), *[c for c in Verdict.choices if c[0]]],
        required=False,
    )


class PlatformForm(forms.Form):
    """What a platform without a consent dialog asks for, as its connector declares it."""

    def __init__(self, platform: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = CONNECTORS[platform].form
        for name, each in self.asked.items():
            # A secret is never sent back to the browser, not even after a mistake.
            widget = forms.PasswordInput if each.secret else forms.TextInput
            example = {"placeholder": each.example} if each.example else {}
            self.fields[name] = forms.CharField(
                label=_(each.label),
                max_length=each.longest,
                widget=widget(attrs={"autocomplete": "off", "spellcheck": "false", **example}),
                help_text=_(each.help),
                error_messages={"required": _(each.missing)},
            )

    def clean(self) -> None:
        for name in self.asked.keys() & self.cleaned_data.keys():
            kept = self.asked[name].clean(self.cleaned_data[name])
            if kept:
                self.cleaned_data[name] = kept
            else:
                self.add_error(name, _(self.asked[name].wrong))


class ByHandForm(forms.Form):
    """A page that gives the portal no API right."""

    name = forms.CharField(
        label=_("Name of the page"),
        max_length=200,
        help_text=_("As it stands at the top of the page."),
        error_messages={"required": _("Please enter the name of the page.")},
    )
    address = forms.URLField(
        label=_("Address of the page"),
        max_length=300,
        assume_scheme="https",
        widget=forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "off", "inputmode": "url"}),
        help_text=_("Open the page in a browser and copy its address."),
        error_messages={
            "required": _("Please enter the address of the page."),
            "invalid": _("This is not a link. Copy the whole address, from https:// on."),
        },
    )
    reason = forms.CharField(
        label=_("Why can it not be connected?"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("It goes into the record."),
        error_messages={"required": _("Please enter the reason.")},
    )

    def clean_address(self) -> str:
        return self.cleaned_data["address"].replace("http://", "https://", 1)


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Please enter the reason.")},
    )

    def __init__(self, *args: Any, hint: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = hint


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


class HandOverForm(ReasonForm):
    to = UnitField(label=_("To which unit"), error_messages={"required": _("Please choose the unit.")})
    field_order = ("to", "reason")

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, hint=_("Such as the resolution on the merger. It goes into the record."), **kwargs)
        self.fields["to"].units = units
