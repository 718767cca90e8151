"""Nobody makes a leader alone: a second administrator confirms, the leaders learn of it, approving
waits a day.
"""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localdate as today

from accounts import tasks
from accounts.models import Appointment, Decision, Notice, PendingAppointment, User
from accounts.people import appointments, confirmations, imports, invitations, lifecycle
from accounts.people.appointments import build_proposal
from accounts.people.spreadsheets import Row
from accounts.permissions import Permission, Role
from accounts.queries import acts_from, appointed_by, authority, can, may_waive, require
from audit.models import Entry
from core.errors import NotAllowed, Refused
from posts.models import Contribution
from posts.review import decisions
from posts.states import PostState
from tests import factories
from units.services import merge_units

pytestmark = pytest.mark.django_db
PASSWORD = "mot cau dai de nho 2026"
CHIEF = {"full_name": "Nguyễn Văn Đức", "email": "duc@congan.example", "role": Role.APPROVER}
GRAVE = [Role.APPROVER, Role.OVERSEER, Role.ADMINISTRATOR]


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def commune(province):
    return factories.UnitFactory(parent=province, code="00004")


@pytest.fixture
def admin(province):
    return factories.person(Role.ADMINISTRATOR, province, full_name="Trần Quản Trị")


@pytest.fixture
def second(province):
    return factories.person(Role.ADMINISTRATOR, province, full_name="Lê Thị Hai")


@pytest.fixture
def secrets(monkeypatch):
    """The secrets of the invitations that were mailed."""
    made, make = [], invitations.secrets.token_urlsafe

    def token_urlsafe(size):
        secret = make(size)
        if size == 32:  # others are the nonces of pages
            made.append(secret)
        return secret

    monkeypatch.setattr(invitations.secrets, "token_urlsafe", token_urlsafe)
    return made


def proposed(admin, unit, role=Role.APPROVER, **facts) -> PendingAppointment:
    invitations.invite(unit=unit, by=admin, **{**CHIEF, "role": role, **facts})
    return PendingAppointment.objects.latest("pk")


def fresh(user) -> User:
    return User.objects.get(pk=user.pk)


def people_notified(kind) -> set[User]:
    return {notice.user for notice in Notice.objects.filter(kind=kind).select_related("user")}


# --- The attack -----------------------------------------------------------------------------------


def test_one_administrator_alone_publishes_nothing(client, admin, commune, secrets):
    """An officer and an approver of one's own making: the post gets as far as the review and no
    further.
    """
    client.force_login(admin)
    for fields in (
        {"full_name": "Cán Bộ Giả", "email": "a@evil.example", "role": "officer"},
        {"full_name": "Lãnh Đạo Giả", "email": "b@evil.example", "role": "approver"},
    ):
        client.post(reverse("accounts:invite"), {**fields, "unit": commune.code})
    officer, approver = (
        User.objects.get(email="a@evil.example"),
        User.objects.get(email="b@evil.example"),
    )
    assert len(secrets) == 1  # the officer's letter; the approver's was not even written

    invitations.accept(secrets[0], password=PASSWORD)
    pending = approver.pending_appointments.get()
    answers = [
        client.post(
            reverse("accounts:pending_appointment", args=[pending.public_id]),
            {"decision": "confirm"},
        ),
        client.post(
            reverse("accounts:pending_appointments"), {"pending": [str(pending.public_id)]}
        ),
        client.post(reverse("accounts:invite_again", args=[approver.public_id])),
    ]
    post = factories.submitted(unit=commune, author=officer)

    assert [answer.status_code for answer in answers] == [403, 302, 302]
    assert (len(secrets), approver.current_appointments, pending.decision) == (
        1,
        [],
        Decision.WAITING,
    )
    with pytest.raises(NotAllowed):
        decisions.approve(post, post.current_revision, by=fresh(approver), proof=factories.proof())
    post.refresh_from_db()
    assert post.state == PostState.IN_REVIEW


