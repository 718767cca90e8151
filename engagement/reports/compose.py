"""Lay a report's content out as a paper: pure, from what is frozen to `document.Document`.

Words of the paper are Vietnamese by themselves, whatever the language of the screen is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import batched, groupby
from typing import Any

from core.periods import Period
from engagement.models import MEASURES
from engagement.reports import periods
from engagement.reports.decree import group_digits
from engagement.reports.document import (
    Cell,
    Change,
    Column,
    Document,
    Part,
    Signature,
    Table,
)
from engagement.reports.sums import compute_coverage, list_filled
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
    "active": "Đơn vị có đăng bài",
    "posts": "Bài đã đăng",
    "publications": "Lượt đăng trên các kênh",
}
_PUNCTUALITY = {
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
# Units without a report that a paragraph names; more stand in an appendix.
_MOST_NAMED = 10
_NAMES_A_ROW = 3


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


def make_signature(head: str, position: str, name: str = "") -> Signature:
    """Return the block of the signature for a leader in this position (Decree 30/2020/NĐ-CP,
    article 13; appendix I, II 7 a): a deputy signs for the head (KT.), who leads a department by
    order (TL.), who acts as the head as such (Q.).
    """
    office = position.casefold()
    is_deputy = office.startswith(("phó ", "thứ trưởng"))
    of_department = office.removeprefix("phó ")
    for title in _BY_ORDER:
        if of_department.startswith(title):
            whole = of_department.upper()
            if not is_deputy:
                return Signature((f"TL. {head}",), whole, name)
            by_order = (f"TL. {head}", f"KT. {whole}")
            return Signature(by_order, f"PHÓ {title.upper()}", name)
    if is_deputy:
        position = _DEPUTIES.get(head, f"PHÓ {head}")
        return Signature((f"KT. {head}",), position, name)
    return Signature((), f"Q. {head}" if office.startswith("quyền ") else head, name)


def compose_document(
    content: Mapping[str, Any],
    *,
    digest: str,
    as_of: datetime,
    position: str = "",
    name: str = "",
    number: str = "",
    signed_on: date | None = None,
) -> Document:
    """Lay out a report's content; ``position`` and ``name``: of the approver, ``number`` and
    ``signed_on``: of the register, each empty before.
    """
    letterhead, form, figures = content["letterhead"], content["form"], content["figures"]
    period = Period(date.fromisoformat(content["first"]), date.fromisoformat(content["last"]))
    is_sum = bool(figures["units"] or figures["missing"])
    measures = [name for name in MEASURES if name in form["measures"]]
    names = {key: definition["name"] for key, definition in figures["definitions"].items()}
    makers = _make_tables(figures, measures, names)
    if content["kind"] == "campaign":
        about = f"trong “{figures['campaign']['name']}”, {periods.name_period('ad_hoc', period)}"
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
        if "publishing" in part["tables"]:
            paragraphs = [_summarise(figures), *paragraphs]
        parts.append(Part(part["heading"], tuple(paragraphs), tuple(tables)))
    table_names = {name for part in form["parts"] for name in part["tables"]}
    appendices = [*(makers["punctuality"] if "publishing" in table_names else ())]
    if is_sum and "units" in table_names:
        appendices += [*makers["units"], *_list_missing(figures, is_nation=is_nation)]
    opening = [*form["opening"]]
    if content["version"] > 1:
        opening.insert(0, f"Báo cáo này thay báo cáo đã gửi, điều chỉnh: {content['changes']}")
    recipients = form["recipients"] or ([_capitalise(content["above"])] if content["above"] else [])
    return Document(
        parent=letterhead["parent"],
        body=letterhead["body"],
        place=letterhead["place"],
        symbol=letterhead["symbol"],
        issuer=content["unit_name"],
        number=number,
        title=TITLE,
        subject=f"{form['subject']} {about}",
        recipients=tuple(recipients),
        opening=tuple(opening),
        parts=tuple(parts),
        signature=make_signature(letterhead["head"], position, name),
        copies=tuple(form["copies"]),
        appendices=tuple(appendices),
        definitions=tuple(
            (figures["definitions"][name]["name"], figures["definitions"][name]["means"])
            for name in measures
        ),
        as_of=as_of,
        signed_on=signed_on,
        digest=digest,
    )


def _capitalise(name: str) -> str:
    return name[:1].upper() + name[1:]


def _summarise(figures: Mapping[str, Any]) -> str:
    """Say in a paragraph what the unit, or all that the report adds up, did and how residents took
    it up.
    """
    now, before = figures["total"]["now"], figures["total"]["before"]
    if "scope" in figures and not _is_known(figures):
        return (
            "Trong kỳ chưa có báo cáo nào của đơn vị trực thuộc; theo hệ thống, "
            f"{_list_results(figures['system'])}."
        )
    text = f"Trong kỳ {_list_results(now)}"
    if "scope" in figures:
        held, scope = compute_coverage(figures)
        text = f"Trong kỳ có {group_digits(now.get('active', 0))} đơn vị {_list_results(now)}"
        if held < scope:
            system = figures["system"]
            text += (
                f" (tính trên {group_digits(held)}/{group_digits(scope)} đơn vị trực thuộc; "
                f"theo hệ thống, {group_digits(system['active'])} đơn vị {_list_results(system)})"
            )
    comparable = figures["total"].get("comparable") or now
    if before and (change := comparable["posts"] - before["posts"]):
        more = "nhiều hơn" if change > 0 else "ít hơn"
        text += f"; {more} kỳ trước {group_digits(abs(change))} bài"
    return f"{text}{_name_merged(figures)}."


def _name_merged(figures: Mapping[str, Any]) -> str:
    """Say which units were merged into those of the report and count in their figures."""
    names = [row["name"] for row in figures.get("merged", ())]
    if len(names) > _MOST_NAMED:
        return f"; gồm cả số liệu của {group_digits(len(names))} đơn vị đã sáp nhập"
    return f"; gồm cả số liệu của đơn vị đã sáp nhập: {'; '.join(names)}" if names else ""


def _list_results(figures: Mapping[str, Any]) -> str:
    measures = figures["measures"]
    posts, publications = (group_digits(figures[name]) for name in ("posts", "publications"))
    done = f"đã đăng {posts} bài với {publications} lượt đăng"
    taken_up = [
        f"{group_digits(measures[name])} {text}"
        for name, text in (
            ("views", "lượt xem"),
            ("reactions", "lượt bày tỏ cảm xúc"),
            ("comments", "bình luận"),
            ("shares", "lượt chia sẻ"),
        )
        if measures[name]
    ]
    return f"{done} trên các kênh" + (f", được {', '.join(taken_up)}" if taken_up else "")


def _is_known(figures: Mapping[str, Any]) -> bool:
    """Check whether the sum holds anything: without a report it is not known, and no 0."""
    return bool(figures["units"] or figures.get("filled") or figures["own"]["now"]["posts"])


def _describe_coverage(figures: Mapping[str, Any], *, is_nation: bool) -> list[str]:
    """Say of whom the sums speak, and who is missing: few by name, many in an appendix."""
    line = (
        "Số liệu được cộng từ số liệu của cơ quan lập báo cáo và "
        f"{len(figures['units'])} báo cáo đã chốt của đơn vị trực thuộc"
    )
    if n := len(list_filled(figures)):
        line += f", cùng số liệu hệ thống của {n} đơn vị chưa gửi báo cáo"
    lines = [f"{line}."]
    for state, names in _group_missing(figures):
        line = f"Chưa có báo cáo của {len(names)} đơn vị, {state}"
        if len(figures["missing"]) > _MOST_NAMED:
            lines.append(f"{line} (danh sách tại Phụ lục).")
        else:
            listed = "; ".join(name if is_nation else _remove_province(name) for name in names)
            lines.append(f"{line}: {listed}.")
    if pageless := figures.get("pageless"):
        lines.append(f"Đến khi lấy số liệu, {pageless} đơn vị chưa có trang trên mạng xã hội.")
    return lines


def _group_missing(figures: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """Return the names of units without a report by what became of their figures."""
    filled = set(list_filled(figures))
    counted = [row["name"] for row in figures["missing"] if row["unit"] in filled]
    left_out = [row["name"] for row in figures["missing"] if row["unit"] not in filled]
    groups = [("được tính theo số liệu hệ thống", counted), ("chưa cộng vào", left_out)]
    return [(state, names) for state, names in groups if names]


def _list_missing(figures: Mapping[str, Any], *, is_nation: bool) -> list[Table]:
    """Return tables of the units without a report, where they are too many for the text: by
    province for the nation, else several names a row.
    """
    if len(figures["missing"]) <= _MOST_NAMED:
        return []
    return [
        _make_missing_table(f"Đơn vị chưa có báo cáo, {state}", names, is_nation=is_nation)
        for state, names in _group_missing(figures)
    ]


def _make_missing_table(caption: str, names: list[str], *, is_nation: bool) -> Table:
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    if is_nation:
        columns = (Column("Địa phương"), Column("Số đơn vị", is_number=True), Column("Đơn vị"))
        rows = tuple(
            (province or "Công an cấp tỉnh", len(some), "; ".join(map(_remove_province, some)))
            for province, some in _group_by_province(names)
        )
    else:
        columns = (Column("Đơn vị"), *[Column("Đơn vị (tiếp)")] * (_NAMES_A_ROW - 1))
        lines = batched(map(_remove_province, names), _NAMES_A_ROW)
        rows = tuple((*line, *[""] * (_NAMES_A_ROW - len(line))) for line in lines)
    return Table(caption, columns, rows)


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
    now = figures["total"]["now"]
    compared = _name_compared(figures)
    return {
        "publishing": [
            Table(
                "Kết quả đăng bài",
                compared,
                (
                    *(
                        (title, *_compare(figures, _pick(name)))
                        for name, title in _COUNTS.items()
                        if name != "active" or "scope" in figures
                    ),
                    *_make_followers_row(figures),
                ),
            )
        ],
        "punctuality": [
            Table(
                "Đúng giờ và nhập tay",
                compared,
                (
                    *(
                        (title, *_compare(figures, _pick(name)))
                        for name, title in _PUNCTUALITY.items()
                    ),
                    ("Tỷ lệ đúng giờ", *_compare_punctuality(figures)),
                ),
                note="Đúng giờ: người dân xem được trong 60 giây kể từ giờ hẹn, không tính thời "
                "gian nền tảng xử lý bài đã nhận đúng giờ; bài do cán bộ tự đăng: trước hạn của "
                "việc.",
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
                (*compared, Column("Số lượt đăng có số đo", is_number=True)),
                tuple(
                    (
                        names[name],
                        *_compare(figures, _pick(name, "measures")),
                        now["measured"][name] if _has_figures(figures) else None,
                    )
                    for name in measures
                ),
            )
        ],
        "examples": _make_examples(figures.get("examples", ())),
        "kits": [
            Table(
                "Tiếp nhận, thu hồi, đính chính",
                compared,
                tuple(
                    (title, *_compare(figures, _pick(name))) for name, title in _HANDLING.items()
                ),
            )
        ],
        "units": [_make_unit_table(figures, measures, names)]
        if figures["units"] or figures.get("filled")
        else [],
        "checks": [_make_check_table(figures, names)],
    }


def _has_figures(figures: Mapping[str, Any]) -> bool:
    return "scope" not in figures or _is_known(figures)


def _name_compared(figures: Mapping[str, Any]) -> tuple[Column, ...]:
    """Return the columns of a table of comparisons; of a sum each says of how many units it is."""
    now = [Column("Kỳ này", is_number=True)]
    if "scope" in figures:
        covered, scope = compute_coverage(figures)
        filled = len(list_filled(figures))
        by_report = f"theo báo cáo {group_digits(covered - filled)}/{group_digits(scope)} đơn vị"
        if filled:
            by_report += f", theo hệ thống {group_digits(filled)} đơn vị"
        now = [
            Column(f"Kỳ này, {by_report}", is_number=True),
            Column(f"Kỳ này, theo hệ thống {group_digits(scope)} đơn vị", is_number=True),
        ]
    return (
        Column("Chỉ tiêu"),
        *now,
        Column("Kỳ trước", is_number=True),
        Column("Tăng (+), giảm (-)", is_number=True),
    )


def _pick(name: str, table: str = "") -> Callable[[Mapping[str, Any]], int | None]:
    """Return a function that takes one figure out of those of a unit or a sum."""

    def get(figures: Mapping[str, Any]) -> int | None:
        of: Mapping[str, int | None] = figures[table] if table else figures
        return of.get(name)

    return get


def _compare(
    figures: Mapping[str, Any], get: Callable[[Mapping[str, Any]], int | None]
) -> tuple[Cell, ...]:
    """Return a figure of now, of a sum also by the portal's own count, of before, and the change:
    that of units of which both are known.
    """
    total = figures["total"]
    before = get(total["before"]) if total["before"] else None
    comparable = get(total.get("comparable") or total["now"])
    change = None if before is None or comparable is None else Change(comparable - before)
    now: tuple[Cell, ...] = (get(total["now"]) if _has_figures(figures) else None,)
    if "scope" in figures:
        now = (*now, get(figures["system"]))
    return (*now, before, change)


def _make_followers_row(figures: Mapping[str, Any]) -> list[tuple[Cell, ...]]:
    """Return the followers as `_compare` does figures, their change that of pages known on both
    days; no row where nobody knows them.
    """
    *known, _change = _compare(figures, _pick("followers"))
    if not any(known):
        return []
    gained = figures["total"]["now"].get("followers_gained")
    change = None if gained is None else Change(gained)
    return [("Người theo dõi các trang, cuối kỳ", *known, change)]


def _compare_punctuality(figures: Mapping[str, Any]) -> tuple[Cell, ...]:
    """Return the shares of what was on time as `_compare` does figures, in percent."""
    total = figures["total"]
    now = [total["now"] if _has_figures(figures) else None]
    if "scope" in figures:
        now.append(figures["system"])
    before = _compute_percent(total["before"])
    comparable = _compute_percent(total.get("comparable") or total["now"])
    change = None
    if before is not None and comparable is not None:
        points = round(comparable - before, 1)
        change = f"{points:+.1f}".replace(".", ",") if points else "0"
    return (
        *(_format_percent(_compute_percent(figures)) for figures in now),
        _format_percent(before),
        change,
    )


def _compute_percent(figures: Mapping[str, Any] | None) -> float | None:
    return 100 * figures["on_time"] / figures["due"] if figures and figures["due"] else None


def _format_percent(percent: float | None) -> str | None:
    return None if percent is None else f"{percent:.1f}%".replace(".", ",")


def _make_examples(rows: Sequence[Mapping[str, Any]]) -> list[Table]:
    if not rows:
        return []
    return [
        Table(
            "Bài tiêu biểu",
            (
                Column("Bài"),
                Column("Đơn vị"),
                Column("Lượt xem", is_number=True),
                Column("Lượt tương tác", is_number=True),
            ),
            tuple((row["title"], row["unit"], row["views"], row["taken_up"]) for row in rows),
            note="Lượt tương tác: cảm xúc, bình luận, chia sẻ và lượt bấm cộng lại.",
        )
    ]


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
                *(Column(title, is_number=True) for title in titles),
                *(Column(names[name], is_number=True) for name in measures),
            ),
            cells,
            total=("Cộng", *(_sum_known(row[field] for row in listed) for field in fields)),
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
    listed = [own, *((_name_unit(row), row["now"]) for row in figures["units"])]
    listed += [(f"{row['name']} (theo hệ thống)", row["now"]) for row in figures.get("filled", ())]
    return Table(
        "Số liệu theo đơn vị",
        (
            Column("Đơn vị"),
            *(Column((_COUNTS | _PUNCTUALITY)[name], is_number=True) for name in counts),
            *(Column(names[name], is_number=True) for name in measures),
        ),
        tuple(_make_unit_row(name, row, counts, measures) for name, row in listed),
        total=_make_unit_row("Cộng", figures["total"]["now"], counts, measures),
    )


def _name_unit(row: Mapping[str, Any]) -> str:
    """Name a unit that sent its report, with how many below it sent it none."""
    if filled := row.get("filled"):
        return f"{row['name']} (trong đó {group_digits(len(filled))} đơn vị theo hệ thống)"
    return str(row["name"])


def _make_unit_row(
    name: str, row: Mapping[str, Any], counts: Iterable[str], measures: Iterable[str]
) -> tuple[Cell, ...]:
    return (
        name,
        *(row[count] for count in counts),
        *(row["measures"][measure] for measure in measures),
    )


def _make_check_table(figures: Mapping[str, Any], names: Mapping[str, str]) -> Table:
    """Show each sum that differs from what the summaries show for the same units."""
    texts = {
        **names,
        **_COUNTS,
        **_PUNCTUALITY,
        "platforms.publications": "Lượt đăng cộng theo nền tảng",
        "topics.posts": "Bài cộng theo chủ đề",
        "topics.publications": "Lượt đăng cộng theo chủ đề",
        "digest": "Báo cáo không khớp mã băm",
    }
    rows = tuple(
        (texts[check["figure"]], check["sum"], check["summaries"]) for check in figures["checks"]
    )
    same = "Không có số liệu lệch"
    if "scope" in figures:
        covered, scope = compute_coverage(figures)
        same = (
            f"Không có số liệu lệch ở {group_digits(covered)}/{group_digits(scope)} đơn vị đã cộng"
        )
        if not covered:
            same = "Chưa có báo cáo nào để đối chiếu"
    return Table(
        "Đối chiếu với bảng tổng hợp",
        (
            Column("Số liệu lệch"),
            Column("Cộng từ báo cáo", is_number=True),
            Column("Bảng tổng hợp", is_number=True),
        ),
        rows or ((same, "", ""),),
        note="Bảng tổng hợp tính tại thời điểm chốt số liệu của báo cáo này; số đo của nền tảng "
        "còn tăng sau khi đơn vị gửi báo cáo.",
    )
