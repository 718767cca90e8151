"""Administrators act in their own area, on others, and at once."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localdate as today

from accounts.models import Appointment, User
from accounts.people import appointments, lifecycle
from accounts.permissions import Permission, Role
from audit.models import Entry
from core.errors import NotAllowed, Refused
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def province():
    return factories.ProvinceFactory(place="Thành phố Đà Nẵng")


@pytest.fixture
def commune(province):
    return factories.UnitFactory(parent=province)


@pytest.fixture
def admin(client, province):
    admin = factories.person(
        Role.ADMINISTRATOR, province, full_name="Quản Trị", last_login=timezone.now()
    )
    client.force_login(admin)
    return admin


@pytest.fixture
def officer(commune):
    return factories.person(
        Role.OFFICER, commune, full_name="Nguyễn Thị Ánh", username="nguyen.thi.anh"
    )


def names(response) -> list[str]:
    return [p.full_name for p in response.context["people"]]


def wrong_passwords(person, n=8):
    AccessAttempt.objects.create(
        username=person.username, ip_address="10.0.0.1", failures_since_start=n
    )


# --- The list -------------------------------------------------------------------------------------


def test_a_province_lists_its_own_people_and_no_sibling(client, admin, officer):
    factories.person(Role.OFFICER)
    factories.person(Role.ADMINISTRATOR, factories.ministry())

    assert names(client.get(reverse("accounts:people"))) == ["Nguyễn Thị Ánh", "Quản Trị"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"q": "thi anh"}, ["Nguyễn Thị Ánh"]),
        ({"q": "NGUYEN.THI"}, ["Nguyễn Thị Ánh"]),
        ({"q": "khong co"}, []),
        ({"role": "administrator"}, ["Quản Trị"]),
        ({"unit": "da nang", "role": "officer"}, ["Nguyễn Thị Ánh"]),
        ({"state": "active"}, ["Nguyễn Thị Ánh", "Quản Trị"]),
        ({"mfa": "yes"}, ["Quản Trị"]),
        ({"mfa": "no"}, ["Nguyễn Thị Ánh"]),
        ({"seen": "never"}, ["Nguyễn Thị Ánh"]),
    ],
)
def test_the_list_is_searched_without_accents_and_filtered(client, admin, officer, query, expected):
    assert names(client.get(reverse("accounts:people"), query)) == expected


@pytest.mark.parametrize("state", ["active", "invited", "locked", "disabled"])
def test_every_account_is_in_one_state_and_the_filter_agrees(client, admin, commune, state):
    made = {
        s: factories.person(Role.OFFICER, commune, full_name=s)
        for s in ("invited", "locked", "disabled")
    }
    made["invited"].set_unusable_password()
    made["invited"].save()
    wrong_passwords(made["locked"])
    User.objects.filter(pk=made["disabled"].pk).update(is_active=False)

    response = client.get(reverse("accounts:people"), {"state": state})

    assert names(response) == (["Quản Trị"] if state == "active" else [state])
    assert [p.state for p in response.context["people"]] == [state]


def test_the_list_asks_as_much_for_three_people_as_for_one(client, admin, commune):
    address = reverse("accounts:people")
    factories.person(Role.OFFICER, commune)
    client.get(address)
    with CaptureQueriesContext(connection) as one:
        client.get(address)
    factories.person(Role.OFFICER, commune)
    factories.person(Role.APPROVER, factories.UnitFactory(parent=commune.parent))
    with CaptureQueriesContext(connection) as three:
        client.get(address)

    assert len(three) == len(one)


# --- Positions ------------------------------------------------------------------------------------


def test_a_further_post_counts_from_its_first_day(admin, officer, province):
    unit = factories.UnitFactory(parent=province)
    tomorrow = today() + timedelta(days=1)

    appointments.appoint(
        officer, unit=unit, role=Role.SUPERVISOR, title="Phó Trưởng", by=admin, valid_from=tomorrow
    )

    post = officer.appointments.get(unit=unit)
    assert (post.position, list(Appointment.objects.in_force(today()).filter(pk=post.pk))) == (
        "Phó Trưởng",
        [],
    )
    assert list(Appointment.objects.in_force(tomorrow).filter(pk=post.pk)) == [post]


@pytest.mark.parametrize("elsewhere", ["sibling", "above"])
def test_no_post_is_given_in_a_unit_out_of_reach(admin, officer, elsewhere):
    unit = factories.ProvinceFactory() if elsewhere == "sibling" else factories.ministry()

    with pytest.raises(NotAllowed):
        appointments.appoint(officer, unit=unit, role=Role.OVERSEER, by=admin, valid_from=today())


def test_nobody_gives_themselves_a_post_nor_ends_their_own(admin, province):
    with pytest.raises(Refused, match="cannot give yourself"):
        appointments.appoint(admin, unit=province, role=Role.OVERSEER, by=admin, valid_from=today())
    with pytest.raises(Refused, match="cannot end your own"):
        appointments.end_post(admin.appointments.get(), on=today(), by=admin)


def test_the_same_post_is_not_held_twice_at_a_time(admin, officer, commune):
    with pytest.raises(Refused, match="already holds this post"):
        appointments.appoint(
            officer,
            unit=commune,
            role=Role.OFFICER,
            by=admin,
            valid_from=today() + timedelta(days=30),
        )


def test_an_ended_post_gives_no_right_the_day_after(client, admin, officer, commune):
    post = officer.appointments.get()

    client.post(
        reverse("accounts:end_post", args=[officer.public_id]),
        {
            "post": post.public_id,
            "on": (today() - timedelta(days=1)).isoformat(),
            "reason": "Chuyển công tác",
        },
    )

    officer = User.objects.get(username="nguyen.thi.anh")
    assert officer.reach(Permission.POST_WRITE) == []
    entry = Entry.objects.get(action="account.post_ended")
    assert (entry.reason, entry.unit_path, entry.actor_name) == (
        "Chuyển công tác",
        commune.path,
        "Quản Trị",
    )


def test_a_post_that_never_began_is_struck_out(admin, officer, province):
    unit = factories.UnitFactory(parent=province)
    post = appointments.appoint(
        officer, unit=unit, role=Role.OFFICER, by=admin, valid_from=today() + timedelta(days=9)
    )

    appointments.end_post(post, on=today(), by=admin)

    assert not officer.appointments.filter(unit=unit).exists()


# --- Disable, enable, unlock ----------------------------------------------------------------------


def test_a_disabled_persons_next_click_finds_no_session(client, admin, officer):
    theirs = Client()
    theirs.force_login(officer)
    assert theirs.get(reverse("accounts:me")).status_code == 200
    assert officer.sessions.count() == 1

    client.post(reverse("accounts:disable", args=[officer.public_id]), {"reason": "Mất máy"})

    assert not officer.sessions.exists()
    response = theirs.get(reverse("accounts:me"))
    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=/me/")
    assert Entry.objects.get(action="account.disabled").reason == "Mất máy"


def test_an_account_is_not_disabled_without_a_reason(admin, officer):
    with pytest.raises(Refused, match="write why"):
        lifecycle.disable(officer, by=admin, reason="  ")


def test_who_also_serves_elsewhere_is_not_the_neighbours_to_disable(admin, officer):
    Appointment.objects.create(user=officer, unit=factories.UnitFactory(), role=Role.OFFICER)

    with pytest.raises(NotAllowed, match="also serves outside your area"):
        lifecycle.disable(officer, by=admin, reason="-")
    lifecycle.disable(
        officer, by=factories.person(Role.ADMINISTRATOR, factories.ministry()), reason="-"
    )


@pytest.mark.parametrize("who", ["themselves", "the ministry", "a system operator"])
def test_nobody_disables(admin, who, province):
    target = {
        "themselves": lambda: admin,
        "the ministry": lambda: factories.person(Role.ADMINISTRATOR, factories.ministry()),
        "a system operator": lambda: factories.person(Role.OFFICER, province, is_superuser=True),
    }[who]()

    with pytest.raises(NotAllowed):
        lifecycle.disable(target, by=admin, reason="-")
    assert User.objects.get(pk=target.pk).is_active


def test_a_sibling_provinces_administrator_does_not_even_see_the_person(client, officer):
    client.force_login(factories.person(Role.ADMINISTRATOR, factories.ProvinceFactory()))

    for name in ("person", "appoint", "correct"):
        assert client.get(reverse(f"accounts:{name}", args=[officer.public_id])).status_code == 404
    assert (
        client.post(
            reverse("accounts:disable", args=[officer.public_id]), {"reason": "-"}
        ).status_code
        == 404
    )
    assert User.objects.get(pk=officer.pk).is_active


def test_an_enabled_account_signs_in_again_with_its_password(admin, officer):
    lifecycle.disable(officer, by=admin, reason="-")

    lifecycle.enable(officer, by=admin, reason="Tìm thấy máy")

    theirs = Client()
    theirs.post(
        reverse("account_login"), {"login": officer.username, "password": factories.PASSWORD}
    )
    assert theirs.session.get("_auth_user_id") == str(officer.pk)


def test_unlocking_forgives_the_wrong_passwords(client, admin, officer):
    wrong_passwords(officer)
    page = reverse("accounts:person", args=[officer.public_id])
    assert client.get(page).context["person"].state == "locked"

    client.post(reverse("accounts:unlock", args=[officer.public_id]))

    assert client.get(page).context["person"].state == "active"


def test_the_day_of_the_training_is_noted_and_taken_away(client, admin, officer):
    page = reverse("accounts:person", args=[officer.public_id])
    note = reverse("accounts:note_training", args=[officer.public_id])
    days = []
    before = today() - timedelta(days=40)
    for typed in (
        f"{before:%d/%m/%Y}",
        "31/02/2026",
        f"{today() + timedelta(days=1):%d/%m/%Y}",
        "",
    ):
        client.post(note, {"on": typed})
        days.append(client.get(page).context["person"].trained_on)

    assert days == [before] * 3 + [None]
    noted = Entry.objects.filter(action="account.training_noted").order_by("pk")
    assert [entry.data["day"] for entry in noted] == [f"{before:%d/%m/%Y}", "–"]


def test_nobody_notes_a_training_of_their_own_or_beside_their_area(admin, officer):
    for person in (admin, factories.person(Role.OFFICER)):
        with pytest.raises(NotAllowed):
            lifecycle.note_training(person, on=today(), by=admin)


def test_an_e_mail_in_use_is_its_holders_to_change(client, admin, officer):
    was = officer.email

    client.post(
        reverse("accounts:correct", args=[officer.public_id]),
        {"full_name": "Nguyễn Thị Anh", "email": "x@y.example"},
    )

    officer.refresh_from_db()
    assert (officer.full_name, officer.email) == ("Nguyễn Thị Anh", was)
    with pytest.raises(Refused, match="Only the holder"):
        lifecycle.correct(officer, full_name="A", email="x@y.example", by=admin)


def test_the_persons_page_shows_nothing_from_outside_the_administrators_reach(
    client, admin, officer
):
    other = factories.UnitFactory(name="Công an xã Xa Lạ")
    Appointment.objects.create(user=officer, unit=other, role=Role.OFFICER, title="Chức vụ lạ")
    far = factories.person(Role.ADMINISTRATOR, other.parent)
    appointments.end_post(
        officer.appointments.get(unit=other), on=today(), by=far, reason="Việc của tỉnh khác"
    )

    page = client.get(reverse("accounts:person", args=[officer.public_id])).content.decode()

    assert [word in page for word in ("Xa Lạ", "Chức vụ lạ", "Việc của tỉnh khác")] == [False] * 3
    assert "1 further post lies outside your area." in page


def test_the_persons_page_reports_its_record(client, admin, officer):
    lifecycle.disable(officer, by=admin, reason="Nghỉ việc")

    page = client.get(reverse("accounts:person", args=[officer.public_id])).content.decode()

    assert "Disabled the account of Nguyễn Thị Ánh" in page
    assert "Nghỉ việc" in page


@pytest.mark.parametrize(
    ("day", "status", "said"),
    [
        ("32/12/2026", 422, "Enter a valid date"),
        ("", 422, "Please write the last day"),
        ("01/07/2025", 409, "A post can end yesterday at the earliest"),
    ],
)
def test_a_refused_end_of_a_post_keeps_what_was_typed(client, admin, officer, day, status, said):
    post = officer.appointments.get()
    typed = {"post": post.public_id, "on": day, "reason": "Chuyển công tác"}

    answer = client.post(reverse("accounts:end_post", args=[officer.public_id]), typed)

    assert answer.status_code == status
    tried = answer.context["tried"]
    assert (tried.on, tried.reason) == (day, "Chuyển công tác")
    page = answer.content.decode()
    assert page.count(said) == 1
    assert f'value="{day}"' in page
    assert 'value="Chuyển công tác"' in page


def test_a_refused_act_keeps_its_reason_and_stays_open(client, admin, officer, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise Refused("Somebody else was faster.")

    monkeypatch.setattr(lifecycle, "disable", refuse)

    answer = client.post(
        reverse("accounts:disable", args=[officer.public_id]), {"reason": "Nghỉ hưu"}
    )

    assert answer.status_code == 409
    page = " ".join(answer.content.decode().split())
    assert "Somebody else was faster." in page
    assert '<details class="act" id="disable" open>' in page
    assert 'value="Nghỉ hưu"' in page


def test_a_refusal_of_a_form_is_shown_once(client, admin, officer, commune):
    typed = {
        "unit": commune.label,
        "role": Role.OFFICER,
        "valid_from": "05/12/2026",
        "valid_to": "01/12/2026",
    }

    answer = client.post(reverse("accounts:appoint", args=[officer.public_id]), typed)

    assert answer.status_code == 409
    assert answer.content.decode().count("The last day") == 1
