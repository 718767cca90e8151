"""Lay a report's content out as a paper: pure, from what is frozen to `document.Document`.

Words of the paper are Vietnamese by themselves, whatever the language of the screen is.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from itertools import batched, groupby
from typing import Any

from core.periods import Period
from engagement.models import MEASURES
from engagement.reports import periods
from engagement.reports.document import (
    Cell,
    Column,
    Document,
    Letterhead,
    Part,
    Signature,
    Table,
)
from units.models import Level, Unit

TITLE = "BÁO CÁO"
_HEADS = {
    "phường": "TRƯỞNG CÔNG AN PHƯỜNG",
    "xã": "TRƯỞNG CÔNG AN XÃ",
    "đặc khu": "TRƯỞNG CÔNG AN ĐẶC KHU",
}
_DEPUTIES = {"BỘ TRƯỞNG": "THỨ TRƯỞNG"}
# Who leads a department of the body.
_BY_ORDER = ("trưởng phòng", "trưởng ban", "đội trưởng", "chánh văn phòng", "cục trưởng")
_SYMBOLS = {
    "phường": "BC-CAP",
    "xã": "BC-CAX",
    "đặc khu": "BC-CAĐK",
    "tỉnh": "BC-CAT",
}
_KINDS = ("Thành phố ", "Đặc khu ", "Phường ", "Tỉnh ", "Xã ")
_COUNTS = {
    "posts": "Bài đã đăng",
    "publications": "Lượt đăng trên các kênh",
    "due": "Lượt đăng đến hạn",
    "on_time": "Lượt đăng đúng giờ",
    "failed": "Lượt đăng không thành công",
    "manual": "Lượt đăng có số liệu nhập tay",
}
_HANDLING = {
    "kits": "Bộ nội dung đã tiếp nhận",
    "recalls": "Bài bị thu hồi",
    "withdrawn": "Lượt đăng đã gỡ khỏi trang",
    "corrections": "Bài đính chính",
}
_COMPARED = (
    Column("Chỉ tiêu"),
    Column("Kỳ này", is_number=True),
    Column("Kỳ trước", is_number=True),
    Column("Tăng (+), giảm (-)", is_number=True),
)
# Units without a report that a paragraph names; more stand in an appendix.
_MOST_NAMED = 10
_NAMES_A_ROW = 3
_NOT_MEASURED = "Ô có dấu “–” là chưa đo được, không phải bằng 0."


def make_letterhead(unit: Unit) -> dict[str, str]:
    """Return who issues a report of the unit, as frozen with it."""
    above = unit.parent.name if unit.parent else ""
    place = unit.place
    for kind in _KINDS:
        place = place.removeprefix(kind)
    symbol = _SYMBOLS.get(unit.kind, "BC-CATP")
    if unit.level == Level.MINISTRY:
        symbol, place = "BC-BCA", "Hà Nội"
    return {
        "parent": above.upper().replace("CÔNG AN THÀNH PHỐ", "CÔNG AN TP"),
        "body": unit.name.upper().replace("CÔNG AN THÀNH PHỐ", "CÔNG AN TP"),
        "place": place,
        "symbol": symbol,
        "head": _HEADS.get(unit.kind, "BỘ TRƯỞNG" if not unit.parent else "GIÁM ĐỐC"),
    }


def make_signature(head: str, position: str) -> Signature:
    """Return the block of the signature for a leader in this position (Decree 30/2020/NĐ-CP,
    article 13; appendix I, II 7 a): a deputy signs for the head (KT.), who leads a department by
    order (TL.), who acts as the head as such (Q.). The name is the clerk's to fill.
    """
    words = position.casefold()
    is_deputy = words.startswith(("phó ", "thứ trưởng"))
    of_department = words.removeprefix("phó ")
    for title in _BY_ORDER:
        if of_department.startswith(title):
            whole = of_department.upper()
            if not is_deputy:
                return Signature(authority=(f"TL. {head}",), position=whole)
            by_order = (f"TL. {head}", f"KT. {whole}")
            return Signature(authority=by_order, position=f"PHÓ {title.upper()}")
    if is_deputy:
        position = _DEPUTIES.get(head, f"PHÓ {head}")
        return Signature(authority=(f"KT. {head}",), position=position)
    return Signature(authority=(), position=f"Q. {head}" if words.startswith("quyền ") else head)


def compose_document(
    content: Mapping[str, Any], *, digest: str, as_of: datetime, position: str = ""
) -> Document:
    """Lay out a report's content; ``position``: that of who approved it, empty before."""
    letterhead, form, figures = content["letterhead"], content["form"], content["figures"]
    period = Period(date.fromisoformat(content["first"]), date.fromisoformat(content["last"]))
    is_sum = bool(figures["units"] or figures["missing"])
    measures = [name for name in MEASURES if name in form["measures"]]
    names = {key: each["name"] for key, each in figures["definitions"].items()}
    makers = _make_tables(figures, measures, names)
    if content["kind"] == "campaign":
        about = f"đợt “{figures['campaign']['name']}”, {periods.name_period('ad_hoc', period)}"
    else:
        about = periods.name_period(content["kind"], period)
    is_nation = not content["above"]
    parts = []
    for part in form["parts"]:
        tables = [
            table
            for name in part["tables"]
            if name in makers and (is_sum or name not in {"units", "checks"}) and name != "units"
            for table in makers[name]
        ]
        paragraphs = [line for line in content["texts"].get(part["key"], "").split("\n") if line]
        if is_sum and "units" in part["tables"]:
            paragraphs = [*_describe_coverage(figures, is_nation=is_nation), *paragraphs]
        parts.append(Part(part["heading"], tuple(paragraphs), tuple(tables)))
    shown = {name for part in form["parts"] for name in part["tables"]}
    appendices = []
    if is_sum and "units" in shown:
        appendices = [*makers["units"], *_list_missing(figures, is_nation=is_nation)]
    opening = [*form["opening"]]
    if content["version"] > 1:
        opening.insert(0, f"Báo cáo này thay báo cáo đã gửi, điều chỉnh: {content['changes']}")
    recipients = form["recipients"] or ([_capitalise(content["above"])] if content["above"] else [])
    return Document(
        letterhead=Letterhead(
            letterhead["parent"],
            letterhead["body"],
            letterhead["place"],
            letterhead["symbol"],
            content["unit_name"],
        ),
        title=TITLE,
        subject=f"{form['subject']} {about}",
        recipients=tuple(recipients),
        opening=tuple(opening),
        parts=tuple(parts),
        signature=make_signature(letterhead["head"], position),
        copies=tuple(form["copies"]),
        appendices=tuple(appendices),
        definitions=tuple(
            (figures["definitions"][name]["name"], figures["definitions"][name]["means"])
            for name in measures
        ),
        as_of=as_of,
        digest=digest,
    )


