"""Profiles of the try-out's pages: one ward's almost whole, others' with gaps."""

from typing import Any

from django.conf import settings

from units.models import Unit

# What the pages of a station lack, by its word; the others lack all of these.
_LACK: dict[str, tuple[str, ...]] = {
    "hai-chau": ("hours",),
    "son-tra": ("cover", "hours", "pinned"),
    "hoi-an": ("address", "hours", "verified", "website"),
    "tra-my": (
        "picture",
        "cover",
        "description",
        "address",
        "phone",
        "hours",
        "pinned",
        "verified",
    ),
}
_LACK_ELSEWHERE = ("cover", "address", "hours", "website", "verified", "pinned")


def make_profile(word: str, unit: Unit) -> dict[str, Any]:
    """Return the profile of a station's pages, as the simulator takes it."""
    whole = {
        "picture": True,
        "cover": True,
        "pinned": True,
        "verified": True,
        "description": f"Trang chính thức của {unit.name}. Tin báo khẩn: 113.",
        "address": f"Trụ sở {unit.name}",
        "phone": "0236 3822 300",
        "hours": {"mon_1_open": "07:30", "mon_1_close": "17:00"},
        "website": settings.REGISTER_URL,
    }
    missing = _LACK.get(word, _LACK_ELSEWHERE)
    return {name: value for name, value in whole.items() if name not in missing}
