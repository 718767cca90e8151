"""Runs: in batches that each commit, one at a time, on record, and never while a restore is looked
into.
"""

import threading
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Notice
from audit.models import Entry
from audit.verification import verify_record
from channels.models import HookEvent
from core.locks import try_alone
from core.models import QuotaUse
from posts.models import Post
from publishing.models import Freeze
from retention import classes, services, tasks
from retention.models import Hold, Run
from retention.services import apply_rules
from tests import factories

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(days=800)


class Killed(BaseException):
    """Stand for what no handler of errors catches."""


def counts(n: int) -> None:
    QuotaUse.objects.bulk_create(
        QuotaUse(key=f"k{i}", ends_at=timezone.now() - LONG_AGO) for i in range(n)
    )


def in_batches_of(monkeypatch, n: int, **replaced) -> None:
    for rule in classes.RULES:
        monkeypatch.setitem(rule.__dict__, "batch", n)
        if rule.name in replaced:
            monkeypatch.setitem(rule.__dict__, "remove", replaced[rule.name])


def entries() -> list[tuple[str, dict]]:
    return list(
        Entry.objects.filter(action__startswith="retention.")
        .order_by("pk")
        .values_list("action", "data")
    )


def shown(capsys) -> str:
    return capsys.readouterr().out


def test_each_run_is_one_entry_on_record_with_numbers_alone():
    counts(3)
    owner = factories.UserFactory()
    Notice.objects.create(user=owner, kind="post_approved", facts={"title": "Bí mật"}, address="/")
    Notice.objects.update(created_at=timezone.now() - LONG_AGO)

    apply_rules()
    apply_rules()

    none = {"removed": {}, "total": 0, "failed": []}
    done = {"removed": {"quotas": 3, "notices": 1}, "total": 4, "failed": []}
    assert entries() == [("retention.applied", done), ("retention.applied", none)]
    assert Run.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_what_a_killed_run_left_goes_at_the_next_one_and_both_are_on_record(monkeypatch):
    counts(7)
    batches = []

    def remove(rows):
        if len(batches) == 2:
            raise Killed
        batches.append(classes.delete_unlocked(rows))
        return batches[-1]

    with monkeypatch.context() as patched:
        in_batches_of(patched, 3, quotas=remove)
        with pytest.raises(Killed):
            apply_rules()
    left = QuotaUse.objects.count()

    apply_rules()

    assert (batches, left, QuotaUse.objects.count()) == ([3, 3], 1, 0)
    assert [(action, facts["removed"]) for action, facts in entries()] == [
        ("retention.interrupted", {"quotas": 6}),
        ("retention.applied", {"quotas": 1}),
    ]
    assert verify_record().broken is None


def test_an_error_in_one_class_stops_no_other_and_is_reported(monkeypatch, capsys):
    counts(1)
    long_ago = timezone.now() - LONG_AGO
    HookEvent.objects.create(
        platform="zalo",
        key="k",
        kind="posted",
        page="1",
        received_at=long_ago,
        handled_at=long_ago,
    )

    def remove(rows):
        raise ZeroDivisionError

    in_batches_of(monkeypatch, 5, quotas=remove)
    with pytest.raises(CommandError, match="quotas") as failed:
        call_command("retention", "--apply")

    assert (failed.value.returncode, QuotaUse.objects.count(), HookEvent.objects.count()) == (
        1,
        1,
        0,
    )
    assert entries()[0][1]["failed"] == ["quotas"]


@pytest.mark.django_db(transaction=True)
def test_a_second_run_beside_another_does_nothing(capsys):
    counts(1)
    locked, over, refused = threading.Event(), threading.Event(), []

    def other():
        with try_alone("retention") as got:
            refused.append(not got)
            locked.set()
            over.wait(20)
        connection.close()

    thread = threading.Thread(target=other)
    thread.start()
    locked.wait(20)
    with pytest.raises(CommandError, match="another run is at work") as busy:
        call_command("retention", "--apply")
    tasks.apply()
    during = QuotaUse.objects.count()
    over.set()
    thread.join()
    tasks.apply()

    assert (refused, busy.value.returncode, during, QuotaUse.objects.count()) == ([False], 3, 1, 0)


@pytest.mark.django_db(transaction=True)
def test_a_row_that_somebody_has_in_hand_is_passed_over(monkeypatch):
    counts(3)
    in_batches_of(monkeypatch, 1)
    mine, over = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            QuotaUse.objects.select_for_update().get(key="k1")
            mine.set()
            over.wait(20)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    mine.wait(20)
    first = apply_rules(["quotas"]).removed
    over.set()
    thread.join()

    assert (first, apply_rules(["quotas"]).removed) == ({"quotas": 2}, {"quotas": 1})


def test_a_draft_that_is_saved_between_plan_and_batch_stays(monkeypatch):
    draft = factories.PostFactory(changed_at=timezone.now() - LONG_AGO, version=2)
    real = services._list_batches

    def saved_meanwhile(rule, now):
        for batch in real(rule, now):
            Post.objects.update(changed_at=timezone.now())
            yield batch

    monkeypatch.setattr(services, "_list_batches", saved_meanwhile)
    apply_rules(["drafts"])

    assert Post.objects.get() == draft


