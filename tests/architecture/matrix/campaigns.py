from tests.architecture.matrix.entry import APPROVER, OVERSEER, READERS, SUPERVISOR, Entry

WRITERS = frozenset({APPROVER, SUPERVISOR, OVERSEER})
ENTRIES = {
    "campaigns:list": Entry(roles=READERS),
    "campaigns:new": Entry(roles=WRITERS),
    "campaigns:edit": Entry(roles=WRITERS, kwargs={"public_id": "campaign"}),
}
