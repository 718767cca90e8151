"""Administration stays inside the subtree: nobody acts on an account, a post or a unit beyond their
reach.
"""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localdate as today

from accounts.models import Appointment, PendingAppointment, User
from accounts.people import appointments, invitations, lifecycle
from accounts.permissions import LEVELS, Role
from core.errors import NotAllowed
from tests import factories
from units.models import Level
from units.services import close_unit, create_unit, merge_units, rename_unit

pytestmark = pytest.mark.django_db
PLACES = ("ministry", "province", "commune", "other province", "other commune")
ADMINISTERED = {
    "ministry": set(PLACES),
    "province": {"province", "commune"},
}


@pytest.fixture
def units():
    province, other = factories.ProvinceFactory(), factories.ProvinceFactory()
    return {
        "ministry": factories.ministry(),
        "province": province,
        "commune": factories.UnitFactory(parent=province),
        "other province": other,
        "other commune": factories.UnitFactory(parent=other),
    }


def exists(role: str, place: str) -> bool:
    level = {"ministry": Level.MINISTRY, "province": Level.PROVINCE, "commune": Level.COMMUNE}[
        place.split()[-1]
    ]
    return level in LEVELS[role]


CASES = [
    pytest.param(own, role, place, id=f"{own} administrator, {role} at {place}")
    for own in ADMINISTERED
    for role in Role.values
    for place in PLACES
    if exists(role, place)
]


@pytest.mark.parametrize(("own", "role", "place"), CASES)
def test_an_administrator_acts_on_accounts_of_the_subtree_alone(units, own, role, place):
    admin, person = (
        factories.person(Role.ADMINISTRATOR, units[own]),
        factories.person(role, units[place]),
    )
    acts = {
        "correct": lambda: lifecycle.correct(
            person, full_name="Tên Mới", email=person.email, by=admin
        ),
        "unlock": lambda: lifecycle.unlock(person, by=admin),
        "disable": lambda: lifecycle.disable(person, by=admin, reason="-"),
        "enable": lambda: lifecycle.enable(person, by=admin, reason="-"),
    }

    done = {name: is_allowed(act) for name, act in acts.items()}

    assert done == dict.fromkeys(acts, place in ADMINISTERED[own])


def is_allowed(act) -> bool:
    try:
        act()
    except NotAllowed:
        return False
    return True


@pytest.mark.parametrize(("own", "role", "place"), CASES)
def test_an_administrator_gives_and_ends_posts_in_the_subtree_alone(units, own, role, place):
    admin, reached = factories.person(Role.ADMINISTRATOR, units[own]), place in ADMINISTERED[own]
    near = factories.person(Role.OFFICER, factories.UnitFactory(parent=units["province"]))
    far = factories.person(role, units[place]).appointments.get()
    facts = {
        "full_name": "Lê Thị Hoa",
        "email": "hoa@congan.example",
        "unit": units[place],
        "role": role,
    }
    acts = {
        "invite": lambda: invitations.invite(**facts, by=admin),
        "appoint": lambda: appointments.appoint(
            near, unit=units[place], role=role, by=admin, valid_from=today()
        ),
        "end": lambda: appointments.end_post(far, on=today(), by=admin),
    }

    done = {name: is_allowed(act) for name, act in acts.items()}

    assert done == dict.fromkeys(acts, reached)
    if not reached:
        assert not User.objects.filter(email="hoa@congan.example").exists()
        assert not PendingAppointment.objects.exists()


@pytest.mark.parametrize("elsewhere", ["ministry", "other province", "other commune"])
@pytest.mark.parametrize("how", ["appointed", "proposed"])
def test_who_serves_or_is_proposed_beyond_the_reach_is_not_governed(units, elsewhere, how):
    admin = factories.person(Role.ADMINISTRATOR, units["province"])
    person = factories.person(Role.OFFICER, units["commune"])
    if how == "appointed":
        Appointment.objects.create(user=person, unit=units[elsewhere], role=Role.OFFICER)
    else:
        above = factories.person(Role.ADMINISTRATOR, units["ministry"])
        appointments.appoint(
            person, unit=units[elsewhere], role=Role.APPROVER, by=above, valid_from=today()
        )

    for act in (
        lambda: lifecycle.disable(person, by=admin, reason="-"),
        lambda: lifecycle.correct(person, full_name="Tên", email=person.email, by=admin),
        lambda: lifecycle.unlock(person, by=admin),
    ):
        assert is_allowed(act) is False
    assert User.objects.get(pk=person.pk).is_active


