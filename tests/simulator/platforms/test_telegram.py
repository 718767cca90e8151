import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from simulator import images
from simulator.platforms.telegram import html as telegram_html

from ..conftest import CROWD, Bot, ask


def description(answer):
    return answer.status, answer.body["description"]


def test_a_message_is_parsed_and_numbered(simulator, bot):
    sent = bot.send(
        "<b>Ngày hội</b> 🎉 <a href='https://p.vn/?a=1&amp;b=2'>xem</a>", parse_mode="HTML"
    ).body["result"]
    assert sent["text"] == "Ngày hội 🎉 xem"
    assert sent["entities"] == [
        {"offset": 0, "length": 8, "type": "bold"},
        {"offset": 12, "length": 3, "type": "text_link", "url": "https://p.vn/?a=1&b=2"},
    ]
    simulator.post("telegram", bot.id, "Của người", by="person")
    assert bot.send("Sau").body["result"]["message_id"] == sent["message_id"] + 2


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("<p>x</p>", 'Unsupported start tag "p" at byte offset 0'),
        ("Đồng chí <br>", 'Unsupported start tag "br" at byte offset 13'),
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("a <b", "Unclosed start tag at byte offset 2"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ('<a href="x>y</a>', "Unclosed start tag at byte offset 0"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
def test_broken_html_is_refused_in_the_servers_own_words(simulator, bot, text, complaint):
    assert description(bot.send(text, parse_mode="HTML")) == (
        400,
        f"Bad Request: can't parse entities: {complaint}",
    )
    assert simulator.truth() == []


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("1 &lt; 2 &amp; 3", "1 < 2 & 3"),
        ("&#272;&#x1ea1;i &nbsp;", "Đại &nbsp;"),
        ("a & b", "a & b"),
        ("  a\n\n", "a"),
    ],
)
def test_only_four_named_entities_exist(text, plain):
    assert telegram_html.parse(text) == (plain, [])


def test_length_counts_code_points_after_parsing(bot):
    assert bot.send("<b>" + "🎉" * 4096 + "</b>", parse_mode="HTML").status == 200
    assert description(bot.send("x" * 4097)) == (400, "Bad Request: message is too long")
    assert description(bot.send(" \n ")) == (400, "Bad Request: message text is empty")
    assert description(bot.send("🎉" * 8193)) == (400, "Bad Request: text is too long")


def rich(bot, html, **more):
    rich_message = json.dumps({"html": html})
    return bot.call("sendRichMessage", chat_id=bot.id, rich_message=rich_message, **more)


def test_a_rich_message_tells_its_paragraphs_with_their_marks(simulator, bot):
    link = "https://p.vn/?a=1&b=2"
    sent = rich(bot, f"<p>Ngày <b>hội</b> 🎉</p><p><a href='{link}'>xem</a></p>").body["result"]

    assert "text" not in sent
    assert [block["text"] for block in sent["rich_message"]["blocks"]] == [
        ["Ngày ", {"type": "bold", "text": "hội"}, " 🎉"],
        {"type": "url", "text": "xem", "url": link},
    ]
    assert [post["text"] for post in simulator.visible()] == ["Ngày hội 🎉\nxem"]


@pytest.mark.parametrize(
    ("html", "complaint"),
    [
        ("", "message text is empty"),
        ("xem", "can't parse entities: Unsupported content outside of a paragraph: xem"),
        ("<p>x</b></p>", "can't parse entities: Unexpected end tag at byte offset 1"),
        (f"<p>{'🎉' * 32_769}</p>", "rich message is too long"),
        ("<p>x</p>" * 501, "rich message is too long"),
    ],
)
def test_a_rich_message_that_does_not_fit_is_refused(simulator, bot, html, complaint):
    assert description(rich(bot, html)) == (400, f"Bad Request: {complaint}")
    assert simulator.truth() == []