def test_nothing_is_removed_while_a_restored_database_is_looked_into(capsys):
    counts(1)
    services.freezing.check_database()
    Freeze.objects.update(frozen_at=timezone.now(), reason=services.freezing.RESTORED)
    with pytest.raises(CommandError, match="restored") as refused:
        call_command("retention", "--apply")
    tasks.sweep(classes=["quotas"])
    during = QuotaUse.objects.count()
    Freeze.objects.update(frozen_at=None, reason="")

    apply_rules()

    assert (refused.value.returncode, during, QuotaUse.objects.count()) == (1, 1, 0)


def test_a_batch_asks_as_much_for_many_rows_as_for_few():
    apply_rules()
    counts(2)
    with CaptureQueriesContext(connection) as few:
        apply_rules(["quotas"])
    counts(200)
    with CaptureQueriesContext(connection) as many:
        apply_rules(["quotas"])

    assert len(many) == len(few)


# --- The command ----------------------------------------------------------------------------------


def test_the_plan_shows_what_is_due_since_when_and_why_and_removes_nothing(capsys):
    counts(2)

    call_command("retention", "--class", "quotas", "--class", "notices")

    lines = shown(capsys).splitlines()
    since = timezone.localtime(QuotaUse.objects.earliest("ends_at").ends_at)
    assert [line.split() for line in lines[1:3]] == [
        [
            "quotas",
            "2",
            f"{since:%Y-%m-%d}",
            f"{since:%H:%M}",
            "technical",
            *["a", "day", "after", "its", "window"],
        ],
        ["notices", "0", "–", "proposed", "12", "months"],
    ]
    assert lines[3] == "2 due. Nothing was removed; --apply removes it. Rules: docs/data.md"
    assert QuotaUse.objects.count() == 2


def test_one_class_is_applied_alone(capsys):
    counts(2)
    owner = factories.UserFactory()
    Notice.objects.create(user=owner, kind="post_approved", address="/")
    Notice.objects.update(created_at=timezone.now() - LONG_AGO)

    call_command("retention", "--apply", "--class", "notices")

    assert (QuotaUse.objects.count(), Notice.objects.count()) == (2, 0)
    assert "1 removed." in shown(capsys)


@pytest.mark.parametrize(
    "wrong", [["--class", "posts"], ["--hold", "post:0"], ["--hold", "page:1"], ["--lift", "1"]]
)
def test_what_nobody_knows_is_refused(wrong):
    with pytest.raises(CommandError):
        call_command("retention", *wrong)


# --- Holds ----------------------------------------------------------------------------------------

ORDER = ["--reason", "Công văn 12", "--operator", "Trần Thị Bình"]


def old_draft(**fields) -> Post:
    post = factories.PostFactory(changed_at=timezone.now() - LONG_AGO, version=2, **fields)
    post.media = factories.media(post.unit)
    type(post.media).objects.filter(pk=post.media.pk).update(last_used_at=timezone.now() - LONG_AGO)
    return post


@pytest.mark.parametrize("of", ["post", "unit", "province"])
def test_a_hold_keeps_what_is_due_until_it_is_lifted(of, capsys):
    kept, other = old_draft(), old_draft()
    subjects = {"post": f"post:{kept.public_id}", "unit": f"unit:{kept.unit.key}"}
    subjects["province"] = f"unit:{kept.unit.parent.key}"
    call_command("retention", "--hold", subjects[of], *ORDER)
    name = shown(capsys).split()[-1]

    apply_rules(["drafts", "media"])
    first = set(Post.objects.all())
    call_command("retention", "--holds")
    listed = shown(capsys)
    call_command("retention", "--lift", name, *ORDER)
    apply_rules(["drafts"])

    assert (first, Post.objects.count()) == ({kept}, 0)
    assert type(kept.media).objects.filter(pk=kept.media.pk).exists() == (of != "post")
    assert not type(kept.media).objects.filter(pk=other.media.pk).exists()
    assert name in listed
    assert "Trần Thị Bình: Công văn 12" in listed
    acts = Entry.objects.filter(action__in=["retention.held", "retention.lifted"]).order_by("pk")
    assert [(act.action, act.reason) for act in acts] == [
        ("retention.held", "Trần Thị Bình: Công văn 12"),
        ("retention.lifted", "Trần Thị Bình: Công văn 12"),
    ]


def test_a_hold_keeps_the_pictures_of_its_post_and_the_names_of_who_wrote_it():
    post = old_draft()
    picture = factories.media(post.unit)
    post.pictures.create(media=picture, position=0)
    type(post.author).objects.update(is_active=False, disabled_at=timezone.now() - LONG_AGO)
    services.create_hold(post=post, reason="Công văn 12", operator="Trần Thị Bình")

    apply_rules(["media", "leavers"])

    post.author.refresh_from_db()
    assert (type(picture).objects.filter(pk=picture.pk).exists(), post.author.pseudonymised_at) == (
        True,
        None,
    )


def test_a_hold_has_a_reason_and_an_operator(capsys):
    post = factories.PostFactory()
    with pytest.raises(CommandError, match="Nothing was done"):
        call_command("retention", "--hold", f"post:{post.public_id}", "--operator", "Trần Thị Bình")

    assert Hold.objects.count() == 0
