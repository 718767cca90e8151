"""Exercises of those who lead: approving, taking back, and what happens to pages."""

import uuid
from collections.abc import Collection
from datetime import datetime, time, timedelta

from django.db.models.functions import Least
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from channels.connection.health import mark_lost
from channels.models import Channel, UnrecognisedPost
from channels.monitoring.unrecognised import acknowledge, store_unrecognised
from channels.states import Health, Lifecycle, Verdict
from platforms.messages import LivePost
from posts.models import Post
from posts.states import PostState
from publishing.models import Delivery
from training.exercises.base import Exercise, list_subjects, page_of_post, posts_of_subject
from training.models import Attempt, Participant
from training.staging import mend_page, publish_post, submit_post
from try_out import pages

# --- approval at another time ---------------------------------------------------------------------

_EVENING = (19, 21)  # hours in which residents are at home
_MIDDAY = time(13, 30)
_WAITING = (
    "Ba dấu hiệu của cuộc gọi lừa đảo",
    "Tự xưng cán bộ, giục làm ngay, bắt giữ bí mật: đó là ba dấu hiệu của cuộc gọi lừa đảo.\n\n"
    "Bà con tắt máy, không chuyển tiền, gọi trực ban Công an xã để hỏi lại.",
)


def _prepare_approval(participant: Participant) -> uuid.UUID:
    day = timezone.localdate() + timedelta(days=1)
    asked = timezone.make_aware(datetime.combine(day, _MIDDAY))
    post = submit_post(participant, *_WAITING, by=participant.officer, requested_time=asked)
    return post.public_id


def _is_evening(due_at: datetime) -> bool:
    first, last = _EVENING
    return first <= timezone.localtime(due_at).hour < last


def _find_approved_for_evening(attempts: Collection[Attempt]) -> set[int]:
    rows = Delivery.objects.filter(
        post__public_id__in=list_subjects(attempts), post__state=PostState.APPROVED
    )
    times: dict[uuid.UUID, list[datetime]] = {}
    for subject, due_at in rows.values_list("post__public_id", "due_at"):
        times.setdefault(subject, []).append(due_at)
    good = {subject for subject, due in times.items() if all(map(_is_evening, due))}
    return {attempt.pk for attempt in attempts if attempt.subject in good}


def _explain_approval(attempt: Attempt) -> str:
    post = posts_of_subject(attempt).first()
    if post is None or post.state == PostState.IN_REVIEW:
        return "Bài chưa được duyệt."
    if post.state != PostState.APPROVED:
        return "Bài không còn chờ duyệt. Bấm “Làm lại từ đầu”."
    if post.deliveries.exists():
        return "Bài đã duyệt nhưng hẹn ngoài khung 19–21 giờ. Mở bài để đổi giờ."
    return "Bài đã duyệt nhưng chưa có giờ đăng. Mở bài để lên lịch."


APPROVE_AT_ANOTHER_TIME = Exercise(
    slug="another-time",
    title="Duyệt vào giờ khác",
    roles=(Role.APPROVER,),
    task="Cán bộ trình bài cảnh báo, đề nghị đăng lúc 13 giờ 30 ngày mai, khi bà con đi làm. Đồng "
    "chí đọc bài, duyệt, nhưng hẹn đăng trong khung 19–21 giờ.",
    hints=(
        "Ở trang xét duyệt, chọn giờ đăng ngay cạnh nút duyệt.",
        "Chọn “Giờ khác”, nhập một giờ từ 19 giờ đến trước 21 giờ.",
        "Bấm “Duyệt” và xác nhận bằng mã trên điện thoại. Trang cho biết bài đăng lúc nào.",
    ),
    guide="duyet-gio-khac",
    start="Mở bài chờ duyệt",
    address=lambda attempt: reverse("publishing:review", args=[attempt.subject]),
    prepare=_prepare_approval,
    find_done=_find_approved_for_evening,
    explain=_explain_approval,
)

# --- recall ---------------------------------------------------------------------------------------

_WRONG = (
    "Tạm cấm đường ven sông tối nay",
    "Đường ven sông tạm cấm xe từ 18 giờ đến 22 giờ tối nay để tổ chức lễ hội.\n\n"
    "Bà con đi theo đường liên xã. Cần hỏi thêm, xin gọi trực ban.",
)


def _find_recalled(attempts: Collection[Attempt]) -> set[int]:
    """Find the posts of which nothing is left on a page, or is being taken down."""
    rows = Delivery.objects.filter(post__public_id__in=list_subjects(attempts))
    left = rows.filter(recall=None).values("post__public_id")
    gone = set(rows.exclude(post__public_id__in=left).values_list("post__public_id", flat=True))
    return {attempt.pk for attempt in attempts if attempt.subject in gone}


RECALL = Exercise(
    slug="recall",
    title="Thu hồi bài",
    roles=(Role.APPROVER,),
    task="Bài báo cấm đường vừa lên trang thì lễ hội hoãn: bài làm bà con đi đường vòng vô ích và "
    "đang được chia sẻ. Đồng chí gỡ bài khỏi trang ngay, ghi rõ lý do.",
    hints=(
        "Đính chính không đủ: bài phải biến mất. Mở bài, tìm phần “Thao tác khác”.",
        "Chọn “Thu hồi bài”, nhập lý do; trang cho biết bài đang hiện trên mấy kênh.",
        "Bấm “Thu hồi” và xác nhận. Theo dõi từng kênh ở “Thu hồi bài đăng”.",
    ),
    guide="thu-hoi-bai",
    start="Mở bài đã đăng",
    address=page_of_post,
    prepare=lambda participant: publish_post(participant, *_WRONG).post.public_id,
    find_done=_find_recalled,
    explain=lambda _attempt: "Bài vẫn còn trên trang Facebook của đơn vị.",
)