@pytest.mark.parametrize("place", ["ministry", "other province"])
def test_units_are_arranged_in_the_subtree_alone(units, place):
    admin = factories.person(Role.ADMINISTRATOR, units["province"])
    foreign, own = units["other commune"], units["commune"]
    names = {"name": "Công an xã Khác", "place": "Xã Khác", "code": "12345"}
    acts = {
        "rename": lambda: rename_unit(units[place], **names, on=today(), by=admin, reason="-"),
        "create": lambda: create_unit(
            parent=units[place], kind="xã", **names, valid_from=today(), by=admin
        ),
        "close": lambda: close_unit(foreign, on=today(), by=admin, reason="-"),
        "merge theirs into ours": lambda: merge_units(
            [foreign], into=own, on=today(), by=admin, reason="-"
        ),
        "merge ours into theirs": lambda: merge_units(
            [own], into=foreign, on=today(), by=admin, reason="-"
        ),
        "merge our province": lambda: merge_units(
            [units["province"]], into=units["other province"], on=today(), by=admin, reason="-"
        ),
    }

    assert {name: is_allowed(act) for name, act in acts.items()} == dict.fromkeys(acts, False)


def test_a_merger_gives_the_administrator_who_enters_it_no_further_post(units):
    """Their own post ends with the unit; nobody proposes themselves for the larger one."""
    admin = factories.person(Role.ADMINISTRATOR, units["ministry"])
    Appointment.objects.create(user=admin, unit=units["commune"], role=Role.APPROVER)
    larger = factories.UnitFactory(parent=units["province"])

    merge_units([units["commune"]], into=larger, on=today(), by=admin, reason="-")

    assert [post.role for post in User.objects.get(pk=admin.pk).current_appointments] == [
        Role.ADMINISTRATOR
    ]
    assert not PendingAppointment.objects.filter(user=admin).exists()


# --- /system/ -------------------------------------------------------------------------------------


@pytest.fixture
def operator():
    made = factories.with_app(factories.UserFactory(is_staff=True, is_superuser=True))
    client = Client()
    client.force_login(made)
    return client


def form_of(person: User, **changes) -> dict[str, str]:
    fields = {
        "username": person.username,
        "full_name": person.full_name,
        "email": person.email,
        "language": "vi",
    }
    inline = {
        "TOTAL_FORMS": "1",
        "INITIAL_FORMS": "0",
        "MIN_NUM_FORMS": "0",
        "MAX_NUM_FORMS": "1000",
    }
    return {
        **fields,
        "is_active": "on",
        **{f"appointments-{k}": v for k, v in inline.items()},
        **changes,
    }


def post_of(unit, role: str) -> dict[str, str]:
    fields = {
        "unit": unit.pk,
        "role": role,
        "title": "",
        "valid_from": today().isoformat(),
        "valid_to": "",
    }
    return {f"appointments-0-{name}": str(value) for name, value in fields.items()}


@pytest.mark.parametrize(
    ("place", "role"),
    [("commune", "approver"), ("commune", "officer"), ("province", "administrator")],
)
def test_a_system_operator_appoints_nobody_but_the_ministrys_first_administrators(
    operator, units, place, role
):
    person = factories.UserFactory()

    answer = operator.post(
        reverse("admin:accounts_user_change", args=[person.pk]),
        form_of(person, **post_of(units[place], role)),
    )

    assert (answer.status_code, person.appointments.count()) == (200, 0)


def test_the_ministrys_first_two_administrators_come_from_system_and_no_third(operator, units):
    people = [factories.UserFactory() for _ in range(3)]
    for person in people:
        operator.post(
            reverse("admin:accounts_user_change", args=[person.pk]),
            form_of(person, **post_of(units["ministry"], "administrator")),
        )

    assert [person.appointments.count() for person in people] == [1, 1, 0]


def test_a_system_operator_changes_neither_password_nor_address_of_somebody_with_a_post(
    operator, units
):
    person = factories.person(Role.OFFICER, units["commune"])
    was = (person.password, person.email)
    words = {
        "usable_password": "true",
        "password1": factories.PASSWORD + "x",
        "password2": factories.PASSWORD + "x",
    }

    operator.post(f"/system/accounts/user/{person.pk}/password/", words)
    operator.post(
        reverse("admin:accounts_user_change", args=[person.pk]),
        form_of(person, **{"email": "me@evil.example", "appointments-TOTAL_FORMS": "0"}),
    )

    person.refresh_from_db()
    assert (person.password, person.email) == was
