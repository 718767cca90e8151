"""Broadcasts that a person decides, that a restore stops, and that nobody confirmed."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from core.errors import Refused
from operations.measure import take_measurement
from publishing.broadcasts import broadcasting, seals
from publishing.broadcasts import worker as broadcast_worker
from publishing.freeze import freezing
from publishing.models import Broadcast, Delivery, Freeze
from publishing.recalls import recalling
from publishing.recalls import worker as recall_worker
from publishing.states import BroadcastState
from tests import factories
from tests.publishing.broadcasts.conftest import (
    NOON,
    at,
    chief,
    confirmed,
    officer,
    planned,
    send,
    sent_of,
)
from tests.publishing.deliveries.test_proved_approvals import forge


@pytest.fixture
def unknown(article):
    row = confirmed(article())
    assert broadcast_worker._begin(row, NOON)
    broadcast_worker.end_unsendable(at(NOON + timedelta(hours=1)))
    return Broadcast.objects.get()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sent", "state"), [(True, BroadcastState.SENT), (False, BroadcastState.FAILED)]
)
def test_a_person_looks_and_says_what_it_is(unknown, sent, state):
    person = officer(unknown)

    broadcasting.decide(unknown, by=person, sent=sent, reason="Xem trong OA Manager")

    assert (unknown.state, unknown.decided_by) == (state, person)
    with pytest.raises(Refused):
        broadcasting.decide(unknown, by=person, sent=not sent, reason="Đổi ý")


@pytest.mark.django_db
def test_only_an_unknown_outcome_is_decided_and_what_has_begun_is_not_called_off(article, unknown):
    waiting = planned(article())

    with pytest.raises(Refused):
        broadcasting.decide(waiting, by=officer(waiting), sent=True, reason="x")
    with pytest.raises(Refused):
        broadcasting.call_off(unknown, by=officer(unknown), reason="x")


@pytest.mark.django_db(transaction=True)
def test_called_off_before_it_begins_nothing_is_sent(simulator, article):
    row = confirmed(article())

    broadcasting.call_off(row, by=officer(row), reason="Chưa cần")

    assert (send(), sent_of(simulator)) == (0, [])


@pytest.mark.django_db(transaction=True)
def test_a_restored_database_sends_nothing_that_it_holds_as_confirmed(simulator, article):
    asked, requested = planned(article()), confirmed(article())
    freezing.check_database()
    Freeze.objects.update(database="another")

    assert freezing.may_publish() is False
    assert send() == 0
    freezing.mark_unknown_after_restore(timezone.now)

    outcomes = {row.pk: (row.state, row.error_code) for row in Broadcast.objects.all()}
    assert outcomes == {
        asked.pk: (BroadcastState.CANCELLED, "restored"),
        requested.pk: (BroadcastState.UNKNOWN, "restored"),
    }
    assert sent_of(simulator) == []


def confirm_by_sql(row, **changes):
    """Write the row as it would be after a confirmation, by SQL alone."""
    noon, day = NOON, broadcasting.day_of(NOON)
    values = {
        "state": "confirmed",
        "confirmed_by_id": chief(row).pk,
        "confirmed_at": noon,
        "day": day,
    }
    values |= {"send_at": noon, "not_after": noon + timedelta(hours=2), **changes}
    with connection.cursor() as cursor:
        columns = ", ".join(f"{name} = %s" for name in values)
        cursor.execute(
            f"UPDATE publishing_broadcast SET {columns} WHERE id = %s", [*values.values(), row.pk]
        )


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["no seal", "another's seal", "another post", "a later hour"])
def test_a_confirmation_that_was_written_by_sql_alone_is_never_sent(simulator, article, way):
    row = planned(article())
    if way == "no seal":
        confirm_by_sql(row)
    else:
        sound = confirmed(article())
        kept = {"key_id": sound.key_id, "seal": sound.seal}
        if way == "another's seal":
            confirm_by_sql(row, **kept)
            broadcasting.call_off(sound, by=officer(sound), reason="Nhầm bài")
        else:
            row = sound
            other = article(channel=sound.channel)
            later = {"day": NOON.date() + timedelta(days=1)}
            confirm_by_sql(
                sound,
                confirmed_by_id=sound.confirmed_by_id,
                **({"delivery_id": other.pk} if way == "another post" else later),
            )

    assert send() == 0

    row.refresh_from_db()
    assert (row.state, row.error_code, sent_of(simulator)) == (
        BroadcastState.FAILED,
        "not_approved",
        [],
    )
    assert "unapproved" in {sign.kind for sign in take_measurement().signs}


@pytest.mark.django_db
def test_a_broadcast_of_a_post_whose_approval_is_not_proved_is_never_sent(
    simulator, article, monkeypatch
):
    row = confirmed(article())
    forge(row.delivery)
    monkeypatch.setattr(seals, "is_sealed", lambda _row: True)

    assert send() == 0

    row.refresh_from_db()
    assert (row.state, row.error_code, sent_of(simulator)) == (
        BroadcastState.FAILED,
        "not_approved",
        [],
    )


@pytest.mark.django_db
def test_a_broadcast_that_was_called_off_is_not_sent_when_it_is_put_back(simulator, article):
    row = confirmed(article())
    broadcasting.call_off(row, by=chief(row), reason="Sai số điện thoại")
    Broadcast.objects.filter(pk=row.pk).update(state=BroadcastState.CONFIRMED, ended_at=None)

    assert send() == 0

    row.refresh_from_db()
    assert (row.state, row.error_code, sent_of(simulator)) == (
        BroadcastState.FAILED,
        "not_approved",
        [],
    )


@pytest.mark.django_db
def test_verify_approvals_names_a_sending_that_nobody_confirmed(article):
    sound, forged = confirmed(article()), planned(article())
    confirm_by_sql(forged)
    for row in (sound, forged):
        factories.recorded(row.delivery)
    out = StringIO()

    with pytest.raises(
        CommandError, match="2 publications and 2 broadcasts looked at, 1 not proved"
    ):
        call_command("verify_approvals", stdout=out)

    assert f"broadcast {forged.public_id}: no confirmation proves it" in out.getvalue()
    assert str(sound.public_id) not in out.getvalue()


@pytest.mark.django_db
def test_what_nobody_proved_to_have_approved_is_still_taken_down(simulator, article):
    """The worst that a recall does is to take down: it asks for no proof, or a forged post could
    not be recalled.
    """
    delivery = article()
    Delivery.objects.filter(pk=delivery.pk).update(content_sha256="0" * 64)
    delivery.refresh_from_db()

    recalling.recall(delivery, by=chief(delivery), reason="Giả mạo")
    recall_worker.take_down_due(platform="zalo")

    assert simulator.visible("zalo") == []
