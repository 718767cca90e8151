from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import FactorReset, Invitation
from accounts.people.appointments import build_proposal
from accounts.permissions import Role
from audit.services import record
from channels.states import Health, Lifecycle
from oversight.today.card import SHOWN
from posts.models import Review
from posts.origins import starting
from posts.states import PostState
from publishing.freeze import freezing
from publishing.states import BroadcastReason, BroadcastState, State
from tests import factories
from tests.pages import one_line
from units.models import UnitFacts


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def today(client):
    def look(user):
        client.force_login(user)
        response = client.get(reverse("oversight:today"))
        assert response.status_code == 200
        return response

    return look


def later_today():
    """Return a moment that is still ahead and still today, in whichever minute the test runs."""
    end = timezone.localtime().replace(hour=23, minute=59, second=59, microsecond=0)
    return timezone.now() + (end - timezone.localtime()) / 2


@pytest.mark.django_db
def test_an_approver_sees_what_waits_longest_first_but_not_what_they_wrote(today, unit):
    boss = factories.person(Role.APPROVER, unit)
    old, new = (factories.submitted(unit=unit) for _ in range(2))
    type(old).objects.filter(pk=old.pk).update(submitted_at=timezone.now() - timedelta(hours=3))
    factories.submitted(unit=unit, author=boss)
    factories.submitted(unit=factories.UnitFactory(parent=unit.parent))

    response = today(boss)

    assert [post.pk for post in response.context["waiting"].rows] == [old.pk, new.pk]
    assert reverse("publishing:review_queue") in response.content.decode()


@pytest.mark.django_db
def test_an_approver_sees_proposed_words_of_the_units_pages_besides_their_own(today, unit):
    boss = factories.person(Role.APPROVER, unit)
    change, own = (factories.page_change(unit) for _ in range(2))
    type(own).objects.filter(pk=own.pk).update(proposed_by=boss)
    factories.page_change(factories.UnitFactory(parent=unit.parent))

    response = today(boss)

    assert [row.pk for row in response.context["page_changes"].rows] == [change.pk]
    assert reverse("channels:change", args=[change.public_id]) in response.content.decode()
    assert "page_changes" not in today(factories.person(Role.OFFICER, unit)).context


@pytest.mark.django_db
def test_an_officer_sees_their_drafts_and_what_was_returned_with_the_reason(today, unit):
    officer = factories.person(Role.OFFICER, unit)
    draft = factories.PostFactory(unit=unit, author=officer)
    factories.PostFactory(unit=unit)
    returned = factories.submitted(unit=unit, author=officer)
    revision = returned.current_revision
    Review.objects.create(
        revision=revision,
        decision="returned",
        by=factories.person(Role.APPROVER, unit),
        position="Trưởng Công an phường",
        reason="Bổ sung số điện thoại trực ban.",
        author=officer,
        editor=officer,
        content_sha256=revision.content_sha256,
        decided_at=timezone.now(),
    )
    returned.state = PostState.CHANGES_REQUESTED
    returned.save()

    response = today(officer)

    assert [post.pk for post in response.context["drafts"].rows] == [draft.pk]
    assert [post.pk for post in response.context["returned"].rows] == [returned.pk]
    assert "Bổ sung số điện thoại trực ban." in response.content.decode()
    assert "waiting" not in response.context


@pytest.mark.django_db
def test_what_goes_out_today_is_one_line_a_post_and_time(today, unit):
    channels = [factories.ChannelFactory(unit=unit, platform=p) for p in ("facebook", "zalo")]
    post = factories.approved(factories.PostFactory(unit=unit, channels=channels))
    at = later_today()
    for channel in channels:
        factories.delivery(post, channel, due_at=at)
    tomorrow = factories.approved(unit=unit)
    factories.delivery(tomorrow, due_at=at + timedelta(days=1))
    factories.delivery(factories.approved(), due_at=at)
    # Perhaps published already: it is looked up.
    factories.delivery(factories.approved(unit=unit), due_at=at, state=State.VERIFYING)

    outgoing = today(factories.person(Role.OFFICER, unit)).context["outgoing"]

    assert [(row["post"].pk, len(row["deliveries"])) for row in outgoing.rows] == [(post.pk, 2)]
    assert outgoing.count == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "taught"), [(Role.OFFICER, True), (Role.APPROVER, False)])
