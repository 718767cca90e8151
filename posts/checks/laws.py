"""Laws that a post names, wherever in it, and that another one has replaced."""

from collections.abc import Iterator

from django.utils import timezone

from campaigns.laws import find_repealed_laws
from posts.checks.base import Draft, Finding, Severity
from posts.checks.privacy import mark_of, places_in

REPEALED_LAW = "repealed_law"


def check_repealed_laws(draft: Draft) -> Iterator[Finding]:
    """Find laws, wherever the post names them, that another one has replaced."""
    today = timezone.localdate(draft.now)
    for place in places_in(draft.content, title=draft.own_title, text=draft.text):
        for law in find_repealed_laws(place.text, on=today):
            quote = place.text[law.start : law.end]
            yield Finding(
                REPEALED_LAW,
                Severity.WARN,
                law.law.warning,
                place.where,
                span=(law.start, law.end),
                mark=mark_of(REPEALED_LAW, place.where, quote),
            )
