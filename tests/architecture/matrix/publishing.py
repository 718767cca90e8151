from tests.architecture.matrix.entry import ADMINISTRATOR, APPROVER, OFFICER, OVERSEER, READERS, Entry

SCHEDULERS = frozenset({OFFICER, APPROVER})
WITHDRAWERS = frozenset({APPROVER, OVERSEER})
POST, DELIVERY = {"public_id": "approved_post"}, {"public_id": "delivery"}
PAUSE = {"public_id": "pause"}

WORDS = {"words": "Cảnh báo khẩn", "understood": "on"}

ENTRIES = {
    "publishing:review_queue": Entry(roles=frozenset({APPROVER})),
    "publishing:approve_many": Entry(roles=frozenset({APPROVER}), method="post"),
    "publishing:review": Entry(roles=frozenset({APPROVER}), kwargs={"public_id": "submitted_post"}),
    "publishing:post": Entry(roles=READERS, kwargs=POST),
    "publishing:schedule": Entry(roles=SCHEDULERS, kwargs=POST),
    "publishing:reopen": Entry(roles=SCHEDULERS, kwargs=POST, method="post"),
    "publishing:withdraw": Entry(roles=WITHDRAWERS, kwargs=POST, method="post", data={"reason": "Sai số liệu"}),
    "publishing:delivery": Entry(roles=READERS, kwargs=DELIVERY),
    "publishing:move": Entry(roles=SCHEDULERS, kwargs=DELIVERY),
    "publishing:cancel": Entry(roles=SCHEDULERS, kwargs=DELIVERY, method="post"),
    "publishing:recall": Entry(roles=WITHDRAWERS, kwargs=DELIVERY, method="post", data={"reason": "Sai số liệu"}),
    "publishing:decide": Entry(roles=SCHEDULERS, kwargs={"public_id": "doubtful_delivery"}),
    "publishing:broadcast_ask": Entry(roles=SCHEDULERS, kwargs={"public_id": "standing_delivery"}),
    "publishing:broadcast_list": Entry(roles=READERS),
    "publishing:broadcast": Entry(roles=READERS, kwargs={"public_id": "broadcast"}),
    "publishing:broadcast_confirm": Entry(
        roles=frozenset({APPROVER}), kwargs={"public_id": "broadcast"}, method="post", data=WORDS
    ),
    "publishing:broadcast_call_off": Entry(
        roles=SCHEDULERS, kwargs={"public_id": "broadcast"}, method="post", data={"reason": "Chưa cần"}
    ),
    "publishing:broadcast_decide": Entry(
        roles=SCHEDULERS, kwargs={"public_id": "broadcast"}, method="post", data={"seen": "sent", "words": "Đã gửi"}
    ),
    "publishing:pauses": Entry(roles=READERS),
    "publishing:pause_new": Entry(roles=WITHDRAWERS),
    "publishing:held": Entry(roles=READERS),
    "publishing:leave": Entry(roles=SCHEDULERS, method="post"),
    "publishing:pause": Entry(roles=READERS, kwargs=PAUSE, reach="above"),
    "publishing:pause_start": Entry(roles=WITHDRAWERS, kwargs={"public_id": "prepared_pause"}),
    "publishing:pause_change": Entry(roles=WITHDRAWERS, kwargs={"public_id": "prepared_pause"}),
    "publishing:pause_end": Entry(roles=WITHDRAWERS, kwargs=PAUSE, method="post"),
    "publishing:pause_discard": Entry(roles=WITHDRAWERS, kwargs={"public_id": "prepared_pause"}, method="post"),
    "publishing:status": Entry(roles=frozenset({ADMINISTRATOR})),
    # The walk's administrator sits in a province: publishing as a whole is the ministry's.
    "publishing:freeze": Entry(roles=frozenset()),
    "publishing:release": Entry(roles=frozenset()),
    "publishing:recall_list": Entry(roles=READERS),
    "publishing:recall_ledger": Entry(roles=READERS, kwargs={"public_id": "recall"}),
    "publishing:recall_campaign": Entry(roles=WITHDRAWERS, kwargs={"public_id": "campaign"}, reach="above"),
    "publishing:by_hand": Entry(roles=READERS),
    "publishing:by_hand_task": Entry(roles=SCHEDULERS, kwargs={"public_id": "task_by_hand"}),
    "publishing:calendar": Entry(roles=READERS),
    "publishing:calendar_feed": Entry(
        roles=READERS, data={"start": "2026-11-01T00:00:00+07:00", "end": "2026-12-01T00:00:00+07:00"}
    ),
    "publishing:calendar_move": Entry(roles=SCHEDULERS, method="post"),
}
