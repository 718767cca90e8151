"""Nobody acts alone where residents read it or where it gives power: walks the table "One person
alone" of docs/security.md.
"""

import inspect
from collections.abc import Callable
from datetime import timedelta
from fnmatch import fnmatch
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.utils import timezone

from accounts.ministry import links as ministry_links
from accounts.ministry import mapping
from accounts.models import ClaimMapping
from accounts.people import appointments, confirmations, delegations
from accounts.permissions import Permission, Role
from accounts.queries import can
from accounts.second_factors import recovery
from audit.sentences import SENTENCES
from campaigns.kits import issuing
from campaigns.planning import plans
from campaigns.planning.models import PublicSummary
from channels.completeness import changes
from channels.connection import confirmation
from core.errors import NotAllowed, Refused
from engagement.replies import wording
from links import services as links
from posts.leak_rules import allowing, switching
from posts.review import decisions
from publishing.broadcasts import broadcasting
from publishing.freeze import freezing
from publishing.models import Freeze
from tests import factories
from tests.accounts.ministry.test_links import asked

pytestmark = pytest.mark.django_db
ROOT = Path(settings.BASE_DIR)
REFUSED = (NotAllowed, Refused)
COLUMNS = ["act", "starts it", "must agree", "proof", "is told", "taken back by"]

# Which actions of the record belong to an act of the table.
ACTIONS = {
    "approve a post or a series": "post.approved* post.first_approved post.second_expired "
    "post.approval_undone series.*",
    "send a post to a page's followers": "broadcast.*",
    "correct a post": "post.correction_begun",
    "answer a comment with an approved phrase": "desk.phrase_* desk.answered.phrase",
    "answer a comment in own words": "desk.answered desk.release*",
    "hide a comment, show it again": "desk.hid desk.showed",
    "make a short link": "link.created",
    "stop a short link for a listed reason": "link.stopped",
    "stop a short link in own words": "link.stopped",
    "change where a short link leads, open it again": "link.target_changed link.resumed",
    "connect a page": "channel.connected channel.connected_again channel.page_* channel.grant_kept",
    "change a page's profile": "channel.change_*",
    "free, hand over or take into use a page": "channel.resumed channel.confirmed "
    "channel.handed_over",
    "rest, report, disconnect or close a page": "channel.paused channel.taken_over channel.retired "
    "channel.disconnected channel.grant_ended channel.grant_left channel.frozen",
    "post by hand": "channel.by_hand delivery.by_hand delivery.needs_person",
    "allow a platform or the reply desk in a province": "platform.* desk.opened desk.closed",
    "make a number, account or host public": "allowed.*",
    "switch a rule of the leak check": "leak_rule.*",
    "set or end what posts on a topic need": "topic.*",
    "issue a kit": "kit.*",
    "share approved posts and kits with a partner": "share.* partner.*",
    "show the summary of a campaign": "campaign.closed campaign.summary_*",
    "recall or withdraw": "recall.* post.withdrawn delivery.recall*",
    "pause publishing, end a pause": "pause.* delivery.left",
    "freeze publishing, release it": "publishing.*",
    "move or cancel a time": "delivery.scheduled delivery.moved delivery.cancelled slot.*",
    "change a unit's facts": "unit.facts_changed",
    "change a unit's name, logo or place in the tree": "unit.logo_* unit.renamed unit.created "
    "unit.merged unit.closed unit.loaded unit.changed_by_list unit.posts_followed",
    "make a leader, overseer or administrator": "account.*_proposed account.appointment_*",
    "waive a new leader's first day": "account.waiver_given account.waiting_waived",
    "reset a lost factor": "account.mfa_reset*",
    "link an account of the ministry": "account.link_* account.linked account.unlinked",
    "say what claims of the ministry mean": "account.claims_*",
    "hand approval over to a deputy": "account.delegat*",
    "invite or appoint an officer or supervisor": "account.invited account.invited_again "
    "account.appointed account.imported",
    "disable, enable, unlock or correct an account": "account.disabled account.enabled "
    "account.unlocked account.corrected account.post_ended account.pseudonymised",
    "set the day of the second factor": "account.factor_day_set",
    "change accounts or rights from `/system/`": "system.*",
    "work at the console": "account.break_glass_*",
    "order that nothing is removed, lift it, remove what is due": "retention.*",
    "make or revoke a calendar link": "calendar_link.*",
}
# Residents see nothing of it, and it gives nobody power. The reason stands beside each group.
HARMLESS = {
    # What the engine does at its time with what two people approved.
    "delivery.claimed delivery.staged delivery.committing delivery.processing delivery.verifying "
    "delivery.published delivery.failed delivery.expired delivery.counted",
    # Drafts and what people say of them, before a leader reads it.
    "post.started post.draft post.in_review post.changes_requested post.blank_removed "
    "post.draft_removed post.archived post.unarchived post.repeated post.imported "
    "post.sheet_imported post.restored post.duplicated post.begun_from_* post.kit_version_taken "
    "post.commented post.thread_* post.proposal_taken",
    # What officers begin from: it goes through the approval of the post.
    "template.* snippet.* example.* media.* folder.*",
    # Plans, figures and reports, for colleagues alone.
    "campaign.begun campaign.changed campaign.planned campaign.ticked campaign.unticked "
    "campaign.copied campaign.reminded campaign.file_* note.* report.* matter.* oversight.*",
    # What the portal saw on a page, and whose post it was.
    "channel.lost channel.back channel.renamed channel.foreign_*",
    # A person's own account and sign-in.
    "account.accepted account.factor_code_used account.password_* account.factor_added "
    "account.factor_removed account.email_* sign_in.* access.denied",
    # A day that an administrator notes: it gives no right.
    "account.training_noted",
}
# Of the console: each stops, checks, copies or repairs, or its act stands in the table.
COMMANDS = (
    "break_glass reset_factor createsuperuser changepassword freeze_publishing release_publishing "
    "load_units load_library retention grant_roles check_ministry_sign_in export_audit "
    "verify_audit verify_approvals detach_counts draft_reports rebuild_rollups check_media "
    "check_text reseal_credentials watch seed_national try_out"
)
# Acts that another test plays.
ELSEWHERE = {
    "change accounts or rights from `/system/`": "tests/accounts/people/test_system_changes.py::"
    "test_one_of_them_alone_changes_nothing",
}

