"""Headers of every answer, compared with the rules of MDN's HTTP Observatory."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.permissions import Role
from tests import factories

pytestmark = pytest.mark.django_db
SECURE = {"wsgi.url_scheme": "https"}
STATIC = "/static/css/base.css"


def observatory_score(headers: dict[str, str], body: str) -> int:
    """Return the points by the Observatory's charts for what it rates above a page that only does
    nothing wrong; cookies and HSTS are rated in production's settings, in tests/ops."""
    policy = dict(
        directive.strip().partition(" ")[::2]
        for directive in headers["Content-Security-Policy"].split(";")
    )
    scripts = re.findall(r"<script(?![^>]*application/json)[^>]*src=[^>]*>", body)
    score = 100
    score += 10 if policy["default-src"] == "'none'" and "unsafe" not in str(policy) else 0
    score += 10 if headers["Cross-Origin-Embedder-Policy"] == "require-corp" else 0
    score += 10 if headers["Cross-Origin-Opener-Policy"] == "same-origin" else 0
    score += 10 if headers["Cross-Origin-Resource-Policy"] == "same-origin" else 0
    score += 5 if headers["Referrer-Policy"] in {"no-referrer", "same-origin"} else 0
    score += 5 if policy["frame-ancestors"] == "'none'" else 0
    score += 5 if scripts and all("integrity=" in script for script in scripts) else 0
    return score


@pytest.mark.parametrize("name", ["account_login", "oversight:today"])
def test_pages_score_what_the_observatory_gives_for_headers(client, name):
    client.force_login(factories.person(Role.OFFICER))
    if name == "account_login":
        client.logout()
    response = client.get(reverse(name))

    # 5 for cookies and 0 for an HSTS that no browser has preloaded make 160.
    assert observatory_score(response.headers, response.content.decode()) == 155


def test_pages_name_the_policies_that_may_make_html_of_strings(client):
    policy = client.get(reverse("account_login"))["Content-Security-Policy"]

    assert "require-trusted-types-for 'script'" in policy
    assert "trusted-types portal tom-select ProseMirrorClipboard;" in policy


def test_static_files_bear_the_policies_and_are_for_nobody_else():
    headers = Client().get(STATIC).headers

    assert "Access-Control-Allow-Origin" not in headers
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_broken_policy_is_reported_without_what_was_there_in_the_address(client, caplog):
    report = {
        "csp-report": {
            "document-uri": "https://x/m/secret-token",
            "effective-directive": "script-src-elem",
        }
    }

    response = client.post(reverse("csp_report"), report, content_type="application/json")

    assert response.status_code == 204
    assert [r.getMessage() for r in caplog.records if r.name == "core.views"] == [
        "a page broke the content security policy: script-src-elem"
    ]
    assert "secret-token" not in caplog.text


def test_reports_are_bounded_in_size_and_number(client):
    address = reverse("csp_report")

    assert client.post(address, "x" * 20_000, content_type="application/json").status_code == 413
    answers = {
        client.post(address, "{}", content_type="application/json").status_code for _ in range(300)
    }
    assert answers == {204, 429}


@pytest.mark.parametrize("name", ["account_login", "oversight:today"])
def test_a_browser_too_old_for_the_policies_says_so(client, name):
    if name != "account_login":
        client.force_login(factories.person(Role.OFFICER))
    css = b"".join(Client().get(STATIC)).decode()

    assert "This browser is too old to be safe here." in client.get(reverse(name)).content.decode()
    hidden = re.findall(r"@supports ([^{]+)\{\s*\.old-browser \{\s*display: none;", css)
    assert hidden == ["(inset: 0) "]
