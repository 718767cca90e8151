from tests.architecture.matrix.entry import APPROVER, OFFICER, OVERSEER, READERS, Entry

SCHEDULERS = frozenset({OFFICER, APPROVER})
ENTRIES = {
    "engagement:campaign": Entry(roles=READERS, kwargs={"public_id": "campaign"}, reach="above"),
    "engagement:campaign_export": Entry(
        roles=READERS, kwargs={"public_id": "campaign"}, reach="above"
    ),
    "engagement:comments": Entry(roles=SCHEDULERS, kwargs={"public_id": "published_manually"}),
    "engagement:desk_allowances": Entry(roles=frozenset({OVERSEER})),
    "engagement:desks": Entry(roles=SCHEDULERS),
    "engagement:dictionary": Entry(roles=READERS),
    "engagement:enter_figures": Entry(roles=SCHEDULERS, kwargs={"public_id": "published_manually"}),
    "engagement:post_counts": Entry(roles=READERS, kwargs={"public_id": "post"}),
}
