"""Approvals that ended, and times that nobody chose, written into the database by SQL: nothing of
them is published.
"""

import uuid
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts.permissions import Role
from core.errors import Refused
from operations.measure import take_measurement
from posts.models import Review
from posts.review import decisions
from publishing.deliveries.schedules import ENDS, find_unproved, schedule_of
from publishing.engine import firing
from publishing.engine.worker import publish_due
from publishing.manual import manual_posting
from publishing.models import Delivery
from publishing.recalls import recalling
from publishing.review.approval_and_time import undo_approval_and_stop
from publishing.scheduling import scheduling
from publishing.states import State
from tests import factories
from tests.publishing.deliveries.test_proved_approvals import insert, never_append_only

pytestmark = pytest.mark.django_db
WHY = "Số điện thoại trong bài sai"


def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def signs():
    return {sign.kind for sign in take_measurement().signs}


@pytest.fixture
def page(simulator):
    return factories.connected(simulator, "facebook", factories.UnitFactory())


@pytest.fixture
def post(page):
    return factories.approved(unit=page.unit, channels=[page])


@pytest.fixture
def leader(post):
    return factories.person(Role.APPROVER, post.unit)


@pytest.fixture
def scheduled(post, leader):
    """Schedule the post for a time, now unless ``at`` says otherwise."""

    def make(at=None):
        return scheduling.schedule(post, by=leader, due_at=at)[0]

    return make


@pytest.fixture
def nothing_goes_out(simulator):
    """Run the engine, and say that no platform was asked for anything and an alarm was raised."""

    def check(row):
        publish_due(platform="facebook")
        row = Delivery.objects.get(pk=row.pk)
        assert (row.state, row.error_code) == (State.FAILED, "not_approved")
        assert simulator.truth(platform="facebook") == []
        assert "unapproved" in signs()

    return check


def put_back(row):
    """Write by SQL that post and delivery are as they were before somebody ended them."""
    sql(
        "UPDATE posts_post SET state = 'approved', current_revision_id = %s, "
        "approved_revision_id = %s, endorsed_revision_id = NULL WHERE id = %s",
        row.revision_id,
        row.revision_id,
        row.post_id,
    )
    sql(
        "UPDATE publishing_delivery SET state = 'scheduled', error_code = '', "
        "lease_until = NULL, committing_at = NULL, verify_at = NULL, draft_ref = '', "
        "recall_id = NULL WHERE id = %s",
        row.pk,
    )


def copy_of(row, **values):
    """Insert by SQL a delivery that says what ``row`` says, but for ``values``."""
    names = [field.name for field in Delivery._meta.concrete_fields if not field.primary_key]
    facts = {name: Delivery.objects.values_list(name, flat=True).get(pk=row.pk) for name in names}
    return insert(Delivery, **{**facts, "public_id": uuid.uuid4(), **values})


# --- times ----------------------------------------------------------------------------------------


def test_what_was_approved_and_never_scheduled_is_not_published(post, page, nothing_goes_out):
    now = timezone.now()
    row = insert(
        Delivery,
        public_id=uuid.uuid4(),
        revision=post.approved_revision_id,
        channel=page.pk,
        post=post.pk,
        unit=post.unit_id,
        platform="facebook",
        content_sha256=post.approved_revision.content_sha256,
        state="scheduled",
        due_at=now - timedelta(days=3),
        fire_at=now,
        not_after=now + timedelta(hours=1),
        attempt=0,
        preparations=0,
        verify_count=0,
        draft_ref="",
        draft_partial=False,
        receipt_source="platform",
        remote_id="",
        permalink="",
        error_code="",
        platform_code="",
        error_detail="",
        scheduled_by=post.author_id,
        created_at=now,
    )
    assert "unrecorded" in signs()

    nothing_goes_out(row)


MOVES = {
    "to now": "due_at = now(), fire_at = now()",
    "earlier than its time": "fire_at = now()",
    "beyond its last moment": "not_after = not_after + interval '1 day', fire_at = now()",
}


@pytest.mark.parametrize("how", MOVES.values(), ids=MOVES)
def test_a_time_that_nobody_chose_is_not_kept(scheduled, nothing_goes_out, how):
    row = scheduled(timezone.now() + timedelta(minutes=90))

    sql(f"UPDATE publishing_delivery SET {how} WHERE id = %s", row.pk)

    nothing_goes_out(row)


def test_an_earlier_time_that_a_person_gave_up_is_not_kept(scheduled, leader, nothing_goes_out):
    row = scheduled()
    first = {name: getattr(row, name) for name in ("due_at", "fire_at", "not_after", "key_id")}
    first["seal"] = row.seal
    scheduling.reschedule(row, by=leader, due_at=timezone.now() + timedelta(hours=5))

    names = ", ".join(f"{name} = %s" for name in first)
    sql(f"UPDATE publishing_delivery SET {names} WHERE id = %s", *first.values(), row.pk)

    nothing_goes_out(row)


