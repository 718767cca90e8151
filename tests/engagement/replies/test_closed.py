"""Refuse to answer where the reply desk is closed: not allowed, paused, frozen, in other hands,
lost.
"""

import re
from datetime import timedelta

import pytest
from django.core import serializers
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from channels.models import Channel
from channels.states import Health, Lifecycle
from core.errors import NotAllowed, Refused
from engagement.models import CommentCount, Measurement, ReplyAllowance
from engagement.replies import services as replies
from platforms.meta.facebook.connector import Facebook
from publishing.freeze import freezing
from publishing.models import Delivery, Freeze
from publishing.states import State
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


def test_the_desk_is_closed_until_the_province_opens_it(client, posted, officer, simulator):
    client.force_login(officer)

    said = client.get(under(posted)).content.decode()

    assert "have not opened the reply desk" in said
    assert WORDS not in said
    assert simulator.requests().get("facebook", {}).get("find") is None
    with pytest.raises(NotAllowed):
        replies.answer_comment(posted, "1_2", "Mời bà gọi 113.", by=officer)


def test_the_province_opens_and_closes_it_with_a_reason(client, unit, overseer):
    client.force_login(overseer)
    page, form = (
        reverse("engagement:desk_allowances"),
        {"province": unit.parent.key, "act": "allow"},
    )

    assert client.post(page, form).status_code == 422
    assert client.post(page, {**form, "reason": "Có người trực"}).status_code == 302
    assert replies.has_allowance(unit)
    assert (
        client.post(page, {**form, "act": "forbid", "reason": "Hết người trực"}).status_code == 302
    )
    assert not ReplyAllowance.objects.exists()


def test_nothing_is_answered_during_a_pause_nor_with_a_secrecy_mark(posted, officer, opened):
    with pytest.raises(Refused, match="state secret"):
        replies.answer_comment(posted, "1_2", "TỐI MẬT", by=officer)
    with pytest.raises(Refused, match="private telephone"):
        replies.answer_comment(posted, "1_2", "Gọi anh ấy qua số 0912 345 678", by=officer)
    factories.pause(posted.unit)
    with pytest.raises(Refused, match="paused"):
        replies.answer_comment(posted, "1_2", "Mời bà gọi 113.", by=officer)


def test_a_page_that_rests_is_not_spoken_on_but_what_insults_there_is_hidden(
    posted, officer, ticket
):
    posted.channel.lifecycle = Lifecycle.PAUSED

    with pytest.raises(Refused, match="puts the page to use again"):
        replies.answer_comment(posted, ticket, "Mời bà gọi 113.", by=officer)
    replies.hide_comment(posted, ticket, by=officer, hidden=True)

    assert [comment.hidden for comment in replies.read_comments(posted, by=officer)] == [True]


def test_a_page_that_nobody_has_confirmed_is_not_spoken_on_but_what_insults_there_is_hidden(
    posted, officer, ticket
):
    posted.channel.confirmed_at = None

    with pytest.raises(Refused, match="second person"):
        replies.answer_comment(posted, ticket, "Mời bà gọi 113.", by=officer)
    replies.hide_comment(posted, ticket, by=officer, hidden=True)

    assert [comment.hidden for comment in replies.read_comments(posted, by=officer)] == [True]


def test_nothing_is_answered_while_all_is_frozen_but_what_insults_is_hidden(
    posted, officer, ticket
):
    factories.ministry()
    freezing.freeze(by=None, reason="Kiểm tra")

    with pytest.raises(Refused, match="administrators of the ministry"):
        replies.answer_comment(posted, ticket, "Mời bà gọi 113.", by=officer)
    replies.hide_comment(posted, ticket, by=officer, hidden=True)

    assert [comment.hidden for comment in replies.read_comments(posted, by=officer)] == [True]


def test_a_database_that_was_restored_answers_nobody(posted, officer, ticket):
    factories.ministry()
    freezing.check_database()
    Freeze.objects.update(database="the one before")

    with pytest.raises(Refused, match="administrators of the ministry"):
        replies.answer_comment(posted, ticket, "Mời bà gọi 113.", by=officer)


@pytest.mark.parametrize(
    ("lifecycle", "way_out"),
    [
        (Lifecycle.FROZEN, "confirms that the page is still the unit's"),
        (Lifecycle.TAKEN_OVER, "Once the unit has it back"),
    ],
)
def test_a_page_that_may_be_somebody_elses_has_no_desk(
    client, posted, officer, ticket, lifecycle, way_out
):
    Channel.objects.update(lifecycle=lifecycle)
    posted.channel.refresh_from_db()
    client.force_login(officer)

    for refused in (
        lambda: replies.answer_comment(posted, ticket, "Mời bà gọi 113.", by=officer),
        lambda: replies.hide_comment(posted, ticket, by=officer, hidden=True),
        lambda: replies.read_comments(posted, by=officer),
    ):
        with pytest.raises(Refused, match=way_out):
            refused()
    assert under(posted) not in client.get(reverse("engagement:desks")).content.decode()


