"""The exercises of a participant, and the classes of a trainer."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core import quotas
from core.actions import button_action, form_action, form_data
from core.lists import render_page
from help.guides import read_guides
from training import paper, people, progress
from training.exercises.base import Exercise
from training.exercises.table import EXERCISES, list_exercises
from training.forms import OpenClassForm, SlipsForm
from training.models import Attempt, Participant, TrainingClass

# So long at one exercise, and the trainer goes to see.
STUCK_AFTER = timedelta(minutes=15)


class Row(NamedTuple):
    """An exercise and what somebody has done of it."""

    exercise: Exercise
    attempt: Attempt | None
    minutes: int = 0  # since it was begun, or that it took

    @property
    def state(self) -> str:
        if self.attempt is None:
            return "waiting"
        return "done" if self.attempt.done_at else "under_way"

    @property
    def is_stuck(self) -> bool:
        return self.state == "under_way" and self.minutes >= STUCK_AFTER.total_seconds() / 60


def _rows_of(role: str, attempts: Iterable[Attempt], now: datetime) -> list[Row]:
    by_slug = {attempt.exercise: attempt for attempt in attempts}
    return [_row_of(exercise, by_slug.get(exercise.slug), now) for exercise in list_exercises(role)]


def _row_of(exercise: Exercise, attempt: Attempt | None, now: datetime) -> Row:
    if attempt is None:
        return Row(exercise, None)
    return Row(
        exercise, attempt, int(((attempt.done_at or now) - attempt.begun_at).total_seconds() // 60)
    )


# --- the participant ------------------------------------------------------------------------------


def _find_participant(request: HttpRequest) -> Participant | None:
    rows = Participant.objects.select_related("training_class", "unit", "user", "officer", "leader")
    return rows.filter(user=request.user).first()


def _get_participant(request: HttpRequest) -> Participant:
    participant = _find_participant(request)
    if participant is None:
        raise PermissionDenied(_("Exercises are for the participants of a class."))
    return participant


def _load_attempts(participant: Participant) -> list[Attempt]:
    """Return the participant's attempts, judged as of now."""
    attempts = list(participant.attempts.select_related("participant"))
    progress.judge(attempts)
    return attempts


@require_GET
def exercises(request: HttpRequest) -> HttpResponse:
    participant = _find_participant(request)
    if participant is None and people.is_trainer(request.user):
        return redirect("training:classes")
    context: dict[str, object] = {"participant": participant}
    if participant:
        attempts = _load_attempts(participant)
        rows = _rows_of(participant.role, attempts, timezone.now())
        context |= {
            "rows": rows,
            "n_done": sum(row.state == "done" for row in rows),
            "is_complete": progress.is_complete(participant, attempts),
        }
    return render(request, "training/exercises.html", context)


def _get_exercise(participant: Participant, slug: str) -> Exercise:
    exercise = EXERCISES.get(slug)
    if exercise is None or participant.role not in exercise.roles:
        raise Http404
    return exercise


