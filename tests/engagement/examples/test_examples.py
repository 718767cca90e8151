from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notice
from accounts.permissions import Role
from audit.models import Entry
from core.errors import NotAllowed, Refused
from engagement.examples import services
from engagement.examples.figures import compare_with_usual
from engagement.examples.models import Example, ExampleUse
from engagement.examples.receivers import compute_next_time
from engagement.examples.services import Proposal
from engagement.examples.templating import make_templates
from engagement.models import Measurement
from media.models import Media
from posts.models import Post
from posts.states import PostState
from publishing.models import Occurrence, Series
from publishing.states import State
from tests import factories
from units.models import UnitFacts

pytestmark = pytest.mark.django_db
LINES = Proposal(
    name="Nhắc khóa van gas lúc cơm chiều",
    why_heard="Đăng đúng giờ bà con nấu cơm.",
    why_clear="Mỗi bài một việc.",
    advice="Đọc thêm trên loa phường.",
)


def measured(channel, *, ago=timedelta(days=1), **figures):
    row = factories.live_delivery(channel, published_at=timezone.now() - ago)
    Measurement.objects.create(delivery=row, taken_at=timezone.now(), **figures)
    return row


@pytest.fixture
def province():
    return factories.ProvinceFactory()


@pytest.fixture
def unit(province):
    return factories.UnitFactory(parent=province)


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit)


@pytest.fixture
def overseer(province):
    return factories.person(Role.OVERSEER, province)


@pytest.fixture
def minister(province):
    return factories.person(Role.OVERSEER, province.parent)


def kinds(person):
    return list(Notice.objects.filter(user=person).order_by("pk").values_list("kind", flat=True))


def test_an_example_goes_from_the_unit_to_the_province_to_the_ministry(
    unit, province, officer, overseer, minister
):
    post = factories.live_delivery(unit=unit).post
    neighbour = factories.person(Role.OFFICER, factories.UnitFactory(parent=province))
    stranger = factories.person(Role.OFFICER)

    def seen_by(person):
        return Example.objects.visible_to(person).filter(pk=example.pk).exists()

    example = services.propose([post], LINES, unit=unit, by=officer)
    assert (seen_by(officer), seen_by(overseer), seen_by(neighbour)) == (True, True, False)
    with pytest.raises(NotAllowed):
        services.accept(example, by=minister)  # the province comes first
    with pytest.raises(NotAllowed):
        services.accept(example, by=officer)
    services.accept(example, by=overseer)
    assert (seen_by(neighbour), seen_by(stranger)) == (True, False)
    with pytest.raises(NotAllowed):
        services.accept(example, by=overseer)
    services.accept(example, by=minister)
    assert seen_by(stranger)
    services.withdraw(example, by=officer, reason="Quy định đã thay đổi")

    assert (seen_by(neighbour), seen_by(stranger), seen_by(officer)) == (False, False, True)
    assert list(
        Entry.objects.filter(action__startswith="example.")
        .order_by("pk")
        .values_list("action", flat=True)
    ) == [
        "example.proposed",
        "example.accepted",
        "example.accepted_nation",
        "example.withdrawn",
    ]
    assert kinds(overseer) == ["example_proposed"]
    assert kinds(officer) == ["example_accepted", "example_accepted"]


def test_nobody_accepts_what_they_proposed_or_wrote(province, minister):
    leader = factories.person(Role.OVERSEER, province)
    post = factories.live_delivery(unit=province).post
    example = factories.example(province, post, proposed_by=leader)
    with pytest.raises(NotAllowed):
        services.accept(example, by=leader)

    wrote = factories.person(Role.OVERSEER, province)
    channel = factories.ChannelFactory(unit=province, platform="zalo")
    post = factories.approved(unit=province, channels=[channel], author=wrote)
    other = factories.example(province, post)
    with pytest.raises(NotAllowed):
        services.accept(other, by=wrote)
    Example.objects.filter(pk=other.pk).update(proposed_by=wrote)
    with pytest.raises(IntegrityError), transaction.atomic():
        Example.objects.filter(pk=other.pk).update(state="province", province_by=wrote)
    with pytest.raises(IntegrityError), transaction.atomic():
        Example.objects.filter(pk=other.pk).update(
            state="nation", province_by=leader, nation_by=leader
        )


