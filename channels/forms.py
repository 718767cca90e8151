import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from channels.states import Health, Kind

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
        label=_("State"),
        choices=[("", _("In use")), *SHOWN_HEALTH, (Health.DISCONNECTED, Health.DISCONNECTED.label)],
        required=False,
    )


class TelegramForm(forms.Form):
    token = forms.CharField(
        label=_("Bot token"),
        max_length=80,
        # Never sent back to the browser, not even after a mistake.
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("From @BotFather. Whoever has it can post as the bot: it is stored sealed and never shown again."),
        error_messages={"required": _("Please enter the bot token.")},
    )
    chat = forms.CharField(
        label=_("Channel"),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "placeholder": "@congan…"}),
        help_text=_("Its public name with @, or its number, which begins with -100."),
        error_messages={"required": _("Please enter the channel.")},
    )

    def clean_token(self) -> str:
        token = self.cleaned_data["token"]
        if not re.fullmatch(r"\d{5,15}:[A-Za-z0-9_-]{30,60}", token):
            raise forms.ValidationError(_("A bot token looks like 123456789:AA…, as @BotFather shows it."))
        return token

    def clean_chat(self) -> str:
        chat = self.cleaned_data["chat"].removeprefix("https://").removeprefix("t.me/")
        if re.fullmatch(r"-100\d{5,15}", chat):
            return chat
        if re.fullmatch(r"@?[A-Za-z][A-Za-z0-9_]{3,31}", chat):
            return f"@{chat.removeprefix('@')}"
        raise forms.ValidationError(_("Enter the name with @, such as @conganphuong, or the number with -100."))


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
