"""One system operator makes nobody who could speak to residents, by whichever page or command."""

from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localdate as today

from accounts.models import Appointment, ChangeKind, Notice, SystemChange, User
from accounts.people import confirmations, lifecycle, system_changes
from accounts.people.appointments import build_proposal
from accounts.permissions import Permission, Role
from accounts.queries import can, may_change_system
from audit.models import Entry
from core.errors import NotAllowed, Refused
from core.models import Letter
from tests import factories

pytestmark = pytest.mark.django_db
WHY = "Văn bản phân công"


@pytest.fixture(autouse=True)
def _watch(settings):
    settings.ALARM_EMAILS = ["truc@example.vn"]


@pytest.fixture
def top():
    return factories.ministry()


@pytest.fixture
def administrators(top):
    return [factories.person(Role.ADMINISTRATOR, top) for _ in range(2)]


@pytest.fixture
def operator(administrators):
    return factories.operator(username="van.hanh")


@pytest.fixture
def second(administrators):
    return factories.operator(username="van.hanh.2")


@pytest.fixture
def officer(top):
    """Somebody of the ministry who uses an account."""
    return factories.with_app(factories.person(Role.OFFICER, top, username="can.bo.bo"))


def fresh(user) -> User:
    return User.objects.get(pk=user.pk)


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def proposed(kind, person, *, by) -> SystemChange:
    return system_changes.propose(kind=kind, account=person.username, reason=WHY, by=by)


def told(kind) -> set[str]:
    return {notice.user.username for notice in Notice.objects.filter(kind=kind)}


def user_form(**fields) -> dict[str, str]:
    inline = {"TOTAL_FORMS": "1", "INITIAL_FORMS": "0", "MIN_NUM_FORMS": "0"}
    values = {"full_name": "Tài khoản riêng", "language": "vi", "is_active": "on", **fields}
    return {**values, **{f"appointments-{name}": value for name, value in inline.items()}}


def administrator_form(top) -> dict[str, str]:
    fields = {"unit": top.pk, "role": "administrator", "title": "", "valid_to": ""}
    fields["valid_from"] = today().isoformat()
    return {f"appointments-0-{name}": str(value) for name, value in fields.items()}


# --- The attack -----------------------------------------------------------------------------------


def test_a_lone_operator_gets_no_further_than_the_first_step(operator, administrators, top):
    """Operator -> two administrators -> overseer, approver, officer -> waivers -> approved."""
    client = signed_in(operator)
    for person in administrators:  # make room
        fields = {"username": person.username, "email": person.email, "is_active": ""}
        client.post(reverse("admin:accounts_user_change", args=[person.pk]), user_form(**fields))
    for name in ("rieng.1", "rieng.2"):
        fields = {"username": name, "email": f"{name}@evil.example"}
        client.post(
            reverse("admin:accounts_user_add"), user_form(**fields, **administrator_form(top))
        )

    assert all(fresh(person).is_active for person in administrators)
    assert not User.objects.filter(username__startswith="rieng").exists()
    assert Letter.objects.filter(to__endswith="evil.example").count() == 0


def test_an_administrator_with_a_second_account_makes_no_approver(top):
    """The next step of the attack: who made the second administrator proposes, it confirms."""
    maker = factories.person(Role.ADMINISTRATOR, top)
    honest = factories.person(Role.ADMINISTRATOR, top)
    puppet = factories.UserFactory()
    pending = build_proposal(
        puppet, unit=top, role=Role.ADMINISTRATOR, title="", valid_from=today(), by=maker
    )
    pending.save()
    confirmations.confirm(pending, by=honest)
    commune = factories.UnitFactory()
    approver = factories.UserFactory()
    pending = build_proposal(
        approver, unit=commune, role=Role.APPROVER, title="", valid_from=today(), by=maker
    )
    pending.save()

    with pytest.raises(NotAllowed, match="waits for 24 hours"):
        confirmations.confirm(pending, by=fresh(puppet))
    with (
        time_machine.travel(timezone.now() + timedelta(hours=25), tick=False),
        pytest.raises(NotAllowed, match="Another administrator has to confirm it"),
    ):
        confirmations.confirm(pending, by=fresh(puppet))
    assert not approver.appointments.exists()


