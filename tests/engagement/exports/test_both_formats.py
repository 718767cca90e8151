"""Files of figures: Excel and CSV of one address hold the same cells."""

import csv
import html
import io
import re
from datetime import date, datetime
from urllib.parse import urljoin

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from accounts.permissions import Role
from campaigns.models import Campaign
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def commune(publish):
    commune = factories.UnitFactory(place="Phường Hải Châu")
    campaign = factories.CampaignFactory(unit=commune)
    channel = factories.ChannelFactory(unit=commune)
    post = factories.PostFactory(unit=commune, channels=[channel], campaign=campaign, title="=1+1")
    publish(channel=channel, post=factories.approved(post), reach=1_234, views=5)
    publish(channel=channel, campaign=campaign)
    return commune


def write_as_shown(cell) -> str:
    """Return a cell of Excel as its reader sees it."""
    match cell.value:
        case None:
            return ""
        case datetime() if "hh" in cell.number_format:
            return f"{cell.value:%d/%m/%Y %H:%M}"
        case date():
            return f"{cell.value:%d/%m/%Y}"
        case float() | int() if cell.number_format == "0%":
            return f"{cell.value:.0%}"
        case value:
            return str(value)


def read_cells(answer) -> list[list[str]]:
    """Return the cells of the last sheet; of a text file without the sign that disarms formulas."""
    content = b"".join(answer) if answer.streaming else answer.content
    if answer["Content-Type"].startswith("text/csv"):
        text = content.decode("utf-8-sig")
        assert content.startswith(b"\xef\xbb\xbf")
        return [
            [cell.removeprefix("'") for cell in row]
            for row in csv.reader(io.StringIO(text, newline=""))
        ]
    sheet = load_workbook(io.BytesIO(content)).worksheets[-1]
    return [[write_as_shown(cell) for cell in row] for row in sheet.iter_rows()]


def find_files(page: str, answer, format: str) -> list[str]:
    """Return the addresses of a page's files, as its links name them."""
    links = re.findall(rf'href="([^"]*[?&;]format={format}[^"]*)"', answer.text)
    return sorted({urljoin(page, html.unescape(link)) for link in links})


@pytest.mark.parametrize("name", ["results", "campaign", "province", "nation", "pages", "adoption"])
def test_csv_has_the_cells_of_excel_wherever_a_page_offers_files(client, commune, name):
    level = commune.parent.parent if name == "nation" else commune.parent
    client.force_login(factories.person(Role.OVERSEER, level))
    page = {
        "results": lambda: reverse("engagement:results_of_unit", args=[commune.key]),
        "campaign": lambda: reverse(
            "engagement:campaign_figures", args=[Campaign.objects.get().public_id]
        ),
        "province": lambda: reverse("oversight:province"),
        "nation": lambda: reverse("oversight:nation"),
        "pages": lambda: reverse("oversight:official_pages"),
        "adoption": lambda: reverse(
            "oversight:adoption", args=[factories.kit(commune.parent, state="issued").public_id]
        ),
    }[name]()
    answer = client.get(page)
    excels = find_files(page, answer, "xlsx")

    assert excels
    for excel in excels:
        text = excel.replace("format=xlsx", "format=csv")
        assert text in find_files(page, answer, "csv")
        if name == "results" and "chart=" not in excel:
            excel += "&chart=compared"  # a text file holds one table
        cells = read_cells(client.get(excel))
        assert len(cells) > 1
        assert read_cells(client.get(text)) == cells, excel
