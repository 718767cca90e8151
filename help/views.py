"""The guides: all of them, one alone or in the panel beside a page, and on paper; and the words
that the search did not find.
"""

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.context import granted_permissions
from core import navigation, quotas
from core.actions import button_action
from core.lists import render_page
from core.search import LONGEST_WORDS, fold_typed_words
from help import misses, paper
from help.guides import Guide, Reader, find_guide, find_readers, list_guides, read_guides

# Whoever tells the developers which words an act has in the offices.
_NAMES_ACTS = {Reader.MINISTRY, Reader.OPERATOR}


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """List the guides for the person's work, or, with ``for``, those of others."""
    own = find_readers(request.user) or [Reader.OFFICER]
    chosen = request.GET.get("for", "")
    readers = [Reader(chosen)] if chosen in Reader.values else own
    typed = request.GET.get("q", "")[:100]
    context = {
        "guides": list_guides(readers, fold_typed_words(typed)),
        "typed": typed,
        "readers": readers,
        "handbooks": [*own, *(reader for reader in Reader if reader not in own)],
        "misses": misses.list_misses(timezone.localdate()) if _NAMES_ACTS & {*own} else [],
    }
    return render_page(request, "help/index.html", context, part="guides")


@require_GET
def guide(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a guide; in the panel of a page its text alone."""
    try:
        shown = read_guides()[slug]
    except KeyError:
        raise Http404 from None
    return _render_guide(request, shown)


@require_GET
def page_guide(request: HttpRequest) -> HttpResponse:
    """Show the guide for the page that the address names: in the panel, else on a page of its own.
    Where none is written for it, all are listed.
    """
    found = find_guide(request.GET.get("view", ""), find_readers(request.user))
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("help:guide", found.slug) if found else redirect("help:index")
    return _render_guide(request, found) if found else index(request)


def _render_guide(request: HttpRequest, shown: Guide) -> HttpResponse:
    may = granted_permissions(request.user)
    context = {"guide": shown, "is_for_others": not navigation.may_open(shown.pages, may)}
    return render_page(request, "help/guide.html", context, part="text")


@require_POST
def report_miss(request: HttpRequest) -> HttpResponse:
    """Count words that the search did not find, and lead back to the search."""
    typed = request.POST.get("q", "")[:LONGEST_WORDS]
    button_action(
        request,
        lambda: misses.report_miss(typed, by=request.user),
        message=_("Reported. Thank you; the list of words grows by it."),
    )
    return redirect(f"{reverse('search')}?{urlencode({'q': typed})}")


@require_GET
def handbook(request: HttpRequest, reader: str) -> HttpResponse:
    """Show all guides for a kind of reader on one page, which can be printed."""
    context = {"reader": _get_reader(reader), "guides": list_guides([reader])}
    return render(request, "help/handbook.html", context)


@require_GET
def handbook_pdf(request: HttpRequest, reader: str) -> HttpResponse:
    title = str(_get_reader(reader).label)
    quotas.use("export", by=request.user)
    data = paper.typeset_handbook(title, list_guides([reader]), by=request.user)
    return _make_download(data, f"so-tay-{reader}.pdf")


@require_GET
def first_post_sheet(request: HttpRequest) -> HttpResponse:
    """Return the sheet that hangs beside the station's computer."""
    quotas.use("export", by=request.user)
    data = paper.typeset_sheet(read_guides()["bai-dau-tien"], by=request.user)
    return _make_download(data, "bai-dau-tien-trong-3-phut.pdf")


def _get_reader(name: str) -> Reader:
    try:
        return Reader(name)
    except ValueError:
        raise Http404 from None


def _make_download(data: bytes, name: str) -> HttpResponse:
    response = HttpResponse(data, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