# --- /system/ -------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["is_active", "is_superuser", "full_name", "email"])
def test_system_pages_change_no_account_once_there_were_two_administrators(
    operator, officer, field
):
    changed = {"is_active": "", "is_superuser": "on", "full_name": "Khác", "email": "a@b.example"}
    was = User.objects.filter(pk=officer.pk).values().get()

    answer = signed_in(operator).post(
        reverse("admin:accounts_user_change", args=[officer.pk]),
        user_form(**{"username": officer.username, "email": officer.email, field: changed[field]}),
    )

    assert (answer.status_code, User.objects.filter(pk=officer.pk).values().get()) == (403, was)


def test_system_pages_appoint_nobody_although_both_administrators_are_gone(
    operator, administrators, top
):
    User.objects.filter(pk__in=[person.pk for person in administrators]).update(is_active=False)
    Appointment.objects.filter(user=administrators[0]).update(valid_to=today())

    answer = signed_in(operator).post(
        reverse("admin:accounts_user_add"),
        user_form(username="rieng", email="rieng@evil.example", **administrator_form(top)),
    )

    assert (answer.status_code, User.objects.filter(username="rieng").exists()) == (403, False)


def test_the_first_two_administrators_come_from_system_and_begin_at_once(top):
    client = signed_in(factories.operator())
    for name in ("quan.tri.1", "quan.tri.2", "quan.tri.3"):
        client.post(
            reverse("admin:accounts_user_add"),
            user_form(username=name, email=f"{name}@congan.example", **administrator_form(top)),
        )

    made = User.objects.filter(username__startswith="quan.tri")
    assert [can(person, Permission.ACCOUNT_MANAGE, unit=top) for person in made] == [True, True]


def test_an_operator_is_not_the_first_administrator_as_well(top):
    operator = factories.operator()

    signed_in(operator).post(
        reverse("admin:accounts_user_change", args=[operator.pk]),
        user_form(username=operator.username, is_superuser="on", is_staff="on")
        | administrator_form(top),
    )

    assert not operator.appointments.exists()


def test_each_change_in_system_is_told_to_all_who_watch(administrators, top):
    operator = factories.operator(username="van.hanh")
    topic = factories.topic()

    signed_in(operator).post(
        reverse("admin:campaigns_topic_change", args=[topic.pk]),
        {"code": topic.code, "name_vi": "Tên", "name_en": "Name", "position": 1},
    )

    assert told("system_changed") == {
        "van.hanh",
        *(administrator.username for administrator in administrators),
    }
    letter = Letter.objects.get(to="truc@example.vn", text__contains="campaigns_topic_change")
    assert "Tên" not in letter.text


def test_a_change_in_system_asks_for_a_proof_first(operator, proof_is_old):
    topic = factories.topic()
    client = signed_in(operator)
    proof_is_old(client)

    answer = client.post(
        reverse("admin:campaigns_topic_change", args=[topic.pk]),
        {"code": topic.code, "name_vi": "Tên", "name_en": "Name", "position": 1},
    )

    topic.refresh_from_db()
    assert (answer.status_code, topic.name_vi) == (302, "Cảnh báo lừa đảo")
    assert "reauthenticate" in answer["Location"]


# --- Proposing and confirming ---------------------------------------------------------------------


@pytest.mark.parametrize("kind", ChangeKind.values)
def test_one_of_them_alone_changes_nothing(operator, administrators, officer, kind):
    person = {
        ChangeKind.ADMINISTRATOR: officer,
        ChangeKind.OPERATOR: officer,
        ChangeKind.DISABLE: administrators[0],
        ChangeKind.ENABLE: factories.operator(is_active=False),
    }[kind]
    client = signed_in(operator)
    was = (User.objects.filter(pk=person.pk).values().get(), person.appointments.count())

    client.post(
        reverse("accounts:system_changes"),
        {"kind": kind, "account": person.username, "reason": WHY},
    )
    change = SystemChange.objects.get()
    answer = client.post(reverse("accounts:confirm_system_change", args=[change.public_id]))

    assert answer.status_code == 403
    assert was == (User.objects.filter(pk=person.pk).values().get(), person.appointments.count())
    everybody = {operator.username, *(administrator.username for administrator in administrators)}
    assert told("system_change_proposed") >= everybody
    assert Letter.objects.filter(to="truc@example.vn").count() >= 1


