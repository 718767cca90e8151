"""The form of a report: measures, fixed words and numbering of Decree 30/2020/NĐ-CP.

"I 3" beside a number is item 3 of section I of Part I of the decree's Appendix I, which holds the
rule of Article 8; "V 2" is row 2 of its table of letters (section V). Where the decree leaves a
range, the size of that table's example is taken. The papers are Vietnamese in any language of the
screen, so their words stand here and not in the catalogue.

The decree's marks of secrecy, of urgency and of circulation (III 2) have no word here: state
secrets have no place in this portal, and no paper of it can be made to look like one.
"""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

# I 1 to I 3, in millimetres. Top and bottom 20 to 25, left 30 to 35, right 15 to 20.
PAPER = (210, 297)
TOP, BOTTOM, LEFT, RIGHT = 20, 20, 30, 15
PAGE_NUMBER_AT = 10  # I 7: in the middle of the upper margin, from the second page on
FONT = "Times New Roman"  # I 4

# In points.
NATION, MOTTO = 12, 13  # II 1, V 1: 12 to 13 bold capitals; 13 to 14 bold
PARENT, BODY = 12, 12  # II 2, V 2: 12 to 13 capitals; the body bold
NUMBER = 13  # II 3
PLACE = 13  # II 4: 13 to 14, italics
TITLE, SUBJECT = 14, 14  # II 5: 13 to 14 bold; the title in capitals
TEXT = 14  # II 6 e: 13 to 14, to both margins
SIGNATURE = 14  # II 7 đ: 13 to 14 bold; authority and position in capitals
RECIPIENTS = 14  # II 9 d, box 9a: 13 to 14
COPIES_WORD, COPIES = 12, 11  # II 9 d, box 9b: 12 bold italics; 11
APPENDIX, APPENDIX_TITLE, APPENDIX_OF = 14, 14, 14  # III 1 b and c: 14; 13 to 14; 13 to 14
PAGE_NUMBER = 13  # I 7: 13 to 14
TABLE, NOTE = 12, 12  # the decree says nothing of tables
INDENT = 12.7  # mm; II 6 e: 1 or 1.27 cm
BETWEEN = 6  # points between paragraphs; II 6 e: at least 6, lines single to 1.5
SIGNING = 60  # points of room for the signature and the seal
RULE = 0.42  # of the line above it; II 2 b and II 5 b: a third to a half, centred
# The letterhead's two columns, of the width of the text: the nation's name needs 95 mm.
LETTERHEAD = (0.42, 0.58)

NATION_WORDS = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"  # II 1 a
MOTTO_WORDS = "Độc lập - Tự do - Hạnh phúc"  # II 1 b
TO, COPIES_TO, AS_ABOVE = "Kính gửi:", "Nơi nhận:", "Như trên"  # II 9
END = "./."  # form 1.4 of Appendix III: where the text ends
APPENDIX_WORD = "Phụ lục"  # III 1
TABLE_WORD = "Bảng"
GAP = "–"
GAP_NOTE = "Ghi chú: dấu “–” là số liệu không đo được, không phải bằng 0."
ENCLOSED = "Kèm theo:"
DEFINITIONS = "Giải thích số liệu"
DEFINITION_COLUMNS = ("Số liệu", "Cách tính")
DIGEST = "Mã đối chiếu của số liệu (SHA-256): {digest}"

_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_ROMAN = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))


def group_digits(number: int) -> str:
    """Return a whole number as Vietnamese papers group it: 1.234.567, and −5 with a minus."""
    return f"{number:,}".replace(",", ".").replace("-", "−")


def format_roman(number: int) -> str:
    """Return a positive number in Roman numerals (II 6 đ, III 1 a)."""
    text = ""
    for value, numeral in _ROMAN:
        times, number = divmod(number, value)
        text += numeral * times
    return text


def name_appendices(count: int) -> list[str]:
    """Return how ``count`` appendices are called: numbered where they are several (III 1 a)."""
    if count == 1:
        return [APPENDIX_WORD]
    return [f"{APPENDIX_WORD} {format_roman(at)}" for at in range(1, count + 1)]


def format_date(place: str, year: int, day: date | None = None) -> str:
    """Return place and date; without a ``day``, day and month are left for the clerk to write in.
    Days below 10 and the months 1 and 2 bear a 0 (II 4 b).
    """
    if day is None:
        return f"{place}, ngày     tháng     năm {year}"
    month = f"{day.month:02}" if day.month < 3 else str(day.month)
    return f"{place}, ngày {day.day:02} tháng {month} năm {day.year}"


def format_number_line(symbol: str, number: str = "") -> str:
    """Return the line of the number; without one, the clerk writes it in when the paper is
    registered. Numbers below 10 bear a 0 (II 3).
    """
    return f"Số: {number.zfill(2) if number else '        '}/{symbol}"


def format_list(entries: Sequence[str]) -> list[str]:
    """Return entries as lines of a list (II 9 d): "- " before each, ";" after it, "." at the end.

    Marks that an entry has already are not doubled.
    """
    bare = [entry.strip().removeprefix("-").strip().rstrip(";.").strip() for entry in entries]
    bare = [entry for entry in bare if entry]
    return [f"- {entry}{'.' if at == len(bare) else ';'}" for at, entry in enumerate(bare, 1)]


def to_local_time(moment: datetime) -> datetime:
    """Return an aware moment as clocks in Việt Nam show it."""
    return moment.astimezone(_ZONE)


def describe_freeze_time(moment: datetime) -> str:
    """Return the sentence that says when the figures were frozen."""
    return f"Số liệu được chốt lúc {to_local_time(moment):%H:%M ngày %d/%m/%Y}."
