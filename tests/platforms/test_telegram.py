"""Telegram's own: descriptions instead of codes, marks, albums of many messages, private
channels.
"""

import hashlib
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platforms.errors import AccessLost, OutcomeUnknown, Rejected, TryLater
from platforms.limits import extract_visible_text, find_problems
from platforms.messages import Image, Video
from platforms.telegram.connector import Telegram
from platforms.telegram.markup import to_rich_html, to_telegram_html
from posts.canonical import html as canonical_html
from simulator import images
from simulator.platforms.telegram import html as telegram_html
from simulator.platforms.telegram import rich_messages
from tests.posts.canonical.test_content import MESSES
from tests.videos import video_file

TABLE = [
    (400, "Bad Request: chat not found", AccessLost),
    (400, "Bad Request: CHAT_ID_INVALID", AccessLost),
    (400, "Bad Request: chat_id is empty", AccessLost),
    (400, "Bad Request: group chat was upgraded to a supergroup chat", AccessLost),
    (400, "Bad Request: need administrator rights in the channel chat", AccessLost),
    (400, "Bad Request: not enough rights to send text messages to the chat", AccessLost),
    (400, "Bad Request: message text is empty", Rejected),
    (400, "Bad Request: message is too long", Rejected),
    (400, "Bad Request: message caption is too long", Rejected),
    (400, "Bad Request: text is too long", Rejected),
    (
        400,
        'Bad Request: can\'t parse entities: Unsupported start tag "p" at byte offset 0',
        Rejected,
    ),
    (400, "Bad Request: IMAGE_PROCESS_FAILED", Rejected),
    (400, "Bad Request: file is too big", Rejected),
    (400, "Bad Request: Photo has unsupported extension", Rejected),
    (400, "Bad Request: can't use the media of the specified type in the album", Rejected),
    (400, "Bad Request: message can't be deleted", Rejected),
    (400, "Bad Request: PHOTO_INVALID_DIMENSIONS", Rejected),
    (400, 'Bad Request: Failed to send message #2 with the error message "x"', OutcomeUnknown),
    (400, "Bad Request: Group send failed", OutcomeUnknown),
    (401, "Unauthorized", AccessLost),
    (403, "Forbidden: bot was kicked from the channel chat", AccessLost),
    (403, "Forbidden: bot is not a member of the channel chat", AccessLost),
    (404, "Not Found", AccessLost),
    (404, "Not Found: method not found", Rejected),  # by a server of one's own that is too old
    (413, "Request Entity Too Large", Rejected),
    (421, "Misdirected Request: unallowed token specified", AccessLost),
    (429, "Too Many Requests", TryLater),
    (500, "Internal Server Error: restart", OutcomeUnknown),
    (502, "Bad Gateway", OutcomeUnknown),
    (200, "half an answer", OutcomeUnknown),
]


@pytest.fixture
def telegram(platform_of):
    return platform_of("telegram")


@pytest.mark.parametrize(("status", "words", "expected"), TABLE)
def test_each_description_is_the_error_that_the_contract_says(status, words, expected):
    body = {"ok": False, "error_code": status, "description": words}

    assert type(Telegram(None).error_for(status, body, writes=True)) is expected


def test_flood_control_waits_a_second_longer_than_it_says():
    body = {
        "ok": False,
        "error_code": 429,
        "description": "Too Many",
        "parameters": {"retry_after": 35},
    }
    error = Telegram(None).error_for(429, body, writes=True)

    assert (type(error), error.wait.total_seconds()) == (TryLater, 36)


def test_an_answer_of_nginx_is_unknown(telegram):
    telegram.fault("error_after", operation="publish", status=502)

    with pytest.raises(OutcomeUnknown):
        telegram.publish(telegram.message())


def test_an_album_keeps_the_ids_of_all_its_messages(telegram):
    receipt = telegram.publish(telegram.message(pictures=3))

    (seen,) = telegram.visible
    assert receipt.external_id == ",".join(str(number) for number in seen["message_ids"])
    assert receipt.permalink == seen["permalink"]


