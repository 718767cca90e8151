"""The state of the portal's work, for those who answer for it. No unit's content is shown here."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_GET, require_http_methods
from django.views.static import serve

from accounts.permissions import Permission
from accounts.queries import can
from accounts.step_up import step_up_required
from accounts.system import ADMIN_CSP
from channels.queries import is_set_up
from channels.states import Kind
from core import jobs, quotas
from core.actions import form_action, form_data
from core.clock import database_now
from core.forms import ReasonForm
from core.lists import render_page
from engagement.dashboards.charts import Chart
from engagement.exports.sheets import FORMATS, make_download
from operations import presenters
from operations.documents import render_document
from operations.figures import Facts, Platform
from operations.measure import take_measurement
from operations.models import Alarm
from operations.punctuality import measure_hours, measure_last_day
from operations.rules import find_version, get_silence_limit, group_signs
from publishing.freeze import freezing
from publishing.models import Freeze

ALARMS_SHOWN = 20
DOCUMENTS_HOME = "docs/README.html"


@login_not_required
@never_cache
@require_GET
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the portal does its work, 503 when something is late or stuck.

    It shows kinds and ages, and nothing else.
    """
    try:
        facts = take_measurement()
    except DatabaseError:
        return JsonResponse({"ready": False, "signs": [{"kind": "database"}]}, status=503)
    signs = [
        {
            "kind": s.kind,
            "of": s.key,
            "age": int((facts.now - s.since).total_seconds()) if s.since else None,
        }
        for s in facts.signs
    ]
    ready = all(s.by_people for s in facts.signs)
    return JsonResponse({"ready": ready, "signs": signs}, status=200 if ready else 503)


# --- The page -------------------------------------------------------------------------------------


class Line(NamedTuple):
    """A part of the portal, and how it is in words. ``kind`` names the alarm that says more."""

    name: str
    words: str
    tone: str = "green"
    kind: str = ""
    at: datetime | None = None
    started: datetime | None = None
    cause: str = ""  # why its process began, as far as that is known


class AlarmCard(NamedTuple):
    """An alarm in the list of the latest, with its title and how long it lasted, in words."""

    alarm: Alarm
    title: str
    lasted: str


def _may_act(request: HttpRequest) -> bool:
    return can(request.user, Permission.SYSTEM_WATCH, unit=freezing.ministry_unit())


def _require_watch(request: HttpRequest) -> None:
    if not (request.user.is_operator or request.user.reach(Permission.SYSTEM_WATCH)):
        raise PermissionDenied


@require_GET
def status(request: HttpRequest) -> HttpResponse:
    """Show the state of the portal's work; for HTMX only what changes by itself."""
    _require_watch(request)
    if (format := request.GET.get("format")) in FORMATS:
        quotas.use("export", by=request.user)
        chart = _draw_hours(database_now())
        name = f"{chart.file_name}-{timezone.localdate():%Y%m%d}"
        return make_download(format, name, [chart.sheet])
    facts = take_measurement(ask_broker=True)
    context = _make_moving_part(facts, may_act=_may_act(request))
    if request.htmx:
        context["news"] = request.GET.get("seen") != context["stamp"]
    else:
        context |= {"day": measure_last_day(facts.now), "chart": _draw_hours(facts.now)}
    return render_page(request, "operations/status.html", context, part="now")


@require_GET
def work(request: HttpRequest) -> HttpResponse:
    """Show the processes, the queues and what they have to do; it asks for itself again."""
    _require_watch(request)
    facts = take_measurement(ask_broker=True)
    several = any(s.kind == "silent_queues" for s in group_signs(facts.signs))
    kind = "silent_queues" if several else "silent"
    context = {
        "facts": facts,
        "parts": _describe_parts(facts),
        "queues": [
            _describe_queue(facts, queue, last_seen_at, kind=kind)
            for queue, last_seen_at in facts.queues.items()
        ],
        "jobs": [
            (presenters.describe_job(figures.kind), figures) for figures in jobs.measure(facts.now)
        ],
    }
    return render_page(request, "operations/work.html", context, part="now")


