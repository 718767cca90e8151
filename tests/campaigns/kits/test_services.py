"""A kit from the first word to the withdrawal."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils.timezone import localdate as today
from django.utils.timezone import now

from accounts.permissions import Role
from audit.models import Entry
from campaigns.kits import issuing
from campaigns.kits.checking import find_problems
from campaigns.kits.edits import KitEdit, PlaceholderEdit
from campaigns.kits.models import Kit, KitVersion
from campaigns.kits.queries import build_content, find_changed_parts, find_open_kits, find_units
from campaigns.kits.seals import is_sealed
from campaigns.kits.signals import kit_issued, kit_withdrawn
from core.errors import NotAllowed, Refused
from core.secrecy import SecrecyRefused
from tests import factories
from tests.channels.connection.rivals import overtaken
from units.models import Level

pytestmark = pytest.mark.django_db


@pytest.fixture
def ministry():
    return factories.ministry()


@pytest.fixture
def edit(ministry):
    return KitEdit(
        name="Sạc xe điện an toàn",
        campaign=factories.CampaignFactory(unit=ministry),
        topic=factories.topic(),
        title="Sạc xe điện qua đêm: nguy hiểm",
        text="Công an {don_vi} nhắc bà con ở {khu_vuc}: không sạc xe qua đêm.",
        texts={"zalo": "Bà con {khu_vuc} không sạc xe qua đêm."},
        placeholders=(
            PlaceholderEdit("khu_vuc", "place", "Khu vực", example="tổ 5"),
            PlaceholderEdit("anh", "picture", "Ảnh"),
        ),
        platforms=("facebook", "zalo"),
        window_from=today(),
        window_until=today() + timedelta(days=10),
        for_levels=(Level.COMMUNE,),
    )


def heard(signal):
    calls = []

    def hear(**facts):
        calls.append({name: facts[name] for name in facts.keys() - {"signal", "sender"}})

    signal.connect(hear, weak=False)
    return calls, lambda: signal.disconnect(hear)


def test_a_kit_of_the_ministry_goes_by_way_of_a_province_to_its_communes(ministry, edit):
    writer = factories.person(Role.SUPERVISOR, ministry)
    leader = factories.person(Role.OVERSEER, ministry)
    commune = factories.UnitFactory()
    other = factories.UnitFactory()
    issued, deafen = heard(kit_issued)
    try:
        version = issuing.begin_kit(unit=ministry, by=writer, edit=replace(edit, by_provinces=True))
        issuing.submit_version(version, by=writer)
        version.refresh_from_db()
        with pytest.raises(Refused, match="changed meanwhile"):
            issuing.approve_version(version, by=leader, content_sha256="0" * 64)
        with pytest.raises(NotAllowed):
            issuing.approve_version(version, by=writer, content_sha256=version.content_sha256)
        issuing.approve_version(version, by=leader, content_sha256=version.content_sha256)
        issuing.issue_version(version, by=writer)
    finally:
        deafen()

    version.refresh_from_db()
    assert issued == [{"version": version, "by": writer}]
    assert {commune, other} == set(find_units(version))
    assert list(find_open_kits(commune)) == []
    overseer = factories.person(Role.OVERSEER, commune.parent)
    issuing.pass_on(version.kit, unit=commune.parent, by=overseer, note="Chú ý các khu trọ.")
    assert list(find_open_kits(commune)) == [version.kit]
    assert list(find_open_kits(other)) == []
    assert list(find_open_kits(commune, on=today() + timedelta(days=11))) == []
    with pytest.raises(Refused, match="passed this kit on already"):
        issuing.pass_on(version.kit, unit=commune.parent, by=overseer)
    assert list(Entry.objects.order_by("pk").values_list("action", flat=True)) == [
        "kit.begun",
        "kit.submitted",
        "kit.approved",
        "kit.issued",
        "kit.passed_on",
    ]


def test_a_leader_who_wrote_in_a_kit_does_not_approve_it(ministry, edit):
    """Neither who began it, nor who saved it once and was overwritten by somebody else since."""
    factories.UnitFactory()  # for whom it is
    first, helper, last, reader = (
        factories.person(Role.OVERSEER, ministry) for _leader in range(4)
    )
    version = issuing.begin_kit(unit=ministry, by=first, edit=edit)
    noted = replace(edit, note="Đọc kỹ trước khi phát.")
    issuing.change_version(version, by=helper, edit=noted)
    issuing.change_version(version, by=last, edit=edit)
    issuing.submit_version(version, by=last)
    version.refresh_from_db()

    for writer in (first, helper, last):
        with pytest.raises(NotAllowed, match="Who wrote a kit may not approve it"):
            issuing.approve_version(version, by=writer, content_sha256=version.content_sha256)
    issuing.approve_version(version, by=reader, content_sha256=version.content_sha256)


def test_a_kit_that_lacks_something_is_not_submitted_and_says_all_that_is_missing(ministry, edit):
    writer = factories.person(Role.OVERSEER, ministry)
    bad = replace(
        edit,
        title="Chào {Tên}",
        text="{khu_vuc} {gio} {anh}",
        texts={},
        platforms=(),
        window_until=today() - timedelta(days=1),
        window_from=None,
        for_levels=(),
        placeholders=(
            *edit.placeholders,
            PlaceholderEdit("thua", "text", ""),
            PlaceholderEdit("luc", "date", "Lúc", example="mai"),
        ),
    )
    version = issuing.begin_kit(unit=ministry, by=writer, edit=bad)

    with pytest.raises(Refused) as refused:
        issuing.submit_version(version, by=writer)

    words = str(refused.value)
    for said in (
        "{Tên}",
        "{gio}: describe",
        "{anh}: a picture",
        "{thua}: no text",
        "{thua}: say",
        "{luc}: the example",
        "channel",
    ):
        assert said in words
    assert "from which day" in words
    assert "for no unit yet" in words


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"text": "TUYỆT MẬT"}, SecrecyRefused),
        ({"note": "Nghi phạm Nguyễn Văn Tèo, CCCD 001099012345"}, Refused),
        ({"placeholders": (PlaceholderEdit("Don_Vi", "text", "x"),)}, Refused),
        ({"placeholders": (PlaceholderEdit("don_vi", "text", "x"),)}, Refused),
        ({"platforms": ("myspace",)}, Refused),
        ({"best_from": 20, "best_until": 7}, Refused),
    ],
)
def test_what_may_not_be_stored_is_refused_even_in_a_draft(ministry, edit, changes, error):
    writer = factories.person(Role.OVERSEER, ministry)

    with pytest.raises(error):
        issuing.begin_kit(unit=ministry, by=writer, edit=replace(edit, **changes))

    assert Kit.objects.count() == 0


def test_only_people_of_the_issuer_write_and_communes_issue_none(ministry, edit):
    province = factories.ProvinceFactory()
    commune = factories.UnitFactory(parent=province)
    above = factories.person(Role.OVERSEER, ministry)

    with pytest.raises(NotAllowed, match="Only people of"):
        issuing.begin_kit(unit=province, by=above, edit=edit)
    with pytest.raises(NotAllowed, match="province or by the ministry"):
        issuing.begin_kit(unit=commune, by=factories.person(Role.OFFICER, commune), edit=edit)


def test_an_edit_after_approval_or_of_an_older_copy_is_refused(edit, ministry):
    kit = factories.kit(ministry, campaign=edit.campaign)
    version, writer = kit.versions.get(), factories.person(Role.OVERSEER, ministry)
    issuing.change_version(version, by=writer, edit=edit, edition=1)
    with pytest.raises(Refused, match="has saved this kit meanwhile"):
        issuing.change_version(version, by=writer, edit=edit, edition=1)
    factories.UnitFactory()
    version.refresh_from_db()
    issuing.submit_version(version, by=writer)
    with pytest.raises(Refused, match="not open for editing"):
        issuing.change_version(version, by=writer, edit=edit)
    leader = factories.person(Role.OVERSEER, ministry)
    version.refresh_from_db()
    issuing.approve_version(version, by=leader, content_sha256=version.content_sha256)
    KitVersion.objects.filter(pk=version.pk).update(text="Khác hẳn")
    with pytest.raises(Refused, match="not as it was approved"):
        issuing.issue_version(version, by=writer)
    issuing.return_version(version, by=leader, reason="Sửa lại phần đầu.")
    issuing.change_version(version, by=writer, edit=edit)
    version.refresh_from_db()
    assert (version.state, version.approved_by) == ("returned", None)


def test_a_new_version_replaces_the_one_before_and_says_what_changed(ministry):
    commune = factories.UnitFactory()
    campaign = factories.CampaignFactory(unit=ministry)
    kit = factories.kit(ministry, state="issued", campaign=campaign, platforms=["facebook"])
    writer = factories.person(Role.SUPERVISOR, ministry)
    leader = factories.person(Role.OVERSEER, ministry)
    first = kit.current

    version = issuing.begin_new_version(kit, by=writer)
    with pytest.raises(Refused, match="in the works"):
        issuing.begin_new_version(kit, by=writer)
    with pytest.raises(Refused, match="what is new"):
        issuing.submit_version(version, by=writer)
    KitVersion.objects.filter(pk=version.pk).update(changes="Thêm số 114.", title="Sạc xe ban ngày")
    version.refresh_from_db()
    issuing.submit_version(version, by=writer)
    version.refresh_from_db()
    issuing.approve_version(version, by=leader, content_sha256=version.content_sha256)
    assert list(find_open_kits(commune)) == [kit]
    issuing.issue_version(version, by=writer)

    kit.refresh_from_db()
    first.refresh_from_db()
    assert (kit.current, kit.current.number, first.state) == (version, 2, "replaced")
    assert find_changed_parts(kit.current, first) == ["title"]


@pytest.mark.parametrize("take_down", [True, False])
def test_a_withdrawn_kit_is_open_to_nobody_and_says_so_to_who_stops_posts(ministry, take_down):
    commune = factories.UnitFactory()
    kit = factories.kit(commune.parent, state="issued")
    leader = factories.person(Role.OVERSEER, ministry)
    withdrawn, deafen = heard(kit_withdrawn)
    try:
        issuing.withdraw_kit(kit, by=leader, reason="Sai số điện thoại.", take_down=take_down)
    finally:
        deafen()

    kit.refresh_from_db()
    said = {"kit": kit, "by": leader, "reason": "Sai số điện thoại.", "take_down": take_down}
    assert withdrawn == [said]
    assert list(find_open_kits(commune)) == []
    with pytest.raises(Refused, match="is withdrawn"):
        issuing.begin_new_version(kit, by=factories.person(Role.OVERSEER, kit.unit))


def test_a_kit_is_for_the_units_of_its_levels_its_kinds_and_its_list(ministry):
    ward = factories.UnitFactory(kind="phường")
    village = factories.UnitFactory(kind="xã", parent=ward.parent)
    island = factories.UnitFactory(kind="đặc khu", parent=ward.parent)
    factories.UnitFactory(kind="xã", parent=ward.parent, has_police_body=False)
    elsewhere = factories.UnitFactory(kind="phường")
    kit = factories.kit(ward.parent, state="issued", all_below=False, for_kinds=["phường"])
    kit.current.for_units.add(island)

    def reached():
        units = (ward, village, island, elsewhere)
        return [unit for unit in units if find_open_kits(unit).exists()]

    assert set(find_units(kit.current)) == {ward, island}
    assert reached() == [ward, island]
    kit.current.for_levels = [Level.COMMUNE]
    kit.current.save()
    assert set(find_units(kit.current)) == {ward, village, island}
    assert reached() == [ward, village, island]


def test_the_database_keeps_four_eyes_on_a_kit():
    version = factories.kit(state="approved").versions.get()

    with pytest.raises(IntegrityError, match="approved_by_another"), transaction.atomic():
        KitVersion.objects.filter(pk=version.pk).update(approved_by=version.author)
    with pytest.raises(IntegrityError, match="who_approved"), transaction.atomic():
        KitVersion.objects.filter(pk=version.pk).update(approved_by=None)


POSTER = {
    "look": "fire",
    "line_1": "Không sạc qua đêm ở {khu_vuc}.",
    "line_2": "",
    "hotline": "114",
}


def test_script_and_poster_take_only_placeholders_that_the_post_has(ministry, edit):
    writer = factories.person(Role.SUPERVISOR, ministry)
    factories.UnitFactory()
    odd = replace(edit, script="Gọi {nguoi_trong}.", poster={**POSTER, "line_2": "{ So }"})
    version = issuing.begin_kit(unit=ministry, by=writer, edit=odd)
    with pytest.raises(Refused, match=r"\{ So \}, \{nguoi_trong\}: loudspeaker text and poster"):
        issuing.submit_version(version, by=writer)

    fine = replace(edit, script="Bà con {khu_vuc} chú ý. {don_vi}.", poster=POSTER)
    issuing.change_version(version, by=writer, edit=fine)
    issuing.submit_version(version, by=writer)


@pytest.mark.parametrize("wrong", [{"look": "evil"}, {"hotline": "0900"}, {"line_1": "a" * 181}])
def test_a_made_up_poster_is_not_stored(ministry, edit, wrong):
    writer = factories.person(Role.SUPERVISOR, ministry)
    edited = replace(edit, poster={**POSTER, **wrong})
    with pytest.raises(Refused):
        issuing.begin_kit(unit=ministry, by=writer, edit=edited)


def test_the_poster_is_part_of_what_is_approved_and_goes_into_the_next_version(ministry, edit):
    writer = factories.person(Role.SUPERVISOR, ministry)
    leader = factories.person(Role.OVERSEER, ministry)
    factories.UnitFactory()
    version = issuing.begin_kit(unit=ministry, by=writer, edit=replace(edit, poster=POSTER))
    assert "poster" not in build_content(issuing.begin_kit(unit=ministry, by=writer, edit=edit))
    issuing.submit_version(version, by=writer)
    version.refresh_from_db()
    KitVersion.objects.filter(pk=version.pk).update(poster={**POSTER, "line_1": "Khác"})
    with pytest.raises(Refused, match="changed meanwhile"):
        issuing.approve_version(version, by=leader, content_sha256=version.content_sha256)
    KitVersion.objects.filter(pk=version.pk).update(poster=POSTER)
    issuing.approve_version(version, by=leader, content_sha256=version.content_sha256)
    issuing.issue_version(version, by=writer)
    kit = Kit.objects.get(pk=version.kit_id)

    copied = issuing.begin_new_version(kit, by=writer)

    assert copied.poster == POSTER
    issuing.change_version(copied, by=writer, edit=replace(edit, changes="Bỏ áp phích"))
    copied.refresh_from_db()
    assert "poster" in find_changed_parts(copied, kit.current)


def test_an_approval_that_nobody_gave_is_not_issued(ministry, edit):
    writer = factories.person(Role.SUPERVISOR, ministry)
    leader = factories.person(Role.OVERSEER, ministry)
    factories.UnitFactory()
    version = issuing.begin_kit(unit=ministry, by=writer, edit=edit)
    issuing.submit_version(version, by=writer)
    version.refresh_from_db()
    forged = {"state": "approved", "approved_by": leader, "approved_at": now()}
    KitVersion.objects.filter(pk=version.pk).update(**forged)
    with pytest.raises(Refused, match="not as it was approved"):
        issuing.issue_version(version, by=writer)

    KitVersion.objects.filter(pk=version.pk).update(
        state="in_review", approved_by=None, approved_at=None
    )
    issuing.approve_version(version, by=leader, content_sha256=version.content_sha256)
    issuing.return_version(version, by=leader, reason="Sửa ngày")
    version.refresh_from_db()
    assert (version.method, version.key_id, version.seal) == ("", "", "")
    issuing.submit_version(version, by=writer)
    version.refresh_from_db()
    issuing.approve_version(version, by=leader, content_sha256=version.content_sha256)
    issuing.issue_version(version, by=writer)
    version.refresh_from_db()
    assert is_sealed(version)


@pytest.mark.django_db(transaction=True)
def test_a_kit_is_passed_on_while_its_next_version_is_issued(ministry):
    """The version that counts is the one that is current once the kit is locked."""
    commune = factories.UnitFactory()
    kit = factories.kit(ministry, state="issued", by_provinces=True)
    newer = KitVersion.objects.get(pk=kit.current.pk)
    newer.pk, newer.public_id, newer.number = None, uuid4(), 2
    newer._state.adding = True
    overseer = factories.person(Role.OVERSEER, commune.parent)

    def issue():
        KitVersion.objects.filter(pk=kit.current.pk).update(state="replaced")
        newer.save()
        Kit.objects.filter(pk=kit.pk).update(current=newer)

    overtaken(lambda: issuing.pass_on(kit, unit=commune.parent, by=overseer), by=issue)

    assert Entry.objects.get(action="kit.passed_on").data["version"] == 2


def test_a_kit_for_a_channel_that_needs_a_picture_brings_one(ministry, edit):
    """Else units would find out one by one that their post is left out there."""
    writer = factories.person(Role.OVERSEER, ministry)
    bare = replace(
        edit, placeholders=edit.placeholders[:1], platforms=("facebook", "zalo", "youtube")
    )
    version = issuing.begin_kit(unit=ministry, by=writer, edit=bare)
    factories.UnitFactory()

    with pytest.raises(Refused) as refused:
        issuing.submit_version(version, by=writer)

    picture, video = (problem for problem in find_problems(version) if "channel out" in problem)
    assert [problem.split()[0].rstrip(":") for problem in (picture, video)] == ["Zalo", "YouTube"]
    assert f"{picture} {video}" in str(refused.value)
    issuing.add_media(version, [factories.media(ministry)], by=writer)
    assert not any(problem.startswith("Zalo") for problem in find_problems(version))


def test_a_placeholder_for_a_picture_brings_one(ministry, edit):
    version = issuing.begin_kit(
        unit=ministry, by=factories.person(Role.OVERSEER, ministry), edit=edit
    )
    assert not any(problem.startswith("Zalo") for problem in find_problems(version))
