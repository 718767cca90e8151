"""The adoption board: from the issue of a kit by way of the provinces to its withdrawal."""

import io
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import Notice
from accounts.permissions import Role
from campaigns.kits import issuing
from campaigns.kits.models import Adoption, KitVersion
from core.errors import Refused
from posts.kits import adopting
from posts.models import Post
from posts.review import decisions
from publishing.models import Delivery, Recall
from publishing.states import Reason, State
from tests import factories
from tests.posts.editor.composer import address, typed
from units.models import Unit, UnitFacts

pytestmark = pytest.mark.django_db


def board(client, kit, person, **query):
    client.force_login(person)
    return client.get(reverse("oversight:adoption", args=[kit.public_id]), query)


def states(response) -> dict[str, int]:
    return {state.key: n for state, n in response.context["tiles"]}


def filled(post: Post) -> Post:
    """Fill in the placeholder of a draft, as its officer would."""
    Adoption.objects.filter(post=post).update(values={"khu_vuc": "tổ 5"})
    Post.objects.filter(pk=post.pk).update(body=post.body.replace("{khu_vuc}", "tổ 5"))
    related = ("adoption__kit", "adoption__version", "unit", "topic")
    return Post.objects.select_related(*related).get(pk=post.pk)


def test_a_kit_from_the_ministry_to_ten_communes_and_back(client):
    top = factories.ministry()
    provinces = [factories.ProvinceFactory() for _ in range(3)]
    units = [factories.UnitFactory(parent=provinces[n % 2]) for n in range(12)]
    asleep = factories.UnitFactory(parent=provinces[2])
    for unit in (*units, asleep):
        factories.ChannelFactory(unit=unit)
    levels = {"all_below": False, "for_levels": ["commune"], "by_provinces": True}
    kit = factories.kit(top, state="issued", **levels)
    ministry = factories.person(Role.OVERSEER, top)
    overseers = [factories.person(Role.OVERSEER, province) for province in provinces]
    officers = [factories.person(Role.OFFICER, unit) for unit in units]
    with pytest.raises(Refused):
        adopting.adopt(kit, unit=units[0], by=officers[0])
    for province, overseer in zip(provinces[:2], overseers, strict=False):
        issuing.pass_on(kit, unit=province, by=overseer)

    drafts = [
        adopting.adopt(kit, unit=unit, by=officer)
        for unit, officer in zip(units[:10], officers[:10], strict=True)
    ]
    # One changes the core, and is stopped.
    client.force_login(officers[8])
    form = typed(drafts[8], body="<p>Sạc qua đêm cũng được.</p>", **{"placeholder-khu_vuc": "tổ 9"})
    assert client.post(address("autosave", drafts[8]), form).status_code == 200
    drafts[8].refresh_from_db()
    assert "không sạc xe qua đêm" in drafts[8].body
    Post.objects.filter(pk=drafts[8].pk).update(body="<p>Sạc qua đêm cũng được.</p>")
    with pytest.raises(Refused):
        decisions.submit(Post.objects.get(pk=drafts[8].pk), by=officers[8])

    there = {"state": "published", "published_at": timezone.now()}
    for number, draft in enumerate(drafts[:6]):
        links = {"remote_id": f"9_{number}", "permalink": f"https://facebook.com/9_{number}"}
        factories.delivery(factories.approved(filled(draft)), **there, **links)
    waiting = factories.delivery(
        factories.approved(filled(drafts[6])), due_at=timezone.now() + timedelta(hours=3)
    )
    factories.submitted(filled(drafts[7]))
    adopting.decline(kit, unit=units[10], by=officers[10], reason="not_our_area")

    everywhere = board(client, kit, ministry)
    assert states(everywhere) == {
        "published": 6,
        "scheduled": 1,
        "in_review": 1,
        "adapted": 2,
        "unopened": 1,
        "not_passed": 1,
        "refused": 1,
    }
    assert len(everywhere.context["provinces"]) == 3
    assert "https://facebook.com/9_0" in everywhere.content.decode()
    own = board(client, kit, overseers[0])
    assert own.context["total"] == 6
    assert states(own)["published"] == 3
    assert {row.unit.parent for row in own.context["rows"]} == {provinces[0]}
    assert board(client, kit, overseers[2]).context["total"] == 1
    elsewhere = factories.kit(provinces[0], state="issued", name="Của tỉnh")
    assert board(client, elsewhere, overseers[1]).status_code == 404

    # Nothing new: nothing is sent. As soon as one opens it, the moving part comes.
    seen, part = everywhere.context["stamp"], {"HX-Request": "true"}
    client.force_login(ministry)
    live = reverse("oversight:adoption", args=[kit.public_id])
    assert client.get(live, {"seen": seen}, headers=part).status_code == 204
    adopting.note_opened(kit, unit=units[11])
    assert b'id="board"' in client.get(live, {"seen": seen}, headers=part).content
    assert states(board(client, kit, ministry, state="opened", q="song xanh"))["opened"] == 1

    # Its last day passes: who is not on a page is late.
    yesterday = timezone.localdate() - timedelta(days=1)
    KitVersion.objects.filter(pk=kit.current.pk).update(window_from=None, window_until=yesterday)
    kit.refresh_from_db()
    assert states(board(client, kit, ministry)) == {
        "published": 6,
        "late": 5,
        "not_passed": 1,
        "refused": 1,
    }

    issuing.withdraw_kit(kit, by=ministry, reason="Sai số", take_down=True)

    recall = Recall.objects.get(kit=kit)
    assert Counter(Delivery.objects.values_list("state", "recall")) == {
        (State.RECALLING, recall.pk): 6,
        (State.CANCELLED, None): 1,
    }
    waiting.refresh_from_db()
    assert waiting.error_code == Reason.KIT_WITHDRAWN
    assert states(board(client, kit, ministry))["taken_back"] == 7
    ledger = client.get(reverse("publishing:recall_ledger", args=[recall.public_id]))
    assert ledger.context["total"] == 6
    assert str(kit) in ledger.content.decode()
    told = Notice.objects.filter(kind="kit_posts_ended").values_list("user", flat=True)
    assert set(told) >= {officer.pk for officer in officers[:7]}


