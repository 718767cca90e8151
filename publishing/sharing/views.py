"""Pages on which a post or a kit is shared with partners, and the page that a partner opens."""

import base64
import hashlib
import json
import uuid
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.context import current_position
from accounts.permissions import Permission
from accounts.queries import can
from campaigns.partners.models import Partner
from campaigns.partners.queries import name_partners
from core import quotas
from core.actions import button_action, form_action, form_data, refusal
from core.errors import Busy, Refused
from core.lists import get_page
from core.text import parse_uuid
from links.qr_codes import draw_qr_code
from links.queries import Clicks, count_clicks, get_short_address
from media import links as media_links
from media.cards.typesetting import PAPERS, SHEETS, Sheet, too_long, typeset
from posts.models import Post
from publishing.models import ShareLink
from publishing.sharing import queries, share_links
from publishing.sharing.forms import USUAL_DAYS, ShareForm
from publishing.sharing.presenters import (
    Drawing,
    card_of,
    describe_status,
    poster_of,
    shared_page,
)
from publishing.sharing.queries import Status
from units.models import Unit

OF_A_KIT = 50  # share links of one kit in the list
# Of one page, which goes around in a group. Wrong secrets count apart: the right one opens.
READS_A_MINUTE, FILES_A_MINUTE, GUESSES_A_MINUTE = 120, 240, 20
POSTERS_A_MINUTE, POSTER_KEPT = 20, 300  # of one page; seconds


