"""Rules on pictures and videos, whatever the channel."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from posts.checks.base import Draft, Finding, block


def are_described(draft: Draft) -> Iterator[Finding]:
    for number, medium in enumerate(draft.content["media"], start=1):
        if not medium["alt"] and "video" not in medium:
            message = _("Picture %(n)s has no description for blind readers.") % {"n": number}
            yield block("alt_missing", message, f"media-{medium['media']}")
