"""The real scanners on pictures made here: each kind of leak is found, clean ones stay clean."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from core import jobs, sandbox
from core.models import JobState
from media.cards.typesetting import SHEETS, Content, Format, typeset
from media.models import Media
from media.scanners import examining, queries, scanning
from media.scanners.examining import examine
from media.scanners.findings import findings_in
from media.scanners.models import Scan
from media.scanners.programs.stamps import _is_written_mark
from posts.leak_rules.registered import rules_for
from tests import factories
from tests.media.scanners.variants import DATA, LEAKS, RED, SANS_BOLD, Variant, variant


@pytest.fixture(scope="module")
def scanners():
    """All scanners, in this process: the pictures are our own."""
    from media.scanners.programs.looking import Scanners

    found = Scanners()
    assert found.missing == set()
    return found


@pytest.fixture(scope="module")
def stamps():
    from media.scanners.programs.stamps import Stamps

    return Stamps()


def boxes_of(drawn: Variant, scanners):
    pixels = np.asarray(drawn.picture.convert("RGB"))
    return findings_in(scanners.look(pixels), rules_for(None))


def covers(box, target) -> bool:
    left, top, right, bottom = (side * 10_000 for side in target.box)
    width = min(right, box.x + box.width) - max(left, box.x)
    height = min(bottom, box.y + box.height) - max(top, box.y)
    return min(width, height) > 0 and width * height >= (right - left) * (bottom - top) / 2


@pytest.mark.parametrize("kind", LEAKS)
def test_what_leaks_in_a_picture_is_found_where_it_is(kind, scanners):
    drawn = variant(kind, 0)

    boxes = boxes_of(drawn, scanners)

    for target in drawn.targets:
        assert [box for box in boxes if box.rule in target.rules and covers(box, target)]


@pytest.mark.parametrize(
    ("kind", "severity"), [("sealed page", "info"), ("secret page", "hard"), ("army plate", "hard")]
)
def test_a_round_seal_is_information_alone(kind, severity, scanners):
    drawn = variant(kind, 1)

    boxes = boxes_of(drawn, scanners)

    (rule,) = drawn.targets[0].rules
    assert [box.severity for box in boxes if box.rule == rule] == [severity]


@pytest.mark.parametrize(
    ("read", "is_mark"),
    [
        ("TỐI MẬT", True),
        ("ỐI MẬT", True),
        ("ỆT MẬT", True),
        ("ÍMẬT", False),
        ("ẢO MẬT", False),
        ("ÔI MẤT", False),
    ],
)
def test_a_mark_of_which_the_frame_takes_a_letter_is_one(read, is_mark):
    assert _is_written_mark(read) == is_mark


@pytest.mark.parametrize("number", [3, 21])
def test_words_that_are_a_mark_without_their_accents_are_none(number, scanners):
    boxes = boxes_of(variant("table", number, seed=20261127 if number == 3 else 1), scanners)

    assert [box for box in boxes if box.rule == "secret_mark"] == []


@pytest.mark.parametrize(
    ("read", "is_plate"),
    [
        ("29A-123.45", True),
        ("59-X1 123.45", True),
        ("439-130.24", True),
        ("2 1212202", False),
        ("A 1U7111", False),
        ("Lệ phí 50.000", False),
    ],
)
def test_rows_of_text_are_no_plate(read, is_plate):
    page = {"plate": True, "lines": [[[read, 0, 0, 1000, 500]]]}

    found = findings_in({"text": [page]}, rules_for(None))

    assert bool(found) == is_plate


# The others are measured by benchmarks/scans.py.
@pytest.mark.parametrize("kind", ["flag", "red headline", "photograph", "public poster", "table"])
def test_a_clean_picture_gets_no_box(kind, scanners):
    assert [box for box in boxes_of(variant(kind, 0), scanners) if box.severity != "info"] == []


@pytest.mark.parametrize("number", range(3, 9))
@pytest.mark.parametrize("kind", ["chat", "copied secret page"])
def test_light_letters_on_colour_and_marks_in_dark_ink_are_read_on_a_screen(kind, number, scanners):
    drawn = variant(kind, number, plain=True)

    boxes = boxes_of(drawn, scanners)

    for target in drawn.targets:
        assert [box for box in boxes if box.rule in target.rules and covers(box, target)]


@pytest.mark.parametrize("look", ["warning", "fire"])
def test_a_label_on_a_red_card_is_no_stamp(look, stamps):
    """The portal knows its own cards by their bytes; a copy that was saved again is any picture."""
    content = Content(title="Công an không điều tra qua điện thoại", unit="Công an xã Hoa Mai")
    drawn = typeset(content, look, {"card": SHEETS[Format.SQUARE]})

    with Image.open(io.BytesIO(drawn["card"].data)) as card:
        assert stamps.find(np.asarray(card.convert("RGB"))) == []


def test_a_red_stamp_in_a_frame_is_found_on_paper(stamps):
    picture = Image.new("RGB", (1080, 1080), (250, 249, 244))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((72, 162, 317, 223), outline=RED, width=5)
    font = ImageFont.truetype(str(SANS_BOLD), 28)
    draw.text((194, 192), "CÔNG VĂN ĐẾN", font=font, fill=RED, anchor="mm")

    assert {rule for rule, *_box in stamps.find(np.asarray(picture))} == {"stamp"}


@pytest.mark.parametrize("name", ["coffee.jpg", "astronaut.jpg", "chelsea.jpg"])
def test_nothing_reddish_in_a_photograph_is_a_stamp(name, stamps):
    with Image.open(DATA / name) as photo:
        for scale in (1, 1.4, 1.9, 2.4):
            sides = round(photo.width * scale), round(photo.height * scale)
            assert stamps.find(np.asarray(photo.convert("RGB").resize(sides))) == []


def test_a_page_that_lies_on_its_side_is_read(scanners):
    drawn = variant("bank slip", 2, plain=True)
    drawn.picture = drawn.picture.transpose(Image.Transpose.ROTATE_90)

    (box,) = [box for box in boxes_of(drawn, scanners) if box.rule == "bank_acc"]

    (target,) = drawn.targets
    left, top, right, bottom = target.box
    turned = target._replace(box=(top, 1 - right, bottom, 1 - left))
    assert covers(box, turned)


def test_a_page_that_lies_upside_down_is_read(scanners):
    drawn = variant("bank slip", 2, plain=True)
    drawn.picture = drawn.picture.transpose(Image.Transpose.ROTATE_180)

    assert "bank_acc" in {box.rule for box in boxes_of(drawn, scanners)}


def test_the_code_of_a_known_site_is_information_with_its_host_alone(scanners):
    (code,) = [box for box in boxes_of(variant("public poster", 1), scanners) if box.kind == "code"]

    assert (code.severity, code.host) == ("info", "dichvucong.gov.vn")


@pytest.mark.parametrize(
    ("text", "rule", "severity"),
    [
        ("https://zalo.me/0912000345", "phone_personal", "hard"),
        ("https://zalo.me/g/hoamai", "code", "info"),
        ("https://dichvucong.gov.vn/p?ma=0912000345", "code", "info"),
        ("https://qua-tang.example.top/0912000345", "phone_personal", "hard"),
        ("https://qua-tang.example.top/a", "link_risk", "warn"),
        ("WIFI:T:WPA;S:Hoa Mai;P:matkhau113;;", "credential", "hard"),
        ("WIFI:T:nopass;S:Hoa Mai;;", "code", "warn"),
    ],
)
def test_what_a_code_says_of_a_person_is_judged_on_any_host(text, rule, severity):
    (found,) = findings_in({"codes": [[text, 0, 0, 100, 100]]}, rules_for(None))

    assert (found.rule, found.severity) == (rule, severity)


def test_one_scanner_that_is_missing_is_named_and_the_others_work(monkeypatch):
    from media.scanners.programs import faces, looking

    monkeypatch.setattr(faces, "MODEL", Path("/nowhere/centerface.onnx"))
    scanners = looking.Scanners()
    found = scanners.look(np.full((64, 64, 3), 255, np.uint8))

    assert scanners.missing == {"faces"}
    assert set(found) == {"text", "codes", "stamps"}


# --- By the service, in a program of its own ------------------------------------------------------


@pytest.mark.scanners
@pytest.mark.django_db
def test_a_stored_picture_is_scanned_in_a_program_that_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "work"))
    (tmp_path / "work").mkdir()
    row = stored(variant("id card", 0, plain=True))

    assert jobs.run_job(row.scan.job_id)

    scan = Scan.objects.get(media=row)
    assert (scan.state, scan.missing) == (JobState.DONE, [])
    assert "id_cccd" in {box.rule for box in scan.boxes.all()}
    assert queries.open_boxes(scan) != []
    assert os.listdir(tmp_path / "work") == []


def stored(drawn: Variant) -> Media:
    row = factories.media(factories.UnitFactory())
    out = io.BytesIO()
    drawn.picture.save(out, "JPEG")
    Path(row.file.path).write_bytes(out.getvalue())
    scanning.queue(row)
    return row


@pytest.mark.parametrize(
    "body",
    [
        "import os; os.kill(os.getpid(), 11)",
        "held = [bytes(1 << 24) for _piece in range(400)]",
        "import sys; open(sys.argv[3] + '/facts.json', 'w').write('{}')",
        (
            "import sys; open(sys.argv[3] + '/facts.json', 'w').write("
            '\'{"missing": [], "samples": [{"faces": [[9000, 0, 5000, 10]]}]}\')'
        ),
    ],
    ids=["crash", "hungry", "no samples", "outside of the picture"],
)
def test_a_program_that_dies_or_lies_has_failed(body, tmp_path, monkeypatch):
    program = tmp_path / "program.py"
    program.write_text(body)
    monkeypatch.setattr(examining, "_PICTURE", program)

    with pytest.raises(sandbox.ProgramFailed):
        examine(program, is_video=False, rules=rules_for(None), report=lambda _progress: None)
