import json
import re
import stat

import pytest

from scripts import components


def test_the_bill_names_every_pinned_package_and_every_vendored_one():
    bill = components.bill_of_materials()
    named = {(each.get("group", ""), each["name"], each["version"]) for each in bill["components"]}
    pinned = (components.ROOT / "requirements.txt").read_text(encoding="utf-8")
    manifest = json.loads(
        (components.ROOT / "static" / "vendor" / "manifest.json").read_text(encoding="utf-8")
    )

    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    packages = {("", *each) for each in re.findall(r"^([\w.-]+)==([^\s;]+)", pinned, re.MULTILINE)}
    vendored = {
        (*each["name"].rpartition("/")[::2], each["version"]) for each in manifest["packages"]
    }
    listed = (components.ROOT / "media" / "fonts" / "manifest.json").read_text(encoding="utf-8")
    fonts = {("", each["name"], each["version"]) for each in json.loads(listed)["fonts"]}
    assert named == packages | vendored | fonts
    packaged = [each for each in bill["components"] if not each["bom-ref"].startswith("font:")]
    assert all(each["purl"].startswith(("pkg:pypi/", "pkg:npm/")) for each in packaged)


def _answering(tmp_path, monkeypatch, name: str, words: str) -> None:
    """Put a program before the real one that prints ``words``."""
    program = tmp_path / name
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{words}\nEND\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(components, "BIN", tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")


@pytest.mark.parametrize(
    ("answer", "holes"),
    [
        ('{"dependencies": [{"name": "a", "version": "1", "skip_reason": "not found"}]}', None),
        ("no connection", None),
        ('{"dependencies": [{"name": "a", "version": "1", "vulns": []}]}', []),
        (
            (
                '{"dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "X-1", '
                '"fix_versions": ["2"]}]}]}'
            ),
            ["a 1: X-1, mended in 2"],
        ),
    ],
)
def test_holes_of_packages_are_named_and_not_looked_is_not_none(
    tmp_path, monkeypatch, answer, holes
):
    _answering(tmp_path, monkeypatch, "pip-audit", answer)

    assert components.python_holes() == holes


@pytest.mark.parametrize(
    ("answer", "holes"),
    [
        ('{"message": "405"}', None),
        ('{"vulnerabilities": {}}', []),
        ('{"vulnerabilities": {"b": {"severity": "high", "range": "<3"}}}', ["b: high, <3"]),
    ],
)
def test_holes_of_scripts_are_named_and_not_looked_is_not_none(
    tmp_path, monkeypatch, answer, holes
):
    _answering(tmp_path, monkeypatch, "npm", answer)

    assert components.script_holes() == holes
