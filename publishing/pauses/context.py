from datetime import timedelta
from functools import cache
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from publishing.models import Pauses
from publishing.pauses.presenters import pause_reason, pause_scope, pause_status
from publishing.pauses.queries import pauses_for

_AHEAD = timedelta(hours=24)
_SHOWN = 2  # a province with thirty paused communes still sees its page


def pauses_of(request: HttpRequest) -> Pauses:
    """Return the pauses that touch the person's scope: one
    query a request, for the banner and for the page's rows."""
    pauses = vars(request).get("pauses")
    if pauses is None:
        pauses = vars(request)["pauses"] = pauses_for(request.user, now=timezone.now())
    return pauses


def pauses(request: HttpRequest) -> dict[str, Any]:
    """Return what the frame says about pauses.

    Nothing is asked of the database for a page without the frame.
    """
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {}
    return {"pause_banner": cache(lambda: _banner(pauses_of(request)))}


def _banner(pauses: Pauses) -> dict[str, Any]:
    rows = [*pauses.active, *pauses.coming(_AHEAD)]
    visible = [
        {
            "pause": pause,
            "planned": not pause.lasts(pauses.now),
            "scope": pause_scope(pause),
            "reason": pause_reason(pause),
            "times": pause_status(pause, pauses.now).sentence,
        }
        for pause in rows[:_SHOWN]
    ]
    return {"shown": visible, "more": len(rows) - len(visible)}
