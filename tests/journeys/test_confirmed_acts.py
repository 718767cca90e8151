"""Every act that the portal asks about first: the answer "yes" does it, whatever the page changed
meanwhile.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Appointment, Invitation, Session, User
from accounts.people import invitations
from accounts.permissions import Role
from audit.models import Entry
from campaigns.planning.models import PublicSummary
from channels.models import Channel, PlatformAllowance, UnrecognisedPost
from engagement.models import ReplyAllowance
from media.models import Folder
from posts.models import Post
from posts.states import PostState
from publishing.models import Delivery, Pause, Recall
from publishing.states import State
from tests import factories
from tests.accounts.people.test_imports import sheet
from tests.journeys.conftest import DESK, PHONE
from units.models import Unit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TEMPLATES = Path(django_settings.BASE_DIR) / "templates"
YES = "dialog#confirm[open] button[value=yes]"
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Act:
    """A confirmed act: who does it, on which page, by which button, and what is in the database
    afterwards.
    """

    template: str
    role: str
    arrange: Callable  # (world, user) -> the address of the page; may keep rows in the world
    done: Callable  # (world) -> bool
    button: str = "main :is(button[data-confirm], button[data-confirm-from])"
    prepare: Callable = lambda page: None  # what is filled in before the button is pressed
    at: str = "unit"  # where the role is held


class World:
    """A commune in a province, and what an act keeps for its assertion."""

    def __init__(self, client: Client, simulator):
        self.client, self.simulator = client, simulator
        self.unit = factories.UnitFactory()
        self.province = self.unit.parent
        self.kept: dict = {}

    def keep(self, row):
        self.kept["row"] = row
        return row

    def again(self):
        row = self.kept["row"]
        return type(row).objects.get(pk=row.pk)


def _draft(world, user, **fields):
    return world.keep(factories.PostFactory(unit=world.unit, author=user, **fields))


def _approved(world, user):
    return world.keep(factories.approved(unit=world.unit))


def _post_page(name, make):
    return lambda world, user: reverse(name, args=[make(world, user).public_id])


def _draft_list(world, user):
    _draft(world, user)
    return reverse("publishing:post_list")


def _template(world, user):
    template = world.keep(factories.template(world.unit))
    return reverse("posts:template", args=[template.public_id])


def _board(world, user):
    world.keep(factories.delivery(factories.approved(unit=world.unit)))
    return f"{reverse('publishing:calendar')}?view=board"


def _shared(world, user):
    world.keep(factories.share(world.unit))
    return reverse("publishing:share_list")


def _shared_kit(world, user):
    share = world.keep(factories.kit_share(world.unit))
    return reverse("publishing:share_kit", args=[share.version.kit.public_id])


def _in_review(world, user):
    return world.keep(factories.submitted(unit=world.unit, author=user))


def _rewritten(world, user):
    post = _in_review(world, user)
    post.state, post.title = PostState.DRAFT, "Viết lại"
    post.save()
    return reverse("posts:history", args=[post.public_id])


def _waits_for_review(world, user):
    return world.keep(factories.submitted(unit=world.unit))


def _queue(world, user):
    post = _waits_for_review(world, user)
    world.client.get(reverse("publishing:review", args=[post.public_id]))
    return reverse("publishing:review_queue")


def _kept_back(world, user):
    post = factories.approved(unit=world.unit)
    row = factories.delivery(
        post, state=State.EXPIRED, error_code="paused", due_at=timezone.now() - HOUR
    )
    world.keep(row)
    return reverse("publishing:held")


def _allowed_platform(world, user):
    world.keep(factories.allowed("telegram", world.unit))
    return reverse("channels:allowances")


def _reply_desk(world, user):
    world.keep(
        ReplyAllowance.objects.create(unit=world.province, allowed_by=user, reason="Có cán bộ trực")
    )
    return reverse("engagement:desk_allowances")


def _strange_post(world, user):
    channel = factories.ChannelFactory(unit=world.unit)
    world.keep(factories.unrecognised_post(channel))
    return reverse("channels:channel", args=[channel.public_id])


def _comment(world, user):
    channel = factories.connected(world.simulator, "facebook", world.unit)
    there = world.simulator.post(
        "facebook", channel.external_id, "Công an không gọi điện đòi tiền."
    )
    post = factories.approved(unit=world.unit, channels=[channel])
    published = {"state": State.PUBLISHED, "remote_id": there["id"], "published_at": timezone.now()}
    row = factories.delivery(post, channel, **published)
    world.simulator.comment(channel.external_id, there["id"], "Lời lẽ xúc phạm", by="Một người")
    ReplyAllowance.objects.create(unit=world.province, allowed_by=user, reason="Có cán bộ trực")
    return reverse("engagement:comments", args=[row.public_id])


def _closed_campaign(world, user):
    campaign = factories.CampaignFactory(unit=world.province, created_by=user)
    closer = factories.person(Role.OVERSEER, world.province)
    factories.campaign_result(campaign, closed_by=closer)
    return reverse("engagement:campaign", args=[campaign.public_id])


def _campaign(world, user):
    campaign = factories.CampaignFactory(unit=world.province)
    post = factories.approved(unit=world.unit, campaign=campaign)
    published = {"state": State.PUBLISHED, "remote_id": "1_1", "published_at": timezone.now()}
    factories.delivery(post, **published)
    return reverse("publishing:recall_campaign", args=[campaign.public_id])


def _two_addresses(world, user):
    known = {"primary": True, "verified": True}
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults=known)
    world.keep(EmailAddress.objects.create(user=user, email="cu@congan.example", verified=True))
    return reverse("account_email")


def _two_devices(world, user):
    other = Client()
    other.force_login(user)
    return reverse("accounts:sessions")


def _one_folder(world, user):
    Folder.objects.create(unit=world.unit, name="Năm 2026")
    return reverse("posts:media_folders")


def _one_recovery_code(world, user):
    data = {"hashes": {"0": "!"}, "migrated_codes": []}
    world.keep(
        Authenticator.objects.create(user=user, type=Authenticator.Type.RECOVERY_CODES, data=data)
    )
    return reverse("mfa_index")


def _proposed_leader(world, user):
    other = factories.person(Role.ADMINISTRATOR, world.province)
    leader = {"full_name": "Nguyễn Văn Đức", "email": "duc@congan.example", "role": Role.APPROVER}
    invitations.invite(unit=world.unit, by=other, **leader)
    return reverse("accounts:pending_appointments")


def _people_file(world, user):
    row = ["Lê Thị Hoa", "hoa@congan.example", "", world.unit.code, "Drafting officer", ""]
    world.client.post(
        reverse("accounts:import"), {"file": SimpleUploadedFile("can-bo.xlsx", sheet(row))}
    )
    return reverse("accounts:import_preview")


def _unconfirmed_page(world, user):
    channel = world.keep(factories.ChannelFactory(unit=world.unit, confirmed_at=None))
    return reverse("channels:confirm_page", args=[channel.public_id])


def _approved_kit(world, user):
    kit = world.keep(factories.kit(world.province, state="approved"))
    return reverse("kits:kit", args=[kit.public_id])


def _offered_page(world, user):
    """Prepare the question which of the platform's pages it shall be."""
    world.simulator.page("facebook", name=world.unit.name)
    return reverse("channels:platforms")


