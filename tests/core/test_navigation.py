import re
from itertools import combinations

import pytest
from django.conf import settings
from django.utils import translation

from core import navigation
from core.navigation import CONTENT, SIDEBAR, Entry


def test_core_names_no_page_of_another_app():
    apps = [
        app
        for app in settings.INSTALLED_APPS
        if (settings.BASE_DIR / app).is_dir() and app != "core"
    ]
    address = re.compile(rf"""["'](?:{"|".join(apps)}):""")

    naming = [
        p.name
        for p in (settings.BASE_DIR / "core").rglob("*.py")
        if address.search(p.read_text("utf-8"))
    ]

    assert naming == []


@pytest.mark.parametrize("language", ["en", "vi"])
def test_nobody_sees_two_entries_of_the_sidebar_with_one_name(language):
    with translation.override(language):
        named = [(str(entry.label), entry) for entry in navigation.ENTRIES if entry.part in SIDEBAR]

    twice = [
        name
        for (name, one), (other_name, other) in combinations(named, 2)
        if name == other_name
        and not {*one.rights} & {*other.hidden_by}
        and not {*other.rights} & {*one.hidden_by}
    ]

    assert twice == []


def test_an_entry_is_for_those_who_have_every_right_it_needs():
    entry = Entry("a:b", "list", "label", CONTENT, 0, rights=("one", "two"), hidden_by=("three",))

    assert entry.is_for({"one": True, "two": True})
    assert not entry.is_for({"one": True, "two": False})
    assert not entry.is_for({"one": True, "two": True, "three": True})


def test_a_page_belongs_to_the_entry_of_its_view_before_that_of_its_namespace():
    assert navigation.find_current_entry("publishing:pauses", "publishing") == "publishing:pauses"
    assert (
        navigation.find_current_entry("publishing:pause_end", "publishing") == "publishing:pauses"
    )
    assert (
        navigation.find_current_entry("publishing:schedule", "publishing") == "publishing:post_list"
    )
    assert navigation.find_current_entry("engagement:campaign", "engagement") == "campaigns:list"
    assert navigation.find_current_entry("accounts:me", "accounts") == ""
