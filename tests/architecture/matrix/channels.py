from tests.architecture.matrix.entry import ADMINISTRATOR, APPROVER, OFFICER, OVERSEER, Entry

MANAGERS = frozenset({APPROVER, ADMINISTRATOR})
CHANNEL, PLATFORM = {"public_id": "channel"}, {"platform": "platform"}

ENTRIES = {
    "channels:list": Entry(),
    "channels:forecast": Entry(),
    "channels:unrecognised_posts": Entry(),
    "channels:channel": Entry(kwargs=CHANNEL),
    "channels:completeness": Entry(),
    "channels:profile": Entry(kwargs=CHANNEL),
    "channels:propose": Entry(roles=frozenset({OFFICER, APPROVER}), kwargs=CHANNEL),
    "channels:change": Entry(kwargs={"public_id": "page_change"}),
    "channels:check": Entry(roles=MANAGERS, kwargs=CHANNEL, method="post"),
    "channels:disconnect": Entry(
        roles=MANAGERS, kwargs=CHANNEL, method="post", data={"reason": "Trang đã đóng"}
    ),
    "channels:platforms": Entry(roles=MANAGERS),
    "channels:connect": Entry(roles=MANAGERS, kwargs=PLATFORM, method="post"),
    "channels:register_manually": Entry(roles=MANAGERS, kwargs=PLATFORM),
    "channels:continue_manually": Entry(roles=MANAGERS, kwargs=CHANNEL),
    "channels:callback": Entry(roles=MANAGERS, kwargs=PLATFORM, data={"state": "x", "code": "y"}),
    "channels:choose": Entry(roles=MANAGERS),
    "channels:allowances": Entry(roles=frozenset({OVERSEER})),
    # To stop a page takes the right to pause publishing; to free it, the custody of channels.
    "channels:rest": Entry(
        roles=MANAGERS | {OVERSEER}, kwargs=CHANNEL, method="post", data={"reason": "Nghỉ"}
    ),
    "channels:taken_over": Entry(
        roles=MANAGERS | {OVERSEER}, kwargs=CHANNEL, method="post", data={"reason": "Lạ"}
    ),
    "channels:resume": Entry(roles=MANAGERS, kwargs=CHANNEL),
    "channels:confirm": Entry(roles=MANAGERS, kwargs=CHANNEL),
    "channels:confirm_page": Entry(roles=MANAGERS, kwargs=CHANNEL),
    "channels:close": Entry(
        roles=MANAGERS, kwargs=CHANNEL, method="post", data={"reason": "Gộp trang"}
    ),
    "channels:transfer": Entry(roles=frozenset({ADMINISTRATOR}), kwargs=CHANNEL),
    "channels:decide": Entry(
        roles=MANAGERS,
        kwargs={"public_id": "unrecognised_post"},
        method="post",
        data={"verdict": "not_ours"},
    ),
    # Platforms call it; what does not prove that it comes from them is refused.
    "hook": Entry(kwargs=PLATFORM, anonymous=True, reach="all"),
}
