"""A database from before reasons, receipts and decisions had columns and tables of their own keeps
every row. The way back and forth takes half a minute, so all cases go it together.
"""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from audit.services import record
from publishing.models import Broadcast, Delivery
from publishing.states import REASONS, BroadcastReason, Reason, ReceiptSource, State
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = [("publishing", "0022_seal_earlier_broadcasts")]
# What earlier versions left in a row, and what it bears afterwards.
STRAYS = [
    # The reason of a try went along when somebody cancelled, and when a draft was withdrawn.
    (State.CANCELLED, "later", ""),
    (State.CANCELLED, "access", ""),
    (State.RECALLING, "later", ""),
    (State.SCHEDULED, "paused", ""),
    (State.CLAIMED, "later", ""),
    (State.STAGED, "later", ""),
    (State.COMMITTING, "later", ""),
    (State.PROCESSING, "unknown", ""),
    (State.PUBLISHED, "unknown", ""),
    (State.MANUAL, "later", ""),
    (State.RECALLED, "withdraw_failed", ""),
    (State.VERIFYING, "", "unknown"),
    (State.NEEDS_PERSON, "", "unknown"),
    (State.EXPIRED, "", "expired"),
    (State.FAILED, "", "other"),
    (State.FAILED, "access", "other"),
    (State.FAILED, "unheard_of", "other"),
]
BROADCASTS = [
    ("cancelled", "later", ""),
    ("cancelled", "unconfirmed", "unconfirmed"),
    ("unknown", "", "unknown"),
    ("unknown", "died", "died"),
    ("failed", "too_late", "too_late"),
    ("failed", "unheard_of", "refused"),
    ("sent", "later", ""),
    ("planned", "", ""),
]


@pytest.fixture
def old():
    """Bring the tables of publishing to what they were, and hand out their models; at the end, back
    again.
    """
    apps = migrate(BEFORE)
    yield apps
    migrate(newest())


def migrate(targets):
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    return MigrationExecutor(connection).loader.project_state(targets).apps


def newest():
    return MigrationExecutor(
        connection
    ).loader.graph.leaf_nodes()  # other apps were taken back, too


@pytest.fixture
def deliver(old):
    """Write a delivery into the old table, with what its state asks for beside it."""
    post = factories.approved()
    now = timezone.now()

    def make(state, error_code="", remote_id="", **fields):
        if state == State.PUBLISHED:
            remote_id = remote_id or f"{post.pk}_{len(made)}"
            fields.setdefault("published_at", now)
        channel = factories.ChannelFactory(
            unit=post.unit
        )  # one delivery a post and channel may be live
        row = old.get_model("publishing", "Delivery").objects.create(
            revision_id=post.approved_revision.pk,
            channel_id=channel.pk,
            post_id=post.pk,
            unit_id=post.unit.pk,
            platform=channel.platform,
            content_sha256=post.approved_revision.content_sha256,
            state=state,
            due_at=now,
            fire_at=now,
            not_after=now + timedelta(hours=2),
            lease_until=now,
            scheduled_by_id=post.author.pk,
            error_code=error_code,
            remote_id=remote_id,
            **fields,
        )
        made.append(row.pk)
        return row

    made = []
    return make


CAME_LATER = {Reason.LEAK}  # the table of then did not know them


# Each case writes old rows, waits for the migration, and looks at those that it wrote.


def every_reason_that_a_state_may_bear_stays(deliver, old):
    given = {
        deliver(state, reason).pk: (state, reason)
        for state, reasons in REASONS.items()
        for reason in reasons
        if reason not in CAME_LATER
    }
    rows = yield
    assert {pk: (rows[pk].state, rows[pk].error_code) for pk in given} == given


