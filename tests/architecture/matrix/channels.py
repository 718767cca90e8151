from tests.architecture.matrix.entry import ADMINISTRATOR, APPROVER, OVERSEER, Entry

MANAGERS = frozenset({APPROVER, ADMINISTRATOR})
CHANNEL, PLATFORM = {"public_id": "channel"}, {"platform": "platform"}

ENTRIES = {
    "channels:list": Entry(),
    "channels:channel": Entry(kwargs=CHANNEL),
    "channels:check": Entry(roles=MANAGERS, kwargs=CHANNEL, method="post"),
    "channels:disconnect": Entry(roles=MANAGERS, kwargs=CHANNEL, method="post", data={"reason": "Trang đã đóng"}),
    "channels:platforms": Entry(roles=MANAGERS),
    "channels:connect": Entry(roles=MANAGERS, kwargs=PLATFORM, method="post"),
    "channels:by_hand": Entry(roles=MANAGERS, kwargs=PLATFORM),
    "channels:go_on_by_hand": Entry(roles=MANAGERS, kwargs=CHANNEL),
    "channels:callback": Entry(roles=MANAGERS, kwargs=PLATFORM, data={"state": "x", "code": "y"}),
    "channels:choose": Entry(roles=MANAGERS),
    "channels:allowances": Entry(roles=frozenset({OVERSEER})),
}
