"""The form in which a video is edited: cut, made upright, blurred, captioned."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from core.errors import Refused
from media.captions import LARGEST, convert_to_webvtt, decode_captions, format_rows
from media.editing.paths import Kind, Mark, complete_marks
from media.editing.picture_edits import MOST_BLURS
from media.editing.video_edits import MOST_MARKS, Plan
from media.models import Media
from posts.media_library.edit_forms import SIDES, percent_box

NO_TIME = _("Please enter a time such as 0:05.")


def parse_time(text: str) -> float:
    """Read a time as 1:05 or in seconds. Raise ValueError."""
    minutes, _colon, seconds = text.strip().rpartition(":")
    time = 60 * int(minutes or 0) + float(seconds.replace(",", "."))
    if not 0 <= time < 100_000:  # not: of what is no number
        raise ValueError(text)
    return time


def format_time(seconds: float) -> str:
    """Write a time as people read it in a player: 1:05, or 1:05.25."""
    return f"{int(seconds // 60)}:{seconds % 60:05.2f}".removesuffix(".00")


class TimeField(forms.Field):
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
            return parse_time(str(value))
        except (ValueError, OverflowError):
            raise ValidationError(NO_TIME) from None


_MARK_FIELDS = ("place", "from", "to", *SIDES, "kind")


class VideoForm(forms.Form):
    """Ask what is done to a video. ``spans``: what the scanners found and nobody decided about;
    ``seen``: all that they found, by which a place that somebody marks is followed.
    """

    start = TimeField(label=_("Begin at"), help_text=_("Minutes and seconds, such as 0:05."))
    end = TimeField(label=_("End at"))
    cover = TimeField(
        label=_("Cover picture at"), help_text=_("The frame that stands for the video.")
    )
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
        label=_("Captions, a line each"),
        max_length=LARGEST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
        help_text=_(
            "With the times, such as 0:05 – 0:08 and the words, or the words alone: they are "
            "spread over the video. SRT and WebVTT fit, too."
        ),
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
        last = format_time(media.seconds)
        super().__init__(
            data,
            files,
            initial={
                "start": "0:00",
                "end": last,
                "cover": "0:00",
                "captions": format_rows(captions),
            },
            label_suffix="",
        )
        self.spans, self.seen = list(spans)[:MOST_BLURS], seen
        self.media_row = media
        self.attached = captions  # to the video in the post
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
            return [
                _shown_mark(place, mark) for place, marks in self.places.items() for mark in marks
            ]
        return self._typed_marks()

    def has_questions(self) -> bool:
        """Check whether the person has to look at frames between the marks."""
        return any(mark.kind == Kind.ASKED for marks in self.places.values() for mark in marks)

    def _typed_marks(self) -> list[dict[str, Any]]:
        if not self.is_bound:
            return []
        names = [self.data.getlist(f"mark_{name}")[:MOST_MARKS] for name in _MARK_FIELDS]
        rows = [dict(zip(_MARK_FIELDS, row, strict=True)) for row in zip(*names, strict=False)]
        return [row for row in rows if any(row[name].strip() for name in ("from", *SIDES))]

    def clean_captions_file(self) -> str:
        file = self.cleaned_data["captions_file"]
        try:
            return decode_captions(file.read(LARGEST + 1)) if file else ""
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
        if self.has_questions():
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
                marks=[
                    [(mark.start, mark.end, *mark.box) for mark in marks]
                    for marks in self.places.values()
                ],
                captions=captions,
            )
        except Refused as refused:
            raise ValidationError(str(refused)) from None
        return cleaned

    def _captions(self, cleaned: dict[str, Any]) -> str:
        """Return the captions to draw, as WebVTT."""
        given = cleaned.get("captions_file") or cleaned.get("captions", "")
        try:
            captions = convert_to_webvtt(given, seconds=self.media_row.seconds)
        except Refused as refused:
            self.add_error("captions", str(refused))
            return ""
        if cleaned.get("burn_in") and not captions:
            self.add_error("captions", _("Write the captions that are drawn, or choose a file."))
        elif captions != self.attached and captions and not cleaned.get("burn_in"):
            self.add_error(
                "burn_in",
                _("Tick this, or write the captions in the post, where they are attached."),
            )
        return captions if cleaned.get("burn_in") else ""

    def _read_marks(self) -> None:
        """Read the places marked by hand, and ask about what lies between. Raise ValueError."""
        tracks: dict[int, list[Mark]] = {}
        for row in self._typed_marks():
            place = int(row["place"])
            if not 0 < place < 1000:
                raise ValueError(place)
            start = min(parse_time(row["from"]), self.media_row.seconds)
            end = min(parse_time(row["to"] or row["from"]), self.media_row.seconds)
            box = percent_box(*(row[side] for side in SIDES))
            tracks.setdefault(place, []).append(Mark(start, end, box, Kind(row["kind"] or "drawn")))
        self.places = {
            place: complete_marks(marks, self.seen) for place, marks in sorted(tracks.items())
        }


def _shown_mark(place: int, mark: Mark) -> dict[str, Any]:
    """Return the fields of a mark as the form shows it again."""
    sides = zip(SIDES, (f"{side / 100:g}" for side in mark.box), strict=True)
    times = {
        "from": format_time(mark.start),
        "to": format_time(mark.end),
        "second": f"{mark.start:.2f}",
    }
    return {"place": str(place), **times, **dict(sides), "kind": mark.kind.value, "box": mark.box}
