"""Two people stand behind what residents read: approved answers at once, own words under a
leader's release of a day."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Appointment, Notice
from accounts.permissions import Role
from audit.models import Entry
from core.errors import NotAllowed, Refused
from engagement.models import ReplyAllowance, ReplyPhrase, ReplyRelease
from engagement.replies import services as replies
from engagement.replies import wording
from publishing.states import State
from tests import factories
from tests.engagement.replies.test_replies import act, everything_stored, under

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = "Mời bà gọi 113."
RESIDENT = "Cho tôi hỏi giờ làm việc?"


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit):
    return long_here(factories.person(Role.OFFICER, unit, language="en"))


@pytest.fixture
def leader(unit):
    return long_here(factories.person(Role.APPROVER, unit, language="en"))


def long_here(person):
    person.date_joined = timezone.now() - timedelta(days=30)
    person.save()
    return person


@pytest.fixture
def posted(simulator, unit):
    """A post with a resident's comment, where the province has opened the reply desk."""
    channel = factories.connected(simulator, "facebook", unit)
    shown = simulator.post("facebook", channel.external_id, "Lịch làm việc.")
    post = factories.approved(unit=unit, channels=[channel])
    ReplyAllowance.objects.create(unit=unit.parent, allowed_by=factories.UserFactory(), reason="x")
    simulator.comment(channel.external_id, shown["id"], RESIDENT, by="Lê Thị Cư Dân")
    return factories.delivery(
        post, channel, state=State.PUBLISHED, remote_id=shown["id"], published_at=timezone.now()
    )


def answered():
    return Entry.objects.filter(action="desk.answered").count()


# --- one person alone -----------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.OFFICER, Role.APPROVER])
def test_nobody_alone_answers_residents_in_words_of_their_own(client, posted, unit, role):
    alone = long_here(factories.person(role, unit, language="en"))
    client.force_login(alone)

    answer = act(client, posted, "answer", text=WORDS)

    assert answer.status_code == 422
    assert "leader&#x27;s release" in answer.text
    assert f'<p class="desk-words mb-0">{WORDS}</p>' in answer.text
    assert answered() == 0
    row = wording.propose_phrase(WORDS, unit=unit, by=alone)
    with pytest.raises(NotAllowed):
        wording.approve_phrase(row, by=alone)
    with pytest.raises((NotAllowed, Refused)):
        wording.give_release(unit, alone, by=alone)
    assert act(client, posted, "", phrase=row.public_id).status_code == 422
    assert answered() == 0


