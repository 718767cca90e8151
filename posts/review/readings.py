"""Rules for a decision: the person opened this revision, and its form stood on the screen long
enough to be read.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from core.errors import Refused
from core.form_marks import Rendered, make_render_mark, require_rendered
from posts.models import Reading, Revision


def open_revision(revision: Revision, *, by: User, now: datetime | None = None) -> str:
    """Record that ``by`` opened ``revision`` and return the signed mark for its form."""
    now = now or timezone.now()
    Reading.objects.get_or_create(revision=revision, user=by, defaults={"opened_at": now})
    return make_render_mark(mark_subject(revision), by=by, now=now)


def use_mark(mark: str, revision: Revision, *, by: User, now: datetime | None = None) -> Rendered:
    """Use up the mark of a form for the one decision that it allows. Call it in the decision's
    transaction.
    """
    now = now or timezone.now()
    rendered = require_rendered(mark, mark_subject(revision), by=by, now=now)
    return _use_reading(revision, rendered, by=by, now=now)


def use_list_mark(
    revision: Revision, rendered: Rendered, *, by: User, now: datetime | None = None
) -> Rendered:
    """Do as `use_mark` does, for a revision in a list that was rendered then: its person must have
    opened it before.
    """
    return _use_reading(revision, rendered, by=by, now=now or timezone.now())


def _use_reading(revision: Revision, rendered: Rendered, *, by: User, now: datetime) -> Rendered:
    ours = Reading.objects.filter(revision=revision, user=by)
    unspent = Q(spent_at__isnull=True) | Q(spent_at__lt=rendered.at)
    if not ours.filter(unspent, opened_at__lte=now).update(spent_at=now):
        if ours.exists():
            raise Refused(
                _(
                    "You decided on this version already. Please look at it again before "
                    "you decide anew."
                )
            )
        raise Refused(_("You have not opened this version yet. Please open its preview first."))
    return rendered


def opened_by(user: User, revisions: Iterable[int]) -> set[int]:
    """Find which of the revisions (primary keys) this person has opened."""
    return set(
        Reading.objects.filter(user=user, revision__in=revisions).values_list("revision", flat=True)
    )


def mark_subject(revision: Revision) -> str:
    """Name the subject of a form that decides on ``revision``."""
    return f"revision:{revision.public_id}"
