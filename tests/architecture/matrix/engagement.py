from tests.architecture.matrix.entry import READERS, Entry

ENTRIES = {
    "engagement:campaign": Entry(roles=READERS, kwargs={"public_id": "campaign"}, reach="above"),
    "engagement:campaign_export": Entry(roles=READERS, kwargs={"public_id": "campaign"}, reach="above"),
    "engagement:post_counts": Entry(roles=READERS, kwargs={"public_id": "post"}),
}