def test_a_returned_example_says_why_and_may_come_again(unit, officer, overseer):
    post = factories.live_delivery(unit=unit).post
    example = services.propose([post], LINES, unit=unit, by=officer)
    with pytest.raises(Refused):
        services.propose([post], LINES, unit=unit, by=officer)  # each once
    with pytest.raises(Refused):
        services.return_example(example, by=overseer, reason=" ")

    services.return_example(example, by=overseer, reason="Chưa rõ vì sao hiệu quả")

    example.refresh_from_db()
    assert (example.state, example.reason) == ("returned", "Chưa rõ vì sao hiệu quả")
    assert kinds(officer) == ["example_returned"]
    assert services.propose([post], LINES, unit=unit, by=officer).pk != example.pk


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"advice": " "}, "all three"),
        ({"why_heard": "á" * 201}, "too long"),
        ({"why_clear": "Nhờ anh Nguyễn Văn Hùng, số 0987654321, giúp."}, ""),
    ],
)
def test_lines_are_complete_short_and_free_of_leaks(unit, officer, change, said):
    words = {name: getattr(LINES, name) for name in LINES.__slots__} | change
    post = factories.live_delivery(unit=unit).post

    with pytest.raises(Refused) as refused:
        services.propose([post], Proposal(**words), unit=unit, by=officer)

    assert said in str(refused.value)
    assert not Example.objects.exists()


def test_figures_are_frozen_beside_the_usual_and_what_was_not_measured_stays_so(unit, officer):
    channel = factories.ChannelFactory(unit=unit, platform="zalo", followers=900)
    post = measured(channel, reach=300, shares=8, views=5000).post
    for reach in (100, 120, 900):
        measured(channel, ago=timedelta(days=10), reach=reach, views=50)
    measured(channel, ago=timedelta(days=100), reach=1)  # too long ago
    measured(factories.ChannelFactory(unit=unit, platform="facebook"), reach=7)  # elsewhere

    example = services.propose([post], LINES, unit=unit, by=officer)
    Measurement.objects.filter(delivery__post=post).update(reach=9999)

    example.refresh_from_db()
    (row,) = example.figures
    found = {
        comparison.measure: comparison
        for comparison in compare_with_usual(row, ["reach", "shares", "saves"])
    }
    assert (found["reach"].value, found["reach"].usual, found["reach"].rests_on) == (300, 120, 3)
    assert (found["shares"].value, found["shares"].usual) == (8, None)
    assert (found["saves"].value, found["saves"].usual) == (None, None)
    assert (example.followers, example.relative) == (900, 2.5)  # views play no part
    assert example.as_of is not None


def test_several_posts_of_one_campaign_make_one_example(unit, officer):
    campaign = factories.CampaignFactory(unit=unit.parent)
    posts = [factories.live_delivery(unit=unit).post for _ in range(3)]
    for post in posts[:2]:
        Post.objects.filter(pk=post.pk).update(campaign=campaign)
    with pytest.raises(Refused):
        services.propose(posts, LINES, unit=unit, by=officer)
    foreign = factories.live_delivery(unit=factories.UnitFactory()).post
    with pytest.raises(Refused):
        services.propose([posts[0], foreign], LINES, unit=unit, by=officer)

    example = services.propose(posts[:2], LINES, unit=unit, by=officer)

    assert [part.post for part in example.posts.all()] == posts[:2]


