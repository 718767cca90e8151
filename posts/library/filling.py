"""Fill the gaps of a template: by what the unit tells residents, and by what its officer types."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple, Self

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.models import Topic
from posts.checks.variables import fill_gaps, gap_names
from posts.library.models import Template
from posts.library.queries import signature_for
from units.models import Unit
from units.queries import list_fact_values

SIGNATURE = "chu_ky"
# The gaps that every template may have; what they are filled with stands on the unit's page.
BUILT_IN = {
    "don_vi": _("Name of the unit"),
    "dia_chi": _("Address of the station"),
    "duong_day_nong": _("Telephone of the officer on duty"),
    "gio_lam_viec": _("Opening hours"),
    "ngay": _("Today's date"),
    SIGNATURE: _("Signature of the topic"),
}
LONGEST_VALUE = 200


class Gap(NamedTuple):
    """A gap that somebody has to fill, as the form asks for it."""

    name: str
    label: str
    hint: str = ""
    example: str = ""
    is_fact: bool = False  # the unit's page could fill it


class FilledTexts(NamedTuple):
    """A template's texts with its gaps filled as far as they are known."""

    title: str
    text: str
    texts: dict[str, str]
    gaps: list[Gap]

    def with_readable_gaps(self) -> Self:
        """Return the texts with each open gap shown by what it asks for."""
        labels = {gap.name: gap.label for gap in self.gaps}
        return self._replace(
            title=fill_readably(self.title, labels=labels),
            text=fill_readably(self.text, labels=labels),
            texts={name: fill_readably(text, labels=labels) for name, text in self.texts.items()},
        )


_NOTHING: Mapping[str, str] = {}


def fill_readably(
    text: str, values: Mapping[str, str] = _NOTHING, *, labels: Mapping[str, str] = _NOTHING
) -> str:
    """Fill what ``values`` name, and show each other gap by what it asks for: readers do not know
    the names of gaps. ``labels``: those of gaps that a template has of its own.
    """
    shown = {
        name: values.get(name) or f"[{labels.get(name) or BUILT_IN.get(name) or name}]"
        for name in gap_names([text])
    }
    return fill_gaps(text, shown)


def known_values(unit: Unit, topic: Topic | None, *, on: date) -> dict[str, str]:
    """Return what the portal itself knows of the gaps, for a post of ``unit``."""
    values = list_fact_values(unit, on=on)
    if signature := signature_for(unit, topic):
        values[SIGNATURE] = fill_gaps(signature.text, values)
    else:
        values[SIGNATURE] = unit.name
    return values


def fill_template(
    template: Template, unit: Unit, *, on: date, typed: Mapping[str, str] | None = None
) -> FilledTexts:
    """Fill a template for a post of ``unit``. What ``typed`` says goes before what is known."""
    known = known_values(unit, template.topic, on=on)
    # A signature may have gaps of its own, which are asked for like the template's.
    signature = known.pop(SIGNATURE)
    with_signature = [fill_gaps(part, {SIGNATURE: signature}) for part in template.parts()]
    values = known | {name: value for name, value in (typed or {}).items() if value}
    title, text, hashtags, *texts = (fill_gaps(part, values) for part in with_signature)
    return FilledTexts(
        title=title,
        text=f"{text}\n\n{hashtags}".strip(),
        texts=dict(zip(template.texts, texts, strict=True)),
        gaps=_describe_gaps(
            template, (name for name in gap_names(with_signature) if name not in known)
        ),
    )


def gaps_of(template: Template, unit: Unit) -> list[Gap]:
    """List what somebody has to fill in when a post of ``unit`` begins from the template."""
    return fill_template(template, unit, on=timezone.localdate()).gaps


def _describe_gaps(template: Template, names: Iterable[str]) -> list[Gap]:
    own = {variable["name"]: variable for variable in template.variables}
    gaps = []
    for name in names:
        if name in own:
            each = own[name]
            gaps.append(Gap(name, each["label"], each.get("hint", ""), each.get("example", "")))
        else:
            label = BUILT_IN.get(name) or name.replace("_", " ")
            gaps.append(Gap(name, str(label), is_fact=name in BUILT_IN))
    return gaps
