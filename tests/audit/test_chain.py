"""The record as a chain: what somebody with all rights to the database does to it is found, and
where.
"""

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction

from audit import checkpoints, verification
from audit.chain import START, compute_digest, to_canonical_json
from audit.models import Entry, Stream
from audit.services import record, record_many
from audit.tasks import make_checkpoint
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 26, 8, 5, tzinfo=UTC)  # any clock


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.AUDIT_CHECKPOINT_DIR = tmp_path / "checkpoints"
    return settings.AUDIT_CHECKPOINT_DIR


@pytest.fixture
def five():
    unit = factories.UnitFactory()
    for number in range(5):
        record("unit.created", unit, reason=f"reason {number}", at=NOW, share=number / 4, large=1e3)
    return list(Entry.objects.order_by("position"))


def tamper(*statements: str, also: str = "audit_entry") -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {also} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute(f"ALTER TABLE {also} ENABLE TRIGGER USER")


def broken() -> verification.Broken | None:
    return verification.verify_record().broken


def relink(stream: int) -> None:
    """Link everything again, as a forger does who knows the code."""
    head, rows = START, list(Entry.objects.filter(stream=stream).order_by("position"))
    for row in rows:
        tamper(f"UPDATE audit_entry SET previous = '{head}' WHERE id = {row.pk}")
        row.previous = head
        head = compute_digest(vars(row))
    Stream.objects.filter(number=stream).update(length=len(rows), head=head)


def test_a_record_that_nobody_touched_holds(five):
    make_checkpoint()

    checked = verification.verify_record()

    assert (checked.broken, checked.entries, checked.checkpoints) == (None, 5, 1)


def test_each_entry_carries_the_digest_of_the_one_before_it(five):
    assert [row.previous for row in five] == [
        START,
        *(compute_digest(vars(row)) for row in five[:-1]),
    ]
    assert Stream.objects.get(number=five[0].stream).head == compute_digest(vars(five[-1]))


@pytest.mark.parametrize(
    "field",
    [
        "actor_name",
        "actor_position",
        "action",
        "object_type",
        "object_id",
        "object_label",
        "unit_path",
        "reason",
    ],
)
def test_a_changed_entry_is_named(five, field):
    tamper(f"UPDATE audit_entry SET {field} = 'x' WHERE id = {five[2].pk}")

    found = broken()

    assert found.kind == "changed"
    assert f"entry {five[3].pk} at position 4 does not follow entry {five[2].pk}" in found.text


@pytest.mark.parametrize(
    "change", ["at = at - interval '1 second'", "actor_id = 7", """data = '{"share": 1}'"""]
)
def test_a_changed_time_person_or_fact_is_found(five, change):
    tamper(f"UPDATE audit_entry SET {change} WHERE id = {five[4].pk}")

    assert broken() == verification.Broken(
        "changed",
        f"stream {five[0].stream}: the last entry, {five[4].pk} at position 5, was changed",
    )


def test_a_deleted_entry_is_named(five):
    tamper(f"DELETE FROM audit_entry WHERE id = {five[1].pk}")

    assert broken() == verification.Broken(
        "deleted", f"stream {five[0].stream}: entries 2 to 2 are missing"
    )


def test_entries_that_changed_places_are_named(five):
    tamper(
        f"UPDATE audit_entry SET position = 100 WHERE id = {five[1].pk}",
        f"UPDATE audit_entry SET position = 2 WHERE id = {five[2].pk}",
        f"UPDATE audit_entry SET position = 3 WHERE id = {five[1].pk}",
    )

    found = broken()

    assert found.kind == "changed"
    assert f"entry {five[2].pk} at position 2 does not follow entry {five[0].pk}" in found.text


def insert(five, **facts) -> None:
    values = {
        name: getattr(five[0], name) for name in vars(five[0]) if name not in ("_state", "id")
    }
    Entry.objects.bulk_create([Entry(**values | {"previous": START} | facts)])


def test_an_entry_put_in_between_is_named(five):
    tamper(
        "UPDATE audit_entry SET position = position + 100 WHERE position > 2",
        "UPDATE audit_entry SET position = position - 99 WHERE position > 100",
    )
    insert(five, position=3, previous=compute_digest(vars(five[1])))
    Stream.objects.filter(number=five[0].stream).update(length=6)

    assert f"entry {five[2].pk} at position 4 does not follow" in broken().text


def test_an_entry_put_in_after_the_end_is_named(five):
    insert(five, position=6)

    assert broken().kind == "inserted"


def test_an_entry_without_a_link_is_refused_and_if_forced_named(five):
    with pytest.raises(DatabaseError, match="audit_entry_linked"), transaction.atomic():
        insert(five, stream=None, position=None)
    tamper("ALTER TABLE audit_entry DROP CONSTRAINT audit_entry_linked")
    insert(five, stream=None, position=None)

    stray = Entry.objects.get(stream=None)
    assert broken() == verification.Broken(
        "inserted", f"entry {stray.pk} carries no link and was put in"
    )


def test_a_cut_end_is_named_by_the_stream(five):
    tamper(f"DELETE FROM audit_entry WHERE id >= {five[3].pk}")

    assert broken() == verification.Broken(
        "cut", f"stream {five[0].stream}: entries 4 to 5, the last, are missing"
    )


def test_a_cut_end_whose_stream_was_cut_too_is_named_by_the_checkpoint(five, folder):
    name = checkpoints.make_checkpoint(now=NOW).name
    tamper(f"DELETE FROM audit_entry WHERE id >= {five[3].pk}")
    relink(five[0].stream)

    assert broken() == verification.Broken(
        "cut", f"stream {five[0].stream} ends at 3, but {name} saw entry 5"
    )