def test_who_approves_is_not_told_that_own_drafts_are_missing(today, unit, role, taught):
    shown = today(factories.person(role, unit, language="en")).text
    assert ("No draft. Write once" in shown) is taught


@pytest.mark.django_db
def test_what_failed_stands_first_with_the_way_out(today, unit):
    failed = factories.delivery(
        factories.approved(unit=unit),
        state=State.FAILED,
        error_code="refused",
        due_at=timezone.now() - timedelta(hours=1),
    )

    response = today(factories.person(Role.OFFICER, unit))

    assert [d.pk for d in response.context["troubles"].rows] == [failed.pk]
    assert reverse("publishing:delivery", args=[failed.public_id]) in response.content.decode()


@pytest.mark.django_db
def test_what_a_platform_works_on_is_no_trouble_but_what_waits_in_an_app_is(today, unit):
    taken = {
        "state": State.PROCESSING,
        "remote_id": "1",
        "due_at": timezone.now() - timedelta(hours=1),
    }
    factories.delivery(factories.approved(unit=unit), **taken)
    unknown = {
        "state": State.VERIFYING,
        "committing_at": taken["due_at"],
        "verify_at": timezone.now(),
    }
    factories.delivery(factories.approved(unit=unit), due_at=taken["due_at"], **unknown)
    in_app = factories.delivery(
        factories.approved(unit=unit), error_code="in_app", **taken | {"remote_id": "2"}
    )

    response = today(factories.person(Role.OFFICER, unit))

    assert [d.pk for d in response.context["troubles"].rows] == [in_app.pk]


@pytest.mark.django_db
def test_a_broadcast_waits_for_the_second_person_alone_and_an_unknown_outcome_for_whoever_can_look(
    today, unit
):
    officer, chief = factories.person(Role.OFFICER, unit), factories.person(Role.APPROVER, unit)
    stranger = factories.person(Role.APPROVER, factories.UnitFactory(parent=unit.parent))
    asked = factories.broadcast(by=officer, unit=unit)

    response = today(chief)
    assert [row.pk for row in response.context["broadcasts"].rows] == [asked.pk]
    assert reverse("publishing:broadcast", args=[asked.public_id]) in response.content.decode()
    asked.asked_by = chief
    asked.save()
    assert not any(today(who).context["broadcasts"] for who in (officer, chief, stranger))

    now = timezone.now()
    kept = {
        "confirmed_by": officer,
        "confirmed_at": now,
        "day": now.date(),
        "send_at": now,
        "not_after": now,
    }
    kept |= {"error_code": BroadcastReason.DIED, "sending_at": now, "ended_at": now}
    type(asked).objects.filter(pk=asked.pk).update(state=BroadcastState.UNKNOWN, **kept)
    assert [bool(today(who).context["broadcasts"]) for who in (officer, chief, stranger)] == [
        True,
        True,
        False,
    ]


@pytest.mark.django_db
def test_broadcasts_that_the_card_leaves_out_are_a_page_away(today, unit):
    asker = factories.person(Role.OFFICER, unit)
    for _ in range(SHOWN + 1):
        factories.broadcast(by=asker, unit=unit)

    words = today(factories.person(Role.APPROVER, unit)).content.decode()

    assert f'<a href="{reverse("publishing:broadcast_list")}">1 more' in words


@pytest.mark.django_db
def test_pages_in_other_hands_come_first_and_posts_of_others_wait_for_the_leader(today, unit):
    lost = factories.ChannelFactory(unit=unit, health=Health.LOST)
    taken = factories.ChannelFactory(
        unit=unit, lifecycle=Lifecycle.TAKEN_OVER, lifecycle_reason="Trang đăng quảng cáo"
    )
    factories.ChannelFactory(unit=unit, lifecycle=Lifecycle.PAUSED, health=Health.LOST)
    post = factories.unrecognised_post(taken)
    factories.unrecognised_post(lost, verdict="ours")
    factories.unrecognised_post(factories.ChannelFactory())

    leaders = today(factories.person(Role.APPROVER, unit)).context
    officers = today(factories.person(Role.OFFICER, unit)).context

    assert [channel.pk for channel in leaders["channels"].rows] == [taken.pk, lost.pk]
    assert [row.pk for row in leaders["unrecognised"].rows] == [post.pk]
    assert (officers["channels"].count, "unrecognised" in officers) == (2, False)


