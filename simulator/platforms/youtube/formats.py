"""Write times, durations, numbers and captions as Google does."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

CUE = re.compile(
    r"^((?:\d+:)?\d\d:\d\d)\.(\d{3}) --> ((?:\d+:)?\d\d:\d\d)\.(\d{3}).*$", re.MULTILINE
)


def format_moment(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_moment(text: Any) -> float | None:
    """Read the Unix seconds of an RFC 3339 time, which names its zone."""
    try:
        time = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return time.timestamp() if time.tzinfo else None


def format_iso_duration(seconds: float) -> str:
    hours, rest = divmod(int(seconds), 3600)
    minutes, rest = divmod(rest, 60)
    parts = "".join(
        f"{value}{unit}" for value, unit in ((hours, "H"), (minutes, "M"), (rest, "S")) if value
    )
    return f"PT{parts or '0S'}"


def round_figure(value: int) -> int:
    """Round to three significant figures, downwards, as subscribers are shown."""
    step = 10 ** max(0, len(str(value)) - 3)
    return value // step * step


def convert_captions(text: str, requested: str) -> str:
    """Turn a caption track from WebVTT into SubRip, or back; otherwise as it was sent."""
    webvtt = text.lstrip("\ufeff").startswith("WEBVTT")
    if requested == "vtt" and not webvtt:
        return "WEBVTT\n\n" + re.sub(r"(\d\d:\d\d:\d\d),(\d{3})", r"\1.\2", text)
    if requested != "srt" or not webvtt:
        return text
    cues = [
        block[block.index(cue_line) :]
        for block in re.split(r"\n\s*\n", text)
        if (cue_line := find_first_cue(block))
    ]
    return "\n".join(
        f"{number}\n{CUE.sub(format_subrip, cue, count=1).strip()}\n"
        for number, cue in enumerate(cues, 1)
    )


def find_first_cue(block: str) -> str:
    """Find the line of times in a block; a header, a note or a style has none."""
    match = CUE.search(block)
    return match[0] if match else ""


def format_subrip(cue: re.Match[str]) -> str:
    """Write a line of times as SubRip: hours always, a comma, and no place on the screen."""
    begin, end = (time if time.count(":") == 2 else f"00:{time}" for time in (cue[1], cue[3]))
    return f"{begin},{cue[2]} --> {end},{cue[4]}"
