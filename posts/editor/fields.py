"""Fields of the composer, and the names of those for a channel, a placeholder or a video."""

import re
from typing import Any

from django import forms
from django.utils.html import escape
from django.utils.translation import gettext

from channels import presenters
from channels.models import Channel
from core.text import normalise
from media.models import Media
from platforms.facts import Option
from posts.canonical import html as canonical_html
from posts.canonical.html import is_too_large, to_paragraphs
from posts.kit_placeholders import DATE, NUMBER, KitPlaceholder

CAPTIONS = "captions-"


MADE_UP = re.compile(r"<(?:strong|em|u|h2|h3|ul|ol|a href)\b")


class NormalField(forms.CharField):
    """Text whose length is counted as it will be stored."""

    is_asked_for = False  # a draft may lack it, what is submitted may not

    def to_python(self, value: Any) -> str:
        typed = super().to_python(value) or ""
        # A letter comes in three parts at most; what is longer is refused as it is.
        is_too_long = self.max_length is not None and len(typed) > 3 * self.max_length
        return typed if is_too_long else normalise(typed)


class BodyWidget(forms.Textarea):
    """Rich text where the browser can run the editor; else the plain text, which becomes
    paragraphs.

    The editor takes the HTML from ``data-html`` and reports it in a second field, so that a browser
    without it never shows an officer any markup.
    """

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        written = str(value or "")
        if is_too_large(
            written
        ):  # refused, and shown as it was written to whoever wants to shorten it
            body, plain = to_paragraphs(written), written
        else:
            body = canonical_html.clean(written)
            plain = canonical_html.to_plain_text(body)
        context = super().get_context(name, plain, attrs)
        context["widget"]["attrs"]["data-html"] = body
        if MADE_UP.search(body):  # plain text would lose it
            context["widget"]["attrs"]["data-rich"] = True
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        typed = super().value_from_datadict(data, files, name) or ""
        return typed if data.get(f"{name}-is-html") else to_paragraphs(normalise(typed))

    def use_required_attribute(self, initial: Any) -> bool:
        return False


def option_field(option: Option, decided: Any) -> forms.Field:
    term = presenters.describe_option(option.name)
    value = option.default if decided is None else decided
    if not option.choices:
        return forms.BooleanField(
            label=term.label, help_text=term.help, required=False, initial=bool(value)
        )
    return forms.ChoiceField(
        label=term.label,
        help_text=term.help,
        choices=[(choice, term.choices.get(choice, choice)) for choice in option.choices],
        required=False,
        initial=value,
        # Where nothing may be ticked beforehand, nothing is.
        widget=forms.RadioSelect if option.default is None else forms.Select,
    )


def placeholder_field(placeholder: KitPlaceholder, value: str) -> forms.CharField:
    attrs = {
        "data-placeholder-field": placeholder.name,
        "placeholder": placeholder.example,
        "autocomplete": "off",
    }
    if placeholder.kind == NUMBER:
        attrs["inputmode"] = "text" if placeholder.takes_spans else "decimal"
    if placeholder.kind == DATE:
        attrs["placeholder"] = placeholder.example or gettext("dd/mm/yyyy")
    field = NormalField(
        label=placeholder.label,
        help_text=escape(placeholder.hint),  # the page shows help as HTML, and people typed this
        max_length=placeholder.limit,
        required=False,
        initial=value,
        widget=forms.TextInput(attrs=attrs),
    )
    field.is_asked_for = True
    return field


def placeholder_field_name(placeholder: KitPlaceholder) -> str:
    return f"placeholder-{placeholder.name}"


def switch_name(channel: Channel) -> str:
    return f"switch-{channel.public_id}"


def text_name(channel: Channel) -> str:
    return f"text-{channel.public_id}"


def format_name(channel: Channel) -> str:
    return f"format-{channel.public_id}"


def option_name(channel: Channel, option: str) -> str:
    return f"option-{channel.public_id}-{option}"


def captions_name(media: Media) -> str:
    return f"{CAPTIONS}{media.public_id}"