def test_a_time_that_was_moved_by_a_person_is_kept(simulator, scheduled, leader, page):
    row = scheduled(timezone.now() + timedelta(hours=5))
    for seconds in (7200, 1):
        scheduling.reschedule(row, by=leader, due_at=timezone.now() + timedelta(seconds=seconds))

    publish_due(platform="facebook")

    assert Delivery.objects.get().state == State.PUBLISHED
    assert len(simulator.visible("facebook", page.external_id)) == 1


def test_the_engine_moves_what_the_platform_makes_wait(simulator, scheduled):
    row = scheduled()
    Delivery.objects.filter(pk=row.pk).update(fire_at=timezone.now() + timedelta(seconds=1))

    publish_due(platform="facebook")

    assert Delivery.objects.get().state == State.PUBLISHED


@pytest.mark.parametrize("change", ["channel", "revision", "another delivery's seal"])
def test_a_seal_holds_for_its_own_delivery_alone(
    simulator, scheduled, page, leader, nothing_goes_out, change
):
    row = scheduled(timezone.now() + timedelta(hours=1))
    other = factories.connected(simulator, "facebook", page.unit)
    post = factories.approved(unit=page.unit, channels=[page, other], by=leader)
    if change == "channel":
        row = scheduling.schedule(post, by=leader, times={page: None})[0]
        values = {"channel_id": other.pk}
    elif change == "revision":
        values = {
            "post_id": post.pk,
            "revision_id": post.approved_revision_id,
            "content_sha256": post.approved_revision.content_sha256,
            "fire_at": timezone.now(),
        }
    else:
        due = scheduling.schedule(post, by=leader, times={page: None})[0]
        added = copy_of(due, channel=other.pk)
        Delivery.objects.filter(pk=due.pk).update(state="cancelled")
        nothing_goes_out(added)
        return
    names = ", ".join(f"{name} = %s" for name in values)
    sql(f"UPDATE publishing_delivery SET {names} WHERE id = %s", *values.values(), row.pk)

    nothing_goes_out(row)


FIELDS = {
    "delivery": uuid.uuid4(),
    "revision": uuid.uuid4(),
    "channel": uuid.uuid4(),
    "content_sha256": "0" * 64,
    "due_at": timezone.now(),
    "not_after": timezone.now(),
    "scheduled_by": 0,
    "key_id": "0" * 16,
    "seal": "0" * 64,
}


@pytest.mark.parametrize("name", FIELDS)
def test_a_seal_holds_for_what_was_chosen_and_nothing_else(scheduled, name):
    sound = schedule_of(scheduled())
    assert find_unproved([sound]) == set()

    changed = sound._replace(**{name: FIELDS[name]})

    assert find_unproved([changed]) == {changed.delivery}


# --- ends -----------------------------------------------------------------------------------------


ACTS = {
    "withdrawn": lambda row, by: recalling.withdraw(row.post, by=by, reason=WHY, take_down=False),
    "withdrawn and recalled": lambda row, by: recalling.withdraw(
        row.post, by=by, reason=WHY, take_down=True
    ),
    "recalled": lambda row, by: recalling.recall(row, by=by, reason=WHY),
    "opened for editing": lambda row, by: decisions.reopen(row.post, by=row.post.author),
    "cancelled": lambda row, by: scheduling.cancel(row, by=by),
    "taken back": lambda row, by: undo_approval_and_stop(
        row.post, by=Review.objects.get(decision="approved").by
    ),
}


@pytest.mark.parametrize("end", ACTS.values(), ids=ACTS)
def test_what_people_ended_is_not_published_when_it_is_put_back(
    scheduled, leader, nothing_goes_out, end
):
    row = scheduled()
    end(row, leader)

    put_back(row)
    # What the approval's end keeps back waits, unless that end is gone, too.
    with never_append_only():
        Review.objects.exclude(decision="approved").delete()

    assert "unrecorded" in signs()
    nothing_goes_out(row)


WHOLE = [name for name in ACTS if name not in ("recalled", "cancelled")]


@pytest.mark.parametrize("name", WHOLE)
def test_an_approval_that_ended_is_none_although_its_row_says_so(
    simulator, scheduled, leader, post, name
):
    row = scheduled()
    ACTS[name](row, leader)
    put_back(row)

    publish_due(platform="facebook")

    assert Delivery.objects.get().state == State.SCHEDULED
    assert simulator.truth(platform="facebook") == []
    post.refresh_from_db()
    with pytest.raises(Refused, match="Only an approved post"):
        scheduling.schedule(post, by=leader)


def test_a_leader_withdraws_many_posts_for_ever(scheduled, leader, post):
    scheduled(timezone.now() + timedelta(hours=1))
    campaign = factories.CampaignFactory(unit=post.unit)
    type(post).objects.filter(pk=post.pk).update(campaign=campaign)

    recalling.recall_campaign(campaign, unit=post.unit, by=leader, reason=WHY)

    ended = Review.objects.get(decision="ended")
    assert (ended.revision, ended.by, ended.reason) == (post.approved_revision, leader, WHY)


