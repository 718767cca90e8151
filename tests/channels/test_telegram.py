"""Telegram's own: descriptions instead of codes, albums of many messages, private channels."""

import pytest

from channels.connectors.base import AccessLost, OutcomeUnknown, Rejected, TryLater
from channels.connectors.telegram import Telegram

TABLE = [
    (400, "Bad Request: chat not found", AccessLost),
    (400, "Bad Request: need administrator rights in the channel chat", AccessLost),
    (400, "Bad Request: not enough rights to send text messages to the chat", AccessLost),
    (400, "Bad Request: message text is empty", Rejected),
    (400, "Bad Request: message is too long", Rejected),
    (400, "Bad Request: PHOTO_INVALID_DIMENSIONS", Rejected),
    (400, 'Bad Request: Failed to send message #2 with the error message "x"', OutcomeUnknown),
    (400, "Bad Request: Group send failed", OutcomeUnknown),
    (401, "Unauthorized", AccessLost),
    (403, "Forbidden: bot was kicked from the channel chat", AccessLost),
    (404, "Not Found", AccessLost),
    (413, "Request Entity Too Large", Rejected),
    (500, "Internal Server Error: restart", OutcomeUnknown),
]


@pytest.fixture
def telegram(platform_of):
    return platform_of("telegram")


@pytest.mark.parametrize(("status", "words", "expected"), TABLE)
def test_each_description_is_the_error_that_the_contract_says(status, words, expected):
    body = {"ok": False, "error_code": status, "description": words}

    assert type(Telegram(None).error_for(status, body, changes=True)) is expected


def test_flood_control_waits_exactly_as_long_as_it_says():
    body = {"ok": False, "error_code": 429, "description": "Too Many", "parameters": {"retry_after": 35}}
    error = Telegram(None).error_for(429, body, changes=True)

    assert (type(error), error.wait.total_seconds()) == (TryLater, 35)


def test_an_answer_of_nginx_is_doubt(telegram):
    telegram.fault("error_after", operation="publish", status=502)

    with pytest.raises(OutcomeUnknown):
        telegram.publish(telegram.message())


def test_an_album_keeps_the_ids_of_all_its_messages(telegram):
    receipt = telegram.publish(telegram.message(pictures=3))

    (seen,) = telegram.visible
    assert receipt.external_id == ",".join(str(each) for each in seen["message_ids"])
    assert receipt.permalink == seen["permalink"]


def test_characters_that_are_markup_elsewhere_arrive_as_they_are(telegram):
    telegram.publish(telegram.message("1 < 2 & <b>đậm</b> *sao* _gạch_"))

    assert telegram.visible[0]["text"] == "1 < 2 & <b>đậm</b> *sao* _gạch_"


def test_a_channel_without_a_name_has_addresses_for_its_members(telegram):
    account = telegram.account_with(telegram.token, handle="")

    receipt = telegram.commit(telegram.message(), account=account)

    place = f"c/{telegram.id.removeprefix('-100')}"
    assert receipt.permalink == f"{telegram.app['link_url']}/{place}/{receipt.external_id}"


def test_a_bot_that_was_thrown_out_has_lost_access(telegram):
    telegram.simulator.kill_tokens("telegram", page=telegram.id)

    with pytest.raises(AccessLost):
        telegram.call("profile", telegram.account)


def test_a_bot_that_never_was_administrator_lacks_its_rights(telegram, serve):
    chat = b'{"ok": true, "result": {"id": -1001, "title": "A", "status": "member"}}'
    base = serve(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(chat), chat))

    profile = telegram.call("profile", telegram.account_with(telegram.token, base_url=base))

    assert list(profile.missing) == ["can_post_messages", "can_delete_messages"]


def test_something_that_is_no_token_is_never_put_into_an_address(telegram):
    with pytest.raises(AccessLost):
        telegram.call("offers", telegram.app, {"token": "../../evil", "chat": "@a"})

    assert telegram.simulator.requests()["telegram"] == {}
