"""Fill a template's placeholders: by the unit's facts, and by what its officer types."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple, Self

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.kits.placeholders import find_placeholders
from campaigns.models import Topic
from posts.checks.placeholders import fill_placeholders
from posts.library.models import Template
from posts.library.queries import signature_for
from units.models import Unit
from units.queries import list_fact_values

SIGNATURE = "chu_ky"
# Placeholders that every template may have; their values stand on the unit's page.
BUILT_IN = {
    "don_vi": _("Name of the unit"),
    "dia_chi": _("Address of the station"),
    "duong_day_nong": _("Telephone of the officer on duty"),
    "gio_lam_viec": _("Opening hours"),
    "ngay": _("Today's date"),
    SIGNATURE: _("Signature of the topic"),
}
LONGEST_VALUE = 200


class Placeholder(NamedTuple):
    """A placeholder that somebody has to fill, as the form asks for it."""

    name: str
    label: str
    hint: str = ""
    example: str = ""
    is_fact: bool = False  # the unit's page could fill it


class FilledTexts(NamedTuple):
    """A template's texts with its placeholders filled as far as they are known."""

    title: str
    text: str
    texts: dict[str, str]
    placeholders: list[Placeholder]

    def with_readable_placeholders(self) -> Self:
        """Return the texts with each open placeholder shown by what it asks for."""
        labels = {placeholder.name: placeholder.label for placeholder in self.placeholders}
        return self._replace(
            title=fill_readably(self.title, labels=labels),
            text=fill_readably(self.text, labels=labels),
            texts={name: fill_readably(text, labels=labels) for name, text in self.texts.items()},
        )


_NOTHING: Mapping[str, str] = {}


def fill_readably(
    text: str, values: Mapping[str, str] = _NOTHING, *, labels: Mapping[str, str] = _NOTHING
) -> str:
    """Fill what ``values`` name, and show each other placeholder by what it asks for: readers do
    not know their names. ``labels``: those of placeholders that a template has of its own.
    """
    replacements = {
        name: values.get(name) or f"[{labels.get(name) or BUILT_IN.get(name) or name}]"
        for name in find_placeholders([text])
    }
    return fill_placeholders(text, replacements)


def known_values(unit: Unit, topic: Topic | None, *, on: date) -> dict[str, str]:
    """Return what the portal itself knows of the placeholders, for a post of ``unit``."""
    values = list_fact_values(unit, on=on)
    if signature := signature_for(unit, topic):
        values[SIGNATURE] = fill_placeholders(signature.text, values)
    else:
        values[SIGNATURE] = unit.name
    return values


def fill_template(
    template: Template, unit: Unit, *, on: date, values: Mapping[str, str] | None = None
) -> FilledTexts:
    """Fill a template for a post of ``unit``. What ``values`` says goes before what is known."""
    known = known_values(unit, template.topic, on=on)
    # A signature may have placeholders of its own, which are asked for like the template's.
    signature = known.pop(SIGNATURE)
    with_signature = [fill_placeholders(part, {SIGNATURE: signature}) for part in template.parts()]
    typed = {name: value for name, value in (values or {}).items() if value}
    title, text, hashtags, *texts = (
        fill_placeholders(part, known | typed) for part in with_signature
    )
    return FilledTexts(
        title=title,
        text=f"{text}\n\n{hashtags}".strip(),
        texts=dict(zip(template.texts, texts, strict=True)),
        placeholders=_describe_placeholders(
            template, (name for name in find_placeholders(with_signature) if name not in known)
        ),
    )


def placeholders_of(template: Template, unit: Unit) -> list[Placeholder]:
    """List what somebody has to fill in when a post of ``unit`` begins from the template."""
    return fill_template(template, unit, on=timezone.localdate()).placeholders


def _describe_placeholders(template: Template, names: Iterable[str]) -> list[Placeholder]:
    own = {variable["name"]: variable for variable in template.variables}
    return [
        Placeholder(**own[name])
        if name in own
        else Placeholder(
            name, str(BUILT_IN.get(name) or name.replace("_", " ")), is_fact=name in BUILT_IN
        )
        for name in names
    ]
