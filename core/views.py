import logging
import re
from datetime import UTC, timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST, require_safe

from core import quotas, shortcuts
from core import search as searching
from core.expensive import one_at_a_time
from core.lists import render_page
from core.text import parse_whole_number

logger = logging.getLogger(__name__)
LARGEST_REPORT = 16_384  # bytes
# As both forms of the report name it: report-uri and the Reporting API.
_DIRECTIVE = re.compile(
    rb'"(?:effective-directive|effectiveDirective)"\s{0,5}:\s{0,5}"([a-z-]{1,40})"'
)


@login_not_required
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer 200 when this process serves and the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain; charset=utf-8")


@login_not_required
@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Say whom to tell of a hole (RFC 9116); on the hosts of pages and of media alike."""
    if not settings.ALARM_EMAILS:
        raise Http404
    # Its date moves on by itself: whom it names is who answers for the installation now.
    expires = (timezone.now() + timedelta(days=90)).replace(microsecond=0)
    lines = [
        *(f"Contact: mailto:{address}" for address in settings.ALARM_EMAILS),
        f"Expires: {expires.astimezone(UTC).isoformat().replace('+00:00', 'Z')}",
        "Preferred-Languages: vi, en",
        f"Canonical: {settings.PORTAL_URL}{request.path}",
    ]
    if settings.MEDIA_PUBLIC_URL:
        lines.append(f"Canonical: {settings.MEDIA_PUBLIC_URL}{request.path}")
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")


@csrf_exempt  # sent by browsers, without cookies
@login_not_required
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    """Log which rule of the Content-Security-Policy a page broke: no address and no text, for both
    may hold secrets.
    """
    quotas.spend(
        "csp-report", limit=300, seconds=3600
    )  # of all browsers together: some tell enough
    if (parse_whole_number(request.META.get("CONTENT_LENGTH") or "0") or 0) > LARGEST_REPORT:
        return HttpResponse(status=413)
    for directive in _DIRECTIVE.findall(request.body):
        logger.warning("a page broke the content security policy: %s", directive.decode())
    return HttpResponse(status=204)


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", status=403)


@require_GET
@one_at_a_time
def search(request: HttpRequest) -> HttpResponse:
    """Find pages, actions and rows of every app by words; as a fragment for the dialog."""
    typed = request.GET.get("q", "")[: searching.LONGEST_WORDS]
    query = searching.fold_typed_words(typed)
    groups = searching.find_matches(request.user, query)  # type: ignore[arg-type]  # signed in by middleware
    context = {
        "typed": typed,
        "too_short": 0 < len(query) < searching.SHORTEST_WORDS,
        "groups": groups,
        "n": sum(len(group.matches) for group in groups),
    }
    return render_page(request, "core/search.html", context, part="matches")


@require_GET
def shortcut_list(request: HttpRequest) -> HttpResponse:
    """List the keys of every page; as a fragment for the dialog."""
    context = {"pages": shortcuts.group_by_page()}
    return render_page(request, "core/keys.html", context, part="keys")
