"""Forms of the library: its filters, what is said of a picture, a folder's name."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from core.errors import Refused
from core.fields import DayField
from media.captions import LARGEST, decoded, webvtt
from media.editing.films import MOST_MARKS, Plan
from media.editing.paths import Kind, Mark, completed
from media.editing.services import (
    MOST_BLURS,
    MOST_BRIGHTNESS,
    MOST_STRAIGHTENED,
    WHOLE,
    Box,
    Edits,
)
from media.editing.shapes import BY_NAME, MIDDLE, PRESETS, cut
from media.library.services import Description
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
NO_TIME = _("Please enter a time such as 0:05.")
ALL = ("", _("All"))
MB = 1024 * 1024
SIZES = {"small": (0, MB), "medium": (MB, 10 * MB), "large": (10 * MB, None)}


class LibraryFilter(forms.Form):
    q = forms.CharField(
        label=_("Search the pictures"),
        required=False,
        max_length=100,
        widget=forms.SearchInput(
            attrs={"placeholder": _("Words of the description, a tag or the post")}
        ),
    )
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


class Percent(forms.FloatField):
    """A length of a picture as people write it; ``ten_thousandths`` is what is stored."""

    def __init__(self, label: Any = None, **more: Any):
        widget = forms.NumberInput(attrs={"inputmode": "decimal", "step": "any"})
        super().__init__(
            label=label, min_value=0, max_value=100, required=False, widget=widget, **more
        )


def percent_box(x: Any, y: Any, width: Any, height: Any) -> Box:
    """Return a box of percents, cut to the picture: rounding may carry it a hair over. Raise
    ValueError.
    """
    left, top, across, down = (
        round(float(str(each).replace(",", ".")) * 100) for each in (x, y, width, height)
    )
    left, top = max(left, 0), max(top, 0)
    return left, top, min(across, WHOLE - left), min(down, WHOLE - top)


class EditForm(forms.Form):
    """Ask what is done to a picture. ``shape`` cuts it to a preset around the focus where no crop
    is given: so it works without scripts.
    """

    turn = forms.TypedChoiceField(
        label=_("Turn"),
        coerce=int,
        choices=[
            (0, _("as it is")),
            (90, _("to the right")),
            (180, _("upside down")),
            (270, _("to the left")),
        ],
        initial=0,
    )
    straighten = forms.FloatField(
        label=_("Straighten (degrees)"),
        min_value=-MOST_STRAIGHTENED,
        max_value=MOST_STRAIGHTENED,
        initial=0,
        widget=forms.NumberInput(attrs={"step": "0.5"}),
    )
    brightness = forms.IntegerField(
        label=_("Brightness"),
        min_value=-MOST_BRIGHTNESS,
        max_value=MOST_BRIGHTNESS,
        initial=0,
        widget=forms.NumberInput(attrs={"step": "5"}),
    )
    shape = forms.ChoiceField(
        label=_("Crop"),
        required=False,
        choices=[
            ("", _("the whole picture")),
            *((preset.name, preset.name) for preset in PRESETS),
            ("free", _("any shape")),
        ],
        widget=forms.RadioSelect,
    )
    crop_x = Percent(_("From the left (%)"))
    crop_y = Percent(_("From the top (%)"))
    crop_width = Percent(_("Width (%)"))
    crop_height = Percent(_("Height (%)"))
    focus_x = Percent(_("Most important point, from the left (%)"))
    focus_y = Percent(_("Most important point, from the top (%)"))

    def __init__(self, data: Any = None, *, media: Media, shape: str = ""):
        focus = {
            name: value / 100
            for name in ("focus_x", "focus_y")
            if (value := getattr(media, name)) is not None
        }
        super().__init__(
            data,
            initial={**focus, "shape": shape if shape in BY_NAME else ""},
            label_suffix="",
        )
        self.media_row = media

    def blur_rows(self) -> list[dict[str, str]]:
        """Return the places to blur as they were typed."""
        if not self.is_bound:
            return []
        sides = [self.data.getlist(f"blur_{side}")[:MOST_BLURS] for side in _SIDES]
        return [
            dict(zip(_SIDES, row, strict=True))
            for row in zip(*sides, strict=False)
            if any(each.strip() for each in row)
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        try:
            blurs = [percent_box(*row.values()) for row in self.blur_rows()]
        except (ValueError, OverflowError):
            raise ValidationError(_("Write numbers for the places to blur.")) from None
        if self.errors:
            return cleaned
        try:
            cleaned["edits"] = Edits(
                blurs=blurs,
                turn=cleaned["turn"],
                straighten=cleaned["straighten"],
                crop=self._crop(cleaned),
                brightness=cleaned["brightness"],
                focus=self._focus(cleaned),
            )
        except Refused as refused:
            raise ValidationError(str(refused)) from None
        return cleaned

    def _crop(self, cleaned: dict[str, Any]) -> Box | None:
        if not cleaned["shape"]:
            return None
        sides = [cleaned[f"crop_{side}"] for side in _SIDES]
        if None not in sides:
            return percent_box(*sides)
        if cleaned["shape"] == "free":
            return None
        width, height = self.media_row.width, self.media_row.height
        if cleaned["turn"] in (90, 270):
            width, height = height, width
        ratio = BY_NAME[cleaned["shape"]].ratio
        return cut(width, height, ratio, focus=self._focus(cleaned) or MIDDLE)

    def _focus(self, cleaned: dict[str, Any]) -> tuple[int, int] | None:
        x, y = cleaned["focus_x"], cleaned["focus_y"]
        return None if x is None or y is None else (round(x * 100), round(y * 100))


_SIDES = ("x", "y", "width", "height")


def seconds_of(text: str) -> float:
    """Read a time as 1:05 or in seconds. Raise ValueError."""
    minutes, _colon, seconds = text.strip().rpartition(":")
    found = 60 * int(minutes or 0) + float(seconds.replace(",", "."))
    if not 0 <= found < 100_000:  # not: of what is no number
        raise ValueError(text)
    return found


def as_time(seconds: float) -> str:
    return f"{int(seconds // 60)}:{seconds % 60:05.2f}".removesuffix(".00")


class Second(forms.Field):
    """A time of a video, as 1:05 or in seconds."""

    def __init__(self, **more: Any):
        super().__init__(
            widget=forms.TextInput(attrs={"autocomplete": "off"}),
            error_messages={"required": NO_TIME},
            **more,
        )

    def to_python(self, value: Any) -> float | None:
        if value in self.empty_values:
            return None
        try:
            return seconds_of(str(value))
        except (ValueError, OverflowError):
            raise ValidationError(NO_TIME) from None


_MARK = ("place", "from", "to", *_SIDES, "kind")


class FilmForm(forms.Form):
    """Ask what is done to a video. ``spans``: what the scanners found and nobody decided about;
    ``seen``: all that they found, by which a place that somebody marks is followed.
    """

    start = Second(label=_("Begin at"), help_text=_("Minutes and seconds, such as 0:05."))
    end = Second(label=_("End at"))
    cover = Second(label=_("Cover picture at"), help_text=_("The frame that stands for the video."))
    vertical = forms.BooleanField(label=_("Upright, 9:16, with blurred sides"), required=False)
    blur_found = forms.BooleanField(label=_("Blur what the check found"), required=False)
    burn_in = forms.BooleanField(
        label=_("Draw the captions into the picture"),
        required=False,
        help_text=_(
            "Everybody reads them, on every platform, also without sound. They cannot be switched "
            "off or put right afterwards. Otherwise captions stay attached to the post."
        ),
    )
    captions = forms.CharField(
        label=_("Captions as WebVTT or SRT"),
        max_length=LARGEST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
        help_text=_("Each line with its time, such as 00:00:05,000 --> 00:00:08,000."),
    )
    captions_file = forms.FileField(
        label=_("Or choose a file (.vtt, .srt)"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".vtt, .srt, text/vtt, application/x-subrip"}),
    )

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        *,
        media: Media,
        spans: Sequence[Any] = (),
        seen: Sequence[Any] = (),
        captions: str = "",
    ):
        last = as_time(media.seconds)
        super().__init__(
            data,
            files,
            initial={"start": "0:00", "end": last, "cover": "0:00", "captions": captions},
            label_suffix="",
        )
        self.spans, self.seen = list(spans)[:MOST_BLURS], seen
        self.media_row = media
        self.places: dict[int, list[Mark]] = {}
        if self.spans:
            self.fields["blur_found"].help_text = _(
                "%(n)s places. This cannot be undone: once it is made, the video as it was is used "
                "no more, and removed within seven days."
            ) % {"n": len(self.spans)}
        else:
            del self.fields["blur_found"]

    def mark_rows(self) -> list[dict[str, Any]]:
        """Return the places marked by hand as they are shown again: with what is asked about them,
        or, where they could not be read, as they were typed.
        """
        if self.places:
            return [_row(place, mark) for place, marks in self.places.items() for mark in marks]
        return self._typed()

    def asks(self) -> bool:
        """Check whether the person has to look at frames between the marks."""
        return any(mark.kind == Kind.ASKED for marks in self.places.values() for mark in marks)

    def _typed(self) -> list[dict[str, Any]]:
        if not self.is_bound:
            return []
        names = [self.data.getlist(f"mark_{name}")[:MOST_MARKS] for name in _MARK]
        rows = [dict(zip(_MARK, row, strict=True)) for row in zip(*names, strict=False)]
        return [row for row in rows if any(row[name].strip() for name in ("from", *_SIDES))]

    def clean_captions_file(self) -> str:
        file = self.cleaned_data["captions_file"]
        try:
            return decoded(file.read(LARGEST + 1)) if file else ""
        except Refused as refused:
            raise ValidationError(str(refused)) from None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        captions = self._captions(cleaned)
        try:
            self._read_marks()
        except (ValueError, OverflowError):
            raise ValidationError(_("Write numbers for the places to blur.")) from None
        if self.errors:
            return cleaned
        if self.asks():
            raise ValidationError(
                _("Between two of your marks it is not known where it goes. Look at each frame.")
            )
        start, end = cleaned["start"], min(cleaned["end"], self.media_row.seconds)
        try:
            cleaned["plan"] = Plan(
                start=start,
                end=end,
                # People name the second that they see in the player.
                cover=max(0.0, cleaned["cover"] - start),
                vertical=cleaned["vertical"],
                blurs=self.spans if cleaned.get("blur_found") else (),
                marks=[[(m.start, m.end, *m.box) for m in marks] for marks in self.places.values()],
                captions=captions,
            )
        except Refused as refused:
            raise ValidationError(str(refused)) from None
        return cleaned

    def _captions(self, cleaned: dict[str, Any]) -> str:
        """Return the captions to draw, as WebVTT."""
        given = cleaned.get("captions_file") or cleaned.get("captions", "")
        try:
            captions = webvtt(given)
        except Refused as refused:
            self.add_error("captions", str(refused))
            return ""
        if cleaned.get("burn_in") and not captions:
            self.add_error("captions", _("Write the captions that are drawn, or choose a file."))
        elif captions != self.initial["captions"] and captions and not cleaned.get("burn_in"):
            self.add_error(
                "burn_in",
                _("Tick this, or write the captions in the post, where they are attached."),
            )
        return captions if cleaned.get("burn_in") else ""

    def _read_marks(self) -> None:
        """Read the places marked by hand, and ask about what lies between. Raise ValueError."""
        found: dict[int, list[Mark]] = {}
        for row in self._typed():
            place = int(row["place"])
            if not 0 < place < 1000:
                raise ValueError(place)
            start = min(seconds_of(row["from"]), self.media_row.seconds)
            end = min(seconds_of(row["to"] or row["from"]), self.media_row.seconds)
            box = percent_box(*(row[side] for side in _SIDES))
            found.setdefault(place, []).append(Mark(start, end, box, Kind(row["kind"] or "drawn")))
        self.places = {place: completed(marks, self.seen) for place, marks in sorted(found.items())}


def _row(place: int, mark: Mark) -> dict[str, Any]:
    sides = zip(_SIDES, (f"{side / 100:g}" for side in mark.box), strict=True)
    times = {"from": as_time(mark.start), "to": as_time(mark.end), "second": f"{mark.start:.2f}"}
    return {"place": str(place), **times, **dict(sides), "kind": mark.kind.value, "box": mark.box}
