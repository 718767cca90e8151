"""In training each page, paper, picture, calendar and letter says so: every program that makes one
is named here, and made to show it.
"""

import ast
import csv
import io
import re
import zipfile
from dataclasses import replace
from datetime import date
from email import message_from_bytes, policy

import numpy as np
import pytest
import zxingcpp
from django.core.mail import send_mail
from django.template import engines
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook
from PIL import Image
from pypdf import PdfReader

from accounts.people import spreadsheets as people
from accounts.permissions import Role
from core import training
from engagement.exports.sheets import Sheet, write_sheets
from engagement.reports.rendering.excel import write_xlsx
from engagement.reports.rendering.pdf import write_pdfs
from engagement.reports.rendering.word import write_docx
from links.qr_codes import draw_qr_code
from media.cards.typesetting import PAPERS, SHEETS, Look, too_long, typeset
from posts.bulk_import import sheets as plans
from tests import factories
from tests.engagement.reports.rendering.samples import week
from tests.media.cards.test_typesetting import CONTENT
from tests.ops import compose
from tests.ops.test_training import BY_NETWORK, LIVE, TRAINING, load_settings

MARK = "TẬP HUẤN"
APPS = {path.parent.name for path in compose.ROOT.glob("*/apps.py")} - {"try_out"}
# By what papers, pictures, calendars and letters are made.
MAKERS_USE = {
    "PIL.ImageDraw",
    "csv.writer",
    "django.core.mail",
    "docx",
    "icalendar",
    "openpyxl.Workbook",
    "qrcode",
    "typst",
    "zipfile.ZipFile.writestr",
}
MARKED = {
    "accounts/people/spreadsheets.py",
    "engagement/exports/sheets.py",
    "engagement/reports/rendering/excel.py",
    "engagement/reports/rendering/program.py",
    "engagement/reports/rendering/word.py",
    "links/qr_codes.py",
    "media/cards/program.py",
    "core/spreadsheets.py",
    "posts/bulk_import/sheets.py",
    "publishing/calendar_links/presenters.py",
}
BY_THE_BACKEND = {  # of letters, which marks whatever is sent
    "audit/tasks.py",
    "core/outbox.py",
    "core/training.py",
    "operations/notify.py",
}
UNMARKED = {
    "help/paper_program.py": "a handbook is the same in both; papers of a class say it themselves",
    "media/codes.py": "a code stands on a page, a card or a poster, which bears the mark",
    "media/editing/video_edit_program.py": "an officer's own video, cut or covered",
}


@pytest.fixture
def in_training(settings):
    settings.TRAINING, settings.MODE = True, "training"


# --- who makes something --------------------------------------------------------------------------


def find_used(source: str) -> set[str]:
    """Return which of `MAKERS_USE` a module uses."""
    names: dict[str, str] = {}
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found = {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
            names |= found
    used = set(names.values()) | {
        f"{names[node.value.id]}.{node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in names
    }
    return {
        maker for maker in MAKERS_USE if any(f"{name}.".startswith(f"{maker}.") for name in used)
    }


def test_every_maker_of_papers_pictures_and_letters_is_named_here():
    found = {
        str(path.relative_to(compose.ROOT))
        for app in APPS
        for path in (compose.ROOT / app).rglob("*.py")
        if "migrations" not in path.parts and find_used(path.read_text(encoding="utf-8"))
    }

    assert found == MARKED | BY_THE_BACKEND | set(UNMARKED)


@pytest.mark.parametrize(
    "source",
    [
        "import typst",
        "from docx.shared import Mm",
        "def f():\n    from openpyxl import Workbook",
        "import csv\ncsv.writer(out)",
        "from PIL import Image, ImageDraw",
        "from django.core import mail",
        "from django.core.mail.backends import smtp",
    ],
)
def test_a_new_maker_would_be_found(source):
    assert find_used(source)
    assert not find_used("import csv\nfrom PIL import Image\ncsv.reader(lines)")


# --- pages ----------------------------------------------------------------------------------------


def whole_pages() -> list[str]:
    folder = compose.ROOT / "templates"
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*.html")
        if "<html" in path.read_text(encoding="utf-8")
    )