def test_two_of_them_appoint_an_administrator_who_waits_a_day(
    operator, administrators, officer, top
):
    change = proposed(ChangeKind.ADMINISTRATOR, officer, by=operator)
    signed_in(administrators[0]).post(
        reverse("accounts:confirm_system_change", args=[change.public_id])
    )

    post = officer.appointments.get(role=Role.ADMINISTRATOR)
    assert (post.appointed_by, post.confirmed_by, post.unit) == (operator, administrators[0], top)
    assert not may_change_system(fresh(officer))
    with time_machine.travel(timezone.now() + timedelta(hours=24, minutes=1), tick=False):
        assert may_change_system(fresh(officer))
    entries = Entry.objects.filter(action__startswith="system.").order_by("pk")
    assert [entry.action for entry in entries] == [
        "system.change_proposed",
        "system.change_done",
    ]


def test_two_of_them_make_an_operator_who_waits_a_day_and_everybody_learns_of_it(
    operator, second, administrators, officer
):
    system_changes.confirm(proposed(ChangeKind.OPERATOR, officer, by=operator), by=second)

    made = fresh(officer)
    assert (made.is_superuser, made.is_staff, may_change_system(made)) == (True, True, False)
    assert told("operator_made") >= {administrator.username for administrator in administrators}
    with time_machine.travel(timezone.now() + timedelta(hours=24, minutes=1), tick=False):
        assert may_change_system(made)
        waiting = proposed(ChangeKind.DISABLE, administrators[0], by=operator)
        with pytest.raises(NotAllowed, match="Another administrator has to confirm it"):
            system_changes.confirm(waiting, by=made)


def test_two_of_them_disable_an_administrator_and_enable_them_for_a_day_later(
    operator, second, administrators
):
    person = administrators[0]
    signed_in(person)
    system_changes.confirm(proposed(ChangeKind.DISABLE, person, by=operator), by=second)
    assert (fresh(person).is_active, person.sessions.count()) == (False, 0)

    system_changes.confirm(proposed(ChangeKind.ENABLE, person, by=second), by=administrators[1])

    assert (fresh(person).is_active, may_change_system(fresh(person))) == (True, False)


def test_a_proposal_is_stopped_by_a_peer_and_not_by_whom_it_concerns(operator, administrators):
    person, peer = administrators
    change = proposed(ChangeKind.DISABLE, person, by=operator)

    with pytest.raises(NotAllowed):
        system_changes.stop(change, by=person)
    signed_in(peer).post(reverse("accounts:stop_system_change", args=[change.public_id]))

    with pytest.raises(Refused, match="decided meanwhile"):
        system_changes.confirm(change, by=factories.operator())
    assert fresh(person).is_active


def test_a_proposal_ends_after_seven_days_and_gives_way(operator, second, administrators):
    change = proposed(ChangeKind.DISABLE, administrators[0], by=operator)

    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1), tick=False):
        with pytest.raises(Refused, match="seven days are over"):
            system_changes.confirm(change, by=second)
        again = proposed(ChangeKind.DISABLE, administrators[0], by=operator)
    assert list(SystemChange.objects.open(timezone.now() + timedelta(days=7))) == [again]


def test_a_proposal_of_somebody_who_lost_the_right_is_not_confirmed(
    operator, second, administrators
):
    change = proposed(ChangeKind.DISABLE, administrators[0], by=operator)
    User.objects.filter(pk=operator.pk).update(is_active=False)

    with pytest.raises(Refused, match="no longer has the right"):
        system_changes.confirm(change, by=second)


@pytest.mark.parametrize(
    ("kind", "who", "why"),
    [
        (ChangeKind.ADMINISTRATOR, "the second operator", "holds no post"),
        (ChangeKind.ADMINISTRATOR, "an administrator", "already"),
        (ChangeKind.ADMINISTRATOR, "an invited one", "uses an account already"),
        (ChangeKind.OPERATOR, "an administrator", "does not operate the system as well"),
        (ChangeKind.OPERATOR, "the second operator", "already"),
        (ChangeKind.OPERATOR, "an invited one", "uses an account already"),
        (ChangeKind.OPERATOR, "one without a factor", "needs a second factor"),
        (ChangeKind.DISABLE, "an officer", "on the page of the person"),
        (ChangeKind.ENABLE, "an administrator", "is not disabled"),
        (ChangeKind.DISABLE, "the proposer", "their own account"),
        (ChangeKind.DISABLE, "nobody", "no account"),
    ],
)
def test_what_is_not_proposed(operator, second, administrators, officer, top, kind, who, why):
    invited = factories.person(Role.OFFICER, top)
    invited.set_unusable_password()
    invited.save()
    person = {
        "the second operator": second,
        "an administrator": administrators[0],
        "an invited one": invited,
        "one without a factor": factories.person(Role.OFFICER, top),
        "an officer": officer,
        "the proposer": operator,
        "nobody": User(username="khong.co"),
    }[who]

    with pytest.raises(Refused, match=why):
        proposed(kind, person, by=operator)


