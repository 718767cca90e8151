"""One person's expensive pages wait for each other, and for nobody else's."""

import pytest
from django.urls import reverse

from accounts.permissions import Role
from core import expensive
from core.semaphores import PerUserLock
from tests import factories

pytestmark = pytest.mark.django_db
PAGES = [
    "engagement:results",
    "engagement:reports_overview",
    "oversight:board",
    "oversight:province",
    "oversight:official_pages",
    "oversight:adoption_list",
    "oversight:today",
    "publishing:calendar",
    "publishing:calendar_feed",
    "publishing:calendar_export",
    "publishing:post_list",
    "search",
]


@pytest.fixture
def people():
    return [factories.person(Role.OVERSEER, factories.ProvinceFactory()) for _ in range(2)]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_the_person_waits_for_already_is_refused_with_a_time(
    client, people, monkeypatch, name
):
    lock = PerUserLock("work", queue=0, timeout=0)
    monkeypatch.setattr(expensive, "READING", lock)
    script, neighbour = people
    client.force_login(script)

    with lock.hold(script.pk):
        refused = client.get(reverse(name))
    with lock.hold(neighbour.pk):
        answered = client.get(reverse(name))

    assert (refused.status_code, refused["Retry-After"]) == (503, "10")
    assert answered.status_code != 503