@pytest.mark.parametrize("ended_by", ["withdraw", "cancel"])
def test_what_people_end_after_the_claim_is_not_begun_although_it_is_put_back(
    simulator, scheduled, leader, monkeypatch, ended_by
):
    row = scheduled()
    begin = firing.Firing.begin

    def ended_before(self, pks):
        claimed = Delivery.objects.get(pk=row.pk)
        if ended_by == "cancel":
            scheduling.cancel(Delivery.objects.get(pk=row.pk), by=leader)
        else:
            recalling.withdraw(claimed.post, by=leader, reason=WHY, take_down=False)
        put_back(row)
        sql(
            "UPDATE publishing_delivery SET state = %s, attempt = %s, draft_ref = %s, "
            "lease_until = now() + interval '1 minute' WHERE id = %s",
            claimed.state,
            claimed.attempt,
            claimed.draft_ref,
            row.pk,
        )
        monkeypatch.setattr(firing.Firing, "begin", begin)
        return begin(self, pks)

    monkeypatch.setattr(firing.Firing, "begin", ended_before)

    publish_due(platform="facebook")

    assert simulator.visible("facebook", row.channel.external_id) == []
    assert Delivery.objects.get().committing_at is None


def test_what_was_recalled_while_its_outcome_was_unknown_is_not_sent_again(
    scheduled, leader, nothing_goes_out
):
    row = scheduled()
    sql(
        "UPDATE publishing_delivery SET state = 'verifying', error_code = 'unknown', attempt = 1, "
        "verify_at = now(), committing_at = now() WHERE id = %s",
        row.pk,
    )
    row.refresh_from_db()
    recalling.recall(row, by=leader, reason=WHY)

    put_back(row)

    nothing_goes_out(row)


def test_a_published_post_is_not_published_again(simulator, scheduled, page):
    row = scheduled()
    publish_due(platform="facebook")

    put_back(row)
    sql("UPDATE publishing_delivery SET remote_id = '', published_at = NULL WHERE id = %s", row.pk)
    publish_due(platform="facebook")

    row.refresh_from_db()
    assert (row.state, row.error_code) == (State.FAILED, "not_approved")
    assert len(simulator.visible("facebook", page.external_id)) == 1


def test_an_end_is_kept_whoever_forgets_the_record(scheduled, leader, post):
    """Deleting decision and entry as the owner of the database breaks the record's chain."""
    row = scheduled()
    recalling.withdraw(post, by=leader, reason=WHY, take_down=False)
    put_back(row)
    call_command("verify_audit", stdout=StringIO())

    with never_append_only():
        Review.objects.filter(decision="ended").delete()
        sql("DELETE FROM audit_entry WHERE action = ANY(%s)", sorted(ENDS))

    with pytest.raises(CommandError):
        call_command("verify_audit", stdout=StringIO())


# --- by hand, and broadcasts ----------------------------------------------------------------------


def test_nobody_is_asked_to_post_manually_at_a_time_that_nobody_chose():
    channel = factories.ChannelFactory(health="by_hand")
    post = factories.approved(unit=channel.unit, channels=[channel])
    later = timezone.now() + timedelta(hours=1)
    by = factories.person(Role.APPROVER, channel.unit)
    row = scheduling.schedule(post, by=by, due_at=later)[0]
    sql("UPDATE publishing_delivery SET due_at = now(), fire_at = now() WHERE id = %s", row.pk)

    assert manual_posting.create_manual_tasks() == 0

    row.refresh_from_db()
    assert (row.state, row.error_code) == (State.FAILED, "not_approved")


def test_a_task_that_was_stopped_and_put_back_may_not_be_done():
    channel = factories.ChannelFactory(health="by_hand")
    post = factories.approved(unit=channel.unit, channels=[channel])
    by = factories.person(Role.APPROVER, channel.unit)
    row = scheduling.schedule(post, by=by)[0]
    assert manual_posting.create_manual_tasks() == 1
    row.refresh_from_db()
    assert manual_posting.describe_refusal(row, now=timezone.now()) == ""
    scheduling.cancel(row, by=by)

    sql("UPDATE publishing_delivery SET state = 'by_hand' WHERE id = %s", row.pk)

    row.refresh_from_db()
    assert "or its publication was stopped" in manual_posting.describe_refusal(
        row, now=timezone.now()
    )


def test_verify_approvals_names_what_nobody_scheduled_so(scheduled):
    sound = scheduled(timezone.now() + timedelta(hours=1))
    out = StringIO()
    call_command("verify_approvals", stdout=out)
    sql("UPDATE publishing_delivery SET due_at = due_at - interval '1 minute'")

    with pytest.raises(CommandError, match="1 not proved"):
        call_command("verify_approvals", stdout=out)

    assert f"{sound.public_id}: nobody scheduled it so" in out.getvalue()
