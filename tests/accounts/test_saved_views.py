"""A person keeps the filters of a list under a name, and finds them on that list."""

import pytest
from django.urls import reverse

from accounts import services
from accounts.models import SavedView
from accounts.permissions import Role
from core import lists
from tests import factories

pytestmark = pytest.mark.django_db
POSTS = "publishing:post_list"


@pytest.fixture
def officer(client):
    person = factories.person(Role.OFFICER, language="en")
    client.force_login(person)
    return person


def save(client, page=POSTS, name="Mine", query="mine=on"):
    return client.post(reverse("accounts:save_view"), {"page": page, "name": name, "query": query})


def test_a_view_is_saved_found_on_its_list_replaced_and_deleted(client, officer):
    response = save(client, query="mine=on&page=3&q=Nguyễn+Văn+A&evil=%3Cscript%3E")

    view = SavedView.objects.get()
    # No page, no word that somebody typed, and nothing that is no filter of the list.
    assert (view.user, view.page, view.name, view.query) == (officer, POSTS, "Mine", "mine=on")
    assert response["Location"] == f"{reverse(POSTS)}?mine=on"
    shown = client.get(reverse(POSTS)).content.decode()
    assert f'href="{reverse(POSTS)}?mine=on"' in shown
    assert "?mine=on" not in client.get(reverse("engagement:results")).content.decode()

    save(client, query="mine=on&tab=trouble")
    assert list(SavedView.objects.values_list("name", "query")) == [("Mine", "mine=on&tab=trouble")]

    client.post(reverse("accounts:delete_view", args=[view.public_id]))
    assert not SavedView.objects.exists()


def test_nobody_sees_or_deletes_the_views_of_another(client, officer):
    foreign = SavedView.objects.create(
        user=factories.person(Role.OFFICER, officer.appointments.get().unit),
        page=POSTS,
        name="Foreign",
        query="mine=on",
    )

    assert "Foreign" not in client.get(reverse(POSTS)).content.decode()
    answer = client.post(reverse("accounts:delete_view", args=[foreign.public_id]))
    assert (answer.status_code, SavedView.objects.count()) == (404, 1)


def test_twenty_views_are_enough(client, officer):
    for n in range(services.MOST_VIEWS):
        save(client, name=f"View {n}")

    save(client, name="One more")
    assert SavedView.objects.count() == services.MOST_VIEWS == 20
    save(client, name="View 3", query="tab=trouble")  # one that is there is changed
    assert SavedView.objects.get(name="View 3").query == "tab=trouble"


def test_other_pages_have_no_saved_views_and_a_view_has_a_name(client, officer):
    assert save(client, page="audit:log").status_code == 400
    save(client, name=" ")
    assert not SavedView.objects.exists()
    assert lists.SAVED_FIELDS.keys() == {POSTS, "oversight:board", "engagement:results"}


def test_the_days_of_results_are_kept(client, officer):
    save(client, "engagement:results", "November", "to=30/11/2026&from=01/11/2026&platform=zalo")
    shown = client.get(reverse("engagement:results")).content.decode()
    assert "?from=01%2F11%2F2026&amp;platform=zalo&amp;to=30%2F11%2F2026" in shown
