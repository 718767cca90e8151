"""Post to Instagram professional accounts, through the Facebook Page that they are linked to: a
container first, then one call that publishes it.

The other way in, Instagram's own login, cannot delete a post. A recall has to.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from platforms.errors import AccessLost, ConnectorError
from platforms.messages import Image, Message, Video
from platforms.meta.errors import ABSENT_CODES, COMMON_ERROR_KINDS, ErrorKind
from platforms.meta.graph import make_ai_label_fields
from platforms.meta.instagram.comments import Comments
from platforms.meta.instagram.connection import Connection
from platforms.meta.instagram.counting import Counting
from platforms.meta.instagram.facts import FACTS, PATHS_WITHOUT_PAGE, SETTINGS
from platforms.meta.instagram.words import WORDS

_MAX_ALT = 1000
# These errors have no number of their own: the page or the person has to pass a check at
# facebook.com first.
_CHECK_NEEDED = re.compile(r"Page Publishing Authorization|two-factor", re.IGNORECASE)


class Instagram(Counting, Comments, Connection):
    """https://developers.facebook.com/docs/instagram-platform/content-publishing"""

    kind = "instagram"
    words = WORDS
    facts = FACTS
    settings = SETTINGS
    paths_without_page = PATHS_WITHOUT_PAGE
    webhook_object = "instagram"
    # Of comments and mentions alone: nothing of what is published or deleted.
    webhook_fields = "feed"
    create_edge = "media"
    publish_edge = "media_publish"
    quota_edge = "content_publishing_limit"
    list_edges = ("media", "stories")
    state_fields = "status_code,status"
    text_fields = "caption"
    absent_codes = ABSENT_CODES | {"24/2207008"}
    unpublishable_codes = absent_codes | {"9007/2207027", "24/2207006"}
    transient_failures = frozenset(
        f"22070{end}" for end in ("01", "03", "20", "32", "52", "53", "76", "77", "82")
    )
    error_kinds = {
        **COMMON_ERROR_KINDS,
        "3": ErrorKind.RIGHT_MISSING,
        "25/2207050": ErrorKind.ACCESS_LOST,  # restricted: somebody has to look in the app
        **dict.fromkeys(
            ("-1/2207001", "-1/2207032", "-1/2207053", "-1/2207073"), ErrorKind.PLATFORM_BROKEN
        ),
        **dict.fromkeys(
            ("-2/2207003", "-2/2207020", "24/2207008", "9004/2207052", "9007/2207027"),
            ErrorKind.TRY_AGAIN,
        ),
        "9/2207042": ErrorKind.PAGE_LIMIT,
        "4/2207051": ErrorKind.REFUSED,  # looks like spam: a "limit" that no waiting of ours lifts
        **dict.fromkeys(("1/2207057", "24/2207006", "352/2207026"), ErrorKind.REFUSED),
        **dict.fromkeys(
            ("36000/2207004", "36001/2207005", "36003/2207009", "36004/2207010"), ErrorKind.REFUSED
        ),
    }

    # --- containers -------------------------------------------------------------------------------

    def single_container(self, message: Message) -> dict[str, str]:
        (medium,) = message.media
        fields = make_ai_label_fields(message)
        if message.format == "story":
            return {**fields, "media_type": "STORIES", **_make_media_url(medium)}
        fields["caption"] = message.text
        if isinstance(medium, Video):
            # Every single video is a Reel; it is shown among the account's posts, too.
            fields |= {"media_type": "REELS", "share_to_feed": "true"}
            fields |= {"cover_url": medium.cover.url} if medium.cover and medium.cover.url else {}
        return {**fields, **self._media_fields(medium)}

    def item_container(self, medium: Image | Video) -> dict[str, str]:
        kind = {"media_type": "VIDEO"} if isinstance(medium, Video) else {}
        return {"is_carousel_item": "true", **kind, **self._media_fields(medium)}

    def carousel_container(self, message: Message) -> dict[str, str]:
        return {"media_type": "CAROUSEL", "caption": message.text, **make_ai_label_fields(message)}

    @staticmethod
    def _media_fields(medium: Image | Video) -> dict[str, str]:
        alt = (
            {"alt_text": medium.alt[:_MAX_ALT]} if isinstance(medium, Image) and medium.alt else {}
        )
        return {**_make_media_url(medium), **alt}

    def text_of_post(self, post: Mapping[str, Any]) -> str:
        return post.get("caption", "")

    def container_state(self, container: Mapping[str, Any]) -> tuple[str, str]:
        code = re.search(r"\b(22070\d\d)\b", container.get("status", ""))
        return container.get("status_code", ""), code[1] if code else ""

    def error_for(self, status: int, body: Any, *, writes: bool) -> ConnectorError:
        error = super().error_for(status, body, writes=writes)
        if _CHECK_NEEDED.search(error.detail):
            return AccessLost(error.detail, code="check")
        return error

    # --- addresses, as residents see them ---------------------------------------------------------

    @classmethod
    def page_from_address(cls, steps: Sequence[str], query: Mapping[str, str]) -> str:
        match steps:
            case ["stories", name, *_rest] if name != "highlights":
                return name
        return super().page_from_address(steps, query)


def _make_media_url(medium: Image | Video) -> dict[str, str]:
    return {"video_url" if isinstance(medium, Video) else "image_url": medium.url}
