"""Let every scanner look at a picture, each failing by itself."""

import contextlib
from collections.abc import Callable
from typing import Any

from media.scanners.programs.pixels import Pixels

KINDS = ("text", "faces", "codes", "stamps")


class Scanners:
    """All scanners that this machine has; what fails once is ``missing`` from then on."""

    def __init__(self) -> None:
        with contextlib.suppress(ImportError):
            import cv2

            cv2.setNumThreads(1)  # one processor for one file
        self.missing: set[str] = set()
        self._ready: dict[str, Callable[[Pixels], Any]] = {}
        for kind in KINDS:
            try:
                self._ready[kind] = _make_scanner(kind)
            except Exception:  # a library or its data is missing, or does not fit this machine
                self.missing.add(kind)

    def look(self, pixels: Pixels) -> dict[str, Any]:
        """Return what each scanner finds, by its kind."""
        results = {}
        for kind, find in self._ready.items():
            try:
                results[kind] = find(pixels)
            except Exception:  # whatever a strange picture brings about: the others go on
                self.missing.add(kind)
        return results


def _make_scanner(kind: str) -> Callable[[Pixels], Any]:
    # Each by itself: where one cannot be loaded, the others work.
    match kind:
        case "text":
            from media.scanners.programs.ocr import Letters

            return Letters().read
        case "faces":
            from media.scanners.programs.faces import Faces

            return Faces().find
        case "codes":
            from media.scanners.programs import codes

            return codes.find
    from media.scanners.programs.stamps import Stamps

    return Stamps().find