def _capitalise(name: str) -> str:
    return name[:1].upper() + name[1:]


def _describe_coverage(figures: Mapping[str, Any], *, is_nation: bool) -> list[str]:
    """Say of whom the sums speak, and who is missing: few by name, many in an appendix."""
    units, missing = figures["units"], figures["missing"]
    lines = [
        f"Số liệu được cộng từ số liệu của cơ quan lập báo cáo và {len(units)} báo cáo đã chốt "
        "của đơn vị trực thuộc."
    ]
    if len(missing) > _MOST_NAMED:
        lines.append(
            f"Chưa có báo cáo của {len(missing)} đơn vị, chưa cộng vào (danh sách tại Phụ lục)."
        )
    elif missing:
        names = (each["name"] for each in missing)
        listed = "; ".join(name if is_nation else _remove_province(name) for name in names)
        lines.append(f"Chưa có báo cáo của {len(missing)} đơn vị, chưa cộng vào: {listed}.")
    return lines


def _list_missing(figures: Mapping[str, Any], *, is_nation: bool) -> list[Table]:
    """Return the table of units without a report, where they are too many for the text: by
    province for the nation, else several names a row.
    """
    names = [each["name"] for each in figures["missing"]]
    if len(names) <= _MOST_NAMED:
        return []
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    if is_nation:
        columns = (Column("Địa phương"), Column("Số đơn vị", is_number=True), Column("Đơn vị"))
        rows = tuple(
            (province or "Công an cấp tỉnh", len(some), "; ".join(map(_remove_province, some)))
            for province, some in _group_by_province(names)
        )
    else:
        columns = (Column("Đơn vị"),) * _NAMES_A_ROW
        lines = batched(map(_remove_province, names), _NAMES_A_ROW)
        rows = tuple((*line, *[""] * (_NAMES_A_ROW - len(line))) for line in lines)
    return [Table("Đơn vị chưa có báo cáo", columns, rows)]


def _group_by_province(names: Iterable[str]) -> list[tuple[str, list[str]]]:
    return [
        (province, list(some))
        for province, some in groupby(sorted(names, key=_get_province_name), _get_province_name)
    ]


def _get_province_name(name: str) -> str:
    """Return the second part of "Công an phường Hải Châu, Đà Nẵng", empty for a province."""
    return name.partition(", ")[2]


def _remove_province(name: str) -> str:
    return name.partition(", ")[0]


