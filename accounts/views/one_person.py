"""The page of one person: as it is opened, and as it comes back after a refused act."""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts import forms
from accounts.models import FactorReset, MinistryIdentity, User
from accounts.permissions import Permission
from accounts.queries import AccountState, governs, open_or_waiting, state_of
from accounts.sign_in.devices import sessions_of
from audit.models import Entry
from core.actions import refusal

TONES = {
    AccountState.ACTIVE: ("green", "circle-check"),
    AccountState.INVITED: ("yellow", "mail"),
    AccountState.LOCKED: ("red", "lock"),
    AccountState.DISABLED: ("grey", "user-off"),
}


class Tried(NamedTuple):
    """A refused act: the page opens it again, with the reason that was typed."""

    act: str  # by the name of its address
    why: str
    reason: str
    post: str = ""  # the public id of the position that was to end
    on: str = ""


def run_person_action(
    request: HttpRequest, person: User, service: Callable[[], object], message: str
) -> HttpResponse:
    """Do what a button of a person's page says, and show the page again. ``said`` may hold the
    person's name.
    """
    if why := refusal(service):
        return show_refusal(request, person, why)
    messages.success(request, message % {"name": person})
    return redirect("accounts:person", person.public_id)


def show_refusal(
    request: HttpRequest, person: User, why: str, *, status: int = 409
) -> HttpResponse:
    """Show why an act was refused: where something was typed for it, beside that."""
    if "reason" not in request.POST:
        messages.error(request, why)
        return redirect("accounts:person", person.public_id)
    typed = {name: request.POST.get(name, "") for name in ("reason", "post", "on")}
    tried = Tried(request.resolver_match.url_name, why, **typed)
    return show_person(request, person, tried=tried, status=status)


def set_shown_state(person: User) -> None:
    person.state = state_of(person)
    person.state_label, (person.state_tone, person.state_icon) = (
        forms.STATES[person.state],
        TONES[person.state],
    )


def show_person(
    request: HttpRequest, row: User, *, tried: Tried | None = None, status: int = 200
) -> HttpResponse:
    set_shown_state(row)
    today = timezone.localdate()
    posts = list(row.appointments.visible_to(request.user).select_related("unit__parent"))
    hidden = row.appointments.count() - len(posts)
    pending = row.pending_appointments.waiting(timezone.now()).visible_to(request.user)
    entries = Entry.objects.filter(object_type="accounts.user", object_id=str(row.public_id))
    for post in posts:
        post.is_over = post.valid_to is not None and post.valid_to < today
        authority = request.user.authority(Permission.ACCOUNT_MANAGE, unit=post.unit)
        post.may_end = bool(authority) and not post.is_over and row.pk != request.user.pk
        if tried and tried.post == str(post.public_id):
            post.tried = tried
    context = {
        "person": row,
        "posts": sorted(posts, key=lambda post: post.is_over),
        "may_govern": governs(request.user, row) is not None,
        "is_me": row.pk == request.user.pk,
        "sessions": len(sessions_of(row)),
        "invitation": row.invitations.filter(used_at=None, withdrawn_at=None)
        .order_by("-created_at")
        .first(),
        "entries": entries.within(request.user.reach(Permission.ACCOUNT_MANAGE))[:10],
        "pending": pending.select_related("unit__parent", "asked_by"),
        "hidden": hidden,
        "has_post": bool(open_or_waiting(row)),
        "ministry_identity": MinistryIdentity.objects.select_related("proposed_by", "confirmed_by")
        .filter(user=row)
        .first(),
        "reset": FactorReset.objects.open().filter(user=row).select_related("asked_by").first(),
        "yesterday": today - timedelta(days=1),
        "today": today,
        "tried": tried,
    }
    return render(request, "accounts/person.html", context, status=status)
