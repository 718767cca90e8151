"""Files are read by a program of its own, and refused for what they hold."""

import io
import zipfile

import pytest

from campaigns.files import reading
from campaigns.files.reading import FileRefused
from campaigns.files.states import Kind, Refusal
from core import sandbox
from core.errors import Refused
from tests import factories
from tests.campaigns.files import made

pytestmark = pytest.mark.django_db
ID_NUMBER = "Số căn cước công dân 048090123456 của ông Nguyễn Văn An, sinh ngày 01/02/1990"
EXTERNAL = (
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    b'<Relationship Id="r1" Type="http://x/%s" Target="https://a.example/" TargetMode="External"/>'
    b"</Relationships>"
)


def check(data, kind, place):
    path = place / "source"
    path.write_bytes(data)
    return reading.check_content(path, kind, unit=factories.UnitFactory(), place=place)


@pytest.mark.parametrize(
    ("kind", "make"), [(Kind.PDF, made.pdf), (Kind.WORD, made.word), (Kind.EXCEL, made.excel)]
)
def test_a_plain_file_is_taken_and_read(kind, make, tmp_path):
    assert check(make(), kind, tmp_path).was_read is True


def test_a_scan_is_taken_and_said_to_be_unread(tmp_path):
    assert check(made.scan(), Kind.PDF, tmp_path).was_read is False


def test_links_that_people_follow_may_lead_away(tmp_path):
    assert check(made.pdf(change=made.add_link), Kind.PDF, tmp_path).was_read
    more = {"word/_rels/extra.xml.rels": EXTERNAL % b"hyperlink"}
    assert check(made.word(more=more), Kind.WORD, tmp_path).was_read


@pytest.mark.parametrize("change", [made.add_script, made.add_file, made.add_launch])
def test_a_pdf_that_runs_or_carries_something_is_refused(change, tmp_path):
    with pytest.raises(FileRefused) as error:
        check(made.pdf(change=change), Kind.PDF, tmp_path)
    assert error.value.refusal == Refusal.ACTIVE


@pytest.mark.parametrize(
    "data",
    [
        made.word(more={"word/vbaProject.bin": b"x"}),
        made.word(more={"word/embeddings/oleObject1.bin": b"x"}),
        made.word(more={"word/_rels/settings.xml.rels": EXTERNAL % b"attachedTemplate"}),
        made.word(types=(b"document.main+xml", b"document.macroEnabled.main+xml")),
        made.word(
            more={
                "word/footer1.xml": b'<w:p xmlns:w="w"><w:instrText>DDEAUTO cmd</w:instrText></w:p>'
            }
        ),
    ],
    ids=["macros", "embedded", "template", "macro-enabled", "dde"],
)
def test_a_word_file_that_runs_or_carries_something_is_refused(data, tmp_path):
    with pytest.raises(FileRefused) as error:
        check(data, Kind.WORD, tmp_path)
    assert error.value.refusal == Refusal.ACTIVE


def test_an_excel_file_that_draws_on_another_is_refused(tmp_path):
    for name in ("xl/externalLinks/externalLink1.xml", "xl/macrosheets/sheet1.xml"):
        with pytest.raises(FileRefused) as error:
            check(made.excel(more={name: b"<x/>"}), Kind.EXCEL, tmp_path)
        assert error.value.refusal == Refusal.ACTIVE
    printer = {"xl/printerSettings/printerSettings1.bin": b"x"}
    assert check(made.excel(more=printer), Kind.EXCEL, tmp_path).was_read


def test_a_mark_of_secrecy_is_found_in_every_kind(tmp_path):
    marked = [
        (made.word("Kế hoạch", "TUYỆT MẬT"), Kind.WORD),
        (made.word(header="MẬT"), Kind.WORD),
        (made.excel("Danh sách", "Độ mật: TỐI MẬT"), Kind.EXCEL),
        (made.pdf("(TUYỆT MẬT)"), Kind.PDF),
    ]
    for data, kind in marked:
        with pytest.raises(FileRefused) as error:
            check(data, kind, tmp_path)
        assert error.value.refusal == Refusal.MARKED


def test_data_of_a_person_are_found(tmp_path):
    for data, kind in ((made.word(ID_NUMBER), Kind.WORD), (made.excel(ID_NUMBER), Kind.EXCEL)):
        with pytest.raises(FileRefused) as error:
            check(data, kind, tmp_path)
        assert error.value.refusal == Refusal.LEAK


def test_what_is_locked_broken_or_too_large_inside_is_refused(tmp_path, monkeypatch):
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", 8) as archive:
        archive.writestr("word/document.xml", b" " * 130_000_000)
    refused = [
        (made.pdf(password="geheim"), Kind.PDF, Refusal.LOCKED),
        (b"%PDF-1.7 no pdf", Kind.PDF, Refusal.BROKEN),
        (made.excel(), Kind.WORD, Refusal.BROKEN),
        (bomb.getvalue(), Kind.WORD, Refusal.LARGE),
        (made.word("a" * 300_000, "b" * 300_000), Kind.WORD, Refusal.LARGE),
    ]
    for data, kind, refusal in refused:
        with pytest.raises(FileRefused) as error:
            check(data, kind, tmp_path)
        assert error.value.refusal == refusal
    monkeypatch.setattr(sandbox, "run_program", _fails)
    with pytest.raises(FileRefused) as error:
        check(made.word(), Kind.WORD, tmp_path)
    assert error.value.refusal == Refusal.LARGE


def _fails(*_args, **_kwargs):
    raise sandbox.ProgramFailed


def test_what_the_virus_scanner_finds_is_refused(tmp_path, monkeypatch):
    def found(_path):
        raise Refused("found")

    monkeypatch.setattr(reading.scanner, "require_clean", found)
    with pytest.raises(FileRefused) as error:
        check(made.word(), Kind.WORD, tmp_path)
    assert error.value.refusal == Refusal.HARMFUL
