"""Read QR codes and their like."""

from typing import Any

import numpy as np
import zxingcpp

from media.scanners.programs.pixels import Pixels
from media.scanners.programs.places import relative_box_of_points

MOST_LETTERS = 4000


def find(pixels: Pixels) -> list[list[object]]:
    """Return for each code its text and its place."""
    height, width = pixels.shape[:2]
    formats: Any = [
        zxingcpp.BarcodeFormat.QRCode,
        zxingcpp.BarcodeFormat.MicroQRCode,
        zxingcpp.BarcodeFormat.DataMatrix,
        zxingcpp.BarcodeFormat.Aztec,
        zxingcpp.BarcodeFormat.PDF417,
    ]
    codes: list[list[object]] = []
    for code in zxingcpp.read_barcodes(np.ascontiguousarray(pixels), formats=formats):
        at = code.position
        corners = [at.top_left, at.top_right, at.bottom_right, at.bottom_left]
        points = np.array([(corner.x, corner.y) for corner in corners], np.float32)
        codes.append([code.text[:MOST_LETTERS], *relative_box_of_points(points, width, height)])
    return codes