def _through_the_platforms_dialog(page):
    page.locator("main a[href*='/connect/facebook/']").click()
    page.wait_for_url("**/connect/facebook/**")
    page.locator("button.btn-primary:visible").click()
    page.locator("button[value=allow], ul.list a").first.wait_for()
    if page.locator("button[value=allow]").count() == 0:
        page.locator("ul.list a").first.click()  # the simulator asks whose account it is
    page.locator("button[value=allow]").click()
    page.wait_for_url("**/channels/choose/**")
    page.locator("input[name=page]").first.check()


def _fill(selector, words):
    return lambda page: page.fill(selector, words)


def _state(state):
    return lambda world: world.again().state == state


def _gone(model):
    return lambda world: not model.objects.exists()


def _scheduled(world):
    return Delivery.objects.filter(post=world.kept["row"]).exists()


def _weak_example(world, user):
    example = world.keep(factories.example(world.unit, relative=Decimal("0.4")))
    return reverse("engagement:example", args=[example.public_id])


def _describe_commune(page):
    page.select_option("[name=kind]", "xã")
    page.fill("[name=place]", "Xã Hòa Tiến")
    page.fill("[name=valid_from]", f"{timezone.localdate():%d/%m/%Y}")
    page.fill("[name=reason]", "Nghị quyết 2")


def _close_commune(page):
    page.fill("[name=reason]", "Hết nhiệm vụ")


