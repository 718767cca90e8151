"""The words of the record for what posts does."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date

from django.utils.translation import gettext_noop

from audit.sentences import register, register_facts
from media.scanners.models import ShownAs
from posts.checks.leak_words import rule_name

register(
    {
        "post.started": gettext_noop("Began a draft"),
        "post.draft": gettext_noop("Opened “%(object)s” for editing again"),
        "post.in_review": gettext_noop("Submitted “%(object)s” for approval"),
        "post.changes_requested": gettext_noop("Returned “%(object)s” for revision"),
        "post.approved": gettext_noop("Approved “%(object)s”"),
        "post.first_approved": gettext_noop(
            "Approved “%(object)s” for the unit; the province approves it, too"
        ),
        "post.second_expired": gettext_noop(
            "Nobody approved “%(object)s” a second time in time; it went back for revision"
        ),
        "post.approval_undone": gettext_noop("Took the approval of “%(object)s” back at once"),
        "post.withdrawn": gettext_noop("Withdrew the post “%(object)s”"),
        "post.blank_removed": gettext_noop("Removed a draft in which nothing had been written"),
        "post.draft_removed": gettext_noop(
            "Removed a draft that was never submitted, a year after its last edit"
        ),
        "post.archived": gettext_noop("Archived “%(object)s”"),
        "post.repeated": gettext_noop("Made “%(object)s” as a further time of a series"),
        "post.imported": gettext_noop("Made the draft “%(object)s” from a row of a sheet"),
        "post.sheet_imported": gettext_noop("Made drafts from the sheet “%(object)s”"),
        "post.unarchived": gettext_noop("Took “%(object)s” out of the archive"),
        "post.restored": gettext_noop(
            "Brought version %(version)s of “%(object)s” back as the draft"
        ),
        "post.duplicated": gettext_noop("Made a copy of “%(object)s”"),
        "post.begun_from_template": gettext_noop("Began a post from a template: “%(object)s”"),
        "post.begun_from_example": gettext_noop(
            "Began a post from another unit’s example: “%(object)s”"
        ),
        "post.begun_from_kit": gettext_noop("Took a kit up: “%(object)s”"),
        "post.kit_version_taken": gettext_noop("Took over the new version of a kit: “%(object)s”"),
        "kit.reminded": gettext_noop(
            "Reminded %(units)s units of the kit “%(object)s”, which they had not opened"
        ),
        "kit.declined": gettext_noop("Answered that the kit “%(object)s” is not for the unit"),
        "post.correction_begun": gettext_noop("Began the draft of a correction: “%(object)s”"),
        # What was said stays in the discussion.
        "post.commented": gettext_noop("Commented on “%(object)s”"),
        "post.thread_resolved": gettext_noop("Resolved a comment on “%(object)s”"),
        "post.thread_reopened": gettext_noop("Reopened a comment on “%(object)s”"),
        "post.proposal_taken": gettext_noop("Took proposed words into “%(object)s”"),
        # Approvals say how they were proved, as far as the record knows.
        "post.approved.passkey": gettext_noop("Approved “%(object)s” with a passkey"),
        "post.approved.code": gettext_noop("Approved “%(object)s” with a code, a weaker proof"),
        "allowed.entered": gettext_noop("Entered as public: %(object)s"),
        "allowed.confirmed": gettext_noop("Confirmed as public: %(object)s"),
        "allowed.ended": gettext_noop("No longer public: %(object)s"),
        "leak_rule.switched": gettext_noop(
            "Asked that the rule %(object)s of the leak check is another one from %(since)s on"
        ),
        "leak_rule.confirmed": gettext_noop("Confirmed the switch of the rule %(object)s"),
        "leak_rule.ended": gettext_noop("Ended the switch of the rule %(object)s"),
        "leak_rule.alarms_seen": gettext_noop(
            "Dealt with %(n)s reports that the rule %(rule)s found no leak"
        ),
        "template.created": gettext_noop("Added the template “%(object)s”"),
        "template.changed": gettext_noop("Changed the template “%(object)s”"),
        "template.archived": gettext_noop("Archived the template “%(object)s”"),
        "template.restored": gettext_noop("Took the template “%(object)s” into use again"),
        "template.loaded": gettext_noop(
            "Loaded the library that comes with the portal: %(created)s new, %(changed)s changed"
        ),
        "snippet.created": gettext_noop("Added the piece “%(object)s” to the library"),
        "snippet.changed": gettext_noop("Changed the piece “%(object)s” of the library"),
        "snippet.archived": gettext_noop("Archived the piece “%(object)s” of the library"),
        "snippet.restored": gettext_noop(
            "Took the piece “%(object)s” of the library into use again"
        ),
    },
    groups={
        "post": gettext_noop("Posts"),
        "template": gettext_noop("Templates"),
        "snippet": gettext_noop("Pieces of the library"),
        "allowed": gettext_noop("Public numbers"),
        "leak_rule": gettext_noop("Leak check"),
    },
    place=10,
)


def _name_rule(facts: Mapping[str, str]) -> dict[str, str]:
    """Name the rule; a switch, which is named by its rule, says its day as everywhere else."""
    facts_in_text = {"rule": rule_name(facts["rule"])}
    with suppress(ValueError):
        facts_in_text["since"] = f"{date.fromisoformat(facts['since']):%d/%m/%Y}"
    return facts_in_text


def _name_allowed_boxes(facts: Mapping[str, str]) -> dict[str, str]:
    legal_basis = facts["ground"]
    known = legal_basis in ShownAs.values
    return {
        **_name_rule(facts),
        "ground": str(ShownAs(legal_basis).label) if known else legal_basis,
    }


register_facts("media.box_shown", facts=_name_allowed_boxes)
register_facts(
    "leak_rule.switched",
    "leak_rule.alarms_seen",
    "media.box_hidden",
    facts=_name_rule,
)
