"""The benchmark counts what was found, missed and wrongly blocked."""

import argparse
import json

from benchmarks import leaks
from posts.checks.leaks.scan import find_leaks
from tests.posts.checks.leaks.test_scan import TODAY

ROWS = [
    {"text": "Gọi 0912 000 345.", "must": ["PHONE_PERSONAL", "ID_CCCD"]},
    {"text": "Trang hotro.example.top", "must": ["LINK_RISK"]},
    {"text": "Gọi 0912 000 345."},
    {"text": "Gửi về hop.thu@gmail.com."},
    {"text": "Gọi 113."},
    {"text": "Gọi 114."},
]


def test_counts_are_those_of_the_labels(tmp_path, capsys):
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in ROWS), encoding="utf-8")

    line = leaks.measure(None, argparse.Namespace(files=[file], typed=False))

    assert line.startswith("leaks n=6 recall=66.7% grave=50.0% blocked=25.0% warned=25.0% ms_per")
    assert capsys.readouterr().out == "missed ID_CCCD 1/1\n"


def test_no_template_of_the_portal_has_a_finding():
    templates = leaks._templates()

    assert len(templates) > 20
    assert [row["code"] for row in templates if find_leaks(row["text"], today=TODAY)] == []
