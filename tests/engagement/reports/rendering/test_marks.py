from dataclasses import replace

import pytest

from core.errors import Refused
from core.secrecy import SecrecyRefused
from engagement.reports.document import Part, Signature
from engagement.reports.rendering.excel import write_xlsx
from engagement.reports.rendering.pdf import write_pdfs
from engagement.reports.rendering.word import write_docx

from .samples import table, week

WRITERS = [write_docx, lambda document: write_pdfs([document]), write_xlsx]


def everywhere(mark):
    """Return reports that bear ``mark`` each in another place."""
    yield from (week(subject=mark), week(title=mark), week(recipients=(mark,)))
    yield from (week(opening=("Mở đầu.", mark)), week(copies=(mark,)), week(digest=mark))
    yield from (week(**{at: mark}) for at in ("parent", "body", "place", "symbol"))
    yield from (week(issuer=mark), week(number=mark))
    yield from (week(signature=Signature((mark,), "")), week(signature=Signature((), "", mark)))
    yield from (week(parts=(Part(mark),)), week(parts=(Part("A", (mark,)),)))
    yield week(parts=(Part("A", tables=(table(mark),)),))
    yield week(appendices=(table("A", (mark, 1, 2, 3)),))
    yield week(appendices=(replace(table("A"), note=mark),))
    yield from (week(definitions=(("A", mark),)), week(definitions=((mark, "A"),)))


@pytest.mark.parametrize("mark", ["TUYỆT MẬT", "(MẬT)", "T Ố I  M Ậ T"])
@pytest.mark.parametrize("write", WRITERS)
def test_no_file_bears_a_mark_of_secrecy(write, mark):
    for document in everywhere(mark):
        with pytest.raises(SecrecyRefused):
            write(document)


@pytest.mark.parametrize("mark", ["HỎA TỐC", "[ Thượng khẩn ]", "Lưu hành nội bộ"])
@pytest.mark.parametrize("write", WRITERS)
def test_no_file_bears_a_mark_of_urgency_or_circulation(write, mark):
    for document in everywhere(mark):
        with pytest.raises(Refused, match=r"urgency|khẩn"):
            write(document)


def test_a_sentence_that_speaks_of_urgency_is_no_mark():
    assert write_docx(week(opening=("Tuyên truyền khẩn trương, đúng quy định về bảo mật.",)))
