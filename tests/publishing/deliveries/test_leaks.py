"""A rule of the leak check that became stricter since the approval stops what is scheduled."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from channels.states import Health
from posts.leak_rules.models import LeakCheck
from publishing.engine.worker import publish_due
from publishing.manual.manual_posting import create_manual_tasks
from publishing.models import Delivery
from publishing.presenters.delivery import delivery_status
from publishing.reconciliation.expiry import stop_leaks
from publishing.states import State
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

NUMBER = "0912 345 678"
BODY = f"<p>Ai biết tin xin gọi cho anh ấy qua số {NUMBER} nhé.</p>"


@pytest.fixture
def switch():
    return factories.rule_switch("phone_personal", "info")


def end(switch):
    switch.ended_at = switch.set_at
    switch.save()


def due(page, *, body=BODY, **fields):
    post = factories.approved(unit=page.unit, channels=[page], body=body)
    return factories.delivery(post, page, **fields)


def outcome(row):
    row.refresh_from_db()
    return (row.state, row.error_code)


def test_the_engine_asks_the_rules_of_the_moment_before_it_sends(simulator, switch):
    page = factories.connected(simulator, "facebook", factories.UnitFactory())
    officer = factories.person(Role.OFFICER, page.unit)
    held, other = due(page), due(page, body="<p>Gọi 113.</p>")
    end(switch)

    publish_due(platform="facebook")

    assert outcome(held) == (State.FAILED, "leak")
    assert outcome(other)[0] == State.PUBLISHED
    assert NUMBER not in str(simulator.truth(platform="facebook"))
    assert "became stricter" in delivery_status(held).sentence
    notice = Notice.objects.get(user=officer, kind="delivery_failed")
    assert "345" not in str(notice.facts)


def test_what_was_checked_by_these_rules_is_not_read_again(simulator, switch):
    row = due(factories.connected(simulator, "facebook", factories.UnitFactory()))
    stop_leaks()
    checked_at = LeakCheck.objects.get().checked_at

    publish_due(platform="facebook")

    assert outcome(row)[0] == State.PUBLISHED
    assert LeakCheck.objects.get().checked_at == checked_at


def test_the_unit_hears_a_day_ahead_and_of_what_is_later_not_yet(switch):
    page = factories.ChannelFactory()
    now = timezone.now()
    near = due(page, due_at=now + timedelta(hours=23))
    far = due(page, due_at=now + timedelta(hours=25))
    end(switch)

    assert stop_leaks() == 1

    assert outcome(near) == (State.FAILED, "leak")
    assert outcome(far) == (State.SCHEDULED, "")
    assert LeakCheck.objects.get().holds_back


def test_no_task_is_made_of_what_a_rule_holds_back(switch):
    page = factories.ChannelFactory(health=Health.MANUAL)
    row = due(page, due_at=timezone.now() - timedelta(minutes=1))
    end(switch)

    assert create_manual_tasks() == 0

    assert outcome(row) == (State.FAILED, "leak")
    assert not Delivery.objects.filter(state=State.MANUAL).exists()
