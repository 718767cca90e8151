"""Open a picture no larger than the scanners need it."""

import cv2
import numpy as np
from PIL import Image, ImageOps

LONGEST_SIDE = 2048
MOST_PIXELS = 40_000_000
FORMATS = ("JPEG", "PNG", "WEBP")
Pixels = np.ndarray  # red, green, blue


def load(path: str) -> Pixels:
    """Return the picture upright, on white, at most ``LONGEST_SIDE`` wide and high. Raise whatever
    a garbled file brings about.
    """
    with Image.open(path, formats=FORMATS) as file:
        if file.width * file.height > MOST_PIXELS:
            raise ValueError("too many pixels")
        file.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG's decoder makes it smaller
        picture: Image.Image = file
        if max(picture.size) > 2 * LONGEST_SIDE:
            # Before it becomes RGB: a second copy of 40 million pixels would not fit.
            picture = picture.reduce(max(picture.size) // LONGEST_SIDE)
        upright = ImageOps.exif_transpose(picture)
        if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
            upright = upright.convert("RGBA")
            white = Image.new("RGBA", upright.size, "white")
            upright = Image.alpha_composite(white, upright)
        pixels = np.asarray(upright.convert("RGB"))
    return shrink(pixels, LONGEST_SIDE)


def shrink(pixels: Pixels, longest: int) -> Pixels:
    """Return the picture with no side longer than this."""
    scale = longest / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    return cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
