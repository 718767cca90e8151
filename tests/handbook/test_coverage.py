"""No page of the sidebar without help, for nobody who sees it there."""

import pytest
from django.conf import settings

from accounts.context import granted_permissions
from core.navigation import SIDEBAR, list_entries
from help.guides import read_guides
from tests.handbook.conftest import READERS
from tests.handbook.pictures import PICTURES

PICTURES_FOLDER = settings.BASE_DIR / "static" / "help"


@pytest.mark.parametrize("role", [*READERS, "operator"])
def test_each_page_of_the_sidebar_has_a_guide(read_as, role):
    may = granted_permissions(read_as(role).user)
    helped = {
        view for guide in read_guides().values() if role in guide.readers for view in guide.pages
    }

    views = {entry.view for part in SIDEBAR for entry in list_entries(part, may)}

    assert views - helped == set(), f"no guide for {role} names these pages"


def test_each_picture_of_a_guide_is_taken_and_each_taken_is_shown():
    blocks = [block for guide in read_guides().values() for block in guide.blocks]
    shown = [block.picture for block in blocks if block.kind == "picture"]
    taken = sorted(f"{name}.webp" for name in PICTURES)

    assert sorted(shown) == taken
    assert sorted(path.name for path in PICTURES_FOLDER.glob("*.webp")) == taken


def test_a_guide_is_read_at_one_look():
    for guide in read_guides().values():
        kinds = [block.kind for block in guide.blocks]
        words = " ".join(span.text for span in guide.spans).split()
        assert len(words) <= 180, guide.slug
        assert sum(bool(block.number) for block in guide.blocks) <= 7, guide.slug
        assert kinds.count("picture") <= 2, guide.slug
        assert kinds.count("note") <= 1, guide.slug
