from tests.architecture.matrix.entry import (
    ADMINISTRATOR,
    APPROVER,
    OFFICER,
    OVERSEER,
    READERS,
    SUPERVISOR,
    Entry,
)

OVERSEERS = frozenset({OVERSEER, SUPERVISOR})
ENTRIES = {
    "oversight:today": Entry(),
    "oversight:board": Entry(roles=OVERSEERS),
    "oversight:province": Entry(roles=OVERSEERS),
    # The walk's people sit in a province or below: the nation is seen from the ministry only.
    "oversight:nation": Entry(roles=frozenset()),
    "oversight:official_pages": Entry(roles=OVERSEERS),
    "oversight:adoption_list": Entry(roles=OVERSEERS),
    "oversight:adoption": Entry(roles=OVERSEERS, kwargs={"public_id": "issued_kit"}, reach="above"),
    "oversight:remind_adoption": Entry(
        roles=OVERSEERS, kwargs={"public_id": "issued_kit"}, method="post", reach="above"
    ),
    "oversight:remind_provinces": Entry(
        roles=OVERSEERS, kwargs={"public_id": "issued_kit"}, method="post"
    ),
    "oversight:remind_pageless": Entry(roles=OVERSEERS, method="post"),
    "oversight:unit": Entry(roles=OVERSEERS, kwargs={"key": "unit"}),
    "oversight:digest": Entry(roles=OVERSEERS),
    "oversight:matters": Entry(roles=READERS),
    "oversight:ask_matter": Entry(roles=OVERSEERS),
    "oversight:matter": Entry(roles=READERS, kwargs={"public_id": "matter"}),
    "oversight:answer_matter": Entry(
        roles=frozenset({OFFICER, APPROVER}), kwargs={"public_id": "matter"}, method="post"
    ),
    "oversight:reopen_matter": Entry(
        roles=OVERSEERS, kwargs={"public_id": "matter_below"}, method="post"
    ),
    "oversight:close_matter": Entry(
        roles=OVERSEERS, kwargs={"public_id": "matter_below"}, method="post"
    ),
    "oversight:hand_over": Entry(roles=frozenset({ADMINISTRATOR}), kwargs={"public_id": "person"}),
    "oversight:issues": Entry(roles=OVERSEERS, kwargs={"key": "unit"}),
    "oversight:remind": Entry(
        roles=OVERSEERS, kwargs={"key": "unit"}, method="post", data={"kind": "silent"}
    ),
}