@pytest.mark.parametrize("name", whole_pages())
def test_every_template_of_a_whole_page_bears_the_notice_and_the_prefix(name):
    source = engines["django"].get_template(name).template.source

    assert source.count("{% installation_notice %}") == 1
    assert source.count("{% training_prefix %}") == 1


@pytest.mark.django_db
@pytest.mark.parametrize("view", ["account_login", "oversight:today", "nowhere"])
def test_pages_bear_a_frame_and_the_mark_in_training_alone(settings, view):
    client = Client()
    if view != "account_login":
        client.force_login(factories.person(Role.OFFICER))
    address = "/khong-co/" if view == "nowhere" else reverse(view)
    live = client.get(address).content.decode()

    settings.TRAINING = True
    marked = client.get(address).content.decode()

    for words in ('<div class="training-frame"', f"{MARK} – không nội dung", f"[{MARK}]"):
        assert (words in live, words in marked) == (False, True)


@pytest.mark.parametrize("name", ["400.html", "500.html"])
def test_pages_for_faults_need_no_context_for_it(in_training, name):
    page = render_to_string(name)

    assert '<div class="training-frame"' in page
    assert re.search(rf"<title>\s*\[{MARK}\] ", page)


# --- letters --------------------------------------------------------------------------------------


@pytest.mark.parametrize("env", [TRAINING, TRAINING | BY_NETWORK])
def test_training_sends_by_the_backend_that_marks(env):
    words = "print(settings.MAILERS['default']['BACKEND'], settings.MFA_TOTP_ISSUER)"
    backend, _blank, issuer = load_settings(env, words).stdout.strip().partition(" ")
    live = load_settings(LIVE, words).stdout

    assert backend == "core.training.MarkedMail"
    assert issuer.startswith(f"[{MARK}] ")
    assert MARK not in live
    assert "MarkedMail" not in live


def test_each_letter_bears_the_mark_once(in_training, settings, tmp_path):
    options = {"file_path": str(tmp_path)}
    settings.MAILERS = {"default": {"BACKEND": "core.training.MarkedMail", "OPTIONS": options}}
    for subject in ("Mời vào hệ thống", training.mark("Mời vào hệ thống")):
        send_mail(subject, "…", None, ["a@congan.example"])

    letters = [
        message_from_bytes(p.read_bytes(), policy=policy.default) for p in tmp_path.iterdir()
    ]
    assert [letter["subject"] for letter in letters] == [f"[{MARK}] Mời vào hệ thống"] * 2


# --- papers ---------------------------------------------------------------------------------------


