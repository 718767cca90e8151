"""Answers to questions of the apps below."""

import calendar
from datetime import date, datetime, timedelta
from typing import Any

from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from engagement.examples.models import Example, ExampleUse
from posts.models import Post
from posts.origins.shown import Origin, Suggestion
from posts.signals import origin_asked, rhythm_asked
from publishing.models import Rhythm


@receiver(origin_asked, sender=Post)
def find_origin(post: Post, user: User, **_kwargs: Any) -> Origin | None:
    """Return the example from which the draft of ``post`` began; without its name and its page
    where the person may not see it any more.
    """
    uses = ExampleUse.objects.filter(post=post.pk).select_related("example__unit")
    if (use := uses.first()) is None:
        return None
    row = use.example
    if not Example.objects.visible_to(user).filter(pk=row.pk).exists():
        return Origin("example", "", row.unit.name)
    address = reverse("engagement:example", args=[row.public_id])
    return Origin("example", row.name, row.unit.name, address)


@receiver(rhythm_asked, sender=Post)
def suggest_rhythm(post: Post, **_kwargs: Any) -> Suggestion | None:
    """Return the rule of the series that the example of ``post`` was made of, from the next day on
    that fits.
    """
    uses = ExampleUse.objects.filter(post=post.pk, example__in=Example.objects.in_library())
    use = uses.exclude(example__rhythm="").select_related("example").first()
    if use is None:
        return None
    row = use.example
    times = row.posts.filter(post__requested_time__isnull=False).order_by("-post__requested_time")
    last = times.values_list("post__requested_time", flat=True).first()
    if last is None:
        text = _("The example went out %(often)s. The form begins with that; change what you like.")
        return Suggestion(row.rhythm, row.step or 1, None, text % {"often": row.how_often})
    first = compute_next_time(last, rhythm=row.rhythm, now=timezone.now())
    text = _(
        "The example went out %(often)s, last on %(when)s. The form begins with that from the next "
        "such day on; change what you like."
    )
    when = date_format(timezone.localtime(last), "l H:i")
    return Suggestion(
        row.rhythm, row.step or 1, first, text % {"often": row.how_often, "when": when}
    )


def compute_next_time(last: datetime, *, rhythm: str, now: datetime) -> datetime:
    """Return the next moment after ``now`` on the weekday, or the day of the month, and at the hour
    of ``last``.
    """
    local_time, today = timezone.localtime(last), timezone.localdate(now)
    day = today
    if rhythm == Rhythm.WEEKS:
        day += timedelta(days=(local_time.weekday() - today.weekday()) % 7)
    if rhythm == Rhythm.MONTHS:
        day = _choose_day_of_month(today.year, today.month, local_time.day)
    at = timezone.make_aware(datetime.combine(day, local_time.time()))
    if at > now:
        return at
    if rhythm == Rhythm.MONTHS:
        year, month = divmod(today.year * 12 + today.month, 12)
        day = _choose_day_of_month(year, month + 1, local_time.day)
    else:
        day += timedelta(days=7 if rhythm == Rhythm.WEEKS else 1)
    return timezone.make_aware(datetime.combine(day, local_time.time()))


def _choose_day_of_month(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))
