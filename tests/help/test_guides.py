"""The guides: how their files are read, who finds which, and what is told of a wrong one."""

import pytest

from accounts.permissions import Role
from help import guides
from help.guides import Block, Guide, Span, check_guides, find_guide, find_readers, list_guides
from tests import factories
from units.models import Level

TEXT = """---
title: Đăng một bài
roles: officer, chief
pages: posts:new, posts:edit
order: 10
---
Dùng khi cần báo tin.

1. Chọn **Soạn bài** rồi
   gõ chữ.
   ![Trang soạn](soan.webp)
2. Bấm **Trình**.

   Rồi chờ duyệt.

> Lưu ý: <b>đọc lại</b>.

Xem thêm: [Đăng hai bài](guide:hai-bai)
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(guides, "FOLDER", tmp_path)
    guides.read_guides.cache_clear()
    yield tmp_path
    guides.read_guides.cache_clear()


def test_a_file_is_read_as_blocks(folder):
    (folder / "mot-bai.md").write_text(TEXT, "utf-8")

    guide = Guide.read(folder / "mot-bai.md")

    assert (guide.slug, guide.title, guide.order) == ("mot-bai", "Đăng một bài", 10)
    assert guide.readers == ("officer", "chief")
    assert guide.pages == ("posts:new", "posts:edit")
    assert guide.blocks == (
        Block("paragraph", (Span("Dùng khi cần báo tin."),)),
        Block(
            "step",
            (Span("Chọn "), Span("Soạn bài", bold=True), Span(" rồi"), Span(" "), Span("gõ chữ.")),
            1,
        ),
        Block("picture", (Span("Trang soạn"),), picture="soan.webp"),
        Block("step", (Span("Bấm "), Span("Trình", bold=True), Span(".")), 2),
        Block("step", (Span("Rồi chờ duyệt."),)),
        Block("note", (Span("Lưu ý: <b>đọc lại</b>."),)),
        Block("paragraph", (Span("Xem thêm: "), Span("Đăng hai bài", guide="hai-bai"))),
    )


def test_wrong_files_are_named(folder):
    (folder / "mot-bai.md").write_text(
        TEXT.replace("officer, chief", "officer, mayor").replace("posts:edit", "posts:none"),
        "utf-8",
    )
    (folder / "hong.md").write_text("không có gì", "utf-8")

    messages = sorted(error.msg for error in check_guides())

    assert messages[0].startswith("hong.md is no guide")
    assert messages[1:] == [
        "mot-bai.md: no picture soan.webp in static/help",
        "mot-bai.md: no such guide as hai-bai",
        "mot-bai.md: no such page as posts:none",
        "mot-bai.md: no such reader as mayor",
    ]


def test_the_guides_as_they_stand_are_right():
    assert check_guides() == []


def test_a_guide_is_found_by_beginnings_of_words_without_accents(folder):
    (folder / "mot-bai.md").write_text(TEXT, "utf-8")

    assert [g.slug for g in list_guides(["officer"], "dang bai")] == ["mot-bai"]
    assert list_guides(["officer"], "dang video") == []
    assert list_guides(["ministry"], "dang bai") == []


def test_of_several_guides_for_a_page_the_first_for_the_reader_is_taken(folder):
    (folder / "mot-bai.md").write_text(TEXT, "utf-8")
    (folder / "truoc.md").write_text(
        TEXT.replace("order: 10", "order: 5").replace("officer, chief", "chief"), "utf-8"
    )

    assert find_guide("posts:new", ["chief"]).slug == "truoc"
    assert find_guide("posts:new", ["officer"]).slug == "mot-bai"
    assert find_guide("posts:new", ["operator"]) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "level", "readers"),
    [
        (Role.OFFICER, Level.COMMUNE, ["officer"]),
        (Role.APPROVER, Level.COMMUNE, ["chief"]),
        (Role.OFFICER, Level.PROVINCE, ["officer", "province"]),
        (Role.APPROVER, Level.MINISTRY, ["chief", "ministry"]),
        (Role.SUPERVISOR, Level.PROVINCE, ["province"]),
        (Role.OVERSEER, Level.MINISTRY, ["ministry"]),
        (Role.ADMINISTRATOR, Level.PROVINCE, ["administrator"]),
    ],
)
def test_who_reads_which_guides(role, level, readers):
    assert find_readers(factories.person(role, factories.UnitFactory(level=level))) == readers


@pytest.mark.django_db
def test_the_operator_reads_the_operators_guides():
    assert find_readers(factories.operator()) == ["operator"]