ALONE: dict[str, Callable[..., None]] = {}


def alone(act: str) -> Callable:
    """Register what one person tries alone at ``act``: it raises, or asserts that nothing came of
    it.
    """

    def register(play: Callable[..., None]) -> Callable[..., None]:
        assert act not in ALONE
        ALONE[act] = play
        return play

    return register


def read_rows() -> dict[str, dict[str, str]]:
    """Return the rows of the table by their act."""
    page = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    section = page.split("## One person alone\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert cells[0] == COLUMNS
    return {row[0]: dict(zip(COLUMNS, row, strict=True)) for row in cells[2:]}


ROWS = read_rows()


def belongs_to(action: str, patterns: str) -> bool:
    return any(fnmatch(action, pattern) for pattern in patterns.split())


@pytest.mark.parametrize("act", ROWS)
def test_an_act_is_refused_to_one_person_or_says_why_one_is_right(act):
    row = ROWS[act]

    assert all(row.values()), row
    if act in ALONE:
        play = ALONE[act]
        play(**{name: WORLD[name]() for name in inspect.signature(play).parameters})
        return
    if act in ELSEWHERE:
        path, name = ELSEWHERE[act].split("::")
        assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8")
        return
    _nobody, stated, why = row["must agree"].partition("nobody: ")
    assert stated, f"nobody is refused {act} in this test, and the row does not say why"
    assert len(why.split()) >= 4, why


def test_each_action_of_the_record_has_a_row_or_is_harmless():
    patterns = [*ACTIONS.values(), *HARMLESS]

    assert [
        name for name in SENTENCES if not any(belongs_to(name, pattern) for pattern in patterns)
    ] == []
    assert ACTIONS.keys() == ROWS.keys()
    used = [pattern for line in patterns for pattern in line.split()]
    assert [one for one in used if not any(fnmatch(name, one) for name in SENTENCES)] == []
    grave = [name for name in SENTENCES if any(belongs_to(name, p) for p in ACTIONS.values())]
    assert [
        name for name in grave if any(belongs_to(name, harmless) for harmless in HARMLESS)
    ] == []


def test_each_command_of_the_console_is_known():
    own = {
        path.stem
        for config in apps.get_app_configs()
        if Path(config.path).is_relative_to(ROOT) and ".venv" not in config.path
        for path in (Path(config.path) / "management/commands").glob("[!_]*.py")
    }
    assert own
    assert own <= set(COMMANDS.split())


def test_the_tables_of_system_are_known():
    ours = {
        model._meta.label
        for model in admin.site._registry
        if model._meta.app_label in {config.label for config in apps.get_app_configs()}
    }
    assert ours <= SYSTEM_TABLES


# Accounts and rights have a row; of the others residents see names of topics alone.
SYSTEM_TABLES = {
    *("accounts.User", "accounts.Appointment", "campaigns.Topic"),
    *("units.Unit", "audit.Entry"),  # read there, never changed
}

WORLD = {
    "unit": factories.UnitFactory,
    "province": factories.ProvinceFactory,
    "ministry": factories.ministry,
}


# --- what residents read --------------------------------------------------------------------------


@alone("approve a post or a series")
def approve_own_post(unit):
    leader = factories.person(Role.APPROVER, unit)
    post = factories.submitted(unit=unit, author=leader, last_editor=leader)
    with pytest.raises(NotAllowed):
        decisions.approve(post, post.current_revision, by=leader, proof=factories.proof())


@alone("correct a post")
def approve_own_correction(unit):
    leader = factories.person(Role.APPROVER, unit)
    wrong = factories.approved(unit=unit)
    post = factories.submitted(unit=unit, author=leader, last_editor=leader, corrects=wrong)
    with pytest.raises(NotAllowed):
        decisions.approve(post, post.current_revision, by=leader, proof=factories.proof())


@alone("send a post to a page's followers")
def confirm_own_broadcast(unit):
    leader = factories.person(Role.APPROVER, unit)
    row = factories.broadcast(by=leader, unit=unit)
    with pytest.raises(Refused, match="second person"):
        broadcasting.confirm(row, by=leader, reason="Đồng ý")


@alone("answer a comment with an approved phrase")
def approve_own_phrase(unit):
    leader = factories.person(Role.APPROVER, unit)
    row = wording.propose_phrase("Mời bà gọi 113.", unit=unit, by=leader)
    with pytest.raises(NotAllowed):
        wording.approve_phrase(row, by=leader)
    with pytest.raises(Refused):
        wording.require_may_say("Mời bà gọi 113.", unit=unit, by=leader)


@alone("answer a comment in own words")
def release_own_words(unit):
    leader = factories.person(Role.APPROVER, unit, date_joined=timezone.now() - timedelta(days=9))
    with pytest.raises(NotAllowed):
        wording.give_release(unit, leader, by=leader)
    with pytest.raises(Refused):
        wording.require_may_say("Gặp anh Tuấn áo xanh.", unit=unit, by=leader)


@alone("stop a short link in own words")
def write_on_a_stopped_link(unit):
    officer = factories.person(Role.OFFICER, unit)
    link = factories.link(unit)
    with pytest.raises(NotAllowed):
        links.stop_link(link, "own", own_text="Gặp anh Tuấn áo xanh", version=1, by=officer)
    new = factories.person(Role.APPROVER, unit)
    new.appointments.update(approves_from=timezone.now() + timedelta(hours=23))
    with pytest.raises(NotAllowed):
        links.stop_link(link, "own", own_text="Gặp anh Tuấn áo xanh", version=1, by=new)


@alone("make a short link")
def lead_residents_elsewhere(unit):
    officer = factories.person(Role.OFFICER, unit)
    for target in (
        "https://evil.example/",
        "https://dichvucong.gov.vn/redirect?url=//evil.example",
    ):
        with pytest.raises(Refused):
            links.create_link(unit=unit, title="VNeID", target=target, by=officer)


@alone("connect a page")
def confirm_own_page(unit):
    leader = factories.person(Role.APPROVER, unit)
    channel = factories.ChannelFactory(unit=unit, connected_by=leader, confirmed_at=None)
    with pytest.raises(REFUSED):
        confirmation.confirm(channel, by=leader, seen=confirmation.fingerprint(channel))


@alone("change a page's profile")
def approve_own_profile(unit):
    leader = factories.person(Role.APPROVER, unit)
    row = factories.page_change(unit, about="Trang của Công an phường.")
    row.proposed_by = leader
    row.save()
    with pytest.raises(REFUSED):
        changes.approve(row, by=leader, content_sha256=row.content_sha256)


@alone("make a number, account or host public")
def confirm_own_number(unit):
    leader = factories.person(Role.APPROVER, unit)
    row = factories.allowed_item(unit, entered_by=leader, confirmed_by=None, confirmed_at=None)
    with pytest.raises(REFUSED):
        allowing.confirm(row, by=leader)


@alone("switch a rule of the leak check")
def confirm_own_switch(ministry):
    overseer = factories.person(Role.OVERSEER, ministry)
    row = factories.rule_switch(
        "plate", "info", set_by=overseer, confirmed_by=None, confirmed_at=None
    )
    with pytest.raises(REFUSED):
        switching.confirm_switch(row, by=overseer)


@alone("issue a kit")
def approve_own_kit(province):
    leader = factories.person(Role.APPROVER, province)
    kit = factories.kit(province, state="in_review", author=leader, last_editor=leader)
    version = kit.versions.get()
    version.writers.add(leader)
    with pytest.raises(REFUSED):
        issuing.approve_version(version, by=leader, content_sha256=version.content_sha256)
    with pytest.raises(REFUSED):
        issuing.issue_version(version, by=leader)


@alone("show the summary of a campaign")
def show_own_campaign(province):
    overseer = factories.person(Role.OVERSEER, province)
    campaign = factories.CampaignFactory(unit=province, created_by=overseer)
    factories.campaign_result(campaign)  # closed by the person who began it
    with pytest.raises(NotAllowed):
        plans.show_summary(campaign, by=overseer, deliveries=[])
    assert not PublicSummary.objects.exists()


@alone("freeze publishing, release it")
def release_after_a_restore(ministry):
    administrator = factories.person(Role.ADMINISTRATOR, ministry)
    now = timezone.now()
    frozen = {"frozen_at": now, "reason": freezing.RESTORED, "read_back_at": now}
    Freeze.objects.update_or_create(pk=1, defaults=frozen)
    assert freezing.release(by=administrator, reason="Đã đối chiếu") is False
    with pytest.raises(Refused):
        freezing.release(by=administrator, reason="Đã đối chiếu")


# --- what gives power -----------------------------------------------------------------------------


@alone("make a leader, overseer or administrator")
def make_a_leader(unit):
    administrator = factories.person(Role.ADMINISTRATOR, unit.parent)
    factories.person(Role.ADMINISTRATOR, unit.parent)
    person = factories.person(Role.OFFICER, unit)
    waiting = appointments.appoint(
        person,
        unit=unit,
        role=Role.APPROVER,
        title="",
        valid_from=timezone.localdate(),
        by=administrator,
    )
    with pytest.raises(NotAllowed):
        confirmations.confirm(waiting, by=administrator)
    assert not can(fresh(person), Permission.POST_APPROVE, unit=unit)


@alone("waive a new leader's first day")
def waive_the_first_day(unit):
    new, leader = (factories.person(Role.APPROVER, unit) for _number in range(2))
    post = new.appointments.get()
    post.approves_from = timezone.now() + timedelta(hours=23)
    post.save()
    assert confirmations.waive(post, by=leader, reason="Lãnh đạo đi vắng") is False
    with pytest.raises(Refused):
        confirmations.waive(post, by=leader, reason="Lãnh đạo đi vắng")
    with pytest.raises(NotAllowed):
        confirmations.waive(post, by=new, reason="Lãnh đạo đi vắng")
    assert not can(fresh(new), Permission.POST_APPROVE, unit=unit)


@alone("reset a lost factor")
def reset_a_factor(unit):
    first = factories.person(Role.ADMINISTRATOR, unit.parent)
    factories.person(Role.ADMINISTRATOR, unit.parent)
    leader = factories.person(Role.APPROVER, unit)
    row = recovery.request_reset(leader, by=first, reason="Mất điện thoại")
    with pytest.raises(NotAllowed):
        recovery.confirm(row, by=first, now=timezone.now())


@alone("link an account of the ministry")
def link_a_ministry_account(unit):
    first = factories.person(Role.ADMINISTRATOR, unit.parent)
    factories.person(Role.ADMINISTRATOR, unit.parent)
    row = asked(unit=unit)
    ministry_links.propose(row, factories.person(Role.OFFICER, unit), by=first, now=timezone.now())
    row.refresh_from_db()
    with pytest.raises(NotAllowed):
        ministry_links.confirm(row, by=first, now=timezone.now())


@alone("say what claims of the ministry mean")
def confirm_own_claims(ministry):
    first = factories.person(Role.ADMINISTRATOR, ministry)
    row = ClaimMapping.objects.create(
        kind="role", value="lanh-dao", role="officer", proposed_by=first, proposed_at=timezone.now()
    )
    with pytest.raises(NotAllowed):
        mapping.confirm([str(row.public_id)], by=first, now=timezone.now())


@alone("hand approval over to a deputy")
def approve_as_a_new_deputy(unit):
    leader, deputy = factories.person(Role.APPROVER, unit), factories.person(Role.OFFICER, unit)
    today = timezone.localdate()
    period = {"valid_from": today, "valid_to": today + timedelta(days=3)}
    delegations.delegate(unit=unit, deputy=deputy, reason="Nghỉ phép", by=leader, **period)
    with pytest.raises(REFUSED):
        delegations.delegate(unit=unit, deputy=leader, reason="Nghỉ phép", by=leader, **period)
    assert not can(fresh(deputy), Permission.POST_APPROVE, unit=unit)


def fresh(person):
    """Return the person as the next request reads them."""
    return type(person).objects.get(pk=person.pk)
