"""`make docs`: a link that leads nowhere fails, and nobody reads half a site."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import docs
from tests.ops.compose import ROOT


@pytest.fixture
def checkout(tmp_path):
    """One document, and what makes the site."""
    shutil.copytree(ROOT / "docs/site", tmp_path / "docs/site")
    home = tmp_path / "docs/README.md"
    home.write_text("# Documents\n\n## How to\n\n- [Limits](limits.md)\n")
    (tmp_path / "docs/limits.md").write_text(
        "# Limits\n\n## Of a file\n\n[Above](README.md#how-to)\n"
    )
    return tmp_path


def test_the_site_is_made_whole_over_an_older_one(checkout):
    site = checkout / "var/docs"
    (site / "old").mkdir(parents=True)

    assert docs.make(checkout, site) == 0

    assert 'href="README.html#how-to"' in (site / "docs/limits.html").read_text()
    assert not (site / "old").exists()
    assert list(site.parent.iterdir()) == [site]


def test_the_image_holds_the_site_where_the_portal_looks_for_it(settings):
    dockerfile = (ROOT / "Dockerfile").read_text()

    folder = f"/app/{settings.DOCUMENTS_ROOT.relative_to(settings.BASE_DIR)}"
    assert settings.DOCUMENTS_ROOT == docs.SITE
    assert f"COPY --from=docs {folder} {folder}" in dockerfile


@pytest.mark.parametrize("link", ["limits.md#nothing", "nothing.md", "#nothing", "nothing/"])
def test_a_link_that_leads_nowhere_fails_and_leaves_the_site_that_was_there(checkout, capfd, link):
    site = checkout / "var/docs"
    (site / "old").mkdir(parents=True)
    with (checkout / "docs/limits.md").open("a") as page:
        page.write(f"\n[There]({link})\n")

    assert docs.make(checkout, site) != 0

    assert "docs/limits.md:7: WARNING" in capfd.readouterr().err
    assert list(site.iterdir()) == [site / "old"]


def test_the_documents_of_this_checkout_make_a_site(tmp_path):
    command = [sys.executable, "scripts/docs.py", tmp_path / "site"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")
    pages = [path.read_text() for path in Path(tmp_path, "site").rglob("*.html")]
    assert len(pages) > 80
    # The portal's policy runs nothing inline.
    assert [page for page in pages if "<style" in page or ' style="' in page] == []
    assert [page for page in pages if "<script>" in page] == []
