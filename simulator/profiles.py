"""Fill what pages tell of themselves, as unevenly as real ones do."""

from __future__ import annotations

from typing import Any

from simulator.growth import draw_chance
from simulator.model import Mistake

# How many pages of ten have it, and what stands there.
USUAL: dict[str, tuple[float, Any]] = {
    "picture": (0.9, True),
    "cover": (0.7, True),
    "pinned": (0.3, True),
    "verified": (0.3, True),
    "description": (0.8, "Kênh thông tin chính thức"),
    "address": (0.5, "12 Nguyễn Văn Linh"),
    "phone": (0.5, "0236 3822 300"),
    "keywords": (0.5, "công an"),
    "hours": (0.3, {"mon_1_open": "07:30", "mon_1_close": "17:00"}),
    "website": (0.2, "https://bocongan.gov.vn/"),
}


def draw_profile(name: str) -> dict[str, Any]:
    """Draw what the page of this name has, the same each time."""
    return {
        item: value
        for item, (share, value) in USUAL.items()
        if draw_chance(f"profile {item} {name}") < share
    }


def require_known_items(given: dict[str, Any]) -> dict[str, Any]:
    """Return a profile that a test or the try-out gives, if it has no strange part."""
    if strange := set(given) - set(USUAL):
        raise Mistake(f"a profile has no {', '.join(sorted(strange))}")
    return {item: value for item, value in given.items() if value}
