from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from campaigns.files.models import LONGEST_NAME
from campaigns.files.services import LARGEST

ACCEPT = ".pdf,.docx,.xlsx,.jpg,.jpeg,.png,.webp"


class FileForm(forms.Form):
    """A file for the units of a campaign or a kit, and what it is."""

    name = forms.CharField(
        label=_("Name of the file"),
        max_length=LONGEST_NAME,
        help_text=_("What it is, such as “Plan 105/KH-CAT of 1 September”. No names of residents."),
        error_messages={"required": _("Please enter a name that says what the file is.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    file = forms.FileField(
        label=_("File"),
        help_text=_("PDF, Word (.docx), Excel (.xlsx) or a picture; at most 20 MB, no macros."),
        error_messages={"required": _("Choose a file.")},
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
    )
    looked = forms.BooleanField(
        label=_("I looked through it: no mark of secrecy, no data of residents."),
        error_messages={
            "required": _("Look through the file, then say so: scans are not read by the portal.")
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST:
            raise ValidationError(
                _("The file is larger than %(n)s MB. Make it smaller or split it."),
                params={"n": LARGEST // (1024 * 1024)},
            )
        return file
