"""Forms of the pages on which a sheet becomes drafts."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from units.models import Unit


class FilesInput(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files in one field; none is an empty list."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        given = data if isinstance(data, list | tuple) else [data]
        return [super(FilesField, self).clean(file, initial) for file in given if file]


def _pictures_field() -> FilesField:
    return FilesField(
        label=_("Pictures"),
        required=False,
        help_text=_("A zip with all pictures, or up to 8 separate files: JPEG, PNG, WebP."),
        widget=FilesInput(attrs={"accept": ".zip,.jpg,.jpeg,.png,.webp", "multiple": True}),
    )


class SheetForm(forms.Form):
    """The unit, the sheet and its pictures."""

    unit = forms.ModelChoiceField(
        label=_("Unit"), queryset=Unit.objects.none(), to_field_name="key", empty_label=None
    )
    file = forms.FileField(
        label=_("Excel or CSV file"),
        help_text=_("The filled template, .xlsx or CSV, at most 2 MB and 200 posts."),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,.txt"}),
    )
    pictures = _pictures_field()

    def __init__(self, *args: Any, units: list[Unit], **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        self.fields["unit"].queryset = Unit.objects.filter(pk__in=[u.pk for u in units])
        if len(units) == 1:
            self.fields["unit"].initial = units[0].key
            self.fields["unit"].widget = forms.HiddenInput()


class PicturesForm(forms.Form):
    """Pictures that were missing."""

    pictures = _pictures_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        self.fields["pictures"].required = True


class ApplyForm(forms.Form):
    """The choice of which previewed rows become drafts."""

    digest = forms.CharField(max_length=16)
    only_correct = forms.BooleanField(required=False)
    again = forms.BooleanField(required=False)
