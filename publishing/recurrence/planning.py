"""Series: begin, submit, change and stop. Every occurrence is a post, and whatever is done to it is
done by the decisions of posts, one by one.
"""

import calendar
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count, takewhile
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import holders, require, second_approvers
from audit.services import record
from core.clock import format_local_time
from core.errors import Refused
from core.reasons import require_reason
from posts.archive.archiving import archive
from posts.editor import choices, saving
from posts.editor.edits import PostEdit, edit_of
from posts.kits.adopting import refuse_locked
from posts.models import Post, Review
from posts.review import decisions
from posts.states import EDITABLE, Decision, PostState
from publishing.models import Delivery, Occurrence, Series
from publishing.models.series import MOST_OCCURRENCES, Rhythm
from publishing.recurrence.queries import later_occurrences, occurrences_of

FURTHEST = timedelta(days=2 * 366)


def planned_times(
    post: Post, *, first: datetime, rhythm: str, step: int, until: date | None, times: int | None
) -> list[datetime]:
    """Return the times of a series that would begin with ``post``. Raise Refused."""
    times_of_series = occurrence_times(first, rhythm=rhythm, step=step, until=until, times=times)
    if first <= timezone.now():
        raise Refused(_("The time of publication must be later than now."))
    if len(times_of_series) < 2:
        raise Refused(
            _("That is one time only. Choose a later end, or publish the post by itself.")
        )
    if len(times_of_series) > MOST_OCCURRENCES:
        raise Refused(
            _("A series has at most %(n)s times. Choose an earlier end.") % {"n": MOST_OCCURRENCES}
        )
    if times_of_series[-1] > timezone.now() + FURTHEST:
        raise Refused(_("A series ends within two years. Choose an earlier end."))
    if post.ends_at and times_of_series[-1] >= post.ends_at:
        message = _("The post is valid only until %(when)s. End the series before that.")
        raise Refused(message % {"when": format_local_time(post.ends_at)})
    return times_of_series


@transaction.atomic
def create_series(post: Post, *, by: User, **rule: Any) -> Series:
    """Make a series that begins with the draft ``post``: it gets the first time, and a copy of it
    each further one. The caller has counted it against a quota. Raise Refused.
    """
    authority = require(by, Permission.POST_WRITE, unit=post.unit)
    post = Post.objects.select_for_update(of=("self",)).select_related("unit").get(pk=post.pk)
    if post.state not in EDITABLE:
        raise Refused(_("This post is not open for editing now."))
    refuse_locked(post)
    if post.corrects_id or Occurrence.objects.filter(post=post).exists():
        raise Refused(_("A correction and a post of a series are not repeated. Make a copy first."))
    times = planned_times(post, **rule)
    edit = edit_of(post)
    first, *rest = (_edit_at(edit, time) for time in times)
    post = saving.save(post, first, by=by, version=post.version)
    copies = saving.create_many(
        rest, unit=post.unit, by=by, action="post.repeated", of=str(post.public_id)
    )
    series = Series.objects.create(
        unit=post.unit,
        title=post.label or post.title,
        rhythm=rule["rhythm"],
        step=rule["step"],
        made_by=by,
        made_at=timezone.now(),
    )
    Occurrence.objects.bulk_create(
        Occurrence(series=series, post=occurrence_post, number=number)
        for number, occurrence_post in enumerate([post, *copies], 1)
    )
    record("series.begun", series, by=by, position=authority.position, times=len(times))
    return series


def _edit_at(edit: PostEdit, time: datetime | None) -> PostEdit:
    return replace(edit, fields=replace(edit.fields, requested_time=time))


def submit_all(series: Series, *, by: User) -> tuple[int, list[str]]:
    """Submit each occurrence that is open for editing, and notify the approvers once. Return how
    many, and why not the others.
    """
    require(by, Permission.POST_WRITE, unit=series.unit)
    posts = list(occurrences_of(series).filter(state__in=EDITABLE))
    # The pages' own settings count, too, and are the same for one content; no transaction waits for
    # a platform.
    if posts and (refused := choices.refused_choices(posts[0])):
        return 0, refused
    n = 0
    reasons: dict[str, None] = {}
    for post in posts:
        try:
            decisions.submit(post, by=by, announce=False)
            n += 1
        except Refused as error:
            reasons[str(error)] = None
    if n:
        address = reverse("publishing:series_review", args=[series.public_id])
        notify(
            holders(Permission.POST_APPROVE, unit=series.unit, besides={by.pk}),
            "series_submitted",
            address=address,
            by=by,
            title=series,
            n=n,
        )
    return n, list(reasons)


