"""Rules on the time in which a post is true."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from campaigns.models import TopicRule
from posts.checks.base import Draft, Finding, block


def check_validity(draft: Draft) -> Iterator[Finding]:
    end = draft.valid_until
    if end and end <= draft.now:
        message = _("The post's last day of validity has passed.")
        yield block("no_longer_valid", message, "valid_until")
    elif not end and TopicRule.Asks.VALID_UNTIL in draft.asked:
        message = _("The topic asks until when the post is valid. Enter a day and time.")
        yield block("valid_until_missing", message, "valid_until")
    elif end and draft.requested_time and draft.requested_time >= end:
        message = _("The wanted time of publication lies after the end of the post's validity.")
        yield block("wanted_too_late", message, "wanted")
