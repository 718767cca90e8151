"""A person keeps the filters of a list under a name, and finds them on that list."""

import pytest
from django.urls import reverse

from accounts import services
from accounts.models import User
from accounts.people.leavers import pseudonymise
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


def delete(client, name, page=POSTS):
    return client.post(reverse("accounts:delete_view"), {"page": page, "name": name})


def views_of(person):
    person.refresh_from_db()
    return person.saved_views.get(POSTS, {})


def test_a_view_is_saved_found_on_its_list_replaced_and_deleted(client, officer):
    response = save(client, query="mine=on&page=3&q=Nguyễn+Văn+A&evil=%3Cscript%3E")

    # No page, no word that somebody typed, and nothing that is no filter of the list.
    assert views_of(officer) == {"Mine": "mine=on"}
    assert response["Location"] == f"{reverse(POSTS)}?mine=on"
    shown = client.get(reverse(POSTS)).content.decode()
    assert f'href="{reverse(POSTS)}?mine=on"' in shown
    assert "?mine=on" not in client.get(reverse("engagement:results")).content.decode()

    save(client, query="mine=on&tab=trouble")
    assert views_of(officer) == {"Mine": "mine=on&tab=trouble"}

    assert delete(client, "Mine")["Location"] == reverse(POSTS)
    assert views_of(officer) == {}


def test_nobody_sees_or_deletes_the_views_of_another(client, officer):
    other = factories.person(Role.OFFICER, officer.appointments.get().unit)
    services.save_view(other, page=POSTS, name="Foreign", query="mine=on")

    assert "Foreign" not in client.get(reverse(POSTS)).content.decode()
    delete(client, "Foreign")
    assert views_of(other) == {"Foreign": "mine=on"}


def test_a_name_is_shown_as_text(client, officer):
    save(client, name='"><b>Mine')
    assert '"><b>' not in client.get(reverse(POSTS)).content.decode()
    delete(client, '"><b>Mine')
    assert views_of(officer) == {}


def test_a_leavers_views_go_with_the_name(officer):
    services.save_view(officer, page=POSTS, name="Mine", query="mine=on")
    assert pseudonymise(User.objects.filter(pk=officer.pk)) == 1
    assert views_of(officer) == {}


def test_twenty_views_are_enough(client, officer):
    for n in range(services.MOST_VIEWS):
        save(client, name=f"View {n}")

    save(client, name="One more")
    save(client, "engagement:results", "On another list", "platform=zalo")
    assert len(views_of(officer)) == services.MOST_VIEWS == 20
    assert not officer.saved_views.get("engagement:results")
    save(client, name="View 3", query="tab=trouble")  # one that is there is changed
    assert views_of(officer)["View 3"] == "tab=trouble"


def test_filters_without_end_are_refused_in_words(client, officer):
    response = save(client, query="&".join(f"{name}={'ộ' * 100}" for name in ("tab", "topic")))

    assert views_of(officer) == {}
    assert "too many filters" in client.get(response["Location"]).content.decode()


def test_other_pages_have_no_saved_views_and_a_view_has_a_name(client, officer):
    assert save(client, page="audit:log").status_code == 400
    save(client, name=" ")
    assert delete(client, "Mine", page="audit:log").status_code == 400
    assert views_of(officer) == {}
    assert lists.SAVED_FIELDS.keys() == {POSTS, "oversight:board", "engagement:results"}


def test_the_days_of_results_are_kept(client, officer):
    save(client, "engagement:results", "November", "to=30/11/2026&from=01/11/2026&platform=zalo")
    shown = client.get(reverse("engagement:results")).content.decode()
    assert "?from=01%2F11%2F2026&amp;platform=zalo&amp;to=30%2F11%2F2026" in shown