def test_occurrences_of_one_series_make_one_example_that_says_how_often(client, unit, officer):
    posts = [factories.live_delivery(unit=unit).post for _ in range(3)]
    series = factories.series(unit, n=1)
    Series.objects.filter(pk=series.pk).update(rhythm="weeks", step=2)
    for number, post in enumerate(posts[:2], start=2):
        Occurrence.objects.create(series=series, post=post, number=number)
    client.force_login(officer)
    form = client.get(reverse("engagement:propose_example", args=[posts[0].public_id]))
    assert list(form.context["form"].fields["others"].queryset) == [posts[1]]
    with pytest.raises(Refused, match="one series"):
        services.propose(posts, LINES, unit=unit, by=officer)
    alone = services.propose(posts[2:], LINES, unit=unit, by=officer)
    assert (alone.rhythm, alone.how_often) == ("", "")

    example = services.propose(posts[:2], LINES, unit=unit, by=officer)

    assert (example.rhythm, example.step) == ("weeks", 2)
    Example.objects.filter(pk=example.pk).update(
        state="nation", nation_by=factories.UserFactory(), nation_at=timezone.now()
    )
    there = factories.UnitFactory()
    client.force_login(factories.person(Role.OFFICER, there, language="en"))
    shown = client.get(reverse("engagement:example", args=[example.public_id]))
    assert "A series: these 2 posts went out every 2 weeks." in shown.content.decode()
    use = reverse("engagement:use_example", args=[example.public_id])
    done = client.post(use, {"position": 1}, follow=True)
    assert any("every 2 weeks" in str(message) for message in done.context["messages"])
    assert ExampleUse.objects.get().post.unit == there


def test_the_form_of_a_new_series_begins_with_the_rhythm_of_the_example(client, unit, officer):
    posts = [factories.live_delivery(unit=unit).post for _ in range(2)]
    series = factories.series(unit, n=1)
    Series.objects.filter(pk=series.pk).update(rhythm="weeks", step=2)
    monday = timezone.make_aware(datetime(2026, 1, 5, 8))  # any clock
    for number, post in enumerate(posts, start=2):
        Occurrence.objects.create(series=series, post=post, number=number)
        Post.objects.filter(pk=post.pk).update(requested_time=monday + timedelta(weeks=number))
    example = services.propose(posts, LINES, unit=unit, by=officer)
    Example.objects.filter(pk=example.pk).update(
        state="nation", nation_by=factories.UserFactory(), nation_at=timezone.now()
    )
    there = factories.UnitFactory()
    person = factories.person(Role.OFFICER, there, language="en")
    post = services.use_example(example, unit=there, by=person).post
    page = reverse("publishing:series_new", args=[post.public_id])
    client.force_login(person)

    shown = client.get(page)

    form = shown.context["form"]
    assert (form["rhythm"].value(), form["step"].value()) == ("weeks", 2)
    first = timezone.localtime(form["first"].value())
    assert (first.weekday(), first.hour, first.minute) == (0, 8, 0)
    assert timedelta(0) < first - timezone.now() <= timedelta(days=7)
    assert "every 2 weeks, last on Monday 08:00" in shown.content.decode()
    Post.objects.filter(pk=post.pk).update(requested_time=first + timedelta(days=1))
    own = client.get(page).context["form"]["first"].value()
    assert own == first + timedelta(days=1)
    other = factories.PostFactory(unit=there, author=person)
    other = client.get(reverse("publishing:series_new", args=[other.public_id])).context["form"]
    assert (other["rhythm"].value(), other["step"].value()) == ("weeks", 1)


@pytest.mark.parametrize(
    ("rhythm", "last", "now", "following"),
    [
        ("days", "2026-01-05 08:00", "2026-03-03 07:59", "2026-03-03 08:00"),
        ("days", "2026-01-05 08:00", "2026-03-03 08:00", "2026-03-04 08:00"),
        ("weeks", "2026-01-05 08:00", "2026-03-02 07:59", "2026-03-02 08:00"),
        ("weeks", "2026-01-05 08:00", "2026-03-02 08:00", "2026-03-09 08:00"),
        ("months", "2026-01-31 08:00", "2026-02-27 08:00", "2026-02-28 08:00"),
        ("months", "2026-01-31 08:00", "2026-02-28 09:00", "2026-03-31 08:00"),
        ("months", "2026-01-05 08:00", "2026-12-06 08:00", "2027-01-05 08:00"),
    ],
)
def test_the_next_time_is_on_the_same_day_at_the_same_hour(rhythm, last, now, following):
    def at(text):
        return timezone.make_aware(datetime.fromisoformat(text))

    assert compute_next_time(at(last), rhythm=rhythm, now=at(now)) == at(following)


