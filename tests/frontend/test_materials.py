"""What the browser is given: whole, named, and within the page's content policy."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from django.conf import settings

STATIC = Path(settings.BASE_DIR) / "static"
TEMPLATES = sorted((Path(settings.BASE_DIR) / "templates").rglob("*.html"))


def test_every_vendored_file_is_the_one_in_the_manifest():
    manifest = json.loads((STATIC / "vendor" / "manifest.json").read_text(encoding="utf-8"))
    listed = {entry["file"]: entry["sha256"] for entry in manifest["files"]}
    about = {"vendor/manifest.json", "vendor/LICENCES.txt"}

    found = {
        path.relative_to(STATIC).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in [*(STATIC / "vendor").rglob("*.*"), STATIC / "icons" / "sprite.svg"]
        if path.is_file() and path.relative_to(STATIC).as_posix() not in about
    }

    assert found == listed


def test_no_vendored_file_points_to_a_map_that_is_not_there():
    pointing = [p.name for p in (STATIC / "vendor").rglob("*.[jc]s*") if b"sourceMappingURL" in p.read_bytes()]

    assert pointing == []


def test_every_icon_a_template_names_is_in_the_sprite():
    sprite = (STATIC / "icons" / "sprite.svg").read_text(encoding="utf-8")
    drawn = set(re.findall(r'<symbol id="tabler-([\w-]+)"', sprite))
    naming = re.compile(r'{% (?:icon |nav_item "[^"]+" |include "components/[^%]* icon=)"([\w-]+)"')
    named = {name for path in TEMPLATES for name in naming.findall(path.read_text(encoding="utf-8"))}

    assert sorted(named - drawn) == []


@pytest.mark.parametrize(
    "forbidden",
    [
        r"\sstyle=",
        r"\son[a-z]+=\"",
        r"<style\b",
        r"<script(?![^>]*(?:\bsrc=|type=\"application/json\"))",
        r"javascript:",
    ],
    ids=["style attribute", "event handler", "style element", "inline script", "script address"],
)
def test_no_template_carries_what_the_content_policy_forbids(forbidden):
    carrying = [path.name for path in TEMPLATES if re.search(forbidden, path.read_text(encoding="utf-8"))]

    assert carrying == []