def _draw_hours(now: datetime) -> Chart:
    """Draw by how much the last post of each hour was late: when it was slow, in one look."""
    hours = measure_hours(now)
    name = _("Slowest, seconds")
    points = [[f"{hour.begins:%Y-%m-%dT%H:%M}", hour.slowest] for hour in hours]
    return Chart(
        "hours",
        _("The slowest post of each hour"),
        {"kind": "line", "hours": True, "series": [{"name": name, "points": points}]},
        [_("Hour"), _("Published"), name],
        [
            [
                f"{hour.begins:%H:%M %d/%m}",
                hour.published,
                "–" if hour.slowest is None else round(Decimal(hour.slowest), 1),
            ]
            for hour in hours
        ],
        is_wide=True,
        note=_(
            "By the hour in which a post was planned; an hour without one is a gap. What still "
            "waits stands above, at its platform."
        ),
    )


def _make_moving_part(facts: Facts, *, may_act: bool) -> dict[str, Any]:
    signs = group_signs(facts.signs)
    latest = [_make_alarm_card(alarm, facts.now) for alarm in Alarm.objects.all()[:ALARMS_SHOWN]]
    seen = {(sign.kind, sign.key) for sign in signs}
    recovered = [
        card
        for card in latest
        if not card.alarm.closed_at and (card.alarm.kind, card.alarm.key) not in seen
    ]
    wrong = [
        {
            "kind": s.kind,
            "id": f"{s.kind}-{s.key}".rstrip("-"),
            "title": presenters.describe_title(s.kind, s.key),
            "means": presenters.describe_meaning(s.kind, s.key),
            "runbook": presenters.find_runbook_section(s.kind),
            "do": presenters.describe_remedy(s.kind, s.key),
            "since": s.since,
            "n": s.n,
            "tone": "yellow" if s.by_people else "red",
            "icon": "hourglass" if s.ahead else "users" if s.by_people else "alert-triangle",
        }
        for s in signs
    ]
    broken = sum(not s.by_people for s in signs)
    return {
        "facts": facts,
        "wrong": wrong,
        "verdict": _summarise(
            broken,
            sum(s.by_people and not s.ahead for s in signs),
            len(wrong) - broken,
            len(recovered),
        ),
        "stamp": "-".join(
            [*(problem["id"] for problem in wrong), *(["back"] if recovered else [])]
        ),
        "platforms": [
            _describe_platform(facts, p)
            for p in facts.platforms.values()
            if is_set_up(p.key) or p.channels
        ],
        "freeze": _describe_freeze(facts.freeze) if facts.freeze.frozen_at else None,
        "may_act": may_act,
        "latest": latest,
    }


def _make_alarm_card(alarm: Alarm, now: datetime) -> AlarmCard:
    lasted = _format_duration((alarm.closed_at or now) - alarm.opened_at)
    return AlarmCard(alarm, presenters.describe_title(alarm.kind, alarm.key), lasted)


def _summarise(broken: int, by_people: int, mild: int, recovered: int) -> dict[str, str]:
    if not broken and recovered:
        message = _("The portal has just recovered and is being watched")
        return {
            "tone": "yellow",
            "icon": "hourglass",
            "label": message,
            "sentence": _("An alarm is over when its sign has stayed away for two minutes."),
        }
    if broken:
        message = ngettext("%(n)s alarm needs you now", "%(n)s alarms need you now", broken) % {
            "n": broken
        }
        return {
            "tone": "red",
            "icon": "alert-triangle",
            "label": message,
            "sentence": _("What to do stands below."),
        }
    if by_people:
        message = _("The portal does its work; officers are late with theirs")
        return {
            "tone": "yellow",
            "icon": "users",
            "label": message,
            "sentence": _("What to do stands below."),
        }
    if mild:
        message = _("The portal does its work; something ends soon")
        return {
            "tone": "yellow",
            "icon": "hourglass",
            "label": message,
            "sentence": _("What to do stands below."),
        }
    message = _("Nothing is late and every queue is answered.")
    return {
        "tone": "green",
        "icon": "circle-check",
        "label": _("The portal does its work"),
        "sentence": message,
    }


