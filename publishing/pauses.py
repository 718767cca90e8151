"""Pausing by scope. Nothing is moved when a pause begins: every question whether a delivery may be sent asks for
pauses, up to the statement that begins the visible call."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Permission
from accounts.queries import require
from audit.services import record
from campaigns.models import Topic
from channels.models import Channel
from core.clock import database_now
from core.errors import Refused
from publishing.models import Pause
from units.models import Unit


@transaction.atomic
def prepare(
    unit: Unit,
    *,
    by: User,
    reason: str,
    channel: Channel | None = None,
    topic: Topic | None = None,
    urgent_passes: bool = False,
) -> Pause:
    """A pause that one act can start."""
    held = require(by, Permission.PUBLISHING_PAUSE, unit=unit)
    if not reason.strip():
        raise Refused(_("Please write why publishing is paused."))
    if channel and not channel.unit.path.startswith(unit.path):
        raise Refused(_("This channel does not belong to the unit."))
    pause = Pause.objects.create(
        unit=unit, channel=channel, topic=topic, reason=reason.strip(), urgent_passes=urgent_passes, created_by=by
    )
    record("pause.prepared", pause, by=by, post_held=held.post_held, reason=pause.reason)
    return pause


@transaction.atomic
def start(pause: Pause, *, by: User) -> None:
    """From this commit on nothing within the pause's scope goes out."""
    held = require(by, Permission.PUBLISHING_PAUSE, unit=pause.unit)
    if not Pause.objects.filter(pk=pause.pk, started_at=None, ended_at=None).update(started_at=database_now()):
        raise Refused(_("This pause has been started or ended already."))
    pause.refresh_from_db()
    record("pause.started", pause, by=by, post_held=held.post_held, reason=pause.reason)


@transaction.atomic
def end(pause: Pause, *, by: User) -> None:
    """Publishing goes on with what falls due from now on; what fell due meanwhile is put before people instead."""
    held = require(by, Permission.PUBLISHING_PAUSE, unit=pause.unit)
    if not Pause.objects.filter(pk=pause.pk, ended_at=None).update(ended_at=database_now()):
        raise Refused(_("This pause has ended already."))
    pause.refresh_from_db()
    record("pause.ended", pause, by=by, post_held=held.post_held, reason=pause.reason)