def test_even_a_confirmed_approver_waits_a_day_while_the_leaders_know(admin, second, commune):
    chief = factories.person(Role.APPROVER, commune)
    overseer = factories.person(Role.OVERSEER, commune.parent)
    above = factories.person(Role.ADMINISTRATOR, factories.ministry())
    factories.person(Role.APPROVER, factories.UnitFactory(parent=commune.parent))
    factories.person(Role.OFFICER, commune)
    newcomer = confirmations.confirm(proposed(admin, commune), by=second).user
    post = factories.submitted(unit=commune)

    assert people_notified("leader_appointed") == {chief, overseer, admin, above}
    with pytest.raises(NotAllowed, match="a new approver waits for 24 hours"):
        decisions.approve(post, post.current_revision, by=fresh(newcomer), proof=factories.proof())
    with time_machine.travel(timezone.now() + timedelta(hours=23, minutes=59), tick=False):
        assert not can(fresh(newcomer), Permission.POST_APPROVE, unit=commune)
    with time_machine.travel(timezone.now() + timedelta(hours=24, minutes=1), tick=False):
        decisions.approve(post, post.current_revision, by=fresh(newcomer), proof=factories.proof())
    post.refresh_from_db()
    assert post.state == PostState.APPROVED


@pytest.mark.parametrize(
    ("role", "right"),
    [
        (Role.OVERSEER, Permission.POST_APPROVE_SECOND),
        (Role.OVERSEER, Permission.KIT_APPROVE),
        (Role.OVERSEER, Permission.PLATFORM_ALLOW),
        (Role.OVERSEER, Permission.TOPIC_RULE),
        (Role.ADMINISTRATOR, Permission.ACCOUNT_MANAGE),
        (Role.ADMINISTRATOR, Permission.UNIT_MANAGE),
    ],
)
def test_a_new_overseer_or_administrator_waits_a_day(admin, second, province, role, right):
    holder = confirmations.confirm(proposed(admin, province, role), by=second).user

    with pytest.raises(NotAllowed, match="waits for 24 hours"):
        require(fresh(holder), right, unit=province)
    with time_machine.travel(timezone.now() + timedelta(hours=24, minutes=1), tick=False):
        assert can(fresh(holder), right, unit=province)


def test_a_new_overseer_stops_posts_at_once(admin, second, commune):
    holder = confirmations.confirm(proposed(admin, commune.parent, Role.OVERSEER), by=second).user

    for right in (Permission.POST_WITHDRAW, Permission.PUBLISHING_PAUSE):
        assert can(fresh(holder), right, unit=commune)


def test_a_new_administrator_makes_nobody_for_a_day(admin, second, province, commune):
    made = confirmations.confirm(
        proposed(admin, province, Role.ADMINISTRATOR, email="moi@congan.example"), by=second
    ).user
    waiting = proposed(admin, commune, email="c@congan.example")

    for act in (
        lambda: proposed(fresh(made), commune),
        lambda: confirmations.confirm(waiting, by=fresh(made)),
    ):
        with pytest.raises(NotAllowed, match="waits for 24 hours"):
            act()


@pytest.mark.parametrize("maker", ["the proposer", "the confirmer"])
@pytest.mark.parametrize("gives", ["appointed_by", "confirmed_by"])
def test_an_administrator_does_not_confirm_with_one_whom_they_made(
    client, admin, second, commune, maker, gives
):
    """Two accounts of one person: the administrator, and another one of their own making."""
    made, by = (second, admin) if maker == "the proposer" else (admin, second)
    others = {"appointed_by": factories.UserFactory(), "confirmed_by": factories.UserFactory()}
    made.appointments.update(confirmed_at=timezone.now(), **{**others, gives: by})
    above = factories.person(Role.ADMINISTRATOR, factories.ministry())
    pending = proposed(admin, commune)

    with pytest.raises(NotAllowed, match="Another administrator has to confirm it"):
        confirmations.confirm(pending, by=second)
    assert people_notified("appointment_proposed") == {above}
    client.force_login(second)
    page = client.get(reverse("accounts:pending_appointment", args=[pending.public_id]))
    assert (page.context["hindrance"] != "", page.context["may_refuse"]) == (True, True)
    confirmations.confirm(pending, by=above)