def test_operators_and_the_ministrys_administrators_find_the_page(
    client, operator, administrators, officer
):
    address = reverse("accounts:system_changes")
    found = {}
    for person in (operator, administrators[0], officer):
        client.force_login(person)
        found[person] = f'href="{address}"' in client.get(reverse("accounts:me")).content.decode()

    assert list(found.values()) == [True, True, False]


def test_who_proposes_and_confirms_nothing(operator, administrators, officer, top):
    """Their pages are open to operators and the ministry's administrators alone."""
    change = proposed(ChangeKind.DISABLE, administrators[0], by=operator)
    province = factories.person(Role.ADMINISTRATOR, factories.ProvinceFactory())
    for person in (officer, province, factories.person(Role.OVERSEER, top)):
        with pytest.raises(NotAllowed):
            proposed(ChangeKind.DISABLE, administrators[0], by=person)
        for name in ("confirm", "stop"):
            address = reverse(f"accounts:{name}_system_change", args=[change.public_id])
            assert signed_in(person).post(address).status_code == 403
        assert signed_in(person).get(reverse("accounts:system_changes")).status_code == 403


@pytest.mark.parametrize("page", ["system_changes", "confirm_system_change", "stop_system_change"])
def test_each_step_asks_for_a_proof(operator, second, administrators, proof_is_old, page):
    change = proposed(ChangeKind.DISABLE, administrators[0], by=operator)
    client = signed_in(second)
    proof_is_old(client)
    args = [] if page == "system_changes" else [change.public_id]

    answer = client.post(
        reverse(f"accounts:{page}", args=args),
        {"kind": "disable", "account": administrators[1].username, "reason": WHY},
    )

    assert "reauthenticate" in answer["Location"]
    assert SystemChange.objects.filter(done_at=None, stopped_at=None).count() == 1


@pytest.mark.parametrize("who", ["the proposer", "the person", "nobody"])
def test_the_database_wants_another_one_to_confirm(operator, administrators, who):
    change = proposed(ChangeKind.DISABLE, administrators[0], by=operator)
    by = {"the proposer": operator, "the person": administrators[0], "nobody": None}[who]

    with pytest.raises(IntegrityError), transaction.atomic():
        SystemChange.objects.filter(pk=change.pk).update(done_at=timezone.now(), confirmed_by=by)


# --- Ends of administrators in the portal, and commands -------------------------------------------


def test_an_administrator_who_ends_another_one_is_reported(administrators):
    lifecycle.disable(administrators[0], by=administrators[1], reason="Nghỉ việc")

    assert told("administrator_ended") == {administrators[1].username}
    assert Letter.objects.filter(to="truc@example.vn").count() == 1


def test_the_console_makes_a_second_operator_of_nobody(operator):
    with pytest.raises(CommandError, match="There is a system operator already"):
        call_command(
            "createsuperuser", "--noinput", username="rieng", email="r@evil.example", full_name="R"
        )

    assert not User.objects.filter(username="rieng").exists()


def test_the_console_makes_the_first_operator_and_the_watchers_are_told(db):
    call_command(
        "createsuperuser",
        "--noinput",
        username="dau.tien",
        email="d@congan.example",
        full_name="D",
        stdout=StringIO(),
    )

    assert Letter.objects.filter(to="truc@example.vn", text__contains="D").exists()


def test_a_factor_that_is_reset_at_the_console_is_reported(operator, administrators):
    who = {"reason": "Văn bản 12", "operator": "Vận Hành"}
    call_command("reset_factor", operator.username, **who, stdout=StringIO())

    assert told("console_reset") >= {administrator.username for administrator in administrators}
    letters = Letter.objects.filter(to="truc@example.vn", text__contains=operator.full_name)
    assert letters.exists()


def test_the_console_sets_nobodys_password(operator):
    was = operator.password

    with pytest.raises(CommandError, match="Nobody sets the password of another"):
        call_command("changepassword", operator.username)

    assert fresh(operator).password == was