@transaction.atomic
def announce_approvals(series: Series, posts: Sequence[Post], *, by: User) -> None:
    """Notify once of posts of a series that ``by`` has approved together: the writers, and where
    the province approves after the unit, those who do.
    """
    approved = [post for post in posts if post.state == PostState.APPROVED]
    endorsed = [post for post in posts if post.endorsed_revision_id]
    people = {person.pk: person for post in posts for person in (post.author, post.last_editor)}
    facts: dict[str, Any] = {"by": by, "title": series}
    address = reverse("publishing:series", args=[series.public_id])
    if approved:
        revisions = [post.approved_revision_id for post in approved]
        first = Review.objects.filter(revision__in=revisions, decision=Decision.FIRST)
        informed = people | {review.by_id: review.by for review in first.select_related("by")}
        timed = Delivery.objects.filter(revision__in=revisions).values("post").distinct().count()
        left = len(approved) - timed
        notify(
            [person for person in informed.values() if person.pk != by.pk],
            "series_to_schedule" if left else "series_approved",
            address=address,
            n=len(approved),
            left=left,
            **facts,
        )
    if endorsed:
        facts |= {"n": len(endorsed), "unit": series.unit}
        facts["when"] = format_local_time(min(post.second_period[1] for post in endorsed))
        notify(
            second_approvers(series.unit, besides={*people, by.pk}),
            "series_second_asked",
            address=reverse("publishing:second_queue"),
            **facts,
        )
        writers = [person for person in people.values() if person.pk != by.pk]
        notify(writers, "series_first_approved", address=address, **facts)


@transaction.atomic
def change_later(series: Series, post: Post, *, by: User) -> int:
    """Write the content of ``post`` into all later occurrences, each with its own time. Approvals
    of what changes end, and with them what was scheduled. Return how many were changed.
    """
    authority = require(by, Permission.POST_WRITE, unit=series.unit)
    number = post.occurrence.number
    edit = edit_of(post)
    changed = 0
    for later_post in _lock_posts(series).filter(occurrence__number__gt=number):
        if edit_of(later_post) == _edit_at(edit, later_post.requested_time):
            continue
        _reopen_if_closed(later_post, by=by)
        saving.save(
            later_post, _edit_at(edit, later_post.requested_time), by=by, version=later_post.version
        )
        changed += 1
    record(
        "series.changed", series, by=by, position=authority.position, since=number, posts=changed
    )
    return changed


@transaction.atomic
def stop(series: Series, *, by: User, reason: str) -> int:
    """Stop the series: archive its occurrences that are still ahead; approvals end, and with them
    what was scheduled. What went out stays. Return how many were archived.
    """
    authority = require(by, Permission.POST_WRITE, unit=series.unit)
    reason = require_reason(reason, _("Please write why the series is stopped."))
    stopped = Series.objects.filter(pk=series.pk, stopped_at=None).update(
        stopped_at=timezone.now(), stopped_by=by, stop_reason=reason
    )
    if not stopped:
        raise Refused(_("This series is stopped already."))
    series.refresh_from_db()
    n = 0
    for post in _lock_posts(series):
        _reopen_if_closed(post, by=by)
        archive(post, by=by)
        n += 1
    record("series.stopped", series, by=by, position=authority.position, reason=reason, posts=n)
    return n


def _lock_posts(series: Series) -> QuerySet[Post]:
    return later_occurrences(series, now=timezone.now()).select_for_update(of=("self",))


def _reopen_if_closed(post: Post, *, by: User) -> None:
    if post.state in (PostState.IN_REVIEW, PostState.APPROVED):
        decisions.reopen(post, by=by)


def occurrence_times(
    first: datetime, *, rhythm: str, step: int, until: date | None, times: int | None
) -> list[datetime]:
    """Return the times of the occurrences, the first included: until the day ``until``, or so many
    ``times``. One more than a series may have shows that there are too many.

    The hour stays as the station's clock shows it. A month without the day takes its last one.
    """
    local = timezone.localtime(first)
    most = min(times or MOST_OCCURRENCES + 1, MOST_OCCURRENCES + 1)
    days = (_shift_day(local.date(), rhythm, step * n) for n in count())
    within = takewhile(lambda day: until is None or day <= until, days)
    clock = local.time().replace(tzinfo=None)
    times_of_series: list[datetime] = []
    for day in within:
        if len(times_of_series) == most:
            break
        times_of_series.append(timezone.make_aware(datetime.combine(day, clock)))
    return times_of_series


def _shift_day(day: date, rhythm: str, n: int) -> date:
    if rhythm != Rhythm.MONTHS:
        return day + timedelta(days=n * (7 if rhythm == Rhythm.WEEKS else 1))
    months = day.year * 12 + day.month - 1 + n
    year, month = divmod(months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))