ACTS = {
    "a kit is issued": Act(
        "kits/kit.html",
        Role.OVERSEER,
        _approved_kit,
        lambda world: world.again().current is not None,
        at="province",
    ),
    "drafts of the list are put away": Act(
        "publishing/post_list.html",
        Role.OFFICER,
        _draft_list,
        _state(PostState.ARCHIVED),
        prepare=lambda page: page.locator(".row-check").check(),
    ),
    "a draft is put away": Act(
        "posts/_compose_end.html",
        Role.OFFICER,
        _post_page("posts:edit", _draft),
        _state(PostState.ARCHIVED),
        prepare=lambda page: page.locator("[popovertarget=compose-more]").click(),
        button="#compose-more button[data-confirm]",
    ),
    "a template is archived": Act(
        "posts/library/_archive.html",
        Role.OFFICER,
        _template,
        lambda world: world.again().archived_at is not None,
    ),
    "chosen schedules of the calendar are cancelled": Act(
        "publishing/_calendar_many.html",
        Role.OFFICER,
        _board,
        lambda world: world.again().state == State.CANCELLED,
        prepare=lambda page: page.locator(".row-check").check(),
    ),
    "all share pages are closed": Act(
        "publishing/share_list.html",
        Role.OFFICER,
        _shared,
        lambda world: world.again().revoked_at is not None,
    ),
    "a page of a kit is closed": Act(
        "publishing/share.html",
        Role.OFFICER,
        _shared_kit,
        lambda world: world.again().revoked_at is not None,
    ),
    "a version is brought back": Act(
        "posts/history.html",
        Role.OFFICER,
        _rewritten,
        lambda world: world.again().title != "Viết lại",
    ),
    "a submitted post is taken back": Act(
        "posts/locked.html",
        Role.OFFICER,
        _post_page("posts:edit", _in_review),
        _state(PostState.DRAFT),
    ),
    "an approved post is opened for editing": Act(
        "publishing/_post_acts.html",
        Role.OFFICER,
        _post_page("publishing:post", _approved),
        _state(PostState.DRAFT),
    ),
    "chosen posts are approved": Act(
        "publishing/_bulk_bar.html",
        Role.APPROVER,
        _queue,
        _state(PostState.APPROVED),
        prepare=lambda page: page.locator(".row-check").check(),
    ),
    "what a pause held back is left": Act(
        "publishing/pauses_held.html",
        Role.OFFICER,
        _kept_back,
        lambda world: world.again().left_unpublished_at is not None,
        prepare=lambda page: page.locator(".row-check").check(),
    ),
    "a post is published now": Act(
        "publishing/schedule.html",
        Role.OFFICER,
        _post_page("publishing:schedule", _approved),
        _scheduled,
    ),
    "a comment is hidden": Act(
        "engagement/comments.html",
        Role.OFFICER,
        _comment,
        lambda world: Entry.objects.filter(action="desk.hid").exists(),
    ),
    "the reply desk is closed": Act(
        "engagement/desk_allowances.html",
        Role.OVERSEER,
        _reply_desk,
        _gone(ReplyAllowance),
        prepare=_fill("[name=reason]", "Hết người trực"),
        at="province",
    ),
    "a platform is no longer allowed": Act(
        "channels/allowances.html",
        Role.OVERSEER,
        _allowed_platform,
        _gone(PlatformAllowance),
        prepare=lambda page: page.locator("form:has(button[data-confirm]) [name=reason]").fill(
            "Có lệnh chặn"
        ),
        at="province",
    ),
    "a post on the page is not ours": Act(
        "channels/_unrecognised_post.html",
        Role.APPROVER,
        _strange_post,
        lambda world: UnrecognisedPost.objects.filter(verdict="not_ours").exists(),
    ),
    "a page is connected": Act(
        "channels/choose.html",
        Role.APPROVER,
        _offered_page,
        lambda world: Channel.objects.filter(unit=world.unit).exists(),
        prepare=_through_the_platforms_dialog,
    ),
    "a connected page is confirmed": Act(
        "channels/confirm_page.html",
        Role.APPROVER,
        _unconfirmed_page,
        lambda world: world.again().confirmed_at is not None,
    ),
    "a summary is made public": Act(
        "engagement/_result.html",
        Role.OVERSEER,
        _closed_campaign,
        lambda world: PublicSummary.objects.exists(),
        at="province",
    ),
    "a campaign is recalled": Act(
        "publishing/recall_campaign.html",
        Role.OVERSEER,
        _campaign,
        lambda world: Recall.objects.exists(),
        prepare=_fill("[name=reason]", "Số điện thoại trong bài sai"),
        at="province",
    ),
    "an example below the usual is accepted": Act(
        "engagement/examples/example.html",
        Role.OVERSEER,
        _weak_example,
        lambda world: world.again().state == "province",
        at="province",
    ),
    "a unit is added": Act(
        "units/create.html",
        Role.ADMINISTRATOR,
        lambda world, user: reverse("units:create", args=[world.province.key]),
        lambda world: Unit.objects.filter(place="Xã Hòa Tiến", parent=world.province).exists(),
        prepare=_describe_commune,
        at="province",
    ),
    "a unit is closed": Act(
        "units/close.html",
        Role.ADMINISTRATOR,
        lambda world, user: reverse("units:close", args=[world.unit.key]),
        lambda world: Unit.objects.filter(pk=world.unit.pk, valid_to__isnull=False).exists(),
        prepare=_close_commune,
        at="province",
    ),
    "people are imported": Act(
        "accounts/import_preview.html",
        Role.ADMINISTRATOR,
        _people_file,
        lambda world: (
            User.objects.filter(email="hoa@congan.example").exists() and Invitation.objects.exists()
        ),
        at="province",
    ),
    "a proposed leader is confirmed": Act(
        "accounts/pending_appointments.html",
        Role.ADMINISTRATOR,
        _proposed_leader,
        lambda world: Appointment.objects.filter(user__email="duc@congan.example").exists(),
        prepare=lambda page: page.locator("[name=pending]").check(),
        at="province",
    ),
    "an address is removed": Act(
        "account/email.html",
        Role.OFFICER,
        _two_addresses,
        lambda world: EmailAddress.objects.count() == 1,
        prepare=lambda page: page.locator("input[value='cu@congan.example']").check(),
    ),
    "other devices are signed out": Act(
        "accounts/sessions.html",
        Role.OFFICER,
        _two_devices,
        lambda world: Session.objects.count() == 1,
    ),
    "recovery codes are made anew": Act(
        "mfa/_recovery_codes.html",
        Role.APPROVER,
        _one_recovery_code,
        lambda world: (
            len(Authenticator.objects.get(type=Authenticator.Type.RECOVERY_CODES).data["hashes"])
            == 10
        ),
    ),
    "a folder of the library is removed": Act(
        "posts/media_library/folders.html",
        Role.OFFICER,
        _one_folder,
        lambda world: not Folder.objects.exists(),
    ),
    "publishing is paused": Act(
        "publishing/pauses_new.html",
        Role.OVERSEER,
        lambda world, user: reverse("publishing:pause_new"),
        lambda world: Pause.objects.active(timezone.now()).count() == 1,
        prepare=lambda page: page.locator("[name=reason]").type("Vụ việc phức tạp trên địa bàn"),
        at="province",
    ),
}