def read_docx(data: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return "".join(
            file.read(name).decode()
            for name in file.namelist()
            if name.startswith("word/header") or name == "word/document.xml"
        )


def test_each_page_of_a_report_bears_the_mark(in_training):
    (pdf,) = write_pdfs([week()])
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    word = read_docx(write_docx(week()))
    book = load_workbook(io.BytesIO(write_xlsx(week())))

    assert len(pages) > 1
    assert [MARK in page for page in pages] == [True] * len(pages)
    assert f"[{MARK}] {week().subject}" in word
    assert f"{MARK} · " in word
    assert {sheet.oddHeader.center.text for sheet in book} == {MARK}
    assert book.worksheets[0]["A2"].value == f"[{MARK}] {week().subject}"


def test_live_reports_bear_none():
    (pdf,) = write_pdfs([week()])
    book = load_workbook(io.BytesIO(write_xlsx(week())))

    assert not any(MARK in page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    assert MARK not in read_docx(write_docx(week()))
    assert {sheet.oddHeader.center.text for sheet in book} == {None}


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_a_table_bears_the_mark_in_its_first_heading(in_training, form):
    out = io.BytesIO()
    write_sheets(out, form, [Sheet("Kênh", ("Kênh", "Bài"), [("Trang", 3)])])

    if form == "csv":
        rows = list(csv.reader(out.getvalue().decode("utf-8-sig").splitlines()))
    else:
        rows = [list(row) for row in load_workbook(out).active.values]
    assert rows[0] == [f"[{MARK}] Kênh", "Bài"]
    assert str(rows[1][1]) == "3"


@pytest.mark.django_db
def test_a_sheet_to_fill_in_bears_the_mark_and_is_read_back(in_training):
    topic, today = factories.topic(), date(2026, 12, 3)
    rows = plans.example_rows([], [topic], today)
    plan = plans.build_workbook(rows, channels=[], topics=[topic])

    for data in (plan, people.template([factories.UnitFactory()])):
        book = load_workbook(io.BytesIO(data))
        assert book.sheetnames[0].startswith(MARK)
        assert {sheet.oddHeader.center.text for sheet in book} == {MARK}
    assert len(plans.read_rows(io.BytesIO(plan), size=len(plan))) == len(rows)


@pytest.mark.django_db
def test_a_subscribed_calendar_bears_the_mark(in_training):
    officer = factories.person(Role.OFFICER)
    unit = officer.current_appointments[0].unit
    post = factories.approved(unit=unit, title="Cảnh giác lừa đảo")
    factories.delivery(post)
    link = factories.calendar_link(officer, unit)
    body = Client().get(reverse("publishing:calendar_subscribed", args=[link.public_id, "abc"]))

    text = body.content.decode().replace("\r\n ", "")
    assert f"X-WR-CALNAME:[{MARK}] " in text
    assert f"SUMMARY:[{MARK}] " in text


@pytest.mark.parametrize("layout", sorted((compose.ROOT / "training" / "layouts").iterdir()))
def test_papers_of_a_class_say_it_themselves(layout):
    assert MARK in layout.read_text(encoding="utf-8")


# --- pictures -------------------------------------------------------------------------------------


def open_picture(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def count_yellow(picture: Image.Image) -> float:
    """Return how much of the uppermost line is of the mark's yellow."""
    line = np.asarray(picture)[4].astype(int)
    return float((abs(line - (0xFA, 0xCC, 0x15)).sum(axis=1) < 40).mean())


@pytest.mark.parametrize("look", Look.values)
def test_cards_and_posters_bear_the_mark_and_lose_no_room(look, settings):
    sheets = {name: sheet.scaled(0.5) for name, sheet in {**SHEETS, "a4": PAPERS["a4"]}.items()}
    sheets["a4"] = PAPERS["a4"].scaled(1)
    live = typeset(CONTENT, look, sheets)
    settings.TRAINING = True
    marked = typeset(CONTENT, look, sheets)

    assert too_long(marked) == too_long(live) == {}
    for name in sheets:
        before, after = open_picture(live[name].data), open_picture(marked[name].data)
        assert after.size == before.size
        assert count_yellow(before) < 0.05 < 0.5 < count_yellow(after)
        assert [code.text for code in zxingcpp.read_barcodes(after)] == [CONTENT.link]


def test_the_mark_is_no_stamp_to_the_scanners(in_training):
    from media.scanners.programs.stamps import Stamps

    stamps = Stamps()
    for look in Look.values:
        drawn = typeset(replace(CONTENT, link=""), look, {"card": SHEETS["1x1"]})
        assert stamps.find(np.asarray(open_picture(drawn["card"].data))) == []


def test_a_code_for_print_bears_the_mark_and_reads(in_training):
    picture = open_picture(draw_qr_code("https://portal.example/l/abc"))

    assert count_yellow(picture) > 0.9
    assert [code.text for code in zxingcpp.read_barcodes(picture)] == [
        "https://portal.example/l/abc"
    ]