def test_a_rich_message_is_deleted_like_another(simulator, bot):
    number = rich(bot, "<p>Tin</p>").body["result"]["message_id"]

    assert bot.call("deleteMessage", chat_id=bot.id, message_id=number).body["ok"]
    assert simulator.visible() == []


def test_a_photo_keeps_its_caption_and_bytes(simulator, bot):
    data = images.make_plain_png(5)
    sent = bot.call("sendPhoto", chat_id=bot.id, caption="Sơ đồ", files={"photo": data}).body[
        "result"
    ]
    assert (sent["caption"], sent["photo"][0]["width"], sent["photo"][0]["height"]) == (
        "Sơ đồ",
        64,
        48,
    )
    (seen,) = simulator.visible()
    assert ask("GET", f"{simulator.url}/media/{seen['media'][0]}").raw == data
    too_long = bot.call("sendPhoto", chat_id=bot.id, caption="x" * 1025, files={"photo": data})
    assert description(too_long) == (400, "Bad Request: message caption is too long")
    broken = bot.call("sendPhoto", chat_id=bot.id, files={"photo": b"text"})
    assert description(broken) == (400, "Bad Request: IMAGE_PROCESS_FAILED")


def test_an_album_is_one_post_of_several_messages(simulator, bot):
    media = [{"type": "photo", "media": f"attach://p{i}"} for i in range(3)]
    media[0] |= {"caption": "<b>Ngày hội</b>", "parse_mode": "HTML"}
    files = {f"p{i}": images.make_plain_png(i) for i in range(3)}
    sent = bot.call("sendMediaGroup", chat_id=bot.id, media=json.dumps(media), files=files).body[
        "result"
    ]
    ids = [message["message_id"] for message in sent]
    assert len({message["media_group_id"] for message in sent}) == 1

    (seen,) = simulator.visible()
    assert (seen["text"], seen["message_ids"], len(seen["media"])) == ("Ngày hội", ids, 3)
    bot.call("deleteMessage", chat_id=bot.id, message_id=ids[0])
    assert len(simulator.visible()) == 1
    assert bot.call("deleteMessages", chat_id=bot.id, message_ids=ids).body == {
        "ok": True,
        "result": True,
    }
    assert [post["state"] for post in simulator.truth()] == ["deleted"]


def test_editing_to_the_same_text_is_not_modified(simulator, bot):
    sent = bot.send("Cũ").body["result"]["message_id"]
    same = bot.call("editMessageText", chat_id=bot.id, message_id=sent, text="Cũ")
    assert (
        same.status,
        same.body["description"].startswith("Bad Request: message is not modified"),
    ) == (400, True)
    changed = bot.call("editMessageText", chat_id=bot.id, message_id=sent, text="Mới").body[
        "result"
    ]
    assert (changed["text"], "edit_date" in changed) == ("Mới", True)
    caption = bot.call("editMessageCaption", chat_id=bot.id, message_id=sent, caption="x")
    assert description(caption) == (400, "Bad Request: there is no caption in the message to edit")
    assert [post["text"] for post in simulator.visible()] == ["Mới"]


def test_deleting_what_is_gone_says_so(bot):
    sent = bot.send("Nhầm").body["result"]["message_id"]
    assert bot.call("deleteMessage", chat_id=bot.id, message_id=sent).body["result"] is True
    again = bot.call("deleteMessage", chat_id=bot.id, message_id=sent)
    assert description(again) == (400, "Bad Request: message to delete not found")


def test_there_is_no_history_but_a_probe(simulator, bot):
    sent = bot.send("Có đây không?").body["result"]["message_id"]
    assert bot.call("getChatHistory", chat_id=bot.id).status == 404
    hit = bot.call("forwardMessage", chat_id=77, from_chat_id=bot.id, message_id=sent).body[
        "result"
    ]
    assert (hit["text"], hit["forward_origin"]["message_id"]) == ("Có đây không?", sent)
    miss = bot.call("copyMessage", chat_id=77, from_chat_id=bot.id, message_id=sent + 1)
    assert description(miss) == (400, "Bad Request: message to copy not found")
    assert len(simulator.truth()) == 1


