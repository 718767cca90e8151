"""Comments on the page now: shown, answered once, hidden; nothing of them is kept but numbers."""

import asyncio
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Entry
from channels.models import Channel
from channels.queries import account_of
from channels.states import Lifecycle
from core.errors import Refused
from engagement.models import CommentCount, ReplyAllowance, SpentTicket
from engagement.replies import services as replies
from platforms.client import call
from platforms.meta.facebook.connector import Facebook
from publishing.states import State
from retention.services import sweep_technical_rows
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
WORDS, WHO = "Cho tôi hỏi số điện thoại của công an phường?", "Lê Thị Cư Dân"


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit, language="en")


@pytest.fixture
def overseer(unit):
    return factories.person(Role.OVERSEER, unit.parent, language="en")


@pytest.fixture
def opened(unit, overseer, officer):
    """The reply desk is open, and a leader has released the officer's own words."""
    replies.allow_replies(unit.parent, by=overseer, reason="Có cán bộ trực trả lời.")
    factories.reply_release(unit, officer)


@pytest.fixture
def posted(simulator, unit):
    """A post that stands on a page, with a resident's comment under it."""
    channel = factories.connected(simulator, "facebook", unit)
    shown = simulator.post("facebook", channel.external_id, "Công an không gọi điện đòi tiền.")
    post = factories.approved(unit=unit, channels=[channel])
    now = timezone.now()
    delivery = factories.delivery(
        post, channel, state=State.PUBLISHED, remote_id=shown["id"], published_at=now
    )
    simulator.comment(channel.external_id, shown["id"], WORDS, by=WHO)
    return delivery


def under(delivery):
    return reverse("engagement:comments", args=[delivery.public_id])


def ticket_in(page):
    return re.search(r'name="ticket" value="([^"]+)"', page)[1]


def act(client, delivery, what, **more):
    ticket = ticket_in(client.get(under(delivery)).content.decode())
    return client.post(under(delivery), {"ticket": ticket, "act": what, **more})


@pytest.fixture
def ticket(posted, officer, opened):
    """Of the one comment that is shown."""
    (comment,) = replies.read_comments(posted, by=officer)
    return replies.sign_ticket(posted, comment)