def test_an_enabled_leader_waits_as_a_new_one_and_the_leaders_learn_of_it(admin, second, commune):
    chief = factories.person(Role.APPROVER, commune)
    other = factories.person(Role.APPROVER, commune)
    lifecycle.disable(chief, by=admin, reason="Nghỉ")

    lifecycle.enable(fresh(chief), by=admin, reason="Trở lại")

    assert not can(fresh(chief), Permission.POST_APPROVE, unit=commune)
    assert people_notified("leader_enabled") == {other, second}
    with time_machine.travel(timezone.now() + timedelta(hours=24, minutes=1), tick=False):
        assert can(fresh(chief), Permission.POST_APPROVE, unit=commune)


@pytest.mark.parametrize("way", ["invited", "imported"])
def test_the_units_leader_learns_of_officers_whom_one_administrator_made(
    admin, commune, secrets, way
):
    chief = factories.person(Role.APPROVER, commune)
    factories.person(Role.APPROVER, factories.UnitFactory(parent=commune.parent))
    if way == "invited":
        invitations.invite(unit=commune, by=admin, **{**CHIEF, "role": Role.OFFICER})
    else:
        rows = [Row(2, "Trần Bê", "b@congan.example", "", "00004", "Drafting officer", "")]
        batch = imports.store_rows(rows, file_name="x.xlsx", by=admin)
        imports.apply(batch, by=admin, digest=imports.plan(rows, by=admin).digest)

    assert people_notified("officers_appointed") == {chief}


@pytest.mark.parametrize("known", ["duc@congan.example", "duc+1@congan.example"])
def test_one_mailbox_has_one_account(admin, commune, known):
    factories.UserFactory(email=known)
    other = factories.person(Role.OFFICER, commune)
    other.set_unusable_password()
    other.save()
    address = "Duc+Hai@congan.example"

    with pytest.raises(Refused, match="account with this e-mail already"):
        invitations.invite(unit=commune, by=admin, **{**CHIEF, "email": address})
    with pytest.raises(Refused, match="account with this e-mail already"):
        lifecycle.correct(other, full_name="Khác", email=address, by=admin)
    rows = [
        Row(2, "Trần Bê", address, "", "00004", "Drafting officer", ""),
        Row(3, "Trần Xê", "xe@congan.example", "", "00004", "Drafting officer", ""),
        Row(4, "Trần Dê", "xe+1@congan.example", "", "00004", "Drafting officer", ""),
    ]
    assert [row.outcome for row in imports.plan(rows, by=admin).rows] == ["error", "new", "error"]


# --- Proposing and confirming ---------------------------------------------------------------------


@pytest.mark.parametrize("role", GRAVE)
def test_an_invited_leader_is_nobody_until_a_second_administrator_confirms(
    admin, second, province, role, secrets
):
    pending = proposed(admin, province, role)

    assert (
        pending.user.appointments.count(),
        fresh(pending.user).current_appointments,
        secrets,
    ) == (0, [], [])
    assert people_notified("appointment_proposed") == {second}
    post = confirmations.confirm(pending, by=second)

    assert (post.role, post.appointed_by, post.confirmed_by) == (role, admin, second)
    assert fresh(pending.user).current_appointments == [post]
    assert len(secrets) == 1
    assert list(Entry.objects.order_by("pk").values_list("action", "actor_name")) == [
        ("account.invitation_proposed", "Trần Quản Trị"),
        ("account.appointment_confirmed", "Lê Thị Hai"),
    ]


@pytest.mark.parametrize("role", [Role.OFFICER, Role.SUPERVISOR])
def test_an_officer_and_a_supervisor_are_appointed_at_once(admin, second, commune, role, secrets):
    person = invitations.invite(unit=commune, by=admin, **{**CHIEF, "role": role})

    assert [post.appointed_by for post in person.current_appointments] == [admin]
    assert (len(secrets), PendingAppointment.objects.count()) == (1, 0)


