"""Read what pages tell of themselves: each page once a day at most, a batch at a time. A platform
that errs changes nothing of what is known.
"""

import random
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import record
from channels import signals
from channels.completeness.queries import (
    LONGEST_SILENCE,
    STALE_AFTER,
    counted_pages,
    items_asked_of_people,
    items_of,
)
from channels.connection.health import accounts_of, mark_lost
from channels.models import Channel, PageCheck, UnrecognisedPost
from channels.queries import facts_of, is_allowed
from channels.states import Health
from core.bulk import update_from_values
from core.errors import Refused
from platforms import client
from platforms.connector import Connector
from platforms.errors import AccessLost, ConnectorError
from platforms.messages import Account, PageDetails

# Of one platform in one run, which comes every five minutes: 27,000 a day. So many calls at once.
_BATCH, _AT_ONCE = 96, 8
_LATER = timedelta(hours=1)
TEXTS = ("description", "address", "phone", "hours", "website")


def read_due(*, platform: str, now: datetime) -> int:
    """Read the pages whose turn it is, and return how many answered. Two that run at a time share
    the work: turns are taken before the platform is called."""
    pages = counted_pages(Channel.objects.filter(platform=platform))
    new = pages.filter(page_check=None).values_list("pk", flat=True)[:_BATCH]
    PageCheck.objects.bulk_create(
        [PageCheck(channel_id=pk, due_at=now) for pk in new], ignore_conflicts=True
    )
    due = PageCheck.objects.filter(channel__in=pages, due_at__lte=now).order_by("due_at", "pk")
    return read_pages(list(due[:_BATCH]), now=now)


def read_pages(checks: Sequence[PageCheck], *, now: datetime) -> int:
    """Read the pages of ``checks``, all of one platform, and return how many answered. Those that
    nobody may call keep what is known of them, but for what time changes.
    """
    if not checks:
        return 0
    turns = update_from_values(
        PageCheck,
        [{"id": check.pk, "due_at": check.due_at} for check in checks],
        match=("id", "due_at"),
        fields={"due_at": now + timedelta(days=1)},
    )
    rows = PageCheck.objects.filter(pk__in=turns).select_related("channel__unit__parent")
    by_channel = {check.channel: check for check in rows}
    if not by_channel:
        return 0
    posts = _last_posts(by_channel)
    callable_ = [channel for channel in by_channel if _may_call(channel)]
    answered, platform = 0, next(iter(by_channel)).platform
    calls = {channel: _details_call(account) for channel, account in accounts_of(callable_).items()}
    for channel in by_channel.keys() - calls.keys():
        store_reading(by_channel[channel], None, last_post_at=posts.get(channel.pk), now=now)
    for channel, answer in client.call_many(platform, calls, writes=False, at_once=_AT_ONCE):
        check = by_channel[channel]
        match answer:
            case PageDetails():
                store_reading(check, answer, last_post_at=posts.get(channel.pk), now=now)
                answered += 1
            case AccessLost():
                mark_lost(channel, code=answer.code)
            case ConnectorError():
                again = now + max(answer.wait or _LATER, _LATER)
                PageCheck.objects.filter(pk=check.pk).update(due_at=again)
    return answered


def _may_call(channel: Channel) -> bool:
    page = facts_of(channel.platform).page
    return (
        channel.health == Health.CONNECTED
        and any(item.readable for item in page.values())
        and is_allowed(channel.platform, unit=channel.unit)
    )


def _details_call(account: Account) -> Callable[[Connector], Awaitable[PageDetails]]:
    return lambda connector: connector.read_page_details(account)


def _last_posts(channels: Iterable[Channel]) -> dict[int, datetime]:
    """Return when each page had its last post, ours or one that people made there, as far as the
    portal knows of any.
    """
    keys = [channel.pk for channel in channels]
    seen = UnrecognisedPost.objects.filter(channel__in=keys).order_by().values_list("channel")
    last = dict(seen.annotate(last=Max("published_at")))
    for _receiver, answer in signals.last_posts.send(Channel, channels=keys):
        for pk, moment in cast("Mapping[int, datetime]", answer).items():
            last[pk] = max(moment, last.get(pk, moment))
    return last


