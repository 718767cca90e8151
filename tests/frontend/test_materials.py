"""Materials that the browser is given: whole, named, and within the page's content policy."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template import Context, Template

from core import assets
from core.navigation import ENTRIES
from scripts import vendor

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


def test_every_class_of_tabler_in_use_has_its_rules_in_what_is_served():
    left_out = set(vendor.UNUSED_CLASSES.read_text(encoding="utf-8").split())

    missing = sorted(left_out & vendor.words_in_use())

    assert missing == [], (
        f"run `make vendor`: the style sheet was built without {', '.join(missing)}"
    )


def test_classes_are_found_in_templates_scripts_and_literals_but_not_in_sentences(
    tmp_path, monkeypatch
):
    files = {
        "templates/a.html": (
            '<p class="lead{% if x %} mb-0{% endif %}">{% translate "A '
            'carousel" %}{# a ribbon #}</p>'
        ),
        "static/js/a.js": "box.className = `alert ${name}`;",
        "static/vendor/tom-select/tom-select.min.js": 'x="dropdown"',
        "posts/apps.py": "",
        "posts/forms/a.py": (
            '"""Hold a modal."""\nx = {"class": "form-select"}\ny = f\'<i class="icon {z}">\''
        ),
        "simulator/pages.py": 'x = "accordion"',
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    monkeypatch.setattr(vendor, "ROOT", tmp_path)
    monkeypatch.setattr(vendor, "STATIC", tmp_path / "static")
    monkeypatch.setattr(vendor, "VENDOR", tmp_path / "static" / "vendor")

    classes = {
        "lead",
        "mb-0",
        "carousel",
        "ribbon",
        "alert",
        "dropdown",
        "modal",
        "form-select",
        "icon",
        "accordion",
    }

    assert classes & vendor.words_in_use() == {
        "lead",
        "mb-0",
        "alert",
        "dropdown",
        "form-select",
        "icon",
    }


def test_no_vendored_file_points_to_a_map_that_is_not_there():
    pointing = [
        p.name
        for p in (STATIC / "vendor").rglob("*.[jc]s*")
        if b"sourceMappingURL" in p.read_bytes()
    ]

    assert pointing == []


def test_every_icon_a_template_names_is_in_the_sprite():
    sprite = (STATIC / "icons" / "sprite.svg").read_text(encoding="utf-8")
    drawn = set(re.findall(r'<symbol id="tabler-([\w-]+)"', sprite))
    naming = re.compile(r'{% (?:icon |include "components/[^%]* icon=)"([\w-]+)"')
    named = {
        name for path in TEMPLATES for name in naming.findall(path.read_text(encoding="utf-8"))
    }
    named |= {entry.symbol for entry in ENTRIES}

    assert sorted(named - drawn) == []


def test_every_style_sheet_of_ours_is_on_a_page_and_each_that_a_page_names_is_there():
    lists = [
        names
        for path in TEMPLATES
        for names in re.findall(r"{% stylesheets ([^%]+) %}", path.read_text(encoding="utf-8"))
    ]
    named = {name for names in lists for name in re.findall(r'"(css/[^"]+)"', names)}

    assert sorted(named) == sorted(
        path.relative_to(STATIC).as_posix() for path in (STATIC / "css").rglob("*.css")
    )


def test_style_sheets_are_linked_in_order_with_their_digests():
    links = Template('{% stylesheets "css/tokens.css" "css/pages/today.css" %}').render(Context())

    digests = {
        path: assets.compute_digest(path) for path in ("css/tokens.css", "css/pages/today.css")
    }
    assert links.splitlines() == [
        f'<link rel="stylesheet" href="/static/{path}" integrity="sha384-{digest}">'
        for path, digest in digests.items()
    ]


def test_no_page_links_a_style_sheet_without_its_digest():
    without = [
        path.name
        for path in TEMPLATES
        if re.search(r"<link[^>]*stylesheet", path.read_text(encoding="utf-8"))
    ]

    assert without == []


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
    carrying = [
        path.name for path in TEMPLATES if re.search(forbidden, path.read_text(encoding="utf-8"))
    ]

    assert carrying == []