def test_the_database_takes_neither_an_own_approval_nor_an_own_release(unit, officer):
    now = timezone.now()
    for make in (
        lambda: factories.reply_phrase(unit, proposed_by=officer, approved_by=officer),
        lambda: factories.reply_release(unit, officer, released_by=officer),
        lambda: factories.reply_release(unit, officer, until=now + timedelta(days=2)),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            make()


def test_who_appointed_somebody_stands_behind_none_of_their_answers(unit, officer, leader):
    Appointment.objects.filter(user=officer).update(appointed_by=leader)
    row = wording.propose_phrase(WORDS, unit=unit, by=officer)

    with pytest.raises(NotAllowed, match="appointment"):
        wording.approve_phrase(row, by=leader)
    with pytest.raises(NotAllowed, match="appointment"):
        wording.give_release(unit, officer, by=leader)


@pytest.mark.parametrize("new", ["account", "position"])
def test_what_is_new_today_gets_no_release(unit, officer, leader, new):
    if new == "account":
        officer.date_joined = timezone.now()
        officer.save()
    else:
        officer.appointments.update(valid_from=timezone.localdate())

    with pytest.raises(Refused, match="new today"):
        wording.give_release(unit, officer, by=leader)


# --- approved answers -----------------------------------------------------------------------------


def test_an_approved_answer_goes_out_at_once_by_one_tap_and_no_proof(
    client, posted, unit, officer, leader, proof_is_old
):
    row = wording.propose_phrase(f"  {WORDS} ", unit=unit, by=officer)
    wording.approve_phrase(row, by=leader)
    client.force_login(officer)
    proof_is_old(client)

    shown = client.get(under(posted)).text
    answer = act(client, posted, "", phrase=row.public_id)

    assert f"<span>{WORDS}</span>" in shown
    assert answer["Location"].startswith(f"{under(posted)}?")
    entry = Entry.objects.get(action="desk.answered")
    assert (entry.actor_id, entry.data) == (officer.pk, {"method": "phrase"})


def test_answers_of_the_province_hold_below_it_and_of_a_neighbour_nowhere(unit):
    province = factories.reply_phrase(unit.parent)
    factories.reply_phrase(factories.UnitFactory(parent=unit.parent))
    factories.reply_phrase(unit, approved_at=None)
    factories.reply_phrase(unit, ended_at=timezone.now())

    assert list(wording.find_phrases(unit)) == [province]


def test_an_answer_that_was_removed_is_given_no_more(client, posted, unit, officer, leader):
    row = factories.reply_phrase(unit)
    wording.end_phrase(row, by=leader)
    client.force_login(officer)

    answer = act(client, posted, "", phrase=row.public_id)

    assert (answer.status_code, answered()) == (422, 0)
    assert "no longer in the list" in answer.text


def test_a_proposal_is_checked_as_every_public_word_is(unit, officer):
    for text in ("", "TUYỆT MẬT", "Gọi anh Tuấn 0912 345 678", "a" * 1001):
        with pytest.raises(Refused):
            wording.propose_phrase(text, unit=unit, by=officer)


def test_a_unit_keeps_so_many_answers_and_none_twice(unit, officer, monkeypatch):
    wording.propose_phrase(WORDS, unit=unit, by=officer)
    with pytest.raises(Refused, match="already"):
        wording.propose_phrase(WORDS, unit=unit, by=officer)
    monkeypatch.setattr(wording, "MOST_PHRASES", 1)
    with pytest.raises(Refused, match="1 answers"):
        wording.propose_phrase("Mời ông gọi 114.", unit=unit, by=officer)


def test_a_proposal_is_taken_back_by_who_made_it_and_an_answer_by_the_leader(unit, officer):
    own = wording.propose_phrase(WORDS, unit=unit, by=officer)
    wording.end_phrase(own, by=officer)
    with pytest.raises(NotAllowed):
        wording.end_phrase(factories.reply_phrase(unit), by=officer)


# --- a person's own words -------------------------------------------------------------------------


def test_a_released_officer_answers_in_own_words_after_a_proof(
    client, posted, unit, officer, leader, proof_is_old
):
    wording.give_release(unit, officer, by=leader)
    client.force_login(officer)
    assert act(client, posted, "answer", text="Trụ sở mở cửa lúc 7 giờ.").status_code == 302
    proof_is_old(client)

    answer = act(client, posted, "answer", text="Trụ sở mở cửa lúc 7 giờ.")

    assert "reauthenticate" in answer["Location"]
    assert answered() == 1


def test_a_form_that_waits_for_a_proof_names_no_comment(client, posted, unit, officer, leader):
    wording.give_release(unit, officer, by=leader)
    (comment,) = replies.read_comments(posted, by=officer)
    client.force_login(officer)
    session = client.session
    session["kept"] = replies.sign_ticket(posted, comment)
    session.save()

    stored = everything_stored() + repr(dict(client.session))

    assert comment.external_id not in stored
    assert replies.find_comment_of_ticket(posted, session["kept"]) == comment.external_id


@pytest.mark.parametrize("end", ["by the leader", "after a day", "with the leader's post"])
def test_a_release_ends_and_nothing_typed_is_lost(client, posted, unit, officer, leader, end):
    row = wording.give_release(unit, officer, by=leader)
    client.force_login(officer)
    client.get(under(posted))
    if end == "by the leader":
        wording.end_release(row, by=leader)
    elif end == "after a day":
        begun = timezone.now() - timedelta(days=1, seconds=1)
        ReplyRelease.objects.update(released_at=begun, until=begun + timedelta(days=1))
    else:
        leader.appointments.update(valid_to=timezone.localdate() - timedelta(days=1))

    answer = act(client, posted, "answer", text=WORDS)

    assert (answer.status_code, answered()) == (422, 0)
    assert f'<p class="desk-words mb-0">{WORDS}</p>' in answer.text


def test_who_is_not_released_asks_and_the_leaders_are_told(unit, officer, leader):
    wording.ask_release(unit, by=officer)
    assert list(Notice.objects.values_list("user", "kind")) == [(leader.pk, "reply_release_asked")]
    wording.give_release(unit, officer, by=leader)
    with pytest.raises(Refused, match="already"):
        wording.ask_release(unit, by=officer)


# --- who is told ----------------------------------------------------------------------------------


def test_each_other_leader_reads_one_notice_a_day_with_numbers_alone(
    posted, unit, officer, leader, simulator
):
    second = factories.person(Role.APPROVER, unit)
    wording.give_release(unit, officer, by=leader)
    factories.reply_phrase(unit)
    (comment,) = replies.read_comments(posted, by=officer)
    for text in (WORDS, "Trụ sở mở cửa lúc 7 giờ.", "Mời ông đến trụ sở."):
        replies.answer_comment(posted, replies.sign_ticket(posted, comment), text, by=officer)
    Notice.objects.filter(user=leader).update(read_at=timezone.now())
    replies.hide_comment(posted, replies.sign_ticket(posted, comment), by=leader, hidden=True)

    facts = {
        notice.user_id: (notice.facts, notice.read_at is None)
        for notice in Notice.objects.filter(kind="desk_used", user__in=[leader, second])
    }

    counts = {"answered": "1", "own": "2", "shown": "0", "title": str(posted.post)}
    assert facts == {
        leader.pk: (counts | {"hidden": "0"}, False),
        second.pk: (counts | {"hidden": "1"}, True),
    }


# --- the pages ------------------------------------------------------------------------------------


def test_the_leader_approves_releases_and_ends_from_one_page(client, unit, officer, leader):
    row = wording.propose_phrase(WORDS, unit=unit, by=officer)
    client.force_login(leader)
    client.post(reverse("engagement:approve_reply_phrase", args=[row.public_id]))
    client.post(reverse("engagement:give_reply_release"), {"person": officer.public_id})

    shown = client.get(reverse("engagement:reply_words")).text

    assert "Approved by" in shown
    assert f"<strong>{officer}</strong>" in shown
    client.post(
        reverse("engagement:end_reply_release", args=[ReplyRelease.objects.get().public_id])
    )
    client.post(reverse("engagement:end_reply_phrase", args=[row.public_id]))
    assert not ReplyPhrase.objects.usable().exists()
    assert not ReplyRelease.objects.in_force(timezone.now()).exists()


@pytest.mark.parametrize("name", ["approve_reply_phrase", "give_reply_release"])
def test_a_leader_stands_behind_others_words_after_a_proof(
    client, unit, officer, leader, proof_is_old, name
):
    row = wording.propose_phrase(WORDS, unit=unit, by=officer)
    client.force_login(leader)
    proof_is_old(client)
    args = [row.public_id] if "phrase" in name else []

    answer = client.post(reverse(f"engagement:{name}", args=args), {"person": officer.public_id})

    assert "reauthenticate" in answer["Location"]
    assert not ReplyPhrase.objects.usable().exists()
    assert not ReplyRelease.objects.exists()


def test_an_officer_proposes_and_asks_on_that_page_and_releases_nobody(client, unit, officer):
    factories.person(Role.APPROVER, unit)
    client.force_login(officer)
    client.post(reverse("engagement:reply_words"), {"text": WORDS})
    client.post(reverse("engagement:ask_reply_release"))
    answer = client.post(reverse("engagement:give_reply_release"), {"person": officer.public_id})

    assert answer.status_code == 403
    shown = client.get(reverse("engagement:reply_words")).text
    assert "waits for approval" in shown
    assert "Release for a day" not in shown


def test_the_desk_costs_the_same_with_many_answers(
    client, posted, unit, officer, django_assert_num_queries, django_assert_max_num_queries
):
    factories.reply_phrase(unit)
    client.force_login(officer)
    client.get(under(posted))
    with django_assert_max_num_queries(40) as few:
        client.get(under(posted))
    for n in range(5):
        factories.reply_phrase(unit, f"Mời ông bà đến trụ sở, cửa {n}.")
    with django_assert_num_queries(len(few)):
        client.get(under(posted))
