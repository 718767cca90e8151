"""Receivers of the platforms' news. Open to the world: who calls proves with each call that it is
the platform."""

import logging

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from channels.queries import is_set_up
from channels.states import Kind
from channels.webhooks import inbox
from platforms.webhooks import ForgedWebhook

log = logging.getLogger(__name__)
# Meta puts up to a thousand changes into one call.
MOST_BYTES = 1024 * 1024


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "POST"])
def hook(request: HttpRequest, platform: str) -> HttpResponse:
    """Store what a platform sends and answer at once; or answer its question whether this address
    is ours."""
    if platform not in Kind.values or not is_set_up(platform):
        raise Http404
    try:
        if request.method == "GET":
            answer = inbox.challenge(platform, request.GET.dict())
            return HttpResponse(answer[:500], content_type="text/plain; charset=utf-8")
        if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
            return HttpResponse(status=413)
        inbox.store_events(platform, request.headers, request.body, now=timezone.now())
    except ForgedWebhook:
        return HttpResponse(
            "This call proves nothing.", status=400, content_type="text/plain; charset=utf-8"
        )
    except ValueError:
        # Proven, but in a shape that nobody described: sent again it would be no better.
        log.warning("unreadable news from %s", platform)
    return HttpResponse(status=200)
