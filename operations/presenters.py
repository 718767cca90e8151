"""The meaning of each alarm and what to do about it, in the
operators' words. docs/runbook.md and docs/runbook.vi.md say it at length."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from channels.states import Kind
from operations.models import Alarm
from publishing.models import Heartbeat, ProcessEnd


class Meaning(NamedTuple):
    title: Any
    means: Any
    do: tuple[Any, ...]
    by_people: bool = False  # people are late; the portal does its work
    ahead: bool = False  # will be wrong one day; the portal does its work

    @property
    def again_after(self) -> timedelta:
        """Return the time until an alarm that lasts is mailed again.

        People do not act sooner for six-hourly mails: what waits for them is mailed once a day.
        """
        if self.ahead:
            return timedelta(days=7)
        return timedelta(days=1) if self.by_people else timedelta(hours=6)


_LOOK_AT_WORKER = _(
    "On the server: docker compose ps shows whether “%(service)s” runs, docker compose "
    "logs why not."
)
_RESTART = _(
    "Start it again: docker compose up -d %(service)s. Nothing is published twice by that."
)
# The worst first: that is the order in which they are shown and mailed.
KINDS: dict[str, Meaning] = {
    "database": Meaning(
        _("The database does not answer"),
        _(
            "Nothing is published and nobody can work in the portal. Posts that are due "
            "wait; none is lost."
        ),
        (
            _(
                "On the server: docker compose ps shows whether “postgres” runs; look "
                "for a full disk first."
            ),
            _(
                "If it must be restored from a copy, follow “Restoring” in the runbook. "
                "Publishing then starts frozen."
            ),
        ),
    ),
    "frozen": Meaning(
        _("Publishing is frozen: %(where)s"),
        _(
            "No post becomes visible on any page until publishing is released. Taking "
            "posts down goes on."
        ),
        (
            _(
                "After a restore: wait until the pages have been read, then two "
                "administrators of the ministry release."
            ),
            _(
                "If people stopped it: ask who wrote the reason whether the danger is "
                "over, then release on this page."
            ),
        ),
    ),
    "unapproved": Meaning(
        _("Something was to be published that nobody approved"),
        _(
            "Rows in the database said approved, scheduled or not yet ended, and nothing "
            "proves it. Nothing of it was published."
        ),
        (
            _(
                "Take it for an intrusion until it is explained: freeze publishing, keep "
                "the logs, tell the ministry."
            ),
            _(
                "On the server: manage.py verify_approvals names the publications and "
                "approvals that are not proved."
            ),
            _("If APPROVAL_KEY was changed: put the old key back behind the new one."),
        ),
    ),
    "unrecorded": Meaning(
        _("Publications were written past the portal"),
        _(
            "Rows in the database say something of which the record knows nothing. What "
            "nobody approved and scheduled is not published."
        ),
        (
            _(
                "Take it for an intrusion until it is explained: freeze publishing, keep "
                "the logs, tell the ministry."
            ),
            _("On the server: manage.py verify_approvals names them. Look at their pages."),
        ),
    ),
    "broker": Meaning(
        _("The message broker does not answer"),
        _(
            "Workers go on from the database by themselves, some seconds less punctual. "
            "Letters and figures wait."
        ),
        (
            _("On the server: docker compose ps redis, then docker compose up -d redis."),
            _("Its memory may be lost without harm: what is due stands in the database."),
        ),
    ),
    "silent_queues": Meaning(
        _("Several queues are not answered"),
        _(
            "Their workers are dead or hang at once: mostly one machine, one container or the way "
            "to the database is the cause. The list of queues below names them."
        ),
        (
            _("On the server: docker compose ps shows which workers run, docker compose logs why."),
            _("Start all again: docker compose up -d. Nothing is published twice by that."),
        ),
    ),
    "silent": Meaning(
        _("Nobody answers on the queue “%(where)s”"),
        _(
            "The worker of this queue is dead or hangs. If all are silent, none runs or "
            "none reaches the database."
        ),
        (_LOOK_AT_WORKER, _RESTART),
    ),
    "late": Meaning(
        _("Posts for %(where)s are late"),
        _(
            "Approved posts could go out and do not. Residents see the warning later "
            "than the unit promised it."
        ),
        (
            _(
                "Look above whether the queue %(publishing)s is silent: then start its "
                "worker again."
            ),
            _(
                "If the worker runs: its log says what stops it. Restart it; nothing is "
                "published twice by that."
            ),
            _(
                "Posts that stay late longer than two hours are not published; their "
                "units are told."
            ),
        ),
    ),
    "recalling": Meaning(
        _("Posts cannot be taken down from %(where)s"),
        _("A post that was withdrawn still stands in public."),
        (
            _("Look whether the queue %(recalling)s is silent: then start its worker again."),
            _(
                "If the connection of the page is lost, its unit connects it again, or "
                "deletes the post on the page."
            ),
            _(
                "If the platform does not answer, call the unit: delete the post on the "
                "page by hand, at once."
            ),
        ),
    ),
    "breaker": Meaning(
        _("%(where)s does not answer"),
        _(
            "Many calls in a row got no answer, so the portal pauses and tries again "
            "every few minutes by itself."
        ),
        (
            _(
                "See whether %(where)s reports a disturbance, and whether the server "
                "reaches the internet."
            ),
            _(
                "Tell the provinces if it lasts: urgent warnings can be published by "
                "hand on the page."
            ),
        ),
    ),
    "stuck": Meaning(
        _("Posts for %(where)s are stuck in a worker that died"),
        _(
            "Nobody takes over what the dead worker had in hand. Each post may stand on "
            "its page or not."
        ),
        (
            _(
                "Look whether the queue %(checking)s is silent: then start its worker again. "
                "It asks the pages first."
            ),
        ),
    ),
    "wave": Meaning(
        _("Many connections to %(where)s are lost at once"),
        _(
            "It is hardly the units: the platform may have blocked our application, or "
            "its secret has changed."
        ),
        (
            _(
                "Sign in to the developer page of %(where)s and look for a notice about "
                "our application."
            ),
            _(
                "When it is put right, channels whose tokens still live come back at the daily "
                "check; the others are connected again by their units."
            ),
            _("Do not disconnect channels: a lost one keeps its schedule."),
        ),
    ),
    "delayed": Meaning(
        _("%(where)s makes posts wait"),
        _(
            "The platform refuses for the moment or limits our pace. The portal tries "
            "again by itself."
        ),
        (
            _(
                "Look for “%(where)s does not answer” above, and at the limits on the "
                "developer page of the platform."
            ),
            _("If an urgent warning waits, its unit publishes it by hand on the page."),
        ),
    ),
    "verifying": Meaning(
        _("Doubts about posts on %(where)s are not settled"),
        _(
            "The platform gave no answer when a post was sent, and none yet when asked "
            "whether it stands."
        ),
        (
            _("Look whether the queue %(checking)s is silent: then start its worker again."),
            _(
                "If the platform is disturbed, wait. After an hour the unit is asked to "
                "look at its page."
            ),
        ),
    ),
    "clocks": Meaning(
        _("The clocks of two machines differ"),
        _(
            "Publishing goes by the database's clock. If that one is wrong, everything "
            "goes out too early or too late."
        ),
        (
            _(
                "Compare the clocks of the servers with the true time and set up time "
                "synchronisation (chrony, NTP)."
            ),
        ),
    ),
    "disk": Meaning(
        _("The disk for pictures is nearly full"),
        _(
            "New pictures cannot be uploaded when it is full; if the database shares the "
            "disk, it stops."
        ),
        (
            _("Enlarge the disk, or remove old copies and logs from it."),
            _(
                "Never delete from the media folder: published and archived posts need "
                "their pictures."
            ),
        ),
    ),
    "mail": Meaning(
        _("Alarms cannot be mailed"),
        _(
            "The mail server refused or did not answer. Whoever does not look at this "
            "page learns of nothing."
        ),
        (
            _(
                "Check EMAIL_URL and the mail server. What could not be mailed is tried "
                "again every 30 seconds."
            ),
        ),
    ),
    "version": Meaning(
        _("%(where)s ends the version of its interface that the portal speaks"),
        _(
            "From the day that stands beside the platform below, calls may be answered by a newer "
            "version, or refused: posts then wait, and none is lost or published twice."
        ),
        (
            _(
                "Read in the platform's change log what the newer versions change, and "
                "try one out with the simulator."
            ),
            _(
                "Set FACEBOOK_GRAPH_VERSION in .env to a version that lives, restart web "
                "and workers, watch a post go."
            ),
        ),
        ahead=True,
    ),
    "metric": Meaning(
        _("%(where)s no longer tells some figures"),
        _(
            "The names stand beside the platform below. These figures are empty from that day on; "
            "all others are collected as before, and nothing that was collected is lost."
        ),
        (
            _(
                "Read in the platform's change log what replaces the figure, and update the "
                "portal; a changed definition gets its day in the dictionary of figures."
            ),
            _("Nothing is to be done where the platform is at fault: it is asked again daily."),
        ),
        ahead=True,
    ),
    "overdue": Meaning(
        _("Tasks by hand on %(where)s are overdue"),
        _(
            "Officers were asked to publish or to delete a post on the page themselves, "
            "and have not done so in time."
        ),
        (_("The provinces see the posts in their overview and call the units."),),
        by_people=True,
    ),
    "needs_person": Meaning(
        _("Posts on %(where)s have waited more than a day for somebody to look"),
        _(
            "Only a person can tell whether they stand on the page. Until then they are "
            "not counted as published."
        ),
        (_("The provinces see the posts in their overview and call the units."),),
        by_people=True,
    ),
}
QUEUES = {
    "upload": _("Bringing videos to the platforms"),
    "recall": _("Taking posts down"),
    "reconcile": _("Checking unknown outcomes"),
    "channels": _("Renewing connections"),
    "counts": _("Counting"),
    "scans": _("Checking pictures and videos"),
    "mail": _("Letters"),
    "maintenance": _("Housekeeping and watch"),
}
JOBS = {
    "video": _("Editing videos"),
    "scan": _("Checking pictures and videos"),
    "campaign_file": _("Checking files of campaigns"),
    "export": _("Large files"),
    "report_file": _("Files of reports"),
    "sheet": _("Sheets of planned posts"),
    "page_change": _("Approved words for pages"),
    "letter": _("Letters"),
}
_FREEZES = {"restored": _("the database was restored"), "stopped": _("stopped by an administrator")}


def describe_queue(queue: str) -> str:
    """Say what a queue is for; its code where it is a new one."""
    platform = dict(Kind.choices).get(queue.removeprefix("publish."))
    if platform:
        return gettext("Publishing on %(platform)s") % {"platform": platform}
    return str(QUEUES.get(queue, queue))


def describe_job(kind: str) -> str:
    """Say what jobs of a kind do; their code where it is a new one."""
    return str(JOBS.get(kind, kind))


def describe_start(row: Heartbeat) -> str:
    """Say why the process of a queue began, as far as that is known; "" for nothing known."""
    if row.former_end == ProcessEnd.ABRUPT and row.is_new_version:
        return gettext("the one before it ended without stopping in order; new version")
    if row.former_end == ProcessEnd.ABRUPT:
        return gettext("the one before it ended without stopping in order")
    if row.is_new_version:
        return gettext("new version")
    if row.former_end == ProcessEnd.ORDERLY:
        return gettext("stopped in order and started again")
    return ""


def describe_title(kind: str, key: str = "") -> str:
    return str(KINDS[kind].title) % _name_placeholders(key)


def describe_meaning(kind: str, key: str = "") -> str:
    return str(KINDS[kind].means) % _name_placeholders(key)


def describe_remedy(kind: str, key: str = "") -> list[str]:
    return [str(step) % _name_placeholders(key) for step in KINDS[kind].do]


def find_runbook_section(kind: str) -> str:
    """Return the address of what the runbook says of an alarm, in the reader's language."""
    page = "docs/runbook.vi.html" if get_language() == "vi" else "docs/runbook.html"
    return f"{reverse('operations:document', args=[page])}#{kind}"