def test_the_list_of_boards_counts_what_units_did_with_each_kit(client):
    top = factories.ministry()
    province, other = factories.ProvinceFactory(), factories.ProvinceFactory()
    units = [factories.UnitFactory(parent=province) for _ in range(5)]
    factories.UnitFactory(parent=other)
    officers = [factories.person(Role.OFFICER, unit) for unit in units]
    for unit in units:
        factories.ChannelFactory(unit=unit)
    UnitFacts.objects.create(unit=units[4], leader_phone="0905123456", changed_at=timezone.now())
    to_communes = {"state": "issued", "all_below": False, "for_levels": ["commune"]}
    kit = factories.kit(top, **to_communes, name="Từ Bộ", by_provinces=True)
    factories.kit(other, state="issued", name="Của tỉnh khác")
    own = factories.kit(province, state="issued", name="Của tỉnh")
    overseer, ministry = (factories.person(Role.OVERSEER, place) for place in (province, top))

    def listed(person, **query):
        client.force_login(person)
        page = client.get(reverse("oversight:adoption_list"), query)
        return {str(kit): sums for kit, sums, _is_over in page.context["rows"]}

    assert [*listed(overseer)] == ["Của tỉnh"]
    issuing.pass_on(kit, unit=province, by=factories.person(Role.OVERSEER, province))
    for unit, officer in zip(units[:2], officers[:2], strict=True):
        factories.submitted(filled(adopting.adopt(kit, unit=unit, by=officer)))
    there = {"state": "published", "published_at": timezone.now(), "remote_id": "9_1"}
    factories.delivery(factories.approved(Post.objects.get(adoption__unit=units[0])), **there)
    adopting.note_opened(kit, unit=units[2])
    adopting.decline(kit, unit=units[3], by=officers[3], reason="no_channel")

    found = listed(overseer)
    assert [*found] == ["Của tỉnh", "Từ Bộ"]
    assert found["Từ Bộ"] == (5, 1, 1, 1, 1)
    assert found["Từ Bộ"].unopened == 1
    assert found["Của tỉnh"] == (5, 0, 0, 0, 0)
    assert listed(ministry)["Từ Bộ"] == (6, 1, 1, 1, 1)
    assert [*listed(ministry, q="tinh khac")] == ["Của tỉnh khác"]
    client.force_login(officers[0])
    assert client.get(reverse("oversight:adoption_list")).status_code == 403

    # Whoever has not opened it can be called from the board.
    shown = board(client, kit, overseer).content.decode()
    assert shown.count('href="tel:0905123456"') == 1
    adopting.note_opened(kit, unit=units[4])
    assert "tel:" not in board(client, kit, overseer).content.decode()

    client.force_login(overseer)
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("oversight:adoption_list"), {"q": own.name})
    with CaptureQueriesContext(connection) as more:
        client.get(reverse("oversight:adoption_list"))
    assert len(few) <= len(more) <= 20
    for number in range(3):
        factories.kit(province, state="issued", name=f"Thêm {number}")
    with CaptureQueriesContext(connection) as most:
        client.get(reverse("oversight:adoption_list"))
    assert len(most) == len(more)


