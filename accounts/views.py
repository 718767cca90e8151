from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import i18n
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts import forms, imports, services
from accounts.context import DESK_KEY, desk_of
from accounts.models import Appointment, Notice, PeopleImport, User
from accounts.notices import sentence
from accounts.permissions import GRANTS, Permission
from accounts.queries import (
    AccountState,
    governs,
    in_state,
    open_invitation,
    sessions_of,
    state_of,
    unread_first,
    with_facts,
)
from accounts.spreadsheets import Row, read_people, template
from audit.models import Entry
from core.errors import NotAllowed, Refused
from units.models import Unit
from units.queries import reach_of

PAGE = 50
PREVIEW_ROWS = 200
TONES = {
    AccountState.ACTIVE: ("green", "circle-check"),
    AccountState.INVITED: ("yellow", "mail"),
    AccountState.LOCKED: ("red", "lock"),
    AccountState.DISABLED: ("grey", "user-off"),
}


def _administrates(request: HttpRequest) -> None:
    if not request.user.reach(Permission.ACCOUNT_MANAGE):
        raise PermissionDenied


def _show_state(person: User) -> None:
    person.state = state_of(person)
    person.state_label, (person.state_tone, person.state_icon) = forms.STATES[person.state], TONES[person.state]


# --- Other people -----------------------------------------------------------------------------------------------------


@require_GET
@vary_on_headers("HX-Request")
def people(request: HttpRequest) -> HttpResponse:
    _administrates(request)
    found = User.objects.visible_to(request.user)
    desk = desk_of(request)
    if desk and Permission.ACCOUNT_MANAGE in GRANTS[desk.role]:
        found = found.filter(pk__in=Appointment.objects.filter(unit__path__startswith=desk.unit.path).values("user"))
    filters = forms.Filters(request.GET)
    filters.is_valid()
    found = _filtered(with_facts(found), filters.cleaned_data)
    posts = Appointment.objects.in_force(timezone.localdate()).select_related("unit__parent")
    found = found.order_by("search", "pk").prefetch_related(Prefetch("appointments", posts, to_attr="posts"))
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    for person in page:
        _show_state(person)
    context = {"page_obj": page, "filters": filters}
    return render(request, "accounts/people.html#rows" if request.htmx else "accounts/people.html", context)


def _filtered(found: QuerySet, wanted: dict[str, str]) -> QuerySet:
    found = in_state(found.search(wanted.get("q", "")), wanted.get("state", ""))
    today = timezone.localdate()
    posts = Appointment.objects.in_force(today)
    if role := wanted.get("role"):
        posts = posts.filter(role=role)
    if unit := wanted.get("unit"):
        posts = posts.filter(unit__in=Unit.objects.search(unit).values("pk"))
    if role or unit:
        found = found.filter(pk__in=posts.values("user"))
    if mfa := wanted.get("mfa"):
        found = found.filter(has_mfa=mfa == "yes")
    match wanted.get("seen"):
        case "never":
            found = found.filter(last_login=None)
        case "old":
            found = found.filter(last_login__lt=timezone.now() - timedelta(days=30))
    return found


def _person(request: HttpRequest, public_id: Any) -> User:
    return get_object_or_404(with_facts(User.objects.visible_to(request.user)), public_id=public_id)


@require_GET
def person(request: HttpRequest, public_id: Any) -> HttpResponse:
    row = _person(request, public_id)
    _show_state(row)
    today = timezone.localdate()
    posts = list(row.appointments.select_related("unit__parent"))
    for post in posts:
        post.is_over = post.valid_to is not None and post.valid_to < today
        mine = request.user.authority(Permission.ACCOUNT_MANAGE, unit=post.unit)
        post.may_end = bool(mine) and not post.is_over and row.pk != request.user.pk
    return render(
        request,
        "accounts/person.html",
        {
            "person": row,
            "posts": sorted(posts, key=lambda post: post.is_over),
            "may_govern": governs(request.user, row) is not None,
            "is_me": row.pk == request.user.pk,
            "sessions": sessions_of(row),
            "invitation": row.invitations.filter(used_at=None, withdrawn_at=None).order_by("-created_at").first(),
            "entries": Entry.objects.filter(object_type="accounts.user", object_id=str(row.public_id))[:10],
            "today": today,
            "yesterday": today - timedelta(days=1),
        },
    )


