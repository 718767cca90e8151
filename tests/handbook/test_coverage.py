"""No page of the sidebar without help, for nobody who sees it there."""

import re

import pytest
from django.conf import settings

from accounts.context import granted_permissions
from core.navigation import SIDEBAR, list_entries
from tests.handbook.conftest import READERS
from tests.handbook.guides import read_guides
from tests.handbook.pictures import PICTURES


@pytest.mark.parametrize("role", [*READERS, "operator"])
def test_each_page_of_the_sidebar_has_a_guide(read_as, role):
    may = granted_permissions(read_as(role).user)
    helped = {
        view for guide in read_guides().values() if role in guide.roles for view in guide.pages
    }

    views = {entry.view for part in SIDEBAR for entry in list_entries(part, may)}

    assert views - helped == set(), f"no guide for {role} names these pages"


def test_each_picture_of_a_guide_is_taken_and_each_taken_is_shown():
    shown = [name for guide in read_guides().values() for name in guide.pictures]

    assert sorted(shown) == sorted(PICTURES)
    stored = (settings.BASE_DIR / "static" / "help").glob("*.webp")
    assert sorted(path.stem for path in stored) == sorted(PICTURES)


def test_a_guide_is_read_at_one_look():
    for guide in read_guides().values():
        words = re.sub(r"!?\[([^\]]*)\]\([^)]*\)|[*>]", r"\1", guide.text).split()
        assert len(words) <= 180, guide.slug
        assert len(re.findall(r"^\d+\. ", guide.text, re.M)) <= 7, guide.slug
        assert len(guide.pictures) <= 2, guide.slug
        assert guide.text.count("> Lưu ý: ") <= 1, guide.slug
