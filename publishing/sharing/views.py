"""Pages on which a post is shared with partners, and the page that a partner opens."""

import base64
import hashlib
import json
import uuid
from dataclasses import asdict
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
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
from core.actions import button_action, form_action, form_data
from core.errors import Busy, Refused
from core.text import parse_uuid
from links.codes import draw_qr_code
from links.models import Link
from links.queries import Clicks, count_clicks, get_short_address
from media import links as media_links
from media.cards.typesetting import PAPERS, Sheet, too_long, typeset
from posts.models import Post
from publishing.models import Share
from publishing.models.share import SecretPage
from publishing.sharing import queries, shares
from publishing.sharing.forms import USUAL_DAYS, ShareForm
from publishing.sharing.presenters import Poster, poster_of, shared_page, status
from publishing.sharing.queries import PageState
from units.models import Unit

PAGE = 25
# Of one page, which goes around in a group. Wrong secrets count apart: the right one opens.
READS_A_MINUTE, FILES_A_MINUTE, GUESSES_A_MINUTE = 120, 240, 20
POSTERS_A_MINUTE, POSTER_KEPT = 20, 300  # of one page; seconds


@require_http_methods(["GET", "HEAD", "POST"])
def share(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Choose the partners to share a published post with, and show their addresses once."""
    reach = request.user.reach(Permission.PARTNER_WRITE)
    if not reach:
        raise PermissionDenied
    posts = Post.objects.within(reach).select_related("unit", "approved_revision")
    post = get_object_or_404(posts, public_id=public_id)
    now = timezone.now()
    partners = list(queries.partners_for(post.unit, on=timezone.localdate(now)))
    names = name_partners(partners, request.user)
    form = ShareForm(form_data(request), partners=partners, names=names)
    done = form_action(
        form,
        lambda: shares.share(
            post,
            partners=form.chosen(),
            until=form.cleaned_data["until"],
            by=request.user,
        ),
    )
    context = {
        "post": post,
        "form": form,
        "partners": partners,
        "is_shareable": queries.is_shareable(post, now=now),
        "older": queries.outdated_kit_words(post),
    }
    if done:
        context["made"] = _describe_made(done.result, names)
    return render(request, "publishing/share.html", context, status=done.status)


@require_POST
def renew(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Replace the address of a partner's page by a new one, and show that once."""
    row = _share(request, public_id)
    until = timezone.localdate() + timedelta(days=USUAL_DAYS)
    made: list[tuple[Share, str]] = []
    if button_action(
        request,
        lambda: made.extend(shares.renew(row, until=until, by=request.user)),
        said=_("The old address no longer works."),
    ):
        names = name_partners([row.partner], request.user)
        context = {"post": row.post, "made": _describe_made(made, names)}
        return render(request, "publishing/share.html", context)
    return _to_list(request)


def _describe_made(
    rows: list[tuple[Share, str]], names: dict[int, str]
) -> list[tuple[str, Share, str]]:
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
    unit = sharing_unit(request)
    partner = _asked_partner(request, unit)
    rows = queries.shares_of(unit, partner=partner)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    found = queries.page_states(page, now=timezone.now())
    clicks = count_clicks([row.link for row in page if row.link], on=timezone.localdate())
    names = name_partners({row.partner for row in page}, request.user)
    context = {
        "unit": unit,
        "partner": partner,
        "partner_name": name_partners([partner], request.user)[partner.pk] if partner else "",
        "page_obj": page,
        "rows": [
            {
                "share": row,
                "name": names[row.partner_id],
                "status": status(found[row.pk]),
                "is_open": found[row.pk] == PageState.OPEN,
                "may_renew": found[row.pk]
                in {PageState.OPEN, PageState.REVOKED, PageState.EXPIRED},
                "clicks": clicks.get(row.link_id, Clicks()) if row.link_id else None,
            }
            for row in page
        ],
        "some_open": queries.open_shares(unit, partner=partner).exists(),
    }
    return render(request, "publishing/share_list.html", context)


@require_POST
def revoke(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    row = _share(request, public_id)
    button_action(
        request,
        lambda: shares.revoke(row, by=request.user),
        said=_("Revoked. The page is closed."),
    )
    return _to_list(request)


@require_POST
def revoke_all(request: HttpRequest) -> HttpResponse:
    """Close all pages of the unit, or of the partner in the address."""
    unit = sharing_unit(request)
    partner = _asked_partner(request, unit)
    button_action(
        request,
        lambda: shares.revoke_all(unit, partner=partner, by=request.user),
        said=_("Revoked. All these pages are closed."),
    )
    return _to_list(request)


def _to_list(request: HttpRequest) -> HttpResponse:
    """Return to the list of shares with the partner and the page that were in view."""
    view = {name: request.GET[name] for name in ("partner", "page") if name in request.GET}
    return redirect(reverse("publishing:share_list", query=view))


def _share(request: HttpRequest, public_id: uuid.UUID) -> Share:
    if not request.user.reach(Permission.PARTNER_WRITE):
        raise PermissionDenied
    return get_object_or_404(queries.shared_by(request.user), public_id=public_id)


def sharing_unit(request: HttpRequest) -> Unit:
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
    """Show a partner what to copy and to download; a plain page once that is over."""
    row = _get_open_page(public_id, secret, "read", READS_A_MINUTE)
    with translation.override("vi"):
        standing = queries.page_states([row], now=timezone.now())[row.pk]
        if standing == PageState.OPEN:
            context = {"share": row, "page": shared_page(row), "secret": secret}
            return hide_address(render(request, "publishing/shared.html", context))
        context = {"share": row, "standing": standing}
        if standing == PageState.CORRECTED:
            context["correction"] = queries.correction_of(row.post)
        return hide_address(render(request, "publishing/shared_closed.html", context, status=410))


@login_not_required
@require_safe
def shared_file(
    request: HttpRequest, public_id: uuid.UUID, secret: str, number: int
) -> HttpResponse:
    """Lead to a picture or video of an open page, by an address that is signed for some minutes."""
    row = _get_open_page(public_id, secret, "file", FILES_A_MINUTE)
    _require_open(row)
    pieces = queries.media_of(row)
    if number >= len(pieces):
        raise Http404
    address = media_links.viewing_url(pieces[number].media, media_links.ITSELF, download=True)
    return hide_address(redirect(address))


@login_not_required
@require_safe
def shared_code(request: HttpRequest, public_id: uuid.UUID, secret: str) -> HttpResponse:
    """Return the QR code of an open page's short link, for print."""
    row = _get_open_page(public_id, secret, "file", FILES_A_MINUTE)
    _require_open(row)
    return code_of(row.link)


def code_of(link: Link | None) -> HttpResponse:
    """Return the QR code of a short link as a file. Raise Http404 where there is none to follow."""
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
    """Send the poster of an open page in PDF; drawn once in five minutes, and kept nowhere else."""
    row = _get_open_page(public_id, secret, "poster", POSTERS_A_MINUTE)
    _require_open(row)
    found = poster_of(row) if paper in PAPERS else None
    if found is None:
        return hide_address(redirect("publishing:shared", public_id, secret))
    sheet = PAPERS[paper]._replace(form="pdf")
    about = [str(row.public_id), paper]
    file = draw_cached(about, found, sheet, unit=row.unit)
    if isinstance(file, HttpResponse):
        return file
    if file is None:
        return hide_address(redirect("publishing:shared", public_id, secret))
    headers = {
        "Content-Disposition": f'attachment; filename="ap-phich-{paper}.pdf"',
        "X-Content-Type-Options": "nosniff",
    }
    return hide_address(HttpResponse(file, content_type="application/pdf", headers=headers))


def draw_cached(
    about: list[str], found: Poster, sheet: Sheet, *, unit: Unit
) -> bytes | HttpResponse | None:
    """Return the sheet drawn, from a few minutes ago where it was asked for before; None where the
    words do not fit, an answer where the machine is busy.
    """
    known = json.dumps([*about, found.look, asdict(found.content)])
    key = f"shared-poster:{hashlib.sha256(known.encode()).hexdigest()}"
    if kept := cache.get(key):
        return base64.b64decode(kept)
    try:
        drawn = typeset(found.content, found.look, {"sheet": sheet}, logo_of=unit)
    except Refused as busy:
        after = busy.retry_after if isinstance(busy, Busy) else 60
        return hide_address(HttpResponse(status=503, headers={"Retry-After": str(after)}))
    if too_long(drawn):
        return None
    cache.set(key, base64.b64encode(drawn["sheet"].data).decode(), POSTER_KEPT)
    return drawn["sheet"].data


def _get_open_page(public_id: uuid.UUID, secret: str, use: str, limit: int) -> Share:
    rows = Share.objects.select_related("unit", "partner", "post", "revision", "link")
    return get_page_by_secret(rows, public_id, secret, use, limit)


def get_page_by_secret[Page: SecretPage](
    rows: QuerySet[Page], public_id: uuid.UUID, secret: str, use: str, limit: int
) -> Page:
    """Return the page whose secret this is. An unknown page and a wrong secret are one 404."""
    row = rows.filter(public_id=public_id).first()
    if row is None:
        raise Http404
    if not row.is_opened_by(secret):
        quotas.spend(f"share-guess:{row.pk}", limit=GUESSES_A_MINUTE, seconds=60)
        raise Http404
    quotas.spend(f"share-{use}:{row.pk}", limit=limit, seconds=60)
    return row


def _require_open(row: Share) -> None:
    if queries.page_states([row], now=timezone.now())[row.pk] != PageState.OPEN:
        raise Http404


def hide_address[R: HttpResponse](response: R) -> R:
    """Keep the address out of caches, search engines and what other sites see."""
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "no-referrer"
    return response
