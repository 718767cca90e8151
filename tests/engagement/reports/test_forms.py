"""The page on which a province or the ministry adapts a form."""

import pytest
from django.urls import reverse

from accounts.permissions import Role
from engagement.reports.models import ReportForm
from engagement.reports.queries import find_form
from tests import factories

pytestmark = pytest.mark.django_db
MONTH = reverse("engagement:report_form", args=["month"])


def filled(form, **changes):
    given = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in {**given, **changes}.items() if value is not None}


def test_a_province_renames_a_part_and_leaves_out_tables_and_a_text(client):
    unit = factories.UnitFactory()
    client.force_login(factories.person(Role.OVERSEER, unit.parent))
    form = client.get(MONTH).context["form"]
    assert "first" not in form.fields

    tables = ["publishing", "engagement"]
    data = filled(form, heading_0="Đặc điểm", hint_4="", tables=tables, due_after=9)
    answer = client.post(MONTH, data)

    assert answer.status_code == 302
    content = find_form(unit, "month").content
    assert content["parts"][0]["heading"] == "Đặc điểm"
    assert content["parts"][1]["tables"] == tables
    assert (content["parts"][4]["text"], content["due_after"], content["first"]) == (False, 9, 15)

    client.post(MONTH, {**data, "tables": ["publishing", "topics"]})
    assert find_form(unit, "month").content["parts"][1]["tables"] == ["publishing", "topics"]
    assert ReportForm.objects.get(version=1).content["parts"][1]["tables"] == tables


def test_the_ministry_sets_the_first_day_for_all(client):
    unit = factories.UnitFactory()
    client.force_login(factories.person(Role.OVERSEER, factories.ministry()))
    form = client.get(MONTH).context["form"]

    client.post(MONTH, filled(form, first=1))

    assert find_form(unit, "month").content["first"] == 1
    assert find_form(unit.parent, "month").content["first"] == 1


@pytest.mark.parametrize("change", [{"tables": []}, {"heading_0": ""}, {"subject": "KHẨN"}])
def test_what_no_report_could_follow_is_refused_and_stays_typed(client, change):
    client.force_login(factories.person(Role.OVERSEER, factories.ProvinceFactory()))
    form = client.get(MONTH).context["form"]

    answer = client.post(MONTH, filled(form, heading_1="Đã làm", **change))

    assert answer.status_code in {409, 422}
    assert "Đã làm" in answer.content.decode()
    assert not ReportForm.objects.exists()


def test_a_kind_that_does_not_exist_has_no_page(client):
    client.force_login(factories.person(Role.OVERSEER, factories.ProvinceFactory()))

    assert client.get(reverse("engagement:report_form", args=["day"])).status_code == 404
