"""Rules on pictures and videos, whatever the channel."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from media.captions import find_problem
from posts.checks.base import Draft, Finding, block


def check_descriptions(draft: Draft) -> Iterator[Finding]:
    for number, medium in enumerate(draft.content["media"], start=1):
        if not medium["alt"] and "video" not in medium:
            message = _("Picture %(n)s has no description for blind readers.") % {"n": number}
            yield block("alt_missing", message, f"media-{medium['media']}")


def check_captions(draft: Draft) -> Iterator[Finding]:
    for medium in draft.content["media"]:
        if problem := find_problem(medium.get("captions", "")):
            yield block("captions_unclear", problem, f"media-{medium['media']}")


def check_expiry(draft: Draft) -> Iterator[Finding]:
    """Find what the library lets nobody use any more: its rights or its consent have ended."""
    for number, medium in enumerate(draft.content["media"], start=1):
        if medium["media"] in draft.expired:
            message = _(
                "Picture or video %(n)s may not be used any more: its last day in the library is "
                "over. Take another one, or have the day changed there."
            )
            yield block("media_expired", message % {"n": number}, f"media-{medium['media']}")


def check_replaced_by_blurred(draft: Draft) -> Iterator[Finding]:
    """Find pictures in whose place a blurred one is to be shown."""
    for number, medium in enumerate(draft.content["media"], start=1):
        if medium["media"] in draft.blurred:
            message = _(
                "Something was blurred out of picture or video %(n)s. Take it out, and put the "
                "blurred one in its place."
            )
            yield block("media_blurred", message % {"n": number}, f"media-{medium['media']}")
