"""Words for the reply desk: answers that two people agreed on at once, a person's own
words under a leader's release.

No single answer waits for a second person: it would have to be stored which comment it is for, and
a comment's number leads to whoever wrote it.
"""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Authority, Notice, User
from accounts.notices import notify
from accounts.permissions import Permission
from accounts.queries import appointed_by, can, holders, require
from audit.services import record
from core.clock import format_local_time
from core.errors import NotAllowed, Refused
from core.locks import hold_until_commit
from core.periods import get_midnight
from core.scope import list_ancestors
from core.secrecy import has_secrecy_mark
from core.text import normalise
from engagement.models import LONGEST_ANSWER, ReplyPhrase, ReplyRelease
from posts.leak_rules.enforcement import require_publishable
from publishing.models import Delivery
from units.models import Unit

RELEASE_LASTS = timedelta(days=1)
# Of a unit: each stands under each comment, and people choose by reading.
MOST_PHRASES = 10


def clean_answer(text: str, *, unit: Unit) -> str:
    """Return the answer as it goes out. Raise Refused for what nobody may say to residents."""
    text = normalise(text).strip()
    if not text:
        raise Refused(_("Write an answer first."))
    if len(text) > LONGEST_ANSWER:
        raise Refused(_("The answer is longer than %(n)s characters.") % {"n": LONGEST_ANSWER})
    if has_secrecy_mark(text):
        raise Refused(_("The answer seems to hold a state secret. It was not sent."))
    require_publishable([text], unit)
    return text


def find_phrases(unit: Unit) -> QuerySet[ReplyPhrase]:
    """Find the approved answers of the unit and of those above it."""
    return ReplyPhrase.objects.usable().filter(unit__path__in=list_ancestors(unit.path))


def find_release(person: User, *, unit: Unit) -> ReplyRelease | None:
    """Find the release under which the person answers in their own words now. It lasts no longer
    than the right of the leader who gave it.
    """
    rows = ReplyRelease.objects.in_force(timezone.now()).filter(unit=unit, person=person)
    return next(
        (
            row
            for row in rows.select_related("released_by")
            if can(row.released_by, Permission.POST_APPROVE, unit=unit)
        ),
        None,
    )


def require_may_say(text: str, *, unit: Unit, by: User) -> bool:
    """Return whether the words are the person's own. Raise Refused unless two people stand behind
    them.
    """
    if find_phrases(unit).filter(text=text).exists():
        return False
    if find_release(by, unit=unit) is None:
        raise Refused(
            _(
                "Your own words need a leader's release, which lasts a day: ask for it under "
                "“Answers and releases”. Answers that were approved there go out at once."
            )
        )
    return True


# --- answers that may be given at once ------------------------------------------------------------


@transaction.atomic
def propose_phrase(text: str, *, unit: Unit, by: User) -> ReplyPhrase:
    authority = require(by, Permission.POST_SCHEDULE, unit=unit)
    text = clean_answer(text, unit=unit)
    hold_until_commit([f"reply-phrases-{unit.pk}"])  # two at once: the second sees the first
    open_ones = ReplyPhrase.objects.filter(unit=unit, ended_at=None)
    if open_ones.filter(text=text).exists():
        raise Refused(_("This answer stands in the list already."))
    if open_ones.count() >= MOST_PHRASES:
        raise Refused(
            _("The unit has %(n)s answers. Remove one before you propose another.")
            % {"n": MOST_PHRASES}
        )
    row = ReplyPhrase.objects.create(
        unit=unit, text=text, proposed_by=by, proposed_at=timezone.now()
    )
    _record("desk.phrase_proposed", unit, authority, by=by, phrase=str(row.public_id))
    _notify_leaders("reply_phrase_proposed", unit, by=by)
    return row


@transaction.atomic
def approve_phrase(phrase: ReplyPhrase, *, by: User) -> None:
    authority = require(by, Permission.POST_APPROVE, unit=phrase.unit)
    _require_second_person(phrase.proposed_by, by=by)
    require_publishable([phrase.text], phrase.unit)  # by the rules as they are now
    rows = ReplyPhrase.objects.filter(pk=phrase.pk, approved_at=None, ended_at=None)
    if not rows.update(approved_by=by, approved_at=timezone.now()):
        raise Refused(_("Somebody has decided on this answer meanwhile. Reload the page."))
    _record("desk.phrase_approved", phrase.unit, authority, by=by, phrase=str(phrase.public_id))
    notify(
        [phrase.proposed_by],
        "reply_phrase_approved",
        address=reverse("engagement:reply_words"),
        by=by,
        unit=phrase.unit,
    )


@transaction.atomic
def end_phrase(phrase: ReplyPhrase, *, by: User) -> None:
    """Remove an answer from the list, or a proposal of one: as the leader or as its proposer."""
    right = Permission.POST_SCHEDULE if by.pk == phrase.proposed_by_id else Permission.POST_APPROVE
    authority = require(by, right, unit=phrase.unit)
    rows = ReplyPhrase.objects.filter(pk=phrase.pk, ended_at=None)
    if not rows.update(ended_by=by, ended_at=timezone.now()):
        raise Refused(_("Somebody has decided on this answer meanwhile. Reload the page."))
    _record("desk.phrase_ended", phrase.unit, authority, by=by, phrase=str(phrase.public_id))


