from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.fields import DayField
from engagement.boards.notes.models import LONGEST_NOTE, BoardNote
from engagement.boards.notes.services import Words
from units.models import Level, Unit

_INVALID = {"invalid": _("Please enter the date as dd/mm/yyyy.")}


class NoteForm(forms.Form):
    """The days and words of a note."""

    first = DayField(label=_("First day"), initial=timezone.localdate, error_messages=_INVALID)
    last = DayField(
        label=_("Last day"),
        required=False,
        help_text=_("Leave it empty for a single day."),
        error_messages=_INVALID,
    )
    text = forms.CharField(
        label=_("Note"),
        max_length=LONGEST_NOTE,
        help_text=_("At most 120 characters: what happened on these days. No names, no numbers."),
    )
    reaches_below = forms.BooleanField(
        label=_("For all units below, too"),
        required=False,
        help_text=_("Then it stands on their dashboards as well."),
    )

    def __init__(self, *args: Any, unit: Unit, note: BoardNote | None = None, **kwargs: Any):
        if note:
            names = ("first", "last", "text", "reaches_below")
            kwargs["initial"] = {name: getattr(note, name) for name in names}
        super().__init__(*args, **kwargs)
        if unit.level == Level.COMMUNE:
            del self.fields["reaches_below"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", _("The last day must not be before the first day."))
        return cleaned

    def words(self) -> Words:
        given = self.cleaned_data
        return Words(
            first=given["first"],
            last=given["last"] or given["first"],
            text=given["text"],
            reaches_below=given.get("reaches_below", False),
        )
