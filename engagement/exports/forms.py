import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from engagement.exports import services
from engagement.exports.sheets import FORMATS

_LONGEST = 2_000  # characters, of all filters together


class ExportForm(forms.Form):
    """A request for a file that a worker makes; the page that offers it fills it in."""

    kind = forms.CharField(max_length=30, widget=forms.HiddenInput)
    format = forms.ChoiceField(choices=[(name, name) for name in FORMATS], widget=forms.HiddenInput)
    params = forms.CharField(max_length=_LONGEST, widget=forms.HiddenInput)

    def clean_kind(self) -> str:
        kind = self.cleaned_data["kind"]
        if not services.is_known(kind):
            raise ValidationError("unknown")
        return kind

    def clean_params(self) -> dict[str, str]:
        """Return the filters; they grant nothing, for the file shows what its person may see."""
        try:
            given: Any = json.loads(self.cleaned_data["params"])
        except (ValueError, RecursionError):
            given = None
        if not isinstance(given, dict) or not all(isinstance(v, str) for v in given.values()):
            raise ValidationError("malformed")
        return given