def test_an_album_whose_second_item_came_too_soon_is_unknown(telegram):
    telegram.fault("process_error", operation="publish", retry_after=35)

    with pytest.raises(OutcomeUnknown):
        telegram.publish(telegram.message(pictures=3))

    (seen,) = telegram.visible
    assert len(seen["media"]) == 1


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
        telegram.call("read_profile", telegram.account)


def test_a_bot_that_never_was_administrator_lacks_its_rights(telegram, serve):
    chat = b'{"ok": true, "result": {"id": -1001, "title": "A", "status": "member"}}'
    base = serve(
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(chat), chat)
    )

    profile = telegram.call("read_profile", telegram.account_with(telegram.token, base_url=base))

    assert list(profile.missing) == ["can_post_messages", "can_delete_messages"]


def test_something_that_is_no_token_is_never_put_into_an_address(telegram):
    with pytest.raises(AccessLost):
        telegram.call("list_connectable_pages", telegram.app, {"token": "../../evil", "chat": "@a"})

    assert telegram.simulator.requests()["telegram"] == {}


# --- marks ----------------------------------------------------------------------------------------

BODY = (
    "<h2>Nhận biết</h2><p><strong>Không</strong> chuyển <em>tiền</em>, 1 &lt; 2 &amp; "
    "3.</p><ul><li>một</li><li>"
    '<u>hai</u></li></ul><p>Xem <a href="https://x.vn/?a=1&amp;b=2">trang này</a>, gọi '
    '<a href="tel:113">113</a>.</p>'
)
READ = "Nhận biết\n\nKhông chuyển tiền, 1 < 2 & 3.\n\n- một\n- hai\n\nXem trang này, gọi 113."


def test_the_officers_marks_arrive_as_telegrams_own(telegram):
    telegram.publish(telegram.message("bare", html=BODY))

    (seen_there,) = telegram.visible
    assert seen_there["text"] == READ
    assert [
        (entity["type"], READ[entity["offset"] :][: entity["length"]])
        for entity in seen_there["entities"]
    ] == [
        ("bold", "Nhận biết"),
        ("bold", "Không"),
        ("italic", "tiền"),
        ("underline", "hai"),
        ("text_link", "trang này"),
    ]
    assert seen_there["entities"][-1]["url"] == "https://x.vn/?a=1&b=2"


@pytest.mark.parametrize(
    ("body", "markup"),
    [
        ("<strong><p>a</p><p>b</p></strong>", "<b>a\n\nb</b>"),
        ("<p><strong>a<em>b</strong>c</em></p>", "<b>a<i>b</i></b><i>c</i>"),
        ("<ol><li>một</li><li>hai<ul><li>trong</li></ul></li></ol>", "1. một\n2. hai\n- trong"),
        ("<p>viết <a href='mailto:a@b.vn'>cho chúng tôi</a></p>", "viết cho chúng tôi (a@b.vn)"),
        ("<p>  a \n b<br> c </p>", "a b\nc"),
        (
            "<a href='https://x.vn/\"&gt;<b>'>a</a>",
            '<a href="https://x.vn/&quot;&gt;&lt;b&gt;">a</a>',
        ),
    ],
)
def test_what_telegram_knows_is_kept_and_the_rest_becomes_text(body, markup):
    assert to_telegram_html(body) == markup


@given(st.one_of(MESSES, st.text(max_size=40)))
def test_whatever_officers_write_telegram_can_read_it(mess):
    text, _entities = telegram_html.parse(to_telegram_html(canonical_html.clean(mess)))

    assert (
        text
        == extract_visible_text(Telegram.facts.formats[0], "", canonical_html.clean(mess)).strip()
    )


@given(st.one_of(MESSES, st.text(max_size=40)).map(lambda mess: mess.replace("<a", "<b")))
def test_without_its_marks_it_is_the_plain_text(mess):
    clean = canonical_html.clean(mess)

    assert _lines(extract_visible_text(Telegram.facts.formats[0], "", clean)) == _lines(
        canonical_html.to_plain_text(clean)
    )


def _lines(text):
    """Split the text into lines of words, without the rarer blanks at their ends, of which the two
    make different things."""
    return [line.split() for line in text.strip().split("\n")]