@require_http_methods(["GET", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    """The answer to a successful invitation is the page that shows the link: it is shown once and kept nowhere."""
    _administrates(request)
    initial = {}
    if key := request.GET.get("unit"):
        initial["unit"] = reach_of(request.user, Permission.ACCOUNT_MANAGE).filter(key=key).first()
    form = forms.Invite(request.POST or None, by=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        made = _saved(form, lambda: services.invite(by=request.user, **form.cleaned_data))
        if made:
            return _show_link(request, *made)
    return render(request, "accounts/invite.html", {"form": form}, status=422 if form.is_bound else 200)


def _saved(form: Any, act: Callable[[], Any]) -> Any:
    """Does ``act``; None after a refusal, whose words then stand on the form."""
    try:
        return act()
    except NotAllowed as refused:
        raise PermissionDenied(str(refused)) from refused
    except Refused as refused:
        form.add_error(None, str(refused))
    return None


def _show_link(request: HttpRequest, person: User, link: str) -> HttpResponse:
    return _private(render(request, "accounts/invited.html", {"person": person, "link": link}))


def _private(response: HttpResponse) -> HttpResponse:
    """A page that bears a link with a secret in it: no cache keeps it and nobody learns its address.

    Not "no-referrer": browsers then send the forms on the page with ``Origin: null``, and the CSRF check refuses them.
    """
    response["Referrer-Policy"] = "strict-origin"
    response["Cache-Control"] = "no-store"
    return response


def _done(request: HttpRequest, person: User, act: Callable[[], Any], said: str) -> HttpResponse:
    """One press of a button on a person's page: does it, says so, and shows the page again."""
    try:
        act()
    except NotAllowed as refused:
        raise PermissionDenied(str(refused)) from refused
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, said % {"name": person})
    return redirect("accounts:person", person.public_id)


@require_POST
def invite_again(request: HttpRequest, public_id: Any) -> HttpResponse:
    row = _person(request, public_id)
    try:
        return _show_link(request, row, services.invite_again(row, by=request.user))
    except NotAllowed as refused:
        raise PermissionDenied(str(refused)) from refused
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("accounts:person", row.public_id)


@require_POST
def disable(request: HttpRequest, public_id: Any) -> HttpResponse:
    row = _person(request, public_id)
    reason = request.POST.get("reason", "")[:500]
    said = _("The account of %(name)s is disabled and signed out everywhere.")
    return _done(request, row, lambda: services.disable(row, by=request.user, reason=reason), said)


@require_POST
def enable(request: HttpRequest, public_id: Any) -> HttpResponse:
    row = _person(request, public_id)
    reason = request.POST.get("reason", "")[:500]
    said = _("The account of %(name)s can sign in again.")
    return _done(request, row, lambda: services.enable(row, by=request.user, reason=reason), said)


@require_POST
def unlock(request: HttpRequest, public_id: Any) -> HttpResponse:
    row = _person(request, public_id)
    said = _("%(name)s can try the password again at once.")
    return _done(request, row, lambda: services.unlock(row, by=request.user), said)


@require_POST
def reset_second_factor(request: HttpRequest, public_id: Any) -> HttpResponse:
    row = _person(request, public_id)
    reason = request.POST.get("reason", "")[:500]
    said = _("%(name)s signs in with the password alone until two-factor authentication is set up again.")
    return _done(request, row, lambda: services.reset_second_factor(row, by=request.user, reason=reason), said)


@require_http_methods(["GET", "POST"])
def correct(request: HttpRequest, public_id: Any) -> HttpResponse:
    row = _person(request, public_id)
    if governs(request.user, row) is None:
        raise PermissionDenied
    form = forms.Correct(request.POST or None, initial={"full_name": row.full_name, "email": row.email})
    if row.has_usable_password():
        form.fields["email"].disabled = True
        form.fields["email"].help_text = _("In use: only its holder can change it.")
    if request.method == "POST" and form.is_valid():

        def act() -> bool:
            services.correct(row, by=request.user, **form.cleaned_data)
            return True

        if _saved(form, act):
            messages.success(request, _("Saved."))
            return redirect("accounts:person", row.public_id)
    context = {"form": form, "person": User.objects.get(pk=row.pk)}
    return render(request, "accounts/correct.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def appoint(request: HttpRequest, public_id: Any) -> HttpResponse:
    row = _person(request, public_id)
    form = forms.Appoint(request.POST or None, by=request.user)
    if request.method == "POST" and form.is_valid():
        post = _saved(form, lambda: services.appoint(row, by=request.user, **form.cleaned_data))
        if post:
            messages.success(request, _("%(name)s holds a further post: %(post)s.") % {"name": row, "post": post})
            return redirect("accounts:person", row.public_id)
    context = {"form": form, "person": row}
    return render(request, "accounts/appoint.html", context, status=422 if form.is_bound else 200)


@require_POST
def end_post(request: HttpRequest, public_id: Any) -> HttpResponse:
    row = _person(request, public_id)
    form = forms.EndPost(request.POST)
    if not form.is_valid():
        messages.error(request, _("Please write the last day of the post."))
        return redirect("accounts:person", row.public_id)
    facts = form.cleaned_data
    post = get_object_or_404(row.appointments.visible_to(request.user), public_id=facts["post"])
    said = _("The post ends. What %(name)s did under it stays on record.")
    act = lambda: services.end_post(post, on=facts["on"], by=request.user, reason=facts["reason"])  # noqa: E731
    return _done(request, row, act, said)


# --- People from Excel ------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    _administrates(request)
    form = forms.Upload(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        rows = _saved(form, lambda: read_people(file, size=file.size))
        if rows:
            imports.keep(rows, file_name=file.name, by=request.user)
            return redirect("accounts:import_preview")
    return render(request, "accounts/import.html", {"form": form}, status=422 if form.is_bound else 200)


@require_GET
def import_template(request: HttpRequest) -> HttpResponse:
    _administrates(request)
    units = reach_of(request.user, Permission.ACCOUNT_MANAGE).filter(has_police_body=True).select_related("parent")
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    name = _("people-template")
    return HttpResponse(
        template(units), content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}.xlsx"'}
    )


@require_http_methods(["GET", "POST"])
def import_preview(request: HttpRequest) -> HttpResponse:
    """What the file would change; confirmed, the page with the new links, which are shown once and kept nowhere."""
    _administrates(request)
    batch = PeopleImport.objects.filter(made_by=request.user, applied_at=None).first()
    if batch is None:
        messages.info(request, _("No file waits for your confirmation. Upload one first."))
        return redirect("accounts:import")
    refused = ""
    if request.method == "POST":
        try:
            made = imports.apply(batch, by=request.user, digest=request.POST.get("digest", ""))
            return _private(render(request, "accounts/import_done.html", {"made": made, "batch": batch}))
        except Refused as error:
            refused = str(error)
    plan = imports.plan([Row(*row) for row in batch.rows], by=request.user)
    wrong = [row for row in plan.rows if row.errors]
    rest = [row for row in plan.rows if not row.errors]
    context = {
        "batch": batch,
        "plan": plan,
        "counts": {str(outcome): plan.counts[outcome] for outcome in imports.Outcome},
        "wrong": wrong[:PREVIEW_ROWS],
        "rows": sorted(rest, key=lambda row: row.outcome == imports.Outcome.SAME)[:PREVIEW_ROWS],
        "left_out": max(0, len(wrong) - PREVIEW_ROWS) + max(0, len(rest) - PREVIEW_ROWS),
        "refused": refused,
    }
    return render(request, "accounts/import_preview.html", context, status=409 if refused else 200)


# --- The invited person -----------------------------------------------------------------------------------------------


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def accept_invitation(request: HttpRequest, secret: str) -> HttpResponse:
    try:
        invitation = open_invitation(secret)
    except Refused as refused:
        return _private(render(request, "accounts/invitation_dead.html", {"why": str(refused)}, status=400))
    form = forms.ChoosePassword(request.POST or None, person=invitation.user)
    if request.method == "POST" and form.is_valid():
        try:
            person = services.accept(secret, password=form.cleaned_data["password1"])
        except Refused as refused:
            return _private(render(request, "accounts/invitation_dead.html", {"why": str(refused)}, status=400))
        login(request, person, backend="django.contrib.auth.backends.ModelBackend")
        messages.success(request, _("Welcome. You are signed in; next time, sign in with this password."))
        return redirect(settings.LOGIN_REDIRECT_URL)
    context = {"form": form, "person": invitation.user}
    status = 422 if form.is_bound else 200
    return _private(render(request, "accounts/accept_invitation.html", context, status=status))


# --- Oneself ----------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def me(request: HttpRequest) -> HttpResponse:
    form = forms.Language(request.POST or None, choices=settings.LANGUAGES, initial={"language": request.user.language})
    if request.method == "POST" and form.is_valid():
        return set_language(request)
    row = with_facts(User.objects.filter(pk=request.user.pk)).get()
    context = {"form": form, "person": row, "posts": request.user.held, "sessions": sessions_of(row)}
    return render(request, "accounts/me.html", context, status=422 if form.is_bound else 200)


@login_not_required
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Django's language switch; a signed-in person's choice is theirs on every computer."""
    language = request.POST.get("language", "")
    if request.user.is_authenticated and language in dict(settings.LANGUAGES):
        services.choose_language(request.user, language)
    return i18n.set_language(request)


@require_POST
def switch_desk(request: HttpRequest) -> HttpResponse:
    """Work from another post held. Back to the page, if it is one of ours; what is not seen from there is a 404."""
    held = {str(a.pk): a for a in request.user.held}
    chosen = held.get(request.POST.get("desk", ""))
    if chosen is None:
        messages.error(request, _("You do not hold this post any more."))
    else:
        request.session[DESK_KEY] = chosen.pk
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = settings.LOGIN_REDIRECT_URL
    return redirect(back)


@require_GET
@vary_on_headers("HX-Request")
def notices(request: HttpRequest) -> HttpResponse:
    page = Paginator(unread_first(request.user), PAGE).get_page(request.GET.get("page"))
    for notice in page:
        notice.sentence = sentence(notice)
    context = {"page_obj": page, "unread": request.user.notices.filter(read_at=None).count()}
    return render(request, "accounts/notices.html#rows" if request.htmx else "accounts/notices.html", context)


@require_GET
def notice(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Opens what the notice is about, and marks it as read."""
    row = get_object_or_404(Notice, user=request.user, public_id=public_id)
    services.read_notice(row)
    return redirect(row.address)


@require_POST
def read_notices(request: HttpRequest) -> HttpResponse:
    """Marks one notice as read, or all of them."""
    if one := request.POST.get("notice"):
        try:
            services.read_notice(get_object_or_404(Notice, user=request.user, public_id=one))
        except ValidationError as error:  # not an id at all
            raise Http404 from error
    else:
        n = services.read_all_notices(request.user)
        messages.success(
            request, ngettext("%(n)s notice marked as read.", "%(n)s notices marked as read.", n) % {"n": n}
        )
    return redirect("accounts:notices")
