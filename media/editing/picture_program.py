"""Edit one stored picture: cover boxes of it, turn, straighten, crop and lighten it.

A program of its own, started by ``media.editing.picture_edits`` for each edit (see
``core.sandbox``). It imports nothing of ours; what it leaves is encoded again by
``media.pictures.re_encode``, like an upload.

    picture_program.py SOURCE FOLDER EDITS
    EDITS: {"blurs": [[x, y, width, height], …], "turn": 0 | 90 | 180 | 270, "straighten": degrees,
    "crop": [x, y, width, height] | null, "brightness": -100 … 100}

All boxes are in ten-thousandths: those of ``blurs`` of the source, that of ``crop`` of the picture
once it is turned and straightened. Turns go clockwise. It leaves in FOLDER ``edited.png`` and
``facts.json``: its size, or ``{"refused": "broken"}``.
"""

import json
import math
import struct
import sys
from pathlib import Path
from typing import Any

from PIL import Image, ImageEnhance

WHOLE = 10_000
CELLS = 4  # to a side of a covered box: too few for a face, and for the shape of a letter
LINE = 2  # times as long as high: a line of text or a plate, which gets one colour
MARGIN, LEAST_MARGIN = 0.15, 4  # of the box's shorter side; pixels
BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    OverflowError,
    struct.error,
    Image.DecompressionBombError,
)
TURNS = {
    90: Image.Transpose.ROTATE_270,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}
Pixels = tuple[int, int, int, int]  # left, top, right, bottom


def to_pixels(box: list[int], size: tuple[int, int]) -> Pixels:
    """Return the whole pixels that a box touches."""
    x, y, width, height = box
    left, top = math.floor(x * size[0] / WHOLE), math.floor(y * size[1] / WHOLE)
    right, bottom = (
        math.ceil((x + width) * size[0] / WHOLE),
        math.ceil((y + height) * size[1] / WHOLE),
    )
    return max(0, left), max(0, top), min(size[0], right), min(size[1], bottom)


def add_margin(area: Pixels, size: tuple[int, int]) -> Pixels:
    """Return the pixels with a margin: a box that was found or drawn is seldom exact."""
    left, top, right, bottom = area
    margin = max(LEAST_MARGIN, round(MARGIN * min(right - left, bottom - top)))
    return (
        max(0, left - margin),
        max(0, top - margin),
        min(size[0], right + margin),
        min(size[1], bottom + margin),
    )


def pixelate(area: Image.Image) -> Image.Image:
    """Return what stands in the place of ``area``: means of few large cells, half mixed with the
    mean of the whole and in sixteen steps a colour. What it showed cannot be computed from that.
    """
    mean = area.resize((1, 1), Image.Resampling.BOX)
    short, long = sorted(area.size)
    cells = mean
    if long <= LINE * short:
        cells = area.resize((min(CELLS, area.width), min(CELLS, area.height)), Image.Resampling.BOX)
        cells = Image.blend(cells, mean.resize(cells.size), 0.5)
    coarse = cells.point(lambda value: value & 0xF0 | 0x08)
    return coarse.resize(area.size, Image.Resampling.NEAREST)


def straighten(picture: Image.Image, degrees: float) -> Image.Image:
    """Return the picture turned by a few degrees, cut to what it fills, in its own proportion."""
    turn = abs(math.radians(degrees))
    width, height = picture.size
    across = width * math.cos(turn) + height * math.sin(turn)
    down = width * math.sin(turn) + height * math.cos(turn)
    scale = min(width / across, height / down)
    inner = max(1, math.floor(width * scale) - 1), max(1, math.floor(height * scale) - 1)
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    turned = picture.rotate(-degrees, Image.Resampling.BICUBIC)
    return turned.crop((left, top, left + inner[0], top + inner[1]))


def edit_picture(picture: Image.Image, edits: dict[str, Any]) -> Image.Image:
    for box in edits["blurs"]:
        area = add_margin(to_pixels(box, picture.size), picture.size)
        picture.paste(pixelate(picture.crop(area)), area)
    if edits["turn"]:
        picture = picture.transpose(TURNS[edits["turn"]])
    if edits["straighten"]:
        picture = straighten(picture, edits["straighten"])
    if edits["crop"]:
        picture = picture.crop(to_pixels(edits["crop"], picture.size))
    if edits["brightness"]:
        picture = ImageEnhance.Brightness(picture).enhance(1 + edits["brightness"] / 200)
    return picture


def main(source: str, folder: str, given: str) -> None:
    place = Path(folder)
    try:
        with Image.open(source, formats=("JPEG", "PNG")) as stored:
            final = edit_picture(stored.convert("RGB"), json.loads(given))
        final.save(place / "edited.png", compress_level=1)
        facts: dict[str, Any] = {"width": final.width, "height": final.height}
    except (*BROKEN, MemoryError):
        facts = {"refused": "broken"}
    (place / "facts.json").write_text(json.dumps(facts))


if __name__ == "__main__":
    main(*sys.argv[1:])
