"""Reports as Word files that clerks go on writing in: real styles, real fields for page numbers.

python-docx makes the frame (styles, settings, a header) once a process. What a report says goes
into it as text of XML: by python-docx and its parser a table of 3,319 rows takes 25 s instead of
one.
"""

import functools
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from typing import Any
from xml.sax.saxutils import escape

import docx
from docx.document import Document as WordDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt
from docx.styles.style import ParagraphStyle
from PIL import ImageFont

from engagement.reports import decree
from engagement.reports.document import Appendix, Block, Document, Table
from engagement.reports.marks import prepare_for_paper
from engagement.reports.rendering.pdf import FONTS

_TEXT, _FACTS = "word/document.xml", "docProps/core.xml"
_CENTRE, _RIGHT = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT
_BOTH, _LEFT = WD_ALIGN_PARAGRAPH.JUSTIFY, WD_ALIGN_PARAGRAPH.LEFT
_TWIPS_A_MM = 1440 / 25.4  # Word counts in twentieths of a point
_RECIPIENTS_AT = 25  # mm
_LONG_CELL = 1500  # letters: such a row may need more than a page, so it may be split
_SHORT_TABLE = 12  # rows: it stays on one page

# id, name, points, bold, italic, alignment, points before, points after
_STYLES: Sequence[tuple[str, str, int, bool, bool, Any, int, int]] = (
    ("Parent", "Cơ quan chủ quản", decree.PARENT, False, False, _CENTRE, 0, 0),
    ("Body", "Cơ quan ban hành", decree.BODY, True, False, _CENTRE, 0, 0),
    ("Nation", "Quốc hiệu", decree.NATION, True, False, _CENTRE, 0, 0),
    ("Motto", "Tiêu ngữ", decree.MOTTO, True, False, _CENTRE, 0, 0),
    ("Number", "Số, ký hiệu", decree.NUMBER, False, False, _CENTRE, 6, 0),
    ("Place", "Địa danh, thời gian", decree.PLACE, False, True, _CENTRE, 6, 0),
    ("ReportTitle", "Tên loại văn bản", decree.TITLE, True, False, _CENTRE, 12, 0),
    ("Subject", "Trích yếu", decree.SUBJECT, True, False, _CENTRE, 0, 0),
    ("Recipients", "Kính gửi", decree.RECIPIENTS, False, False, _LEFT, 0, 0),
    ("TableText", "Chữ trong bảng", decree.TABLE, False, False, _LEFT, 2, 2),
    ("TableNumber", "Số trong bảng", decree.TABLE, False, False, _RIGHT, 2, 2),
    ("TableTitle", "Đầu bảng", decree.TABLE, True, False, _CENTRE, 2, 2),
    ("Note", "Ghi chú bảng", decree.NOTE, False, True, _LEFT, 2, 6),
    ("Authority", "Quyền hạn, chức vụ", decree.SIGNATURE, True, False, _CENTRE, 0, 0),
    ("SignedBy", "Họ tên người ký", decree.SIGNATURE, True, False, _CENTRE, decree.SIGNING, 0),
    ("CopiesWord", "Nơi nhận", decree.COPIES_WORD, True, True, _LEFT, 0, 0),
    ("Copies", "Danh sách nơi nhận", decree.COPIES, False, False, _LEFT, 0, 0),
    ("Appendix", "Phụ lục", decree.APPENDIX, True, False, _CENTRE, 0, 0),
    ("AppendixTitle", "Tên phụ lục", decree.APPENDIX_TITLE, True, False, _CENTRE, 0, 0),
    ("AppendixOf", "Kèm theo văn bản", decree.APPENDIX_OF, False, True, _CENTRE, 0, 0),
    ("End", "Hết văn bản", decree.TEXT, False, False, _RIGHT, decree.BETWEEN, 0),
    ("Rule", "Đường kẻ", 2, False, False, _CENTRE, 2, 6),
)


