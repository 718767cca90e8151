"""The shapes that pictures are cut to, and which of them a platform's limits ask for."""

from typing import NamedTuple

from media.editing.picture_edits import LEAST_CROP, WHOLE, Box
from platforms.facts import ImageLimits

MIDDLE = (WHOLE // 2, WHOLE // 2)


class Preset(NamedTuple):
    name: str
    ratio: float  # of width by height


PRESETS = tuple(Preset(f"{w}:{h}", w / h) for w, h in ((1, 1), (4, 5), (16, 9), (9, 16)))
BY_NAME = {preset.name: preset for preset in PRESETS}


def crop_box(width: int, height: int, ratio: float, *, focus: tuple[int, int] = MIDDLE) -> Box:
    """Return the largest box of this ratio in a picture of these sides, as near to the focus as it
    can lie, in ten-thousandths.
    """
    across, down = WHOLE, round(WHOLE * width / height / ratio)
    if down > WHOLE:
        across, down = round(WHOLE * height * ratio / width), WHOLE
    across, down = max(across, LEAST_CROP), max(down, LEAST_CROP)
    x = min(max(focus[0] - across // 2, 0), WHOLE - across)
    y = min(max(focus[1] - down // 2, 0), WHOLE - down)
    return x, y, across, down


def best_preset(width: int, height: int, limits: ImageLimits) -> str:
    """Name the preset that loses least of a picture which these limits do not take as it is; empty
    for one that they take.
    """
    ratio = width / height
    if limits.min_ratio and ratio < limits.min_ratio:
        fits = [preset for preset in PRESETS if preset.ratio >= limits.min_ratio]
        return min(fits, key=lambda preset: preset.ratio).name if fits else ""
    if limits.max_ratio and ratio > limits.max_ratio:
        fits = [preset for preset in PRESETS if preset.ratio <= limits.max_ratio]
        return max(fits, key=lambda preset: preset.ratio).name if fits else ""
    return ""
