"""Reports as units send them: a week, a month with 168 units, a year, a campaign."""

from dataclasses import replace
from datetime import UTC, datetime

from engagement.reports.document import (
    Cell,
    Column,
    Document,
    Part,
    Signature,
    Table,
)

AS_OF = datetime(2026, 11, 30, 17, 5, tzinfo=UTC)  # 00:05 on 1 December in Việt Nam
DIGEST = "9f2c" * 16
FIGURES = ("Bài đã đăng", "Lượt tiếp cận", "Lượt tương tác")


def columns(*titles: str) -> tuple[Column, ...]:
    return tuple(Column(title, is_number=True) for title in titles)


def table(caption: str = "Kết quả theo nền tảng", *rows: tuple[Cell, ...]) -> Table:
    rows = rows or (("Facebook", 12, 1045230, 1234), ("Zalo OA", 9, 8120, None))
    return Table(caption, (Column("Nền tảng"), *columns(*FIGURES)), rows)


def units(count: int, caption: str = "Kết quả theo đơn vị") -> Table:
    """Return a table with a row a unit and a row of sums."""
    rows = tuple(
        (f"Công an phường số {n}", n % 40, n * 1234, None if n % 17 == 0 else n)
        for n in range(1, count + 1)
    )
    total = ("Cộng", *(sum(row[at] or 0 for row in rows) for at in (1, 2, 3)))
    return Table(caption, (Column("Đơn vị"), *columns(*FIGURES)), rows, total)


def week(**changes: object) -> Document:
    """Return a commune's report of a week, with ``changes``."""
    made = Document(
        parent="Công an TP Đà Nẵng",
        body="Công an phường Hải Châu",
        place="Hải Châu",
        symbol="BC-CAP",
        issuer="Công an phường Hải Châu",
        title="Báo cáo",
        subject="Kết quả công tác tuyên truyền trên các trang chính thức tuần 48 năm 2026",
        recipients=("Công an thành phố Đà Nẵng",),
        opening=("Công an phường Hải Châu báo cáo kết quả trong tuần 48 như sau:",),
        parts=(
            Part(
                "Kết quả thực hiện",
                ("Trong tuần, đơn vị đã đăng 23 bài trên 3 trang chính thức.",),
                (table(),),
            ),
            Part("Phương hướng", ("Tiếp tục tuyên truyền theo kế hoạch.",)),
        ),
        signature=Signature(("KT. Trưởng Công an phường",), "Phó Trưởng Công an phường"),
        copies=("Như trên", "Lưu: VT"),
        appendices=(),
        definitions=(("Bài đã đăng", "Số bài đã được nền tảng xác nhận trong kỳ."),),
        as_of=AS_OF,
        digest=DIGEST,
    )
    return replace(made, **changes)


def month(count: int = 168) -> Document:
    """Return a province's report of a month, with a row a commune in an appendix."""
    return week(
        parent="Bộ Công an",
        body="Công an thành phố Đà Nẵng",
        place="Đà Nẵng",
        symbol="BC-CATP",
        issuer="",
        subject="Kết quả công tác tuyên truyền tháng 11 năm 2026 của Công an cấp xã",
        recipients=("Văn phòng Bộ Công an", "Cục Xây dựng phong trào"),
        appendices=(units(count),),
    )


def year() -> Document:
    """Return the ministry's report of a year, with 34 provinces, signed by the head."""
    return week(
        parent="Bộ Công an",
        body="Cục Xây dựng phong trào bảo vệ an ninh Tổ quốc",
        place="Hà Nội",
        symbol="BC-V05",
        issuer="",
        subject="Tổng kết công tác tuyên truyền của Công an cấp xã năm 2026",
        signature=Signature((), "Cục trưởng", "Nguyễn Văn A"),
        appendices=(units(34, "Kết quả theo tỉnh, thành phố"), units(12, "Kết quả theo tháng")),
    )


def campaign() -> Document:
    """Return the report of a campaign, to nobody above."""
    return week(subject="Kết quả chiến dịch “Tháng phòng, chống lừa đảo trực tuyến”", recipients=())
