"""The form in which a picture is edited: turned, straightened, cropped, blurred."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from core.errors import Refused
from media.editing.picture_edits import (
    MOST_BLURS,
    MOST_BRIGHTNESS,
    MOST_STRAIGHTENED,
    WHOLE,
    Box,
    Edits,
)
from media.editing.shapes import BY_NAME, MIDDLE, PRESETS, crop_box
from media.models import Media

SIDES = ("x", "y", "width", "height")


class PercentField(forms.FloatField):
    """A length as a part of the picture's, as people write it; stored are ten thousandths."""

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
        round(float(str(part).replace(",", ".")) * 100) for part in (x, y, width, height)
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
    crop_x = PercentField(_("From the left (%)"))
    crop_y = PercentField(_("From the top (%)"))
    crop_width = PercentField(_("Width (%)"))
    crop_height = PercentField(_("Height (%)"))
    focus_x = PercentField(_("Most important point, from the left (%)"))
    focus_y = PercentField(_("Most important point, from the top (%)"))

    def __init__(self, data: Any = None, *, media: Media, shape: str = ""):
        initial: dict[str, Any] = {"shape": shape if shape in BY_NAME else ""}
        for name in ("focus_x", "focus_y"):
            stored = getattr(media, name)
            if stored is not None:
                initial[name] = stored / 100
        super().__init__(data, initial=initial, label_suffix="")
        self.media_row = media

    def blur_rows(self) -> list[dict[str, str]]:
        """Return the places to blur as they were typed."""
        if not self.is_bound:
            return []
        columns = [self.data.getlist(f"blur_{side}")[:MOST_BLURS] for side in SIDES]
        rows = [dict(zip(SIDES, row, strict=True)) for row in zip(*columns, strict=False)]
        return [row for row in rows if any(value.strip() for value in row.values())]

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
        """Return the crop that was drawn, or the largest one of the chosen shape; None for none."""
        if not cleaned["shape"]:
            return None
        sides = [cleaned[f"crop_{side}"] for side in SIDES]
        if None not in sides:
            return percent_box(*sides)
        if cleaned["shape"] == "free":
            return None
        width, height = self.media_row.width, self.media_row.height
        if cleaned["turn"] in (90, 270):
            width, height = height, width
        ratio = BY_NAME[cleaned["shape"]].ratio
        return crop_box(width, height, ratio, focus=self._focus(cleaned) or MIDDLE)

    def _focus(self, cleaned: dict[str, Any]) -> tuple[int, int] | None:
        x, y = cleaned["focus_x"], cleaned["focus_y"]
        if x is None or y is None:
            return None
        return round(x * 100), round(y * 100)
