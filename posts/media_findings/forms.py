"""Form of why a finding in a picture may be shown."""

from django import forms
from django.utils.translation import gettext_lazy as _

from media.scanners.models import LONGEST_SHOWN_NOTE, Kind, ShownAs

_FOR_FACES = (ShownAs.CONSENT, ShownAs.GUARDIAN, ShownAs.STAFF, ShownAs.PUBLIC, ShownAs.REASON)


class ShowForm(forms.Form):
    """Ask on which ground a finding may be shown. A face is somebody's; of anything else, the
    reason is written.
    """

    ground = forms.ChoiceField(
        label=_("Why it may be shown"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Say why it may be shown: choose a reason.")},
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=LONGEST_SHOWN_NOTE,
        help_text=_(
            "Name nobody: where the signed consent is kept or its number, or the reason in words."
        ),
    )

    def __init__(self, *args: object, kind: str, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        grounds = _FOR_FACES if kind == Kind.FACE else (ShownAs.PUBLIC, ShownAs.REASON)
        labels = dict(ShownAs.choices)
        if kind != Kind.FACE:
            labels[ShownAs.PUBLIC] = _("it is public already, or the unit's own")
        self.fields["ground"].choices = [(each.value, labels[each]) for each in grounds]  # type: ignore[attr-defined]