def test_what_counts_is_what_is_read(telegram):
    form = telegram.facts.formats[0]
    longest = (
        f"<p><strong>{'ế' * 1020}</strong> <a "
        f'href="https://congan.example/{"x" * 99}">1&amp;2</a></p>'
    )
    message = telegram.message("a" * 1200, html=longest, pictures=1)

    telegram.publish(message)
    over = replace(message, html=longest.replace("1&amp;2", "1&amp;23"))

    assert [len(post["text"]) for post in telegram.visible] == [1024]
    assert find_problems(form, message) == []
    assert [(problem.rule, problem.n) for problem in find_problems(form, over)] == [
        ("text_long", 1)
    ]
    with pytest.raises(Rejected):
        telegram.publish(over)


@pytest.mark.parametrize(
    ("pictures", "plain", "left"), [(0, "Xem (https://x.vn)", None), (1, "a" * 1025, READ)]
)
def test_markup_that_telegram_cannot_read_goes_out_plain_once(
    telegram, monkeypatch, caplog, pictures, plain, left
):
    monkeypatch.setattr(
        "platforms.telegram.messages.to_telegram_html", lambda body: f"<p>{body}</p>"
    )

    telegram.publish(telegram.message(plain, html=BODY, pictures=pictures))

    (there,) = telegram.visible
    assert (there["text"], there["entities"]) == (left or plain, [])
    assert [record.getMessage() for record in caplog.records] == ["Telegram cannot read our markup"]


def test_a_long_text_goes_out_as_paragraphs_with_their_marks(telegram):
    html = f"<h2>Cảnh giác</h2><p>Gọi <strong>113</strong><br>{'ế ' * 4000}</p>"
    message = telegram.message_of("rich_message", "a" * 5000, html=html, options={"silent": True})

    receipt = telegram.publish(message)

    (there,) = telegram.visible
    first, second, last = [block["text"] for block in there["blocks"]]
    assert first == {"type": "bold", "text": "Cảnh giác"}
    assert second == ["Gọi ", {"type": "bold", "text": "113"}]
    assert (last.count("ế"), there["silent"], there["link"]) == (4000, True, "")
    assert there["id"] == receipt.external_id


def test_a_long_text_of_ones_own_keeps_its_lines(telegram):
    telegram.publish(telegram.message_of("rich_message", "Một < hai\n\n  ba & bốn \n"))

    (there,) = telegram.visible
    assert [block["text"] for block in there["blocks"]] == ["Một < hai", "ba & bốn"]


@given(st.one_of(MESSES, st.text(max_size=40)))
def test_a_long_message_says_what_the_short_one_does(mess):
    clean = canonical_html.clean(mess)
    paragraphs = rich_messages.parse(to_rich_html(clean))
    short, _entities = telegram_html.parse(to_telegram_html(clean))

    assert _words(text for text, _entities in paragraphs) == _words(short.split("\n"))


def _words(lines):
    return [words for line in lines if (words := line.split())]


def test_markup_of_a_long_text_that_cannot_be_read_goes_out_plain_once(telegram, monkeypatch):
    monkeypatch.setattr("platforms.telegram.messages.to_rich_html", lambda body: f"<p>{body}")

    telegram.publish(telegram.message_of("rich_message", "Xem trang.", html="<p><b>Xem</b></p>"))

    (there,) = telegram.visible
    assert [block["text"] for block in there["blocks"]] == ["Xem trang."]


def test_a_long_text_of_too_many_lines_is_found_before(telegram):
    form = telegram.facts.format("rich_message")
    fits, over = (telegram.message_of("rich_message", "a\n\n" * n) for n in (500, 501))

    assert find_problems(form, fits) == []
    assert [(problem.rule, problem.n) for problem in find_problems(form, over)] == [
        ("too_many_lines", 500)
    ]
    telegram.publish(fits)
    with pytest.raises(Rejected):
        telegram.publish(over)


def test_markup_of_too_many_bytes_goes_out_plain(telegram):
    link = f'<a href="https://x.vn/{"x" * 33_000}">a</a>'

    telegram.publish(telegram.message("Xem trang.", html=f"<p>{link}</p>"))

    assert [(post["text"], post["entities"]) for post in telegram.visible] == [("Xem trang.", [])]


# --- videos and albums ----------------------------------------------------------------------------


