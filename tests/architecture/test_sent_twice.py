"""Every form that makes something makes it once, however often the same form is sent."""

from collections import Counter
from datetime import timedelta

import pytest
from django.apps import apps
from django.urls import reverse
from django.utils.timezone import localdate

from accounts.permissions import Role
from audit.models import Entry
from campaigns.models import Topic
from posts.models import Post
from tests import factories
from tests.architecture.test_requests import address_for, visitor

pytestmark = pytest.mark.django_db
PAGE = {"accept": "text/html", "referer": "http://testserver/"}
TOKEN = {"csrfmiddlewaretoken": "t" * 64}
TODAY, LATER = (f"{localdate() + timedelta(days=n):%d/%m/%Y}" for n in (0, 9))
TEXT = {"title": "Phòng cháy", "text": "Kiểm tra ổ điện trước khi ngủ.", "version": "0"}
# Without these a sending changes no row that counts: limits, claims and who is signed in.
UNCOUNTED = ("core.", "accounts.Session", "audit.")

FORMS = {
    "campaigns:new": {
        "name": "Tháng cao điểm",
        "starts_on": TODAY,
        "ends_on": LATER,
        "spread_minutes": "0",
    },
    "campaigns:duplicate": {},
    "campaigns:plan": {"act": "document", "name": "Kế hoạch", "text": "Số 12"},
    "campaigns:topic_rule_new": {"asks": "second", "valid_from": TODAY, "reason": "Kế hoạch 12"},
    "links:new": {
        "title": "Đăng ký xe",
        "target": "https://dichvucong.bocongan.gov.vn/xe",
    },
    "posts:correct": {},
    "posts:duplicate": {},
    "posts:enter_allowed": {"kind": "phone", "value": "0912345678", "label": "Trực ban"},
    "posts:from_template": {},
    "posts:media_folders": {"name": "Năm 2026"},
    "posts:new_snippet": {"kind": "paragraph", "title": "Thẻ", "text": "#canhgiac", "version": "0"},
    "posts:new_template": TEXT,
    "posts:reply": {"text": "Đồng chí xem lại câu này."},
    "posts:use_media": {},
    "publishing:calendar_links": {"shows": "unit"},
    "publishing:calendar_link_renew": {},
    "publishing:pause_new": {"reason": "Xác minh sự cố", "when": "now", "topic": ""},
    "engagement:board_notes": {"first": TODAY, "text": "Ra quân tháng cao điểm"},
    "oversight:ask_matter": {"subject": "other", "text": "Vì sao nghỉ đăng?", "deadline": LATER},
    "oversight:answer_matter": {"text": "Đã thực hiện."},
}


@pytest.mark.parametrize("name", FORMS)
def test_the_same_form_sent_twice_makes_one_row_and_one_entry(client, name):
    user, unit = visitor(name)
    if name == "oversight:ask_matter":
        user = factories.person(Role.OVERSEER, unit.parent)
    address = address_for(name, user, unit)
    if name == "posts:correct":
        address = reverse(name, args=[factories.live_delivery(unit=unit).post.public_id])
    sent = {"topic": _topic().pk, "unit": unit.label, **FORMS[name], **TOKEN}
    client.force_login(user)
    before = rows()

    first = client.post(address, sent, headers=PAGE)
    between, entries = rows(), Entry.objects.count()
    second = client.post(address, sent, headers=PAGE)

    assert between != before, (first.status_code, first.content.decode()[-3000:])
    assert rows() == between
    assert Entry.objects.count() == entries
    assert second.status_code == 302
    assert second["Location"] == first.get("Location", PAGE["referer"])


def _topic() -> Topic:
    return Topic.objects.first() or factories.topic()


def rows() -> Counter[str]:
    return Counter(
        {
            model._meta.label: model._base_manager.count()
            for model in apps.get_models()
            if not model._meta.label.startswith(UNCOUNTED)
        }
    )


def _save(unit, officer):
    post = factories.PostFactory(unit=unit, author=officer)
    fields = {"version": post.version, "title": "Mới", "body": "Chữ"}
    return reverse("posts:edit", args=[post.public_id]), fields


def _append_piece(unit, officer):
    post, piece = factories.PostFactory(unit=unit, author=officer), factories.snippet(unit)
    return reverse("posts:insert_snippet", args=[post.public_id]), {"snippet": str(piece.public_id)}


def _cut_video(unit, officer):
    video = factories.video(unit, seconds=90)
    fields = {"start": "0:05", "end": "1:05", "cover": "0:07"}
    return reverse("posts:edit_video", args=[video.public_id]), fields


@pytest.mark.parametrize("form", [_save, _append_piece, _cut_video])
def test_what_writes_no_entry_is_done_once_too(client, form):
    unit = factories.UnitFactory()
    officer = factories.person(Role.OFFICER, unit)
    client.force_login(officer)
    address, sent = form(unit, officer)

    first = client.post(address, {**sent, **TOKEN}, headers=PAGE)
    between = rows(), _versions()
    second = client.post(address, {**sent, **TOKEN}, headers=PAGE)

    assert (first.status_code, second.status_code) == (302, 302)
    assert second["Location"] == first["Location"]
    assert (rows(), _versions()) == between


def _versions() -> list[int]:
    return list(Post.objects.values_list("version", flat=True))
