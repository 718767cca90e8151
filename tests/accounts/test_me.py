import pytest
from django.urls import reverse

from accounts.models import Appointment, Notice, User
from accounts.permissions import Role
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(client):
    officer = factories.person(Role.OFFICER, language="en")
    client.force_login(officer)
    return officer


def notice(user, **fields):
    return Notice.objects.create(
        user=user,
        kind="post_approved",
        facts={"by": "Trưởng", "title": "Bài"},
        address="/somewhere/",
        **fields,
    )


def test_unread_notices_come_first_and_are_in_the_readers_language(client, officer):
    old = notice(officer)
    read = notice(officer, read_at=old.created_at)
    new = notice(officer)
    notice(factories.UserFactory())

    page = client.get(reverse("accounts:notices")).context["page_obj"]

    assert list(page) == [new, old, read]
    assert page[0].sentence == "Trưởng approved “Bài”."


def test_opening_a_notice_marks_it_read_and_leads_to_its_thing(client, officer):
    row = notice(officer)

    response = client.get(reverse("accounts:notice", args=[row.public_id]))

    row.refresh_from_db()
    assert response["Location"] == "/somewhere/"
    assert row.read_at is not None


def test_all_or_one_are_marked_as_read_and_never_another_persons(client, officer):
    mine, second, other = notice(officer), notice(officer), notice(factories.UserFactory())

    client.post(reverse("accounts:read_notices"), {"notice": mine.public_id})
    assert [n.pk for n in officer.notices.filter(read_at=None)] == [second.pk]
    assert (
        client.post(reverse("accounts:read_notices"), {"notice": other.public_id}).status_code
        == 404
    )
    client.post(reverse("accounts:read_notices"))

    assert not officer.notices.filter(read_at=None).exists()
    other.refresh_from_db()
    assert other.read_at is None


def test_the_list_of_notices_asks_as_much_for_three_as_for_one(
    client, officer, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    notice(officer)
    client.get(reverse("accounts:notices"))
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("accounts:notices"))
    notice(officer)
    notice(officer)
    with django_assert_num_queries(len(one)):
        client.get(reverse("accounts:notices"))


def test_the_desk_is_switched_to_a_post_one_holds_and_back_to_the_page(client, officer):
    second = Appointment.objects.create(
        user=officer, unit=factories.UnitFactory(), role=Role.APPROVER
    )
    factories.with_app(officer)

    response = client.post(reverse("accounts:switch_position"), {"desk": second.pk, "next": "/me/"})

    assert response["Location"] == "/me/"
    assert client.get("/me/").context["current_position"] == second


def test_the_desk_of_somebody_else_is_not_taken(client, officer):
    own = officer.appointments.get()
    other = factories.person(Role.APPROVER).appointments.get()

    client.post(reverse("accounts:switch_position"), {"desk": other.pk, "next": "/me/"})

    assert client.get("/me/").context["current_position"] == own


def test_after_switching_nobody_is_led_to_a_foreign_site(client, officer):
    response = client.post(
        reverse("accounts:switch_position"),
        {"desk": officer.appointments.get().pk, "next": "https://evil.example/"},
    )

    assert response["Location"] == reverse("oversight:today")


def test_the_language_is_kept_for_the_person_and_comes_back_at_sign_in(client, officer):
    client.post(reverse("set_language"), {"language": "vi", "next": "/me/"})
    officer.refresh_from_db()
    assert officer.language == "vi"
    client.logout()
    client.cookies["django_language"] = "en"

    client.post(reverse("account_login"), {"login": officer.email, "password": factories.PASSWORD})

    assert client.cookies["django_language"].value == "vi"


def test_ones_own_page_names_the_posts_held(client, officer):
    page = client.get(reverse("accounts:me"))

    assert page.context["posts"] == [officer.appointments.get()]
    assert officer.appointments.get().unit.name in page.content.decode()


def test_an_operator_is_not_sent_for_a_post(client):
    client.force_login(factories.operator())

    page = client.get(reverse("accounts:me")).text

    assert "This account operates the system." in page
    assert "Ask your unit" not in page
    assert reverse("accounts:delegations") not in page


def test_what_somebody_opened_is_kept_open_until_they_close_it(client, officer):
    def fold(name, is_open):
        address = reverse("accounts:remember_fold")
        status = client.post(address, {"name": name, "open": "1" if is_open else ""}).status_code
        officer.refresh_from_db()
        return status, officer.open_folds

    assert fold("results.topics", is_open=True) == (204, ["results.topics"])
    assert fold("results.topics", is_open=True) == (204, ["results.topics"])
    assert fold("campaign.best", is_open=True) == (204, ["campaign.best", "results.topics"])
    assert fold("what.people.read", is_open=True) == (400, ["campaign.best", "results.topics"])
    assert fold("results.topics", is_open=False) == (204, ["campaign.best"])

    # A name of an earlier release goes with the next change.
    User.objects.filter(pk=officer.pk).update(open_folds=["board.gone"])
    assert fold("campaign.best", is_open=True) == (204, ["campaign.best"])
