from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from media.pictures import FORMATS


class LogoForm(forms.Form):
    file = forms.FileField(
        label=_("Picture"),
        help_text=_("JPEG, PNG or WebP; best a square of at least 400 pixels."),
        widget=forms.FileInput(
            attrs={"accept": ",".join(f"image/{name.lower()}" for name in FORMATS)}
        ),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > settings.IMAGE_MAX_BYTES:
            raise ValidationError(
                _("The picture is larger than %(n)s MB. Choose a smaller one."),
                params={"n": settings.IMAGE_MAX_BYTES // (1024 * 1024)},
            )
        return file
