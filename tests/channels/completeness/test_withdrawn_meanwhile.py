"""Words of a page that somebody takes back, or whose page is lost, while they are approved and
written.
"""

import pytest
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from channels.completeness import changes
from channels.models import Channel, PageChange
from channels.states import ChangeState, Health, Lifecycle
from channels.tasks import read_pages
from core import jobs
from core.errors import Refused
from platforms import client
from tests import factories
from tests.rivals import act_at_once

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = "Trang chính thức của Công an phường. Tin báo khẩn: 113."


@pytest.fixture
def page(simulator):
    channel = factories.connected(simulator, "facebook")
    simulator.profile("facebook", channel.external_id, description="Trước", phone="", website="")
    read_pages(platform="facebook")
    return channel


@pytest.fixture
def proposed(page):
    by = factories.person(Role.OFFICER, page.unit)
    return changes.propose(page, by=by, texts={"description": WORDS})


@pytest.fixture
def approved(page, proposed):
    leader = factories.person(Role.APPROVER, page.unit)
    changes.approve(proposed, by=leader, content_sha256=proposed.content_sha256)
    return PageChange.objects.select_related("proposed_by").get(pk=proposed.pk)


def get_description(simulator, page) -> str:
    return simulator.profile("facebook", page.external_id)["description"]


def test_words_that_one_takes_back_while_another_approves_them_are_one_of_both(
    simulator, page, proposed
):
    leader = factories.person(Role.APPROVER, page.unit)

    outcomes = act_at_once(
        lambda: changes.withdraw(proposed, by=proposed.proposed_by),
        lambda: changes.approve(proposed, by=leader, content_sha256=proposed.content_sha256),
    )
    jobs.run_waiting("page_change")

    assert outcomes == {"done": 1, "refused": 1}
    proposed.refresh_from_db()
    shown = {ChangeState.WITHDRAWN: "Trước", ChangeState.WRITTEN: WORDS}
    assert get_description(simulator, page) == shown[proposed.state]


def test_words_are_not_taken_back_while_they_are_written(simulator, page, approved, monkeypatch):
    call, refused = client.call, []

    def call_while_somebody_withdraws(platform, act, **options):
        for attempt in (
            lambda: changes.withdraw(approved, by=approved.proposed_by),
            lambda: changes.refuse(
                approved, by=factories.person(Role.APPROVER, page.unit), reason="Thôi"
            ),
        ):
            with pytest.raises(Refused) as error:
                attempt()
            refused.append(error)
        return call(platform, act, **options)

    monkeypatch.setattr(client, "call", call_while_somebody_withdraws)

    jobs.run_waiting("page_change")

    approved.refresh_from_db()
    assert (approved.state, len(refused)) == (ChangeState.WRITTEN, 2)
    assert get_description(simulator, page) == WORDS
    assert not Entry.objects.filter(action="channel.change_withdrawn").exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"health": Health.DISCONNECTED},
        {"lifecycle": Lifecycle.PAUSED},
        {"confirmed_at": None},
    ],
)
def test_a_page_that_is_left_before_its_words_are_written_keeps_its_own(
    simulator, page, approved, fields
):
    Channel.objects.filter(pk=page.pk).update(**fields)

    jobs.run_waiting("page_change")

    approved.refresh_from_db()
    assert (approved.state, approved.error_code) == (ChangeState.FAILED, "page_changed")
    assert get_description(simulator, page) == "Trước"


def test_a_page_that_is_left_while_its_words_are_written_is_said_to_have_them(
    simulator, page, approved, monkeypatch
):
    call = client.call

    def call_while_the_page_is_left(platform, act, **options):
        answer = call(platform, act, **options)
        Channel.objects.filter(pk=page.pk).update(health=Health.DISCONNECTED)
        return answer

    monkeypatch.setattr(client, "call", call_while_the_page_is_left)

    jobs.run_waiting("page_change")
    jobs.run_waiting("page_change")

    approved.refresh_from_db()
    assert (approved.state, approved.error_code) == (ChangeState.WRITTEN, "")
    assert approved.ended_at <= timezone.now()
    assert simulator.requests()["facebook"]["edit"] == 1