def write_docx(document: Document) -> bytes:
    """Return the report as a Word file; the same report gives the same bytes. Raise Refused for a
    mark of secrecy, urgency or circulation.
    """
    document = prepare_for_paper(document)
    parts = dict(_make_frame(document.mark))
    before, header, after = _split_frame(parts[_TEXT])
    parts[_TEXT] = "".join([before, *_write_body(document, header), after]).encode()
    parts[_FACTS] = _write_properties(document).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, part in parts.items():
            file.writestr(zipfile.ZipInfo(name), part, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _split_frame(text: bytes) -> tuple[str, str, str]:
    """Return what stands before and after the text of the frame, which ends with an appendix, and
    the id of the header.
    """
    before, section = text.decode().split("<w:sectPr", 1)
    header = section.split('<w:headerReference w:type="default" r:id="', 1)[1].split('"', 1)[0]
    return before, header, f"<w:sectPr{section}"


def _write_properties(document: Document) -> str:
    """Return the file's properties: title, author, and the moment of the figures as its own."""
    moment = f"{document.as_of.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        f"<cp:coreProperties {nsdecls('cp', 'dc', 'dcterms', 'xsi')}>"
        f"<dc:title>{escape(document.subject[:255])}</dc:title>"
        f"<dc:creator>{escape(document.body.upper()[:255])}</dc:creator><dc:language>vi-VN</dc:language>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{moment}</dcterms:created>'
        f'<dcterms:modified xsi:type="dcterms:W3CDTF">{moment}</dcterms:modified>'
        "</cp:coreProperties>"
    )


@functools.cache
def _make_frame(mark: str) -> Mapping[str, bytes]:
    """Return the parts of an empty report: styles, paper, a header with the page's number."""
    word = docx.Document()
    _set_builtin_styles(word)
    for key, name, points, bold, italic, align, before, after in _STYLES:
        style = word.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.element.set(qn("w:styleId"), key)
        style.base_style = word.styles["Normal"]
        _set_style(style, points, bold=bold, italic=italic)
        line = style.paragraph_format
        line.alignment, line.first_line_indent = align, Mm(0)
        line.space_before, line.space_after = Pt(before), Pt(after)
    section = word.sections[0]
    section.page_width, section.page_height = Mm(decree.PAPER[0]), Mm(decree.PAPER[1])
    section.top_margin, section.bottom_margin = Mm(decree.TOP), Mm(decree.BOTTOM)
    section.left_margin, section.right_margin = Mm(decree.LEFT), Mm(decree.RIGHT)
    section.header_distance = Mm(decree.PAGE_NUMBER_AT)
    section.different_first_page_header_footer = True
    header = section.header.paragraphs[0]
    if mark:
        header.add_run(f"{mark} · ")
    header._p.append(parse_xml(_FIELD))
    start = OxmlElement("w:pgNumType")  # the last section is an appendix: see `_write_section_end`
    start.set(qn("w:start"), "1")
    section._sectPr.find(qn("w:pgMar")).addnext(start)
    relations = word.part.package.rels
    for key in [key for key, rel in relations.items() if rel.reltype.endswith("/thumbnail")]:
        del relations[key]  # a picture of python-docx's template
    out = io.BytesIO()
    word.save(out)
    with zipfile.ZipFile(out) as file:
        return {name: file.read(name) for name in file.namelist()}


_FIELD = f'<w:fldSimple {nsdecls("w")} w:instr=" PAGE "><w:r><w:t>2</w:t></w:r></w:fldSimple>'


def _set_builtin_styles(word: WordDocument) -> None:
    """Set the styles that Word knows by itself: text, headings, captions, the header."""
    normal = word.styles["Normal"]
    _set_style(normal, decree.TEXT)
    line = normal.paragraph_format
    line.alignment, line.first_line_indent = _BOTH, Mm(decree.INDENT)
    line.space_before, line.space_after = Pt(0), Pt(decree.BETWEEN)
    line.line_spacing, line.widow_control = 1.0, True
    for level in (1, 2, 3):
        style = word.styles[f"Heading {level}"]
        _set_style(style, decree.TEXT, bold=level < 3)
        line = style.paragraph_format
        line.space_before, line.space_after = Pt(0), Pt(decree.BETWEEN)
        line.keep_with_next = True
    caption = word.styles["Caption"]
    _set_style(caption, decree.TEXT, bold=True)
    line = caption.paragraph_format
    line.alignment, line.first_line_indent = _CENTRE, Mm(0)
    line.space_after, line.keep_with_next = Pt(decree.BETWEEN), True
    header = word.styles["Header"]
    _set_style(header, decree.PAGE_NUMBER)
    header.paragraph_format.alignment = _CENTRE
    header.paragraph_format.first_line_indent = Mm(0)