def store_reading(
    check: PageCheck, details: PageDetails | None, *, last_post_at: datetime | None, now: datetime
) -> None:
    """Store what a reading told, over the row as it is by now: a person may have said something
    meanwhile. ``details`` None: the platform was not asked.
    """
    channel = check.channel
    check.refresh_from_db(fields=["confirmed_on", "last_post_at", *items_of(channel.platform)])
    told = _reported_items(channel.platform, details) if details else {}
    last = max(filter(None, (last_post_at, check.last_post_at)), default=None)
    fields: dict[str, Any] = {
        "last_post_at": last,
        "recent": last is not None and last >= now - LONGEST_SILENCE,
        **fields_without_stale(check, now=now),
    }
    if details:
        texts = {name: getattr(details, name) for name in TEXTS}
        fields |= told | {
            "texts": {name: text[:2000] for name, text in texts.items() if text},
            "told": list(told),
            "read_at": now,
            "due_at": now + _time_until_reading(channel.platform),
        }
        fields["confirmed_on"] = {
            k: day for k, day in fields["confirmed_on"].items() if k not in told
        }
    PageCheck.objects.filter(pk=check.pk).update(**fields)


def _time_until_reading(platform: str) -> timedelta:
    """Return the time until the next reading: never less than the platform's own, and not for all
    pages in the same minute, even if all were connected in one."""
    return facts_of(platform).page_read_every * random.uniform(1, 1.04)  # noqa: S311 - spreads load, guards nothing


def _reported_items(platform: str, details: PageDetails) -> dict[str, bool]:
    """Return the items that the platform told, each with whether it is there."""
    items = {}
    for name in items_of(platform):
        if not facts_of(platform).page[name].readable or name == "recent":
            continue
        value = _links_to_register(details) if name == "register" else getattr(details, name)
        if value is not None:
            items[name] = bool(value)
    return items


def _links_to_register(details: PageDetails) -> bool | None:
    """Tell whether the page names the register, in its own field or in its description."""
    texts = [text for text in (details.website, details.description) if text is not None]
    if not texts:
        return None
    return any(register_name() in text.casefold() for text in texts)


def register_name() -> str:
    """Return the register's address as people write it, without the scheme."""
    parts = urlsplit(settings.REGISTER_URL)
    return f"{parts.netloc}{parts.path}".rstrip("/").casefold()


def fields_without_stale(check: PageCheck, *, now: datetime) -> dict[str, Any]:
    """Return the fields in which nothing stands any more that a person said too long ago. The days
    stay, so that the page can say since when it is asked again."""
    first = timezone.localdate(now) - STALE_AFTER
    stale = [name for name, day in check.confirmed_on.items() if date.fromisoformat(day) < first]
    return {"confirmed_on": dict(check.confirmed_on), **dict.fromkeys(stale)}


@transaction.atomic
def record_seen(channel: Channel, *, by: User, seen: Mapping[str, bool | None]) -> None:
    """Store what a person saw on the page, by item; None: they did not look. What the platform
    tells itself is not theirs to say."""
    authority = require(by, Permission.POST_WRITE, unit=channel.unit)
    now = timezone.now()
    PageCheck.objects.bulk_create([PageCheck(channel=channel, due_at=now)], ignore_conflicts=True)
    check = PageCheck.objects.select_for_update().get(channel=channel)
    answers = {name: value for name, value in seen.items() if value is not None}
    if strange := set(answers) - set(items_asked_of_people(channel, check)):
        message = _("The platform itself tells this now: %(items)s. Reload the page.")
        raise Refused(message % {"items": ", ".join(sorted(strange))})
    if not answers:
        raise Refused(_("Say of one item at least whether the page has it."))
    today = timezone.localdate(now).isoformat()
    for name, value in answers.items():
        setattr(check, name, value)
    check.confirmed_on = {**check.confirmed_on, **dict.fromkeys(answers, today)}
    check.save(update_fields=["confirmed_on", *answers])
    record(
        "channel.page_seen",
        channel,
        by=by,
        position=authority.position,
        there=sorted(name for name, value in answers.items() if value),
        lacking=sorted(name for name, value in answers.items() if not value),
    )
