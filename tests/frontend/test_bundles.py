"""Bundles: built of what lies in static/, and never served where that has changed."""

import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template import Context, Template

from core import assets
from scripts import bundle

STATIC = Path(settings.BASE_DIR) / "static"
MANIFEST = json.loads((STATIC / "bundles" / "manifest.json").read_text(encoding="utf-8"))


def test_no_source_was_changed_since_the_bundles_were_built():
    assert assets.find_stale_sources() == [], "run `make bundle`"


def test_there_is_a_bundle_of_all_that_templates_name():
    scripts = {path for (path,) in bundle.find_in_templates("module")}
    sheets = [template for template in bundle.find_in_templates("stylesheets") if len(template) > 2]

    assert set(MANIFEST["scripts"]) == scripts, "run `make bundle`"
    assert sorted(MANIFEST["sheets"].values()) == [list(sheet) for sheet in sheets], (
        "run `make bundle`"
    )


def test_every_bundle_is_the_one_in_the_manifest():
    found = {
        path.relative_to(STATIC / "bundles").as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in (STATIC / "bundles").rglob("*.*s")
    }

    assert found == MANIFEST["outputs"]


@pytest.mark.parametrize("path", sorted({*MANIFEST["scripts"].values()}))
def test_a_bundle_imports_only_what_the_portal_finds_in_it(path):
    source = (STATIC / path).read_text(encoding="utf-8")
    rest = assets.IMPORT.sub("", source)

    assert not re.search(r"\bimport\b[^.]|\bfrom\s*\"[./]", rest)
    assert all(finders.find(imported) for imported in assets.list_imports(path))


def test_what_a_style_sheet_points_to_lies_there():
    for path in MANIFEST["sheets"]:
        for target in bundle.URL.findall((STATIC / path).read_text(encoding="utf-8")):
            assert (STATIC / path).parent.joinpath(target[1]).exists(), (path, target)


def rendered(*tags: str) -> list[str]:
    """Return what the tags name, as paths within static/."""
    page = Template("".join(tags)).render(Context())
    return re.findall(r'(?:href|src)="/static/([^"]+)"', page)


FRAME = '{% module "js/portal.js" %}'
BASE = '{% include "components/styles.html" %}'


def test_a_page_names_sources_and_gets_their_bundles():
    assert rendered(FRAME) == [MANIFEST["scripts"]["js/portal.js"]]
    assert rendered(BASE) == [path for path in rendered(BASE) if path.startswith("bundles/css/")]
    assert len(rendered(BASE)) == 2


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """The portal's static files in a folder of the test."""
    folder = shutil.copytree(STATIC, tmp_path / "static")
    monkeypatch.setattr(assets, "STATIC", folder)
    yield folder
    assets.find_bundles.cache_clear()


@pytest.mark.parametrize(
    "edit",
    [
        lambda folder: (folder / "js/lib/fold.js").write_text("export const fold = 1;\n"),
        lambda folder: (folder / "css/frame.css").write_text("a { color: red; }\n"),
        lambda folder: (folder / "js/pages/new.js").write_text("start();\n"),
        lambda folder: (folder / "js/lib/fold.js").unlink(),
    ],
    ids=["script", "style sheet", "new script", "removed script"],
)
def test_a_saved_source_is_served_instead_of_the_bundles_without_a_restart(copied, edit):
    assert assets.find_bundles(1).scripts != {}

    edit(copied)

    assert assets.find_bundles(2) == assets.Bundles({}, {})


def test_a_saved_file_is_seen(copied):
    assets._find_last_change.cache_clear()
    before = assets.find_last_change()
    (copied / "js/lib/fold.js").write_text("export const fold = 1;\n", encoding="utf-8")
    assets._find_last_change.cache_clear()  # half a second later

    assert assets.find_last_change() > before


def test_in_production_no_file_is_looked_for_again(settings):
    settings.WHITENOISE_AUTOREFRESH = False

    assert assets.find_last_change() == 0