def _set_style(
    style: ParagraphStyle, points: int, *, bold: bool = False, italic: bool = False
) -> None:
    """Set a style's letters: the decree's font for all scripts, black, Vietnamese."""
    about = style.element.get_or_add_rPr()
    for child in list(about):  # the frame's headings are blue, and of another font
        about.remove(child)
    font = style.font
    font.size, font.bold, font.italic = Pt(points), bold, italic
    fonts = OxmlElement("w:rFonts")
    for script in ("ascii", "hAnsi", "cs", "eastAsia"):
        fonts.set(qn(f"w:{script}"), decree.FONT)
    about.insert(0, fonts)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "vi-VN")
    about.append(language)


def _write_body(document: Document, header: str) -> list[str]:
    """Return the text in pieces of XML, one after the other. ``header``: the id of the header."""
    width, blocks = _compute_text_width(False), document.blocks
    pieces = [*_write_letterhead(document), *_write_recipients(document)]
    pieces += _write_blocks(blocks[:-1], width)
    # Nobody signs a page without text.
    pieces += [
        _write_paragraph("Normal", blocks[-1].text, rest="<w:keepNext/>"),
        _write_signature(document),
    ]
    pieces.append(_write_section_end(header, is_wide=False, restarts=False))
    *others, last = document.appendix_pages
    for appendix in others:
        pieces += _write_appendix(appendix)
        pieces.append(_write_section_end(header, is_wide=appendix.is_wide, restarts=True))
    return [*pieces, *_write_appendix(last)]


def _write_paragraph(style: str, text: str = "", *, rest: str = "") -> str:
    """Return a paragraph; ``rest`` are further properties of it."""
    run = f'<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r>' if text else ""
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{rest}</w:pPr>{run}</w:p>'


def _write_line(width: float, of: float) -> str:
    """Return a drawn line of ``width``, in the middle of ``of``, both in millimetres."""
    side = round((of - width) / 2 * _TWIPS_A_MM)
    return _write_paragraph(
        "Rule",
        rest='<w:pBdr><w:bottom w:val="single" w:sz="6" w:space="0" w:color="000000"/></w:pBdr>'
        f'<w:ind w:left="{side}" w:right="{side}" w:firstLine="0"/>',
    )


def _write_cell(width: float, *paragraphs: str) -> str:
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{_to_twips(width)}" w:type="dxa"/></w:tcPr>'
        f"{''.join(paragraphs)}</w:tc>"
    )


def _write_borderless_table(widths: Sequence[float], rows: Iterable[str]) -> str:
    """Return a table without lines, which places what stands side by side."""
    columns = "".join(f'<w:gridCol w:w="{_to_twips(width)}"/>' for width in widths)
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{_to_twips(sum(widths))}" w:type="dxa"/>'
        '<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="0" w:type="dxa"/>'
        '<w:right w:w="0" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        f"<w:tblGrid>{columns}</w:tblGrid>{''.join(rows)}</w:tbl>"
    )


