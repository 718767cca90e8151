"""Each bold label of a guide stands on a page to which the guide leads its reader."""

import pytest

from help.guides import read_guides
from tests.handbook.pages import Stop, find_labels, one_line, open_page
from tests.handbook.walks import FIRST, WALKS

GUIDES = read_guides()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("slug", "role"), [(slug, role) for slug, guide in GUIDES.items() for role in guide.readers]
)
def test_a_guide_says_its_labels_as_the_pages_of_its_readers_do(read_as, request, slug, role):
    guide = GUIDES[slug]
    walk = WALKS.get(slug, ())
    walked = {stop.view for stop in walk}
    named = [Stop(view) for view in guide.pages if view not in walked]
    found = set()
    for stop in (FIRST, *named, *walk):
        platforms = [request.getfixturevalue("simulator")] if stop.simulated else []
        found |= find_labels(open_page(stop, read_as(stop.role or role), *platforms))

    labels = [one_line(span.text) for span in guide.spans if span.bold]
    missing = [label for label in labels if label not in found]
    assert not missing, f"help/guides/{slug}.md: no page of the {role} shows {missing}"


def test_walks_are_those_of_guides():
    assert set(WALKS) - set(GUIDES) == set()


def test_links_lead_to_guides_of_the_same_readers_by_their_titles():
    for guide in GUIDES.values():
        for link in filter(lambda span: span.guide, guide.spans):
            led_to = GUIDES[link.guide]
            assert link.text == led_to.title, guide.slug
            assert set(guide.readers) - set(led_to.readers) == set(), (guide.slug, link.guide)