@pytest.mark.parametrize("role", GRAVE)
def test_a_further_post_of_a_leader_waits_too(admin, second, province, role):
    officer = factories.person(Role.OFFICER, province)

    appointments.appoint(officer, unit=province, role=role, by=admin, valid_from=today())

    assert [post.role for post in fresh(officer).current_appointments] == [Role.OFFICER]
    with pytest.raises(Refused, match="waits for a second administrator"):
        appointments.appoint(officer, unit=province, role=role, by=admin, valid_from=today())
    confirmations.confirm(PendingAppointment.objects.get(), by=second)
    assert {post.role for post in fresh(officer).current_appointments} == {Role.OFFICER, role}


@pytest.mark.parametrize(
    "who", ["the proposer", "the holder", "a neighbour", "an overseer", "an officer"]
)
def test_who_may_not_confirm(admin, second, province, commune, who):
    officer = factories.person(Role.ADMINISTRATOR, province)
    appointments.appoint(officer, unit=commune, role=Role.APPROVER, by=admin, valid_from=today())
    pending = PendingAppointment.objects.get()
    rival = {
        "the proposer": lambda: admin,
        "the holder": lambda: officer,
        "a neighbour": lambda: factories.person(Role.ADMINISTRATOR, factories.ProvinceFactory()),
        "an overseer": lambda: factories.person(Role.OVERSEER, province),
        "an officer": lambda: factories.person(Role.OFFICER, commune),
    }[who]()

    for act in (
        lambda: confirmations.confirm(pending, by=rival),
        lambda: confirmations.refuse(pending, by=rival, reason="-"),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert PendingAppointment.objects.get().decision == Decision.WAITING
    assert not Appointment.objects.filter(user=officer, unit=commune).exists()


def test_where_there_is_no_second_administrator_the_level_above_confirms(admin, commune):
    above = factories.person(Role.ADMINISTRATOR, factories.ministry())

    pending = proposed(admin, commune)

    assert people_notified("appointment_proposed") == {above}
    assert confirmations.confirm(pending, by=above).confirmed_by == above


def test_a_provinces_administrator_does_not_confirm_for_the_ministry(second):
    top = factories.ministry()
    pending = proposed(factories.person(Role.ADMINISTRATOR, top), top, Role.OVERSEER)

    with pytest.raises(NotAllowed):
        confirmations.confirm(pending, by=second)


def test_a_proposal_by_somebody_who_lost_the_right_is_not_confirmed(admin, second, commune):
    pending = proposed(admin, commune)
    lifecycle.disable(admin, by=second, reason="Lộ mật khẩu")

    with pytest.raises(Refused, match="no longer has the right"):
        confirmations.confirm(pending, by=second)
    assert Appointment.objects.filter(user=pending.user).count() == 0


def test_a_refusal_needs_a_reason_and_reaches_the_proposer(admin, second, commune, secrets):
    pending = proposed(admin, commune)

    with pytest.raises(Refused, match="write why"):
        confirmations.refuse(pending, by=second, reason=" ")
    confirmations.refuse(pending, by=second, reason="Không có cán bộ này")

    assert people_notified("appointment_refused") == {admin}
    with pytest.raises(Refused, match="decided already: Refused"):
        confirmations.confirm(pending, by=second)
    assert (secrets, Entry.objects.latest("pk").reason) == ([], "Không có cán bộ này")


def test_only_the_proposer_takes_a_proposal_back(admin, second, commune):
    pending = proposed(admin, commune)

    with pytest.raises(NotAllowed):
        confirmations.withdraw(pending, by=second)
    confirmations.withdraw(pending, by=admin)

    assert PendingAppointment.objects.get().decision == Decision.WITHDRAWN


def test_a_proposal_ends_after_seven_days(admin, second, commune):
    pending = proposed(admin, commune)

    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1), tick=False):
        with pytest.raises(Refused, match="within seven days"):
            confirmations.confirm(pending, by=second)
        tasks.expire_pending_appointments()
        tasks.expire_pending_appointments()
        appointments.appoint(
            pending.user, unit=commune, role=Role.APPROVER, by=admin, valid_from=today()
        )

    assert people_notified("appointment_expired") == {admin}
    assert list(PendingAppointment.objects.values_list("decision", flat=True)) == ["expired", ""]
    assert Entry.objects.filter(action="account.appointment_expired").count() == 1


