from tests.architecture.matrix.entry import (
    ADMINISTRATOR,
    APPROVER,
    OFFICER,
    OVERSEER,
    READERS,
    SUPERVISOR,
    Entry,
)

SCHEDULERS = frozenset({OFFICER, APPROVER})
WITHDRAWERS = frozenset({APPROVER, OVERSEER})
POST, DELIVERY = {"public_id": "approved_post"}, {"public_id": "delivery"}
PAUSE = {"public_id": "pause"}
SHARE = {"public_id": "share"}
KIT_SECRET = {"public_id": "kit_share", "secret": "word"}
SECRET = {**SHARE, "secret": "word"}

WORDS = {"words": "Cảnh báo khẩn", "understood": "on"}

ENTRIES = {
    "publishing:post_list": Entry(roles=READERS),
    "publishing:correctable": Entry(roles=SCHEDULERS),
    "publishing:review_queue": Entry(roles=frozenset({APPROVER})),
    "publishing:second_queue": Entry(roles=frozenset({OVERSEER})),
    "publishing:approve_many": Entry(roles=frozenset({APPROVER}), method="post"),
    "publishing:approve_second_many": Entry(roles=frozenset({OVERSEER}), method="post"),
    "publishing:list_passkey_options": Entry(roles=WITHDRAWERS, method="post"),
    "publishing:review": Entry(roles=frozenset({APPROVER}), kwargs={"public_id": "submitted_post"}),
    "publishing:passkey_options": Entry(
        roles=frozenset({APPROVER}), kwargs={"public_id": "submitted_post"}, method="post"
    ),
    # The province undoes only second approvals: tests/publishing/review/test_second.py.
    "publishing:undo_approval": Entry(
        roles=frozenset({APPROVER}), kwargs={"public_id": "submitted_post"}, method="post"
    ),
    "publishing:post": Entry(roles=READERS, kwargs=POST),
    "publishing:outputs": Entry(roles=READERS, kwargs=POST),
    "publishing:poster": Entry(roles=READERS, kwargs=POST),
    "publishing:poster_link": Entry(roles=SCHEDULERS, kwargs=POST, method="post"),
    "publishing:poster_file": Entry(roles=READERS, kwargs=POST),
    "publishing:share": Entry(roles=SCHEDULERS, kwargs=POST),
    "publishing:share_list": Entry(roles=SCHEDULERS),
    "publishing:share_revoke_all": Entry(roles=SCHEDULERS, method="post"),
    "publishing:share_renew": Entry(roles=SCHEDULERS, kwargs=SHARE, method="post"),
    "publishing:share_revoke": Entry(roles=SCHEDULERS, kwargs=SHARE, method="post"),
    # A partner opens them; who does not know the secret gets a 404.
    "publishing:shared": Entry(kwargs=SECRET, anonymous=True, reach="all"),
    "publishing:shared_file": Entry(
        kwargs=SECRET | {"number": "number"}, anonymous=True, reach="all"
    ),
    "publishing:shared_poster": Entry(
        kwargs=SECRET | {"paper": "word"}, anonymous=True, reach="all"
    ),
    "publishing:share_kit": Entry(
        roles=SCHEDULERS, kwargs={"public_id": "issued_kit"}, reach="above"
    ),
    "publishing:shared_card": Entry(
        kwargs=KIT_SECRET | {"number": "number", "size": "word"}, anonymous=True, reach="all"
    ),
    "publishing:shared_code": Entry(kwargs=SECRET, anonymous=True, reach="all"),
    "publishing:schedule": Entry(roles=SCHEDULERS, kwargs=POST),
    "publishing:move_all": Entry(roles=SCHEDULERS, kwargs=POST),
    "publishing:reopen": Entry(roles=SCHEDULERS, kwargs=POST, method="post"),
    "publishing:withdraw": Entry(
        roles=WITHDRAWERS, kwargs=POST, method="post", data={"reason": "Sai số liệu"}
    ),
    "publishing:delivery": Entry(roles=READERS, kwargs=DELIVERY),
    "publishing:move": Entry(roles=SCHEDULERS, kwargs=DELIVERY),
    "publishing:cancel": Entry(roles=SCHEDULERS, kwargs=DELIVERY, method="post"),
    "publishing:recall": Entry(
        roles=WITHDRAWERS, kwargs=DELIVERY, method="post", data={"reason": "Sai số liệu"}
    ),
    "publishing:decide": Entry(roles=SCHEDULERS, kwargs={"public_id": "unknown_delivery"}),
    "publishing:broadcast_ask": Entry(roles=SCHEDULERS, kwargs={"public_id": "live_delivery"}),
    "publishing:broadcast_list": Entry(roles=READERS),
    "publishing:broadcast": Entry(roles=READERS, kwargs={"public_id": "broadcast"}),
    "publishing:broadcast_confirm": Entry(
        roles=frozenset({APPROVER}), kwargs={"public_id": "broadcast"}, method="post", data=WORDS
    ),
    "publishing:broadcast_call_off": Entry(
        roles=SCHEDULERS,
        kwargs={"public_id": "broadcast"},
        method="post",
        data={"reason": "Chưa cần"},
    ),
    "publishing:broadcast_decide": Entry(
        roles=SCHEDULERS,
        kwargs={"public_id": "broadcast"},
        method="post",
        data={"seen": "sent", "words": "Đã gửi"},
    ),
    "publishing:pauses": Entry(roles=READERS),
    "publishing:pause_new": Entry(roles=WITHDRAWERS),
    "publishing:held": Entry(roles=READERS),
    "publishing:leave": Entry(roles=SCHEDULERS, method="post"),
    "publishing:pause": Entry(roles=READERS, kwargs=PAUSE, reach="above"),
    "publishing:pause_start": Entry(roles=WITHDRAWERS, kwargs={"public_id": "prepared_pause"}),
    "publishing:pause_change": Entry(roles=WITHDRAWERS, kwargs={"public_id": "prepared_pause"}),
    "publishing:pause_end": Entry(roles=WITHDRAWERS, kwargs=PAUSE, method="post"),
    "publishing:pause_discard": Entry(
        roles=WITHDRAWERS, kwargs={"public_id": "prepared_pause"}, method="post"
    ),
    "operations:status": Entry(roles=frozenset({ADMINISTRATOR})),
    "operations:work": Entry(roles=frozenset({ADMINISTRATOR})),
    # The walk's administrator sits in a province: publishing as a whole is the ministry's.
    "operations:documents": Entry(roles=frozenset({ADMINISTRATOR})),
    "operations:document": Entry(
        roles=frozenset({ADMINISTRATOR}), kwargs={"path": "document"}, reach="all"
    ),
    "operations:freeze": Entry(roles=frozenset()),
    "operations:release": Entry(roles=frozenset()),
    "publishing:recall_list": Entry(roles=READERS),
    "publishing:recall_ledger": Entry(roles=READERS, kwargs={"public_id": "recall"}),
    "publishing:recall_campaign": Entry(
        roles=WITHDRAWERS, kwargs={"public_id": "campaign"}, reach="above"
    ),
    "publishing:manual_tasks": Entry(roles=READERS),
    "publishing:manual_task": Entry(roles=SCHEDULERS, kwargs={"public_id": "manual_task"}),
    "publishing:calendar": Entry(roles=READERS),
    "publishing:calendar_export": Entry(roles=READERS),
    "publishing:series_new": Entry(roles=SCHEDULERS, kwargs={"public_id": "post"}),
    "publishing:series_change": Entry(
        roles=SCHEDULERS, kwargs={"public_id": "post"}, method="post"
    ),
    "publishing:series": Entry(roles=READERS, kwargs={"public_id": "series"}),
    "publishing:series_submit": Entry(
        roles=SCHEDULERS, kwargs={"public_id": "series"}, method="post"
    ),
    "publishing:series_review": Entry(roles=frozenset({APPROVER}), kwargs={"public_id": "series"}),
    "publishing:series_stop": Entry(roles=SCHEDULERS, kwargs={"public_id": "series"}),
    "publishing:calendar_feed": Entry(
        roles=READERS,
        data={"start": "2026-11-01T00:00:00+07:00", "end": "2026-12-01T00:00:00+07:00"},
    ),
    "publishing:calendar_move": Entry(roles=SCHEDULERS, method="post"),
    "publishing:calendar_many": Entry(roles=READERS, method="post"),
    "publishing:compose_on": Entry(roles=SCHEDULERS, data={"day": "2030-12-02"}),
    "publishing:calendar_links": Entry(roles=READERS),
    "publishing:calendar_link_renew": Entry(
        roles=READERS, kwargs={"public_id": "calendar_link"}, method="post", reach="own"
    ),
    "publishing:calendar_link_revoke": Entry(
        roles=READERS, kwargs={"public_id": "calendar_link"}, method="post", reach="own"
    ),
    # Calendar programs read it; who does not know the secret gets a 404.
    "publishing:calendar_subscribed": Entry(
        kwargs={"public_id": "open_calendar_link", "secret": "word"}, anonymous=True, reach="all"
    ),
    "publishing:slots": Entry(roles=READERS),
    "publishing:slot_remove": Entry(roles=SCHEDULERS, method="post"),
    "publishing:slots_follow": Entry(roles=SCHEDULERS, method="post"),
    "publishing:slot_suggest": Entry(
        roles=frozenset({APPROVER, SUPERVISOR, OVERSEER}),
        method="post",
        data={"suggest-at": "19:30", "suggest-weekdays": "0"},
    ),
    "publishing:slot_suggestion_remove": Entry(
        roles=frozenset({APPROVER, SUPERVISOR, OVERSEER}), method="post"
    ),
}
