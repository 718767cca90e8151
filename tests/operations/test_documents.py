"""The documents that `make docs` made, on the portal: for those who run it, and nobody else."""

import pytest
from django.urls import reverse
from django.utils.translation import override

from accounts.permissions import Role
from operations.presenters import KINDS, find_runbook_section
from tests import factories

pytestmark = pytest.mark.django_db
HOME = "docs/README.html"


@pytest.fixture
def site(settings, tmp_path):
    """A site of two files, with a secret beside it."""
    settings.DOCUMENTS_ROOT = tmp_path / "site"
    (settings.DOCUMENTS_ROOT / "docs").mkdir(parents=True)
    (settings.DOCUMENTS_ROOT / HOME).write_text("<h1>Tài liệu</h1>")
    (settings.DOCUMENTS_ROOT / "searchindex.js").write_text("Search.setIndex({})")
    (tmp_path / "secret.txt").write_text("a key")
    return settings.DOCUMENTS_ROOT


@pytest.fixture
def operator(client):
    user = factories.operator()
    client.force_login(user)
    return user


def get(client, path):
    return client.get(reverse("operations:document", args=[path]))


def body(response):
    return b"".join(response.streaming_content).decode()


def test_an_operator_is_led_to_the_first_page_and_reads_it(client, site, operator):
    led = client.get(reverse("operations:documents"))
    page = client.get(led.url)

    assert led.url == reverse("operations:document", args=[HOME])
    assert (page.status_code, page["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert body(page) == "<h1>Tài liệu</h1>"
    assert page["Cache-Control"] == "no-store"
    assert page["X-Content-Type-Options"] == "nosniff"


def test_an_administrator_of_the_ministry_reads_them_too(client, site):
    client.force_login(factories.person(Role.ADMINISTRATOR, factories.ministry()))

    assert get(client, HOME).status_code == 200


def test_the_search_finds_them_for_an_operator_and_not_for_a_unit(client, operator):
    documents = f'href="{reverse("operations:documents")}"'

    assert documents in client.get(reverse("search"), {"q": "runb"}).text

    client.force_login(factories.person(Role.APPROVER))
    assert documents not in client.get(reverse("search"), {"q": "runb"}).text


@pytest.mark.parametrize("role", [Role.OFFICER, Role.APPROVER, Role.SUPERVISOR])
def test_a_unit_is_refused(client, site, role):
    client.force_login(factories.person(role))

    assert get(client, HOME).status_code == 403
    assert client.get(reverse("operations:documents")).status_code == 403


def test_a_stranger_is_sent_to_the_sign_in(client, site):
    assert get(client, HOME).url.startswith(reverse("account_login"))


def test_scripts_are_typed_and_may_parse_pages_but_nothing_inline_runs(client, site, operator):
    script = get(client, "searchindex.js")
    policy = script["Content-Security-Policy"]

    assert script["Content-Type"] == "text/javascript; charset=utf-8"
    assert "require-trusted-types-for" not in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    "path",
    [
        "../secret.txt",
        "docs/../../secret.txt",
        "docs/..%2f..%2fsecret.txt",
        "%2e%2e/secret.txt",
        "%252e%252e/secret.txt",
        "..\\secret.txt",
        "/etc/passwd",
        ".hidden",
        "docs",
        "docs/",
        "docs/nothing.html",
    ],
)
def test_nothing_but_files_of_the_site_is_served(client, site, operator, path):
    (site / ".hidden").write_text("a key")

    assert client.get(f"/docs/{path}").status_code == 404


@pytest.fixture
def no_site(settings, tmp_path):
    settings.DOCUMENTS_ROOT = tmp_path


def test_without_a_site_the_documents_are_shown_as_they_are_written(client, no_site, operator):
    page = client.get(client.get(reverse("operations:documents")).url)

    assert page.status_code == 200
    assert 'href="operations.vi.html"' in page.text
    assert "make docs" in page.text  # has a search


@pytest.mark.parametrize("language", ["vi", "en"])
def test_each_alarm_leads_to_its_section_of_the_runbook_also_without_a_site(
    client, no_site, operator, language
):
    with override(language):
        addresses = [find_runbook_section(kind) for kind in KINDS]
    page = client.get(addresses[0].partition("#")[0]).text

    assert [a for a in addresses if f'<span id="{a.partition("#")[2]}"></span>' not in page] == []


@pytest.mark.parametrize("path", ["docs/nothing.html", "SECURITY.html", "x"])
def test_without_a_site_nothing_but_documents_is_shown(client, no_site, operator, path):
    assert get(client, path).status_code == 404