def test_the_address_of_a_confirmed_leader_is_not_changed_behind_the_confirmers_back(
    admin, second, commune
):
    pending = proposed(admin, commune)
    for _step in ("proposed", "confirmed"):
        with pytest.raises(Refused, match="together with this address"):
            lifecycle.correct(
                pending.user, full_name="Nguyễn Văn Đức", email="me@evil.example", by=admin
            )
        if _step == "proposed":
            confirmations.confirm(pending, by=second)
    assert fresh(pending.user).email == "duc@congan.example"


@pytest.mark.parametrize(
    "wrong",
    [
        "confirmed by the proposer",
        "confirmed by the holder",
        "proposed by the holder",
        "confirmed by nobody",
    ],
)
def test_the_database_keeps_three_people_apart(admin, second, commune, wrong):
    person = factories.UserFactory()
    people = {
        "confirmed by the proposer": {"appointed_by": admin, "confirmed_by": admin},
        "confirmed by the holder": {"appointed_by": admin, "confirmed_by": person},
        "proposed by the holder": {"appointed_by": person, "confirmed_by": second},
        "confirmed by nobody": {"appointed_by": admin, "confirmed_by": None},
    }[wrong]

    with pytest.raises(IntegrityError), transaction.atomic():
        Appointment.objects.create(
            user=person, unit=commune, role=Role.APPROVER, confirmed_at=timezone.now(), **people
        )
    pending = build_proposal(
        person,
        unit=commune,
        role=Role.APPROVER,
        title="",
        valid_from=today(),
        by=people["appointed_by"],
    )
    pending.decision, pending.decided_by = Decision.CONFIRMED, people["confirmed_by"]
    with pytest.raises(IntegrityError), transaction.atomic():
        pending.save()


def test_the_page_of_what_waits_confirms_the_ticked_ones(client, admin, second, commune, province):
    first = proposed(admin, commune)
    other = proposed(admin, commune, email="b@congan.example")
    mine = proposed(second, commune, email="c@congan.example")
    elsewhere = factories.ProvinceFactory()
    foreign = proposed(
        factories.person(Role.ADMINISTRATOR, elsewhere), elsewhere, email="d@congan.example"
    )
    client.force_login(second)
    page = client.get(reverse("accounts:pending_appointments"))
    assert [(row, row.may_confirm) for row in page.context["page_obj"]] == [
        (first, True),
        (other, True),
        (mine, False),
    ]

    ticked = [str(row.public_id) for row in (first, mine, foreign)]
    client.post(reverse("accounts:pending_appointments"), {"pending": ticked})

    decided = dict(PendingAppointment.objects.values_list("pk", "decision"))
    assert decided == {first.pk: "confirmed", other.pk: "", mine.pk: "", foreign.pk: ""}


def test_the_page_of_what_waits_asks_as_much_for_three_as_for_one(client, admin, second, commune):
    proposed(admin, commune)
    client.force_login(second)
    asked = []
    for _number in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("accounts:pending_appointments"))
        asked.append(len(queries))
        other = factories.person(Role.ADMINISTRATOR, commune.parent)
        for by in (admin, other):
            proposed(by, commune, email=f"{by.username}.{_number}@congan.example")

    assert asked[0] == asked[1]


def test_whoever_proposed_all_that_waits_is_offered_no_confirmation(client, admin, second, commune):
    proposed(admin, commune)
    pages = {}
    for person in (admin, second):
        client.force_login(person)
        pages[person] = client.get(reverse("accounts:pending_appointments")).content.decode()

    assert ["data-confirm=" in pages[admin], "data-confirm=" in pages[second]] == [False, True]


