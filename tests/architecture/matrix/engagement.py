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
REPORTERS = frozenset({OFFICER, APPROVER, OVERSEER})
LEADERS = frozenset({APPROVER, OVERSEER})
ENTRIES = {
    "engagement:campaign": Entry(roles=READERS, kwargs={"public_id": "campaign"}, reach="above"),
    "engagement:campaign_figures": Entry(
        roles=READERS, kwargs={"public_id": "campaign"}, reach="above"
    ),
    "engagement:remind_campaign": Entry(
        roles=frozenset({SUPERVISOR, OVERSEER}),
        kwargs={"public_id": "campaign"},
        method="post",
        reach="above",
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
    "engagement:begin_export": Entry(method="post"),
    "engagement:export": Entry(kwargs={"public_id": "export"}, reach="own"),
    "engagement:export_content": Entry(kwargs={"public_id": "export"}, reach="own"),
    "engagement:comments": Entry(roles=SCHEDULERS, kwargs={"public_id": "published_manually"}),
    "engagement:desk_allowances": Entry(roles=frozenset({OVERSEER})),
    "engagement:desks": Entry(roles=SCHEDULERS),
    "engagement:reply_words": Entry(roles=SCHEDULERS),
    "engagement:approve_reply_phrase": Entry(
        roles=frozenset({APPROVER}), kwargs={"public_id": "reply_phrase"}, method="post"
    ),
    "engagement:end_reply_phrase": Entry(
        roles=frozenset({APPROVER}), kwargs={"public_id": "reply_phrase"}, method="post"
    ),
    "engagement:give_reply_release": Entry(roles=frozenset({APPROVER}), method="post"),
    "engagement:ask_reply_release": Entry(roles=SCHEDULERS, method="post"),
    "engagement:end_reply_release": Entry(
        roles=frozenset({APPROVER}), kwargs={"public_id": "reply_release"}, method="post"
    ),
    "engagement:dictionary": Entry(roles=READERS),
    "engagement:enter_figures": Entry(roles=SCHEDULERS, kwargs={"public_id": "published_manually"}),
    "engagement:examples": Entry(roles=READERS),
    "engagement:example": Entry(roles=READERS, kwargs={"public_id": "example"}),
    "engagement:use_example": Entry(
        roles=SCHEDULERS, kwargs={"public_id": "shared_example"}, method="post", reach="all"
    ),
    "engagement:accept_example": Entry(
        roles=frozenset({OVERSEER}), kwargs={"public_id": "example"}, method="post"
    ),
    "engagement:return_example": Entry(
        roles=frozenset({OVERSEER}),
        kwargs={"public_id": "example"},
        method="post",
        data={"reason": "Chưa rõ"},
    ),
    "engagement:withdraw_example": Entry(
        roles=frozenset({OFFICER, APPROVER, OVERSEER}),
        kwargs={"public_id": "example"},
        method="post",
        data={"reason": "Hết thời hạn"},
    ),
    "engagement:propose_example": Entry(roles=SCHEDULERS, kwargs={"public_id": "live_post"}),
    "engagement:results": Entry(roles=READERS),
    "engagement:results_of_unit": Entry(roles=READERS, kwargs={"key": "unit"}),
    "engagement:board_notes": Entry(roles=LEADERS, kwargs={"key": "unit"}),
    "engagement:board_note": Entry(roles=LEADERS, kwargs={"public_id": "board_note"}),
    "engagement:remove_board_note": Entry(
        roles=LEADERS, kwargs={"public_id": "board_note"}, method="post"
    ),
    "engagement:results_of_topic": Entry(roles=READERS, kwargs={"code": "topic"}, reach="all"),
    "engagement:results_of_channel": Entry(roles=READERS, kwargs={"public_id": "channel"}),
    "engagement:results_of_kit": Entry(
        roles=READERS, kwargs={"public_id": "issued_kit"}, reach="above"
    ),
    "engagement:reports": Entry(roles=READERS),
    "engagement:reports_overview": Entry(roles=frozenset({SUPERVISOR, OVERSEER})),
    # Asks for no unit of the address: each reminds those below its own.
    "engagement:remind_unsent": Entry(roles=frozenset({SUPERVISOR, OVERSEER}), method="post"),
    "engagement:report_forms": Entry(roles=frozenset({OVERSEER})),
    "engagement:report_form": Entry(
        roles=frozenset({OVERSEER}), kwargs={"kind": "report_kind"}, reach="all"
    ),
    "engagement:begin_report": Entry(roles=REPORTERS),
    "engagement:report": Entry(roles=READERS, kwargs={"public_id": "report"}),
    "engagement:report_file": Entry(
        roles=READERS, kwargs={"public_id": "report_with_file", "format": "file_format"}
    ),
    "engagement:report_draft": Entry(
        roles=READERS, kwargs={"public_id": "report", "format": "draft_format"}
    ),
    "engagement:make_report_files": Entry(
        roles=REPORTERS, kwargs={"public_id": "sent_report"}, method="post"
    ),
    "engagement:edit_report": Entry(roles=REPORTERS, kwargs={"public_id": "report"}),
    "engagement:take_figures": Entry(
        roles=REPORTERS, kwargs={"public_id": "report"}, method="post"
    ),
    "engagement:submit_report": Entry(
        roles=REPORTERS, kwargs={"public_id": "report"}, method="post"
    ),
    "engagement:approve_report": Entry(
        roles=LEADERS, kwargs={"public_id": "submitted_report"}, method="post"
    ),
    "engagement:send_report": Entry(
        roles=REPORTERS, kwargs={"public_id": "approved_report"}, method="post"
    ),
    "engagement:decline_report": Entry(
        roles=LEADERS,
        kwargs={"public_id": "submitted_report"},
        method="post",
        data={"reason": "Chưa rõ"},
    ),
    "engagement:return_report": Entry(
        roles=frozenset({SUPERVISOR, OVERSEER}),
        kwargs={"public_id": "sent_report"},
        method="post",
        data={"reason": "Thiếu phần kiến nghị"},
    ),
    "engagement:correct_report": Entry(
        roles=REPORTERS,
        kwargs={"public_id": "sent_report"},
        method="post",
        data={"reason": "Bổ sung số liệu"},
    ),
    "engagement:post_counts": Entry(roles=READERS, kwargs={"public_id": "post"}),
}
