import json
import re
import stat

import pytest

from scripts import components


def test_the_bill_names_every_pinned_package_and_every_vendored_one():
    bill = components.bill_of_materials()
    named = {
        (component.get("group", ""), component["name"], component["version"])
        for component in bill["components"]
    }
    pinned = (components.ROOT / "requirements.txt").read_text(encoding="utf-8")
    manifest = json.loads(
        (components.ROOT / "static" / "vendor" / "manifest.json").read_text(encoding="utf-8")
    )

    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    packages = {("", *pin) for pin in re.findall(r"^([\w.-]+)==([^\s;]+)", pinned, re.MULTILINE)}
    vendored = {
        (*package["name"].rpartition("/")[::2], package["version"])
        for package in manifest["packages"]
    }
    listed = (components.ROOT / "media" / "fonts" / "manifest.json").read_text(encoding="utf-8")
    fonts = {("", font["name"], font["version"]) for font in json.loads(listed)["fonts"]}
    assert named == packages | vendored | fonts
    packaged = [
        component
        for component in bill["components"]
        if not component["bom-ref"].startswith("font:")
    ]
    assert all(component["purl"].startswith(("pkg:pypi/", "pkg:npm/")) for component in packaged)


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
    ("python", "scripts", "code", "said"),
    [
        ([], [], 0, ["none known", "none known"]),
        (["a 1: X-1"], [], 1, ["1 known", "none known"]),
        ([], None, 3, ["none known", "nobody has looked"]),
        (["a 1: X-1"], None, 1, ["1 known", "nobody has looked"]),
    ],
)
def test_the_audit_says_what_was_found_when_or_that_nobody_could_look(
    tmp_path, monkeypatch, capsys, python, scripts, code, said
):
    monkeypatch.setattr(components, "python_holes", lambda: python)
    monkeypatch.setattr(components, "script_holes", lambda: scripts)
    bill = tmp_path / "components.json"
    bill.write_text('{"metadata": {}}')

    assert components.audit(bill) == code

    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Holes of")]
    shipped = {fact["name"]: fact["value"] for fact in json.loads(bill.read_text())["metadata"][
        "properties"
    ]}  # fmt: skip
    assert list(shipped) == ["audit: Python packages", "audit: scripts and styles"]
    for line, value, words in zip(told, shipped.values(), said, strict=True):
        assert line.endswith(value)
        assert words in value
        assert re.search(r"on \d{4}-\d\d-\d\dT\d\d:\d\dZ$", value)


@pytest.mark.parametrize("service", ["pypi", "osv"])
def test_another_list_is_asked_where_the_first_one_is_out_of_reach(tmp_path, monkeypatch, service):
    _answering(
        tmp_path,
        monkeypatch,
        "pip-audit",
        f'END\ncase "$*" in *"-s {service}"*) echo \'{{"dependencies": []}}\';; esac\ncat <<END',
    )

    assert components.python_holes() == []


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
