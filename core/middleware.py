from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


def response_policies(get_response: Callable) -> Callable:
    """Headers that Django has no setting for; signed-in pages are never kept by a shared PC's browser."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.setdefault(
            "Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"
        )
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated:
            response.setdefault("Cache-Control", "no-store")
        return response

    return respond
