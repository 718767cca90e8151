"""Services of the library, its placeholders, and what is brought with the portal."""

import tomllib
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from accounts.permissions import Role
from audit.models import Entry
from campaigns.kits.placeholders import find_placeholders
from campaigns.models import Topic
from channels.queries import facts_of
from channels.states import Kind
from core.errors import NotAllowed, Refused
from core.secrecy import SecrecyRefused
from platforms.limits import choose_format, find_problems, list_advice
from platforms.messages import Message
from posts.canonical.content import compose_text
from posts.canonical.html import to_paragraphs
from posts.checks.placeholders import LEFT
from posts.findings import find_findings
from posts.library import texts
from posts.library.models import Template
from posts.library.placeholders import BUILT_IN, fill_template
from posts.library.queries import signature_for, templates_for_today
from posts.library.ready import load_library
from posts.library.texts import TemplateFields
from posts.models import Post
from posts.origins.starting import start_from_template
from posts.review.decisions import submit
from tests import factories
from units.facts import Facts, change_facts

pytestmark = pytest.mark.django_db
READY = Path(settings.BASE_DIR) / "data" / "library.toml"
TODAY = date(2026, 11, 27)


@pytest.fixture
def unit():
    return factories.UnitFactory()


@pytest.fixture
def officer(unit):
    return factories.person(Role.OFFICER, unit)


def fields(**changed) -> TemplateFields:
    values = {"title": "Cảnh giác", "text": "Gọi {duong_day_nong}.", "topic": factories.topic()}
    return TemplateFields(**{**values, **changed})


# --- Services -------------------------------------------------------------------------------------


def test_an_officer_adds_a_template_and_the_record_says_so(unit, officer):
    row = texts.create_template(unit=unit, fields=fields(months=[1, 12]), by=officer)

    assert [row.fits_in(1), row.fits_in(2), row.fits_in(12)] == [True, False, True]
    entry = Entry.objects.get(action="template.created")
    assert (entry.actor_id, entry.object_id) == (officer.pk, str(row.public_id))


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"title": " "}, Refused),
        ({"title": "x" * 151}, Refused),
        ({"text": "x" * 10_001}, Refused),
        ({"texts": {"facebook": "x" * 10_001}}, Refused),
        ({"text": "Ở {Địa Điểm}"}, Refused),
        ({"text": "Ở {dia_diem}"}, Refused),
        ({"text": "Độ mật: TỐI MẬT"}, SecrecyRefused),
    ],
)
def test_what_would_harm_a_post_is_refused(unit, officer, changed, error):
    with pytest.raises(error):
        texts.create_template(unit=unit, fields=fields(**changed), by=officer)
    assert not Template.objects.exists()


def test_nobody_else_writes_in_the_library_of_a_unit(unit, officer):
    row = factories.template(unit)
    for user in (
        factories.person(Role.OFFICER),
        factories.person(Role.SUPERVISOR, unit.parent),
        factories.person(Role.ADMINISTRATOR, unit.parent),
    ):
        with pytest.raises(NotAllowed):
            texts.create_template(unit=unit, fields=fields(), by=user)
        with pytest.raises(NotAllowed):
            texts.archive(row, by=user)


def test_who_edits_an_older_copy_is_told(unit, officer):
    row = texts.create_template(unit=unit, fields=fields(), by=officer)
    texts.change_template(row, fields(title="Mới"), by=officer, version=1)

    with pytest.raises(Refused):
        texts.change_template(row, fields(title="Cũ"), by=officer, version=1)
    assert Template.objects.get().title == "Mới"


def test_an_archived_template_begins_no_post_until_it_is_restored(unit, officer):
    row = factories.template(unit)
    texts.archive(row, by=officer)
    with pytest.raises(Refused):
        start_from_template(row, unit=unit, by=officer)
    with pytest.raises(Refused):
        texts.archive(row, by=officer)

    texts.restore(row, by=officer)

    assert start_from_template(row, unit=unit, by=officer).template == row


def test_a_piece_has_no_placeholder_of_its_own(unit, officer):
    with pytest.raises(Refused):
        texts.create_template(
            unit=unit,
            fields=TemplateFields(kind="paragraph", title="A", text="{thoi_gian}", topic=None),
            by=officer,
        )
    assert not Template.objects.exists()


# --- Placeholders ---------------------------------------------------------------------------------


