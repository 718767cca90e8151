"""Planned posts as a sheet: the form that a unit downloads, and reading back what was filled in."""

import hashlib
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import BinaryIO, NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Topic
from channels.models import Channel
from core import spreadsheets
from core.spreadsheets import make_text_cell
from core.text import fold
from posts.canonical import content

KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 200  # a busy month has a fifth of that
LONGEST_TEXT = 30_000  # characters; a cell of Excel holds 32,767
COLUMNS = {
    "date": gettext_lazy("Date"),
    "time": gettext_lazy("Time of day"),
    "channels": gettext_lazy("Channels"),
    "title": gettext_lazy("Title"),
    "text": gettext_lazy("Text"),
    "pictures": gettext_lazy("Picture name"),
    "alt": gettext_lazy("Picture description"),
    "topic": gettext_lazy("Topic"),
    "link": gettext_lazy("Link"),
}
REQUIRED = ("date", "time", "title", "text")
_WIDTHS = (13, 9, 34, 40, 70, 24, 34, 26, 30)
_SHAPE = spreadsheets.Shape(
    most_rows=MOST_ROWS,
    texts=("channels", "text", "pictures", "alt", "link"),
    longest_text=LONGEST_TEXT + 1,  # one more, so that what is too long is seen
    takes_csv=True,
)
# The template's own rows begin so; nobody means to publish them.
_EXAMPLE = "[Ví dụ]"
# The name of a picture that the unit has already: the beginning of its hash.
_STORED = re.compile(r"kho:([0-9a-f]{12})")
_SEPARATORS = re.compile(r"[;\n]")
# The day from which Excel counts; a year of its own has no 29 February 1900.
_FIRST_DAY = date(1899, 12, 30)
_SERIALS = range(20_000, 80_000)  # 1954 to 2119
_DAY = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}|\d{2})")
_CLOCK = re.compile(r"(\d{1,2})(?:\s*[:hg.]\s*(\d{2})?)?(?::(\d{2}))?(?:\.\d+)?", re.IGNORECASE)


class Row(NamedTuple):
    """One line of the sheet as it was written; ``number`` is Excel's."""

    number: int
    date: str
    time: str
    channels: str
    title: str
    text: str
    pictures: str
    alt: str
    topic: str
    link: str

    @property
    def is_example(self) -> bool:
        return self.title.startswith(_EXAMPLE)

    @property
    def sha256(self) -> str:
        """Return the hash by which the same row is known when it comes again."""
        return hashlib.sha256("\x1f".join(map(fold, self[1:])).encode()).hexdigest()

    @property
    def picture_names(self) -> list[str]:
        return split_names(self.pictures)


class Cells(NamedTuple):
    """A planned post as a line of the sheet, for `build_workbook`."""

    at: datetime | None
    channels: Sequence[str]
    title: str
    text: str
    pictures: Sequence[str] = ()
    alt: Sequence[str] = ()
    topic: str = ""
    link: str = ""


def split_names(cell: str) -> list[str]:
    """Return the names in a cell that may hold several."""
    return list(dict.fromkeys(name for part in _SEPARATORS.split(cell) if (name := part.strip())))


def read_rows(file: BinaryIO, *, size: int) -> list[Row]:
    """Return the filled lines of the first sheet, without the template's examples. Raise Refused,
    which names the fault of the file as a whole, and Busy.
    """
    lines = spreadsheets.read_sheet(
        file, size=size, columns=COLUMNS, required=REQUIRED, shape=_SHAPE
    )
    return [Row(line.number, **line.cells) for line in lines]


def parse_moment(day: str, clock: str) -> datetime:
    """Return the time that two cells name. Raise ValueError, whose words say what to write."""
    day, clock = split_moment(day, clock)
    return timezone.make_aware(datetime.combine(parse_day(day), parse_time(clock)))


