"""Cards: how long one takes in a program of its own, beside typst alone in this process.

    python -m benchmarks.cards [--n 20]

The floor draws the same card with the same fonts and no program to start, no limits and no copy of
the templates; a second card of a warm compiler would be quicker still, but no preview has one.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.stage import options_of

LOOK, FORMAT = "warning", "4x5"


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--n", type=int, default=20)


def measure(_stage: Any, options: argparse.Namespace) -> str:
    from media.cards import typesetting

    content = typesetting.Content(
        title="Cảnh giác thủ đoạn giả danh công an yêu cầu cập nhật dữ liệu dân cư",
        line_1="Công an không làm việc qua điện thoại, không yêu cầu chuyển tiền.",
        line_2="Nghi ngờ lừa đảo: tắt máy, báo ngay công an nơi gần nhất.",
        hotline="113",
        hotline_label="Công an",
        unit="Công an phường Bình Yên",
        above="Tỉnh An Bình",
        link="https://vneid.gov.vn/",
    )
    sheet = typesetting.SHEETS[FORMAT]
    ours = _median(lambda: typesetting.typeset(content, LOOK, {FORMAT: sheet}), options.n)
    every = _median(lambda: typesetting.typeset(content, LOOK, typesetting.SHEETS), options.n)
    floor = _median(lambda: _alone(content, sheet), options.n)
    return (
        f"cards n={options.n} ms_a_card={ours:.0f} ms_four_formats={every:.0f} "
        f"floor={floor:.0f} ratio={ours / floor:.1f}"
    )


def _alone(content: Any, sheet: Any) -> None:
    import typst

    from media.cards import typesetting
    from media.codes import qr_svg

    looks = Path(typesetting.__file__).parent / "looks"
    given = asdict(content) | {
        "lines": [content.line_1, content.line_2],
        "qr": qr_svg(content.link),
        "logo": "",
        "width": sheet.width,
        "height": sheet.height,
        "is_paper": False,
    }
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(looks.parents[1] / "fonts" / "be_vietnam_pro")],
    )
    compiler = typst.Compiler(
        str(looks / f"{LOOK}.typ"),
        root=str(looks),
        font_paths=fonts,
        ignore_system_fonts=True,
        sys_inputs={"content": json.dumps(given)},
    )
    compiler.compile(format="png", ppi=72)


def _median(work: Callable[[], object], n: int) -> float:
    taken = []
    for _n in range(n):
        start = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - start))
    return statistics.median(taken)


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "outreach_portal.settings")
    os.environ.setdefault("PORTAL_MODE", "test")
    django.setup()
    print(measure(None, options_of(sys.modules[__name__]).parse_args()))
