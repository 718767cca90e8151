from tests.architecture.matrix.entry import OVERSEER, SUPERVISOR, Entry

OVERSEERS = frozenset({OVERSEER, SUPERVISOR})
ENTRIES = {
    "oversight:today": Entry(),
    "oversight:province": Entry(roles=OVERSEERS),
    # The walk's people sit in a province or below: the nation is seen from the ministry only.
    "oversight:nation": Entry(roles=frozenset()),
    "oversight:unit": Entry(roles=OVERSEERS, kwargs={"key": "unit"}),
}
