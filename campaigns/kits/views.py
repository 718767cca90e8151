"""Pages of those who issue kits: provinces and the ministry."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.context import current_position
from accounts.models import Appointment
from accounts.permissions import Permission
from accounts.queries import can
from accounts.second_factors import passkeys
from accounts.step_up import step_up_required
from campaigns.kits import checking, issuing, presenters, queries, seals
from campaigns.kits.forms import (
    ApprovalForm,
    AsUnitForm,
    KitFilter,
    PassOnForm,
    ReturnForm,
    WithdrawForm,
)
from campaigns.kits.models import Kit, KitVersion
from campaigns.kits.states import VersionState
from campaigns.laws import list_warnings
from core import quotas
from core.actions import FormAction, button_action, form_action, form_data
from core.assertions import make_challenge
from core.errors import Refused
from core.form_marks import Rendered, make_render_mark, require_rendered
from core.lists import get_page, render_page
from units.models import Level, Unit
from units.queries import find_unit

RELATED = ("unit", "campaign", "topic", "current", "withdrawn_by")


def get_issuing_position(request: HttpRequest) -> Appointment:
    """Return the current position if it is one of a unit that issues kits, else another of the
    person's that is; 403 without any.
    """
    current = current_position(request)
    for position in (current, *request.user.current_appointments):
        if position and position.unit.level != Level.COMMUNE:
            authority = request.user.own_authority(Permission.KIT_WRITE, unit=position.unit)
            if authority and authority.unit_id == position.unit_id:
                return position
    raise PermissionDenied


@require_GET
def kit_list(request: HttpRequest) -> HttpResponse:
    """List the kits of the person's scope, and those from above that a province may pass on."""
    position = get_issuing_position(request)
    form = KitFilter(request.GET, unit=position.unit)
    wanted = form.chosen
    rows = queries.filter_by_state(
        queries.find_readable_kits(request.user), wanted.get("state", "")
    )
    if campaign := wanted.get("campaign"):
        rows = rows.filter(campaign=campaign)
    rows = rows.search(wanted.get("q", "")).select_related(*RELATED)
    page = get_page(request, rows)
    kits = list(page)
    newer, counts = queries.find_open_versions(kits), queries.count_adoption(kits)
    context = {
        "page_obj": page,
        "rows": [
            (kit, presenters.describe_statuses(kit, newer.get(kit.pk)), counts[kit.pk])
            for kit in kits
        ],
        "form": form,
    }
    return render_page(request, "kits/list.html", context)


