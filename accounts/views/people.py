"""The accounts of other people: the list, one person's page, and what an administrator does to the
account.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import forms, queries
from accounts.context import current_position
from accounts.models import Appointment, User
from accounts.people import invitations, lifecycle
from accounts.permissions import DEEP, GRANTS, Permission
from accounts.queries import (
    governs,
    in_state,
    open_posts,
    with_facts,
)
from accounts.step_up import step_up_required
from accounts.views.common import require_administrator, visible_person
from accounts.views.one_person import (
    run_person_action,
    set_shown_state,
    show_person,
    show_refusal,
)
from core.actions import form_action, read_typed_reason
from core.lists import get_page, render_page
from core.scope import Reach
from units.models import Unit
from units.queries import find_reachable_units


@require_GET
def people(request: HttpRequest) -> HttpResponse:
    require_administrator(request)
    position = current_position(request)
    if position and Permission.ACCOUNT_MANAGE in GRANTS[position.role]:
        users = User.objects.within([Reach(position.unit.path, position.role in DEEP)])
    else:
        users = User.objects.visible_to(request.user)
    filters = forms.PeopleFilterForm(request.GET)
    users = _filter_people(with_facts(users), filters.chosen).order_by("search", "pk")
    page = get_page(request, users.values_list("pk", flat=True))
    context = {"page_obj": page, "people": _load_people(list(page)), "filters": filters}
    return render_page(request, "accounts/people.html", context)


def _load_people(keys: Collection[int]) -> list[User]:
    """Return these people as the list shows them. Asked of the page alone: of 13,000 people before
    they are sorted, the facts took three times as long as the search.
    """
    posts = Appointment.objects.in_force(timezone.localdate()).select_related("unit__parent")
    people = list(
        with_facts(User.objects.filter(pk__in=keys))
        .order_by("search", "pk")
        .prefetch_related(Prefetch("appointments", posts, to_attr="posts"))
    )
    for person in people:
        set_shown_state(person)
    return people


def _filter_people(people: QuerySet, filters: dict[str, str]) -> QuerySet:
    people = in_state(people.search(filters.get("q", "")), filters.get("state", ""))
    today = timezone.localdate()
    posts = Appointment.objects.in_force(today)
    if role := filters.get("role"):
        posts = posts.filter(role=role)
    if unit := filters.get("unit"):
        posts = posts.filter(unit__in=Unit.objects.search(unit).values("pk"))
    if role or unit:
        people = people.filter(pk__in=posts.values("user"))
    if mfa := filters.get("mfa"):
        people = people.filter(has_mfa=mfa == "yes")
    match filters.get("seen"):
        case "never":
            people = people.filter(last_login=None)
        case "old":
            people = people.filter(last_login__lt=timezone.now() - timedelta(days=30))
    return people


@require_GET
def person(request: HttpRequest, public_id: Any) -> HttpResponse:
    return show_person(request, visible_person(request, public_id))


@require_http_methods(["GET", "POST"])
@step_up_required(gettext_lazy("Invite the person"))
def invite(request: HttpRequest) -> HttpResponse:
    require_administrator(request)
    initial = {}
    if key := request.GET.get("unit"):
        initial["unit"] = (
            find_reachable_units(request.user, Permission.ACCOUNT_MANAGE).filter(key=key).first()
        )
    form = forms.InviteForm(request.POST or None, by=request.user, initial=initial)
    done = form_action(form, lambda: invitations.invite(by=request.user, **form.cleaned_data))
    if done:
        person = done.result
        messages.success(
            request, _invited_text(person) if open_posts(person) else _proposed_text(person)
        )
        return redirect("accounts:person", person.public_id)
    return render(request, "accounts/invite.html", {"form": form}, status=done.status)


def _invited_text(person: User) -> str:
    message = _("The invitation for %(name)s goes by e-mail to %(email)s. User name: %(username)s")
    return message % {"name": person, "email": person.email, "username": person.username}


def _proposed_text(person: User) -> str:
    message = _(
        "%(name)s is proposed. A second administrator has to confirm it within seven days; the "
        "invitation then goes by e-mail to %(email)s."
    )
    return message % {"name": person, "email": person.email}


@require_POST
@step_up_required(gettext_lazy("Send the invitation again"), of=visible_person)
def invite_again(request: HttpRequest, public_id: Any) -> HttpResponse:
    row = visible_person(request, public_id)
    message = _("A new invitation for %(name)s goes by e-mail. The earlier link stops working.")
    return run_person_action(
        request, row, lambda: invitations.invite_again(row, by=request.user), message
    )


@require_POST
@step_up_required(gettext_lazy("Disable the account"), of=visible_person)
def disable(request: HttpRequest, public_id: Any) -> HttpResponse:
    row = visible_person(request, public_id)
    reason = read_typed_reason(request)
    message = _("The account of %(name)s is disabled and signed out everywhere.")
    return run_person_action(
        request, row, lambda: lifecycle.disable(row, by=request.user, reason=reason), message
    )


@require_POST
@step_up_required(gettext_lazy("Enable the account"), of=visible_person)
def enable(request: HttpRequest, public_id: Any) -> HttpResponse:
    row = visible_person(request, public_id)
    reason = read_typed_reason(request)
    message = _("The account of %(name)s can sign in again.")
    return run_person_action(
        request, row, lambda: lifecycle.enable(row, by=request.user, reason=reason), message
    )


@require_POST
def unlock(request: HttpRequest, public_id: Any) -> HttpResponse:
    row = visible_person(request, public_id)
    message = _("%(name)s can try the password again at once.")
    return run_person_action(request, row, lambda: lifecycle.unlock(row, by=request.user), message)


@require_POST
def note_training(request: HttpRequest, public_id: Any) -> HttpResponse:
    row = visible_person(request, public_id)
    form = forms.NoteTrainingForm(request.POST)
    if not form.is_valid():
        return show_refusal(request, row, " ".join(form.errors["on"]), status=422)
    on = form.cleaned_data["on"]
    message = _("Saved.")
    return run_person_action(
        request, row, lambda: lifecycle.note_training(row, on=on, by=request.user), message
    )


@require_http_methods(["GET", "POST"])
@step_up_required(gettext_lazy("Save the person's details"), of=visible_person)
def correct(request: HttpRequest, public_id: Any) -> HttpResponse:
    row = visible_person(request, public_id)
    if governs(request.user, row) is None:
        raise PermissionDenied
    form = forms.CorrectForm(
        request.POST or None, initial={"full_name": row.full_name, "email": row.email}
    )
    if queries.is_in_use(row):
        form.fields["email"].disabled = True
        form.fields["email"].help_text = _("In use: only its holder can change it.")
    done = form_action(form, lambda: lifecycle.correct(row, by=request.user, **form.cleaned_data))
    if done:
        messages.success(request, _("Saved."))
        return redirect("accounts:person", row.public_id)
    context = {"form": form, "person": User.objects.get(pk=row.pk)}
    return render(request, "accounts/correct.html", context, status=done.status)
