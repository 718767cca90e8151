"""Calls of platforms to the webhook, proved as each platform proves them."""

import hashlib
import hmac
import json
import time

from django.conf import settings

RESIDENT, WORDS = "Trần Thị Bình", "Cho hỏi giờ làm thẻ căn cước"
PAGE = "104000000000001"


def meta(secret, body):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return raw, {
        "X-Hub-Signature-256": f"sha256={hmac.new(secret.encode(), raw, 'sha256').hexdigest()}"
    }


def feed(**value):
    event = {
        "from": {"id": "70", "name": RESIDENT},
        "message": WORDS,
        "created_time": 1793520060,
        **value,
    }
    changes = [{"field": "feed", "value": event}]
    return {"object": "page", "entry": [{"id": PAGE, "time": 1793520061, "changes": changes}]}


def facebook(body=None):
    return meta(
        settings.PLATFORMS["facebook"]["app_secret"],
        body or feed(item="status", verb="add", post_id="104_1"),
    )


def instagram():
    value = {
        "id": "1785",
        "text": WORDS,
        "from": {"id": "9", "username": RESIDENT},
        "media": {"id": "1800"},
    }
    entry = {"id": PAGE, "time": 1793520061, "changes": [{"field": "comments", "value": value}]}
    return meta(
        settings.PLATFORMS["instagram"]["app_secret"], {"object": "instagram", "entry": [entry]}
    )


def threads():
    root = {"id": "1800", "owner_id": PAGE, "username": "cityhall"}
    value = {"id": "1801", "username": RESIDENT, "text": WORDS, "root_post": root}
    body = {"target_id": PAGE, "time": 1793520061, "values": {"value": value, "field": "replies"}}
    return meta(settings.PLATFORMS["threads"]["app_secret"], body)


def tiktok(
    event="post.publish.publicly_available", *, at=None, secret=None, create_time=1764000300
):
    app = settings.PLATFORMS["tiktok"]
    content = {"publish_id": "v_pub_file~1", "post_id": "7432109876543210987"}
    body = {
        "client_key": app["app_id"],
        "event": event,
        "create_time": create_time,
        "user_openid": PAGE,
    }
    raw = json.dumps({**body, "content": json.dumps(content)}).encode()
    signed = str(int(time.time() if at is None else at))
    made = hmac.new(
        (secret or app["app_secret"]).encode(), signed.encode() + b"." + raw, "sha256"
    ).hexdigest()
    return raw, {"Tiktok-Signature": f"t={signed},s={made}"}


def youtube(inner=None, *, before=""):
    entry = inner or (
        f"<entry><yt:videoId>dQw4</yt:videoId><yt:channelId>{PAGE}</yt:channelId><title>{WORDS}</title>"
        f"<author><name>{RESIDENT}</name></author><published>2026-11-25T08:00:00+00:00</published>"
        "<updated>2026-11-25T08:00:05+00:00</updated></entry>"
    )
    spaces = (
        'xmlns="http://www.w3.org/2005/Atom" xmlns:yt="http://www.youtube.com/xml/schemas/2015"'
    )
    raw = (
        f'{before}<feed {spaces} xmlns:at="http://purl.org/atompub/tombstones/1.0">{entry}</feed>'
    ).encode()
    secret = settings.PLATFORMS["youtube"]["hook_secret"].encode()
    return raw, {"X-Hub-Signature": f"sha1={hmac.new(secret, raw, 'sha1').hexdigest()}"}


def zalo():
    app, stamp = settings.PLATFORMS["zalo"], "1764000000123"
    body = {
        "app_id": app["app_id"],
        "sender": {"id": "2468"},
        "recipient": {"id": PAGE},
        "event_name": "user_send_text",
    }
    raw = json.dumps(
        {**body, "message": {"text": WORDS, "msg_id": "96d3"}, "timestamp": stamp}
    ).encode()
    made = hashlib.sha256(
        app["app_id"].encode() + raw + stamp.encode() + app["hook_secret"].encode()
    ).hexdigest()
    return raw, {"X-ZEvent-Signature": f"mac={made}"}


def telegram(**update):
    post = {
        "chat": {"id": int(PAGE), "title": "T"},
        "message_id": 4710,
        "date": int(time.time()),
        "text": WORDS,
    }
    update = update or {"channel_post": {**post, "author_signature": RESIDENT}}
    headers = {"X-Telegram-Bot-Api-Secret-Token": settings.PLATFORMS["telegram"]["hook_secret"]}
    return json.dumps({"update_id": 900002, **update}).encode(), headers


CALLS = {
    "facebook": facebook,
    "instagram": instagram,
    "threads": threads,
    "tiktok": tiktok,
    "youtube": youtube,
    "zalo": zalo,
    "telegram": telegram,
}