def test_a_unit_that_is_no_longer_in_being_says_nothing(posted, officer, ticket):
    today = timezone.localdate()
    posted.unit.valid_to = today + timedelta(days=1)
    assert replies.explain_refusal(posted) == ""

    posted.unit.valid_to = today

    with pytest.raises(Refused, match="handed over"):
        replies.answer_comment(posted, ticket, "Mời bà gọi 113.", by=officer)


@pytest.mark.parametrize(
    "fields",
    [
        {"state": State.RECALLING},
        {"receipt_source": "posted", "remote_id": ""},
        {"receipt_source": "seen", "remote_id": ""},
    ],
    ids=["withdrawn", "posted by hand", "only seen by a person"],
)
def test_there_is_no_desk_where_the_portal_has_no_live_post(posted, opened, fields):
    Delivery.objects.filter(pk=posted.pk).update(**fields)
    posted.refresh_from_db()

    assert replies.explain_refusal(posted)


def test_a_lost_channel_has_no_desk_and_a_dead_token_loses_it(
    client, posted, officer, opened, simulator
):
    client.force_login(officer)
    simulator.kill_tokens("facebook", page=posted.channel.external_id)

    assert client.get(under(posted)).status_code == 200

    posted.channel.refresh_from_db()
    assert posted.channel.health == Health.LOST
    assert replies.explain_refusal(posted)


def test_a_right_that_only_the_desk_needs_loses_no_channel(posted, officer, ticket, simulator):
    simulator.fault("facebook", "refuse", operation="edit", code=200)

    with pytest.raises(Refused, match="lacks the right to do this"):
        replies.hide_comment(posted, ticket, by=officer, hidden=True)

    posted.channel.refresh_from_db()
    assert posted.channel.health == Health.CONNECTED


@pytest.mark.parametrize("odd", [KeyError, TypeError, AttributeError, ValueError, IndexError])
def test_an_answer_that_nobody_can_read_is_a_refusal_and_leaves_no_words_in_the_log(
    client, posted, officer, opened, monkeypatch, caplog, odd
):
    async def comments(*_):
        raise odd(f"{WHO}: {WORDS}")

    monkeypatch.setattr(Facebook, "list_comments", comments)
    client.force_login(officer)

    page = client.get(under(posted))

    assert page.status_code == 200
    assert "The platform did not answer" in page.text
    assert odd.__name__ in caplog.text
    assert WORDS not in caplog.text
    assert WHO not in caplog.text


def test_an_answer_whose_outcome_nobody_can_read_is_unknown(
    posted, officer, ticket, monkeypatch, caplog
):
    async def answer(*_):
        raise KeyError(WORDS)

    monkeypatch.setattr(Facebook, "reply_to_comment", answer)

    with pytest.raises(replies.UnknownAnswer):
        replies.answer_comment(posted, ticket, "Gọi 113.", by=officer)
    assert WORDS not in caplog.text


def test_no_model_has_a_place_for_a_comments_words_or_writer():
    names = {field.name for field in CommentCount._meta.get_fields()}
    assert names == {"delivery", "answered", "unanswered", "hidden", "taken_at"}
    assert "text" not in serializers.serialize("json", CommentCount.objects.all())


def test_the_list_leads_to_each_desk_and_costs_the_same_for_many(
    client, posted, officer, opened, django_assert_max_num_queries
):
    client.force_login(officer)
    client.get(under(posted))
    client.get(reverse("engagement:desks"))  # the session's first page

    with django_assert_max_num_queries(20):
        shown = client.get(reverse("engagement:desks")).content.decode()

    assert under(posted) in shown
    assert "1 not answered, 0 answered, 0 hidden" in shown


def test_the_list_names_a_post_once_and_begins_where_most_comments_wait(
    client, posted, unit, officer, opened, simulator
):
    now = timezone.now()

    def publish(post, channel, comments, **seen):
        delivery = factories.delivery(
            post, channel, state=State.PUBLISHED, remote_id=f"{post.pk}-{channel.pk}",
            published_at=now,
        )  # fmt: skip
        Measurement.objects.create(delivery=delivery, taken_at=now, comments=comments)
        if seen:
            CommentCount.objects.create(delivery=delivery, taken_at=now, hidden=0, **seen)
        return delivery

    channels = [posted.channel, factories.connected(simulator, "threads", unit)]
    done, busy = (factories.approved(unit=unit, channels=channels) for _n in range(2))
    publish(done, channels[0], 3, answered=3, unanswered=0)
    quiet, loud = publish(busy, channels[0], 0), publish(busy, channels[1], 112)
    come = publish(done, channels[1], 40, answered=1, unanswered=0)  # 39 since somebody looked
    client.force_login(officer)

    shown = client.get(reverse("engagement:desks")).text

    places = [shown.index(under(delivery)) for delivery in (loud, quiet, come, posted)]
    assert places == sorted(places)
    assert shown.count(f">{busy}</h2>") == 1
    assert shown.count("The platform counts") == 1
    assert "The platform counts 40 now." in shown


def test_the_list_names_a_post_that_nobody_has_measured_or_seen(client, posted, officer, opened):
    client.force_login(officer)
    shown = client.get(reverse("engagement:desks"))
    assert (shown.status_code, "Nobody has looked yet" in shown.text) == (200, True)
    assert not Measurement.objects.exists()
