"""The pages on which those in charge of a unit write its notes on dashboards."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Permission
from core.actions import FormAction, button_action, form_action, form_data
from engagement.boards.notes import services
from engagement.boards.notes.forms import NoteForm
from engagement.boards.notes.models import BoardNote
from engagement.boards.notes.queries import find_notes, find_writing_position
from engagement.boards.scopes import find_reported_units
from units.models import Unit


@require_http_methods(["GET", "POST"])
def notes(request: HttpRequest, key: str) -> HttpResponse:
    """Show the notes of a unit, with the form of a new one."""
    unit = get_object_or_404(find_reported_units(request), key=key)
    _require_writer(request, unit)
    user: Any = request.user
    form = NoteForm(form_data(request), unit=unit)
    done: FormAction[BoardNote] = form_action(
        form, lambda: services.write_note(unit, form.words(), by=user)
    )
    if done:
        messages.success(request, _("The note stands on the dashboard."))
        return redirect("engagement:board_notes", unit.key)
    may_write = find_writing_position(user, unit) is not None
    context = {"unit": unit, "form": form, "notes": find_notes(unit), "may_write": may_write}
    return render(request, "engagement/notes/notes.html", context, status=done.status)


@require_http_methods(["GET", "POST"])
def note(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Change a note."""
    row = _get_note(request, public_id)
    user: Any = request.user
    form = NoteForm(form_data(request), unit=row.unit, note=row)
    done: FormAction[None] = form_action(
        form, lambda: services.change_note(row, form.words(), by=user)
    )
    if done:
        messages.success(request, _("Saved."))
        return redirect("engagement:board_notes", row.unit.key)
    may_write = find_writing_position(user, row.unit) is not None
    context = {"note": row, "form": form, "may_write": may_write}
    return render(request, "engagement/notes/note.html", context, status=done.status)


@require_POST
def remove_note(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _get_note(request, public_id)
    user: Any = request.user
    button_action(
        request, lambda: services.remove_note(row, by=user), message=_("The note is removed.")
    )
    return redirect("engagement:board_notes", row.unit.key)


def _get_note(request: HttpRequest, public_id: uuid.UUID) -> BoardNote:
    rows = BoardNote.objects.filter(
        unit__in=find_reported_units(request).values("pk"), removed_at=None
    )
    row = get_object_or_404(rows.select_related("unit"), public_id=public_id)
    _require_writer(request, row.unit)
    return row


def _require_writer(request: HttpRequest, unit: Unit) -> None:
    """Raise PermissionDenied for those who write no notes; those above the unit read its notes."""
    user: Any = request.user
    if user.authority(Permission.FIGURES_NOTE, unit=unit) is None:
        raise PermissionDenied