@require_GET
def kit(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show a kit to those who issue it or pass it on: its texts, its state, what comes next."""
    row = get_readable_kit(request, public_id)
    shows_drafts = is_own(request, row) and not row.is_withdrawn
    newer = queries.find_open_version(row) if shows_drafts else None
    version = newer or row.current
    if version is None:  # of another issuer, and not issued
        version = get_object_or_404(row.versions.all()[:1])
    version.kit = row
    versions = list(queries.find_versions(row))
    acts = _find_permitted_acts(request, row, newer)
    context = {
        "kit": row,
        "version": version,
        "newer": newer,
        "statuses": presenters.describe_statuses(row, newer),
        "counts": queries.count_adoption([row])[row.pk],
        "facts": presenters.list_facts(version),
        "units": queries.find_units(version).count(),
        "versions": versions,
        "passings": list(row.passings.select_related("unit", "by")[:40]),
        "media": list(version.media.select_related("media")),
        "files": row.files.filter(state="ready"),
        "acts": acts,
        "problems": checking.find_problems(version) if acts["submit"] else [],
        **_make_preview_context(request, version),
        **_list_changes(version, row),
    }
    return render(request, "kits/kit.html", context)


def _find_permitted_acts(
    request: HttpRequest, row: Kit, newer: KitVersion | None
) -> dict[str, bool]:
    """Return which acts the page offers."""
    writes = is_own(request, row) and not row.is_withdrawn
    state = newer.state if newer else ""
    approves = is_own(request, row, Permission.KIT_APPROVE) and not row.is_withdrawn
    return {
        "edit": writes and bool(newer and newer.is_editable),
        "card": writes
        and bool(newer and newer.is_editable)
        and can(request.user, Permission.LIBRARY_WRITE, unit=row.unit),
        "files": writes,
        "submit": writes and bool(newer and newer.is_editable),
        "review": approves and state == VersionState.IN_REVIEW,
        "return_": approves and state == VersionState.APPROVED,
        "issue": writes and state == VersionState.APPROVED,
        "new_version": writes and newer is None and row.current is not None,
        "withdraw": row.current is not None
        and not row.is_withdrawn
        and can(request.user, Permission.KIT_APPROVE, unit=row.unit),
        "pass_on": _find_passing_province(request, row) is not None,
    }


def _approves_by_code(request: HttpRequest, **_kwargs: Any) -> bool:
    """Tell whether the request needs a factor proved before: a passkey over the very kit is proof
    enough, for an approval.
    """
    return "return" in request.POST or not request.POST.get("assertion")


def get_readable_kit(request: HttpRequest, public_id: uuid.UUID) -> Kit:
    get_issuing_position(request)
    rows = queries.find_readable_kits(request.user).select_related(*RELATED)
    return get_object_or_404(rows, public_id=public_id)


def _name_decision(request: HttpRequest, *, public_id: uuid.UUID) -> str:
    facts = {"kit": Truncator(get_readable_kit(request, public_id)).chars(60)}
    if "return" in request.POST:
        return _("Return the kit “%(kit)s”") % facts
    return _("Approve the kit “%(kit)s”") % facts


@require_http_methods(["GET", "POST"])
@step_up_required(_name_decision, only_posts=True, when=_approves_by_code)
def approve(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show the exact version that waits, and take the decision of a second person."""
    row, version = _get_version_to_decide(request, public_id)
    if version is None:
        return _render_undecidable(request, row)
    returns = "return" in request.POST
    form = ReturnForm(request.POST if returns else None)
    done: FormAction[None] = FormAction()
    if returns:
        act = count_against_quota(
            request,
            lambda: issuing.return_version(version, by=request.user, **form.cleaned_data),
        )
        done = form_action(form, act)
    elif request.method == "POST":
        act = count_against_quota(request, lambda: _approve(request, version))
        if button_action(request, act, message=_("Approved. The kit may be issued now.")):
            return redirect("kits:kit", row.public_id)
        return redirect("kits:approve", row.public_id)
    if done:
        messages.success(request, _("Returned to its writers with your reason."))
        return redirect("kits:kit", row.public_id)
    context = {
        "kit": row,
        "version": version,
        "form": form,
        "is_own_work": version.is_by(request.user),
        "passkey": passkeys.has_passkey(request.user),
        "mark": make_render_mark(_get_subject(version), by=request.user),
        "facts": presenters.list_facts(version),
        "units": queries.find_units(version).count(),
        "media": list(version.media.select_related("media")),
        **_make_preview_context(request, version),
        **_list_changes(version, row),
    }
    return render(request, "kits/approve.html", context, status=done.status)


@require_POST
def passkey_options(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Return what a passkey is asked to sign for the approval; 409 where the form itself is to be
    sent.
    """
    _row, version = _get_version_to_decide(request, public_id)
    if version is None or version.state != VersionState.IN_REVIEW:
        return JsonResponse({}, status=409)
    try:
        rendered = _read_rendered(request, version)
    except Refused:
        return JsonResponse({}, status=409)
    text = seals.make_statement_to_sign(version, rendered, by=request.user.pk)
    return JsonResponse(passkeys.request_options(request.user, make_challenge(text)))


def _approve(request: HttpRequest, version: KitVersion) -> None:
    """Approve by a passkey's assertion over the version on the page, or by the factor proved
    before.
    """
    given: dict[str, Any] = {
        "by": request.user,
        "content_sha256": request.POST.get("sha256", "")[:64],
    }
    form = ApprovalForm(request.POST)
    if not form.is_valid():
        raise Refused(" ".join(form.errors["assertion"]))
    if answer := form.cleaned_data["assertion"]:
        rendered = _read_rendered(request, version)
        text = seals.make_statement_to_sign(version, rendered, by=request.user.pk)
        try:
            assertion = passkeys.assertion_of(request.user, answer, make_challenge(text))
        except passkeys.InvalidSignature:
            raise Refused(
                _("The passkey did not sign this kit. Nothing was approved; please try again.")
            ) from None
        given |= {"rendered": rendered, "assertion": assertion}
    issuing.approve_version(version, **given)


def _read_rendered(request: HttpRequest, version: KitVersion) -> Rendered:
    """Return when the form was rendered. Raise Refused where it was not for this version."""
    return require_rendered(
        request.POST.get("mark", "")[:500], _get_subject(version), by=request.user
    )


def _get_subject(version: KitVersion) -> str:
    return f"kit:{version.public_id}:{version.content_sha256}"


def _get_version_to_decide(
    request: HttpRequest, public_id: uuid.UUID
) -> tuple[Kit, KitVersion | None]:
    """Return the kit with the version that the person may decide on, None where there is none."""
    row = get_readable_kit(request, public_id)
    if not request.user.reach(Permission.KIT_APPROVE):
        raise PermissionDenied
    version = queries.find_open_version(row)
    decidable = (VersionState.IN_REVIEW, VersionState.APPROVED)
    if not is_own(request, row, Permission.KIT_APPROVE):
        return row, None
    if version is None or version.state not in decidable:
        return row, None
    version.kit = row
    return row, version


def _render_undecidable(request: HttpRequest, row: Kit) -> HttpResponse:
    if not is_own(request, row, Permission.KIT_APPROVE):
        return render_not_yours(request, row)
    messages.info(request, _("No version of this kit waits for approval."))
    return redirect("kits:kit", row.public_id)


@require_POST
def submit(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row, version = _get_own_open_version(request, public_id)
    message = _("Submitted. Another leader of your unit has to approve it.")
    return _run_act(request, row, lambda: issuing.submit_version(version, by=request.user), message)


@require_POST
def issue(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row, version = _get_own_open_version(request, public_id)
    message = _("Issued. The units are being notified.")
    return _run_act(request, row, lambda: issuing.issue_version(version, by=request.user), message)


@require_POST
def new_version(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = get_readable_kit(request, public_id)
    if not is_own(request, row):
        return render_not_yours(request, row)
    act = count_against_quota(request, lambda: issuing.begin_new_version(row, by=request.user))
    if button_action(request, act, message=_("A new version begins as a copy of the issued one.")):
        return redirect("kits:edit", row.public_id)
    return redirect("kits:kit", row.public_id)


@require_http_methods(["GET", "POST"])
def pass_on(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Hand a kit from above to the units of the person's province."""
    row = get_readable_kit(request, public_id)
    province = _find_passing_province(request, row)
    if province is None:
        messages.info(request, _("There is nothing to pass on: the kit reaches units without it."))
        return redirect("kits:kit", row.public_id)
    form = PassOnForm(form_data(request))
    act = count_against_quota(
        request,
        lambda: issuing.pass_on(row, unit=province, by=request.user, **form.cleaned_data),
    )
    done = form_action(form, act)
    if done:
        messages.success(request, _("Passed on. Your units are being notified."))
        return redirect("kits:kit", row.public_id)
    units = queries.find_units(row.current).under(province).count() if row.current else 0
    context = {"kit": row, "form": form, "province": province, "units": units}
    return render(request, "kits/pass_on.html", context, status=done.status)


@require_http_methods(["GET", "POST"])
@step_up_required(gettext_lazy("Withdraw the kit"), of=get_readable_kit, only_posts=True)
def withdraw(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = get_readable_kit(request, public_id)
    if not request.user.reach(Permission.KIT_APPROVE):
        raise PermissionDenied
    if row.current is None or not can(request.user, Permission.KIT_APPROVE, unit=row.unit):
        return render_not_yours(request, row)
    form = WithdrawForm(form_data(request), missing=_("Please write why the kit is withdrawn."))
    act = count_against_quota(
        request, lambda: issuing.withdraw_kit(row, by=request.user, **form.cleaned_data)
    )
    done = form_action(form, act)
    if done:
        messages.success(request, _("The kit is withdrawn. Units that took it up are notified."))
        return redirect("kits:kit", row.public_id)
    counts = queries.count_adoption([row])[row.pk]
    context = {"kit": row, "form": form, "counts": counts}
    return render(request, "kits/withdraw.html", context, status=done.status)


def is_own(request: HttpRequest, row: Kit, permission: Permission = Permission.KIT_WRITE) -> bool:
    """Check that the person holds the right at the issuer itself, not only above it."""
    authority = request.user.own_authority(permission, unit=row.unit)
    is_issuer = row.unit.level != Level.COMMUNE
    return is_issuer and authority is not None and authority.unit_id == row.unit_id


def _get_own_open_version(request: HttpRequest, public_id: uuid.UUID) -> tuple[Kit, KitVersion]:
    row = get_readable_kit(request, public_id)
    version = (
        queries.find_open_version(row) or row.current or get_object_or_404(row.versions.all()[:1])
    )
    return row, version


def render_not_yours(request: HttpRequest, row: Kit) -> HttpResponse:
    messages.info(request, _("Only people of %(unit)s may do this.") % {"unit": row.unit})
    return redirect("kits:kit", row.public_id)


def _run_act(
    request: HttpRequest, row: Kit, service: Callable[[], object], message: str
) -> HttpResponse:
    if not is_own(request, row):
        return render_not_yours(request, row)
    button_action(request, count_against_quota(request, service), message=message)
    return redirect("kits:kit", row.public_id)


def count_against_quota[T](request: HttpRequest, service: Callable[[], T]) -> Callable[[], T]:
    """Count the act against the person's quota before it begins."""
    return quotas.with_quota("kit", service, by=request.user)


def _find_passing_province(request: HttpRequest, row: Kit) -> Unit | None:
    """Return the person's province if it has yet to pass the kit on."""
    if row.is_withdrawn or row.current is None or not row.current.by_provinces:
        return None
    row.current.kit = row
    passed = row.passings.values("unit")
    asked = queries.find_provinces_asked(row.current).exclude(pk__in=passed)
    mine = [
        position.unit_id
        for position in request.user.current_appointments
        if request.user.own_authority(Permission.KIT_WRITE, unit=position.unit)
    ]
    return asked.filter(pk__in=mine).first()


def _make_preview_context(request: HttpRequest, version: KitVersion) -> dict[str, object]:
    """Return the preview as a unit below reads it: the one that was searched, or the first."""
    units = queries.find_units(version).select_related("parent")
    form = AsUnitForm(request.GET if "unit" in request.GET else None)
    query = form.cleaned_data["unit"] if form.is_bound and form.is_valid() else ""
    match = find_unit(query, units) if query else None
    unit = match.unit if match else None
    problem = ""
    if match and unit is None:
        if match.candidates:
            several = "; ".join(candidate.label for candidate in match.candidates)
            problem = _("Several units fit: %(units)s.") % {"units": several}
        else:
            problem = _("No unit of the audience is called so.")
    unit = unit or presenters.choose_preview_unit(version)
    preview = presenters.make_preview(version, unit)
    texts = [*version.list_post_texts(), version.script, version.legal_basis, version.source]
    return {
        "preview": preview,
        "as_unit": form,
        "as_unit_problem": problem,
        "law_warnings": list_warnings(texts, on=timezone.localdate()),
    }


def _list_changes(version: KitVersion, row: Kit) -> dict[str, object]:
    """Return what differs from the issued version, in words."""
    if row.current is None or row.current_id == version.pk:
        return {"changed": [], "differences": []}
    row.current.kit = row
    names = presenters.name_parts()
    parts = queries.find_changed_parts(version, row.current)
    return {
        "changed": list(dict.fromkeys(names.get(part, part) for part in parts)),
        "differences": presenters.compare_versions(version, row.current),
    }
