"""Walk the connect flow as a browser does: set out, agree at the platform, come back, choose."""

from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.urls import reverse

from channels.models import ConnectAttempt


def facebook_person(simulator, *names, tasks=None):
    pages = [simulator.page("facebook", name=name) for name in names]
    given = [
        {"external_id": p["external_id"], **({"tasks": tasks} if tasks is not None else {})}
        for p in pages
    ]
    return simulator.user("facebook", pages=given), pages


def zalo_person(simulator, name="Công an phường Bến Nắng"):
    page = simulator.page("zalo", name=name)
    return {"id": page["owner"]}, [page]


def set_out(browser, platform, **data):
    """Press the button, and return the dialog's address."""
    response = browser.post(reverse("channels:connect", args=[platform]), data)
    assert response.status_code == 200
    return response.context["dialog"]


def come_back(browser, location):
    """Follow the platform's redirect into the portal."""
    parts = urlsplit(location)
    assert f"{parts.scheme}://{parts.netloc}" == settings.PORTAL_URL
    return browser.get(f"{parts.path}?{parts.query}", follow=True)


def agree(simulator, dialog, person, pages, platform="facebook", **form):
    asked = parse_qs(urlsplit(dialog).query)
    form = (
        {"scope": asked.get("scope", [""])[0].split(","), **form}
        if platform == "facebook"
        else form
    )
    chosen = [page["external_id"] for page in pages]
    return simulator.consent(dialog, account=person["id"], page=chosen, decision="allow", **form)


def connect_flow(simulator, browser, person, pages, platform="facebook", data=None, **form):
    dialog = set_out(browser, platform, **(data or {}))
    return come_back(browser, agree(simulator, dialog, person, pages, platform, **form))


def choose(browser, page, tab=None):
    """Press the button on this page of choices; on that of the newest connect flow where none is
    given."""
    attempt = tab.context["attempt"] if tab else ConnectAttempt.objects.latest("pk")
    return browser.post(
        reverse("channels:choose"), {"attempt": attempt.public_id, "page": page["external_id"]}
    )
