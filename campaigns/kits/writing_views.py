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
from campaigns.kits.placeholder_forms import LONGEST_LABEL
from campaigns.kits.placeholders import BUILT_IN, PLACEHOLDER, make_placeholder_name
from campaigns.kits.views import (
    count_against_quota,
    get_issuing_position,
    get_readable_kit,
    is_own,
    render_not_yours,
)
from campaigns.kits.writing_forms import KitForm
from campaigns.laws import list_warnings, replace_repealed_laws
from campaigns.models import Campaign
from core.actions import form_action, form_data
from core.text import parse_uuid, parse_whole_number
from units.models import Unit

AGAIN = "again"  # a button that sends the form without saving it
_LAW_FIELDS = {"title", "text", "script", "legal_basis", "source"}
CURSOR = "{?}"  # where the script puts a new placeholder, whose name it does not know


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
    asked, _colon, name = data.get(AGAIN, "").partition(":")
    if asked == "insert" and PLACEHOLDER.fullmatch(f"{{{name}}}"):
        data["text"] = f"{data.get('text', '').rstrip()} {{{name}}}".lstrip()
    elif asked == "laws":
        for name in _list_law_fields(data):
            data[name] = replace_repealed_laws(data[name], on=timezone.localdate())
    elif asked == "new_placeholder" and data.get("new_placeholder", "").strip():
        label = data["new_placeholder"][:LONGEST_LABEL].strip()
        _insert_new_placeholder(data, make_placeholder_name(label), label)
    blank_rows = 2 if asked == "row" else 1
    return KitForm(data, unit=unit, version=version, quiet=True, blank_rows=blank_rows)


def _list_law_fields(names: Iterable[str]) -> list[str]:
    """Return the fields of the form in which a kit may name a law."""
    return [name for name in names if name in _LAW_FIELDS or name.startswith("text-")]


def _insert_new_placeholder(data: QueryDict, name: str, label: str) -> None:
    """Insert the placeholder where the script has marked the cursor, else at the end of the text,
    and add a row that describes it.
    """
    placeholder = f"{{{name}}}"
    texts = [field for field in data if field in ("title", "text") or field.startswith("text-")]
    if marked := [field for field in texts if CURSOR in data[field]]:
        data[marked[0]] = data[marked[0]].replace(CURSOR, placeholder, 1)
    else:
        data["text"] = f"{data.get('text', '').rstrip()} {placeholder}".lstrip()
    if name not in BUILT_IN:
        rows = parse_whole_number(data.get("rows", "")) or 0
        data[f"placeholder-{rows}-name"] = name
        data[f"placeholder-{rows}-label"] = label
        data["rows"] = str(rows + 1)


def _render_page(
    request: HttpRequest,
    form: KitForm,
    unit: Unit,
    version: KitVersion | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    names = [row.name for row in form.placeholders if row.name]
    context = {
        "form": form,
        "unit": unit,
        "version": version,
        "built_in": list(BUILT_IN.items()),
        "own_placeholders": [name for name in names if PLACEHOLDER.fullmatch(f"{{{name}}}")],
        "law_warnings": list_warnings(
            (form[name].value() or "" for name in _list_law_fields(form.fields)),
            on=timezone.localdate(),
        ),
        "asked": request.POST.get(AGAIN, "").partition(":")[0],
    }
    return render(request, "kits/form.html", context, status=status)