# --- By import and with a merged unit -------------------------------------------------------------


def test_an_import_proposes_leaders_and_ends_their_former_post_on_confirmation(
    admin, second, commune, secrets
):
    officer = factories.person(Role.OFFICER, commune, email="a@congan.example", full_name="A")
    rows = [
        Row(2, "A", "a@congan.example", "", "00004", "Approving leader", "Phó Trưởng"),
        Row(3, "Trần Bê", "b@congan.example", "", "00004", "Approving leader", ""),
        Row(4, "Trần Xê", "c@congan.example", "", "00004", "Drafting officer", ""),
    ]
    batch = imports.store_rows(rows, file_name="x.xlsx", by=admin)
    imports.apply(batch, by=admin, digest=imports.plan(rows, by=admin).digest)

    assert [(post.role, post.valid_to) for post in officer.appointments.all()] == [
        (Role.OFFICER, None)
    ]
    assert len(secrets) == 1  # C's
    assert (people_notified("appointments_proposed"), PendingAppointment.objects.count()) == (
        {second},
        2,
    )
    assert [row.outcome for row in imports.plan(rows, by=admin).rows] == ["same", "same", "same"]
    for pending in PendingAppointment.objects.all():
        confirmations.confirm(pending, by=second)
    assert [(p.role, p.title) for p in fresh(officer).current_appointments] == [
        (Role.APPROVER, "Phó Trưởng")
    ]
    assert len(secrets) == 2


def test_a_chief_does_not_get_a_larger_unit_by_a_merger_alone(admin, second, province):
    small, large = factories.UnitFactory(parent=province), factories.UnitFactory(parent=province)
    chief, officer = factories.person(Role.APPROVER, small), factories.person(Role.OFFICER, small)

    merge_units([small], into=large, on=today(), by=admin, reason="Sáp nhập")

    assert (
        [p.unit for p in fresh(officer).current_appointments],
        fresh(chief).current_appointments,
    ) == ([large], [])
    post = confirmations.confirm(PendingAppointment.objects.get(), by=second)
    assert (post.user, post.unit) == (chief, large)


def test_two_units_that_become_one_larger_have_their_chiefs_confirmed(admin, second, province):
    small = [factories.UnitFactory(parent=province) for _ in range(2)]
    chiefs = {factories.person(Role.APPROVER, unit) for unit in small}
    into = {"kind": "xã", "place": "Xã Mới", "name": "Công an xã Mới", "code": "99999"}

    merge_units(small, into=into, on=today(), by=admin, reason="Sáp nhập")

    assert {pending.user for pending in PendingAppointment.objects.all()} == chiefs
    assert [fresh(chief).current_appointments for chief in chiefs] == [[], []]


def test_a_unit_under_a_new_name_keeps_its_chief(admin, province):
    unit = factories.UnitFactory(parent=province)
    chief = factories.person(Role.APPROVER, unit)
    into = {"kind": "xã", "place": "Xã Mới", "name": "Công an xã Mới", "code": "99999"}

    new = merge_units([unit], into=into, on=today(), by=admin, reason="Thành lập lại")

    assert [post.unit for post in fresh(chief).current_appointments] == [new]
    assert acts_from(fresh(chief), Permission.POST_APPROVE, unit=new) is None


# --- The waiting time and its waiver --------------------------------------------------------------


@pytest.fixture
def newcomer(admin, second, commune):
    """An appointment whose holder cannot approve yet."""
    return confirmations.confirm(proposed(admin, commune), by=second)