@pytest.mark.django_db
def test_channels_that_are_lost_or_dying_are_named(today, unit):
    now = timezone.now()
    lost = factories.ChannelFactory(unit=unit, health=Health.LOST)
    dying = factories.ChannelFactory(unit=unit, expires_at=now + timedelta(days=13))
    factories.ChannelFactory(unit=unit, expires_at=now + timedelta(days=15))
    unpaid = factories.ChannelFactory(
        unit=unit, platform="zalo", package_ends_at=now + timedelta(days=12)
    )
    factories.ChannelFactory(unit=unit)

    page = today(factories.person(Role.OFFICER, unit))

    assert [c.pk for c in page.context["channels"].rows] == [lost.pk, dying.pk, unpaid.pk]
    for channel in (dying, unpaid):
        assert f"Ends {timezone.localtime(channel.ends_at):%d/%m/%Y}" in one_line(page.text)


@pytest.mark.django_db
def test_an_overseer_sees_todays_figures_and_the_units_with_trouble(today, unit):
    ago = timezone.now() - timedelta(seconds=90)
    factories.delivery(
        factories.approved(unit=unit),
        state=State.PUBLISHED,
        due_at=ago,
        published_at=ago,
        remote_id="r1",
    )
    factories.delivery(factories.approved(unit=unit), state=State.NEEDS_PERSON, due_at=ago)
    elsewhere = factories.UnitFactory()
    factories.delivery(factories.approved(unit=elsewhere), state=State.NEEDS_PERSON, due_at=ago)

    response = today(factories.person(Role.OVERSEER, unit.parent))

    assert [row["unit__key"] for row in response.context["units"].rows] == [unit.key]
    assert response.context["figures"]["needs_person"] == 1
    assert elsewhere.name not in response.content.decode()


@pytest.mark.django_db
def test_units_with_most_in_trouble_come_first_and_of_equals_by_name(today, unit):
    names = ["Xã E", "Xã B", "Xã D", "Xã A", "Xã C", "Xã G", "Xã F"]
    units = [factories.UnitFactory(parent=unit.parent, name=name) for name in names]
    for owner in [*units, *units[:2]]:
        factories.delivery(factories.approved(unit=owner), state=State.NEEDS_PERSON)

    shown = today(factories.person(Role.OVERSEER, unit.parent)).context["units"]

    found = [(row["unit__name"], row["n"]) for row in shown.rows]
    assert found == [("Xã B", 2), ("Xã E", 2), ("Xã A", 1), ("Xã C", 1), ("Xã D", 1)]
    assert shown.more == 2


@pytest.mark.django_db
def test_numbers_of_the_nation_are_counted_once_a_minute_for_all_others_each_time(today, unit):
    nation = factories.ministry()
    watchers = {place: factories.person(Role.OVERSEER, place) for place in (unit.parent, nation)}
    another = factories.person(Role.OVERSEER, nation)

    def numbers(person):
        shown = today(person).context
        return (
            shown["figures"]["needs_person"],
            shown["troubles"].count,
            shown["units"].count,
            shown["channels"].count,
        )

    before = {place: numbers(person) for place, person in watchers.items()}
    factories.delivery(factories.approved(unit=unit), state=State.NEEDS_PERSON)
    factories.ChannelFactory(unit=unit, health=Health.LOST)

    assert before == dict.fromkeys(watchers, (0, 0, 0, 0))
    assert numbers(watchers[unit.parent]) == (1, 1, 1, 1)
    assert numbers(watchers[nation]) == numbers(another) == (0, 0, 0, 0)
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        assert numbers(another) == (1, 1, 1, 1)


@pytest.mark.django_db
def test_an_administrator_sees_open_invitations_and_late_acts_but_no_post(today, unit):
    admin = factories.person(Role.ADMINISTRATOR, unit.parent)
    invited, other = factories.person(Role.OFFICER, unit), factories.person(Role.OFFICER)

    def invite(user, **fields):
        Invitation.objects.create(
            user=user,
            secret_hash=f"hash of {Invitation.objects.count()}",
            invited_by=admin,
            expires_at=timezone.now() + timedelta(days=2),
            **fields,
        )

    invite(invited)
    invite(invited, withdrawn_at=timezone.now())
    invite(factories.person(Role.OFFICER, unit), used_at=timezone.now())
    invite(other)
    record("account.invited", invited, by=admin, unit_path=unit.path)
    record("account.invited", other, by=admin, unit_path=other.current_appointments[0].unit.path)
    record("channel.lost", factories.ChannelFactory(unit=unit))
    factories.PostFactory(unit=unit)

    context = today(admin).context
    assert [i.user for i in context["invitations"].rows] == [invited]
    assert [entry.object_label for entry in context["acts"]] == [str(invited)]
    assert not {"drafts", "outgoing", "troubles", "waiting"} & context.keys()


