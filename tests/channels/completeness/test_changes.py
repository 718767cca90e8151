"""Words of a page: proposed by one person, approved by another, written once at the platform."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from accounts.step_up import STEPPED_UP_AT
from audit.models import Entry
from channels.completeness import changes, writing
from channels.models import Channel, PageChange, PlatformAllowance
from channels.states import ChangeState, Lifecycle
from channels.tasks import read_pages
from core import jobs
from core.errors import NotAllowed, Refused
from core.models import Job
from tests import factories
from units.models import UnitFacts

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = "Trang chính thức của Công an phường. Tin báo khẩn: 113."


@pytest.fixture
def page(simulator):
    channel = factories.connected(simulator, "facebook")
    simulator.profile("facebook", channel.external_id, description="Trước", phone="", website="")
    UnitFacts.objects.create(unit=channel.unit, duty_phone="02363822300", changed_at=timezone.now())
    read_pages(platform="facebook")
    return channel


def proposed(channel, texts=None):
    by = factories.person(Role.OFFICER, channel.unit)
    return changes.propose(channel, by=by, texts=texts or {"description": WORDS})


def approved(channel, texts=None) -> PageChange:
    change = proposed(channel, texts)
    leader = factories.person(Role.APPROVER, channel.unit)
    changes.approve(change, by=leader, content_sha256=change.content_sha256)
    return PageChange.objects.get(pk=change.pk)


def write_changes():
    jobs.run_waiting("page_change")


def now(change):
    change.refresh_from_db()
    return change.state


def written(simulator, channel):
    return simulator.profile(channel.platform, channel.external_id)


def test_words_go_from_proposal_to_the_page_and_everybody_concerned_hears(simulator, page):
    change = proposed(page, {"description": WORDS, "phone": "02363822300"})
    leader = factories.person(Role.APPROVER, page.unit)
    write_changes()
    assert (now(change), written(simulator, page)["description"]) == ("proposed", "Trước")

    changes.approve(change, by=leader, content_sha256=change.content_sha256)
    write_changes()
    write_changes()

    assert now(change) == ChangeState.WRITTEN
    there = written(simulator, page)
    assert (there["description"], there["phone"]) == (WORDS, "02363822300")
    assert simulator.requests()["facebook"]["edit"] == 1
    told = {notice.user for notice in Notice.objects.filter(kind="page_change_written")}
    assert told == {change.proposed_by, leader}
    actions = ["channel.change_proposed", "channel.change_approved", "channel.change_written"]
    recorded = Entry.objects.filter(action__startswith="channel.change_").order_by("pk")
    assert [entry.action for entry in recorded] == actions
    read_pages(platform="facebook")  # the page is read again at once
    assert page.page_check.texts["description"] == WORDS


def test_nobody_approves_their_own_words_nor_others_than_they_read(page):
    author, leader = (factories.person(Role.APPROVER, page.unit) for _ in range(2))
    change = changes.propose(page, by=author, texts={"description": WORDS})

    with pytest.raises(NotAllowed):
        changes.refuse(change, by=author, reason="Nhầm.")
    with pytest.raises(NotAllowed):
        changes.approve(change, by=change.proposed_by, content_sha256=change.content_sha256)
    with pytest.raises(Refused):
        changes.approve(change, by=leader, content_sha256="0" * 64)
    with pytest.raises(NotAllowed):
        changes.approve(
            change, by=factories.person(Role.APPROVER), content_sha256=change.content_sha256
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        PageChange.objects.update(
            state="approved", decided_by=change.proposed_by, decided_at=timezone.now()
        )
    changes.refuse(change, by=leader, reason="Thiếu tên phường.")

    assert (now(change), change.reason) == (ChangeState.REFUSED, "Thiếu tên phường.")
    with pytest.raises(Refused):
        changes.approve(change, by=leader, content_sha256=change.content_sha256)


@pytest.mark.parametrize(
    "texts",
    [
        {"description": "a" * 101},
        {"description": "Trước"},
        {"description": "Xem <b>113</b>"},
        {"phone": "0905123456"},
        {"description": "Liên hệ đồng chí Nguyễn Văn An, căn cước 048090001234."},
        {"address": "12 Trần Phú"},
    ],
    ids=["long", "same", "marks", "strange number", "leak", "not written there"],
)
def test_what_does_not_fit_or_may_not_be_published_is_not_proposed(page, texts):
    with pytest.raises(Refused):
        proposed(page, texts)
    assert not PageChange.objects.exists()


def test_one_proposal_waits_at_a_time(page):
    change = proposed(page)
    with pytest.raises(Refused):
        proposed(page, {"phone": "02363822300"})

    changes.withdraw(change, by=change.proposed_by)

    assert proposed(page, {"phone": "02363822300"}).state == ChangeState.PROPOSED


def test_a_lost_answer_is_read_back_before_anything_is_sent_again(simulator, page):
    change = approved(page)
    simulator.fault("facebook", "drop_after", operation="edit")
    write_changes()
    assert now(change) == ChangeState.WRITING
    write_changes()  # not its turn yet
    assert simulator.requests()["facebook"]["edit"] == 1

    Job.objects.update(run_at=timezone.now() - timedelta(seconds=1))
    write_changes()

    assert now(change) == ChangeState.WRITTEN
    assert simulator.requests()["facebook"]["edit"] == 1


def test_words_whose_worker_was_killed_are_written_by_the_next_one_and_once(simulator, page):
    change = approved(page)
    dead = jobs.claim(change.job_id)
    write_changes()
    assert now(change) == ChangeState.APPROVED

    Job.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    write_changes()
    with pytest.raises(jobs.JobLost):
        writing.write(dead)

    assert (now(change), change.job.attempts) == (ChangeState.WRITTEN, 2)
    assert simulator.requests()["facebook"]["edit"] == 1
    assert Notice.objects.filter(kind="page_change_written").count() == 2


def test_words_that_are_tried_too_often_are_given_up_and_everybody_concerned_hears(page):
    change = approved(page)
    Job.objects.update(attempts=writing._TRIES - 1)
    jobs.claim(change.job_id)
    Job.objects.update(leased_until=timezone.now() - timedelta(seconds=1))

    write_changes()

    change = PageChange.objects.get()
    assert (change.state, change.error_code) == (ChangeState.FAILED, "too_many_tries")
    assert Notice.objects.filter(kind="page_change_failed").count() == 2


def test_words_that_did_not_arrive_are_sent_again_and_a_refusal_ends_them(simulator, page):
    change = approved(page)
    simulator.fault("facebook", "rate_limit", operation="edit")
    write_changes()
    assert now(change) == ChangeState.APPROVED
    assert written(simulator, page)["description"] == "Trước"

    simulator.fault("facebook", "refuse", operation="edit")
    Job.objects.update(run_at=timezone.now() - timedelta(seconds=1))
    write_changes()

    assert now(change) == ChangeState.FAILED
    assert Notice.objects.filter(kind="page_change_failed", user=change.proposed_by).exists()


@pytest.mark.parametrize(
    "since",
    [
        lambda page: Channel.objects.update(lifecycle=Lifecycle.FROZEN),
        lambda page: Channel.objects.update(unit=factories.UnitFactory()),
        lambda page: PageChange.objects.update(texts={"description": "Lời khác"}),
    ],
    ids=["frozen", "handed over", "other words"],
)
def test_what_changed_since_the_approval_is_not_written(simulator, page, since):
    change = approved(page)
    since(page)

    write_changes()

    assert (now(change), change.error_code) == (ChangeState.FAILED, "page_changed")
    assert written(simulator, page)["description"] == "Trước"


@pytest.mark.parametrize("kind", ["telegram", "youtube"])
def test_descriptions_are_written_on_other_platforms(simulator, kind):
    channel = factories.connected(simulator, kind)
    if kind == "telegram":
        PlatformAllowance.objects.create(
            unit=channel.unit.parent, platform=kind, allowed_by=channel.connected_by, reason="x"
        )

    change = approved(channel)
    write_changes()

    assert (now(change), written(simulator, channel)["description"]) == ("written", WORDS)


def test_an_officer_proposes_and_a_leader_decides_on_their_pages(client, page):
    client.force_login(factories.person(Role.OFFICER, page.unit, language="en"))
    form = reverse("channels:propose", args=[page.public_id])
    shown = client.get(form).content.decode()
    long = client.post(form, {"description": "a" * 101})
    sent = client.post(form, {"description": WORDS, "website": "on"})
    change = PageChange.objects.get()
    address = reverse("channels:change", args=[change.public_id])
    own = client.get(address).content.decode()
    forbidden = client.post(address, {"act": "approve", "sha256": change.content_sha256})

    client.force_login(factories.person(Role.APPROVER, page.unit, language="en"))
    listed = client.get(reverse("channels:completeness")).context["waiting"]
    read = client.get(address).content.decode()
    session = client.session
    proved = session.pop(STEPPED_UP_AT)
    session.save()
    client.post(address, {"act": "approve", "sha256": change.content_sha256})
    assert now(change) == ChangeState.PROPOSED  # a factor first
    session[STEPPED_UP_AT] = proved
    session.save()
    client.post(address, {"act": "approve", "sha256": change.content_sha256})

    assert list(listed) == [change]
    assert "Trước" in shown
    assert (long.status_code, sent["Location"]) == (422, address)
    assert "Approve exactly" not in own
    assert forbidden.status_code == 403
    assert "Approve exactly" in read
    assert WORDS in read
    assert now(change) == ChangeState.APPROVED


WEEK = "mon 07:30-11:30, 13:30-17:00; sat 07:30-11:30"


def test_opening_hours_are_typed_by_day_and_written_after_a_second_person(client, simulator, page):
    simulator.profile("facebook", page.external_id, hours={"fri_1_open": "08:00"})
    read_pages(platform="facebook")
    officer = factories.person(Role.OFFICER, page.unit, language="en")
    client.force_login(officer)
    there = reverse("channels:propose", args=[page.public_id])
    wrong = client.post(there, {"hours_mon": "7h30", "hours_sat": "07:30-11:30"})
    assert wrong.status_code == 422
    assert list(wrong.context["form"].errors) == ["hours_mon"]
    assert 'value="7h30"' in wrong.content.decode()

    client.post(there, {"hours_mon": "7:30-11:30, 13:30–17:00", "hours_sat": "07:30-11:30"})

    change = PageChange.objects.get()
    assert change.texts == {"hours": WEEK}
    shown = client.get(reverse("channels:change", args=[change.public_id])).content.decode()
    assert "Monday: 07:30-11:30, 13:30-17:00<br>Saturday: 07:30-11:30" in shown
    leader = factories.person(Role.APPROVER, page.unit)
    changes.approve(change, by=leader, content_sha256=change.content_sha256)
    write_changes()
    assert now(change) == ChangeState.WRITTEN
    assert written(simulator, page)["hours"]["mon_2_close"] == "17:00"
    assert "fri_1_open" not in written(simulator, page)["hours"]


@pytest.mark.parametrize("text", ["mon 7:30-17:00", "cả tuần", "mon 07:30-17:00; tue"])
def test_hours_past_the_form_are_written_in_the_one_way_or_not_at_all(page, text):
    with pytest.raises(Refused, match="hours"):
        proposed(page, {"hours": text})


def test_hours_whose_answer_was_lost_are_read_back_and_not_sent_twice(simulator, page):
    change = approved(page, {"hours": WEEK})
    simulator.fault("facebook", "drop_after", operation="edit")
    write_changes()
    assert now(change) == ChangeState.WRITING
    Job.objects.update(run_at=timezone.now())
    write_changes()
    assert now(change) == ChangeState.WRITTEN
    assert simulator.requests()["facebook"]["edit"] == 1
