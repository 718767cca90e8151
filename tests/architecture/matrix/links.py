from tests.architecture.matrix.entry import APPROVER, OFFICER, READERS, Entry

WRITERS = frozenset({OFFICER, APPROVER})
_link = {"public_id": "link"}
ENTRIES = {
    "links:list": Entry(roles=READERS),
    "links:new": Entry(roles=WRITERS),
    "links:link": Entry(roles=READERS, kwargs=_link),
    "links:qr_code": Entry(roles=READERS, kwargs=_link),
    "links:change_target": Entry(
        roles=frozenset({APPROVER}),
        kwargs=_link,
        method="post",
        data={"target": "https://bocongan.gov.vn/", "version": "1"},
    ),
    "links:stop": Entry(
        roles=WRITERS, kwargs=_link, method="post", data={"kind": "repair", "version": "1"}
    ),
    "links:resume": Entry(
        roles=frozenset({APPROVER}), kwargs=_link, method="post", data={"version": "1"}
    ),
    # Residents follow it.
    "links:follow": Entry(kwargs={"code": "code"}, reach="all", anonymous=True),
}
