"""The posts that a person holds, and their confirmation by a second administrator."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts import forms
from accounts.models import Appointment, PendingAppointment, User
from accounts.people import appointments, confirmations
from accounts.permissions import Permission
from accounts.queries import may_waive, require_confirms, require_independent, tied_to
from accounts.step_up import step_up_required
from accounts.views.common import require_administrator, visible_person
from accounts.views.one_person import run_person_action, show_refusal
from core.actions import form_action
from core.errors import NotAllowed
from core.lists import PAGE, get_page


@require_http_methods(["GET", "POST"])
@step_up_required(gettext_lazy("Give the post"), of=visible_person)
def appoint(request: HttpRequest, public_id: Any) -> HttpResponse:
    row = visible_person(request, public_id)
    form = forms.AppointForm(request.POST or None, by=request.user)
    done = form_action(
        form, lambda: appointments.appoint(row, by=request.user, **form.cleaned_data)
    )
    if done:
        message = _("%(name)s holds a further post: %(post)s.")
        if isinstance(done.result, PendingAppointment):
            message = _(
                "%(name)s is proposed as %(post)s. A second administrator has to confirm "
                "it within seven days."
            )
        messages.success(request, message % {"name": row, "post": done.result})
        return redirect("accounts:person", row.public_id)
    return render(
        request, "accounts/appoint.html", {"form": form, "person": row}, status=done.status
    )


@require_POST
@step_up_required(gettext_lazy("End the post held"), of=visible_person)
def end_post(request: HttpRequest, public_id: Any) -> HttpResponse:
    row = visible_person(request, public_id)
    form = forms.EndPostForm(request.POST)
    if not form.is_valid():
        why = next(error for errors in form.errors.values() for error in errors)
        return show_refusal(request, row, why, status=422)
    facts = form.cleaned_data
    post = get_object_or_404(row.appointments.visible_to(request.user), public_id=facts["post"])
    message = _("The post ends. What %(name)s did under it stays on record.")
    return run_person_action(
        request,
        row,
        lambda: appointments.end_post(
            post, on=facts["on"], by=request.user, reason=facts["reason"]
        ),
        message,
    )


@require_http_methods(["GET", "POST"])
@step_up_required(gettext_lazy("Confirm the chosen appointments"), only_posts=True)
def pending_appointments(request: HttpRequest) -> HttpResponse:
    """Show the proposals that wait for a second administrator, as far as the person may see them; a
    POST confirms the ticked ones.
    """
    require_administrator(request)
    rows = PendingAppointment.objects.visible_to(request.user).waiting(timezone.now())
    rows = rows.select_related("user", "unit__parent", "asked_by")
    if request.method == "POST":
        try:
            chosen = list(rows.filter(public_id__in=request.POST.getlist("pending")[:PAGE]))
        except ValidationError as error:  # not an id at all
            raise Http404 from error
        confirmed, refused = confirmations.confirm_many(chosen, by=request.user)
        if confirmed or not refused:
            message = ngettext(
                "%(n)s appointment confirmed.", "%(n)s appointments confirmed.", confirmed
            )
            messages.success(request, message % {"n": confirmed})
        for refusal in refused[:5]:
            messages.error(request, refusal)
        return redirect("accounts:pending_appointments")
    page = get_page(request, rows)
    tied = tied_to(request.user, {row.asked_by for row in page})
    for row in page:
        row.may_confirm = row.asked_by_id not in tied and _may_refuse(request.user, row)
    may_confirm_any = any(row.may_confirm for row in page)
    context = {"page_obj": page, "may_confirm_any": may_confirm_any}
    return render(request, "accounts/pending_appointments.html", context)


def _may_refuse(user: User, row: PendingAppointment) -> bool:
    try:
        return bool(require_confirms(user, row))
    except NotAllowed:
        return False


def _why_not_confirm(user: User, row: PendingAppointment) -> str:
    """Say why a user who may refuse the proposal may not confirm it; empty if they may."""
    try:
        require_independent(user, row.asked_by)
    except NotAllowed as why:
        return str(why)
    return ""


def name_decision(request: HttpRequest, **_kwargs: Any) -> str:
    """Name the decision on a proposal by the button that was pressed."""
    match request.POST.get("decision"):
        case forms.DecideForm.REFUSE:
            return _("Refuse the proposal")
        case forms.DecideForm.WITHDRAW:
            return _("Take the proposal back")
    return _("Confirm the proposal")


def _name_proposal(request: HttpRequest, public_id: Any) -> str:
    rows = PendingAppointment.objects.visible_to(request.user).select_related("user", "unit")
    row = get_object_or_404(rows, public_id=public_id)
    return f"{row.user}, {row.position}"


@require_http_methods(["GET", "POST"])
@step_up_required(name_decision, of=_name_proposal, only_posts=True)
def pending_appointment(request: HttpRequest, public_id: Any) -> HttpResponse:
    rows = PendingAppointment.objects.visible_to(request.user)
    rows = rows.select_related("user", "unit__parent", "asked_by", "decided_by")
    row = get_object_or_404(rows, public_id=public_id)
    form = forms.DecideForm(request.POST or None)
    done = form_action(form, lambda: _decide(row, by=request.user, **form.cleaned_data))
    if done:
        messages.success(request, done.result)
        return redirect("accounts:pending_appointment", row.public_id)
    context = {
        "row": row,
        "form": form,
        "is_waiting": row.decision == "" and row.expires_at > timezone.now(),
        "may_refuse": _may_refuse(request.user, row),
        "hindrance": _why_not_confirm(request.user, row),
        "is_mine": row.asked_by_id == request.user.pk,
        "posts": row.user.appointments.visible_to(request.user)
        .in_force(timezone.localdate())
        .select_related("unit"),
    }
    return render(request, "accounts/pending_appointment.html", context, status=done.status)


def _decide(row: PendingAppointment, *, by: User, decision: str, reason: str) -> str:
    facts = {"name": row.user, "post": row.position}
    if decision == forms.DecideForm.CONFIRM:
        confirmations.confirm(row, by=by)
        return _("%(name)s is now %(post)s. The leaders of the unit are told.") % facts
    if decision == forms.DecideForm.REFUSE:
        confirmations.refuse(row, by=by, reason=reason)
        return _("Refused. Who proposed it is told your reason.")
    confirmations.withdraw(row, by=by)
    return _("The proposal is taken back.")


def _get_appointment(request: HttpRequest, public_id: Any) -> Appointment:
    reach = request.user.reach(Permission.ACCOUNT_MANAGE) + request.user.reach(
        Permission.POST_WITHDRAW
    )
    rows = Appointment.objects.within(reach).select_related(
        "user", "unit__parent", "appointed_by", "confirmed_by"
    )
    return get_object_or_404(rows, public_id=public_id)


@require_http_methods(["GET", "POST"])
@step_up_required(
    gettext_lazy("Waive the waiting time"),
    of=lambda request, public_id: _get_appointment(request, public_id).user,
    only_posts=True,
)
def appointment(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Show an appointment to those who lead or administer the unit; they may waive a new approver's
    waiting time here.
    """
    row = _get_appointment(request, public_id)
    form = forms.WaiveForm(request.POST or None)
    done = form_action(form, lambda: confirmations.waive(row, by=request.user, **form.cleaned_data))
    if done:
        message = _("Your waiver is on record. A second leader has to waive it, too.")
        if done.result:
            message = _("The waiting time is waived: %(name)s can approve now.")
        messages.success(request, message % {"name": row.user})
        return redirect("accounts:appointment", row.public_id)
    waivers = list(row.waivers.select_related("by").order_by("at"))
    context = {
        "row": row,
        "form": form,
        "waits": row.waits(timezone.now()),
        "waivers": waivers,
        "may_waive": may_waive(request.user, row) is not None
        and request.user.pk not in {w.by_id for w in waivers},
        "may_see_person": request.user.authority(Permission.ACCOUNT_MANAGE, unit=row.unit)
        is not None,
    }
    return render(request, "accounts/appointment.html", context, status=done.status)