@pytest.mark.django_db
def test_an_administrator_sees_the_appointments_that_wait_for_their_confirmation(today, unit):
    asking, confirming = (factories.person(Role.ADMINISTRATOR, unit.parent) for _ in range(2))
    for where in (unit, factories.UnitFactory()):
        facts = {
            "unit": where,
            "role": Role.APPROVER,
            "title": "",
            "valid_from": timezone.localdate(),
        }
        build_proposal(factories.UserFactory(), by=asking, **facts).save()

    assert [row.unit for row in today(confirming).context["proposals"].rows] == [unit]
    assert list(today(asking).context["proposals"].rows) == []


@pytest.mark.django_db
def test_an_administrator_sees_the_lost_factors_that_wait_for_their_confirmation(today, unit):
    asking, confirming = (factories.person(Role.ADMINISTRATOR, unit.parent) for _ in range(2))
    leader, elsewhere = factories.person(Role.APPROVER, unit), factories.person(Role.APPROVER)
    stopped, late = factories.person(Role.APPROVER, unit), factories.person(Role.APPROVER, unit)
    now = timezone.now()
    for user, fields in (
        (leader, {}),
        (elsewhere, {}),
        (stopped, {"stopped_by": asking, "stopped_at": now}),
        (late, {"asked_at": now - timedelta(days=8)}),
    ):
        facts = {"reason": "Mất điện thoại", "asked_by": asking, "asked_at": now, **fields}
        FactorReset.objects.create(user=user, **facts)

    page = today(confirming)
    assert [row.user for row in page.context["resets"].rows] == [leader]
    assert reverse("accounts:recoveries") in page.content.decode()
    assert list(today(asking).context["resets"].rows) == []


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.OFFICER, Role.APPROVER, Role.OVERSEER])
def test_whoever_sees_posts_is_told_that_publishing_is_frozen(today, unit, role):
    person = factories.person(role, unit.parent if role == Role.OVERSEER else unit)
    assert "Publishing as a whole is frozen" not in today(person).content.decode()

    factories.ministry()
    freezing.freeze(by=None, reason="Diễn tập")

    page = today(person).content.decode()
    assert "Publishing as a whole is frozen" in page
    assert "Diễn tập" not in page  # it may say more than the units should read


@pytest.mark.django_db
def test_somebody_without_a_post_is_informed_what_to_do(today):
    assert "empty-state" in today(factories.UserFactory()).content.decode()


@pytest.mark.django_db
def test_a_card_says_how_many_it_leaves_out(today, unit):
    for _ in range(7):
        factories.submitted(unit=unit)

    waiting = today(factories.person(Role.APPROVER, unit)).context["waiting"]

    assert (len(waiting.rows), waiting.count, waiting.more) == (5, 7, 2)


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role.values)
def test_today_costs_two_dozen_queries_at_most_however_much_there_is(client, unit, role):
    desk = unit.parent if role in (Role.OVERSEER, Role.ADMINISTRATOR) else unit
    user = factories.person(role, desk)
    client.force_login(user)

    def measured():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("oversight:today")).status_code == 200
        return len(captured)

    def work():
        factories.PostFactory(unit=unit, author=user)
        factories.submitted(unit=unit)
        now = timezone.now()
        factories.delivery(factories.approved(unit=unit), due_at=later_today())
        factories.delivery(
            factories.approved(unit=unit), state=State.NEEDS_PERSON, due_at=now - timedelta(hours=1)
        )
        factories.ChannelFactory(unit=unit, health=Health.LOST)
        factories.page_change(unit)
        factories.kit(unit.parent, state="in_review")
        factories.example(unit)
        record("account.enabled", user, by=user, unit_path=unit.path)

    work()
    measured()
    one = measured()
    work()
    work()

    assert measured() == one
    for _ in range(4):
        work()
    assert measured() <= 24


@pytest.mark.django_db
def test_what_is_approved_and_has_no_time_waits_for_who_may_choose_one(today, unit):
    waiting = factories.approved(unit=unit)
    factories.delivery(factories.approved(unit=unit))
    address = reverse("publishing:schedule", args=[waiting.public_id])

    for role in (Role.OFFICER, Role.APPROVER):
        response = today(factories.person(role, unit))
        assert [post.pk for post in response.context["unscheduled"].rows] == [waiting.pk]
        assert address in response.content.decode()
    assert address not in today(factories.person(Role.OVERSEER, unit.parent)).content.decode()


