"""Attempts: begun, begun again, helped by hints, and judged by the state that is reached."""

from collections.abc import Collection, Iterable

from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Refused
from training import staging
from training.exercises.base import Exercise
from training.exercises.table import EXERCISES, list_exercises
from training.models import Attempt, Participant
from try_out.pages import Unreachable


def begin(participant: Participant, exercise: Exercise) -> Attempt:
    """Prepare the exercise in the participant's unit, also once more: what an earlier try left is
    put away. Raise Refused.
    """
    if participant.role not in exercise.roles:
        raise Refused(_("This exercise is not for your role."))
    earlier = Attempt.objects.filter(participant=participant, exercise=exercise.slug).first()
    try:
        if earlier:
            for post in exercise.posts(earlier).select_related("unit"):
                staging.put_away(participant, post)
        subject = exercise.prepare(participant)
    except Unreachable as error:
        raise Refused(
            _("The simulated platforms do not answer. Tell your trainer, then try again.")
        ) from error
    fresh = {"subject": subject, "begun_at": timezone.now(), "hints": 0, "done_at": None}
    attempt, _created = Attempt.objects.update_or_create(
        participant=participant, exercise=exercise.slug, defaults=fresh
    )
    return attempt


def open_hint(attempt: Attempt) -> None:
    """Open the next hint; after the last there is none."""
    n = min(attempt.hints + 1, len(EXERCISES[attempt.exercise].hints))
    Attempt.objects.filter(pk=attempt.pk, hints=attempt.hints).update(hints=n)
    attempt.hints = n


def judge(attempts: Collection[Attempt]) -> None:
    """Note which of the attempts that are under way have reached their end. Few questions for many:
    those of an exercise are judged together.
    """
    under_way: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        if attempt.done_at is None and attempt.exercise in EXERCISES:
            under_way.setdefault(attempt.exercise, []).append(attempt)
    now = timezone.now()
    done = [
        attempt
        for slug, rows in under_way.items()
        for keys in [EXERCISES[slug].find_done(rows)]
        for attempt in rows
        if attempt.pk in keys
    ]
    if done:
        # One that was begun again meanwhile is another try.
        for attempt in done:
            same = Attempt.objects.filter(pk=attempt.pk, begun_at=attempt.begun_at)
            same.update(done_at=now)
            attempt.done_at = now


def is_complete(participant: Participant, attempts: Iterable[Attempt]) -> bool:
    """Check whether the participant has done all exercises of the role."""
    done = {attempt.exercise for attempt in attempts if attempt.done_at}
    wanted = {exercise.slug for exercise in list_exercises(participant.role)}
    return bool(wanted) and wanted <= done