def leader(who, *, admin, second, commune, post) -> User:
    return {
        "chief": lambda: factories.person(Role.APPROVER, commune),
        "overseer": lambda: factories.person(Role.OVERSEER, commune.parent),
        "ministry": lambda: factories.person(Role.ADMINISTRATOR, factories.ministry()),
        "confirmer": lambda: second,
        "another": lambda: factories.person(Role.ADMINISTRATOR, commune.parent),
        "proposer": lambda: admin,
        "holder": lambda: fresh(post.user),
        "officer": lambda: factories.person(Role.OFFICER, commune),
        "supervisor": lambda: factories.person(Role.SUPERVISOR, commune.parent),
        "neighbour": lambda: factories.person(
            Role.APPROVER, factories.UnitFactory(parent=commune.parent)
        ),
    }[who]()


@pytest.mark.parametrize(
    ("pair", "over"),
    [
        (("chief", "overseer"), True),
        (("ministry", "chief"), True),
        (("another", "ministry"), False),  # two administrators, no leader
        (("chief",), False),
    ],
)
def test_two_leaders_waive_the_waiting_time(admin, second, commune, newcomer, pair, over):
    words = [
        confirmations.waive(
            newcomer,
            by=leader(who, admin=admin, second=second, commune=commune, post=newcomer),
            reason="Bão về đêm nay",
        )
        for who in pair
    ]

    assert words[-1] is over
    assert can(fresh(newcomer.user), Permission.POST_APPROVE, unit=commune) is over
    assert people_notified("waiting_waived") == ({newcomer.user} if over else set())


@pytest.mark.parametrize(
    "who", ["proposer", "confirmer", "holder", "officer", "supervisor", "neighbour"]
)
def test_who_cannot_waive(admin, second, commune, newcomer, who):
    with pytest.raises(NotAllowed):
        confirmations.waive(
            newcomer,
            by=leader(who, admin=admin, second=second, commune=commune, post=newcomer),
            reason="Bão về",
        )
    assert newcomer.waivers.count() == 0


@pytest.mark.parametrize("gives", ["appointed_by", "confirmed_by"])
@pytest.mark.parametrize("giver", ["proposer", "confirmer"])
def test_who_was_made_by_proposer_or_confirmer_waives_nothing(
    admin, second, commune, newcomer, gives, giver
):
    overseer = factories.person(Role.OVERSEER, commune.parent)
    assert may_waive(fresh(overseer), newcomer)
    others = {"appointed_by": factories.UserFactory(), "confirmed_by": factories.UserFactory()}
    given = {**others, gives: {"proposer": admin, "confirmer": second}[giver]}
    overseer.appointments.update(confirmed_at=timezone.now(), **given)

    with pytest.raises(NotAllowed, match="nor whoever these two"):
        confirmations.waive(newcomer, by=fresh(overseer), reason="Bão về")


def test_a_new_overseer_waives_nothing_for_a_day(commune, newcomer):
    top = factories.ministry()
    first, other = (factories.person(Role.ADMINISTRATOR, top) for _ in range(2))
    overseer = confirmations.confirm(
        proposed(first, commune.parent, Role.OVERSEER, email="gs@congan.example"), by=other
    ).user

    assert may_waive(fresh(overseer), newcomer) is None
    newcomer.approves_from += timedelta(days=2)
    with time_machine.travel(timezone.now() + timedelta(hours=25), tick=False):
        assert may_waive(fresh(overseer), newcomer)


@pytest.mark.parametrize("role", [Role.OVERSEER, Role.ADMINISTRATOR])
def test_the_day_of_an_overseer_or_administrator_is_not_waived(admin, second, province, role):
    post = confirmations.confirm(proposed(admin, province, role), by=second)

    with pytest.raises(NotAllowed):
        confirmations.waive(
            post, by=factories.person(Role.OVERSEER, factories.ministry()), reason="Bão về"
        )


def test_one_leader_does_not_count_twice_and_a_new_approver_not_at_all(
    admin, second, commune, newcomer
):
    chief = factories.person(Role.APPROVER, commune)
    other = confirmations.confirm(proposed(admin, commune, email="b@congan.example"), by=second)
    confirmations.waive(newcomer, by=chief, reason="Bão về")

    with pytest.raises(Refused, match="already"):
        confirmations.waive(newcomer, by=chief, reason="Bão về")
    with pytest.raises(NotAllowed):
        confirmations.waive(newcomer, by=fresh(other.user), reason="Bão về")
    with pytest.raises(Refused, match="write why"):
        confirmations.waive(
            newcomer, by=factories.person(Role.OVERSEER, commune.parent), reason=" "
        )
    assert not can(fresh(newcomer.user), Permission.POST_APPROVE, unit=commune)


