"""`manage.py check_text`: findings without the words, of files, folders and the standard input."""

import csv
import io
import json
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

from posts.management.commands import check_text

TEXT = "Gọi 0912000345 hoặc 113."
ROW = {"rule": "PHONE_PERSONAL", "severity": "hard", "start": 4, "end": 14}


def output(*args):
    out = io.StringIO()
    call_command("check_text", *args, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def typed(monkeypatch, content):
    stdin = SimpleNamespace(buffer=io.BytesIO(content))
    monkeypatch.setattr(check_text.sys, "stdin", stdin)


def test_files_are_listed_with_their_findings(tmp_path):
    one, two = tmp_path / "a.txt", tmp_path / "b.txt"
    one.write_text(TEXT, encoding="utf-8")
    two.write_text("Gọi 113.", encoding="utf-8-sig")

    assert json.loads(output("--json", str(one), str(two))) == [
        {"file": str(one), "findings": [ROW]},
        {"file": str(two), "findings": []},
    ]


def test_a_folder_becomes_one_table(tmp_path):
    (tmp_path / "b.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "a.txt").write_text("Gọi 113.", encoding="utf-8")
    (tmp_path / "sub").mkdir()

    rows = list(csv.DictReader(io.StringIO(output("--csv", str(tmp_path)))))

    path = str(tmp_path / "b.txt")
    assert rows == [{"file": path, **{key: str(value) for key, value in ROW.items()}}]


def test_without_files_the_standard_input_is_read(monkeypatch):
    typed(monkeypatch, TEXT.encode())
    assert json.loads(output("--json")) == [{"file": "-", "findings": [ROW]}]


def test_the_words_that_were_found_are_never_written(monkeypatch):
    for form in ("--json", "--csv"):
        typed(monkeypatch, TEXT.encode())
        assert "0912" not in output(form)
    typed(monkeypatch, TEXT.encode())
    assert output() == "-: PHONE_PERSONAL hard 4-14\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe\x00", "is no text in UTF-8"),
        (b"a" * (check_text.MOST_BYTES + 1), "is larger than 1000000 bytes"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path, monkeypatch, content, words):
    file = tmp_path / "a.txt"
    file.write_bytes(content)
    with pytest.raises(CommandError, match=words):
        output(str(file))
    typed(monkeypatch, content)
    with pytest.raises(CommandError, match=words):
        output()


def test_a_missing_file_and_too_many_files_are_said(tmp_path, monkeypatch):
    with pytest.raises(CommandError, match="No such file"):
        output(str(tmp_path / "none.txt"))
    monkeypatch.setattr(check_text, "MOST_FILES", 1)
    for name in "ab":
        (tmp_path / name).write_text("Gọi 113.", encoding="utf-8")
    with pytest.raises(CommandError, match="These are 2 files"):
        output(str(tmp_path))
