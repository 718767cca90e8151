"""The pages on which a kit is written."""

import uuid
from collections.abc import Iterable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from campaigns.kits import issuing, queries
from campaigns.kits.models import KitVersion
from campaigns.kits.slot_forms import LONGEST_LABEL
from campaigns.kits.views import (
    count_against_quota,
    get_issuing_position,
    get_readable_kit,
    is_own,
    render_not_yours,
)
from campaigns.kits.wording import BUILT_IN, SLOT, make_slot_name
from campaigns.kits.writing_forms import KitForm
from campaigns.laws import list_warnings, replace_repealed_laws
from campaigns.models import Campaign
from core.actions import form_action, form_data
from core.text import parse_uuid, parse_whole_number
from units.models import Unit

AGAIN = "again"  # a button that sends the form without saving it
_LAW_FIELDS = {"title", "text", "script", "legal_basis", "source"}
CURSOR = "{?}"  # where the script puts a new gap, whose name it does not know


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    unit = get_issuing_position(request).unit
    chosen = parse_uuid(request.GET.get("campaign", ""))
    campaign = Campaign.objects.open_to(unit).filter(public_id=chosen).first() if chosen else None
    if AGAIN in request.POST:
        return _render_page(request, _make_form_again(request, unit, None), unit)
    form = KitForm(form_data(request), unit=unit, campaign=campaign)
    done = form_action(
        form,
        count_against_quota(
            request, lambda: issuing.begin_kit(unit=unit, by=request.user, edit=form.edit())
        ),
    )
    if done:
        return _answer_saved(request, done.result)
    return _render_page(request, form, unit, status=done.status)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = get_readable_kit(request, public_id)
    if not is_own(request, row):
        return render_not_yours(request, row)
    version = queries.find_open_version(row)
    if version is None or not version.is_editable:
        messages.info(request, _("This version is not open for editing."))
        return redirect("kits:kit", row.public_id)
    version.kit = row
    if AGAIN in request.POST:
        return _render_page(
            request, _make_form_again(request, row.unit, version), row.unit, version
        )
    form = KitForm(form_data(request), unit=row.unit, version=version)
    done = form_action(
        form,
        count_against_quota(
            request,
            lambda: issuing.change_version(
                version,
                by=request.user,
                edit=form.edit(),
                edition=form.cleaned_data["edition"],
            ),
        ),
    )
    if done:
        return _answer_saved(request, version)
    return _render_page(request, form, row.unit, version, status=done.status)


def _answer_saved(request: HttpRequest, version: KitVersion) -> HttpResponse:
    messages.success(request, _("Saved as a draft. Look at the preview, then submit it."))
    return redirect("kits:kit", version.kit.public_id)


def _make_form_again(request: HttpRequest, unit: Unit, version: KitVersion | None) -> KitForm:
    """Return the form as it was typed, with what the button asks for."""
    data = request.POST.copy()
    asked, _colon, gap = data.get(AGAIN, "").partition(":")
    if asked == "insert" and SLOT.fullmatch(f"{{{gap}}}"):
        data["text"] = f"{data.get('text', '').rstrip()} {{{gap}}}".lstrip()
    elif asked == "laws":
        for name in _list_law_fields(data):
            data[name] = replace_repealed_laws(data[name], on=timezone.localdate())
    elif asked == "new_gap" and (name := make_slot_name(data.get("new_gap", "")[:LONGEST_LABEL])):
        _insert_new_gap(data, name)
    blank_rows = 2 if asked == "row" else 1
    return KitForm(data, unit=unit, version=version, quiet=True, blank_rows=blank_rows)


def _list_law_fields(names: Iterable[str]) -> list[str]:
    """Return the fields of the form in which a kit may name a law."""
    return [name for name in names if name in _LAW_FIELDS or name.startswith("text-")]


def _insert_new_gap(data: QueryDict, name: str) -> None:
    """Put the gap where the script has marked the cursor, else behind the text, and describe it in
    a row of its own.
    """
    gap = f"{{{name}}}"
    texts = [each for each in data if each in ("title", "text") or each.startswith("text-")]
    if marked := [text for text in texts if CURSOR in data[text]]:
        data[marked[0]] = data[marked[0]].replace(CURSOR, gap, 1)
    else:
        data["text"] = f"{data.get('text', '').rstrip()} {gap}".lstrip()
    if name not in BUILT_IN:
        rows = parse_whole_number(data.get("rows", "")) or 0
        data[f"slot-{rows}-name"] = name
        data[f"slot-{rows}-label"] = data["new_gap"][:LONGEST_LABEL].strip()
        data["rows"] = str(rows + 1)


def _render_page(
    request: HttpRequest,
    form: KitForm,
    unit: Unit,
    version: KitVersion | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    written = [slot.name for slot in form.slots if slot.name]
    context = {
        "form": form,
        "unit": unit,
        "version": version,
        "built_in": list(BUILT_IN.items()),
        "own_gaps": [name for name in written if SLOT.fullmatch(f"{{{name}}}")],
        "law_warnings": list_warnings(
            (form[name].value() or "" for name in _list_law_fields(form.fields)),
            on=timezone.localdate(),
        ),
        "asked": request.POST.get(AGAIN, "").partition(":")[0],
    }
    return render(request, "kits/form.html", context, status=status)
