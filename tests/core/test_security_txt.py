"""`/.well-known/security.txt`, RFC 9116."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

ADDRESS = "/.well-known/security.txt"


@pytest.fixture(autouse=True)
def installation(settings):
    settings.ALARM_EMAILS = ["truc@example.vn", "bao.ve@example.vn"]
    settings.PORTAL_URL = "https://cong.example.vn"
    settings.MEDIA_PUBLIC_URL = "https://media.example.vn"


def test_it_names_whom_to_tell_and_where_it_stands(client):
    answer = client.get(ADDRESS)

    assert (answer["Content-Type"], answer.cookies) == ("text/plain; charset=utf-8", {})
    assert [line for line in answer.content.decode().split("\n") if "Expires" not in line] == [
        "Contact: mailto:truc@example.vn",
        "Contact: mailto:bao.ve@example.vn",
        "Preferred-Languages: vi, en",
        f"Canonical: https://cong.example.vn{ADDRESS}",
        f"Canonical: https://media.example.vn{ADDRESS}",
        "",
    ]


@pytest.mark.parametrize("later", [timedelta(0), timedelta(days=400), timedelta(days=4_000)])
def test_it_is_never_past_and_never_more_than_a_year_ahead(client, time_machine, later):
    time_machine.move_to(timezone.now() + later, tick=False)

    lines = client.get(ADDRESS).content.decode().splitlines()

    (expires,) = [line.removeprefix("Expires: ") for line in lines if line.startswith("Expires: ")]
    ahead = datetime.fromisoformat(expires) - timezone.now()
    assert timedelta(days=30) < ahead < timedelta(days=365)


def test_an_installation_that_names_nobody_has_none(client, settings):
    settings.ALARM_EMAILS = []

    assert client.get(ADDRESS).status_code == 404