def _describe_parts(facts: Facts) -> list[Line]:
    kinds = {s.kind for s in facts.signs}
    apart = _("its clock and this machine's are %(n)s seconds apart") % {
        "n": int(facts.clocks_apart.total_seconds())
    }
    free = _("%(n)s GB free") % {"n": facts.disk_free // 1024**3}

    def line(name: str, good: str, bad: str, kind: str) -> Line:
        return Line(name, bad, "red", kind) if kind in kinds else Line(name, good)

    return [
        line(_("Database"), _("answers"), apart, "clocks"),
        line(_("Message broker"), _("answers"), _("does not answer"), "broker"),
        line(_("Publishing"), _("open"), _("frozen"), "frozen"),
        line(_("Alarm mails"), _("go out"), _("cannot be sent"), "mail")
        if settings.ALARM_EMAILS
        else Line(_("Alarm mails"), _("nobody is named in ALARM_EMAILS"), "grey"),
        line(_("Disk for pictures"), free, free, "disk"),
    ]


def _describe_queue(facts: Facts, queue: str, last_seen_at: datetime | None, *, kind: str) -> Line:
    name = presenters.describe_queue(queue)
    if last_seen_at is None:
        return Line(name, _("never answered"), "red", kind)
    start = facts.starts.get(queue)
    silent = facts.now - last_seen_at > get_silence_limit(queue)
    return Line(
        name,
        _("does not answer") if silent else _("answers"),
        "red" if silent else "green",
        kind,
        last_seen_at,
        start.started_at if start else None,
        presenters.describe_start(start) if start else "",
    )


def _describe_platform(facts: Facts, p: Platform) -> dict[str, Any]:
    signs = {s.kind for s in facts.signs if s.key == p.key}

    def figure(label: str, n: int, kind: str = "", since: datetime | None = None) -> dict[str, Any]:
        return {
            "label": label,
            "n": n,
            "kind": kind if kind in signs else "",
            "since": since if n else None,
        }

    broken = [
        kind
        for kind in signs
        if not (presenters.KINDS[kind].by_people or presenters.KINDS[kind].ahead)
    ]
    return {
        "key": p.key,
        "name": Kind(p.key).label,
        "tone": "red" if broken else "yellow" if signs else "green",
        "ends_soon": "version" in signs and len(signs) == 1,
        "version": find_version(p.key),
        "lost_names": p.lost_names,
        "only_figures": signs == {"metric"},
        "breaker_until": p.breaker_until if "breaker" in signs else None,
        "figures": [
            figure(_("Late"), p.late, "late", p.late_since),
            figure(_("Made to wait by the platform"), p.delayed, "delayed", p.delayed_since),
            figure(_("In hand"), p.in_hand),
            figure(_("Stuck"), p.stuck, "stuck", p.stuck_since),
            figure(_("Being verified"), p.verifying, "verifying", p.verifying_since),
            figure(
                _("Being processed by the platform"), p.processing, "processing", p.processing_since
            ),
            figure(_("Being taken down"), p.recalling, "recalling", p.recalling_since),
            figure(_("Wait for a person"), p.needs_person, "needs_person", p.needs_person_since),
            figure(_("By hand"), p.manual),
            figure(_("By hand, overdue"), p.overdue, "overdue", p.overdue_since),
            figure(_("Connections lost"), p.lost, "wave"),
        ],
    }


def _describe_freeze(row: Freeze) -> dict[str, Any]:
    """Return what people have to know before they release publishing."""
    restored = row.reason == freezing.RESTORED
    return {
        "row": row,
        "restored": restored,
        "reading": restored and row.read_back_at is None,
        "unknown_outcomes": freezing.count_unknown_outcomes(),
        **freezing.count_due_posts(),
    }


def _format_duration(lasted: timedelta) -> str:
    minutes = int(lasted.total_seconds() // 60)
    if minutes < 1:
        return _("under a minute")
    if minutes < 60:
        return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    return _("%(h)s h %(m)s min") % {"h": minutes // 60, "m": minutes % 60}


# --- Actions --------------------------------------------------------------------------------------


def _run_with_reason(
    request: HttpRequest, action: Callable[[str], str], **options: Any
) -> HttpResponse:
    """Ask for the reason, do it, and go back to the page. ``action`` returns what is said then."""
    form = ReasonForm(form_data(request), missing=_("Please write why."))
    outcome = form_action(form, lambda: action(form.cleaned_data["reason"]))
    if outcome:
        messages.success(request, outcome.result)
        return redirect("operations:status")
    return render(
        request, "operations/status_act.html", {"form": form, **options}, status=outcome.status
    )


@require_http_methods(["GET", "POST"])
@step_up_required(gettext_lazy("Freeze publishing"))
def freeze(request: HttpRequest) -> HttpResponse:
    if not _may_act(request):
        raise PermissionDenied

    def action(reason: str) -> str:
        freezing.freeze(by=request.user, reason=reason)
        return _("Publishing is frozen. Nothing becomes visible until somebody releases it.")

    lead = _(
        "From that moment no post becomes visible on any page of any unit, urgent warnings "
        "neither. Calls that are under way in this second still arrive. Taking posts down goes on. "
        "For one unit or topic, pause it instead."
    )
    heading = _("Freeze publishing")
    return _run_with_reason(
        request,
        action,
        heading=heading,
        lead=lead,
        label=heading,
        tone="danger",
        icon="player-stop",
    )


@require_http_methods(["GET", "POST"])
@step_up_required(gettext_lazy("Release publishing"))
def release(request: HttpRequest) -> HttpResponse:
    if not _may_act(request):
        raise PermissionDenied
    row = freezing.check_database()
    if not row.frozen_at:
        messages.info(request, _("Publishing is not frozen."))
        return redirect("operations:status")

    def action(reason: str) -> str:
        if freezing.release(by=request.user, reason=reason):
            return _("Publishing goes on.")
        return _(
            "Your consent is noted. A second administrator of the ministry now has to "
            "confirm it here."
        )

    due = freezing.count_due_posts()
    lead = ngettext(
        "%(n)s post goes out at once when publishing is released.",
        "%(n)s posts go out at once when publishing is released.",
        due["go"],
    ) % {"n": due["go"]}
    if n := due["too_late"]:
        message = ngettext(
            "%(n)s is too late and is not published; its unit is told.",
            "%(n)s are too late and are not published; their units are told.",
            n,
        )
        lead += " " + message % {"n": n}
    if row.reason == freezing.RESTORED:
        lead += " " + _(
            "What people cancelled, withdrew, paused or moved after the copy was made is not in "
            "the restored database: let the units look at their calendars first."
        )
    heading = _("Release publishing")
    context = {"asked_by": row.release_asked_by, "asked_words": row.release_words}
    return _run_with_reason(
        request, action, heading=heading, lead=lead, label=heading, icon="player-play", **context
    )


# --- Documents ------------------------------------------------------------------------------------


@require_GET
def documents(request: HttpRequest) -> HttpResponse:
    """Lead to the first page of the documents."""
    _require_watch(request)
    return redirect("operations:document", DOCUMENTS_HOME)


@require_GET
@csp_override(ADMIN_CSP)  # their search parses pages from strings, which Trusted Types refuse
def document(request: HttpRequest, path: str) -> HttpResponse | FileResponse:
    """Serve a file of the site that `make docs` made, else show the document as it is written. They
    lie outside the static files, which everybody may read.
    """
    _require_watch(request)
    if not (settings.DOCUMENTS_ROOT / DOCUMENTS_HOME).exists():
        text = render_document(path)
        if not text:
            raise Http404
        return render(request, "operations/document.html", {"text": text})
    response = serve(request, path, document_root=settings.DOCUMENTS_ROOT)
    if response.get("Content-Type", "").startswith("text/"):
        response["Content-Type"] += "; charset=utf-8"
    return response
