"""Post to Threads profiles: a container first, then one call that publishes it. Login, application
and tokens are Threads' own.
"""

import json
from collections.abc import Mapping
from typing import Any

from platforms.errors import AccessLost, ConnectorError, Rejected
from platforms.messages import Image, Message, Video
from platforms.meta.errors import ABSENT_CODES, COMMON_ERROR_KINDS, ErrorKind
from platforms.meta.threads.comments import Comments
from platforms.meta.threads.connection import Connection
from platforms.meta.threads.counting import Counting
from platforms.meta.threads.facts import FACTS, LONG_TEXT, SETTINGS, make_lead
from platforms.meta.threads.webhooks import Webhooks
from platforms.meta.threads.words import WORDS

_MAX_ALT = 1000
_CONTAINER_GONE = "24/4279009"


class Threads(Comments, Counting, Connection, Webhooks):
    """https://developers.facebook.com/docs/threads/posts"""

    kind = "threads"
    words = WORDS
    facts = FACTS
    settings = SETTINGS
    paths_without_page = frozenset({"activity", "login", "search", "settings", "t"})
    signs_calls = False
    create_edge = "threads"
    publish_edge = "threads_publish"
    quota_edge = "threads_publishing_limit"
    list_edges = ("threads",)
    state_fields = "status,error_message"
    text_fields = "text,text_attachment"
    absent_codes = ABSENT_CODES | {_CONTAINER_GONE}
    unpublishable_codes = frozenset({_CONTAINER_GONE})
    transient_failures = frozenset(
        {
            "FAILED_DOWNLOADING_VIDEO",
            "FAILED_PROCESSING_AUDIO",
            "FAILED_PROCESSING_VIDEO",
            "UNKNOWN",
        }
    )
    error_kinds = {
        **COMMON_ERROR_KINDS,
        _CONTAINER_GONE: ErrorKind.TRY_AGAIN,
        "1/2207052": ErrorKind.TRY_AGAIN,
    }

    def url_of(self, base_url: str, app: Mapping[str, Any], path: str) -> str:
        return f"{base_url}/v1.0/{path}"

    # --- containers -------------------------------------------------------------------------------

    def single_container(self, message: Message) -> dict[str, str]:
        if message.format == LONG_TEXT:
            attachment = {"plaintext": message.text}
            if message.link:
                attachment["link_attachment_url"] = message.link
            return {
                "media_type": "TEXT",
                "text": make_lead(message.text),
                "text_attachment": json.dumps(attachment, ensure_ascii=False),
            }
        if not message.media:
            # A card of its own only where there is nothing else to see; elsewhere the text holds
            # the link.
            card = {"link_attachment": message.link} if message.link else {}
            return {"media_type": "TEXT", "text": message.text, **card}
        return {"text": message.text, **_make_media_fields(message.media[0])}

    def item_container(self, medium: Image | Video) -> dict[str, str]:
        return {"is_carousel_item": "true", **_make_media_fields(medium)}

    def carousel_container(self, message: Message) -> dict[str, str]:
        return {"media_type": "CAROUSEL", "text": message.text}

    def container_state(self, container: Mapping[str, Any]) -> tuple[str, str]:
        return container.get("status", ""), container.get("error_message", "")

    def text_of_post(self, post: Mapping[str, Any]) -> str:
        return post.get("text_attachment", {}).get("plaintext") or post.get("text", "")

    # --- errors -----------------------------------------------------------------------------------

    def error_for(self, status: int, body: Any, *, writes: bool) -> ConnectorError:
        match body:
            case {"error": {"error_subcode": 4279013, "message": str(detail)}}:
                # Restricted: somebody has to look in the app.
                return AccessLost(detail, code="4279013")
            case {"error": {"error_subcode": 2207051, "message": str(detail)}}:
                # Looks like spam: no waiting of ours lifts it.
                return Rejected(detail, code="2207051")
        return super().error_for(status, body, writes=writes)


def _make_media_fields(medium: Image | Video) -> dict[str, str]:
    if isinstance(medium, Video):
        fields = {"media_type": "VIDEO", "video_url": medium.url}
    else:
        fields = {"media_type": "IMAGE", "image_url": medium.url}
    return {**fields, **({"alt_text": medium.alt[:_MAX_ALT]} if medium.alt else {})}
