"""One-time codes on the screen: in the try-out, and nowhere else."""

import subprocess
import sys
from types import ModuleType

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user
from django.urls import NoReverseMatch, include, path, reverse

from accounts.permissions import Role
from outreach_portal import urls
from outreach_portal.guard import TRY_OUT_DOMAIN
from tests import factories
from tests.ops.compose import ROOT
from tests.ops.test_production_processes import production
from try_out.codes import create_missing_apps

pytestmark = pytest.mark.django_db


@pytest.fixture
def approver():
    person = factories.person(
        Role.APPROVER, factor=False, username="mau.truong", email=f"mau.truong@{TRY_OUT_DOMAIN}"
    )
    create_missing_apps()
    create_missing_apps()  # the next start: nobody gets a second one
    return person


@pytest.fixture
def try_out(settings):
    """The addresses and templates of the try-out."""
    module = ModuleType("try_out_urlconf")
    module.urlpatterns = [*urls.urlpatterns, path("try-out/", include("try_out.urls"))]
    template = {**settings.TEMPLATES[0], "OPTIONS": {**settings.TEMPLATES[0]["OPTIONS"]}}
    template["OPTIONS"]["context_processors"] = [
        *template["OPTIONS"]["context_processors"],
        "try_out.context.add_code",
    ]
    settings.SAMPLES, settings.ROOT_URLCONF, settings.TEMPLATES = True, module, [template]


def test_a_sample_leader_signs_in_with_the_code_beside_the_field_twice_in_a_row(
    client, approver, try_out
):
    for _ in range(2):
        client.logout()
        client.post(
            reverse("account_login"), {"login": approver.username, "password": factories.PASSWORD}
        )
        code = client.get(reverse("mfa_authenticate")).context["try_out_code"]()

        client.post(reverse("mfa_authenticate"), {"code": code})

        assert get_user(client) == approver


def test_the_page_lists_the_codes_of_those_who_need_them(client, approver, try_out):
    factories.person(Role.APPROVER, username="khong.phai.mau")
    factories.person(Role.OFFICER, username="mau.canbo", email=f"mau.canbo@{TRY_OUT_DOMAIN}")

    page = client.get("/try-out/codes/")

    assert [(row["person"], len(row["code"])) for row in page.context["people"]] == [(approver, 6)]
    assert page.context["people"][0]["code"] in page.content.decode()


def test_nobody_sees_codes_outside_the_try_out(client, approver, try_out, settings):
    settings.SAMPLES = False
    assert client.get("/try-out/codes/").status_code == 404

    settings.ROOT_URLCONF = "outreach_portal.urls"
    with pytest.raises(NoReverseMatch):
        reverse("try_out:codes")
    assert (
        "try_out.context.add_code"
        not in django_settings.TEMPLATES[0]["OPTIONS"]["context_processors"][:-1]
    )


def test_production_has_neither_the_app_nor_its_addresses(tmp_path):
    code = (
        "import django; django.setup()\n"
        "from django.conf import settings as s; from django.urls import get_resolver\n"
        "print('try_out' in s.INSTALLED_APPS, 'try_out' in str(s.TEMPLATES), s.MFA_TOTP_TOLERANCE,"
        " any('try-out' in str(p.pattern) for p in get_resolver().url_patterns))"
    )
    env = {**production(tmp_path), "DJANGO_SETTINGS_MODULE": "outreach_portal.settings"}

    output = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )

    assert output.stdout.split() == ["False", "False", "0", "False"]
