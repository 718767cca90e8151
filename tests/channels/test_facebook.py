"""Facebook's own: its error table, duplicates, metrics that are retired, and the page's allowance."""

import json
from datetime import timedelta

import pytest

from channels.connectors.base import AccessLost, OutcomeUnknown, Rejected, TryLater
from channels.connectors.facebook import Facebook

TABLE = [
    (1, None, OutcomeUnknown, TryLater),
    (2, None, OutcomeUnknown, TryLater),
    (3, None, Rejected, Rejected),
    (4, None, TryLater, TryLater),
    (10, None, AccessLost, AccessLost),
    (17, None, TryLater, TryLater),
    (32, None, TryLater, TryLater),
    (100, None, Rejected, Rejected),
    (100, 33, Rejected, Rejected),
    (102, None, AccessLost, AccessLost),
    (190, 458, AccessLost, AccessLost),
    (190, 463, AccessLost, AccessLost),
    (200, None, AccessLost, AccessLost),
    (210, None, AccessLost, AccessLost),
    (341, None, TryLater, TryLater),
    (368, 1390008, Rejected, Rejected),
    (506, 1455006, OutcomeUnknown, Rejected),
    (613, None, TryLater, TryLater),
    (803, None, Rejected, Rejected),
    (80001, 2446079, TryLater, TryLater),
    (1363047, None, OutcomeUnknown, TryLater),
    (1366046, None, Rejected, Rejected),
    (1404078, None, AccessLost, AccessLost),
    (1404102, None, Rejected, Rejected),
    (1609005, None, TryLater, TryLater),
]


@pytest.fixture
def facebook(platform_of):
    return platform_of("facebook")


@pytest.mark.parametrize(("code", "subcode", "visible", "harmless"), TABLE)
def test_each_code_is_the_error_that_the_contract_says(code, subcode, visible, harmless):
    body = {"error": {"message": "words", "code": code, "error_subcode": subcode}}

    found = [Facebook(None).error_for(400, body, changes=changes) for changes in (True, False)]

    assert [type(error) for error in found] == [visible, harmless]


def test_transient_does_not_mean_that_nothing_was_posted():
    body = {"error": {"message": "words", "code": 99, "is_transient": True}}

    assert type(Facebook(None).error_for(400, body, changes=True)) is OutcomeUnknown


def test_a_limit_without_a_time_is_an_hour():
    error = Facebook(None).error_for(400, {"error": {"message": "", "code": 4}}, changes=True)

    assert error.wait == timedelta(hours=1)


def test_a_success_that_says_false_is_doubt(facebook, serve):
    answer = b'{"success": false}'
    base = serve(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))
    account = facebook.account_with(facebook.token, base_url=base)

    with pytest.raises(OutcomeUnknown):
        facebook.commit(facebook.message(), "1_2", account=account)


def test_a_duplicate_that_is_our_own_draft_is_the_receipt(facebook):
    """An earlier try went through although its answer was lost: 506 is the proof."""
    message = facebook.message()
    draft = facebook.stage(message)
    receipt = facebook.commit(message, draft)
    facebook.fault("duplicate", operation="publish")

    assert facebook.commit(message, draft) == receipt


def test_a_duplicate_of_another_post_is_refused(facebook):
    message = facebook.message()
    facebook.publish(message)

    with pytest.raises(Rejected):
        facebook.publish(message)

    assert len(facebook.visible) == 1


def test_a_duplicate_that_cannot_be_looked_up_stays_doubt(facebook):
    draft = facebook.stage(facebook.message())
    facebook.fault("duplicate", operation="publish")
    facebook.fault("error_before", operation="find")

    with pytest.raises(OutcomeUnknown):
        facebook.commit(facebook.message(), draft)


def test_an_address_that_cannot_be_read_does_not_put_the_post_in_doubt(facebook, serve):
    answer = b'{"success": true}'
    base = serve(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))
    account = facebook.account_with(facebook.token, base_url=base)

    receipt = facebook.commit(facebook.message(), "1_2", account=account)

    assert (receipt.external_id, receipt.permalink) == ("1_2", "")


def test_one_dead_metric_never_empties_the_rest(facebook, monkeypatch):
    receipt = facebook.publish(facebook.message())
    dead = {"post_media_view": "views", "post_impressions_unique": "reach"}
    monkeypatch.setattr("channels.connectors.facebook._INSIGHTS", dead)
    facebook.simulator.advance(86_400)

    (figures,) = facebook.call("measure", facebook.account, [receipt.external_id]).values()

    assert figures.reach is None
    assert figures.views > 0
    assert None not in (figures.reactions, figures.comments, figures.shares)


def test_counting_stops_while_most_of_the_page_s_calls_are_used_up(facebook):
    receipt = facebook.publish(facebook.message())
    facebook.simulator.settings(facebook_calls_per_day=10)

    async def twice(connector):
        await connector.measure(facebook.account, [receipt.external_id] * 3)
        await connector.measure(facebook.account, [receipt.external_id])

    from channels.network import ask

    with pytest.raises(TryLater):
        ask("facebook", twice)


def test_the_list_is_walked_to_its_end(facebook, monkeypatch):
    """A busy page: the post that is looked for stands beyond the first page of the list."""
    from datetime import UTC, datetime

    start = datetime.now(UTC)
    message = facebook.message()
    receipt = facebook.publish(message)
    for number in range(101):
        facebook.simulator.post("facebook", facebook.id, f"Bài {number}")

    assert facebook.find(message, since=start) == receipt


def test_a_proof_goes_with_every_call_and_no_token_stands_in_an_address(facebook):
    facebook.simulator.settings(facebook_require_proof=True)

    assert facebook.publish(facebook.message()).external_id


def test_the_usage_header_is_read_and_a_broken_one_is_passed_over():
    told = {"X-Business-Use-Case-Usage": json.dumps({"1": [{"call_count": 97, "estimated_time_to_regain_access": 7}]})}
    connector = Facebook(None)

    connector.note_usage(told)
    connector.note_usage({"X-Business-Use-Case-Usage": "{"})

    assert connector.usage == {"1": 97}
    assert connector.wait_told(told) == timedelta(minutes=7)
