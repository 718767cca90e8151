"""Freezing and releasing publishing, by people."""

from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from core.errors import NotAllowed, Refused
from publishing import tasks
from publishing.engine import worker as engine
from publishing.freeze import freezing
from publishing.freeze.heartbeats import record_heartbeat
from publishing.models import Freeze
from publishing.scheduling import scheduling
from publishing.states import State
from tests import factories
from tests.publishing.freeze.conftest import visible

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_kill_switch_stops_what_a_run_has_prepared(simulator, deliver, admins):
    delivery = deliver()
    worker = engine.DeliveryWorker("facebook", timezone.now)
    worker.claiming.claim()
    freezing.freeze(by=admins[0], reason="Tài khoản bị chiếm")
    worker.run()
    assert visible(simulator, delivery) == []
    entry = Entry.objects.get(action="publishing.frozen")
    assert (entry.actor_id, entry.reason) == (admins[0].pk, "Tài khoản bị chiếm")


def test_one_administrator_releases_what_people_stopped(admins):
    freezing.freeze(by=admins[0], reason="Diễn tập")
    assert freezing.release(by=admins[0], reason="Xong") is True
    assert freezing.may_publish() is True
    assert Entry.objects.get(action="publishing.released").actor_id == admins[0].pk


def test_after_a_restore_two_different_people_release(restored, admins):
    restored()
    freezing.note_pages_read_back()
    assert freezing.release(by=admins[0], reason="Đã đối chiếu") is False
    assert freezing.may_publish() is False
    with pytest.raises(Refused):
        freezing.release(by=admins[0], reason="Đã đối chiếu")
    assert freezing.release(by=admins[1], reason="Đồng ý") is True
    assert freezing.may_publish() is True
    acts = (
        Entry.objects.filter(action__startswith="publishing.")
        .order_by("pk")
        .values_list("action", "actor_id")
    )
    assert list(acts) == [
        ("publishing.frozen", None),
        ("publishing.release_asked", admins[0].pk),
        ("publishing.released", admins[1].pk),
    ]


def test_nobody_releases_before_the_pages_are_read(restored, admins):
    factories.delivery()
    restored()
    freezing.note_pages_read_back()
    with pytest.raises(Refused):
        freezing.release(by=admins[0], reason="Vội")
    with pytest.raises(CommandError):
        call_command("release_publishing", reason="Vội")


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.OVERSEER])
def test_only_the_ministrys_administrators_freeze_and_release(role, admins):
    unit = factories.ProvinceFactory() if role == Role.ADMINISTRATOR else factories.ministry()
    other = factories.person(role, unit)
    with pytest.raises(NotAllowed):
        freezing.freeze(by=other, reason="Vì sao không")
    freezing.freeze(by=admins[0], reason="Diễn tập")
    with pytest.raises(NotAllowed):
        freezing.release(by=other, reason="Vì sao không")


def test_the_console_freezes_and_releases_without_a_second_person(top):
    call_command("freeze_publishing", reason="Ổ đĩa được khôi phục", restored=True)
    assert freezing.may_publish() is False
    with pytest.raises(CommandError):
        call_command("freeze_publishing", reason="Lần nữa")
    freezing.note_pages_read_back()
    call_command("release_publishing", reason="Không có người thứ hai")
    assert freezing.may_publish() is True


@pytest.mark.clock("2026-11-25 08:00")
def test_the_moment_of_the_copy_is_reported_where_workers_have_ticked_since(top):
    record_heartbeat("reconcile")
    call_command("freeze_publishing", reason="Xem lại")
    call_command(
        "freeze_publishing",
        "--restored",
        "--since",
        "2026-11-25 06:00",
        reason="Ổ đĩa được khôi phục",
    )
    assert Freeze.objects.get().known_until == datetime(2026, 11, 24, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    "said", [["--since", "2026-11-25 06:00"], ["--restored", "--since", "sáng nay"]]
)
def test_a_moment_that_cannot_be_meant_is_refused(top, said):
    with pytest.raises(CommandError):
        call_command("freeze_publishing", *said, reason="Ổ đĩa được khôi phục")
    assert not freezing.check_database().frozen_at


def test_a_restore_that_the_portal_cannot_see_is_read_back_when_asked(top):
    delivery = factories.delivery()
    call_command("freeze_publishing", reason="Ổ đĩa được khôi phục", restored=True)
    tasks.reconcile_unknown(platform="telegram")
    delivery.refresh_from_db()
    assert delivery.state == State.VERIFYING


@pytest.mark.parametrize("act", ["freeze", "release"])
def test_a_reason_is_asked_for(admins, act):
    if act == "release":
        freezing.freeze(by=admins[0], reason="Diễn tập")
    with pytest.raises(Refused):
        getattr(freezing, act)(by=admins[0], reason="  ")


def test_people_may_still_schedule_and_cancel_while_frozen(admins):
    freezing.freeze(by=admins[0], reason="Diễn tập")
    post = factories.approved()
    (delivery,) = scheduling.schedule(post, by=post.author)
    scheduling.cancel(delivery, by=post.author)
    assert delivery.state == State.CANCELLED