def _write_letterhead(document: Document) -> list[str]:
    """Return the boxes 1 to 5a of the decree's plan (IV 2)."""
    width = _compute_text_width(False)
    left, right = (share * width for share in decree.LETTERHEAD)
    body = _measure_text(document.body.upper(), decree.BODY, of=left)
    motto = _measure_text(decree.MOTTO_WORDS, decree.MOTTO, of=right)
    subject = _measure_text(document.subject, decree.SUBJECT, of=width)
    names = "".join(
        [
            _write_cell(
                left,
                _write_paragraph("Parent", document.parent.upper()),
                _write_paragraph("Body", document.body.upper()),
                _write_line(body * decree.RULE, left),
            ),
            _write_cell(
                right,
                _write_paragraph("Nation", decree.NATION_WORDS),
                _write_paragraph("Motto", decree.MOTTO_WORDS),
                _write_line(motto, right),
            ),
        ]
    )
    lines = _write_cell(left, _write_paragraph("Number", document.number_line)) + _write_cell(
        right, _write_paragraph("Place", document.place_line)
    )
    return [
        _write_borderless_table((left, right), [f"<w:tr>{names}</w:tr>", f"<w:tr>{lines}</w:tr>"]),
        _write_paragraph("ReportTitle", document.title.upper()),
        _write_paragraph("Subject", document.subject),
        _write_line(subject * decree.RULE, width),
    ]


def _write_recipients(document: Document) -> list[str]:
    """Return box 9a."""
    names = document.recipient_lines
    if not names:
        return []
    after = '<w:spacing w:before="0" w:after="240"/>'
    if len(names) == 1:
        text = f"{decree.TO} {names[0]}"
        return [_write_paragraph("Recipients", text, rest=f'{after}<w:jc w:val="center"/>')]
    # The dashes stand below the colon.
    word = _measure_text(decree.TO.rstrip(":"), decree.RECIPIENTS, of=100, bold=False)
    dash = _measure_text("- ", decree.RECIPIENTS, of=100, bold=False)
    at = _to_twips(_RECIPIENTS_AT + word + dash)
    hanging = f'<w:ind w:left="{at}" w:hanging="{_to_twips(dash)}"/>'
    first = f'<w:ind w:left="{_to_twips(_RECIPIENTS_AT)}" w:firstLine="0"/>'
    lines = [_write_paragraph("Recipients", decree.TO, rest=first)]
    lines += [_write_paragraph("Recipients", name, rest=hanging) for name in names[:-1]]
    return [*lines, _write_paragraph("Recipients", names[-1], rest=f"{after}{hanging}")]


def _write_blocks(blocks: Sequence[Block], width: float) -> list[str]:
    """Return the blocks; what follows a table keeps its distance, for a table has none."""
    tables = [None, *(block.table for block in blocks)]
    return [
        _write_block(block, width, above=above)
        for above, block in zip(tables, blocks, strict=False)
    ]


def _write_block(block: Block, width: float, *, above: Table | None) -> str:
    if block.table is not None:
        return _write_table(block.table, width)
    style = {
        "heading": "Heading1",
        "paragraph": "Normal",
        "caption": "Caption",
        "note": "Note",
        "end": "End",
    }[block.kind]
    space = f'<w:spacing w:before="{20 * decree.BETWEEN}"/>' if above and style != "Note" else ""
    return _write_paragraph(style, block.text, rest=space)


def _write_table(table: Table, width: float) -> str:
    texts = table.format_rows()
    widths = [_to_twips(share * width) for share in table.compute_widths(texts)]
    columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    lines = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    is_short = len(texts) <= _SHORT_TABLE
    titles = [column.title for column in table.columns]
    head = _write_row(titles, ["TableTitle"] * len(widths), widths, is_head=True, keep=True)
    rows = []
    plain = ["TableNumber" if column.is_number else "TableText" for column in table.columns]
    for at, row in enumerate(texts, 1):
        is_last = at == len(texts)
        bold = is_last and table.total is not None
        rows.append(_write_row(row, plain, widths, bold=bold, keep=is_short and not is_last))
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/>'
        f'<w:tblBorders>{lines}</w:tblBorders><w:tblLayout w:type="fixed"/><w:tblCellMar>'
        '<w:left w:w="60" w:type="dxa"/><w:right w:w="60" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        f"<w:tblGrid>{columns}</w:tblGrid>{head}{''.join(rows)}</w:tbl>"
    )


