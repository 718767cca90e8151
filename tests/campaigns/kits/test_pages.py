"""Pages of those who issue kits."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import localdate as today

from accounts.models import Notice
from accounts.permissions import Role
from accounts.step_up import STEPPED_UP_AT
from campaigns.kits import announcing, issuing
from campaigns.kits.models import Kit, KitVersion
from core.differences import Piece
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def sign_in(client):
    def enter(role, unit):
        user = factories.person(role, unit)
        client.force_login(user)  # which has proved a factor, see conftest.py
        return user

    return enter


def page(name, kit):
    return reverse(f"kits:{name}", args=[kit.public_id])


def _main(answer):
    """Return the page without its menus."""
    return answer.content.decode().split("<main", 1)[1].split("</main>", 1)[0]


def written(province, **changes):
    return {
        "edition": "0",
        "rows": "1",
        "name": "Sạc xe điện",
        "campaign": factories.CampaignFactory(unit=province).pk,
        "topic": factories.topic().pk,
        "title": "Sạc xe điện an toàn",
        "text": "Công an {don_vi} nhắc bà con.\r\n\r\nKhông sạc qua đêm ở {khu_vuc}.",
        "platforms": ["facebook"],
        "audience": "all",
        "window_from": today().strftime("%d/%m/%Y"),
        "window_until": (today() + timedelta(days=9)).strftime("%d/%m/%Y"),
        "placeholder-0-name": "khu_vuc",
        "placeholder-0-kind": "place",
        "placeholder-0-label": "Khu vực",
        "placeholder-0-example": "tổ 5",
        **changes,
    }


def test_a_kit_is_written_submitted_approved_and_issued(client, province, sign_in):
    commune = factories.UnitFactory(parent=province)
    officer = factories.person(Role.OFFICER, commune)
    picture = factories.media(province)
    sign_in(Role.SUPERVISOR, province)
    form = written(province, media=[str(picture.public_id)])

    client.post(reverse("kits:new"), {**form, f"alt-{picture.public_id}": "Ổ cắm"})
    kit = Kit.objects.get()
    version = kit.versions.get()
    assert [medium.alt_text for medium in version.media.all()] == ["Ổ cắm"]
    assert version.placeholders[0]["name"] == "khu_vuc"
    client.post(page("submit", kit))
    assert client.get(page("approve", kit)).status_code == 403

    sign_in(Role.OVERSEER, province)
    shown = client.get(page("approve", kit))
    version.refresh_from_db()
    assert version.content_sha256 in shown.content.decode()
    assert "tổ 5" in shown.content.decode()
    assert commune.name in shown.content.decode()
    session = client.session
    proved = session.pop(STEPPED_UP_AT)
    session.save()
    asked = client.post(page("approve", kit), {"sha256": version.content_sha256})
    assert asked["Location"] != page("kit", kit)
    session[STEPPED_UP_AT] = proved
    session.save()
    returned = client.post(page("approve", kit), {"return": "1", "reason": ""})
    assert returned.status_code == 422
    client.post(page("approve", kit), {"sha256": version.content_sha256})
    acts = client.get(page("kit", kit)).context["acts"]
    assert (acts["review"], acts["return_"]) == (False, True)
    client.post(page("issue", kit))

    kit.refresh_from_db()
    assert kit.current == version
    announcing.announce_kits()
    assert list(officer.notices.values_list("kind", flat=True)) == ["kit_issued"]
    announcing.announce_kits()
    assert officer.notices.count() == 1


def test_a_draft_says_what_it_lacks_before_anybody_submits_it(client, province, sign_in):
    sign_in(Role.OVERSEER, province)
    factories.UnitFactory(parent=province)
    row = factories.kit(province, window_until=None, platforms=["facebook"])
    submit = page("submit", row)

    answer = client.get(page("kit", row))
    assert answer.context["problems"] == [
        "Say from which day until which the kit may be published."
    ]
    assert submit not in answer.content.decode()

    complete = factories.kit(province, platforms=["facebook"])
    answer = client.get(page("kit", complete))
    assert answer.context["problems"] == []
    assert page("submit", complete) in answer.content.decode()


def test_buttons_of_the_form_bring_it_back_as_typed_and_save_nothing(client, province, sign_in):
    commune = factories.UnitFactory(parent=province, place="Phường Bến Nắng")
    factories.UnitFactory(place="Phường Bến Nắng Xa")
    picture = factories.media(province)
    sign_in(Role.SUPERVISOR, province)

    def again(asked, **changes):
        form = written(province, again=asked, name="", **changes)
        response = client.post(reverse("kits:new"), form)
        assert response.status_code == 200
        assert response.context["form"].errors == {}
        return response.context["form"]

    text = again("insert:dia_chi")["text"].value()
    assert text.endswith("{khu_vuc}. {dia_chi}")
    rows = again("row", text="{moi} {khu_vuc}").placeholders
    assert [row.name for row in rows] == ["khu_vuc", "moi", "", ""]
    assert again("units", units_q="ben nang").other_units == [commune]
    kept = again("media", for_units=[commune.key], media_q="khong co")
    assert kept.chosen_units == [commune]
    assert kept.other_media == []
    assert again("media").other_media == [picture]
    assert Kit.objects.count() == 0


def test_a_placeholder_gets_its_name_from_its_label(client, province, sign_in):
    sign_in(Role.SUPERVISOR, province)
    form = written(
        province,
        rows="3",
        text="Nộp tại {diem_giao_nop}, gọi {khu_vuc}.",
        **{
            "placeholder-0-name": "Khu Vực",
            "placeholder-1-name": "",
            "placeholder-1-label": "Điểm giao nộp",
            "placeholder-1-example": "nhà văn hóa",
            # Brought by the text, while the row above it had another name.
            "placeholder-2-name": "diem_giao_nop",
        },
    )

    client.post(reverse("kits:new"), form)

    placeholders = Kit.objects.get().versions.get().placeholders
    assert [(placeholder["name"], placeholder["label"]) for placeholder in placeholders] == [
        ("khu_vuc", "Khu vực"),
        ("diem_giao_nop", "Điểm giao nộp"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Nộp tại {?}, cảm ơn.", "Nộp tại {diem_giao_nop}, cảm ơn."),  # where the cursor was
        ("Nộp tại:", "Nộp tại: {diem_giao_nop}"),
    ],
)
def test_a_new_placeholder_is_inserted_and_described(client, province, sign_in, text, expected):
    sign_in(Role.SUPERVISOR, province)
    form = written(province, again="new_placeholder", new_placeholder=" Điểm giao nộp ", text=text)

    answer = client.post(reverse("kits:new"), form).context["form"]

    assert answer["text"].value() == expected
    rows = [[field.value() for field in row.fields[:3]] for row in answer.placeholders]
    assert rows[:2] == [
        ["khu_vuc", "place", "Khu vực"],
        ["diem_giao_nop", "text", "Điểm giao nộp"],
    ]
    assert Kit.objects.count() == 0


def test_what_is_wrong_stands_beside_its_field_and_keeps_what_was_typed(client, province, sign_in):
    sign_in(Role.SUPERVISOR, province)
    wrong = {
        "name": "",
        "placeholder-0-name": "Ngày",  # the name of a built-in placeholder
        "best_from": "20",
        "window_until": "01/01/2026",
    }

    response = client.post(reverse("kits:new"), written(province, **wrong))

    assert response.status_code == 422
    assert {"name", "placeholder-0-name", "best_until", "window_until"} == set(
        response.context["form"].errors
    )
    assert "Không sạc qua đêm" in response.content.decode()
    leaky = written(province, text="Nghi phạm Trần Văn Bình, CCCD 001099012345, SĐT 0912345678")
    assert client.post(reverse("kits:new"), leaky).status_code == 409


def test_a_kit_is_passed_on_by_a_province_and_withdrawn_by_its_issuer(client, province, sign_in):
    top = factories.ministry()
    commune = factories.UnitFactory(parent=province)
    factories.UnitFactory()
    officer = factories.person(Role.OFFICER, commune)
    kit = factories.kit(top, state="issued", by_provinces=True)
    KitVersion.objects.update(announced_at=None)
    overseer = sign_in(Role.OVERSEER, province)
    announcing.announce_kits()
    assert list(overseer.notices.values_list("kind", flat=True)) == ["kit_to_pass_on"]
    assert officer.notices.count() == 0

    assert b"kits:edit" not in client.get(page("kit", kit)).content
    assert client.get(page("edit", kit)).status_code == 302
    client.post(page("pass_on", kit), {"note": "Chú ý các khu trọ."})
    announcing.announce_kits()
    assert list(officer.notices.values_list("kind", flat=True)) == ["kit_issued"]
    assert client.get(page("withdraw", kit)).status_code == 302

    kit.adoptions.create(
        version=kit.current, unit=commune, adopted_at=factories.timezone.now(), by=officer
    )
    sign_in(Role.OVERSEER, top)
    asked = client.post(page("withdraw", kit), {"reason": "Sai số."})
    assert list(asked.context["form"].errors) == ["take_down"]
    client.post(page("withdraw", kit), {"reason": "Sai số.", "take_down": "yes"})
    kit.refresh_from_db()
    assert kit.taken_down
    assert reverse("publishing:recall_list") in _main(client.get(page("kit", kit)))
    announcing.announce_kits()
    kinds = Notice.objects.filter(user=officer).values_list("kind", flat=True)
    assert set(kinds) == {"kit_issued", "kit_withdrawn"}


def test_the_list_filters_and_takes_as_many_queries_for_one_kit_as_for_three(
    client, province, sign_in
):
    factories.kit(province, name="Phòng cháy khu trọ", state="issued")
    sign_in(Role.OVERSEER, province)

    def listed(**query):
        with CaptureQueriesContext(connection) as queries:
            response = client.get(reverse("kits:list"), query)
        return [kit.name for kit, *_rest in response.context["rows"]], len(queries)

    _names, few = listed()
    factories.kit(province, name="Nháp")
    factories.kit(province, name="Đã duyệt", state="approved")
    factories.kit(factories.ministry(), name="Của Bộ", state="issued")
    factories.kit(factories.ministry(), name="Nháp của Bộ")
    names, many = listed()
    assert names == ["Của Bộ", "Đã duyệt", "Nháp", "Phòng cháy khu trọ"]
    assert many == few
    assert listed(q="phong chay")[0] == ["Phòng cháy khu trọ"]
    assert listed(state="writing")[0] == ["Nháp"]
    assert listed(state="approved")[0] == ["Đã duyệt"]
    assert listed(state="issued")[0] == ["Của Bộ", "Phòng cháy khu trọ"]


def test_units_are_notified_in_batches_of_as_many_queries_whatever_their_number(
    province, monkeypatch
):
    kit = factories.kit(province, state="issued")
    units = [factories.UnitFactory(parent=province) for _ in range(4)]
    people = [factories.person(Role.OFFICER, unit) for unit in units]

    def announced(batch):
        monkeypatch.setattr(announcing, "BATCH", batch)
        Notice.objects.all().delete()
        KitVersion.objects.update(announced_at=None, announced_upto=0)
        with CaptureQueriesContext(connection) as queries:
            batches = announcing.announce_kits()
        assert {notice.user for notice in Notice.objects.all()} == set(people)
        return batches, len(queries)

    (two, of_two), (one, of_one) = announced(3), announced(1)
    kit.refresh_from_db()
    assert (two, one) == (1, 4)
    assert (of_one - of_two) / (one - two) < 9


def test_the_preview_is_read_as_the_unit_that_is_named(client, province, sign_in):
    factories.UnitFactory(parent=province)
    named = factories.UnitFactory(parent=province, place="Phường Bến Nắng")
    kit = factories.kit(province, state="issued")
    sign_in(Role.SUPERVISOR, province)

    shown = client.get(page("kit", kit), {"unit": "ben nang"})
    nobody = client.get(page("kit", kit), {"unit": "không có"})

    assert shown.context["preview"].unit == named
    assert nobody.context["as_unit_problem"]


def test_the_preview_shows_an_open_placeholder_by_its_label(client, province, sign_in):
    factories.UnitFactory(parent=province)  # nobody has entered its telephone
    kit = factories.kit(province, text="Gọi {duong_day_nong}.", placeholders=[], state="issued")
    sign_in(Role.SUPERVISOR, province)

    shown = client.get(page("kit", kit)).content.decode()

    assert '<mark class="kit-open">[Telephone of the officer on duty]</mark>' in shown
    assert "{duong_day_nong}" not in shown


def test_who_approves_a_new_version_sees_word_by_word_what_changed(client, province, sign_in):
    kit = factories.kit(province, state="issued", platforms=["facebook"])
    factories.UnitFactory(parent=province)
    writer = sign_in(Role.SUPERVISOR, province)
    version = issuing.begin_new_version(kit, by=writer)
    version.text = version.text.replace("qua đêm", "trong phòng ngủ")
    version.changes = "Rõ hơn"
    version.save()
    issuing.submit_version(version, by=writer)

    sign_in(Role.OVERSEER, province)
    shown = client.get(page("approve", kit))
    (difference,) = shown.context["differences"]
    assert difference.pieces[1:3] == [Piece("del", "qua đêm"), Piece("ins", "trong phòng ngủ")]
    assert "[Khu vực]" in difference.pieces[0].text
    assert "<ins>" in shown.content.decode()


def test_a_poster_is_written_seen_as_a_unit_prints_it_and_printed_as_a_specimen(
    client, province, sign_in
):
    commune = factories.UnitFactory(parent=province)
    sign_in(Role.SUPERVISOR, province)
    poster = {"poster_look": "fire", "poster_line_1": "Sạc xe ở {khu_vuc}: có người trông."}
    client.post(reverse("kits:new"), written(province, **poster, poster_hotline="114"))
    kit = Kit.objects.get()
    assert kit.versions.get().poster["line_1"] == poster["poster_line_1"]
    shown = client.get(page("kit", kit)).content.decode()
    assert page("poster", kit) in shown
    assert re.search(r"Sạc xe ở <mark[^>]*>tổ 5</mark>", shown)

    response = client.get(page("poster", kit))
    assert commune.label in response.content.decode()
    assert "data:image/png;base64," in response.content.decode()
    sheet = client.get(page("poster_file", kit), {"paper": "a3"})
    assert sheet.content.startswith(b"%PDF-")
    assert sheet["X-Content-Type-Options"] == "nosniff"
    assert client.get(page("poster_file", kit), {"paper": "../a3"}).status_code == 302


def test_a_kit_without_a_poster_has_no_page_of_one(client, province, sign_in):
    sign_in(Role.SUPERVISOR, province)
    kit = factories.kit(province)
    assert page("poster", kit) not in client.get(page("kit", kit)).content.decode()
    assert client.get(page("poster", kit))["Location"] == page("kit", kit)


def test_a_card_of_the_kits_title_stands_among_its_pictures(client, province, sign_in):
    kit = factories.kit(province)
    version = kit.versions.get()
    leader = sign_in(Role.OVERSEER, province)
    there = reverse("posts:card_for_kit", args=[kit.public_id])
    assert version.title in client.get(there).content.decode()
    assert there in client.get(page("kit", kit)).content.decode()
    form = {"title": version.title, "look": "fire", "formats": ["1x1"], "hotline": "", "qr": ""}

    with_placeholder = client.post(there, {**form, "line_1": "Ở {khu_vuc}"})
    assert with_placeholder.status_code == 409
    made = client.post(there, form)

    assert made["Location"] == page("kit", kit)
    card = version.media.get().media
    assert (card.unit, card.width) == (province, 1080)
    version.refresh_from_db()
    assert (version.last_editor, version.is_by(leader)) == (leader, True)  # so does not approve it
    client.post(there, form)
    assert version.media.count() == 1  # the same card is one picture
    KitVersion.objects.filter(pk=version.pk).update(state="in_review")
    assert client.post(there, form)["Location"] == page("kit", kit)


def test_a_kit_that_names_a_repealed_law_is_warned_of_and_mended_by_one_tap(
    client, province, sign_in
):
    factories.UnitFactory(parent=province)
    sign_in(Role.SUPERVISOR, province)
    form = written(province, text="Luật số 24/2018/QH14.", legal_basis="Luật An ninh mạng 2018")
    client.post(reverse("kits:new"), form)
    kit = Kit.objects.get()

    assert "116/2025/QH15" in _main(client.get(page("kit", kit)))
    answer = client.get(page("edit", kit))
    assert len(answer.context["law_warnings"]) == 1
    assert 'value="laws"' in _main(answer)
    mended = client.post(page("edit", kit), {**form, "again": "laws"})

    assert mended.context["form"]["text"].value() == "Luật số 116/2025/QH15."
    assert mended.context["form"]["legal_basis"].value() == "Luật An ninh mạng 2025"
    assert mended.context["law_warnings"] == []
    assert kit.versions.get().text == "Luật số 24/2018/QH14."  # nothing is saved by it
