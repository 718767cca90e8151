"""Draw one uploaded picture again: upright, without metadata, within the longest side, small enough
for the platforms.

A program of its own, started by ``media.pictures`` for each upload (see ``core.sandbox``). It
imports nothing of ours; what it says is checked by its caller.

    drawing.py SOURCE FOLDER LIMITS
    LIMITS: {"pixels": …, "webp_pixels": …, "scans": …, "oblong": …, "side": …, "bytes": …,
    "keep_png": …}

leaves in FOLDER ``drawn`` and ``facts.json``: its type, size and ``dhash``, or ``{"refused":
why}``.
"""

import io
import json
import re
import struct
import sys
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

FORMATS = ("JPEG", "PNG", "WEBP")
HEAVY_IN_SCANS = 24_000_000  # pixels
BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    OverflowError,
    struct.error,
    Image.DecompressionBombError,
)
_NEXT_MARKER = re.compile(
    rb"\xff[^\x00\xff\xd0-\xd7]"
)  # in a scan: not a stuffed byte, filling or a restart
_START_OF_SCAN, _END = 0xDA, 0xD9
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD9)}


class UnusablePicture(Exception):
    """The picture is refused; the reason is one of none, pixels, oblong, heavy, broken."""


def open_picture(source: str, limits: dict[str, Any]) -> Image.Image:
    """Open the picture without decoding a pixel, once its header promises a permitted size. Raise
    UnusablePicture.
    """
    if webp_size_above(source, limits["webp_pixels"]):  # its decoder takes memory when it opens one
        raise UnusablePicture("pixels")
    try:
        # By content: a name or a declared type proves nothing. Opening reads the header alone.
        picture = Image.open(source, formats=FORMATS)
    except Image.DecompressionBombError:
        raise UnusablePicture("pixels") from None
    except BROKEN:
        raise UnusablePicture("none") from None
    width, height = picture.size
    if width * height > limits["pixels"]:
        raise UnusablePicture("pixels")
    if max(width, height) > limits["oblong"] * min(width, height):
        raise UnusablePicture("oblong")
    if (
        picture.format in ("JPEG", "MPO")
        and count_scans(Path(source).read_bytes(), limits["scans"]) > limits["scans"]
    ):
        raise UnusablePicture("broken")
    return picture


def webp_size_above(source: str, most: int) -> bool:
    """Check whether any header of a WebP file says that it has more pixels than ``most``."""
    with open(source, "rb") as file:
        head = file.read(30)
    if head[:4] != b"RIFF" or head[8:12] != b"WEBP" or len(head) < 25:
        return False
    head = head.ljust(30, b"\0")
    match head[12:16]:
        case b"VP8X":
            width = int.from_bytes(head[24:27], "little") + 1
            height = int.from_bytes(head[27:30], "little") + 1
        case b"VP8L":
            bits = int.from_bytes(head[21:25], "little")
            width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case _:
            width = int.from_bytes(head[26:28], "little") & 0x3FFF
            height = int.from_bytes(head[28:30], "little") & 0x3FFF
    return width * height > most


def count_scans(data: bytes, most: int) -> int:
    """Count the scans of a JPEG, up to one more than ``most``: each is decoded over the whole
    picture, however small it is. Metadata and bytes behind the end do not count.
    """
    at, scans = 2, 0
    while scans <= most and at + 4 <= len(data):
        if data[at] != 0xFF:
            at += 1
            continue
        marker = data[at + 1]
        if marker == _END:
            break
        if marker == 0xFF or marker in _WITHOUT_LENGTH:
            at += 1 if marker == 0xFF else 2
            continue
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == _START_OF_SCAN:
            scans += 1
            next_marker = _NEXT_MARKER.search(data, at)
            at = next_marker.start() if next_marker else len(data)
    return scans


def read_pixels(picture: Image.Image, side: int) -> Image.Image:
    """Return upright RGB pixels on white, within ``side``, in an image without any metadata."""
    scale = 1.5 * min(1.0, side / max(picture.size))
    picture.draft(
        None, (int(picture.width * scale), int(picture.height * scale))
    )  # a JPEG decodes smaller
    picture.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=1.5)
    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I;16"):
        upright = upright.point(lambda value: value / 256).convert("L")
    if upright.has_transparency_data:
        upright = upright.convert("RGBA")
        clean = Image.new("RGB", upright.size, "white")
        clean.paste(upright, mask=upright.getchannel("A"))
        return clean
    clean = Image.new("RGB", upright.size)
    clean.paste(upright.convert("RGB"))
    return clean


def compress_to_fit(
    picture: Image.Image, *, most: int, keep_png: bool
) -> tuple[bytes, str, Image.Image]:
    """Return the best copy of at most ``most`` bytes, its type, and the picture in it."""
    if keep_png and len(data := encode(picture, "PNG")) <= most:  # drawings and letters stay crisp
        return data, "image/png", picture
    while True:
        for quality in (90, 82, 74, 66):
            data = encode(picture, "JPEG", quality=quality, progressive=True)
            if len(data) <= most:
                return data, "image/jpeg", picture
        picture = picture.reduce(2)


def encode(picture: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def dhash(picture: Image.Image) -> str:
    """Return 128 bits that hardly change when the picture is scaled, compressed or made a little
    brighter: of each part, whether it is darker than its neighbour, across and down. Two grey
    levels more count, so that the noise of an even surface does not.
    """
    grey = picture.convert("L")
    bits = ""
    for size, step in (((9, 8), 1), ((8, 9), 8)):
        cells = grey.resize(size, Image.Resampling.BOX).tobytes()
        pairs = (
            (at, at + step)
            for at in range(len(cells) - step)
            if step == 8 or at % 9 != 8  # the last of a row has no neighbour
        )
        bits += "".join("1" if cells[b] > cells[a] + 2 else "0" for a, b in pairs)
    return f"{int(bits, 2):032x}"


def re_encode(source: str, place: Path, limits: dict[str, Any]) -> dict[str, Any]:
    picture = open_picture(source, limits)
    keep_png = limits["keep_png"] and picture.format == "PNG"
    # The decoder of a JPEG in several scans keeps them all, and calls the lack of memory a broken
    # file.
    is_heavy = picture.width * picture.height > HEAVY_IN_SCANS and "progressive" in picture.info
    try:
        pixels = read_pixels(picture, limits["side"])
    except BROKEN:
        raise UnusablePicture("heavy" if is_heavy else "broken") from None
    data, content_type, final = compress_to_fit(pixels, most=limits["bytes"], keep_png=keep_png)
    (place / "drawn").write_bytes(data)
    return {
        "content_type": content_type,
        "width": final.width,
        "height": final.height,
        "dhash": dhash(final),
    }


def main(source: str, folder: str, given: str) -> None:
    place = Path(folder)
    try:
        facts = re_encode(source, place, json.loads(given))
    except UnusablePicture as why:
        facts = {"refused": str(why)}
    except MemoryError:
        facts = {"refused": "heavy"}
    (place / "facts.json").write_text(json.dumps(facts))


if __name__ == "__main__":
    main(*sys.argv[1:])
