from tests.architecture.matrix.entry import APPROVER, OVERSEER, READERS, SUPERVISOR, Entry

WRITERS = frozenset({APPROVER, SUPERVISOR, OVERSEER})
ENTRIES = {
    "campaigns:list": Entry(roles=READERS),
    "campaigns:topic_rules": Entry(roles=READERS),
    "campaigns:topic_rule_new": Entry(roles=frozenset({OVERSEER})),
    "campaigns:topic_rule_end": Entry(
        roles=frozenset({OVERSEER}), kwargs={"public_id": "topic_rule"}
    ),
    "campaigns:new": Entry(roles=WRITERS),
    "campaigns:edit": Entry(roles=WRITERS, kwargs={"public_id": "campaign"}),
}