@pytest.mark.parametrize(
    ("name", "size"), [*((name, PHONE) for name in ACTS), ("publishing is paused", DESK)]
)
def test_a_confirmed_act_is_done_at_the_first_yes(at_desk, simulator, monkeypatch, name, size):
    monkeypatch.setattr(
        "core.form_marks.SHORTEST_READING", timedelta(0)
    )  # a list that has stood for a while
    act, client = ACTS[name], Client()
    world = World(client, simulator)
    user = factories.person(act.role, getattr(world, act.at))
    client.force_login(user)
    address = act.arrange(world, user)
    desk = at_desk(None, size)
    desk.take_session(client)
    page = desk.page
    desk.open(address)
    act.prepare(page)
    assert not act.done(world)

    button = page.locator(act.button).first
    button.click()
    assert "?" in page.locator("#confirm-title").inner_text()
    with page.expect_navigation():
        page.locator(YES).click()

    assert act.done(world)
    page.wait_for_load_state(
        "networkidle"
    )  # what the next page asks for must not meet the emptying of the tables
    assert [complaint for complaint in desk.complaints if desk.url in complaint] == []


def test_every_confirmed_act_of_the_templates_is_played():
    in_templates = Counter()
    for file in TEMPLATES.rglob("*.html"):
        name = str(file.relative_to(TEMPLATES))
        if name != "components/action_bar.html":  # it hands on what the pages give it
            asking = r"<button[^>]*[\s}]data-confirm[=-]|action_bar.html\"[^%]*\sconfirm\w*="
            asked = re.findall(asking, file.read_text())
            in_templates.update({name: len(asked)} if asked else {})
    assert in_templates == Counter(act.template for act in ACTS.values())


