"""Captions of a video: what officers paste or choose, as WebVTT, the form that platforms and
browsers take.

Only times and words are kept: a file's styles, notes and cue names are left out, and SubRip (.srt)
is written again.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from django.utils.translation import gettext as _

from core.errors import Refused
from core.text import normalise, unescape_html

LARGEST = 100_000  # bytes
MOST_STORED = 2 * LARGEST  # a sign such as < takes more as WebVTT
LONGEST_LINE = 1000  # characters; a screen shows some forty
_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})"
_ROW_TIME = r"(?:\d{1,3}:)?\d{1,2}:\d{2}(?:[.,]\d{1,3})?"
_ROW = re.compile(rf"\s*({_ROW_TIME})\s*[–—-]\s*({_ROW_TIME})(?:\s*[:–—|-]\s*|\s+)(\S.*)")
_SPAN = re.compile(rf"[ \t]*{_TIME}[ \t]*-->[ \t]*{_TIME}(?:[ \t]+(.*))?$")
_SETTING = re.compile(r"(?:vertical|line|position|size|align):\S+")
_LEFT_OUT = re.compile(r"(?:NOTE|STYLE|REGION)(?:[ \t]|$)")
# Fonts and places; bold, italic, underlined stay. No piece may hold another's beginning: a line of
# those alone would be searched to its end from each of them.
_MARKUP = re.compile(r"<(?!/?[biu]>)[^<>\n]*>|\{\\[^{}\n]*\}")


def decode_captions(data: bytes) -> str:
    """Decode the text of a captions file. Raise Refused."""
    if len(data) > LARGEST:
        raise _too_large_error()
    try:
        return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(
            _("The captions are not readable text. Save the file as UTF-8 and choose it again.")
        ) from None


def convert_to_webvtt(text: str, *, seconds: float = 0) -> str:
    """Convert to WebVTT what people have: WebVTT, SubRip, rows such as `0:05 – 0:08 Words`, or
    words alone, which are spread over the ``seconds`` of the video. Empty for nothing. Raise
    Refused with the line that does not fit.
    """
    text = normalise(text).removeprefix("\ufeff")
    if not text.strip():
        return ""
    _require_short(text)
    is_vtt = text.startswith("WEBVTT")
    if not is_vtt and "-->" not in text:
        text = _write_times(text, seconds=seconds)
    cues, last = [], 0
    for line, block in _split_blocks(text):
        if (is_vtt and line == 1) or _LEFT_OUT.match(block[0]):
            continue
        # A cue may bear a name or, in SubRip, a number above its times.
        at = 1 if "-->" not in block[0] and len(block) > 1 else 0
        start, end, shape = _read_times(block[at], number=line + at, after=last)
        cue_text = "\n".join(_clean_words(line, is_vtt=is_vtt) for line in block[at + 1 :])
        if "-->" in cue_text:
            raise Refused(
                _("An empty line is missing before line %(n)s of the captions.")
                % {"n": line + next(n for n, line in enumerate(block) if n > at and "-->" in line)}
            )
        last = start
        if cue_text.strip():
            settings = " ".join(_SETTING.findall(shape)) if is_vtt else ""
            cues.append(
                f"{_format_time(start)} --> {_format_time(end)} {settings}".rstrip()
                + f"\n{cue_text}"
            )
    if not cues:
        raise Refused(_("The captions hold no words."))
    vtt = "WEBVTT\n\n" + "\n\n".join(cues) + "\n"
    if len(vtt.encode()) > MOST_STORED:
        raise _too_large_error()
    return vtt


def find_problem(captions: str) -> str:
    """Return why captions cannot be shown as they stand in a draft; empty where they can."""
    try:
        convert_to_webvtt(captions)
    except Refused as refused:
        return str(refused)
    return ""


def format_rows(vtt: str) -> str:
    """Return captions as rows for people to change; as they stand where rows would lose something
    of them.
    """
    rows = []
    for _line, block in _split_blocks(vtt):
        if (span := _SPAN.match(block[0])) and len(block) == 2:
            start, end = (_format_row_time(span.groups()[at : at + 4]) for at in (0, 4))
            rows.append(f"{start} – {end} {unescape_html(block[1])}")
    text = "\n".join(rows)
    try:
        return text if convert_to_webvtt(text) == vtt else vtt
    except Refused:
        return vtt


def _write_times(text: str, *, seconds: float) -> str:
    """Return rows, or lines of words alone, as SubRip."""
    lines = {n: line for n, line in enumerate(text.split("\n"), start=1) if line.strip()}
    rows = [row for line in lines.values() if (row := _ROW.fullmatch(line))]
    if len(rows) == len(lines):
        spans = [(_read_row_time(row[1]), _read_row_time(row[2]), row[3]) for row in rows]
        return "\n\n".join(f"{start} --> {end}\n{text}" for start, end, text in spans)
    if rows or not seconds:
        raise _no_times_error(next(n for n, line in lines.items() if not _ROW.fullmatch(line)))
    cues, total, at = [], sum(map(len, lines.values())), 0
    for line in lines.values():
        start, at = at, at + len(line)
        times = (_format_time(round(1000 * seconds * place / total)) for place in (start, at))
        cues.append(f"{' --> '.join(times)}\n{line.strip()}")
    return "\n\n".join(cues)


def _read_row_time(time: str) -> str:
    return time if re.search(r"[.,]", time) else f"{time}.000"


def _format_row_time(parts: tuple[str | None, ...]) -> str:
    minutes, rest = divmod(_to_milliseconds(parts) or 0, 60_000)
    seconds, rest = divmod(rest, 1000)
    return f"{minutes}:{seconds:02}" + (f".{rest:03}" if rest else "")


def _require_short(text: str) -> None:
    if len(text.encode()) > LARGEST:
        raise _too_large_error()
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > LONGEST_LINE:
            raise Refused(
                _(
                    "Line %(n)s of the captions is longer than %(most)s characters. "
                    "Break it into several lines."
                )
                % {"n": number, "most": LONGEST_LINE}
            )


def _read_times(line: str, *, number: int, after: int) -> tuple[int, int, str]:
    """Read start, end and settings of a cue that must not begin before ``after``. Raise Refused."""
    span = _SPAN.match(line)
    if not span:
        raise _no_times_error(number)
    start, end = _to_milliseconds(span.groups()[:4]), _to_milliseconds(span.groups()[4:8])
    if start is None or end is None or end <= start:
        raise Refused(
            _("In line %(n)s of the captions the end does not lie after the start.") % {"n": number}
        )
    if start < after:
        raise Refused(_("In line %(n)s of the captions the times go back.") % {"n": number})
    return start, end, span[9] or ""


def plain_text(vtt: str) -> str:
    """Return the words alone, for checks and for people."""
    lines = [line for line in vtt.removeprefix("WEBVTT").split("\n") if "-->" not in line]
    bare = re.sub(r"</?[biu]>", "", "\n".join(lines))
    return re.sub(r"\n{2,}", "\n", unescape_html(bare)).strip()


class Cue(NamedTuple):
    """Words of a video, and the seconds in which they are shown."""

    start: float
    end: float
    words: str


def read_cues(vtt: str) -> list[Cue]:
    """Read what `convert_to_webvtt` wrote, as letters to draw: without emphasis, and without signs
    that no font of letters has.
    """
    cues = []
    for _line, block in _split_blocks(vtt):
        if span := _SPAN.match(block[0]):
            start, end = _to_milliseconds(span.groups()[:4]), _to_milliseconds(span.groups()[4:8])
            text = "".join(map(_keep_drawable, plain_text("\n".join(["", *block[1:]]))))
            if text.strip():
                cues.append(Cue((start or 0) / 1000, (end or 0) / 1000, text.strip()))
    return cues


def trim_captions(vtt: str, *, start: float, end: float) -> str:
    """Return the captions of a part of the video, from its beginning on."""
    if find_problem(vtt):  # not finished: whoever finishes them has the new video before them
        return vtt
    first, last = round(1000 * start), round(1000 * end)
    kept = []
    for _line, block in _split_blocks(vtt):
        if not (span := _SPAN.match(block[0])):
            continue
        visible, over = (
            _to_milliseconds(span.groups()[:4]) or 0,
            _to_milliseconds(span.groups()[4:8]) or 0,
        )
        visible, over = max(visible, first), min(over, last)
        if visible < over:
            span_of_part = f"{_format_time(visible - first)} --> {_format_time(over - first)}"
            times = f"{span_of_part} {span[9] or ''}".rstrip()
            kept.append("\n".join([times, *block[1:]]))
    return "WEBVTT\n\n" + "\n\n".join(kept) + "\n" if kept else ""


def _keep_drawable(letter: str) -> str:
    """Return the letter, or nothing for pictures, private and unassigned signs."""
    is_sign = unicodedata.category(letter) in ("So", "Cs", "Co", "Cn", "Cf", "Mn")
    return "" if is_sign else letter


def _no_times_error(line: int) -> Refused:
    return Refused(
        _(
            "Line %(n)s of the captions has no times. Write them before each line, such as "
            "0:05 – 0:08, or before none."
        )
        % {"n": line}
    )


def _too_large_error() -> Refused:
    return Refused(_("The captions are larger than %(n)s kB.") % {"n": LARGEST // 1000})


def _split_blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the blocks between empty lines, each with the number of its first line."""
    block: list[str] = []
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        if line.strip():
            block.append(line)
        elif block:
            yield number - len(block), block
            block = []


def _to_milliseconds(parts: tuple[str | None, ...]) -> int | None:
    """Return a time in milliseconds; None for what no clock shows."""
    hours, minutes, seconds = (int(part or 0) for part in parts[:3])
    if minutes > 59 or seconds > 59:
        return None
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + int((parts[3] or "").ljust(3, "0"))


def _format_time(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{rest:03}"


def _clean_words(line: str, *, is_vtt: bool) -> str:
    line = _MARKUP.sub("", line)
    if is_vtt:
        return line
    line = re.sub(r"&(?!#?\w+;)", "&amp;", line)
    return re.sub(r"<(?!/?[biu]>)", "&lt;", line)