def test_reminders_go_once_a_day_to_those_who_have_not_opened(client):
    province = factories.ProvinceFactory()
    units = [factories.UnitFactory(parent=province) for _ in range(3)]
    officers = [factories.person(Role.OFFICER, unit) for unit in units]
    for unit in units:
        factories.ChannelFactory(unit=unit)
    kit = factories.kit(province, state="issued")
    adopting.note_opened(kit, unit=units[0])
    client.force_login(factories.person(Role.OVERSEER, province))
    button = reverse("oversight:remind_adoption", args=[kit.public_id])

    client.post(button)
    client.post(button)

    told = Notice.objects.filter(kind="kit_reminder").values_list("user", flat=True)
    assert sorted(told) == sorted(officer.pk for officer in officers[1:])
    Adoption.objects.update(reminded_at=timezone.now() - timedelta(days=1))
    client.post(button)
    assert Notice.objects.filter(kind="kit_reminder").count() == 4


@pytest.mark.parametrize("national", [False, True])
def test_a_board_asks_as_much_for_many_units_as_for_one(client, national):
    top = factories.ministry()
    kit = factories.kit(top, state="issued", all_below=False, for_levels=["commune"])

    def grow(n):
        for _ in range(n):
            unit = factories.UnitFactory()
            officer = factories.person(Role.OFFICER, unit)
            factories.ChannelFactory(unit=unit)
            factories.delivery(
                factories.approved(filled(adopting.adopt(kit, unit=unit, by=officer))),
                state="published",
                remote_id=f"7_{unit.pk}",
                permalink=f"https://facebook.com/7_{unit.pk}",
                published_at=timezone.now(),
            )

    def queries():
        place = top if national else Unit.objects.filter(level="province").first()
        who = factories.person(Role.OVERSEER, place)
        board(client, kit, who)
        page = reverse("oversight:adoption", args=[kit.public_id])
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page).status_code == 200
        return len(captured)

    grow(2)
    few = queries()
    grow(4)
    assert queries() == few
    assert few <= 20


def test_the_board_draws_how_many_units_had_come_how_far_by_each_day(client):
    province = factories.ProvinceFactory()
    kit = factories.kit(province, state="issued")
    now = timezone.now()
    today = timezone.localdate(now)

    def move(unit, **ago):
        moments = {name: now - timedelta(days=days) for name, days in ago.items()}
        out = moments.pop("out", None)
        adoption = Adoption.objects.create(kit=kit, version=kit.current, unit=unit, **moments)
        if out:
            page = factories.ChannelFactory(unit=unit)
            post = factories.approved(factories.PostFactory(unit=unit, channels=[page]))
            Post.objects.filter(pk=post.pk).update(adoption=adoption)
            for at in (out, now):  # on two pages: it was out with the first
                factories.delivery(
                    post,
                    factories.ChannelFactory(unit=unit),
                    state=State.PUBLISHED,
                    published_at=at,
                    remote_id=f"{unit.pk}-{at}",
                )

    units = [factories.UnitFactory(parent=province) for _ in range(5)]
    move(units[0], opened_at=9, adopted_at=7, out=3)
    move(units[1], opened_at=7)
    move(units[2], adopted_at=3)  # by way of the list, without opening it
    move(units[3])  # reminded alone
    move(factories.UnitFactory(), opened_at=5, adopted_at=5, out=5)  # of another province

    shown = board(client, kit, factories.person(Role.OVERSEER, province))

    assert shown.context["chart"].rows == [
        [today - timedelta(days=9), 1, 0, 0],
        [today - timedelta(days=7), 2, 1, 0],
        [today - timedelta(days=3), 3, 2, 1],
        [today, 3, 2, 1],
    ]
    assert [one["points"][-1] for one in shown.context["chart"].figures["series"]] == [
        [today.isoformat(), n] for n in (3, 2, 1)
    ]
    assert 'data-of="chart-days"' in shown.text
    file = client.get(shown.request["PATH_INFO"], {"format": "xlsx", "chart": "days"})
    rows = list(load_workbook(io.BytesIO(file.content)).active.values)
    assert rows[0] == ("Day", "Opened it", "Took it up", "Published")
    assert [row[1:] for row in rows[1:]] == [(1, 0, 0), (2, 1, 0), (3, 2, 1), (3, 2, 1)]
    fragment = client.get(shown.request["PATH_INFO"], headers={"HX-Request": "true"})
    assert fragment.context["chart"] is None


