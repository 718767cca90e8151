"""Posts are found by an index of words."""

import pytest
from django.db import connection

from core.text import fold
from core.word_search import LONGEST_TEXT, split_phrases
from posts.models import Post
from tests import factories

pytestmark = pytest.mark.django_db

TEXTS = {
    "scam": "Cảnh báo lừa đảo số 17: không bấm vào https://vietcombank.example/nhan-qua?id=5",
    "phone": "Gọi 0905.123.456 hoặc (0236) 3822-113, mã OTP không đưa cho ai",
    "mail": "Thư về congan_haichau@danang.example trước 1e5 giờ, lúc 7.30",
    "law": "Nghị định 13/2023/NĐ-CP: dữ liệu cá nhân, “quyền riêng tư” – điều 9",
    "blank": "",
    "emoji": "🔥nóng quá, cháy_nổ!",
}


@pytest.fixture
def posts():
    for title, text in TEXTS.items():
        factories.PostFactory(title=title, search=fold(text))


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("lừa đảo", {"scam"}),
        ("LUA DAO", {"scam"}),
        ("đảo lừa", {"scam"}),
        ("lu da", {"scam", "mail"}),
        ("lua khong", {"scam"}),
        ("khong", {"scam", "phone"}),
        ("ua", set()),
        ("17", {"scam"}),
        ("7", {"mail"}),
        ("vietcombank", {"scam"}),
        ("nhan-qua", {"scam"}),
        ("nhan-q", {"scam", "law"}),
        ("qua-nhan", set()),
        ("nhan qua", {"scam"}),
        ("0905.123.456", {"phone"}),
        ("0905123456", set()),
        ("123.456", {"phone"}),
        ("090", {"phone"}),
        ("(0236)", {"phone"}),
        ("haichau", {"mail"}),
        ("congan_haichau@danang", {"mail"}),
        ("1e5", {"mail"}),
        ("7.30", {"mail"}),
        ("13/2023", {"law"}),
        ("13/2023/nd-cp", {"law"}),
        ("“quyen rieng", {"law"}),
        ("điều: 9", {"law"}),
        ("nong", {"emoji"}),
        ("no chay", {"emoji"}),
        ("!!!", set()),
        ("'", set()),
        ("lua & !dao:*", {"scam"}),
        ("\\", set()),
    ],
)
def test_a_post_is_found_by_the_beginnings_of_its_words(posts, words, found):
    assert {post.title for post in Post.objects.search(words)} == found


def test_words_that_most_posts_have_are_found_in_the_order_of_the_list(posts, monkeypatch):
    monkeypatch.setattr("core.word_search.COMMON", 1)

    assert {post.title for post in Post.objects.search("khong")} == {"scam", "phone"}
    assert "post_words" not in Post.objects.order_by().search("khong").explain()


def test_the_index_is_asked_for_the_words_that_most_posts_have_not(posts, monkeypatch):
    monkeypatch.setattr("core.word_search.COMMON", 1)
    monkeypatch.setattr("core.word_search.FREQUENT", 2)

    found = Post.objects.order_by().search("khong lua", by_index=True)
    assert {post.title for post in found} == {"scam"}
    sql, params = found.query.sql_with_params()
    assert sql.count(" @@ ") == 2
    assert [param for param in params if param.endswith(":*)")] == ["(lua:*)", "(khong:*)"]


def test_nothing_typed_narrows_nothing(posts):
    assert Post.objects.search(" ").count() == len(TEXTS)


def test_a_post_is_found_by_the_words_that_it_has_now(posts):
    post = Post.objects.get(title="law")
    post.search = fold("Phòng cháy")
    post.save(update_fields=["search"])

    assert [post.title for post in Post.objects.search("phong chay")] == ["law"]
    assert not Post.objects.search("nghi dinh").exists()


def test_the_longest_text_is_stored_and_found():
    numbers = " ".join(str(n) for n in range(10_000, 50_000))
    post = factories.PostFactory(search=numbers)

    assert len(numbers) > LONGEST_TEXT
    assert Post.objects.search("10000 29999").get() == post


def test_what_was_typed_is_taken_apart_as_texts_are():
    assert split_phrases(" Số 0905.123 – “ABC” ") == [["so"], ["0905", "123"], ["abc"]]


def test_they_are_found_by_the_index(posts):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = Post.objects.order_by().search("lừa đảo").explain()
    assert "post_words" in plan
