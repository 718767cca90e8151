"""Forms for connecting a page."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from platforms.registry import CONNECTORS


class PlatformForm(forms.Form):
    """Form for what a platform without a consent dialog asks for, as its connector declares it."""

    def __init__(self, platform: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = CONNECTORS[platform].form
        for name, question in self.asked.items():
            # A secret is never sent back to the browser, not even after a mistake.
            widget = forms.PasswordInput if question.secret else forms.TextInput
            example = {"placeholder": question.example} if question.example else {}
            self.fields[name] = forms.CharField(
                label=_(question.label),
                max_length=question.longest,
                widget=widget(attrs={"autocomplete": "off", "spellcheck": "false", **example}),
                help_text=_(question.help),
                error_messages={"required": _(question.missing)},
            )

    def clean(self) -> None:
        for name in self.asked.keys() & self.cleaned_data.keys():
            kept = self.asked[name].clean(self.cleaned_data[name])
            if kept:
                self.cleaned_data[name] = kept
            else:
                self.add_error(name, _(self.asked[name].wrong))


class ManualChannelForm(forms.Form):
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
        widget=forms.URLInput(
            attrs={"placeholder": "https://", "autocomplete": "off", "inputmode": "url"}
        ),
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
