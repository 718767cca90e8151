"""The overview of what the units' official pages have and lack."""

import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from accounts.permissions import Role
from channels.models import Channel, PageCheck
from tests import factories

pytestmark = pytest.mark.django_db
ADDRESS = "oversight:official_pages"


def page(unit, **there):
    PageCheck.objects.create(channel=factories.ChannelFactory(unit=unit), **there)


def rows(response):
    return [
        (r.unit, r.pages, r.score.there, r.missing["phone"]) for r in response.context["page_obj"]
    ]


def test_each_level_sees_the_units_right_below_it_by_name(client):
    province = factories.ProvinceFactory()
    first, second = (factories.UnitFactory(parent=province, place=p) for p in ("An", "Bình"))
    page(first, phone=True, picture=True)
    page(first, phone=False)
    page(second, phone=True)
    factories.ChannelFactory(unit=factories.UnitFactory())  # another province's, never looked at

    client.force_login(factories.person(Role.OVERSEER, province))
    communes = client.get(reverse(ADDRESS))
    missing = client.get(reverse(ADDRESS), {"missing": "phone"})
    sheet = client.get(reverse(ADDRESS), {"format": "xlsx"})
    client.force_login(factories.person(Role.SUPERVISOR, factories.ministry()))
    nation = client.get(reverse(ADDRESS))
    below = client.get(reverse(ADDRESS), {"province": province.key})

    assert rows(communes) == rows(below) == [(first, 2, 2, 1), (second, 1, 1, 0)]
    assert rows(missing) == [(first, 2, 2, 1)]
    assert (province, 3, 3, 1) in rows(nation)
    assert load_workbook(io.BytesIO(sheet.content)).active["B2"].value == 2


def test_units_without_a_page_come_after_those_with_one_and_stand_in_the_file(client):
    province = factories.ProvinceFactory()
    none, with_page = (factories.UnitFactory(parent=province, place=p) for p in ("An", "Bình"))
    page(with_page, phone=False)
    client.force_login(factories.person(Role.OVERSEER, province))

    shown = client.get(reverse(ADDRESS))
    missing = client.get(reverse(ADDRESS), {"missing": "phone"})
    sheet = load_workbook(
        io.BytesIO(client.get(reverse(ADDRESS), {"format": "xlsx"}).content)
    ).active

    assert rows(shown) == rows(missing) == [(with_page, 1, 0, 1)]
    assert [row.unit for row in shown.context["pageless"]] == [none]
    assert none.name in shown.content.decode()
    assert none.name not in missing.content.decode()
    assert [cell.value for cell in sheet["A"]][1:] == [with_page.name, none.name]


def test_the_overview_costs_the_same_for_one_page_and_for_many(client):
    province = factories.ProvinceFactory()
    client.force_login(factories.person(Role.OVERSEER, province))
    client.get(reverse(ADDRESS))
    costs = []
    for n in (1, 9):
        while Channel.objects.count() < n:
            page(factories.UnitFactory(parent=province), picture=True)
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse(ADDRESS))
        costs.append(len(captured))

    assert costs[0] == costs[1] <= 20