# --- a person's own words -------------------------------------------------------------------------


@transaction.atomic
def ask_release(unit: Unit, *, by: User) -> None:
    """Ask the unit's leaders for a release of one's own words."""
    authority = require(by, Permission.POST_SCHEDULE, unit=unit)
    if find_release(by, unit=unit):
        raise Refused(_("You may answer in your own words already."))
    if not holders(Permission.POST_APPROVE, unit=unit, besides=[by.pk]):
        raise Refused(_("Nobody else approves in this unit. Use the approved answers."))
    _record("desk.release_asked", unit, authority, by=by)
    _notify_leaders("reply_release_asked", unit, by=by)


@transaction.atomic
def give_release(unit: Unit, person: User, *, by: User) -> ReplyRelease:
    """Release a named person's own words for a day; not an account or a position that is new."""
    authority = require(by, Permission.POST_APPROVE, unit=unit)
    now = timezone.now()
    position = person.own_authority(Permission.POST_SCHEDULE, unit=unit)
    if position is None:
        raise Refused(_("This person does not answer for the unit."))
    if person.date_joined > now - RELEASE_LASTS or position.valid_from >= timezone.localdate(now):
        raise Refused(
            _(
                "This account or position is new today. Its own words can be released tomorrow; "
                "approved answers it gives at once."
            )
        )
    _require_second_person(person, by=by)
    # Two leaders at once gave two releases, of which one stayed in force when the other was ended.
    hold_until_commit([f"reply-release-{unit.pk}-{person.pk}"])
    if find_release(person, unit=unit):
        raise Refused(_("This person may answer in their own words already."))
    until = now + RELEASE_LASTS
    row = ReplyRelease.objects.create(
        unit=unit, person=person, released_by=by, released_at=now, until=until
    )
    facts = {"person": str(person), "until": format_local_time(until)}
    _record("desk.released", unit, authority, by=by, **facts)
    address = reverse("engagement:desks")
    notify([person], "reply_released", address=address, by=by, unit=unit, until=facts["until"])
    return row


@transaction.atomic
def end_release(release: ReplyRelease, *, by: User) -> None:
    authority = require(by, Permission.POST_APPROVE, unit=release.unit)
    now = timezone.now()
    rows = ReplyRelease.objects.in_force(now).filter(pk=release.pk)
    if not rows.update(ended_by=by, ended_at=now):
        raise Refused(_("This release is over already."))
    _record("desk.release_ended", release.unit, authority, by=by, person=str(release.person))


# --- who is told ----------------------------------------------------------------------------------


@transaction.atomic
def count_for_leaders(act: str, delivery: Delivery, *, by: User) -> None:
    """Count what was done under a publication today (``answered``, ``own``, ``hidden``, ``shown``)
    in one notice for each other leader of the unit: numbers and the way there, of comments nothing.
    """
    address = reverse("engagement:comments", args=[delivery.public_id])
    leaders = holders(Permission.POST_APPROVE, unit=delivery.unit, besides=[by.pk])
    hold_until_commit([f"desk-used-{delivery.pk}"])  # or two at once write two notices
    today = Notice.objects.select_for_update().filter(
        user__in=leaders,
        kind="desk_used",
        address=address,
        created_at__gte=get_midnight(timezone.localdate()),
    )
    for notice in today:
        notice.facts[act] = str(int(notice.facts[act]) + 1)
        notice.read_at = None
        notice.save(update_fields=["facts", "read_at"])
    counted = {notice.user_id for notice in today}
    counts: dict[str, Any] = {"answered": 0, "own": 0, "hidden": 0, "shown": 0} | {act: 1}
    people = [person for person in leaders if person.pk not in counted]
    notify(people, "desk_used", address=address, mail=False, title=delivery.post, **counts)


def _require_second_person(first: User, *, by: User) -> None:
    """Refuse whoever is no second person beside ``first``, as four eyes on a post do."""
    if by.pk == first.pk:
        raise NotAllowed(_("Another leader has to do this: two people stand behind each answer."))
    if appointed_by(by, people=[first]):
        raise NotAllowed(
            _(
                "You made or confirmed an appointment of this person, or they one of yours. "
                "Another leader has to do this."
            )
        )


def _record(action: str, unit: Unit, authority: Authority, *, by: User, **data: str) -> None:
    record(action, unit, by=by, position=authority.position, unit_path=unit.path, **data)


def _notify_leaders(kind: str, unit: Unit, *, by: User) -> None:
    notify(
        holders(Permission.POST_APPROVE, unit=unit, besides=[by.pk]),
        kind,
        address=reverse("engagement:reply_words"),
        by=by,
        unit=unit,
    )