def _name_placeholders(key: str) -> dict[str, str]:
    where = dict(Kind.choices).get(key) or (
        str(_FREEZES[key]) if key in _FREEZES else describe_queue(key)
    )
    service = key.replace("publish.", "publish-")
    return {"key": key, "where": where, "service": service, **_name_queues(key)}


def _name_queues(platform: str) -> dict[str, str]:
    """Name the queues to look at: what each is for, and its code, by which the server knows it."""
    return {
        word: f"“{describe_queue(queue)}” ({queue})"
        for word, queue in (
            ("publishing", f"publish.{platform}"),
            ("recalling", "recall"),
            ("checking", "reconcile"),
        )
    }


def write_mail(alarm: Alarm) -> str:
    """Write the mail of an alarm that lasts: what, since when, what it means, what to do."""
    lines = [
        describe_title(alarm.kind, alarm.key),
        describe_since(alarm),
        describe_meaning(alarm.kind, alarm.key),
        "",
    ]
    lines += [f"- {step}" for step in describe_remedy(alarm.kind, alarm.key)]
    lines += [
        f"{settings.PORTAL_URL}{reverse('operations:status')}#{alarm.kind}",
        gettext("In the runbook: %(address)s")
        % {"address": f"{settings.PORTAL_URL}{find_runbook_section(alarm.kind)}"},
    ]
    return "\n".join(lines)


def describe_since(alarm: Alarm) -> str:
    began = alarm.facts.get("since")
    text = gettext("Since %(when)s.") % {
        "when": _format_moment(datetime.fromisoformat(began) if began else alarm.opened_at)
    }
    if n := alarm.facts.get("n"):
        text += " " + gettext("Number: %(n)s.") % {"n": n}
    return text


def write_mail_of_end(alarm: Alarm) -> str:
    facts = {
        "what": describe_title(alarm.kind, alarm.key),
        "first": _format_moment(alarm.opened_at),
        "last": _format_moment(alarm.closed_at),
    }
    return gettext("Over: %(what)s (from %(first)s to %(last)s)") % facts


def _format_moment(moment: datetime | None) -> str:
    """Write a moment of an alarm; empty while there is none."""
    return "" if moment is None else timezone.localtime(moment).strftime("%H:%M:%S %d/%m/%Y")
