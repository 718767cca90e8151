from tests.architecture.matrix.entry import (
    APPROVER,
    OFFICER,
    OVERSEER,
    READERS,
    SUPERVISOR,
    Entry,
)

WRITERS = frozenset({APPROVER, SUPERVISOR, OVERSEER})
SCHEDULERS = frozenset({OFFICER, APPROVER})
ENTRIES = {
    "engagement:campaign": Entry(roles=READERS, kwargs={"public_id": "campaign"}, reach="above"),
    "engagement:campaign_figures": Entry(
        roles=READERS, kwargs={"public_id": "campaign"}, reach="above"
    ),
    "engagement:campaign_close": Entry(roles=WRITERS, kwargs={"public_id": "campaign"}),
    "engagement:campaign_summary": Entry(
        roles=WRITERS, kwargs={"public_id": "campaign"}, method="post"
    ),
    "engagement:public_summary": Entry(
        kwargs={"public_id": "public_summary"}, anonymous=True, reach="all"
    ),
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