def test_an_earlier_approver_of_another_unit_goes_on_there(admin, second, commune, province):
    old = factories.UnitFactory(parent=province)
    chief = factories.person(Role.APPROVER, old)
    appointments.appoint(chief, unit=commune, role=Role.APPROVER, by=admin, valid_from=today())
    confirmations.confirm(PendingAppointment.objects.get(), by=second)

    assert authority(fresh(chief), Permission.POST_APPROVE, unit=old)
    assert not authority(fresh(chief), Permission.POST_APPROVE, unit=commune)
    with pytest.raises(NotAllowed, match="ask two leaders to waive"):
        require(fresh(chief), Permission.POST_APPROVE, unit=commune)


def test_the_page_of_an_appointment_waives_it(client, commune, newcomer):
    address = reverse("accounts:appointment", args=[newcomer.public_id])
    for leader in (
        factories.person(Role.APPROVER, commune),
        factories.person(Role.OVERSEER, commune.parent),
    ):
        client.force_login(leader)
        assert client.get(address).context["may_waive"] is True
        assert client.post(address, {"reason": ""}).status_code == 422
        client.post(address, {"reason": "Bão về"})

    assert can(fresh(newcomer.user), Permission.POST_APPROVE, unit=commune)
    assert client.get(address).context["waits"] is False


# --- Who gave a right -----------------------------------------------------------------------------


def test_giving_is_proposing_and_confirming_in_both_directions(admin, second, commune, newcomer):
    other = factories.person(Role.OFFICER, commune)

    assert appointed_by(admin, people=[newcomer.user, other])
    assert appointed_by(second, people=[newcomer.user])
    assert appointed_by(newcomer.user, people=[admin])
    assert not appointed_by(admin, people=[other])
    assert not appointed_by(other, people=[newcomer.user])


@pytest.mark.parametrize("who", ["the author", "the editor", "an earlier editor", "nobody"])
def test_who_gave_a_right_does_not_decide_with_its_holder(admin, province, who):
    """An administrator who also approves makes an officer of their own, or is made approver by
    one.
    """
    Appointment.objects.create(user=admin, unit=province, role=Role.APPROVER)
    made = factories.UserFactory()
    appointments.appoint(made, unit=province, role=Role.OFFICER, by=admin, valid_from=today())
    other = factories.person(Role.OFFICER, province)
    author = made if who == "the author" else other
    editor = made if who == "the editor" else other
    post = factories.submitted(unit=province, author=author, last_editor=editor)
    if who == "an earlier editor":
        Contribution.objects.create(post=post, user=made, edited_at=timezone.now())

    if who == "nobody":
        decisions.approve(post, post.current_revision, by=fresh(admin), proof=factories.proof())
    else:
        with pytest.raises(NotAllowed, match="Another leader has to approve it"):
            decisions.approve(post, post.current_revision, by=fresh(admin), proof=factories.proof())
    post.refresh_from_db()
    assert (post.state == PostState.APPROVED) is (who == "nobody")


def test_the_review_page_says_until_when_a_new_approver_waits(client, commune, newcomer):
    post = factories.submitted(unit=commune)
    client.force_login(factories.with_app(newcomer.user))

    page = client.get(reverse("publishing:review", args=[post.public_id]))

    assert page.status_code == 403
    assert "a new approver waits for 24 hours" in page.content.decode()


def test_a_stranger_sees_no_waiting_appointment(commune, admin):
    pending = proposed(admin, commune)

    assert (
        Client().get(reverse("accounts:pending_appointment", args=[pending.public_id])).status_code
        == 302
    )
