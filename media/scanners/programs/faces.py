"""Find faces, by the network CenterFace."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from media.scanners.programs.pixels import Pixels, shrink
from media.scanners.programs.places import relative_box

MODEL = Path(__file__).parents[1] / "data" / "centerface.onnx"
# 2.7 s at 1600 × 1600, 0.5 s at 1024 × 1024. The smaller one sees faces that fill the picture.
SIDES = (1024, 384)
SURE = 0.5
# Less sure ones are looked at again from near: small faces are seen so.
_PERHAPS, _MOST_PERHAPS = 0.15, 6
_NEAR, _AROUND = 192, 2.5  # the side of the second look in points; in widths of the face
SAME = 0.3  # of the smaller one's area
_LAYERS = ["537", "538", "539", "540"]


class Faces:
    def __init__(self) -> None:
        self.net: Any = cv2.dnn.readNetFromONNX(str(MODEL))

    def find(self, pixels: Pixels) -> list[list[int]]:
        """Return the boxes of the faces, the surest first."""
        height, width = pixels.shape[:2]
        faces: list[tuple[float, np.ndarray]] = []
        for side in SIDES:
            if side == SIDES[0] or max(height, width) > side:
                faces += self._find_in(shrink(pixels, side))
        faces += self._look_nearer(pixels, faces)
        faces = [face for face in faces if face[0] > SURE]
        chosen: list[np.ndarray] = []
        for _score, box in sorted(faces, key=lambda face: -face[0]):
            if all(_overlap(box, other) < SAME for other in chosen):
                chosen.append(box)
        return [relative_box(box[0], box[1], box[2], box[3], 1, 1) for box in chosen]

    def _look_nearer(
        self, pixels: Pixels, faces: list[tuple[float, np.ndarray]]
    ) -> Iterator[tuple[float, np.ndarray]]:
        """Yield faces where one may be, that are surely one in a picture of that part alone."""
        height, width = pixels.shape[:2]
        whole = np.array([width, height, width, height])
        sure = [box for score, box in faces if score > SURE]
        seen: list[np.ndarray] = []
        for _score, box in sorted(faces, key=lambda face: -face[0]):
            if len(seen) == _MOST_PERHAPS:
                return
            if any(_overlap(box, other) >= SAME for other in (*sure, *seen)):
                continue
            seen.append(box)
            left, top, right, bottom = box * whole
            side = _AROUND * max(right - left, bottom - top)
            x = int(max((left + right - side) / 2, 0))
            y = int(max((top + bottom - side) / 2, 0))
            part = pixels[y : y + round(side) + 1, x : x + round(side) + 1]
            scale = _NEAR / max(part.shape[:2])
            near = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
            sides = np.array([part.shape[1], part.shape[0]] * 2)
            for score, face in self._find_in(near):
                yield score, (face * sides + [x, y, x, y]) / whole

    def _find_in(self, pixels: Pixels) -> list[tuple[float, np.ndarray]]:
        height, width = pixels.shape[:2]
        wide, high = -(-width // 32) * 32, -(-height // 32) * 32  # the network's own step
        blob = cv2.dnn.blobFromImage(pixels, 1.0, (wide, high), (0, 0, 0), swapRB=False)
        self.net.setInput(blob)
        heat, scale, offset, _marks = self.net.forward(_LAYERS)
        rows, columns = np.where(heat[0, 0] > _PERHAPS)
        faces = []
        for row, column in zip(rows, columns, strict=True):
            tall, broad = np.exp(scale[0, :, row, column]) * 4
            down, across = offset[0, :, row, column]
            x, y = (column + across + 0.5) * 4, (row + down + 0.5) * 4
            box = np.array(
                [
                    (x - broad / 2) / wide,
                    (y - tall / 2) / high,
                    (x + broad / 2) / wide,
                    (y + tall / 2) / high,
                ]
            )
            faces.append((float(heat[0, 0, row, column]), np.clip(box, 0, 1)))
        return faces


def _overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Return what two boxes share, as a part of the smaller one."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    smaller = min(
        (one[2] - one[0]) * (one[3] - one[1]), (other[2] - other[0]) * (other[3] - other[1])
    )
    return float(width * height / max(smaller, 1e-9))