def a_stray_reason_becomes_one_that_the_state_may_bear_and_nothing_else_changes(deliver, old):
    kept = {
        "platform_code": "190",
        "error_detail": "text_long 500 1",
        "draft_ref": "1_2",
        "attempt": 3,
    }
    given = [deliver(state, code, **kept) for state, code, _after in STRAYS]
    rows = yield
    assert [rows[row.pk].error_code for row in given] == [after for _state, _code, after in STRAYS]
    for row in given:
        now = rows[row.pk]
        names = [f.attname for f in row._meta.fields if f.name not in ("error_code",)]
        names_now = ["manual_deadline" if name == "hand_until" else name for name in names]
        assert [getattr(now, name) for name in names_now] == [getattr(row, name) for name in names]


def what_was_left_after_a_pause_keeps_its_reason_and_gets_its_moment(deliver, old):
    row, unrecorded = deliver("expired", "left"), deliver("expired", "left")
    undecided = deliver("expired", "paused")
    with_entry = Delivery(
        public_id=row.public_id, unit_id=row.unit_id, post_id=row.post_id, channel_id=row.channel_id
    )
    record("delivery.left", with_entry, by=factories.person(Role.OFFICER, with_entry.unit))
    (at,) = Entry.objects.filter(action="delivery.left").values_list("at", flat=True)
    rows = yield
    assert {rows[each.pk].error_code for each in (row, unrecorded, undecided)} == {"paused"}
    assert rows[row.pk].left_unpublished_at == at
    assert rows[unrecorded.pk].left_unpublished_at == unrecorded.not_after
    assert rows[undecided.pk].awaits_decision


def receipts_are_distinguished_by_their_source(deliver, old):
    given = {}
    for state in ("published", "recalling", "needs_person", "recalled"):
        reason = min(REASONS[state])
        given |= {
            deliver(state, reason, f"hand:{state}"): (ReceiptSource.POSTED, ""),
            deliver(state, reason, f"seen:{state}"): (ReceiptSource.SEEN, ""),
            deliver(state, reason, f"104_{state}"): (ReceiptSource.PLATFORM, f"104_{state}"),
        }
    none = deliver("scheduled")
    rows = yield
    sources = {row: (rows[row.pk].receipt_source, rows[row.pk].remote_id) for row in given}
    assert sources == given
    assert rows[none.pk].receipt_source == ReceiptSource.PLATFORM


def broadcasts_keep_their_reasons_or_get_one_that_their_state_may_bear(deliver, old):
    now = timezone.now()
    before = old.get_model("publishing", "Broadcast")
    asked, confirmed = factories.UserFactory(), factories.UserFactory()
    for state, code, _after in BROADCASTS:
        row = deliver("published")
        before.objects.create(
            delivery_id=row.pk,
            channel_id=row.channel_id,
            unit_id=row.unit_id,
            state=state,
            asked_by_id=asked.pk,
            asked_at=now,
            asked_until=now,
            confirmed_by_id=confirmed.pk,
            confirmed_at=now,
            day=now.date(),
            send_at=now,
            not_after=now,
            sending_at=now,
            number="1",
            error_code=code,
        )
    yield
    rows = list(Broadcast.objects.order_by("pk").values_list("state", "error_code"))
    assert rows == [(state, after) for state, _code, after in BROADCASTS]
    assert {code for _state, code in rows} <= set(BroadcastReason)


CASES = (
    every_reason_that_a_state_may_bear_stays,
    a_stray_reason_becomes_one_that_the_state_may_bear_and_nothing_else_changes,
    what_was_left_after_a_pause_keeps_its_reason_and_gets_its_moment,
    receipts_are_distinguished_by_their_source,
    broadcasts_keep_their_reasons_or_get_one_that_their_state_may_bear,
)


def test_every_row_is_kept_and_the_way_back_leads_to_the_old_words(deliver, old):
    cases = [case(deliver, old) for case in CASES]
    for case in cases:
        next(case)
    posted, left = deliver("published", "", "hand:0b5c"), deliver("expired", "left")

    migrate(newest())

    rows = {row.pk: row for row in Delivery.objects.all()}
    for case in cases:
        with pytest.raises(StopIteration):
            case.send(rows)

    then = migrate(BEFORE).get_model("publishing", "Delivery")
    assert then.objects.get(pk=posted.pk).remote_id == f"hand:{posted.public_id}"
    assert then.objects.get(pk=left.pk).error_code == "left"
