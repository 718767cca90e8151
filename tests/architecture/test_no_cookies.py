"""Residents get no cookie: from no page that they open, also where there is nothing to be seen."""

import uuid

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from publishing.sharing import views as sharing
from tests import factories

pytestmark = pytest.mark.django_db
NOBODY = uuid.UUID(int=1)


def _make_link(unit, **fields):
    return reverse("links:follow", args=[factories.link(unit, **fields).code])


def _make_closed_share(unit):
    row = factories.share(unit, revoked_at=timezone.now())
    return reverse("publishing:shared", args=[row.public_id, "abc"])


def _make_closed_kit_share(unit):
    row = factories.kit_share(unit, revoked_at=timezone.now())
    return reverse("publishing:shared", args=[row.public_id, "abc"])


PAGES = {
    "a link": (_make_link, 302),
    "a stopped link": (lambda unit: _make_link(unit, stopped_at=timezone.now()), 410),
    "an unknown link": (lambda unit: "/l/zzzzzzz", 404),
    "a link of another shape": (lambda unit: "/l/a/b", 404),
    "no readable address": (lambda unit: "/l/a%00", 400),
    "a shared post": (
        lambda unit: reverse("publishing:shared", args=[factories.share(unit).public_id, "abc"]),
        200,
    ),
    "a closed share": (_make_closed_share, 410),
    "an unknown share": (lambda unit: reverse("publishing:shared", args=[NOBODY, "abc"]), 404),
    "a shared kit": (
        lambda unit: reverse(
            "publishing:shared", args=[factories.kit_share(unit).public_id, "abc"]
        ),
        200,
    ),
    "a closed kit": (_make_closed_kit_share, 410),
    "an unknown kit": (lambda unit: reverse("publishing:shared", args=[NOBODY, "abc"]), 404),
    "a summary": (
        lambda unit: reverse(
            "engagement:public_summary", args=[factories.public_summary(unit).public_id]
        ),
        200,
    ),
    "an unknown summary": (
        lambda unit: reverse("engagement:public_summary", args=[NOBODY]),
        404,
    ),
    "an unknown calendar": (
        lambda unit: reverse("publishing:calendar_subscribed", args=[NOBODY, "abc"]),
        404,
    ),
    "an unknown picture": (lambda unit: f"/m/{NOBODY}/x/x.jpg", 404),
    "no page": (lambda unit: "/khong-co-trang-nay", 404),
}


@pytest.mark.parametrize(("make", "status"), PAGES.values(), ids=PAGES)
def test_a_page_for_residents_sets_no_cookie(make, status):
    address = make(factories.UnitFactory())
    stranger = Client(raise_request_exception=False)

    for headers in ({}, {"accept": "text/html"}, {"hx-request": "true"}):
        answer = stranger.get(address, headers=headers)
        assert (answer.status_code, dict(answer.cookies)) == (status, {})


def test_a_page_that_is_opened_too_often_sets_no_cookie(monkeypatch):
    monkeypatch.setattr(sharing, "READS_A_MINUTE", 0)
    row = factories.share(factories.UnitFactory())

    answer = Client().get(reverse("publishing:shared", args=[row.public_id, "abc"]))

    assert (answer.status_code, dict(answer.cookies)) == (429, {})
