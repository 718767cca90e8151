"""The pages on which administrators link accounts to the ministry's sign-in."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import forms, queries
from accounts.ministry import links, mapping
from accounts.models import ClaimMapping, MinistryRequest, User
from accounts.permissions import Permission
from accounts.sign_in_policy import ministry_is_on
from accounts.step_up import step_up_required
from accounts.views.appointments import name_decision
from accounts.views.common import require_administrator, visible_person
from accounts.views.one_person import run_person_action
from core.actions import FormAction, form_action, read_typed_reason
from core.errors import Refused
from core.lists import PAGE, get_page


@require_GET
def ministry_requests(request: HttpRequest) -> HttpResponse:
    """Show who signed in at the ministry and waits for an account, in the person's reach; proposals
    first.
    """
    require_administrator(request)
    rows = MinistryRequest.objects.visible_to(request.user).open(timezone.now())
    rows = rows.select_related("unit__parent", "user", "proposed_by").order_by(
        F("proposed_at").asc(nulls_last=True), "asked_at", "pk"
    )
    context = {
        "page_obj": get_page(request, rows),
        "is_on": ministry_is_on(),
        "may_map": queries.can(
            request.user, Permission.ACCOUNT_MANAGE, unit=mapping.ministry_unit()
        ),
    }
    return render(request, "accounts/ministry_requests.html", context)


def _name_act(request: HttpRequest, **_kwargs: Any) -> str:
    decides = request.POST.get("act") == "decide"
    return name_decision(request) if decides else _("Propose the account")


def _get_request(request: HttpRequest, public_id: Any) -> MinistryRequest:
    require_administrator(request)
    rows = MinistryRequest.objects.visible_to(request.user).select_related(
        "unit__parent", "user", "proposed_by", "refused_by"
    )
    return get_object_or_404(rows, public_id=public_id)


@require_http_methods(["GET", "POST"])
@step_up_required(
    _name_act, of=lambda request, public_id: _get_request(request, public_id).name, only_posts=True
)
def ministry_request(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Show one of them; propose an account for it, or confirm, refuse or take back a proposal."""
    row = _get_request(request, public_id)
    post = request.POST if request.method == "POST" else None
    act = request.POST.get("act", "")
    choose = forms.ChooseAccountForm(post if act == "choose" else None)
    unit, role = mapping.meaning_of(row.units, row.roles)
    initial = {"full_name": row.name, "unit": unit, "role": role}
    new = forms.InviteForm(
        post if act == "new" else None,
        by=request.user,
        initial={k: v for k, v in initial.items() if v},
    )
    decide = forms.DecideForm(post if act == "decide" else None)
    actions = (
        (
            choose,
            lambda: _success_text(
                links.propose_account(
                    row, choose.cleaned_data["account"], by=request.user, now=timezone.now()
                )
            ),
        ),
        (new, lambda: _propose_new(row, request.user, new)),
        (decide, lambda: _decide(row, request.user, **decide.cleaned_data)),
    )
    done = next(
        (form_action(form, service) for form, service in actions if form.is_bound), FormAction()
    )
    if done:
        messages.success(request, done.result)
        return redirect("accounts:ministry_requests")
    context = {
        "row": row,
        "choose": choose,
        "new": new,
        "decide": decide,
        "is_open": row.refused_at is None and row.expires_at > timezone.now(),
        "may_confirm": links.may_confirm(row, request.user),
        "is_mine": row.proposed_by_id == request.user.pk,
    }
    return render(request, "accounts/ministry_request.html", context, status=done.status)


def _success_text(person: User) -> str:
    return _(
        "%(name)s is proposed. A second administrator has to confirm it within seven days."
    ) % {"name": person}


def _propose_new(row: MinistryRequest, by: User, form: forms.InviteForm) -> str:
    return _success_text(links.propose_new(row, by=by, now=timezone.now(), **form.cleaned_data))


def _decide(row: MinistryRequest, by: User, *, decision: str, reason: str) -> str:
    now = timezone.now()
    if decision == forms.DecideForm.CONFIRM:
        linked = links.confirm(row, by=by, now=now)
        return _("%(name)s can sign in with the ministry's account now.") % {"name": linked.user}
    if decision == forms.DecideForm.REFUSE:
        links.refuse(row, by=by, reason=reason, now=now)
        return _("Refused. It does not come again for a month.")
    links.withdraw(row, by=by, now=now)
    return _("The proposal is taken back.")


@require_POST
@step_up_required(gettext_lazy("End the link to the ministry account"), of=visible_person)
def end_link(request: HttpRequest, public_id: Any) -> HttpResponse:
    person = visible_person(request, public_id)
    message = _("The link to the ministry account is ended, and with it all sessions.")
    return run_person_action(
        request,
        person,
        lambda: links.end(person, by=request.user, reason=read_typed_reason(request)),
        message,
    )


def _name_mapping_act(request: HttpRequest, **_kwargs: Any) -> str:
    match request.POST.get("act"):
        case "confirm":
            return _("Confirm the chosen meanings")
        case "remove":
            return _("Remove the chosen meanings")
    return _("Propose the meanings")


@require_http_methods(["GET", "POST"])
@step_up_required(_name_mapping_act, only_posts=True)
def claim_mapping(request: HttpRequest) -> HttpResponse:
    """Show what the claims' values mean here; the ministry's administrators propose, confirm and
    remove.
    """
    if not queries.can(request.user, Permission.ACCOUNT_MANAGE, unit=mapping.ministry_unit()):
        raise PermissionDenied
    act = request.POST.get("act", "")
    form = forms.ClaimMeaningsForm(request.POST if act == "propose" else None)
    done = form_action(form, lambda: _propose_mapping(form, by=request.user))
    if done:
        messages.success(request, done.result)
        return redirect("accounts:claim_mapping")
    if act in {"confirm", "remove"}:
        return _change_mapping(request, act)
    rows = ClaimMapping.objects.select_related("unit__parent", "proposed_by", "confirmed_by")
    rows = rows.order_by(F("confirmed_at").asc(nulls_first=True), "kind", "value")
    page = get_page(request, rows)
    context = {
        "form": form,
        "page_obj": page,
        "unit_claim": settings.OIDC_UNIT_CLAIM,
        "role_claim": settings.OIDC_ROLE_CLAIM,
    }
    return render(request, "accounts/claim_mapping.html", context, status=done.status)


def _propose_mapping(form: forms.ClaimMeaningsForm, *, by: User) -> str:
    n = mapping.propose(
        form.cleaned_data["kind"], form.cleaned_data["text"], by=by, now=timezone.now()
    )
    message = ngettext(
        "%(n)s meaning proposed. Another administrator has to confirm it.",
        "%(n)s meanings proposed. Another administrator has to confirm them.",
        n,
    )
    return message % {"n": n}


def _change_mapping(request: HttpRequest, act: str) -> HttpResponse:
    chosen = request.POST.getlist("row")[:PAGE]
    try:
        if act == "confirm":
            n = mapping.confirm(chosen, by=request.user, now=timezone.now())
            message = ngettext("%(n)s meaning confirmed.", "%(n)s meanings confirmed.", n)
        else:
            n = mapping.remove(chosen, by=request.user)
            message = ngettext("%(n)s meaning removed.", "%(n)s meanings removed.", n)
        messages.success(request, message % {"n": n})
    except ValidationError as error:  # not an id at all
        raise Http404 from error
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("accounts:claim_mapping")
