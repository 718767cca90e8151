"""The stand-in of Telegram before a client that others wrote for the real one: python-telegram-bot
reads every answer into its own types, and knows every error by its own class.
"""

import asyncio
import io
import logging

import pytest
from telegram import Bot, InputMediaPhoto, InputMediaVideo, LinkPreviewOptions
from telegram.error import BadRequest, Forbidden, InvalidToken, RetryAfter

from simulator import images
from tests.videos import video_file


@pytest.fixture(autouse=True)
def _as_the_next_version_tells_times(monkeypatch):
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    monkeypatch.setattr(
        logging.getLogger("httpx"), "disabled", True
    )  # it writes addresses, and those hold the token


@pytest.fixture
def channel(simulator):
    simulator.settings(telegram_limits=False)
    return simulator.page("telegram", username="benNang")


@pytest.fixture
def call_client(simulator, channel):
    """Run one call of the client's and return what it made of the answer."""

    def run(call, *, token=channel["tokens"]["bot_token"]):
        async def work():
            base = f"{simulator.url}/telegram"
            async with Bot(token, base_url=f"{base}/bot", base_file_url=f"{base}/file/bot") as bot:
                return await call(bot)

        return asyncio.run(work())

    return run


def test_the_bot_and_its_rights_are_read(call_client, channel):
    chat_id = channel["external_id"]

    async def look(bot):
        return await bot.get_chat(chat_id), await bot.get_chat_member(chat_id, bot.id), bot.username

    chat, member, name = call_client(look)

    assert (chat.id, chat.type, chat.username, name) == (
        int(chat_id),
        "channel",
        "benNang",
        "outreach_bot",
    )
    assert (member.status, member.can_post_messages, member.can_delete_messages) == (
        "administrator",
        True,
        True,
    )
    assert call_client(lambda bot: bot.get_chat_member_count(chat_id)) == 1000


def test_a_text_with_marks_and_a_card(call_client, simulator, channel):
    sent = call_client(
        lambda bot: bot.send_message(
            channel["external_id"],
            '<b>Không</b> 🎉 <a href="https://x.vn/a">xem</a>',
            parse_mode="HTML",
            link_preview_options=LinkPreviewOptions(url="https://x.vn/b"),
            disable_notification=True,
        )
    )

    assert (sent.text, sent.chat.title, sent.sender_chat.id) == (
        "Không 🎉 xem",
        channel["name"],
        int(channel["external_id"]),
    )
    assert sent.parse_entities() == dict(zip(sent.entities, ["Không", "xem"], strict=True))
    assert sent.link_preview_options.url == "https://x.vn/b"
    assert [(post["id"], post["silent"]) for post in simulator.visible("telegram")] == [
        (str(sent.message_id), True)
    ]


def test_a_photo(call_client, channel):
    sent = call_client(
        lambda bot: bot.send_photo(
            channel["external_id"],
            images.make_plain_png(1),
            caption="<i>Ảnh</i>",
            parse_mode="HTML",
            filename="a.png",
        )
    )

    assert (sent.caption, sent.photo[-1].width, sent.photo[-1].height) == ("Ảnh", 64, 48)
    assert [entity.type for entity in sent.caption_entities] == ["italic"]


def test_a_video_with_its_measures_and_pictures(call_client, simulator, channel):
    data = video_file()
    sent = call_client(
        lambda bot: bot.send_video(
            channel["external_id"],
            io.BytesIO(data),
            caption="Phim",
            width=360,
            height=640,
            duration=2,
            cover=images.make_plain_png(3),
            supports_streaming=True,
        )
    )

    assert (sent.video.width, sent.video.height, sent.video.duration.total_seconds()) == (
        360,
        640,
        2,
    )
    assert (sent.video.file_size, sent.video.mime_type) == (len(data), "video/mp4")
    assert "cover" in simulator.visible("telegram")[0]["about"][0]


def test_an_album_of_pictures_and_videos_and_its_deletion(call_client, simulator, channel):
    media = [
        InputMediaPhoto(images.make_plain_png(1), caption="<b>Hai</b>", parse_mode="HTML"),
        InputMediaVideo(video_file()),
    ]

    sent = call_client(lambda bot: bot.send_media_group(channel["external_id"], media))

    assert [message.message_id for message in sent] == simulator.visible("telegram")[0][
        "message_ids"
    ]
    assert len({message.media_group_id for message in sent}) == 1
    assert ([message.caption for message in sent], sent[1].video is None) == (["Hai", None], False)
    ids = [message.message_id for message in sent]
    assert call_client(lambda bot: bot.delete_messages(channel["external_id"], ids)) is True
    assert simulator.visible("telegram") == []


def test_editing_and_deleting(call_client, simulator, channel):
    async def edit(bot):
        sent = await bot.send_message(channel["external_id"], "Cũ")
        changed = await bot.edit_message_text("Mới", channel["external_id"], sent.message_id)
        with pytest.raises(BadRequest, match="not modified"):
            await bot.edit_message_text("Mới", channel["external_id"], sent.message_id)
        deleted = await bot.delete_message(channel["external_id"], sent.message_id)
        with pytest.raises(BadRequest, match="Message to delete not found"):
            await bot.delete_message(channel["external_id"], sent.message_id)
        return changed, deleted

    changed, deleted = call_client(edit)

    assert (changed.text, changed.edit_date is None, deleted) == ("Mới", False, True)
    assert simulator.visible("telegram") == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("<p>a</p>", 'unsupported start tag "p"'),
        ("a" * 4097, "message is too long"),
        ("", "message text is empty"),
    ],
)
def test_a_refusal_is_a_bad_request(call_client, channel, text, complaint):
    with pytest.raises(BadRequest) as caught:
        call_client(lambda bot: bot.send_message(channel["external_id"], text, parse_mode="HTML"))

    assert complaint in str(caught.value).lower()


def test_a_channel_that_is_not_there(call_client):
    with pytest.raises(BadRequest, match="Chat not found"):
        call_client(lambda bot: bot.send_message(-100999, "a"))


def test_a_bot_that_was_thrown_out_is_forbidden(call_client, simulator, channel):
    simulator.kill_tokens("telegram", page=channel["external_id"])

    with pytest.raises(Forbidden):
        call_client(lambda bot: bot.send_message(channel["external_id"], "a"))


def test_too_many_messages_are_a_wait(call_client, simulator, channel):
    simulator.fault("telegram", "rate_limit", operation="publish", retry_after=35)

    with pytest.raises(RetryAfter) as caught:
        call_client(lambda bot: bot.send_message(channel["external_id"], "a"))

    assert caught.value.retry_after.total_seconds() == 35


def test_a_token_that_is_none(call_client):
    with pytest.raises(InvalidToken):
        call_client(
            lambda bot: bot.get_me(), token="123456789:AAwrongwrongwrongwrongwrongwrongwron"
        )