def test_too_many_to_one_chat_must_wait(simulator, bot):
    simulator.settings(telegram_limits=True)
    answers = [bot.send(f"Tin {i}") for i in range(7)]
    refused = [answer for answer in answers if answer.status == 429]
    assert refused
    assert refused[0].body["parameters"]["retry_after"] == int(refused[0].headers["Retry-After"])
    assert len(simulator.visible()) == 7 - len(refused)


def test_tokens_and_methods_that_do_not_exist(simulator, bot):
    url = f"{simulator.url}/telegram/bot"
    assert ask("GET", f"{url}1:x/getMe").status == 404
    assert ask("GET", f"{url}1:{'x' * 35}/getMe").status == 401
    assert description(bot.call("getHistory")) == (404, "Not Found: method not found")
    assert description(bot.call("sendMessage", chat_id="@nobody", text="x")) == (
        400,
        "Bad Request: chat not found",
    )
    assert bot.call("GETME").body["result"]["username"] == "outreach_bot"


def test_a_channel_that_threw_the_bot_out_answers_403(simulator, bot):
    simulator.kill_tokens("telegram", page=bot.id)
    assert description(bot.send("x")) == (403, "Forbidden: bot was kicked from the channel chat")
    member = bot.call("getChatMember", chat_id=bot.id, user_id=123456789).body["result"]
    assert member["status"] == "kicked"


def test_a_channel_that_is_connected_again_lets_the_bot_post(simulator, bot):
    simulator.kill_tokens("telegram", page=bot.id)
    assert (
        simulator.ask("POST", "/_sim/tokens", {"platform": "telegram", "page": bot.id})
        == bot.page["tokens"]
    )
    assert bot.send("x").status == 200


def test_chat_facts(simulator, bot):
    chat = bot.call("getChat", chat_id=f"@{bot.page['username']}").body["result"]
    assert (str(chat["id"]), chat["type"]) == (bot.id, "channel")
    assert bot.call("getChatMemberCount", chat_id=bot.id).body["result"] == 1000
    member = bot.call("getChatMember", chat_id=bot.id, user_id=123456789).body["result"]
    assert (member["status"], member["can_post_messages"]) == ("administrator", True)


def test_a_chat_and_its_administrator_report_all_that_strict_clients_read(bot):
    chat = bot.call("getChat", chat_id=bot.id).body["result"]
    member = bot.call("getChatMember", chat_id=bot.id, user_id=123456789).body["result"]
    gifts = (
        "unlimited_gifts",
        "limited_gifts",
        "unique_gifts",
        "premium_subscription",
        "gifts_from_channels",
    )
    assert chat["accepted_gift_types"] == dict.fromkeys(gifts, False)
    assert member["can_send_welcome_messages"] is False


def test_updates_report_people_but_not_of_the_bots_own_posts(simulator, bot):
    bot.send("Của bot")
    simulator.post("telegram", bot.id, "/connect 7Q2K", by="person")
    (update,) = bot.call("getUpdates").body["result"]
    assert update["channel_post"]["text"] == "/connect 7Q2K"
    assert bot.call("getUpdates", offset=update["update_id"] + 1).body["result"] == []


def test_a_linked_group_receives_every_post(simulator):
    bot = Bot(simulator, discussion=True)
    sent = bot.send("Vào nhóm").body["result"]["message_id"]
    (update,) = bot.call("getUpdates").body["result"]
    message = update["message"]
    assert (message["is_automatic_forward"], message["forward_origin"]["message_id"]) == (
        True,
        sent,
    )


def test_reactions_arrive_when_asked_for(simulator):
    bot = Bot(simulator, followers=CROWD)
    sent = bot.send("Hay").body["result"]["message_id"]
    simulator.advance(2 * 86400)
    assert bot.call("getUpdates").body["result"] == []
    (update,) = bot.call("getUpdates", allowed_updates=["message_reaction_count"]).body["result"]
    counts = update["message_reaction_count"]
    assert counts["message_id"] == sent
    assert counts["reactions"][0]["type"] == {"type": "emoji", "emoji": "👍"}


