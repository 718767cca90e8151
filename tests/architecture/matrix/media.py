from tests.architecture.matrix.entry import APPROVER, Entry

LEADERS = frozenset({APPROVER})

ENTRIES = {
    "media:logo": Entry(kwargs={"key": "unit_with_logo"}),
    "media:change_logo": Entry(roles=LEADERS, kwargs={"key": "unit"}),
}