@pytest.mark.parametrize(("reach", "is_weak"), [(40, True), (300, False)])
def test_who_proposes_or_accepts_what_lies_below_the_usual_is_warned(
    client, unit, officer, overseer, reach, is_weak
):
    channel = factories.ChannelFactory(unit=unit)
    post = measured(channel, reach=reach).post
    measured(channel, ago=timedelta(days=10), reach=100)
    warning = "0.4 times the unit’s usual"
    client.force_login(officer)

    proposing = client.get(reverse("engagement:propose_example", args=[post.public_id]))
    example = services.propose([post], LINES, unit=unit, by=officer)
    client.force_login(overseer)
    deciding = client.get(reverse("engagement:example", args=[example.public_id]))

    assert (warning in proposing.content.decode()) is is_weak
    assert (warning in deciding.content.decode()) is is_weak
    assert ("data-confirm-title" in deciding.content.decode()) is is_weak


def test_the_list_ranks_by_reuse_then_by_the_usual_and_never_by_views(client, unit):
    def shared(name, **fields):
        figures = [{"platform": "zalo", "values": {"views": fields.pop("views", 0)}}]
        return factories.example(unit, state="nation", name=name, figures=figures, **fields)

    shared("Xem nhiều", views=9_000_000, relative=None)
    shared("Hơn thường lệ", views=1, relative=3.0)
    shared("Như thường lệ", views=5_000_000, relative=1.0)
    shared("Được dùng nhiều", views=0, reused=2, relative=1.2)
    shared("Dưới mức thường", views=9_000_000, reused=5, relative=0.4)
    client.force_login(factories.person(Role.OFFICER))

    response = client.get(reverse("engagement:examples"))

    assert [str(card.example) for card in response.context["cards"]] == [
        "Được dùng nhiều",
        "Hơn thường lệ",
        "Như thường lệ",
        "Xem nhiều",
        "Dưới mức thường",
    ]
    found = client.get(reverse("engagement:examples"), {"q": "duoc dung", "platform": "zalo"})
    assert [str(card.example) for card in found.context["cards"]] == ["Được dùng nhiều"]
    none = client.get(reverse("engagement:examples"), {"platform": "tiktok", "level": "nation"})
    assert none.context["cards"] == []


def test_a_fact_of_the_origin_becomes_a_gap_however_it_is_written():
    unit = factories.UnitFactory(place="Phường Hải Châu", name="Công an phường Hải Châu")
    UnitFacts.objects.create(
        unit=unit,
        address="12 Phan Châu Trinh",
        duty_phone="02363822300",
        public_numbers=[{"number": "0905111222", "label": ""}],
        changed_at=timezone.now(),
    )

    marked = make_templates(
        [
            "Công an  Phường Hải Châu nhắc",
            "Phường Hải Châu: gọi 0236.3822.300, +84 905 111 222 hoặc 113, đến 12 Phan Châu Trinh. "
            "#CongAnPhuongHaiChau #antoan",
        ],
        unit,
    )

    assert marked.texts == [
        "{don_vi} nhắc",
        "{dia_ban}: gọi {so_dien_thoai}, {so_dien_thoai} hoặc 113, đến {dia_chi}. "
        "{hashtag_don_vi} #antoan",
    ]
    assert set(marked.placeholders) == {
        "don_vi",
        "dia_ban",
        "so_dien_thoai",
        "dia_chi",
        "hashtag_don_vi",
    }


