"""Rules that say which figures are a sign that something is wrong, and from which limit on."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from channels.queries import is_set_up
from channels.states import Kind
from operations import presenters
from operations.figures import Facts, Platform, Sign
from platforms.facts import Version
from platforms.registry import CONNECTORS

# Residents are promised the second; a minute is what an officer at the page would notice.
LATE = timedelta(seconds=60)
# The platform asks us to wait, or a gate holds the post back: no fault of ours, but by now somebody
# should know.
DELAYED = timedelta(minutes=10)
# The queues that carry posts are rung each second or two; in the others, rung each 10 s, a long
# task may hold all threads for a while.
SILENT, SILENT_BEHIND = timedelta(seconds=30), timedelta(minutes=5)
# A lease that ran out is taken over by settling within seconds.
STUCK = timedelta(minutes=2)
# An unknown outcome is resolved at its first or third check, which come within five minutes.
VERIFYING = timedelta(minutes=15)
# A wrong post is public all this time.
RECALLING = timedelta(minutes=5)
# An officer is asked once; a day later the officer has forgotten, or is away.
NEEDS_PERSON = timedelta(days=1)
CLOCKS_APART = timedelta(seconds=30)
# The watch looks every minute; what is published once is looked for in the record for so long.
WENT_OUT = timedelta(minutes=10)
# A campaign's pictures of all communes are some gigabytes.
DISK_FREE_SHARE, DISK_FREE_BYTES = 0.05, 2 * 1024**3
# Tokens die one by one; when so many die within hours, the platform or our application there has a
# problem.
WAVE, WAVE_SHARE, WAVE_WITHIN = 10, 0.1, timedelta(hours=6)
# Before the platform ends the version that the portal speaks: a new one is tried out first.
VERSION_ENDS = timedelta(days=90)
# The breaker tries again after five minutes at the longest.
BREAKER = timedelta(minutes=5)


def list_served_queues() -> list[str]:
    """Return the queues that a worker should serve: a platform
    without an application of ours has nothing to publish."""
    idle = {f"publish.{platform}" for platform in Kind.values if not is_set_up(platform)}
    return [queue for queue in settings.CELERY_TASK_QUEUES if queue not in idle]


def get_silence_limit(queue: str) -> timedelta:
    return (
        SILENT
        if queue.startswith("publish.") or queue in {"recall", "reconcile"}
        else SILENT_BEHIND
    )


def find_warning_signs(facts: Facts) -> list[Sign]:
    """Return what is wrong, the worst first."""
    now = facts.now
    signs = []
    if facts.freeze.frozen_at:
        signs.append(Sign("frozen", facts.freeze.reason, facts.freeze.frozen_at))
    if facts.unapproved:
        signs.append(Sign("unapproved", n=facts.unapproved))
    if facts.unrecorded:
        signs.append(Sign("unrecorded", n=facts.unrecorded))
    if facts.broker_answers is False:
        signs.append(Sign("broker"))
    for queue, last_seen_at in facts.queues.items():
        if queue in list_served_queues() and (
            last_seen_at is None or now - last_seen_at > get_silence_limit(queue)
        ):
            signs.append(Sign("silent", queue, last_seen_at))
    for platform in facts.platforms.values():
        signs += _find_signs_of_platform(platform, now)
    if facts.clocks_apart > CLOCKS_APART:
        signs.append(Sign("clocks", n=int(facts.clocks_apart.total_seconds())))
    if facts.disk_free < min(DISK_FREE_BYTES, facts.disk_size * DISK_FREE_SHARE):
        signs.append(Sign("disk"))
    if facts.mail_waits_since:
        signs.append(Sign("mail", since=facts.mail_waits_since))
    order = list(presenters.KINDS)
    return sorted(signs, key=lambda sign: order.index(sign.kind))


def group_signs(signs: Sequence[Sign]) -> list[Sign]:
    """Return the signs as people are told of them: several silent queues have one cause."""
    silent = [sign for sign in signs if sign.kind == "silent"]
    if len(silent) < 2:
        return list(signs)
    since = min((sign.since for sign in silent if sign.since), default=None)
    together = Sign("silent_queues", since=since, n=len(silent))
    first = signs.index(silent[0])
    return [
        together if at == first else sign
        for at, sign in enumerate(signs)
        if at == first or sign.kind != "silent"
    ]


def _find_signs_of_platform(platform: Platform, now: datetime) -> list[Sign]:
    wrong = {
        "late": (platform.late, platform.late_since, LATE),
        "recalling": (platform.recalling, platform.recalling_since, RECALLING),
        "stuck": (platform.stuck, platform.stuck_since, STUCK),
        "verifying": (platform.verifying, platform.verifying_since, VERIFYING),
        "delayed": (platform.delayed, platform.delayed_since, DELAYED),
        "needs_person": (platform.needs_person, platform.needs_person_since, NEEDS_PERSON),
        "overdue": (platform.overdue, platform.overdue_since, timedelta()),
    }
    signs = [
        Sign(kind, platform.key, since, n)
        for kind, (n, since, most) in wrong.items()
        if n and since and now - since > most
    ]
    if platform.breaker_until and platform.breaker_until > now - BREAKER:
        signs.append(Sign("breaker", platform.key))
    if (
        (version := find_version(platform.key))
        and version.ends
        and version.ends - timezone.localdate(now) <= VERSION_ENDS
    ):
        signs.append(Sign("version", platform.key))
    if platform.lost_names:
        since = min((row.lost_since for row in platform.lost_names if row.lost_since), default=None)
        signs.append(Sign("metric", platform.key, since, len(platform.lost_names)))
    if platform.newly_lost >= max(WAVE, platform.channels * WAVE_SHARE):
        signs.append(Sign("wave", platform.key, None, platform.newly_lost))
    return signs


def find_version(platform: str) -> Version | None:
    """Return the version of the platform's interface, where
    it has versions that end and an application of ours."""
    return (
        CONNECTORS[platform].api_version(settings.PLATFORMS[platform])
        if is_set_up(platform)
        else None
    )