def test_updates_cannot_be_polled_while_a_webhook_is_set(bot):
    assert bot.call("setWebhook", url="https://p.vn/hook").body["description"] == "Webhook was set"
    assert bot.call("getUpdates").status == 409
    assert bot.call("getWebhookInfo").body["result"]["url"] == "https://p.vn/hook"
    bot.call("deleteWebhook")
    assert bot.call("getUpdates").status == 200


class Hook(BaseHTTPRequestHandler):
    """A webhook that fails once and then takes what comes."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.put((self.headers["X-Telegram-Bot-Api-Secret-Token"], body))
        self.send_response(500 if self.server.failures else 200)
        self.server.failures = max(0, self.server.failures - 1)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


def test_a_webhook_gets_each_update_until_it_takes_it(simulator, bot):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    server.seen, server.failures = queue.Queue(), 1
    threading.Thread(target=server.serve_forever, daemon=True).start()
    bot.call("setWebhook", url=f"http://127.0.0.1:{server.server_address[1]}/", secret_token="s-1")
    for text in ("một", "hai"):
        simulator.post("telegram", bot.id, text, by="person")
    seen = [server.seen.get(timeout=20) for _ in range(3)]
    server.shutdown()
    server.server_close()
    assert [(secret, update["channel_post"]["text"]) for secret, update in seen] == [
        ("s-1", "một"),
        ("s-1", "một"),
        ("s-1", "hai"),
    ]


def test_a_video_reports_its_measures_as_they_were_given(bot):
    data = images.make_plain_mp4(1, seconds=7)
    measured = bot.call(
        "sendVideo",
        chat_id=bot.id,
        width=360,
        height=640,
        duration=9,
        cover="attach://c",
        files={"video": data, "c": images.make_plain_png(1)},
    ).body["result"]["video"]
    bare = bot.call("sendVideo", chat_id=bot.id, files={"video": data}).body["result"]["video"]

    assert (measured["width"], measured["height"], measured["duration"]) == (360, 640, 9)
    assert (bare["width"], bare["duration"], bare["mime_type"]) == (0, 7, "video/mp4")
    assert bare["thumbnail"]["width"] > 0


def test_a_video_shows_the_thumbnail_and_a_document_the_name_that_were_sent(bot):
    still = images.make_plain_png(1, width=90, height=160)
    video = bot.call(
        "sendVideo",
        chat_id=bot.id,
        thumbnail="attach://t",
        files={"video": images.make_plain_mp4(1), "t": still},
    ).body["result"]["video"]
    document = bot.call("sendDocument", chat_id=bot.id, files={"document": b"%PDF"}).body["result"]

    assert (video["thumbnail"]["width"], video["thumbnail"]["height"]) == (90, 160)
    assert document["document"]["file_name"] == "document.bin"


def test_the_bot_says_what_it_can(bot):
    told = bot.call("getMe").body["result"]

    assert (told["is_bot"], told["can_join_groups"], told["has_main_web_app"]) == (
        True,
        True,
        False,
    )


def test_a_video_of_another_kind_arrives_as_a_document(bot):
    webm = b"\x1aE\xdf\xa3" + bytes(60)
    sent = bot.call("sendVideo", chat_id=bot.id, files={"video": webm}).body["result"]
    assert sent["document"]["mime_type"] == "video/webm"


def test_a_video_that_queues_has_no_number_until_an_update_reports_it(simulator, bot):
    simulator.settings(telegram_queues_videos=True)
    sent = bot.call("sendVideo", chat_id=bot.id, files={"video": images.make_plain_mp4(1)}).body[
        "result"
    ]

    (seen,) = simulator.visible()
    (update,) = bot.call("getUpdates").body["result"]
    assert (sent["message_id"], update["channel_post"]["message_id"]) == (0, int(seen["id"]))