@require_GET
def exercise(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the task, the hints that were opened, and how far it is; it asks for its state again."""
    participant = _get_participant(request)
    shown = _get_exercise(participant, slug)
    attempts = _load_attempts(participant)
    attempt = next((a for a in attempts if a.exercise == slug), None)
    context = {
        "row": _row_of(shown, attempt, timezone.now()),
        "exercise": shown,
        "attempt": attempt,
        "guide": read_guides()[shown.guide],
        "hints": shown.hints[: attempt.hints] if attempt else (),
        "address": shown.address(attempt) if attempt else "",
        "wrong": shown.explain(attempt) if attempt and not attempt.done_at else "",
        "next": _find_next(participant, attempts),
        "is_complete": progress.is_complete(participant, attempts),
    }
    return render_page(request, "training/exercise.html", context, part="state")


def _find_next(participant: Participant, attempts: Iterable[Attempt]) -> Exercise | None:
    done = {attempt.exercise for attempt in attempts if attempt.done_at}
    rest = (row for row in list_exercises(participant.role) if row.slug not in done)
    return next(rest, None)


@require_POST
def begin(request: HttpRequest, slug: str) -> HttpResponse:
    participant = _get_participant(request)
    shown = _get_exercise(participant, slug)
    button_action(
        request, lambda: progress.begin(participant, shown), message=_("The exercise is ready.")
    )
    return redirect("training:exercise", slug)


@require_POST
def hint(request: HttpRequest, slug: str) -> HttpResponse:
    participant = _get_participant(request)
    attempt = get_object_or_404(participant.attempts, exercise=slug)
    _get_exercise(participant, slug)
    progress.open_hint(attempt)
    return redirect("training:exercise", slug)


@require_GET
def certificate(request: HttpRequest) -> HttpResponse:
    participant, day = _require_complete(request)
    context = {
        "participant": participant,
        "day": day,
        "exercises": list_exercises(participant.role),
    }
    return render(request, "training/certificate.html", context)


@require_GET
def certificate_pdf(request: HttpRequest) -> HttpResponse:
    participant, day = _require_complete(request)
    quotas.use("export", by=request.user)
    data = paper.typeset_certificate(participant, timezone.localdate(day), by=request.user)
    return _make_download(data, "chung-nhan-tap-huan.pdf")


def _require_complete(request: HttpRequest) -> tuple[Participant, datetime]:
    """Return the participant and when the last exercise was done; until then there is no page."""
    participant = _get_participant(request)
    attempts = _load_attempts(participant)
    if not progress.is_complete(participant, attempts):
        raise Http404
    return participant, max(a.done_at for a in attempts if a.done_at)


def _make_download(data: bytes, name: str) -> HttpResponse:
    response = HttpResponse(data, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


# --- the trainer ----------------------------------------------------------------------------------


def _require_trainer(request: HttpRequest) -> None:
    if not people.is_trainer(request.user):
        raise PermissionDenied


def _get_class(request: HttpRequest, public_id: uuid.UUID) -> TrainingClass:
    _require_trainer(request)
    rows = TrainingClass.objects.visible_to(request.user).select_related("unit")
    return get_object_or_404(rows, public_id=public_id)


@require_GET
def classes(request: HttpRequest) -> HttpResponse:
    _require_trainer(request)
    return render(
        request,
        "training/classes.html",
        {"classes": TrainingClass.objects.visible_to(request.user).with_counts()},
    )


@require_http_methods(["GET", "POST"])
def open_class(request: HttpRequest) -> HttpResponse:
    _require_trainer(request)
    form = OpenClassForm(form_data(request))
    done = form_action(form, lambda: people.open_class(**form.cleaned_data, by=request.user))
    if done:
        messages.success(request, _("The class is open. Print the sheet with the passwords now."))
        return redirect("training:class", done.result.public_id)
    return render(request, "training/open_class.html", {"form": form}, status=done.status)


class Seat(NamedTuple):
    """A participant in the trainer's table."""

    participant: Participant
    rows: list[Row]

    @property
    def is_complete(self) -> bool:
        return all(row.state == "done" for row in self.rows)


@require_GET
def class_page(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show who is where; the table asks for itself again."""
    training_class = _get_class(request, public_id)
    participants = list(training_class.participants.select_related("user", "unit"))
    attempts = list(
        Attempt.objects.filter(participant__in=participants).select_related("participant")
    )
    progress.judge(attempts)
    now = timezone.now()
    by_seat: dict[int, list[Attempt]] = {}
    for attempt in attempts:
        by_seat.setdefault(attempt.participant_id, []).append(attempt)
    seats = [Seat(p, _rows_of(p.role, by_seat.get(p.pk, []), now)) for p in participants]
    stuck = [(seat, row) for seat in seats for row in seat.rows if row.is_stuck]
    groups = [
        (role.label, list_exercises(role), [s for s in seats if s.participant.role == role])
        for role in Participant.ROLES
    ]
    context = {
        "training_class": training_class,
        "groups": [group for group in groups if group[2]],
        "stuck": sorted(stuck, key=lambda pair: -pair[1].minutes)[:5],
        "n_complete": sum(seat.is_complete for seat in seats),
        "n": len(seats),
        "now": now,
    }
    return render_page(request, "training/class.html", context, part="now")


@require_http_methods(["GET", "POST"])
def sign_ins(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Give every participant, or a chosen one, a new password, and return the slips."""
    training_class = _get_class(request, public_id)
    form = SlipsForm(form_data(request), training_class=training_class)
    if not form.is_valid():
        context = {"training_class": training_class, "form": form}
        status = 422 if form.is_bound else 200
        return render(request, "training/sign_ins.html", context, status=status)
    quotas.use("export", by=request.user)
    participants = form.cleaned_data["participant"]
    sheet = people.set_first_passwords(participants, by=request.user)
    data = paper.typeset_sign_ins(training_class, sheet, by=request.user)
    return _make_download(data, "phieu-dang-nhap.pdf")


@require_http_methods(["GET", "POST"])
def remove_class(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    training_class = _get_class(request, public_id)
    if request.method == "GET":
        return render(request, "training/remove_class.html", {"training_class": training_class})
    button_action(
        request,
        lambda: people.remove_class(training_class, by=request.user),
        message=_("The class is removed, with all that was noted of its participants."),
    )
    return redirect("training:classes")