def test_a_kit_that_no_unit_has_opened_has_no_chart(client):
    province = factories.ProvinceFactory()
    factories.UnitFactory(parent=province)
    kit = factories.kit(province, state="issued")
    shown = board(client, kit, factories.person(Role.OVERSEER, province))
    assert "data-chart" not in shown.text


def test_the_board_leaves_as_a_sheet(client):
    province = factories.ProvinceFactory()
    first = factories.UnitFactory(parent=province, name="Công an xã A")
    second = factories.UnitFactory(parent=province, name="Công an xã B")
    for unit in (first, second):
        factories.ChannelFactory(unit=unit)
    kit = factories.kit(province, state="issued")
    officer = factories.person(Role.OFFICER, first)
    adopting.decline(kit, unit=first, by=officer, reason="other", remark="=1+1 là công thức")

    answer = board(client, kit, factories.person(Role.OVERSEER, province), format="xlsx")

    assert answer["Content-Disposition"].endswith('.xlsx"')
    rows = list(load_workbook(io.BytesIO(answer.content)).worksheets[0].values)
    opened = Adoption.objects.get(unit=first).opened_at
    assert rows[1:] == [
        (second.name, province.place, second.code or None, "not opened", *[None] * 4),
        (
            *(first.name, province.place, first.code or None, "not for us"),
            *("another reason – =1+1 là công thức", None),
            *(timezone.localtime(opened).replace(tzinfo=None, microsecond=rows[2][6].microsecond),),
            None,
        ),
    ]


def test_the_ministry_reminds_the_provinces_that_have_not_passed_a_kit_on(client):
    top = factories.ministry()
    provinces = [factories.ProvinceFactory() for _ in range(3)]
    for province in provinces:
        factories.ChannelFactory(unit=factories.UnitFactory(parent=province))
    kit = factories.kit(
        top, state="issued", all_below=False, for_levels=["commune"], by_provinces=True
    )
    overseers = [factories.person(Role.OVERSEER, province) for province in provinces]
    issuing.pass_on(kit, unit=provinces[0], by=overseers[0])
    ministry = factories.person(Role.OVERSEER, top)
    assert board(client, kit, ministry).context["unpassed"] == 2
    button = reverse("oversight:remind_provinces", args=[kit.public_id])

    client.post(button)
    client.post(button)

    told = Notice.objects.filter(kind="kit_passing_asked").values_list("user", flat=True)
    assert sorted(told) == [overseers[1].pk, overseers[2].pk]
    assert board(client, kit, overseers[1]).context["unpassed"] == 0
    assert client.post(button).status_code == 404


def test_the_board_says_on_how_many_of_the_channels_asked_for_a_post_goes(client):
    province = factories.ProvinceFactory()
    units = [factories.UnitFactory(parent=province) for _unit in range(3)]
    kit = factories.kit(province, state="issued")  # for Facebook and Zalo
    for unit in units:
        factories.ChannelFactory(unit=unit)
    for unit in units[:2]:
        officer = factories.person(Role.OFFICER, unit)
        post = adopting.adopt(kit, unit=unit, by=officer)
    zalo = factories.ChannelFactory(unit=post.unit, platform="zalo")
    post.targets.create(channel=zalo)

    rows = board(client, kit, factories.person(Role.OVERSEER, province)).context["rows"]

    found = {row.unit: (row.reached, row.asked, row.left_out) for row in rows}
    assert [found[unit] for unit in units] == [(1, 2, ["zalo"]), (2, 2, []), (0, 0, [])]