@pytest.mark.django_db
def test_a_draft_that_was_only_looked_at_is_on_nobodys_page(today, unit):
    officer = factories.person(Role.OFFICER, unit)
    starting.start_draft(unit=unit, by=officer)
    written = factories.PostFactory(unit=unit, author=officer)

    assert [post.pk for post in today(officer).context["drafts"].rows] == [written.pk]


@pytest.mark.django_db
def test_a_leader_sees_kits_to_approve_and_to_issue_but_not_what_they_wrote(today, unit):
    leader = factories.person(Role.OVERSEER, unit.parent)
    waiting, approved, own = (
        factories.kit(unit.parent, state=state) for state in ("in_review", "approved", "in_review")
    )
    own.versions.get().writers.add(leader)
    factories.kit(unit.parent)  # a draft
    factories.kit(state="in_review")  # of another province

    response = today(leader)

    turns = response.context["kit_turns"]
    assert [version.kit for version in turns.rows] == [waiting, approved]
    assert reverse("kits:approve", args=[waiting.public_id]) in response.content.decode()
    assert not today(factories.person(Role.APPROVER, unit)).context["kit_turns"]


@pytest.mark.django_db
def test_a_kit_that_was_returned_is_its_writers_turn_with_the_reason(today, unit):
    writer = factories.person(Role.SUPERVISOR, unit.parent)
    factories.kit(unit.parent, state="in_review")
    returned = factories.kit(unit.parent, state="returned", return_reason="Thiếu số 113.")

    response = today(writer)

    assert [version.kit for version in response.context["kit_turns"].rows] == [returned]
    assert "Thiếu số 113." in response.content.decode()


@pytest.mark.django_db
def test_proposed_examples_stand_where_their_province_decides(today, unit):
    proposed = factories.example(unit)
    factories.example(unit, state="province")
    factories.example()

    rows = today(factories.person(Role.OVERSEER, unit.parent)).context["examples"].rows

    assert rows == [proposed]


def read_steps(response) -> dict[str, str]:
    """Return the first things to do, "done" or the page where the person does them."""
    (first,) = response.context["first_steps"]
    return {str(step.label): "done" if step.is_done else step.address for step in first.steps}


@pytest.mark.django_db
def test_the_first_things_of_a_unit_lead_its_people_to_what_they_may_do(today, unit):
    officer = read_steps(today(factories.person(Role.OFFICER, unit)))
    leader = read_steps(today(factories.person(Role.APPROVER, unit)))

    own = f"?unit={unit.key}"
    assert list(officer.values()) == [
        "",
        "",
        reverse("posts:enter_allowed") + own,
        "",
        reverse("posts:new") + own,
    ]
    assert list(leader.values())[:2] == [
        reverse("channels:platforms") + own,
        reverse("units:facts", args=[unit.key]),
    ]
    assert leader["Have a leader who approves"] == "done"


@pytest.mark.django_db
def test_each_first_thing_ticks_itself_and_then_they_are_gone(today, unit):
    officer = factories.person(Role.OFFICER, unit)
    factories.PostFactory(unit=unit, channels=[])  # a draft is no submitted post
    assert "done" not in read_steps(today(officer)).values()

    done = []
    for name, do in {
        "Connect the official page": lambda: factories.ChannelFactory(unit=unit),
        "Enter the telephone of the officer on duty": lambda: UnitFacts.objects.create(
            unit=unit, duty_phone="02363000000", changed_at=timezone.now()
        ),
        "Enter the numbers and accounts that posts may name": lambda: factories.allowed_item(unit),
        "Have a leader who approves": lambda: factories.person(Role.APPROVER, unit),
    }.items():
        do()
        done.append(name)
        steps = read_steps(today(officer))
        assert [label for label, state in steps.items() if state == "done"] == done
    factories.submitted(unit=unit, author=officer)

    assert today(officer).context["first_steps"] == []


@pytest.mark.django_db
def test_only_people_who_write_in_a_commune_see_its_first_things(today, unit):
    assert today(factories.person(Role.OFFICER, unit.parent)).context["first_steps"] == []
    assert today(factories.person(Role.SUPERVISOR, unit)).context["first_steps"] == []
