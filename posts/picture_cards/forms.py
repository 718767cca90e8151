"""The form of a card: its words, its look, its formats, and the address of its QR code."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from media.cards.card_drawing import Words, hotlines_of
from media.cards.typesetting import LONGEST_LINE, LONGEST_TITLE, Format, Look
from units.models import Unit

LONGEST_LINK = 200
OTHER = "other"
FIELDS = ("title", "line_1", "line_2")


class CardForm(forms.Form):
    title = forms.CharField(
        label=_("Title"),
        max_length=LONGEST_TITLE,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )
    line_1 = forms.CharField(
        label=_("First line"),
        max_length=LONGEST_LINE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )
    line_2 = forms.CharField(
        label=_("Second line"),
        max_length=LONGEST_LINE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
    )
    look = forms.ChoiceField(
        label=_("Design"), choices=Look, widget=forms.RadioSelect, initial=Look.WARNING
    )
    formats = forms.MultipleChoiceField(
        label=_("Formats"),
        choices=Format,
        widget=forms.CheckboxSelectMultiple,
        initial=[Format.PORTRAIT],
        error_messages={"required": _("Choose at least one format.")},
    )
    hotline = forms.ChoiceField(label=_("Telephone"), required=False)
    qr = forms.ChoiceField(label=_("QR code"), required=False)
    link = forms.URLField(
        label=_("Address of the QR code"),
        max_length=LONGEST_LINK,
        required=False,
        assume_scheme="https",
        help_text=_("Of an official page, such as https://vneid.gov.vn."),
        widget=forms.URLInput(attrs={"inputmode": "url", "autocomplete": "off"}),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        unit: Unit,
        addresses: Mapping[str, str],
        initial: dict[str, Any] | None = None,
    ) -> None:
        """``addresses``: the name of each page that the QR code may lead to, by address."""
        hotlines = hotlines_of(unit)
        super().__init__(data, initial={"hotline": hotlines[0][0], **(initial or {})})
        self.label_suffix = ""
        self.fields["hotline"].choices = hotlines
        self.fields["qr"].choices = [
            ("", _("no code")),
            *addresses.items(),
            (OTHER, _("another official page")),
        ]

    def clean(self) -> dict[str, Any]:
        super().clean()
        cleaned = self.cleaned_data
        if cleaned.get("qr") == OTHER and not cleaned.get("link") and "link" not in self.errors:
            self.add_error("link", _("Write the address, or choose another code."))
        return cleaned

    def words(self) -> Words:
        cleaned = self.cleaned_data
        link = cleaned["link"] if cleaned["qr"] == OTHER else cleaned["qr"]
        return Words(**{name: cleaned[name] for name in (*FIELDS, "hotline")}, link=link)