def split_moment(day: str, clock: str) -> tuple[str, str]:
    """Return what the two cells say of the day and of the time of day. One cell may hold both, as
    in “2026-12-01 07:30:00”.
    """
    first, _space, rest = day.partition(" ")
    return first, clock or rest or day


def parse_day(text: str) -> date:
    """Read dd/mm/yyyy, what Excel makes of a date, or the number that it keeps for one."""
    message = _("Write the day as dd/mm/yyyy, such as 05/12/2026.")
    serial = _parse_number(text)
    try:
        if serial is not None and int(serial) in _SERIALS:
            return _FIRST_DAY + timedelta(days=int(serial))
        if written := _DAY.fullmatch(text):
            day, month, year = map(int, written.groups())
            return date(year if year > 99 else 2000 + year, month, day)
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(message) from None


def parse_time(text: str) -> time:
    """Read 07:30, 7h30, 7h, what Excel makes of a time, or the fraction of a day that it keeps."""
    message = _("Write the time as hh:mm, such as 07:30.")
    serial = _parse_number(text)
    if serial is not None and serial % 1 and (serial < 1 or int(serial) in _SERIALS):
        minutes = round(serial % 1 * 24 * 60)
        return time(minutes // 60 % 24, minutes % 60)
    written = _CLOCK.fullmatch(text.rpartition(" ")[2])
    if not written:
        raise ValueError(message)
    hour, minute, _seconds = (int(part or 0) for part in written.groups())
    try:
        return time(hour, minute)
    except ValueError:
        raise ValueError(message) from None


def _parse_number(text: str) -> float | None:
    text = text.replace(",", ".")
    return float(text) if re.fullmatch(r"\d{1,6}(\.\d{1,20})?", text) else None


def stored_name(sha256: str) -> str:
    """Name a picture that the unit has already, so that nobody has to upload it again."""
    return f"kho:{sha256[:12]}"


def hash_in(name: str) -> str:
    """Return the beginning of the hash that `stored_name` wrote; empty for any other name."""
    match = _STORED.fullmatch(fold(name))
    return match[1] if match else ""


def channel_label(channel: Channel) -> str:
    """Name a channel as the sheet does."""
    return content.channel_name({"platform": channel.platform, "name": channel.name})


def example_rows(channels: Sequence[Channel], topics: Sequence[Topic], today: date) -> list[Cells]:
    """Return the two rows that show how the sheet is filled in; they are never imported."""
    first = datetime.combine(today + timedelta(days=7), time(7))
    labels = [channel_label(channel) for channel in channels]
    topic = str(topics[0]) if topics else ""
    return [
        Cells(
            timezone.make_aware(first),
            labels[:1],
            f"{_EXAMPLE} Cảnh giác cuộc gọi giả danh Công an",
            "Công an không yêu cầu chuyển tiền qua điện thoại.\nNghi ngờ, gọi 113.",
            ["canh-bao.jpg"],
            ["Áp phích cảnh báo cuộc gọi giả danh Công an"],
            topic,
        ),
        Cells(
            timezone.make_aware(first + timedelta(days=2, hours=12, minutes=30)),
            labels,
            f"{_EXAMPLE} Đội mũ bảo hiểm khi đi xe máy",
            "Đội mũ bảo hiểm đạt chuẩn, cài quai đúng cách để bảo vệ chính mình.",
            topic=topic,
        ),
    ]


def build_workbook(
    rows: Iterable[Cells], *, channels: Sequence[Channel], topics: Sequence[Topic]
) -> bytes:
    """Build the sheet with ``rows``, and pages that explain it and list what may be chosen."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.worksheet.datavalidation import DataValidation

    book = Workbook()
    sheet = book.active
    sheet.title = _("Plan")
    sheet.append([str(label) for label in COLUMNS.values()])
    for place, width in enumerate(_WIDTHS):
        sheet.column_dimensions["ABCDEFGHI"[place]].width = width
    sheet.freeze_panes = "A2"
    for cells in rows:
        sheet.append(_sheet_row(sheet, cells))
    last = MOST_ROWS + 1
    for line in sheet.iter_rows(min_row=2, max_row=last, max_col=len(COLUMNS)):
        # Dates as text: a computer set to English would read 05/12 as the 12th of May.
        line[0].number_format = line[1].number_format = "@"
        for cell in line:
            cell.alignment = Alignment(vertical="top", wrap_text=True)
    guide = book.create_sheet(_("Guide"))
    guide.column_dimensions["A"].width, guide.column_dimensions["B"].width = 30, 100
    for line in _guide_rows():
        guide.append(line)
    choices = book.create_sheet(_("Choices"))
    choices.column_dimensions["A"].width, choices.column_dimensions["B"].width = 50, 40
    choices.append([str(COLUMNS["channels"]), str(COLUMNS["topic"])])
    lists = ([channel_label(channel) for channel in channels], [str(topic) for topic in topics])
    for place, (letter, names) in enumerate(zip("CH", lists, strict=True), 1):
        for at, name in enumerate(names, 2):
            choices.cell(at, place, name).data_type = "s"
        if names:
            column = "AB"[place - 1]
            formula = f"'{choices.title}'!${column}$2:${column}${len(names) + 1}"
            # Several channels in one cell are no choice of the list, and yet right.
            listed = DataValidation(
                type="list", formula1=formula, allow_blank=True, showErrorMessage=False
            )
            sheet.add_data_validation(listed)
            listed.add(f"{letter}2:{letter}{last}")
    for page in (sheet, guide, choices):
        for cell in page[1]:
            cell.font = Font(bold=True)
    spreadsheets.mark_training(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _sheet_row(sheet: object, cells: Cells) -> list[object]:
    at = timezone.localtime(cells.at) if cells.at else None
    texts = (
        at.strftime("%d/%m/%Y") if at else "",
        at.strftime("%H:%M") if at else "",
        "; ".join(cells.channels),
        cells.title,
        cells.text[:LONGEST_TEXT],
        "; ".join(cells.pictures),
        "\n".join(cells.alt),
        cells.topic,
        cells.link,
    )
    return [make_text_cell(sheet, text) for text in texts]


def _guide_rows() -> list[list[str]]:
    yes, no = _("required"), _("optional")
    return [
        [_("Column"), _("What to write")],
        [str(COLUMNS["date"]), _("%(need)s; dd/mm/yyyy, such as 05/12/2026") % {"need": yes}],
        [str(COLUMNS["time"]), _("%(need)s; such as 07:30 or 7h30") % {"need": yes}],
        [
            str(COLUMNS["channels"]),
            _(
                "%(need)s; empty: all channels of the unit that can show the post. Several: with a "
                "semicolon between them"
            )
            % {"need": no},
        ],
        [str(COLUMNS["title"]), _("%(need)s; at most 200 characters") % {"need": yes}],
        [str(COLUMNS["text"]), _("%(need)s; a new line with Alt+Enter") % {"need": yes}],
        [
            str(COLUMNS["pictures"]),
            _(
                "%(need)s; the name of the file that you upload with the sheet, such as "
                "canh-bao.jpg. Several: with a semicolon between them"
            )
            % {"need": no},
        ],
        [
            str(COLUMNS["alt"]),
            _(
                "required with a picture, for readers who cannot see it. Several pictures: a line "
                "for each, with Alt+Enter"
            ),
        ],
        [str(COLUMNS["topic"]), _("%(need)s; choose one of the list") % {"need": yes}],
        [str(COLUMNS["link"]), _("%(need)s; begins with https://") % {"need": no}],
        [
            _("Examples"),
            _(
                "Rows whose title begins with “%(mark)s” are not imported. Delete them or leave "
                "them."
            )
            % {"mark": _EXAMPLE},
        ],
    ]
