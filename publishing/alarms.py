"""What each alarm means and what to do about it, in the operators' words. docs/runbook.md says it at length."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.states import Kind
from publishing.models import Alarm


class Meaning(NamedTuple):
    title: Any
    means: Any
    do: tuple[Any, ...]
    by_people: bool = False  # people are late; the portal does its work

    @property
    def again_after(self) -> timedelta:
        """While it lasts. What people have to do is not done sooner for six-hourly mails."""
        return timedelta(days=1) if self.by_people else timedelta(hours=6)


T = gettext_lazy
_LOOK_AT_WORKER = T("On the server: docker compose ps shows whether “%(service)s” runs, docker compose logs why not.")
_RESTART = T("Start it again: docker compose up -d %(service)s. Nothing is published twice by that.")
# The worst first: that is the order in which they are shown and mailed.
KINDS: dict[str, Meaning] = {
    "database": Meaning(
        T("The database does not answer"),
        T("Nothing is published and nobody can work in the portal. Posts that are due wait; none is lost."),
        (
            T("On the server: docker compose ps shows whether “postgres” runs; look for a full disk first."),
            T("If it must be restored from a copy, follow “Restoring” in the runbook. Publishing then starts frozen."),
        ),
    ),
    "frozen": Meaning(
        T("Publishing is frozen: %(where)s"),
        T("No post becomes visible on any page until publishing is released. Taking posts down goes on."),
        (
            T("After a restore: wait until the pages have been read, then two administrators of the ministry release."),
            T("If people stopped it: ask who wrote the reason whether the danger is over, then release on this page."),
        ),
    ),
    "broker": Meaning(
        T("The message broker does not answer"),
        T("No worker hears a bell, so nothing is published. Posts that are due wait in the database; none is lost."),
        (
            T("On the server: docker compose ps redis, then docker compose up -d redis."),
            T("Its memory may be lost without harm. Publishing goes on by itself within seconds."),
        ),
    ),
    "silent": Meaning(
        T("Nobody answers on the queue %(where)s"),
        T("The worker of this queue is dead, hangs or hears no bell. If all queues are silent, the broker or beat is."),
        (_LOOK_AT_WORKER, _RESTART),
    ),
    "late": Meaning(
        T("Posts for %(where)s are late"),
        T("Approved posts could go out and do not. Residents see the warning later than the unit promised it."),
        (
            T("Look above whether the queue publish.%(key)s is silent: then start its worker again."),
            T("If the worker runs: its log says what stops it. Restart it; nothing is published twice by that."),
            T("Posts that stay late longer than two hours are not published; their units are told."),
        ),
    ),
    "recalling": Meaning(
        T("Posts cannot be taken down from %(where)s"),
        T("A post that was withdrawn still stands in public."),
        (
            T("Look whether the queue recall is silent: then start its worker again."),
            T("If the connection of the page is lost, its unit connects it again, or deletes the post on the page."),
            T("If the platform does not answer, call the unit: delete the post on the page by hand, at once."),
        ),
    ),
    "breaker": Meaning(
        T("%(where)s does not answer"),
        T("Many calls in a row got no answer, so the portal pauses and tries again every few minutes by itself."),
        (
            T("See whether %(where)s reports a disturbance, and whether the server reaches the internet."),
            T("Tell the provinces if it lasts: urgent warnings can be published by hand on the page."),
        ),
    ),
    "stuck": Meaning(
        T("Posts for %(where)s are stuck in a worker that died"),
        T("Nobody takes over what the dead worker had in hand. Each post may stand on its page or not."),
        (T("Look whether the queue settle is silent: then start its worker again. It asks the pages first."),),
    ),
    "wave": Meaning(
        T("Many connections to %(where)s are lost at once"),
        T("It is hardly the units: the platform may have blocked our application, or its secret has changed."),
        (
            T("Sign in to the developer page of %(where)s and look for a notice about our application."),
            T(
                "When it is put right, channels whose tokens still live come back at the next check; the others are"
                " connected again by their units."
            ),
            T("Do not disconnect channels: a lost one keeps its schedule."),
        ),
    ),
    "delayed": Meaning(
        T("%(where)s makes posts wait"),
        T("The platform refuses for the moment or limits our pace. The portal tries again by itself."),
        (
            T("Look for “%(where)s does not answer” above, and at the limits on the developer page of the platform."),
            T("If an urgent warning waits, its unit publishes it by hand on the page."),
        ),
    ),
    "verifying": Meaning(
        T("Doubts about posts on %(where)s are not settled"),
        T("The platform gave no answer when a post was sent, and none yet when asked whether it stands."),
        (
            T("Look whether the queue settle is silent: then start its worker again."),
            T("If the platform is disturbed, wait. After an hour the unit is asked to look at its page."),
        ),
    ),
    "clocks": Meaning(
        T("The clocks of two machines differ"),
        T("Publishing goes by the database's clock. If that one is wrong, everything goes out too early or too late."),
        (T("Compare the clocks of the servers with the true time and set up time synchronisation (chrony, NTP)."),),
    ),
    "disk": Meaning(
        T("The disk for pictures is nearly full"),
        T("New pictures cannot be uploaded when it is full; if the database shares the disk, it stops."),
        (
            T("Enlarge the disk, or remove old copies and logs from it."),
            T("Never delete from the media folder: published and archived posts need their pictures."),
        ),
    ),
    "mail": Meaning(
        T("Alarms cannot be mailed"),
        T("The mail server refused or did not answer. Whoever does not look at this page learns of nothing."),
        (T("Check EMAIL_URL and the mail server. What could not be mailed is tried again every 30 seconds."),),
    ),
    "overdue": Meaning(
        T("Tasks by hand on %(where)s are overdue"),
        T("Officers were asked to publish or to delete a post on the page themselves, and have not done so in time."),
        (T("The provinces see the posts in their overview and call the units."),),
        by_people=True,
    ),
    "needs_person": Meaning(
        T("Posts on %(where)s have waited more than a day for somebody to look"),
        T("Only a person can tell whether they stand on the page. Until then they are not counted as published."),
        (T("The provinces see the posts in their overview and call the units."),),
        by_people=True,
    ),
}
_FREEZES = {"restored": T("the database was restored"), "stopped": T("stopped by an administrator")}


def title(kind: str, key: str = "") -> str:
    return str(KINDS[kind].title) % _names(key)


def means(kind: str, key: str = "") -> str:
    return str(KINDS[kind].means) % _names(key)


def to_do(kind: str, key: str = "") -> list[str]:
    return [str(step) % _names(key) for step in KINDS[kind].do]


def _names(key: str) -> dict[str, str]:
    where = dict(Kind.choices).get(key) or str(_FREEZES.get(key, key))
    return {"key": key, "where": where, "service": key.replace("publish.", "publish-")}


def letter(alarm: Alarm) -> str:
    """An alarm that lasts, for a mail: what, since when, what it means, what to do."""
    lines = [title(alarm.kind, alarm.key), since(alarm), means(alarm.kind, alarm.key), ""]
    lines += [f"- {step}" for step in to_do(alarm.kind, alarm.key)]
    return "\n".join([*lines, f"{settings.PORTAL_URL}{reverse('publishing:status')}#{alarm.kind}"])


def since(alarm: Alarm) -> str:
    began = alarm.facts.get("since")
    words = _("Since %(when)s.") % {"when": _clock(datetime.fromisoformat(began) if began else alarm.opened_at)}
    if n := alarm.facts.get("n"):
        words += " " + _("Number: %(n)s.") % {"n": n}
    return words


def letter_over(alarm: Alarm) -> str:
    told = {"what": title(alarm.kind, alarm.key), "first": _clock(alarm.opened_at), "last": _clock(alarm.closed_at)}
    return _("Over: %(what)s (from %(first)s to %(last)s)") % told


def _clock(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%H:%M:%S %d/%m/%Y")
