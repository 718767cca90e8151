"""The rules of the leak check, with what they did in the units that somebody oversees; the ministry
switches them.
"""

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import Permission
from accounts.step_up import step_up_required
from core.actions import button_action, form_action, form_data
from posts.checks.leak_words import rule_description, rule_name
from posts.checks.leaks.scan import RULES
from posts.leak_rules import switching
from posts.leak_rules.figures import figures_by_rule, figures_by_unit, shapes_of
from posts.leak_rules.forms import SwitchForm
from posts.leak_rules.models import SEVERITIES, RuleSwitch

MOST_SWITCHES = 50


def _require_overseer(request: HttpRequest) -> None:
    if not request.user.reach(Permission.OVERSIGHT_VIEW):
        raise PermissionDenied


def _require_ministry(request: HttpRequest) -> None:
    if not switching.may_switch(request.user):
        raise PermissionDenied


def _rule(rule: str) -> str:
    if rule not in RULES:
        raise Http404
    return rule


@require_GET
def leak_rules(request: HttpRequest) -> HttpResponse:
    _require_overseer(request)
    may_switch = switching.may_switch(request.user)
    waiting = RuleSwitch.objects.filter(confirmed_at=None, ended_at=None) if may_switch else ()
    rows = figures_by_rule(request.user, now=timezone.now())
    context = {
        "rows": [row for row in rows if not row.has_nothing_to_show],
        "quiet": [row for row in rows if row.has_nothing_to_show],
        "waiting": [
            (row, rule_name(row.rule), row.set_by_id != request.user.pk) for row in waiting
        ],
        "severities": dict(SEVERITIES),
    }
    return render(request, "posts/leak_rules/rules.html", context)


@require_GET
def leak_rule(request: HttpRequest, rule: str) -> HttpResponse:
    _require_overseer(request)
    rule, now = _rule(rule), timezone.now()
    may_switch = switching.may_switch(request.user)
    context = {
        "rule": rule,
        "name": rule_name(rule),
        "message": rule_description(rule),
        "units": figures_by_unit(rule, request.user, now=now),
        "may_switch": may_switch,
        "shapes": shapes_of(rule, now=now) if may_switch else [],
        "switches": RuleSwitch.objects.filter(rule=rule).select_related("set_by", "confirmed_by")[
            :MOST_SWITCHES
        ],
    }
    return render(request, "posts/leak_rules/rule.html", context)


def _get_rule_name(request: HttpRequest, rule: str) -> str:
    _require_ministry(request)
    return str(rule_name(_rule(rule)))


@require_http_methods(["GET", "POST"])
@step_up_required(
    gettext_lazy("Propose the change of the rule"), of=_get_rule_name, only_posts=True
)
def switch_rule(request: HttpRequest, rule: str) -> HttpResponse:
    _require_ministry(request)
    rule = _rule(rule)
    form = SwitchForm(form_data(request), initial={"severity": RULES[rule].value})
    done = form_action(
        form, lambda: switching.switch(rule=rule, by=request.user, **form.cleaned_data)
    )
    if done:
        messages.success(request, _("It holds from its day on, once a second person confirms it."))
        return redirect("posts:leak_rules")
    context = {"form": form, "rule": rule, "name": rule_name(rule)}
    return render(request, "posts/leak_rules/switch_form.html", context, status=done.status)


def _get_switch(request: HttpRequest, public_id: uuid.UUID) -> RuleSwitch:
    _require_ministry(request)
    return get_object_or_404(RuleSwitch, public_id=public_id)


def _name_switch(request: HttpRequest, public_id: uuid.UUID) -> str:
    return str(rule_name(_get_switch(request, public_id).rule))


@require_POST
@step_up_required(gettext_lazy("Confirm the change of the rule"), of=_name_switch)
def confirm_switch(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _get_switch(request, public_id)
    message = _("Confirmed. What is scheduled is checked anew.")
    button_action(request, lambda: switching.confirm_switch(row, by=request.user), message=message)
    return redirect("posts:leak_rules")


@require_POST
@step_up_required(gettext_lazy("End the change of the rule"), of=_name_switch)
def end_switch(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _get_switch(request, public_id)
    message = _("Ended: the rule is as it was before. What is scheduled is checked anew.")
    button_action(request, lambda: switching.end_switch(row, by=request.user), message=message)
    return redirect("posts:leak_rule", row.rule)


@require_POST
def see_alarms(request: HttpRequest, rule: str) -> HttpResponse:
    _require_ministry(request)
    n = switching.see_alarms(_rule(rule), by=request.user)
    message = ngettext("%(n)s report is dealt with.", "%(n)s reports are dealt with.", n)
    messages.success(request, message % {"n": n})
    return redirect("posts:leak_rules")
