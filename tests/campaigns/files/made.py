"""Files as people save them, some with what may not be in one."""

import io
import zipfile

import docx
import openpyxl
from PIL import Image, ImageDraw
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import Link
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from media.cards.typesetting import Content, Sheet, typeset

WORDS = "Kế hoạch tuyên truyền phòng cháy mùa khô"


def pdf(words=WORDS, *, change=None, password=""):
    """Return a PDF with this title; ``change`` may add to it by its writer."""
    sheet = {"a4": Sheet(595, 842, 1.0, is_paper=True, form="pdf")}
    data = typeset(Content(title=words, unit="Công an tỉnh"), "notice", sheet)["a4"].data
    if not (change or password):
        return data
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    if change:
        change(writer)
    if password:
        writer.encrypt(password)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def add_script(writer):
    script = {NameObject("/JS"): TextStringObject("app.alert('x')")}
    writer._add_object(DictionaryObject({NameObject("/Next"): DictionaryObject(script)}))


def add_file(writer):
    writer.add_attachment("x.exe", b"MZ")


def add_launch(writer):
    action = DictionaryObject(
        {NameObject("/S"): NameObject("/Launch"), NameObject("/F"): TextStringObject("x.exe")}
    )
    writer._add_object(action)


def add_link(writer):
    writer.add_annotation(0, Link(rect=(0, 0, 9, 9), url="https://bocongan.gov.vn"))


def scan():
    """Return a PDF that is one picture."""
    out = io.BytesIO()
    Image.new("RGB", (200, 300), "white").save(out, "PDF")
    return out.getvalue()


def word(*paragraphs, header="", more=None, types=None):
    """Return a Word file; ``more`` are further parts by their names."""
    document = docx.Document()
    for paragraph in paragraphs or (WORDS,):
        document.add_paragraph(paragraph)
    if header:
        document.sections[0].header.paragraphs[0].text = header
    out = io.BytesIO()
    document.save(out)
    return _with(out.getvalue(), more or {}, types)


def excel(*cells, more=None, types=None):
    book = openpyxl.Workbook()
    for number, cell in enumerate(cells or (WORDS,), 1):
        book.active.cell(row=number, column=1, value=cell)
    out = io.BytesIO()
    book.save(out)
    return _with(out.getvalue(), more or {}, types)


def _with(data, more, types):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", 8) as new:
        for name in old.namelist():
            content = old.read(name)
            if types and name == "[Content_Types].xml":
                content = content.replace(*types)
            if name not in more:
                new.writestr(name, content)
        for name, content in more.items():
            new.writestr(name, content)
    return out.getvalue()


def picture():
    out = io.BytesIO()
    image = Image.new("RGB", (400, 300), "white")
    ImageDraw.Draw(image).rectangle((20, 20, 380, 280), outline="green", width=8)
    image.save(out, "JPEG")
    return out.getvalue()
