"""The page on which a kit is shared with partners, and the page that a partner opens."""

import uuid

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns.partners.queries import name_partners
from core.actions import button_action, form_action, form_data, refusal
from links.queries import Clicks, count_clicks
from media import links as media_links
from media.cards.typesetting import PAPERS, SHEETS
from publishing.kit_sharing import kit_shares, queries
from publishing.kit_sharing.presenters import card_of, kit_page, poster_of, status
from publishing.kit_sharing.queries import PageState
from publishing.models import KitShare
from publishing.sharing.forms import ShareForm
from publishing.sharing.presenters import Poster
from publishing.sharing.queries import outdated_kit_words, partners_for
from publishing.sharing.views import (
    FILES_A_MINUTE,
    POSTERS_A_MINUTE,
    READS_A_MINUTE,
    code_of,
    draw_cached,
    get_page_by_secret,
    hide_address,
    sharing_unit,
)

SHOWN = 50  # pages of one kit in the list


@require_http_methods(["GET", "HEAD", "POST"])
def share_kit(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Choose the partners to share a kit with, show their addresses once, and list the pages."""
    unit = sharing_unit(request)
    kit = get_object_or_404(queries.kits_for(unit), public_id=public_id)
    today = timezone.localdate()
    partners = list(partners_for(unit, on=today))
    names = name_partners(partners, request.user)
    form = ShareForm(form_data(request), partners=partners, names=names)
    done = form_action(
        form,
        lambda: kit_shares.share(
            kit,
            unit=unit,
            partners=form.chosen(),
            until=form.cleaned_data["until"],
            by=request.user,
        ),
    )
    rows = list(queries.shares_of(kit, unit)[:SHOWN])
    names |= name_partners({row.partner for row in rows}, request.user)
    clicks = count_clicks([row.link for row in rows if row.link], on=today)
    now = timezone.now()
    post = queries.post_of(kit, unit)
    states = {row.pk: queries.page_state(row, now=now) for row in rows}
    context = {
        "kit": kit,
        "back": reverse(
            f"{'kits' if kit.unit_id == unit.pk else 'posts'}:kit", args=[kit.public_id]
        ),
        "unit": unit,
        "form": form,
        "partners": partners,
        "why": refusal(lambda: queries.shareable_source(kit, unit)),
        "older": outdated_kit_words(post) if post else None,
        "rows": [
            {
                "share": row,
                "name": names[row.partner_id],
                "status": status(states[row.pk]),
                "may_revoke": row.revoked_at is None,
                "clicks": clicks.get(row.link_id, Clicks()) if row.link_id else None,
            }
            for row in rows
        ],
    }
    if done:
        context["made"] = [
            (names[row.partner_id], row, _address(row, secret)) for row, secret in done.result
        ]
    return render(request, "publishing/share_kit.html", context, status=done.status)


def _address(row: KitShare, secret: str) -> str:
    return f"{settings.PORTAL_URL}{reverse('publishing:shared_kit', args=[row.public_id, secret])}"


@require_POST
def revoke(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    sharing_unit(request)
    row = get_object_or_404(queries.shared_by(request.user), public_id=public_id)
    button_action(
        request,
        lambda: kit_shares.revoke(row, by=request.user),
        said=_("Revoked. The page is closed."),
    )
    return redirect("publishing:share_kit", row.kit.public_id)


# --- What a partner opens: no account, no cookie, nothing counted but clicks on the short link ----


@login_not_required
@require_safe
def shared_kit(request: HttpRequest, public_id: uuid.UUID, secret: str) -> HttpResponse:
    """Show a partner what to copy and to download; a plain page once that is over."""
    row = _get_open_page(public_id, secret, "read", READS_A_MINUTE)
    with translation.override("vi"):
        standing = queries.page_state(row, now=timezone.now())
        context = {"share": row, "secret": secret, "standing": standing}
        if standing == PageState.OPEN:
            context["page"] = kit_page(row)
            return hide_address(render(request, "publishing/shared_kit.html", context))
        answer = 200 if standing == PageState.EARLY else 410
        page = "publishing/shared_kit_closed.html"
        return hide_address(render(request, page, context, status=answer))


@login_not_required
@require_safe
def shared_kit_file(
    request: HttpRequest, public_id: uuid.UUID, secret: str, number: int
) -> HttpResponse:
    """Lead to a picture or video of an open page, by an address that is signed for some minutes."""
    row = _open(public_id, secret, "file", FILES_A_MINUTE)
    pieces = queries.media_of(row)
    if number >= len(pieces):
        raise Http404
    address = media_links.viewing_url(pieces[number].media, media_links.ITSELF, download=True)
    return hide_address(redirect(address))


@login_not_required
@require_safe
def shared_kit_code(request: HttpRequest, public_id: uuid.UUID, secret: str) -> HttpResponse:
    """Return the QR code of an open page's short link, for print."""
    return code_of(_open(public_id, secret, "file", FILES_A_MINUTE).link)


@login_not_required
@require_safe
def shared_kit_poster(
    request: HttpRequest, public_id: uuid.UUID, secret: str, paper: str
) -> HttpResponse:
    """Send the poster of an open page in PDF; drawn once in five minutes, and kept nowhere else."""
    row = _open(public_id, secret, "poster", POSTERS_A_MINUTE)
    found = poster_of(row) if paper in PAPERS else None
    return _drawing_response(row, secret, found, paper, "pdf")


@login_not_required
@require_safe
def shared_kit_card(
    request: HttpRequest, public_id: uuid.UUID, secret: str, number: int, size: str
) -> HttpResponse:
    """Send a card of the kit in this size, with the unit's name; drawn as the poster is."""
    row = _open(public_id, secret, "poster", POSTERS_A_MINUTE)
    return _drawing_response(row, secret, card_of(row, number, size), size, "png", number)


_FORMS = {"pdf": ("application/pdf", "ap-phich"), "png": ("image/png", "the")}


def _drawing_response(
    row: KitShare, secret: str, found: Poster | None, size: str, form: str, number: int = 0
) -> HttpResponse:
    back = hide_address(redirect("publishing:shared_kit", row.public_id, secret))
    if found is None:
        return back
    sheet = (PAPERS if form == "pdf" else SHEETS)[size]._replace(form=form)
    about = ["kit", str(row.public_id), size, str(number)]
    file = draw_cached(about, found, sheet, unit=row.unit)
    if isinstance(file, HttpResponse):
        return file
    if file is None:
        return back
    content_type, name = _FORMS[form]
    headers = {
        "Content-Disposition": f'attachment; filename="{name}-{size}.{form}"',
        "X-Content-Type-Options": "nosniff",
    }
    return hide_address(HttpResponse(file, content_type=content_type, headers=headers))


def _get_open_page(public_id: uuid.UUID, secret: str, use: str, limit: int) -> KitShare:
    rows = KitShare.objects.select_related(*queries.RELATED)
    return get_page_by_secret(rows, public_id, secret, f"kit-{use}", limit)


def _open(public_id: uuid.UUID, secret: str, use: str, limit: int) -> KitShare:
    row = _get_open_page(public_id, secret, use, limit)
    if queries.page_state(row, now=timezone.now()) != PageState.OPEN:
        raise Http404
    return row