def test_an_emptied_record_is_named_by_the_checkpoint(five):
    checkpoints.make_checkpoint(now=NOW)
    tamper("DELETE FROM audit_entry", "DELETE FROM audit_stream")

    assert broken().kind == "cut"


def test_a_record_linked_anew_after_a_change_is_named_by_the_checkpoint(five):
    name = checkpoints.make_checkpoint(now=NOW).name
    tamper(f"UPDATE audit_entry SET reason = 'harmless' WHERE id = {five[2].pk}")
    relink(five[0].stream)

    assert broken() == verification.Broken(
        "rewritten",
        f"stream {five[0].stream}: entry {five[4].pk} at position 5 differs from {name}",
    )


def test_the_command_names_the_break_and_fails(five):
    tamper(f"DELETE FROM audit_entry WHERE id = {five[1].pk}")

    with pytest.raises(CommandError, match=r"deleted: stream \d+: entries 2 to 2 are missing"):
        call_command("verify_audit")


def test_a_checkpoint_that_was_edited_or_signed_by_a_stranger_is_refused(five, settings):
    path = checkpoints.make_checkpoint(now=NOW)
    text = path.read_text()
    path.write_text(text.replace('\\"entries\\": 5', '\\"entries\\": 4'))
    assert broken() == verification.Broken(
        "checkpoint", f"{path.name}: the signature does not hold"
    )

    path.write_text(text)
    settings.AUDIT_SIGNING_KEY = "c3RyYW5nZXIncyBrZXksIGV4YWN0bHkgMzIgYnl0ZXM="
    assert broken() == verification.Broken("checkpoint", f"{path.name}: signed with an unknown key")


def test_a_checkpoint_of_a_former_key_still_holds(five, settings):
    path = checkpoints.make_checkpoint(now=NOW)
    settings.AUDIT_PUBLIC_KEYS = [json.loads(path.read_text())["key"]]
    settings.AUDIT_SIGNING_KEY = "YSBuZXcga2V5IG9mIGV4YWN0bHkgdGhpcnR5LXR3byE="

    assert broken() is None


def test_a_checkpoint_missing_between_two_is_noticed(five):
    paths = [checkpoints.make_checkpoint(now=NOW + timedelta(hours=hour)) for hour in range(3)]
    paths[1].unlink()

    assert broken() == verification.Broken(
        "checkpoint", f"{paths[2].name}: the one before it, {paths[1].name}, is missing or another"
    )


def test_a_checkpoint_goes_by_mail_to_the_addresses_outside(five, settings, mailoutbox, folder):
    settings.AUDIT_CHECKPOINT_EMAILS = ["archive@outside.example"]

    make_checkpoint()

    (path,) = folder.iterdir()
    assert [(mail.to, mail.body) for mail in mailoutbox] == [
        (["archive@outside.example"], path.read_text())
    ]
    assert make_checkpoint.name in {
        entry["task"] for entry in django_settings.CELERY_BEAT_SCHEDULE.values()
    }


def test_an_export_of_a_period_proves_itself_and_nothing_else(five, tmp_path, capsys):
    record("unit.created", factories.UnitFactory(), at=NOW + timedelta(days=2))
    call_command("export_audit", tmp_path / "out", first=NOW.date(), last=NOW.date())
    call_command("verify_audit", export=tmp_path / "out")
    lines = (tmp_path / "out" / "entries.jsonl").read_text().splitlines()

    assert "The export holds: 5 entries." in capsys.readouterr().out
    assert [json.loads(line) for line in lines] == [
        {"id": row.pk, **json.loads(to_canonical_json(vars(row)))} for row in five
    ]
    (tmp_path / "out" / "entries.jsonl").write_text("\n".join(lines[:-1]) + "\n")
    with pytest.raises(CommandError, match="not what the manifest was signed for"):
        call_command("verify_audit", export=tmp_path / "out")


def test_many_entries_at_once_are_linked_in_their_order():
    unit = factories.UnitFactory()
    rows = [
        {"at": NOW, "action": "unit.created", "object_type": "x", "object_id": str(n)}
        for n in range(1200)
    ]

    record_many([{**row, "unit_path": unit.path} for row in rows])

    checked = verification.verify_record()
    assert (checked.broken, checked.entries, checked.streams) == (
        None,
        1200,
        Stream.objects.count(),
    )


@pytest.mark.django_db(transaction=True)
def test_two_transactions_that_record_take_streams_of_their_own_and_wait_for_nobody():
    unit = factories.UnitFactory()
    record("unit.created", unit)
    recorded, release = threading.Event(), threading.Event()

    def other() -> None:
        try:
            with transaction.atomic():
                record("unit.created", unit)
                record("unit.renamed", unit)
                recorded.set()
                release.wait(20)
        finally:
            connections.close_all()

    thread = threading.Thread(target=other)
    thread.start()
    assert recorded.wait(20)
    with transaction.atomic():
        record("unit.closed", unit)  # lock_timeout would end a wait with an error
    release.set()
    thread.join(20)

    by_stream = {}
    for entry in Entry.objects.order_by("pk"):
        by_stream.setdefault(entry.action, set()).add(entry.stream)
    assert by_stream["unit.closed"].isdisjoint(by_stream["unit.renamed"])
    assert broken() is None


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_leaves_no_gap():
    unit = factories.UnitFactory()
    record("unit.created", unit)
    with transaction.atomic():
        record("unit.renamed", unit)
        transaction.set_rollback(True)
    record("unit.closed", unit)

    assert list(Entry.objects.order_by("pk").values_list("position", flat=True)) == [1, 2]
    assert broken() is None
