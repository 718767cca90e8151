"""The form of a poster: which approved sentences stand on it, its look and its number."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from media.cards.services import hotlines_of
from media.cards.typesetting import Look
from units.models import Unit

NO_LINE = ("", _("no line"))


class PosterForm(forms.Form):
    """Sent in the address. What it lacks is as `defaults` says."""

    look = forms.ChoiceField(label=_("Design"), choices=Look)
    line_1 = forms.ChoiceField(label=_("First line"), required=False)
    line_2 = forms.ChoiceField(label=_("Second line"), required=False)
    hotline = forms.ChoiceField(label=_("Telephone"), required=False)

    def __init__(
        self,
        data: Any,
        *,
        unit: Unit,
        sentences: Sequence[str],
        chosen: Mapping[str, str] | None = None,
    ) -> None:
        """``chosen``: what stands there as long as the person chooses nothing."""
        hotlines = hotlines_of(unit)
        numbers = [(str(n), text) for n, text in enumerate(sentences)]
        defaults = {
            "look": Look.WARNING.value,
            "line_1": "0" if sentences else "",
            "line_2": "1" if len(sentences) > 1 else "",
            "hotline": hotlines[0][0],
            **(chosen or {}),
        }
        super().__init__({**defaults, **{name: data[name] for name in data}}, label_suffix="")
        self.sentences = sentences
        self.fields["hotline"].choices = hotlines
        for name in ("line_1", "line_2"):
            self.fields[name].choices = [NO_LINE, *numbers]

    def line(self, name: str) -> str:
        """Return the chosen sentence."""
        at = self.cleaned_data.get(name)
        return self.sentences[int(at)] if at else ""
