"""The kits that are open to a unit: the list, a kit's page, and what the unit does with it."""

import uuid

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.context import current_position
from campaigns.kits.models import LONGEST_REMARK, Kit
from campaigns.kits.states import Declined
from core.actions import form_action, form_data, refusal
from core.lists import get_page
from posts.context import unit_to_write_in, units_to_write_in
from posts.kit_placeholders import UnitKit
from posts.kits import adopting
from posts.kits.queries import cards_of, changes_of_kit, kit_for, open_kits
from posts.models import Post
from units.models import Unit


class DeclineForm(forms.Form):
    """The reason for which a kit is not for the unit: of a list, so that the board can count."""

    reason = forms.ChoiceField(
        label=gettext_lazy("Why is it not for your unit?"),
        choices=Declined.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose why the kit is not for your unit.")},
    )
    remark = forms.CharField(
        label=gettext_lazy("In your own words"),
        required=False,
        max_length=LONGEST_REMARK,
        help_text=gettext_lazy("Needed for “another reason”. No names, no telephone numbers."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


PAGE = 20


@require_GET
def kits(request: HttpRequest) -> HttpResponse:
    """List the kits that are open to the unit, the newest first, with what it did with each."""
    unit = unit_to_write_in(request)
    page = get_page(request, open_kits(unit), PAGE)
    context = {
        "unit": unit,
        "units": units_to_write_in(request.user),
        "page_obj": page,
        "cards": cards_of(list(page), unit),
    }
    return render(request, "posts/kits/list.html", context)


@require_GET
def kit(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show what a kit says with the unit's facts, and note that it was opened."""
    unit = unit_to_write_in(request)
    row = _kit(unit, public_id)
    adopting.note_opened(row, unit=unit)
    return _page(request, row, unit, DeclineForm())


def _kit(unit: Unit, public_id: uuid.UUID) -> Kit:
    if row := kit_for(unit, public_id):
        return row
    raise Http404


def _page(
    request: HttpRequest, row: Kit, unit: Unit, form: DeclineForm, *, status: int = 200
) -> HttpResponse:
    version = row.current
    assert version
    unit_kit, card = UnitKit(version, unit), cards_of([row], unit)[0]
    values = card.adoption.values if card.adoption and card.post else unit_kit.first_values()
    context = {
        "kit": row,
        "version": version,
        "unit": unit,
        "card": card,
        "is_open": Kit.objects.open_to(unit).filter(pk=row.pk).exists(),
        "form": form,
        "title": unit_kit.pieces(version.title, values),
        "text": unit_kit.pieces(version.text, values),
        "own_texts": [
            (platform, unit_kit.pieces(text, values))
            for platform, text in version.texts.items()
            if text
        ],
        "placeholders": unit_kit.placeholders,
        "script": unit_kit.pieces(version.script, values),
        "differences": changes_of_kit(row, card.adoption) if card.adoption and card.post else [],
        "media": version.media.select_related("media"),
        "files": row.files.filter(state="ready"),
        "passing": row.passings.filter(unit=unit.parent).first() if unit.parent else None,
        "position": current_position(request),
    }
    return render(request, "posts/kits/kit.html", context, status=status)


@require_POST
def adopt(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Begin the unit's draft and open it; where it is there already, open that."""
    unit = unit_to_write_in(request)
    row = _kit(unit, public_id)
    made: list[Post] = []
    if refused := refusal(lambda: made.append(adopting.adopt(row, unit=unit, by=request.user))):
        messages.error(request, refused)
        return redirect(f"{reverse('posts:kit', args=[row.public_id])}?unit={unit.key}")
    return redirect("posts:edit", made[0].public_id)


@require_http_methods(["GET", "POST"])
def decline(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Note that the kit is not for the unit."""
    unit = unit_to_write_in(request)
    row = _kit(unit, public_id)
    form = DeclineForm(form_data(request))
    outcome = form_action(
        form, lambda: adopting.decline(row, unit=unit, by=request.user, **form.cleaned_data)
    )
    if outcome:
        message = _("Noted. If it fits later after all, take it up: that undoes this answer.")
        messages.success(request, message)
        return redirect(f"{reverse('posts:kits')}?unit={unit.key}")
    return _page(request, row, unit, form, status=outcome.status)
