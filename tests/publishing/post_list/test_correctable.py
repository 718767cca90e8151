"""From the empty composer to a correction: the published posts, each with its button."""

import pytest
from django.urls import reverse

from accounts.permissions import Role
from posts.models import Post
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit, client):
    person = factories.person(Role.OFFICER, unit)
    client.force_login(person)
    return person


def test_two_taps_lead_from_the_empty_composer_to_the_draft_of_a_correction(client, unit, officer):
    row = factories.live_delivery(unit=unit)
    page = reverse("publishing:correctable")
    assert f'href="{page}?unit={unit.key}"' in client.get(reverse("posts:new")).content.decode()

    listed = client.get(page, {"unit": unit.key})
    assert list(listed.context["posts"]) == [row.post]
    correct = reverse("posts:correct", args=[row.post.public_id])
    assert f'action="{correct}"' in listed.content.decode()

    client.post(correct)
    assert Post.objects.get(corrects=row.post).state == "draft"


def test_only_what_residents_of_the_unit_have_seen_is_listed(client, unit, officer):
    factories.live_delivery()
    factories.delivery(factories.approved(unit=unit))
    assert list(client.get(reverse("publishing:correctable")).context["posts"]) == []


def test_the_newest_stands_first_and_words_find_without_accents(client, unit, officer):
    first, second = (factories.live_delivery(unit=unit).post for _ in range(2))
    page = reverse("publishing:correctable")
    assert list(client.get(page).context["posts"]) == [second, first]

    Post.objects.filter(pk=first.pk).update(search="phong chay")
    assert list(client.get(page, {"q": "phòng cháy"}).context["posts"]) == [first]


def test_a_page_of_what_may_be_corrected_holds_twenty(client, unit, officer):
    for _ in range(21):
        factories.live_delivery(unit=unit)
    page = reverse("publishing:correctable")
    held = [len(client.get(page, {"page": number}).context["posts"]) for number in (1, 2)]
    assert held == [20, 1]