def test_a_declined_act_is_not_done_and_the_focus_is_where_it_was(at_desk):
    post = factories.PostFactory()
    desk = at_desk(None, PHONE)
    desk.enter(post.author)
    desk.open(reverse("publishing:post_list"))
    desk.page.locator(".row-check").check()
    button = desk.page.locator("main button[data-confirm]")
    button.click()
    desk.page.keyboard.press("Escape")

    desk.page.locator("main button[data-confirm]:focus").wait_for()
    assert Post.objects.get().state == PostState.DRAFT


def test_nobody_is_asked_whether_they_are_sure_before_the_reason_is_there(at_desk):
    desk = at_desk(None, PHONE)
    desk.enter(factories.person(Role.APPROVER))
    desk.open(reverse("publishing:pause_new"))
    button = desk.page.locator("main button.pause-submit")
    with desk.page.expect_navigation():
        button.click()
    expect(desk.page.locator("[name=reason]")).to_have_attribute("aria-invalid", "true")
    assert not Pause.objects.exists()

    desk.page.fill("[name=reason]", "Vụ việc phức tạp trên địa bàn")
    button.click()
    assert "?" in desk.page.locator("#confirm-title").inner_text()


def test_a_new_pause_takes_the_unit_that_is_chosen_from_the_list(at_desk):
    province = factories.ProvinceFactory()
    unit = factories.UnitFactory(parent=province, place="Phường Sơn Trà", name="Công an Sơn Trà")
    desk = at_desk(factories.person(Role.OVERSEER, province), PHONE)
    page = desk.page
    desk.open(reverse("publishing:pause_new"))

    page.fill("[name=reason]", "Chờ chỉ đạo")
    page.locator("[name=when][value=now]").check(force=True)
    page.locator("#id_unit-ts-control").press_sequentially("son tra")
    with page.expect_navigation():
        page.locator(".ts-dropdown .option", has_text="Sơn Trà").first.click()

    expect(page.locator("[name=reason]")).to_have_value("Chờ chỉ đạo")
    page.locator("main button.pause-submit").click()
    with page.expect_navigation():
        page.locator(YES).click()
    assert [pause.unit for pause in Pause.objects.all()] == [unit]


def test_an_act_whose_button_was_swapped_away_is_sent_all_the_same(at_desk):
    """By the form that the button belonged to, with what the button would have said."""
    post = factories.approved()
    desk = at_desk(None, DESK)
    desk.enter(post.author)
    desk.open(reverse("publishing:schedule", args=[post.public_id]))
    button = desk.page.locator("main button[data-confirm]")
    button.click()
    button.evaluate("button => button.remove()")
    with desk.page.expect_navigation():
        desk.page.locator(YES).click()
    desk.page.wait_for_load_state("networkidle")

    assert Delivery.objects.get().due_at <= timezone.now() + timedelta(minutes=1)


def test_an_act_whose_form_was_swapped_away_is_said_not_to_be_done(at_desk):
    post = factories.approved()
    desk = at_desk(None, DESK)
    desk.enter(post.author)
    desk.open(reverse("publishing:schedule", args=[post.public_id]))
    button = desk.page.locator("main button[data-confirm]")
    button.click()
    button.evaluate("button => button.form.remove()")
    desk.page.locator(YES).click()

    said = desk.page.locator("#toasts .toast-error")
    said.wait_for()
    assert "chưa được gửi" in said.inner_text()
    assert Delivery.objects.count() == 0


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_button_of_a_new_pause_says_what_the_choice_does(at_desk, size):
    desk = at_desk(None, size)
    desk.enter(factories.person(Role.APPROVER))
    desk.open(reverse("publishing:pause_new"))
    page, button = desk.page, desk.page.locator("main .action-bar button")
    page.fill("[name=reason]", "Chuẩn bị cho tình huống xấu")
    said = {}
    for choice in ("now", "planned", "prepared"):
        page.locator(f"[name=when][value={choice}]").check()
        said[choice] = button.inner_text().strip()
    with page.expect_navigation():
        button.click()  # nothing is paused yet, so nothing is asked

    assert len(set(said.values())) == 3
    assert Pause.objects.get().started_at is None
