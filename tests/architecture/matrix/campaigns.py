from tests.architecture.matrix.entry import APPROVER, OFFICER, OVERSEER, READERS, SUPERVISOR, Entry

WRITERS = frozenset({APPROVER, SUPERVISOR, OVERSEER})
KEEPERS = frozenset({OFFICER, APPROVER})
PARTNER = {"public_id": "partner"}
# People of a commune write no kits, whatever their role.
ISSUERS = frozenset({SUPERVISOR, OVERSEER})
DRAFT, SUBMITTED, APPROVED, ISSUED = (
    {"public_id": kind} for kind in ("kit", "submitted_kit", "approved_kit", "issued_kit")
)
ENTRIES = {
    "kits:list": Entry(roles=ISSUERS),
    "kits:new": Entry(roles=ISSUERS),
    "kits:kit": Entry(roles=ISSUERS, kwargs=ISSUED, reach="above"),
    "kits:poster": Entry(roles=ISSUERS, kwargs=ISSUED, reach="above"),
    "kits:poster_file": Entry(roles=ISSUERS, kwargs=ISSUED, reach="above"),
    "kits:edit": Entry(roles=ISSUERS, kwargs=DRAFT),
    "kits:submit": Entry(roles=ISSUERS, kwargs=DRAFT, method="post"),
    "kits:approve": Entry(roles=frozenset({OVERSEER}), kwargs=SUBMITTED),
    "kits:passkey_options": Entry(roles=frozenset({OVERSEER}), kwargs=SUBMITTED, method="post"),
    "kits:issue": Entry(roles=ISSUERS, kwargs=APPROVED, method="post"),
    "kits:new_version": Entry(roles=ISSUERS, kwargs=ISSUED, method="post", reach="above"),
    "kits:pass_on": Entry(roles=ISSUERS, kwargs=ISSUED, reach="above"),
    "kits:withdraw": Entry(roles=frozenset({OVERSEER}), kwargs=ISSUED, reach="above"),
    "partners:list": Entry(roles=READERS),
    "partners:new": Entry(roles=KEEPERS),
    "partners:partner": Entry(roles=READERS, kwargs=PARTNER),
    "partners:edit": Entry(roles=KEEPERS, kwargs=PARTNER),
    "partners:renew": Entry(roles=KEEPERS, kwargs=PARTNER),
    "partners:end": Entry(roles=KEEPERS, kwargs=PARTNER),
    "campaigns:list": Entry(roles=READERS),
    "campaigns:topic_rules": Entry(roles=READERS),
    "campaigns:topic_rule_new": Entry(roles=frozenset({OVERSEER})),
    "campaigns:topic_rule_end": Entry(
        roles=frozenset({OVERSEER}), kwargs={"public_id": "topic_rule"}
    ),
    "campaigns:new": Entry(roles=WRITERS),
    "campaigns:plan": Entry(roles=WRITERS, kwargs={"public_id": "campaign"}),
    "campaigns:files": Entry(roles=READERS, kwargs={"public_id": "campaign"}, reach="above"),
    "campaigns:kit_files": Entry(roles=READERS, kwargs=ISSUED, reach="above"),
    "campaigns:file": Entry(roles=READERS, kwargs={"public_id": "campaign_file"}, reach="above"),
    "campaigns:file_remove": Entry(roles=WRITERS, kwargs={"public_id": "campaign_file"}),
    "campaigns:duplicate": Entry(roles=WRITERS, kwargs={"public_id": "campaign"}, method="post"),
    "campaigns:tick": Entry(roles=WRITERS, kwargs={"public_id": "checklist_item"}, method="post"),
    "campaigns:edit": Entry(roles=WRITERS, kwargs={"public_id": "campaign"}),
}
