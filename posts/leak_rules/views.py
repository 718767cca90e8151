"""The page of what a unit may publish: its public numbers, accounts and websites."""

import uuid
from dataclasses import dataclass
from typing import Self

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.context import current_position
from accounts.models import User
from accounts.permissions import Permission
from accounts.step_up import step_up_required
from core import phones
from core.actions import button_action, form_action, form_data
from core.forms import ReasonForm
from core.lists import get_page
from posts.leak_rules import allowing
from posts.leak_rules.allowing import may_confirm, may_enter
from posts.leak_rules.forms import AllowedItemForm
from posts.leak_rules.models import AllowedItem
from units.models import Unit
from units.queries import get_facts


@dataclass(frozen=True, slots=True)
class AllowedCard:
    item: AllowedItem
    shown: str
    may_confirm: bool
    may_end: bool

    @classmethod
    def of(cls, item: AllowedItem, reader: User) -> Self:
        is_phone = item.kind == AllowedItem.Kind.PHONE
        is_open = item.confirmed_at is None and item.entered_by_id != reader.pk
        return cls(
            item=item,
            shown=phones.group_digits(item.value) if is_phone else item.value,
            may_confirm=is_open and may_confirm(reader, item.unit),
            may_end=may_enter(reader, item.unit),
        )


PAGE = 50


def _unit(request: HttpRequest) -> Unit:
    """Return the unit that ``unit`` names in the address, of those that the person sees (else 404),
    or that of the current position.
    """
    position = current_position(request)
    if position is None or not request.user.reach(Permission.POST_VIEW):
        raise PermissionDenied
    if key := request.GET.get("unit"):
        seen = Unit.objects.within(request.user.reach(Permission.POST_VIEW))
        return get_object_or_404(seen, key=key)
    return position.unit


@require_GET
def allowed(request: HttpRequest) -> HttpResponse:
    """List what posts of a unit may name: its own items and those of the units above it."""
    unit = _unit(request)
    items = AllowedItem.objects.for_posts_of(unit).filter(ended_at=None)
    page = get_page(request, items.select_related("unit", "entered_by", "confirmed_by"), PAGE)
    below = AllowedItem.objects.none()
    if request.user.reach(Permission.POST_APPROVE_SECOND):
        reach = request.user.reach(Permission.POST_APPROVE_SECOND)
        waiting = AllowedItem.objects.within(reach).filter(confirmed_at=None, ended_at=None)
        below = waiting.exclude(unit=unit).select_related("unit", "entered_by")[:PAGE]
    context = {
        "unit": unit,
        "page_obj": page,
        "cards": [AllowedCard.of(item, request.user) for item in page],
        "below": [AllowedCard.of(item, request.user) for item in below],
        "facts": get_facts(unit),
        "may_enter": allowing.may_enter(request.user, unit),
    }
    return render(request, "posts/leak_rules/allowed.html", context)


@require_http_methods(["GET", "POST"])
def enter_allowed(request: HttpRequest) -> HttpResponse:
    unit = _unit(request)
    if not allowing.may_enter(request.user, unit):
        raise PermissionDenied
    form = AllowedItemForm(form_data(request))
    done = form_action(
        form, lambda: allowing.enter(unit=unit, by=request.user, **form.cleaned_data)
    )
    if done:
        messages.success(
            request, _("Entered. Posts may name it once a second person has confirmed it.")
        )
        return redirect(f"{reverse('posts:allowed')}?unit={unit.key}")
    context = {"form": form, "unit": unit}
    return render(request, "posts/leak_rules/allowed_form.html", context, status=done.status)


def _item(request: HttpRequest, public_id: uuid.UUID) -> AllowedItem:
    seen = AllowedItem.objects.within(request.user.reach(Permission.POST_VIEW))
    return get_object_or_404(seen.select_related("unit", "entered_by"), public_id=public_id)


@require_POST
@step_up_required(gettext_lazy("Confirm that posts may name it"), of=_item)
def confirm_allowed(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    item = _item(request, public_id)
    message = _("Confirmed: from now on posts may name it.")
    button_action(request, lambda: allowing.confirm(item, by=request.user), message=message)
    return redirect(f"{reverse('posts:allowed')}?unit={item.unit.key}")


@require_http_methods(["GET", "POST"])
def end_allowed(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    item = _item(request, public_id)
    if not allowing.may_enter(request.user, item.unit):
        raise PermissionDenied
    form = ReasonForm(form_data(request), missing=_("Please write why it is ended."))
    done = form_action(form, lambda: allowing.end(item, by=request.user, **form.cleaned_data))
    if done:
        messages.success(request, _("Ended. What is scheduled and names it is checked anew."))
        return redirect(f"{reverse('posts:allowed')}?unit={item.unit.key}")
    context = {"form": form, "item": item}
    return render(request, "posts/leak_rules/allowed_end.html", context, status=done.status)