def test_using_an_example_makes_a_draft_with_its_origin_and_tells_the_unit_once_a_day(
    client, province, unit, officer
):
    shared = factories.media(province)
    Media.objects.filter(pk=shared.pk).update(shared=True)
    own = factories.media(unit, text="riêng")
    taken = Media.objects.create(
        **{
            name: getattr(shared, name)
            for name in ("file", "content_type", "width", "height", "size", "sha256")
        },
        unit=unit,
        uploaded_by=shared.uploaded_by,
        taken_from=shared,
    )
    channel = factories.ChannelFactory(unit=unit, platform="zalo")
    post = factories.approved(
        unit=unit, channels=[channel], media=[taken, own], title=f"{unit.name} nhắc bà con"
    )
    factories.delivery(
        post, channel, state=State.PUBLISHED, published_at=timezone.now(), remote_id="r1"
    )
    example = factories.example(unit, post, state="nation")
    there = factories.UnitFactory(parent=province)
    user = factories.person(Role.OFFICER, there, language="en")
    client.force_login(user)

    response = client.post(reverse("engagement:use_example", args=[example.public_id]), follow=True)

    use = ExampleUse.objects.get()
    draft = use.post
    assert (draft.unit, draft.author, draft.state) == (there, user, PostState.DRAFT)
    assert draft.title == "{don_vi} nhắc bà con"
    assert [shown.media.sha256 for shown in draft.pictures.all()] == [shared.sha256]
    said = [str(message) for message in response.context["messages"]]
    assert len(said) == 3
    assert "was not copied" in said[2]
    services.use_example(example, unit=there, by=user)
    services.use_example(
        example,
        unit=(elsewhere := factories.UnitFactory()),
        by=factories.person(Role.OFFICER, elsewhere),
    )
    example.refresh_from_db()
    assert example.reused == 2  # units, not drafts
    assert kinds(officer) == ["example_used"]
    with pytest.raises(Refused):
        services.use_example(example, unit=unit, by=officer)
    client.force_login(officer)
    page = client.get(reverse("engagement:example", args=[example.public_id]))
    assert {use.use.unit for use in page.context["uses"]} == {there, elsewhere}
    client.force_login(user)
    page = client.get(reverse("engagement:example", args=[example.public_id]))
    assert page.context["uses"] == []  # who else used it is the origin's to know


def test_a_draft_says_from_which_example_it_began(client, province, unit, officer, overseer):
    example = factories.example(unit, state="province", name="Nhắc khóa van gas")
    there = factories.UnitFactory(parent=province)
    user = factories.person(Role.OFFICER, there, language="en")
    draft = services.use_example(example, unit=there, by=user).post
    address = reverse("engagement:example", args=[example.public_id])
    pages = [reverse(name, args=[draft.public_id]) for name in ("posts:edit", "publishing:post")]
    client.force_login(user)
    for page in pages:
        shown = client.get(page).content.decode()
        assert f'<a href="{address}">The good example “Nhắc khóa van gas” of {unit.name}' in shown

    services.withdraw(example, by=overseer, reason="Quy định đã thay đổi")
    for page in pages:
        shown = client.get(page).content.decode()
        assert f"A good example of {unit.name}, which is in the library no more" in shown
        assert "khóa van gas" not in shown
        assert address not in shown


@pytest.mark.parametrize("ending", ["recalled", "withdrawn", "corrected"])
def test_an_example_leaves_the_library_at_once_when_its_post_does(client, unit, officer, ending):
    delivery = factories.live_delivery(unit=unit)
    post = delivery.post
    example = factories.example(unit, post, state="nation")
    there = factories.UnitFactory()
    user = factories.person(Role.OFFICER, there)
    client.force_login(user)
    page = reverse("engagement:example", args=[example.public_id])
    assert client.get(page).status_code == 200

    if ending == "recalled":
        recall = factories.recalled(unit=unit)
        type(delivery).objects.filter(pk=delivery.pk).update(recall=recall)
    elif ending == "withdrawn":
        Post.objects.filter(pk=post.pk).update(approved_revision=None, state="withdrawn")
    else:
        factories.PostFactory(unit=unit, corrects=post, submitted_at=timezone.now())

    assert client.get(page).status_code == 404
    assert client.get(reverse("engagement:examples")).context["cards"] == []
    with pytest.raises(Refused):
        services.use_example(example, unit=there, by=user)
    client.force_login(officer)
    assert client.get(page).context["gone"]


def test_a_proposal_on_the_page_needs_all_lines(client, unit, officer):
    post = factories.live_delivery(unit=unit).post
    client.force_login(officer)
    address = reverse("engagement:propose_example", args=[post.public_id])

    assert client.post(address, {"name": "Mô hình"}).status_code == 422
    words = {name: getattr(LINES, name) for name in LINES.__slots__}
    done = client.post(address, words)

    example = Example.objects.get()
    assert done["Location"] == reverse("engagement:example", args=[example.public_id])
    assert client.get(done["Location"]).status_code == 200
    draft = factories.PostFactory(unit=unit)
    refused = client.get(reverse("engagement:propose_example", args=[draft.public_id]))
    assert refused["Location"] == reverse("publishing:post", args=[draft.public_id])
