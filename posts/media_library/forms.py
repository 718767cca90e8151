"""Forms of the library: its filters, the description of a picture, the name of a folder."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.fields import DayField
from core.lists import FilterForm, SearchField
from media.library.entries import Description
from media.models import (
    LONGEST_ALT,
    LONGEST_FOLDER,
    LONGEST_NOTE,
    LONGEST_SOURCE,
    LONGEST_TITLE,
    Consent,
    Folder,
    Media,
    Rights,
    Tag,
)
from units.models import Level

NO_DAY = _("Please enter the date as dd/mm/yyyy.")
ALL = ("", _("All"))
MB = 1024 * 1024
SIZES = {"small": (0, MB), "medium": (MB, 10 * MB), "large": (10 * MB, None)}


class LibraryFilter(FilterForm):
    q = SearchField(_("Search the pictures"), _("Words of the description, a tag or the post"))
    kind = forms.ChoiceField(
        label=_("Kind"),
        required=False,
        choices=[ALL, ("picture", _("Pictures")), ("video", _("Videos"))],
    )
    folder = forms.ModelChoiceField(
        label=_("Folder"),
        queryset=Folder.objects.none(),
        required=False,
        to_field_name="public_id",
        empty_label=_("All"),
    )
    tag = forms.ModelChoiceField(
        label=_("Tag"),
        queryset=Tag.objects.none(),
        required=False,
        to_field_name="folded",
        empty_label=_("All"),
    )
    used = forms.ChoiceField(
        label=_("In posts"),
        required=False,
        choices=[ALL, ("yes", _("Shown by a post")), ("no", _("Not shown by any"))],
    )
    size = forms.ChoiceField(
        label=_("Size"),
        required=False,
        choices=[
            ALL,
            ("small", _("below 1 MB")),
            ("medium", _("1 to 10 MB")),
            ("large", _("above 10 MB")),
        ],
    )
    level = forms.ChoiceField(
        label=_("Whose"),
        required=False,
        choices=[
            ALL,
            ("own", _("Only our own")),
            (Level.PROVINCE.value, _("Shared by the province")),
            (Level.MINISTRY.value, _("Shared by the ministry")),
        ],
    )
    show = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[
            ("", _("In use")),
            ("ending", _("Ending soon or over")),
            ("archived", _("Archived")),
        ],
    )

    def __init__(self, data: Any, *, folders: Sequence[Folder], tags: Any):
        super().__init__(data)
        keys = [folder.pk for folder in folders]
        self.fields["folder"].queryset = Folder.objects.filter(pk__in=keys)
        self.fields["folder"].choices = [ALL, *((f.public_id, str(f)) for f in folders)]
        self.fields["tag"].queryset = tags


class MediaForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2_147_483_647)
    title = forms.CharField(
        label=_("Name"),
        max_length=LONGEST_TITLE,
        required=False,
        help_text=_("By it you find it again. Name no resident."),
    )
    alt_text = forms.CharField(
        label=_("Description"),
        max_length=LONGEST_ALT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("What it shows, for people who cannot see it. It comes along into each post."),
    )
    folder = forms.ModelChoiceField(
        label=_("Folder"),
        queryset=Folder.objects.none(),
        required=False,
        to_field_name="public_id",
        empty_label="—",
    )
    tags = forms.CharField(
        label=_("Tags"),
        max_length=500,
        required=False,
        help_text=_("Up to ten, with commas between them."),
    )
    source = forms.CharField(label=_("Source"), max_length=LONGEST_SOURCE, required=False)
    rights = forms.ChoiceField(
        label=_("Rights"), required=False, choices=[("", "—"), *Rights.choices]
    )
    consent = forms.ChoiceField(
        label=_("Who consented that they are shown"),
        required=False,
        choices=[("", _("nobody can be recognised, or nobody was asked")), *Consent.choices],
    )
    consent_on = DayField(
        label=_("Consented on"), required=False, error_messages={"invalid": NO_DAY}
    )
    consent_note = forms.CharField(
        label=_("Note on the consent"),
        max_length=LONGEST_NOTE,
        required=False,
        help_text=_("Where the signed paper is kept. Never the name of a child or its parents."),
    )
    expires_on = DayField(
        label=_("May be used until"),
        required=False,
        error_messages={"invalid": NO_DAY},
        help_text=_("After this day no further post takes it. Your unit is told a week ahead."),
    )

    def __init__(self, data: Any = None, *, media: Media, folders: Sequence[Folder]):
        same = (
            *("version", "title", "alt_text", "source", "rights"),
            *("consent", "consent_on", "consent_note", "expires_on"),
        )
        super().__init__(
            data,
            initial={
                **{name: getattr(media, name) for name in same},
                "folder": media.folder.public_id if media.folder else None,
                "tags": ", ".join(tag.name for tag in media.tags.all()),
            },
            label_suffix="",
        )
        keys = [folder.pk for folder in folders]
        self.fields["folder"].queryset = Folder.objects.filter(pk__in=keys)
        self.fields["folder"].choices = [("", "—"), *((f.public_id, str(f)) for f in folders)]

    def description(self) -> Description:
        values = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        return Description(**values | {"tags": values["tags"].split(",")})


class FolderForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=LONGEST_FOLDER)
    parent = forms.ModelChoiceField(
        label=_("Inside"),
        queryset=Folder.objects.none(),
        required=False,
        to_field_name="public_id",
        empty_label="—",
    )

    def __init__(self, data: Any = None, *, folders: Sequence[Folder]):
        super().__init__(data, label_suffix="")
        outer = [folder.pk for folder in folders if folder.parent_id is None]
        self.fields["parent"].queryset = Folder.objects.filter(pk__in=outer)