def everything_stored() -> str:
    """Return all rows of all tables, as text."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        rows = []
        for table in tables:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            rows += cursor.fetchall()
    return repr(rows)


def test_comments_are_shown_live_without_names_and_only_their_numbers_are_kept(
    client, posted, officer, opened, caplog
):
    client.force_login(officer)

    response = client.get(under(posted))

    shown = response.content.decode()
    assert WORDS in shown
    assert WHO not in shown
    assert "no-store" in response["Cache-Control"]
    count = CommentCount.objects.get(delivery=posted)
    assert (count.answered, count.unanswered, count.hidden) == (0, 1, 0)
    kept = everything_stored()
    assert posted.remote_id in kept  # the search does find what is stored
    assert WORDS not in kept
    assert WHO not in kept
    assert WORDS not in caplog.text


def test_an_answer_stands_on_the_page_and_the_record_says_who_gave_it(
    client, posted, officer, opened, simulator
):
    client.force_login(officer)

    response = act(client, posted, "answer", text="Mời bà gọi 113.")

    assert response.status_code == 302
    shown = client.get(under(posted)).content.decode()
    assert "not answered" not in shown.split("desk-comments")[1]
    assert CommentCount.objects.get(delivery=posted).answered == 1
    entry = Entry.objects.get(action="desk.answered")
    assert entry.actor_id == officer.pk


def test_the_record_leads_to_no_comment(posted, officer, opened, simulator):
    (comment,) = replies.read_comments(posted, by=officer)

    replies.answer_comment(
        posted, replies.sign_ticket(posted, comment), "Mời bà gọi 113.", by=officer
    )

    assert Entry.objects.get(action="desk.answered").data == {}
    assert comment.external_id not in everything_stored()


def cards_on(response):
    return response.text.partition('desk-comments"')[2].split('<li class="desk-comment"')[1:]


def test_each_of_many_comments_is_found_unanswered_ones_first(
    client, posted, officer, opened, simulator
):
    for n in range(105):
        simulator.comment(posted.channel.external_id, posted.remote_id, f"Câu số {n}.", by=WHO)
    lure = simulator.comment(
        posted.channel.external_id, posted.remote_id, "Em nhận lấy lại tiền đã mất, ib em.", by=WHO
    )
    simulator.comment(posted.channel.external_id, posted.remote_id, "Câu mới nhất.", by=WHO)
    client.force_login(officer)

    first, last = client.get(under(posted)), client.get(f"{under(posted)}?page=6")

    assert len(cards_on(first)) == 20
    assert lure["text"] in cards_on(first)[0]
    assert "Read first" in cards_on(first)[0]
    assert "Câu mới nhất." in cards_on(first)[1]
    assert len(cards_on(last)) == 8
    assert WORDS in cards_on(last)[-1]
    assert "108 not answered, 0 answered, 0 hidden" in " ".join(first.text.split())
    assert "Only the newest" not in first.text
    assert CommentCount.objects.get(delivery=posted).unanswered == 108


def test_what_is_not_read_from_the_platform_is_named(
    client, posted, officer, opened, simulator, monkeypatch
):
    monkeypatch.setattr("platforms.meta.facebook.comments.MOST_COMMENTS", 2)
    monkeypatch.setattr("engagement.replies.views.MOST_COMMENTS", 2)
    for n in range(2):
        simulator.comment(posted.channel.external_id, posted.remote_id, f"Câu số {n}.", by=WHO)
    client.force_login(officer)

    shown = client.get(under(posted))

    assert len(cards_on(shown)) == 2
    assert "Only the newest 2 are read here." in shown.text


def test_after_an_answer_its_comment_and_the_answer_stand_first(
    client, posted, officer, opened, simulator
):
    for n in range(25):
        simulator.comment(posted.channel.external_id, posted.remote_id, f"Câu số {n}.", by=WHO)
    client.force_login(officer)
    second = f"{under(posted)}?page=2"
    ticket = ticket_in(cards_on(client.get(second))[-1])

    answered = client.post(second, {"ticket": ticket, "act": "answer", "text": "Mời bà gọi 113."})
    back = client.get(answered["Location"])

    assert answered["Location"].endswith("#about")
    card, *others = cards_on(back)
    assert 'id="about"' in card.split(">")[0]
    assert WORDS in card
    assert "Mời bà gọi 113." in card
    assert len(others) == 5  # the rest of the second page, from which the answer was given


@pytest.fixture
def elsewhere(posted, simulator):
    """Another publication on the same page."""
    shown = simulator.post("facebook", posted.channel.external_id, "Bài khác")
    post = factories.approved(unit=posted.unit, channels=[posted.channel])
    now = timezone.now()
    return factories.delivery(
        post, posted.channel, state=State.PUBLISHED, remote_id=shown["id"], published_at=now
    )


@pytest.mark.parametrize(
    "name",
    [
        lambda posted, comment: comment.external_id,
        lambda posted, comment: posted.remote_id,
        lambda posted, comment: f"{posted.channel.external_id}/feed?x=",
        lambda posted, comment: replies.sign_ticket(posted, comment)[:-1],
    ],
    ids=["a comment's number", "the post itself", "the page's feed", "half a ticket"],
)
def test_nothing_is_written_or_hidden_but_a_comment_that_was_shown(
    posted, officer, opened, simulator, name
):
    (comment,) = replies.read_comments(posted, by=officer)
    asked = simulator.requests()

    with pytest.raises(Refused, match="of another post"):
        replies.answer_comment(posted, name(posted, comment), "Mời bà gọi 113.", by=officer)
    with pytest.raises(Refused, match="of another post"):
        replies.hide_comment(posted, name(posted, comment), by=officer, hidden=True)

    assert simulator.requests() == asked


def test_a_comment_is_answered_only_under_the_post_where_it_was_shown(
    posted, elsewhere, officer, ticket
):
    with pytest.raises(Refused, match="of another post"):
        replies.answer_comment(elsewhere, ticket, "Mời bà gọi 113.", by=officer)


def test_a_form_that_lay_open_for_more_than_a_day_is_not_sent_and_keeps_its_text(
    client, posted, officer, ticket, monkeypatch
):
    client.force_login(officer)
    monkeypatch.setattr(replies, "TICKET_LASTS", -timedelta(seconds=1))

    said = client.post(
        under(posted), {"ticket": ticket, "act": "answer", "text": "Mời bà gọi 113."}
    ).content.decode()

    assert "more than a day old" in said
    assert ">Mời bà gọi 113.</textarea>" in said


def test_a_comment_that_has_slid_out_of_the_list_is_still_answered(
    posted, officer, ticket, monkeypatch
):
    async def none(self, account, external_id):
        return []

    monkeypatch.setattr(Facebook, "list_comments", none)

    replies.answer_comment(posted, ticket, "Mời bà gọi 113.", by=officer)

    assert Entry.objects.filter(action="desk.answered").count() == 1


def test_a_form_that_is_sent_twice_answers_once(client, posted, officer, opened, simulator):
    client.force_login(officer)
    form = {
        "ticket": ticket_in(client.get(under(posted)).content.decode()),
        "act": "answer",
        "text": "Mời bà gọi 113.",
    }

    first, second = client.post(under(posted), form), client.post(under(posted), form)

    assert (first.status_code, second.status_code) == (302, 422)
    said = second.content.decode()
    assert "This was sent already" in said
    assert ">Mời bà gọi 113.</textarea>" in said
    assert Entry.objects.filter(action="desk.answered").count() == 1


def test_of_two_taps_at_once_one_answers(posted, officer, ticket, monkeypatch):
    sent, both = [], threading.Barrier(2, timeout=30)

    async def slow(self, account, comment_id, text):
        sent.append(text)
        await asyncio.sleep(0.3)
        return "1"

    monkeypatch.setattr(Facebook, "reply_to_comment", slow)

    def tap(_):
        try:
            both.wait()
            replies.answer_comment(posted, ticket, "Mời bà gọi 113.", by=officer)
        except Refused:
            return "refused"
        finally:
            connection.close()
        return "answered"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(tap, range(2)))

    assert (outcomes, len(sent)) == (["answered", "refused"], 1)


def test_tickets_that_nobody_could_send_any_more_are_forgotten(posted, officer, ticket):
    SpentTicket.objects.create(key="old", spent_at=timezone.now() - timedelta(days=1, minutes=1))

    replies.hide_comment(posted, ticket, by=officer, hidden=True)
    sweep_technical_rows(["spent-tickets"])

    assert [row.key == "old" for row in SpentTicket.objects.all()] == [False]


def test_a_lost_answer_is_not_repeated_and_what_was_typed_stays(
    client, posted, officer, opened, simulator
):
    client.force_login(officer)
    shown = client.get(under(posted)).content.decode()
    simulator.fault("facebook", "drop_after", operation="any", page=posted.channel.external_id)

    response = client.post(
        under(posted),
        {"ticket": ticket_in(shown), "act": "answer", "text": "Mời bà gọi 113."},
    )

    said = response.content.decode()
    assert response.status_code == 422
    assert "Nobody knows whether the answer came through" in said
    assert "Mời bà gọi 113." in said
    assert not Entry.objects.filter(action="desk.answered").exists()


def test_an_answer_whose_comment_has_gone_meanwhile_can_be_copied(client, posted, officer, ticket):
    client.force_login(officer)
    account, gone = account_of(posted.channel), replies.find_comment_of_ticket(posted, ticket)
    call("facebook", lambda connector: connector.withdraw(account, gone), writes=True)

    response = client.post(
        under(posted), {"ticket": ticket, "act": "answer", "text": "Mời bà\ngọi 113."}
    )

    said = response.content.decode()
    assert response.status_code == 422
    assert "The comment is gone from the page" in said
    assert '<p class="desk-words mb-0">Mời bà\ngọi 113.</p>' in said


def test_an_answer_that_is_refused_after_its_comment_was_hidden_can_be_copied(
    client, posted, officer, ticket
):
    client.force_login(officer)
    act(client, posted, "hide")
    factories.pause(posted.unit)

    said = client.post(
        under(posted), {"ticket": ticket, "act": "answer", "text": "Mời bà gọi 113."}
    ).content.decode()

    assert "Publishing is paused" in said
    assert '<p class="desk-words mb-0">Mời bà gọi 113.</p>' in said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda: Channel.objects.update(lifecycle=Lifecycle.TAKEN_OVER),
            "The page is in other hands",
        ),
        (lambda: ReplyAllowance.objects.all().delete(), "have not opened the reply desk"),
    ],
    ids=["page lost", "desk closed"],
)
def test_an_answer_can_be_copied_where_the_desk_closed_meanwhile(
    client, posted, officer, ticket, change, words
):
    client.force_login(officer)
    change()

    said = client.post(
        under(posted), {"ticket": ticket, "act": "answer", "text": "Mời bà gọi 113."}
    ).content.decode()

    assert said.count(words) == 1
    assert "The comment is gone" not in said
    assert '<p class="desk-words mb-0">Mời bà gọi 113.</p>' in said


def test_a_comment_is_hidden_and_shown_again(client, posted, officer, opened):
    client.force_login(officer)

    act(client, posted, "hide")
    assert (
        CommentCount.objects.filter(delivery=posted).get().hidden == 0
    )  # as it was when the page was read
    client.get(under(posted))
    assert CommentCount.objects.get(delivery=posted).hidden == 1
    act(client, posted, "show")
    client.get(under(posted))

    assert CommentCount.objects.get(delivery=posted).hidden == 0
    assert set(
        Entry.objects.filter(action__startswith="desk.").values_list("action", flat=True)
    ) == {
        "desk.opened",
        "desk.hid",
        "desk.showed",
    }