@require_http_methods(["GET", "HEAD", "POST"])
def share(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Choose the partners to share a published post with, and show their addresses once."""
    if not (reach := request.user.reach(Permission.PARTNER_WRITE)):
        raise PermissionDenied
    posts = Post.objects.within(reach).select_related("unit", "approved_revision")
    post = get_object_or_404(posts, public_id=public_id)
    is_live = queries.is_shareable(post, now=timezone.now())
    unlive = _(
        "Only a post that stands on the unit's page, and that nobody has corrected, is shared."
    )
    context = {
        **_describe_post(post),
        "why": "" if is_live else unlive,
        "older": queries.find_outdated_values(post),
    }
    return _share_page(request, context, post.unit, partial(share_links.share_post, post))


@require_http_methods(["GET", "HEAD", "POST"])
def share_kit(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Choose the partners to share a kit with, show their addresses once, and list its links."""
    unit = _sharing_unit(request)
    kit = get_object_or_404(queries.kits_for(unit), public_id=public_id)
    post = queries.post_of(kit, unit)
    app = "kits" if kit.unit_id == unit.pk else "posts"
    context = {
        "kit": kit,
        "unit": unit,
        "back": reverse(f"{app}:kit", args=[kit.public_id]),
        "why": refusal(lambda: queries.shareable_source(kit, unit)),
        "older": queries.find_outdated_values(post) if post else None,
    }
    return _share_page(request, context, unit, partial(share_links.share_kit, kit, unit=unit))


def _describe_post(post: Post) -> dict[str, Any]:
    return {"post": post, "back": reverse("publishing:post", args=[post.public_id])}


def _share_page(
    request: HttpRequest,
    context: dict[str, Any],
    unit: Unit,
    service: Callable[..., list[tuple[ShareLink, str]]],
) -> HttpResponse:
    partners = list(queries.partners_for(unit, on=timezone.localdate()))
    names = name_partners(partners, request.user)
    form = ShareForm(form_data(request), partners=partners, names=names)
    done = form_action(
        form,
        lambda: service(partners=form.chosen(), until=form.cleaned_data["until"], by=request.user),
    )
    context |= {"form": form, "partners": partners}
    if kit := context.get("kit"):
        context["rows"] = _list_rows(queries.links_of_kit(kit, unit)[:OF_A_KIT], request)
    if done:
        context["made"] = _describe_made(done.result, names)
    return render(request, "publishing/share.html", context, status=done.status)


def _list_rows(shares: Iterable[ShareLink], request: HttpRequest) -> list[dict[str, Any]]:
    shares = list(shares)
    statuses = queries.statuses(shares, now=timezone.now())
    clicks = count_clicks([row.link for row in shares if row.link], on=timezone.localdate())
    names = name_partners({row.partner for row in shares}, request.user)
    return [
        {
            "share": row,
            "name": names[row.partner_id],
            "status": describe_status(statuses[row.pk]),
            "may_renew": statuses[row.pk] in {Status.ACTIVE, Status.REVOKED, Status.EXPIRED},
            "clicks": clicks.get(row.link_id, Clicks()) if row.link_id else None,
        }
        for row in shares
    ]


@require_POST
def renew(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Replace the address of a partner's page by a new one, and show that once."""
    row = _share(request, public_id)
    if (post := row.post) is None:
        raise Http404
    until = timezone.localdate() + timedelta(days=USUAL_DAYS)
    made: list[tuple[ShareLink, str]] = []
    if button_action(
        request,
        lambda: made.extend(
            share_links.share_post(
                post, partners=[row.partner], until=until, by=request.user, replaces=row
            )
        ),
        message=_("The old address no longer works."),
    ):
        names = name_partners([row.partner], request.user)
        context = {**_describe_post(post), "made": _describe_made(made, names)}
        return render(request, "publishing/share.html", context)
    return _to_list(request)


def _describe_made(
    rows: list[tuple[ShareLink, str]], names: dict[int, str]
) -> list[tuple[str, ShareLink, str]]:
    return [
        (
            names[row.partner_id],
            row,
            f"{settings.PORTAL_URL}{reverse('publishing:shared', args=[row.public_id, secret])}",
        )
        for row, secret in rows
    ]


@require_safe
def share_list(request: HttpRequest) -> HttpResponse:
    """List what the current position's unit shares, of one partner or of all, with the clicks."""
    unit = _sharing_unit(request)
    partner = _asked_partner(request, unit)
    page = get_page(request, queries.shared_posts(unit, partner=partner))
    context = {
        "unit": unit,
        "partner": partner,
        "partner_name": name_partners([partner], request.user)[partner.pk] if partner else "",
        "page_obj": page,
        "rows": _list_rows(page, request),
        "some_active": queries.unrevoked_posts(unit, partner=partner).exists(),
    }
    return render(request, "publishing/share_list.html", context)


@require_POST
def revoke(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _share(request, public_id)
    button_action(
        request,
        lambda: share_links.revoke(row, by=request.user),
        message=_("Revoked. The page is closed."),
    )
    if row.kit:
        return redirect("publishing:share_kit", row.kit.public_id)
    return _to_list(request)


@require_POST
def revoke_all(request: HttpRequest) -> HttpResponse:
    """Close all pages of the unit, or of the partner in the address."""
    unit = _sharing_unit(request)
    partner = _asked_partner(request, unit)
    button_action(
        request,
        lambda: share_links.revoke_all_posts(unit, partner=partner, by=request.user),
        message=_("Revoked. All these pages are closed."),
    )
    return _to_list(request)


def _to_list(request: HttpRequest) -> HttpResponse:
    """Return to the list of shares with the partner and the page that were in view."""
    view = {name: request.GET[name] for name in ("partner", "page") if name in request.GET}
    return redirect(reverse("publishing:share_list", query=view))


def _share(request: HttpRequest, public_id: uuid.UUID) -> ShareLink:
    if not request.user.reach(Permission.PARTNER_WRITE):
        raise PermissionDenied
    return get_object_or_404(queries.shared_by(request.user), public_id=public_id)


def _sharing_unit(request: HttpRequest) -> Unit:
    position = current_position(request)
    if position is None or not can(request.user, Permission.PARTNER_WRITE, unit=position.unit):
        raise PermissionDenied
    return position.unit


def _asked_partner(request: HttpRequest, unit: Unit) -> Partner | None:
    asked = request.GET.get("partner", "")
    if not asked:
        return None
    return get_object_or_404(Partner.objects.filter(unit=unit), public_id=parse_uuid(asked))


# --- What a partner opens: no account, no cookie, nothing counted but clicks on the short link ----


@login_not_required
@require_safe
def partner_page(request: HttpRequest, public_id: uuid.UUID, secret: str) -> HttpResponse:
    """Show a partner what to copy and to download; a plain page before and after."""
    row, status = _get_by_secret(public_id, secret, "read", READS_A_MINUTE)
    context: dict[str, Any] = {"share": row, "secret": secret, "status": status}
    with translation.override("vi"):
        if status == Status.ACTIVE:
            context["page"] = shared_page(row)
            return hide_address(render(request, "publishing/shared.html", context))
        if status == Status.CORRECTED:
            context["correction"] = queries.correction_of(row.post)
        code = 200 if status == Status.EARLY else 410
        return hide_address(render(request, "publishing/shared_closed.html", context, status=code))


@login_not_required
@require_safe
def shared_file(
    request: HttpRequest, public_id: uuid.UUID, secret: str, number: int
) -> HttpResponse:
    """Lead to a picture or video of an active link, by an address signed for some minutes."""
    pieces = queries.media_of(_get_active(public_id, secret, "file", FILES_A_MINUTE))
    if number >= len(pieces):
        raise Http404
    address = media_links.viewing_url(pieces[number].media, media_links.ITSELF, download=True)
    return hide_address(redirect(address))


@login_not_required
@require_safe
def shared_code(request: HttpRequest, public_id: uuid.UUID, secret: str) -> HttpResponse:
    """Return the QR code of an active page's short link, for print."""
    link = _get_active(public_id, secret, "file", FILES_A_MINUTE).link
    if link is None or link.is_stopped:
        raise Http404
    headers = {"Content-Disposition": f'attachment; filename="qr-{link.code}.png"'}
    picture = draw_qr_code(get_short_address(link))
    return hide_address(HttpResponse(picture, content_type="image/png", headers=headers))


@login_not_required
@require_safe
def shared_poster(
    request: HttpRequest, public_id: uuid.UUID, secret: str, paper: str
) -> HttpResponse:
    """Send the poster of an active page in PDF; drawn once in five minutes, kept nowhere else."""
    row = _get_active(public_id, secret, "poster", POSTERS_A_MINUTE)
    drawing = poster_of(row) if paper in PAPERS else None
    return _drawing_response(row, secret, drawing, paper, "pdf")


@login_not_required
@require_safe
def shared_card(
    request: HttpRequest, public_id: uuid.UUID, secret: str, number: int, size: str
) -> HttpResponse:
    """Send a card of the kit in this size, with the unit's name; drawn as the poster is."""
    row = _get_active(public_id, secret, "poster", POSTERS_A_MINUTE)
    return _drawing_response(row, secret, card_of(row, number, size), size, "png")


_FORMS = {"pdf": ("application/pdf", "ap-phich"), "png": ("image/png", "the")}


def _drawing_response(
    row: ShareLink, secret: str, drawing: Drawing | None, size: str, form: str
) -> HttpResponse:
    file = None
    if drawing:
        sheet = (PAPERS if form == "pdf" else SHEETS)[size]._replace(form=form)
        try:
            file = _draw_cached([str(row.public_id), size], drawing, sheet, unit=row.unit)
        except Refused as busy:
            after = busy.retry_after if isinstance(busy, Busy) else 60
            return hide_address(HttpResponse(status=503, headers={"Retry-After": str(after)}))
    if file is None:
        return hide_address(redirect("publishing:shared", row.public_id, secret))
    content_type, name = _FORMS[form]
    headers = {
        "Content-Disposition": f'attachment; filename="{name}-{size}.{form}"',
        "X-Content-Type-Options": "nosniff",
    }
    return hide_address(HttpResponse(file, content_type=content_type, headers=headers))


def _draw_cached(key: list[str], drawing: Drawing, sheet: Sheet, *, unit: Unit) -> bytes | None:
    """Return the sheet drawn, from a few minutes ago where it was asked for before; None where the
    text does not fit. Raise Refused where the machine is busy.
    """
    known = json.dumps([*key, drawing.look, asdict(drawing.content)])
    name = f"shared-poster:{hashlib.sha256(known.encode()).hexdigest()}"
    if kept := cache.get(name):
        return base64.b64decode(kept)
    drawn = typeset(drawing.content, drawing.look, {"sheet": sheet}, logo_of=unit)
    if too_long(drawn):
        return None
    cache.set(name, base64.b64encode(drawn["sheet"].data).decode(), POSTER_KEPT)
    return drawn["sheet"].data


def _get_active(public_id: uuid.UUID, secret: str, use: str, limit: int) -> ShareLink:
    row, status = _get_by_secret(public_id, secret, use, limit)
    if status != Status.ACTIVE:
        raise Http404
    return row


def _get_by_secret(
    public_id: uuid.UUID, secret: str, use: str, limit: int
) -> tuple[ShareLink, Status]:
    """Return the share link of this secret. An unknown link and a wrong secret are one 404."""
    rows = ShareLink.objects.select_related(*queries.RELATED, "revision")
    row = rows.filter(public_id=public_id).first()
    if row is None:
        raise Http404
    if not row.is_opened_by(secret):
        quotas.spend(f"share-guess:{row.pk}", limit=GUESSES_A_MINUTE, seconds=60)
        raise Http404
    quotas.spend(f"share-{use}:{row.pk}", limit=limit, seconds=60)
    return row, queries.statuses([row], now=timezone.now())[row.pk]


def hide_address[R: HttpResponse](response: R) -> R:
    """Keep the address out of caches, search engines and what other sites see."""
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "no-referrer"
    return response