# --- the token expired ----------------------------------------------------------------------------


def _prepare_loss(participant: Participant) -> uuid.UUID:
    """End the page's token at the platform, as after its administrator changed the password."""
    page = mend_page(participant)
    pages.kill_token(platform=page.platform, page=page.external_id)
    mark_lost(page, code="190/460")
    return page.public_id


def _channel_of(attempt: Attempt) -> str:
    return reverse("channels:channel", args=[attempt.subject])


def _find_connected_again(attempts: Collection[Attempt]) -> set[int]:
    connected = Channel.objects.filter(
        public_id__in=list_subjects(attempts), health=Health.CONNECTED
    )
    times = dict(connected.values_list("public_id", "connected_at"))
    return {
        attempt.pk
        for attempt in attempts
        if attempt.subject in times and times[attempt.subject] >= attempt.begun_at
    }


def _explain_loss(attempt: Attempt) -> str:
    rows = Channel.objects.filter(public_id__in=list_subjects([attempt]))
    if rows.filter(health=Health.CONNECTED).exists():
        return "Việc bắt đầu bài tập khác đã khôi phục kết nối. Bấm “Làm lại từ đầu”."
    return "Trang Facebook chưa được kết nối lại."


TOKEN_EXPIRED = Exercise(
    slug="token-expired",
    title="Kênh mất kết nối",
    roles=(Role.APPROVER,),
    task="Người quản trị trang Facebook đổi mật khẩu, hệ thống không vào được trang nữa. Đồng chí "
    "kết nối lại đúng trang của đơn vị để bài hẹn giờ lên được.",
    hints=(
        "Mở kênh, đọc lý do mất kết nối, bấm “Kết nối lại”.",
        "Ở Facebook mô phỏng: tìm tài khoản quản trị theo tên đơn vị, giữ nguyên các quyền được "
        "xin, chọn trang của đơn vị.",
        "Trở về hệ thống, chọn đúng trang rồi xác nhận. Kênh ghi “đã kết nối” là xong.",
    ),
    guide="ket-noi-kenh",
    start="Mở kênh",
    address=_channel_of,
    prepare=_prepare_loss,
    find_done=_find_connected_again,
    explain=_explain_loss,
    posts=lambda _attempt: Post.objects.none(),
)

# --- the page taken over --------------------------------------------------------------------------

_STRANGE = "Hỗ trợ vay vốn nhanh, không cần gặp mặt, nhận tiền trong ngày. Bà con nhắn tin riêng."


def _prepare_takeover(participant: Participant) -> uuid.UUID:
    """Let somebody post on the page by hand, and notice it as the worker does each ten minutes."""
    page = mend_page(participant)
    for old in UnrecognisedPost.objects.open().filter(channel=page).select_related("channel__unit"):
        acknowledge(old, by=participant.leader, ours=False)
    now = timezone.now()
    shown = pages.add_post(
        platform=page.platform,
        page=page.external_id,
        message=_STRANGE,
        created_at=now.timestamp(),
        by="person",
        images=[],
    )
    live = LivePost(shown["id"], shown["permalink"], now, ours=False)
    store_unrecognised({page: [live]}, now=now)
    return page.public_id


def _find_reported(attempts: Collection[Attempt]) -> set[int]:
    rows = UnrecognisedPost.objects.filter(
        channel__public_id__in=list_subjects(attempts),
        channel__lifecycle=Lifecycle.TAKEN_OVER,
        verdict=Verdict.NOT_OURS,
    )
    decided = rows.values_list(
        "channel__public_id", Least("decided_at", "channel__lifecycle_since")
    )
    times = list(decided)
    return {
        attempt.pk
        for attempt in attempts
        if any(page == attempt.subject and at >= attempt.begun_at for page, at in times)
    }


def _explain_takeover(attempt: Attempt) -> str:
    page = Channel.objects.filter(public_id__in=list_subjects([attempt])).first()
    if page is None or page.lifecycle != Lifecycle.TAKEN_OVER:
        return "Trang chưa được báo là bị chiếm quyền: bài hẹn giờ vẫn sẽ lên đó."
    return "Đã báo trang bị chiếm quyền, nhưng bài lạ chưa được trả lời là không phải của đơn vị."


PAGE_TAKEN_OVER = Exercise(
    slug="page-taken-over",
    title="Trang bị chiếm quyền",
    roles=(Role.APPROVER,),
    task="Trên trang Facebook của đơn vị có bài mời vay tiền, không ai trong đơn vị đăng. Đồng chí "
    "xác nhận bài đó không phải của đơn vị, rồi báo trang bị chiếm quyền để không bài nào của đơn "
    "vị lên đó nữa.",
    hints=(
        "Mở kênh, xem “Bài không do hệ thống đăng”, bấm “Không phải của đơn vị”.",
        "Cũng ở trang của kênh, chọn “Báo trang bị chiếm quyền”, ghi lý do.",
        "Làm cả hai việc mới xong: trả lời về bài lạ, và báo trang bị chiếm quyền.",
    ),
    guide="ket-noi-kenh",
    start="Mở kênh",
    address=lambda attempt: f"{_channel_of(attempt)}#foreign",
    prepare=_prepare_takeover,
    find_done=_find_reported,
    explain=_explain_takeover,
    posts=lambda _attempt: Post.objects.none(),
)
