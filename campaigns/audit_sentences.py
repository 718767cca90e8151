"""The words of the record for what campaigns does."""

from django.utils.translation import gettext_noop

from accounts.permissions import Permission
from audit.sentences import register, register_page

register(
    {
        "campaign.begun": gettext_noop("Began the campaign “%(object)s”"),
        "topic.rule_set": gettext_noop("Set what posts on a topic need: %(object)s"),
        "topic.rule_ended": gettext_noop("Ended what posts on a topic need: %(object)s"),
        "campaign.changed": gettext_noop("Changed the campaign “%(object)s”"),
        "campaign.planned": gettext_noop("Changed the plan of the campaign “%(object)s”"),
        "campaign.ticked": gettext_noop("Ticked an item of the campaign “%(object)s”"),
        "campaign.unticked": gettext_noop("Opened an item of the campaign “%(object)s” again"),
        "campaign.copied": gettext_noop("Copied a campaign to the next year: “%(object)s”"),
        "campaign.closed": gettext_noop("Closed the campaign “%(object)s” with its figures"),
        "campaign.summary_shown": gettext_noop(
            "Made the summary of the campaign “%(object)s” public"
        ),
        "campaign.summary_revoked": gettext_noop(
            "Took the public summary of the campaign “%(object)s” back"
        ),
        "campaign.file_added": gettext_noop("Added a file to “%(object)s”"),
        "campaign.file_removed": gettext_noop("Removed a file from “%(object)s”"),
        "campaign.file_refused": gettext_noop("A file for “%(object)s” was not taken"),
        "kit.begun": gettext_noop("Began the kit “%(object)s”"),
        "kit.changed": gettext_noop("Changed the kit “%(object)s”"),
        "kit.submitted": gettext_noop("Submitted the kit “%(object)s” for approval"),
        "kit.approved": gettext_noop("Approved the kit “%(object)s”"),
        "kit.returned": gettext_noop("Returned the kit “%(object)s”"),
        "kit.issued": gettext_noop("Issued the kit “%(object)s”"),
        "kit.version_begun": gettext_noop("Began a new version of the kit “%(object)s”"),
        "kit.passing_asked": gettext_noop("Reminded provinces to pass the kit “%(object)s” on"),
        "kit.passed_on": gettext_noop("Passed the kit “%(object)s” on to the units below"),
        "kit.withdrawn": gettext_noop("Withdrew the kit “%(object)s”"),
        "partner.entered": gettext_noop("Entered the partner “%(object)s”"),
        "partner.renewed": gettext_noop("Entered a newer document of the partner “%(object)s”"),
        "partner.contact_changed": gettext_noop("Changed the contact of the partner “%(object)s”"),
        "partner.ended": gettext_noop("Ended the agreement with the partner “%(object)s”"),
        "partner.ran_out": gettext_noop("The agreement with the partner “%(object)s” ran out"),
    },
    groups={
        "campaign": gettext_noop("Campaigns"),
        "kit": gettext_noop("Kits"),
        "partner": gettext_noop("Partners"),
        "topic": gettext_noop("Topics"),
    },
    place=40,
)
register_page("campaigns.partner", "partners:partner", right=Permission.CAMPAIGN_VIEW)
