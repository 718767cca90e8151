import io
from dataclasses import replace

import pytest
from pypdf import PdfReader

from core import sandbox
from core.errors import Refused
from engagement.reports.rendering import pdf
from engagement.reports.rendering.pdf import write_pdfs

from .samples import campaign, month, table, units, week, year

MARKUP = '#read("/etc/passwd") $x^2$ *b* _i_ <label> @ref // c `raw` \\u{41} #eval("1+1") = t'


def write_pdf(document):
    return write_pdfs([document])[0]


def read(data):
    return PdfReader(io.BytesIO(data))


def texts(data):
    return [" ".join(page.extract_text().split()) for page in read(data).pages]


def fonts_of(data):
    found = {}
    for page in read(data).pages:
        for font in page["/Resources"]["/Font"].values():
            below = font.get_object()["/DescendantFonts"][0].get_object()
            found[below["/BaseFont"].split("+")[1]] = "/FontFile2" in below["/FontDescriptor"]
    return found


def test_a_week_is_in_the_decrees_form():
    data = write_pdf(week())
    first, last = texts(data)[0], texts(data)[-1]

    for words in (
        "CÔNG AN TP ĐÀ NẴNG",
        "CÔNG AN PHƯỜNG HẢI CHÂU",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "/BC-CAP",
        "BÁO CÁO",
        "Kính gửi: Công an thành phố Đà Nẵng.",
        "I. KẾT QUẢ THỰC HIỆN",
        "1.045.230",
        "KT. TRƯỞNG CÔNG AN PHƯỜNG",
        "- Như trên; - Lưu: VT.",
    ):
        assert words in first
    assert last.startswith("Phụ lục GIẢI THÍCH SỐ LIỆU (Kèm theo Báo cáo số")
    assert last.endswith("./.")


def test_fonts_are_the_free_twins_of_times_new_roman_and_lie_in_the_file():
    assert fonts_of(write_pdf(week())) == {
        "LiberationSerif": True,
        "LiberationSerif-Bold": True,
        "LiberationSerif-Italic": True,
        "LiberationSerif-BoldItalic": True,
    }


@pytest.mark.parametrize("document", [week(), month(40), year(), campaign()])
def test_pages_of_text_stand_and_those_of_tables_lie(document):
    pages = read(write_pdf(document)).pages
    lying = [float(page.mediabox.width) > float(page.mediabox.height) for page in pages]

    assert not lying[0]
    assert not lying[-1]
    assert any(lying) == bool(document.appendices)


def test_each_appendix_counts_its_own_pages_and_first_pages_bear_no_number():
    pages = texts(write_pdf(replace(month(168), appendices=(units(168), units(60)))))
    begins = [at for at, text in enumerate(pages) if text.startswith("Phụ lục")]
    first, second = (
        [text.split()[0] for text in pages[begins[at] + 1 : begins[at + 1]]] for at in (0, 1)
    )

    assert pages[0].startswith("BỘ CÔNG AN")
    assert len(first) >= 5
    assert len(second) >= 2
    assert first == [str(n) for n in range(2, len(first) + 2)]
    assert second == [str(n) for n in range(2, len(second) + 2)]


def test_a_long_table_repeats_its_head_on_each_page():
    pages = texts(write_pdf(month(168)))
    inside = [text for text in pages if "Công an phường số" in text]

    assert len(inside) >= 6
    assert all("Lượt tương tác" in text for text in inside)


def test_markup_is_shown_as_it_was_typed():
    hostile = week(
        subject=MARKUP,
        **dict.fromkeys(("parent", "body", "place", "symbol", "issuer"), MARKUP),
        recipients=(MARKUP, MARKUP),
        opening=(MARKUP,),
        copies=(MARKUP,),
        appendices=(table(MARKUP, (MARKUP, 1, 2, None)),),
        definitions=((MARKUP, MARKUP),),
        digest=MARKUP,
    )
    shown = " ".join(texts(write_pdf(hostile)))

    assert '#read("/etc/passwd") $x^2$ *b* _i_' in shown
    assert '#eval("1+1")' in shown
    assert "root:" not in shown


def test_a_text_of_54_kb_runs_over_pages():
    pages = texts(write_pdf(week(opening=("Dài " * 13_500,))))
    assert sum(text.count("Dài") for text in pages) == 13_500
    assert len(pages) > 10


@pytest.mark.parametrize("word", ["x" * 54_000, "Ấ" * 54_000])
def test_a_word_without_end_is_broken_and_none_of_it_lost(word):
    long = week(opening=(word,), appendices=(table("Dài", (word[:5_000], 1, 2, 3)),))
    pages = read(write_pdf(long)).pages
    shown = "".join(page.extract_text() for page in pages)

    assert shown.count(word[0]) >= 59_000
    assert len(pages) >= 15  # on one line all of it would run off one page


def test_the_same_report_gives_the_same_bytes():
    assert write_pdf(week()) == write_pdf(week())


def test_many_reports_of_one_start_are_each_themselves():
    subjects = [f"Tuần {n}" for n in range(1, 6)]
    made = write_pdfs([week(subject=subject) for subject in subjects])

    assert [subject in texts(data)[0] for subject, data in zip(subjects, made, strict=True)] == [
        True
    ] * 5
    assert made[2] == write_pdf(week(subject="Tuần 3"))
    assert write_pdfs([]) == []


def test_more_than_a_batch_is_refused_before_anything_is_set():
    with pytest.raises(ValueError, match="at most 50"):
        write_pdfs([week()] * 51)


def test_3319_units_stay_within_the_limits():
    data = write_pdf(week(appendices=(units(3319),)))

    assert len(read(data).pages) > 100
    assert len(data) < 1_500_000


def test_a_program_that_hits_a_limit_is_refused_in_words(monkeypatch):
    tight = pdf.LIMITS._replace(memory=64 * 1024 * 1024)
    monkeypatch.setattr(pdf, "LIMITS", tight)
    with pytest.raises(Refused, match="could not be set as PDF"):
        write_pdf(week())


def test_a_program_that_leaves_a_report_out_is_refused(monkeypatch):
    monkeypatch.setattr(sandbox, "run_program", lambda *_args, **_limits: {"count": 0})
    with pytest.raises(Refused):
        write_pdf(replace(week(), subject="x"))