def _write_row(
    texts: Sequence[str],
    styles: Sequence[str],
    widths: Sequence[int],
    *,
    is_head: bool = False,
    bold: bool = False,
    keep: bool = False,
) -> str:
    """Return a row that stays in one piece; a head is repeated on each page."""
    rest = "<w:keepNext/>" if keep else ""
    run = "<w:rPr><w:b/></w:rPr>" if bold else ""
    middle = '<w:vAlign w:val="center"/>' if is_head else ""
    cells = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{middle}</w:tcPr>'
        f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{rest}</w:pPr><w:r>{run}'
        f'<w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p></w:tc>'
        for text, style, width in zip(texts, styles, widths, strict=True)
    )
    is_long = max(map(len, texts)) > _LONG_CELL
    piece = "" if is_long else "<w:cantSplit/>"
    head = "<w:tblHeader/>" if is_head else ""
    return f"<w:tr><w:trPr>{piece}{head}</w:trPr>{cells}</w:tr>"


def _write_signature(document: Document) -> str:
    """Return the boxes 7a to 7c and 9b, side by side."""
    half = _compute_text_width(False) / 2
    copies = [_write_paragraph("CopiesWord", decree.COPIES_TO)] if document.copies else []
    copies += [_write_paragraph("Copies", line) for line in document.copy_lines]
    signature = document.signature
    lines = (*signature.authority, signature.position)
    titles = [_write_paragraph("Authority", line.upper()) for line in lines if line]
    row = _write_cell(half, *(copies or [_write_paragraph("Copies")]))
    row += _write_cell(half, *titles, _write_paragraph("SignedBy", signature.name))
    return _write_paragraph("Rule", rest="<w:keepNext/>") + _write_borderless_table(
        (half, half), [f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{row}</w:tr>"]
    )


def _write_appendix(appendix: Appendix) -> list[str]:
    width = _compute_text_width(appendix.is_wide)
    of = _measure_text(appendix.of, decree.APPENDIX_OF, of=width, bold=False)
    return [
        _write_paragraph("Appendix", appendix.word),
        _write_paragraph("AppendixTitle", appendix.title),
        _write_paragraph("AppendixOf", appendix.of),
        _write_line(of * decree.RULE / 3, width),
        *_write_blocks(appendix.blocks, width),
    ]


def _write_section_end(header: str, *, is_wide: bool, restarts: bool) -> str:
    """Return the paragraph that ends a section: its paper, and that its first page bears no
    number.
    """
    short, long = (_to_twips(side) for side in decree.PAPER)
    size = (
        f'<w:pgSz w:w="{long}" w:h="{short}" w:orient="landscape"/>'
        if is_wide
        else f'<w:pgSz w:w="{short}" w:h="{long}"/>'
    )
    margins = (
        f'<w:pgMar w:top="{_to_twips(decree.TOP)}" w:right="{_to_twips(decree.RIGHT)}" '
        f'w:bottom="{_to_twips(decree.BOTTOM)}" w:left="{_to_twips(decree.LEFT)}" '
        f'w:header="{_to_twips(decree.PAGE_NUMBER_AT)}" w:footer="720" w:gutter="0"/>'
    )
    start = '<w:pgNumType w:start="1"/>' if restarts else ""
    reference = f'<w:headerReference w:type="default" r:id="{header}"/>'
    section = f"<w:sectPr>{reference}{size}{margins}{start}<w:titlePg/></w:sectPr>"
    return _write_paragraph("Rule", rest=section)


def _compute_text_width(is_wide: bool) -> float:
    """Return the width between the margins, in millimetres."""
    return decree.PAPER[is_wide] - decree.LEFT - decree.RIGHT


def _to_twips(millimetres: float) -> int:
    return round(millimetres * _TWIPS_A_MM)


def _measure_text(text: str, points: int, *, of: float, bold: bool = True) -> float:
    """Return the width of a line of ``text``, at most ``of`` millimetres."""
    return min(_load_font(bold).getlength(text[:500]) * points / _MEASURED_AT * 25.4 / 72, of)


_MEASURED_AT = 100


@functools.cache
def _load_font(bold: bool) -> ImageFont.FreeTypeFont:
    """Return the font that has the widths of Times New Roman."""
    name = "LiberationSerif-Bold.ttf" if bold else "LiberationSerif-Regular.ttf"
    return ImageFont.truetype(str(FONTS / name), _MEASURED_AT)
