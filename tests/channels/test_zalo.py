"""Zalo's own: errors in successful answers, articles as jobs, refresh tokens that work once."""

import asyncio
import itertools
from datetime import timedelta

import pytest

from channels.connectors.base import AccessLost, Connector, OutcomeUnknown, Rejected, TryLater
from channels.connectors.zalo import Room, Zalo

TABLE = [
    (-32, "Your application has reached the limit", TryLater),
    (-200, "Send failed", TryLater),
    (-201, "title is invalid!", Rejected),
    (-204, "OA deleted", AccessLost),
    (-205, "OA does not exist", AccessLost),
    (-209, "app not active", Rejected),
    (-210, "title is above the allowed size", Rejected),
    (-211, "quota used up", TryLater),
    (-212, "not registered", Rejected),
    (-214, "Article is being processed", TryLater),
    (-216, "Access token is invalid", AccessLost),
    (-219, "app removed", AccessLost),
    (-220, "access_token is expired or removed", AccessLost),
    (-221, "OA must be verified", Rejected),
    (-223, "OA has not authorised this API", AccessLost),
    (-223, "reach the limit quota create article", TryLater),
    (-224, "needs a higher package", Rejected),
    (-242, "appsecret_proof", Rejected),
    (-248, "violates the platform's standards", Rejected),
    (-14014, "Invalid refresh token", AccessLost),
]


@pytest.fixture
def zalo(platform_of):
    return platform_of("zalo")


@pytest.mark.parametrize(("code", "words", "expected"), TABLE)
def test_each_code_is_the_error_that_the_contract_says(code, words, expected):
    error = Zalo(None).error_for(200, {"error": code, "message": words}, changes=True)

    assert type(error) is expected


def test_the_limit_of_a_minute_is_waited_out():
    wait = Zalo(None).error_for(200, {"error": -32, "message": ""}, changes=True).wait

    assert timedelta(0) < wait <= timedelta(seconds=61)


@pytest.mark.parametrize("pending", ["-214", "without id"])
def test_a_job_is_asked_after_until_it_is_done(zalo, pending):
    zalo.simulator.settings(zalo_job_seconds=0.5, zalo_pending=pending)

    receipt = zalo.publish(zalo.message())

    assert [post["id"] for post in zalo.visible] == [receipt.external_id]


def test_a_job_that_does_not_end_in_time_is_a_delay_while_staging_and_doubt_while_showing(zalo, monkeypatch):
    message = zalo.message()
    draft = zalo.stage(message)
    zalo.simulator.settings(zalo_job_seconds=60)
    monkeypatch.setattr(Connector, "deadline", timedelta(seconds=0.3))

    with pytest.raises(TryLater):
        zalo.stage(message)
    with pytest.raises(OutcomeUnknown):
        zalo.commit(message, draft)


def test_a_hiccup_while_asking_after_a_job_changes_nothing(zalo):
    message = zalo.message()
    draft = zalo.stage(message)
    zalo.fault("rate_limit", operation="verify")
    zalo.fault("error_before", operation="verify")

    assert zalo.commit(message, draft).external_id == draft


def test_losing_access_while_the_job_runs_is_doubt(zalo):
    message = zalo.message()
    draft = zalo.stage(message)
    zalo.fault("expired_token", operation="verify")

    with pytest.raises(OutcomeUnknown):
        zalo.commit(message, draft)


def test_a_picture_that_cannot_be_fetched_says_nothing_of_the_article(zalo):
    zalo.picture_url = f"{zalo.simulator.url}/media/none"

    with pytest.raises(TryLater):
        zalo.publish(zalo.message())


def test_an_article_without_a_picture_is_refused_before_anything_is_sent(zalo):
    with pytest.raises(Rejected):
        zalo.publish(zalo.message(pictures=0))

    assert zalo.simulator.truth("zalo", zalo.id) == []


def test_a_long_author_and_a_long_text_are_shortened_where_zalo_wants_them_short(zalo):
    message = zalo.message("Một đoạn dài. " * 60, author="Công an phường " + "rất dài " * 10)

    assert zalo.publish(message).external_id


def test_emphasis_is_written_with_the_tags_that_zalo_knows(zalo):
    zalo.publish(zalo.message(html="<p><strong>Không</strong> chuyển <em>tiền</em></p>"))

    assert zalo.visible[0]["text"] == "<p><b>Không</b> chuyển <i>tiền</i></p>"


def test_plain_text_is_escaped_in_an_article(zalo):
    zalo.publish(zalo.message("1 < 2 & 3"))

    assert zalo.visible[0]["text"] == "<p>1 &lt; 2 &amp; 3</p>"


def test_a_refresh_gives_a_new_pair_and_the_old_one_is_refused(zalo):
    tokens = zalo.call("refresh", zalo.account)

    assert tokens.lifetime == timedelta(hours=25)
    assert zalo.call("refresh", zalo.account_with(tokens.token, tokens.refresh_token)).token
    with pytest.raises(AccessLost):
        zalo.call("refresh", zalo.account)


def test_a_lost_answer_to_a_refresh_is_doubt(zalo):
    zalo.simulator.fault("zalo", "drop_after", operation="token")

    with pytest.raises(OutcomeUnknown):
        zalo.call("refresh", zalo.account)


def test_an_account_whose_badge_is_gone_lacks_a_right(zalo, serve):
    answer = b'{"data": {"oaid": "1", "name": "A", "is_verified": false}, "error": 0}'
    base = serve(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))

    assert list(zalo.call("profile", zalo.account_with("AT", base_url=base)).missing) == ["oa_verified"]


def room_after(takes, per_minute):
    """How long the last taker is sent away for, each in seconds; None for those who found room."""

    async def run():
        room, told = Room(), []
        for calls in takes:
            try:
                await room.take(calls, per_minute)
                told.append(None)
            except TryLater as error:
                told.append(round(error.wait.total_seconds()))
        return told

    return asyncio.run(run())


def test_a_quarter_of_the_minute_s_calls_may_go_at_once():
    assert room_after([1000], 4000) == [None]


def test_who_must_wait_long_comes_back_in_a_row_and_not_in_a_crowd():
    first, *sent_away = room_after([3000, 467, 467, 467], 4000)

    assert first is None
    assert [b - a for a, b in itertools.pairwise(sent_away)] == [10, 10]
    assert sent_away[0] > Room.LONGEST_WAIT


def test_without_a_limit_nobody_waits():
    assert room_after([10**9, 10**9], 0) == [None, None]