def _make_tables(
    figures: Mapping[str, Any], measures: list[str], names: Mapping[str, str]
) -> dict[str, list[Table]]:
    now, before = figures["total"]["now"], figures["total"]["before"]
    return {
        "publishing": [
            Table(
                "Kết quả đăng bài",
                _COMPARED,
                (*_compare_rows(_COUNTS, now, before), _compare_punctuality(now, before)),
                note="Đúng giờ: người dân xem được trong 60 giây kể từ giờ hẹn; bài do cán bộ tự "
                "đăng: trước hạn của việc.",
            )
        ],
        "platforms": _make_breakdown(
            "Theo nền tảng", "Nền tảng", now["platforms"], measures, names
        ),
        "topics": _make_breakdown(
            "Theo chủ đề", "Chủ đề", now["topics"], measures, names, with_posts=True
        ),
        "engagement": [
            Table(
                "Mức độ tiếp nhận của người dân",
                (*_COMPARED, Column("Số lượt đăng có số đo", is_number=True)),
                tuple(
                    (
                        names[name],
                        *_compare(
                            now["measures"][name], before["measures"][name] if before else None
                        ),
                        now["measured"][name],
                    )
                    for name in measures
                ),
                note=_NOT_MEASURED,
            )
        ],
        "kits": [
            Table(
                "Bộ nội dung, thu hồi và đính chính",
                _COMPARED,
                tuple(_compare_rows(_HANDLING, now, before)),
            )
        ],
        "units": [_make_unit_table(figures, measures, names)] if figures["units"] else [],
        "checks": [_make_check_table(figures, names)],
    }


def _compare_rows(
    rows: Mapping[str, str], now: Mapping[str, Any], before: Mapping[str, Any] | None
) -> Iterable[tuple[Cell, ...]]:
    for name, title in rows.items():
        yield (title, *_compare(now[name], before[name] if before else None))


def _compare(now: int | None, before: int | None) -> tuple[Cell, Cell, Cell]:
    if now is None or before is None:
        return now, before, None
    change = now - before
    return now, before, f"{change:+,}".replace(",", ".") if change else "0"


def _compare_punctuality(
    now: Mapping[str, Any], before: Mapping[str, Any] | None
) -> tuple[Cell, ...]:
    return (
        "Tỷ lệ đúng giờ",
        _format_percent(now),
        _format_percent(before) if before else None,
        None,
    )


def _format_percent(figures: Mapping[str, Any]) -> str | None:
    if not figures["due"]:
        return None
    return f"{100 * figures['on_time'] / figures['due']:.1f}%".replace(".", ",")


def _make_breakdown(
    caption: str,
    title: str,
    rows: Mapping[str, Mapping[str, Any]],
    measures: list[str],
    names: Mapping[str, str],
    *,
    with_posts: bool = False,
) -> list[Table]:
    """Return a table with a row for each of ``rows``, most publications first, and their sums."""
    if not rows:
        return []
    counts = [*(["posts"] if with_posts else []), "publications"]
    titles = [*(["Bài"] if with_posts else []), "Lượt đăng"]
    fields = [*counts, *measures]
    listed = sorted(rows.values(), key=lambda row: (-row["publications"], row["name"]))
    cells = tuple((row["name"], *(row[field] for field in fields)) for row in listed)
    return [
        Table(
            caption,
            (
                Column(title),
                *(Column(each, is_number=True) for each in titles),
                *(Column(names[name], is_number=True) for name in measures),
            ),
            cells,
            total=("Cộng", *(_sum_known(row[field] for row in listed) for field in fields)),
            note=_NOT_MEASURED,
        )
    ]


def _sum_known(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _make_unit_table(
    figures: Mapping[str, Any], measures: list[str], names: Mapping[str, str]
) -> Table:
    counts = ("posts", "publications", "due", "on_time")
    own = ("Cơ quan lập báo cáo", figures["own"]["now"])
    listed = [own, *((row["name"], row["now"]) for row in figures["units"])]
    return Table(
        "Số liệu theo đơn vị",
        (
            Column("Đơn vị"),
            *(Column(_COUNTS[name], is_number=True) for name in counts),
            *(Column(names[name], is_number=True) for name in measures),
        ),
        tuple(_make_unit_row(name, row, counts, measures) for name, row in listed),
        total=_make_unit_row("Cộng", figures["total"]["now"], counts, measures),
        note=_NOT_MEASURED,
    )


def _make_unit_row(
    name: str, row: Mapping[str, Any], counts: Iterable[str], measures: Iterable[str]
) -> tuple[Cell, ...]:
    return (name, *(row[each] for each in counts), *(row["measures"][each] for each in measures))


def _make_check_table(figures: Mapping[str, Any], names: Mapping[str, str]) -> Table:
    """Show each sum that differs from what the summaries show for the same units."""
    words = {
        **names,
        **_COUNTS,
        "platforms.publications": "Lượt đăng cộng theo nền tảng",
        "topics.posts": "Bài cộng theo chủ đề",
        "topics.publications": "Lượt đăng cộng theo chủ đề",
        "digest": "Báo cáo không khớp mã băm",
    }
    rows = tuple(
        (words[each["figure"]], each["sum"], each["summaries"]) for each in figures["checks"]
    )
    return Table(
        "Đối chiếu tổng số với bảng tổng hợp của hệ thống",
        (
            Column("Số liệu lệch"),
            Column("Cộng từ báo cáo", is_number=True),
            Column("Bảng tổng hợp", is_number=True),
        ),
        rows or (("Không có số liệu lệch", "", ""),),
        note="Bảng tổng hợp tính tại thời điểm chốt số liệu của báo cáo này; số đo của nền tảng "
        "còn tăng sau khi đơn vị gửi báo cáo.",
    )