def test_the_units_facts_fill_placeholders_and_the_rest_is_asked(unit):
    change_facts(unit, Facts(duty_phone="0236 3822 300"), by=factories.person(Role.APPROVER, unit))
    row = factories.template(
        unit,
        title="{don_vi} thông báo",
        text="{ngay}: gọi {duong_day_nong}, đến {dia_chi}, lúc {gio}.",
        variables=[{"name": "gio", "label": "Mấy giờ", "example": "7 giờ"}],
    )

    filled = fill_template(row, unit, on=TODAY)

    assert filled.title == f"{unit.name} thông báo"
    assert filled.text == "27/11/2026: gọi 0236.3822.300, đến {dia_chi}, lúc {gio}."
    assert [(p.name, p.label, p.is_fact) for p in filled.placeholders] == [
        ("dia_chi", "Address of the station", True),
        ("gio", "Mấy giờ", False),
    ]


def test_braces_in_a_value_open_no_placeholder(unit):
    row = factories.template(unit, text="{gio} {don_vi}")

    filled = fill_template(row, unit, on=TODAY, values={"gio": "{don_vi} <b>"})

    assert filled.text == f"{{don_vi}} <b> {unit.name}"


def test_the_signature_of_the_topic_goes_before_a_nearer_one_for_all(unit):
    topic = factories.topic()
    general = factories.snippet(unit, title="Chung")
    assert signature_for(unit, topic) == general
    of_topic = factories.snippet(factories.ministry(), title="Lừa đảo", topic=topic)
    assert signature_for(unit, topic) == of_topic
    nearer = factories.snippet(unit, title="Lừa đảo, của phường", topic=topic, text="{don_vi}: 156")
    factories.snippet(factories.UnitFactory(), topic=topic)

    row = factories.template(unit, text="Cảnh giác.\n\n{chu_ky}")

    assert signature_for(unit, topic) == nearer
    assert fill_template(row, unit, on=TODAY).text == f"Cảnh giác.\n\n{unit.name}: 156"


def test_what_fits_the_month_is_offered_before_what_is_used_most(unit):
    november = factories.template(unit, months=1 << 10)
    popular = factories.template(factories.ministry(), uses=9)
    factories.template(unit, months=1 << 2, uses=3)
    factories.template(factories.UnitFactory(), uses=99)

    assert templates_for_today(unit, on=TODAY, most=2) == [november, popular]


# --- Beginning a post -----------------------------------------------------------------------------


def test_a_post_begins_with_the_text_for_the_channels_that_take_one(unit, officer):
    for platform in ("facebook", "threads", "youtube"):
        factories.ChannelFactory(unit=unit, platform=platform)
    row = factories.template(
        factories.ministry(), text="Một & hai.\n\n{don_vi}", texts={"threads": "Ngắn. {don_vi}"}
    )

    post = start_from_template(row, unit=unit, by=officer)

    assert post.body == f"<p>Một &amp; hai.</p><p>{unit.name}</p>"
    on = post.targets.switched_on().select_related("channel")
    assert {t.channel.platform: t.text for t in on} == {
        "facebook": "",
        "threads": f"Ngắn. {unit.name}",
    }
    assert (post.template, post.topic, Template.objects.get().uses) == (row, row.topic, 1)
    assert Entry.objects.get(action="post.begun_from_template").data["template"] == str(
        row.public_id
    )
    assert submit(post, by=officer)


@pytest.mark.parametrize("part", ["title", "text", "own"])
def test_an_open_placeholder_blocks_the_submission(unit, officer, part):
    channel = factories.ChannelFactory(unit=unit)
    texts = {"facebook": "Lúc {gio}"} if part == "own" else {}
    row = factories.template(unit, **({"texts": texts} if texts else {part: "Lúc {gio}"}))

    post = start_from_template(row, unit=unit, by=officer)

    where = {"title": "title", "text": "body", "own": str(channel.public_id)}[part]
    assert [(f.rule, f.where) for f in find_findings(post)] == [("placeholder_open", where)]
    with pytest.raises(Refused):
        submit(post, by=officer)
    filled = start_from_template(row, unit=unit, by=officer, values={"gio": "7 giờ"})
    assert find_findings(filled) == []


def test_a_secrecy_mark_that_is_typed_into_a_placeholder_is_not_stored(unit, officer):
    row = factories.template(unit, text="{gio}")

    with pytest.raises(SecrecyRefused):
        start_from_template(row, unit=unit, by=officer, values={"gio": "Độ mật: TỐI MẬT"})
    assert not Post.objects.exists()


