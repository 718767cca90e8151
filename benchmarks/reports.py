"""Reports: the processor's time that one takes as Word, PDF and Excel, beside one without text.

    python -m benchmarks.reports [--n 50] [--rows 168]

The floor writes as many reports that have a letterhead and nothing else, by the same code. The time
counts the program that sets PDF, too, with its start; 3,321 units' reports are due within 10
minutes on two processors, 360 ms each.
"""

import argparse
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from benchmarks.stage import options_of


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--n", type=int, default=50)
    parser.add_argument("--rows", type=int, default=168)


def measure(_stage: Any, options: argparse.Namespace) -> str:
    bare = [_bare(n) for n in range(options.n)]
    _files(bare[:1])  # the frame of Word files is made once a process
    floor = _files(bare) / options.n
    per_report = _files([_report(n) for n in range(options.n)]) / options.n
    begun = time.perf_counter()
    long = _files([_report(0, options.rows)])
    took = time.perf_counter() - begun
    return (
        f"reports n={options.n} cpu_ms_a_report={per_report:.1f} floor={floor:.1f} "
        f"ratio={per_report / floor:.1f} rows={options.rows} cpu_ms_with_rows={long:.0f} "
        f"clock_ms_with_rows={1000 * took:.0f}"
    )


def _files(documents: Sequence[Any]) -> float:
    """Write all three files of each report; return the processor's time in milliseconds."""
    from engagement.reports.rendering import excel, pdf, word

    begun = _processor()
    for at in range(0, len(documents), pdf.BATCH):
        pdf.write_pdfs(documents[at : at + pdf.BATCH])
    for document in documents:
        word.write_docx(document)
        excel.write_xlsx(document)
    return 1000 * (_processor() - begun)


def _processor() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def _bare(number: int) -> Any:
    from engagement.reports.document import Document, Signature

    return Document(
        parent="CÔNG AN TỈNH AN BÌNH",
        body=f"CÔNG AN XÃ SỐ {number}",
        place="An Bình",
        symbol="BC",
        title="Báo cáo",
        subject=f"Kết quả công tác tuyên truyền của xã số {number}",
        recipients=(),
        opening=(),
        parts=(),
        signature=Signature((), "Trưởng Công an xã"),
        copies=(),
        appendices=(),
        definitions=(),
        as_of=datetime(2026, 11, 30, 17, tzinfo=UTC),
        digest="",
    )


def _report(number: int, rows: int = 0) -> Any:
    """Return a unit's report of a month, with an appendix where there are ``rows``."""
    from engagement.reports.document import Column, Part, Table

    figures = [Column(f"Số liệu {n}", is_number=True) for n in range(1, 8)]
    columns = (Column("Đơn vị"), *figures)
    lines = tuple(
        (f"Công an xã số {n}", *(n * factor for factor in range(1, 8))) for n in range(rows)
    )
    table = Table(
        "Kết quả theo nền tảng",
        columns,
        tuple((name, *range(number, number + 7)) for name in ("Facebook", "Zalo OA", "YouTube")),
    )
    text = f"Trong tháng, đơn vị số {number} đã đăng {number} bài về phòng, chống lừa đảo. " * 3
    parts = tuple(
        Part(f"Mục {n} của đơn vị {number}", (text, text), (table,) if n < 3 else ())
        for n in range(1, 6)
    )
    return replace(
        _bare(number),
        recipients=("Công an tỉnh An Bình",),
        opening=(text,),
        parts=parts,
        copies=("Như trên", "Lưu: VT"),
        appendices=(Table("Kết quả theo đơn vị", columns, lines),) if rows else (),
        definitions=tuple((f"Số liệu {n}", text) for n in range(1, 8)),
        digest="0" * 64,
    )


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "outreach_portal.settings")
    os.environ.setdefault("PORTAL_MODE", "test")
    django.setup()
    print(measure(None, options_of(sys.modules[__name__]).parse_args()))