def video(data: bytes = b"", **other) -> Video:
    data = data or video_file()
    facts = {
        "sha256": hashlib.sha256(data).hexdigest(),
        "content_type": "video/mp4",
        "size": len(data),
    }
    facts |= {
        "seconds": 2.2,
        "width": 360,
        "height": 640,
        "codec": "h264",
        "open": lambda: io.BytesIO(data),
    }
    return Video(**{**facts, **other})


def cover(data: bytes = b"", content_type: str = "image/png", side: int = 640) -> Image:
    data = data or images.make_plain_png(7)
    return Image(data, content_type, "b" * 64, width=side * 9 // 16, height=side, size=len(data))


def test_a_video_goes_out_with_its_measures_and_its_cover(telegram):
    shot = video(cover=cover())

    receipt = telegram.publish(telegram.message("Phim", html="<p><em>Phim</em></p>", media=[shot]))

    (there,) = telegram.visible
    (about,) = there["about"]
    assert (there["id"], there["text"], there["media"]) == (
        receipt.external_id,
        "Phim",
        [shot.sha256],
    )
    assert [entity["type"] for entity in there["entities"]] == ["italic"]
    assert (about["width"], about["height"], about["duration"]) == (360, 640, 2)
    assert about["cover"] == hashlib.sha256(shot.cover.content).hexdigest()
    assert "thumbnail" not in about


def test_a_small_cover_is_the_thumbnail(telegram):
    jpeg = (
        b"\xff\xd8\xff\xc0"
        + (17).to_bytes(2)
        + b"\x08"
        + (320).to_bytes(2)
        + (180).to_bytes(2)
        + bytes(20)
    )

    telegram.publish(telegram.message(media=[video(cover=cover(jpeg, "image/jpeg", 320))]))

    (about,) = telegram.visible[0]["about"]
    assert (about["thumbnail"], about.get("cover")) == (hashlib.sha256(jpeg).hexdigest(), None)


def test_pictures_and_videos_make_one_album_in_their_order(telegram):
    first, second = video(video_file(shade=9)), video(video_file(shade=90), cover=cover())
    message = telegram.message(pictures=1)
    picture = message.media[0]
    media = [picture, first, picture, second]

    receipt = telegram.publish(replace(message, media=media))

    (there,) = telegram.visible
    shown = hashlib.sha256(picture.content).hexdigest()
    assert there["media"] == [shown, first.sha256, shown, second.sha256]
    assert [bool(details) for details in there["about"]] == [False, True, False, True]
    assert len(receipt.external_id.split(",")) == 4
    assert telegram.withdraw(receipt.external_id) is True
    assert telegram.visible == []


def test_a_video_that_telegram_has_not_numbered_yet_is_unknown(telegram):
    telegram.simulator.settings(telegram_queues_videos=True)

    with pytest.raises(OutcomeUnknown) as caught:
        telegram.publish(telegram.message(media=[video()]))

    assert caught.value.code == "queued"
    assert len(telegram.visible) == 1


def test_a_video_is_never_held_whole(telegram):
    """Asked for in pieces, and its length told before."""
    asked = []

    class Long(io.BytesIO):
        def read(self, size=-1):
            asked.append(size)
            return super().read(size)

    data = images.make_plain_mp4(1, size=3 * 1024 * 1024 + 5)

    telegram.publish(telegram.message(media=[video(data, open=lambda: Long(data))]))

    assert telegram.visible[0]["media"] == [hashlib.sha256(data).hexdigest()]
    assert asked == [1024 * 1024] * 3 + [5]


@pytest.mark.parametrize(
    ("options", "link", "shown"),
    [
        ({}, "", "https://dau.example"),
        ({}, "https://x.vn", "https://x.vn"),
        ({"link_preview": False}, "https://x.vn", ""),
    ],
)
def test_the_card_is_of_the_posts_link_or_of_the_first_or_none(telegram, options, link, shown):
    telegram.publish(telegram.message("Xem https://dau.example nhé", link=link, options=options))

    assert [post["link"] for post in telegram.visible] == [shown]


@pytest.mark.parametrize("pictures", [0, 1, 2])
def test_a_silent_post_wakes_nobody(telegram, pictures):
    telegram.publish(telegram.message(pictures=pictures, options={"silent": True}))

    assert [post["silent"] for post in telegram.visible] == [True]