def test_the_template_of_another_unit_begins_no_post(unit, officer):
    with pytest.raises(Refused):
        start_from_template(factories.template(factories.UnitFactory()), unit=unit, by=officer)


# --- What comes with the portal -------------------------------------------------------------------


@pytest.fixture
def topics():
    """Return the topics of the migration: tests that commit empty the table afterwards."""
    codes = {template["topic"] for template in tomllib.loads(READY.read_text("utf-8"))["template"]}
    for code in codes:
        Topic.objects.get_or_create(code=code, defaults={"name_vi": code, "name_en": code})
    return codes


def test_the_library_is_loaded_once_and_changed_texts_of_people_stay(topics):
    ministry = factories.ministry()
    call_command("load_library")
    posts = Template.objects.posts()
    assert (posts.count(), set(Template.objects.values_list("unit", flat=True))) == (
        40,
        {ministry.pk},
    )
    touched, archived, stale = posts[:3]
    overseer = factories.person(Role.OVERSEER, ministry)
    texts.change_template(touched, fields(title="Của người"), by=overseer, version=touched.version)
    texts.archive(archived, by=overseer)
    Template.objects.filter(pk=stale.pk).update(title="Bản cũ")

    done = load_library(READY)

    assert (done.created, done.changed, done.kept) == (0, 1, 2)
    touched.refresh_from_db()
    assert touched.title == "Của người"
    assert Template.objects.filter(title="Bản cũ").count() == 0
    assert Entry.objects.filter(action="template.loaded").count() == 2


def test_each_topic_has_two_templates_at_least(topics):
    factories.ministry()
    load_library(READY)

    counted = {
        topic.code: Template.objects.posts().filter(topic=topic).count()
        for topic in Topic.objects.all()
    }

    assert {code for code in topics if counted[code] < 2} == set()
    assert len(topics) == 10


def _ready() -> list[str]:
    return [template["code"] for template in tomllib.loads(READY.read_text("utf-8"))["template"]]


@pytest.fixture
def station(topics):
    """Return a unit with a long name, its officer, and a channel on every platform."""
    factories.ministry()
    load_library(READY)
    unit = factories.UnitFactory(place="Phường Bình Hưng Hòa Thạnh Mỹ Lợi Đông")
    for platform in Kind:
        factories.ChannelFactory(unit=unit, platform=platform)
    factories.allowed("telegram", unit)
    return unit


def test_each_template_fits_every_platform_and_passes_the_portals_checks(station):
    officer = factories.person(Role.OFFICER, station)
    bad = {}
    for row in Template.objects.posts().select_related("topic"):
        typed = {variable["name"]: variable["example"] for variable in row.variables}
        assert set(find_placeholders(row.parts())) <= {*BUILT_IN, *typed}, row.code
        filled = fill_template(row, station, on=TODAY, values=typed)
        wrong = [f"open: {placeholder}" for placeholder in LEFT.findall(filled.title + filled.text)]
        if not any(
            number in filled.text for number in ("113", "114", "111", "112", "156", "trụ sở")
        ):
            wrong.append("nobody to turn to")
        for platform in Kind:
            wrong += _list_excesses(platform, filled, station.name)
        post = start_from_template(row, unit=station, by=officer, values=typed)
        wrong += [finding.rule for finding in find_findings(post)]
        if wrong:
            bad[row.code] = wrong

    assert bad == {}


def _list_excesses(platform: str, filled, unit_name: str) -> list[str]:
    """List the limits on words that the text passes on a platform; pictures come later."""
    form = choose_format(facts_of(platform), [])
    shown = compose_text(
        form,
        title=filled.title,
        body=to_paragraphs(filled.text),
        override="",
        link="",
        unit_name=unit_name,
    )
    message = Message(key="", title=filled.title, text=shown["text"], html=shown["html"], media=())
    words = {"text_long", "title_long", "forbidden_letters", "too_many_hashtags", "too_many_links"}
    found = [problem.rule for problem in find_problems(form, message) if problem.rule in words]
    found += [advice.rule for advice in list_advice(form, message)]
    if form.max_text_with_media and len(shown["text"]) > form.max_text_with_media:
        found.append("long beside a picture")
    return [f"{platform}: {rule}" for rule in found]
