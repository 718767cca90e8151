"""Exercises of those who write: from the first post to one that comes from a kit."""

import uuid
from collections.abc import Collection
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Role
from campaigns import editing
from campaigns.kits import issuing
from campaigns.kits.edits import KitEdit, PlaceholderEdit
from campaigns.kits.models import Adoption, Kit
from campaigns.kits.states import PlaceholderKind
from campaigns.models import Campaign, Topic
from posts.models import Post
from posts.review import decisions
from posts.states import PostState
from training.exercises.base import (
    SUBMITTED,
    Exercise,
    composer_of,
    find_submitted,
    list_subjects,
    page_of_post,
    posts_of_subject,
)
from training.models import Attempt, Participant
from training.staging import AGAIN, find_province_staff, publish_post, submit_post, write_draft

# --- the first post -------------------------------------------------------------------------------


def _own_posts(attempts: Collection[Attempt]) -> QuerySet[Post]:
    """Return the posts that participants began by themselves: none that an exercise prepared."""
    prepared = Attempt.objects.filter(subject=OuterRef("public_id"))
    people = [attempt.participant.user_id for attempt in attempts]
    own = Post.objects.filter(author__in=people, corrects=None, adoption=None)
    return own.exclude(Exists(prepared))


def _find_first_posts(attempts: Collection[Attempt]) -> set[int]:
    submitted = _own_posts(attempts).filter(state__in=SUBMITTED)
    times = list(submitted.values_list("author", "created_at"))
    return {
        attempt.pk
        for attempt in attempts
        if any(
            author == attempt.participant.user_id and created_at >= attempt.begun_at
            for author, created_at in times
        )
    }


def _posts_since(attempt: Attempt) -> QuerySet[Post]:
    return _own_posts([attempt]).filter(created_at__gte=attempt.begun_at)


def _explain_first_post(attempt: Attempt) -> str:
    draft = _posts_since(attempt).filter(state=PostState.DRAFT).exists()
    return "Bài đã soạn nhưng chưa trình lãnh đạo." if draft else "Chưa có bài nào được soạn."


FIRST_POST = Exercise(
    slug="first-post",
    title="Bài đầu tiên",
    roles=(Role.OFFICER,),
    task="Trên địa bàn có người nhận cuộc gọi tự xưng cán bộ, giục chuyển tiền “để xác minh”. Đồng "
    "chí soạn một bài ngắn nhắc bà con không chuyển tiền, gọi trực ban đơn vị khi nghi ngờ, rồi "
    "trình lãnh đạo.",
    hints=(
        "Bấm “Soạn bài”. Điền Tiêu đề và Nội dung: một dấu hiệu nhận biết, một việc cần làm.",
        "Chọn Chủ đề “Cảnh báo lừa đảo”. Kênh Facebook đã chọn sẵn cho bài chỉ có chữ.",
        "Hết mục còn thiếu thì bấm “Trình lãnh đạo”. Bài chuyển sang “chờ duyệt” là xong.",
    ),
    guide="bai-dau-tien",
    start="Soạn bài",
    address=lambda _attempt: reverse("posts:new"),
    prepare=lambda _participant: None,
    find_done=_find_first_posts,
    explain=_explain_first_post,
    posts=_posts_since,
)

# --- a leak found ---------------------------------------------------------------------------------

_LEAKING = (
    "Cảnh báo thủ đoạn giả danh shipper",
    "Sáng nay bà Nguyễn Thị Hoa, căn cước 001185012345, số điện thoại 0912345678, bị kẻ gian giả "
    "danh người giao hàng lừa chuyển 5 triệu đồng.\n\n"
    "Bà con nhận hàng thì kiểm tra đơn đặt, không bấm đường dẫn lạ, không chuyển tiền trước. Nghi "
    "ngờ, xin gọi trực ban Công an xã.",
)


_NAMING = ("Thị Hoa", "001185012345", "0912345678")


def _prepare_leak(participant: Participant) -> uuid.UUID:
    return write_draft(participant, *_LEAKING, by=participant.officer).public_id


def _find_without_leak(attempts: Collection[Attempt]) -> set[int]:
    """Find the posts that wait for the leader and say of nobody who it was. The leak check alone
    would let some of it pass to the leader, who decides.
    """
    submitted = find_submitted(attempts)
    clean = Post.objects.filter(public_id__in=list_subjects(attempts))
    for word in _NAMING:
        clean = clean.exclude(body__contains=word)
    keys = set(clean.values_list("public_id", flat=True))
    return {a.pk for a in attempts if a.pk in submitted and a.subject in keys}


def _explain_leak(attempt: Attempt) -> str:
    post = posts_of_subject(attempt).first()
    if post is None or post.state == PostState.ARCHIVED:
        return "Bản thảo đã bị bỏ. Bấm “Làm lại từ đầu” để có lại."
    if post.state in SUBMITTED:
        return (
            "Bài đã trình nhưng vẫn nêu họ tên, số căn cước hoặc điện thoại của người bị hại. Lấy "
            "lại bài rồi sửa."
        )
    return "Bản thảo chưa được trình: còn mục lộ, lọt hoặc mục thiếu phải xử lý."


LEAK_FOUND = Exercise(
    slug="leak-found",
    title="Phát hiện lộ, lọt",
    roles=(Role.OFFICER,),
    task="Đồng nghiệp để lại một bản thảo cảnh báo, trong đó nêu cả họ tên, số căn cước và điện "
    "thoại của người bị hại. Đồng chí sửa để không lộ thông tin của ai, giữ nguyên lời cảnh báo, "
    "rồi trình lãnh đạo.",
    hints=(
        "Mở bản thảo: chữ bị gạch chân và các mục ngay dưới Nội dung cho biết chỗ nào lộ.",
        "Ở từng mục, chọn “Che bớt”, “Viết tắt tên” hoặc “Xóa dòng này”; hoặc tự viết lại câu đầu.",
        "Người bị hại không cần nêu tên: “một người dân trên địa bàn” là đủ. Hết mục thì trình.",
    ),
    guide="kiem-tra-lo-lot",
    start="Mở bản thảo",
    address=composer_of,
    prepare=_prepare_leak,
    find_done=_find_without_leak,
    explain=_explain_leak,
)

# --- returned with a reason -----------------------------------------------------------------------

_RETURNED = (
    "Cảnh giác cuộc gọi báo người thân cấp cứu",
    "Có kẻ gọi điện nói người thân đang cấp cứu, giục chuyển tiền viện phí.\n\n"
    "Bà con bình tĩnh, tự gọi cho người thân và nhà trường trước khi làm gì.",
)
_REASON = (
    "Thiếu nơi liên hệ. Bổ sung câu mời bà con gọi trực ban Công an xã khi nghi ngờ, rồi trình lại."
)


def _prepare_returned(participant: Participant) -> uuid.UUID:
    post = submit_post(participant, *_RETURNED, by=participant.user)
    assert post.current_revision is not None
    decisions.request_changes(post, post.current_revision, by=participant.leader, reason=_REASON)
    return post.public_id


def _find_revised(attempts: Collection[Attempt]) -> set[int]:
    """Find the posts that wait for the leader again: what nobody changed is the first revision
    still.
    """
    revised = Post.objects.filter(current_revision__number__gt=1, state__in=SUBMITTED)
    rows = revised.filter(public_id__in=list_subjects(attempts))
    keys = set(rows.values_list("public_id", flat=True))
    return {attempt.pk for attempt in attempts if attempt.subject in keys}


def _explain_returned(attempt: Attempt) -> str:
    if find_submitted([attempt]):
        return "Bài đã trình lại nhưng chưa sửa gì. Lấy lại bài, sửa theo lý do rồi trình."
    return "Bài chưa được trình lại. Lý do trả lại nằm ở đầu trang soạn bài."


RETURNED = Exercise(
    slug="returned",
    title="Bài bị trả lại",
    roles=(Role.OFFICER,),
    task="Lãnh đạo trả lại bài đồng chí đã trình, kèm lý do. Đồng chí đọc lý do, sửa đúng chỗ được "
    "nêu, rồi trình lại.",
    hints=(
        "Lý do nằm ở đầu trang soạn bài và trong “Trao đổi về bài”.",
        "Thêm một câu ở cuối Nội dung: nghi ngờ thì gọi trực ban Công an xã.",
        "Sửa xong, bấm “Trình lãnh đạo”. Trình lại mà không sửa gì thì chưa xong.",
    ),
    guide="bai-bi-tra-lai",
    start="Mở bài bị trả lại",
    address=composer_of,
    prepare=_prepare_returned,
    find_done=_find_revised,
    explain=_explain_returned,
)

# --- correction -----------------------------------------------------------------------------------

_MISTAKEN = (
    "Cấp căn cước lưu động cuối tuần",
    "Sáng thứ Bảy, Công an xã cấp căn cước lưu động tại Nhà văn hóa thôn Đông, từ 7 giờ 30.\n\n"
    "Bà con mang theo giấy tờ đang có. Cần hỏi thêm, xin gọi trực ban.",
)


def _find_corrected(attempts: Collection[Attempt]) -> set[int]:
    corrections = Post.objects.filter(
        corrects__public_id__in=list_subjects(attempts), state__in=SUBMITTED
    )
    keys = set(corrections.values_list("corrects__public_id", flat=True))
    return {attempt.pk for attempt in attempts if attempt.subject in keys}


def _explain_correction(attempt: Attempt) -> str:
    draft = Post.objects.filter(corrects__public_id__in=list_subjects([attempt])).exists()
    if draft:
        return "Bài đính chính đã soạn nhưng chưa trình lãnh đạo."
    return "Chưa có bài đính chính. Một bài mới không gắn với bài sai thì không phải đính chính."


def _correction_and_original(attempt: Attempt) -> QuerySet[Post]:
    subjects = list_subjects([attempt])
    both = Q(public_id__in=subjects) | Q(corrects__public_id__in=subjects)
    return Post.objects.filter(both).order_by("-pk")  # the correction first


CORRECTION = Exercise(
    slug="correction",
    title="Đính chính",
    roles=(Role.OFFICER,),
    task="Bài cấp căn cước lưu động đã lên trang ghi nhầm địa điểm: đúng ra là Nhà văn hóa thôn "
    "Tây. Đồng chí soạn bài đính chính, nêu rõ điều sai và điều đúng, rồi trình lãnh đạo.",
    hints=(
        "Mở bài đã đăng, tìm “Đính chính bài viết” trong các thao tác của bài.",
        "Bài mới tự ghi dòng “ĐÍNH CHÍNH bài …”. Viết: nội dung sai là gì, nội dung đúng là gì.",
        "Kênh đã chọn sẵn theo bài cũ. Bấm “Trình lãnh đạo”.",
    ),
    guide="dinh-chinh",
    start="Mở bài đã đăng",
    address=page_of_post,
    prepare=lambda participant: publish_post(participant, *_MISTAKEN).post.public_id,
    find_done=_find_corrected,
    explain=_explain_correction,
    posts=_correction_and_original,
)

# --- a kit adopted --------------------------------------------------------------------------------

_KIT = """{don_vi} nhắc bà con {khu_vuc}: có kẻ gọi điện xưng là cán bộ, giục cập nhật VNeID, \
dọa khóa tài khoản. Đây là thủ đoạn lừa đảo.

Không bấm đường dẫn lạ, không đọc mã OTP, không chuyển tiền theo yêu cầu qua điện thoại. Nghi ngờ, \
xin gọi trực ban {duong_day_nong}."""


def _prepare_kit(participant: Participant) -> uuid.UUID:
    """Issue a kit for this unit alone; one of an earlier try is withdrawn."""
    writer, overseer = find_province_staff(participant)
    province = participant.training_class.unit
    earlier = Kit.objects.filter(
        unit=province, current__for_units=participant.unit, withdrawn_at=None
    )
    for kit in earlier:
        issuing.withdraw_kit(kit, by=overseer, reason=AGAIN, take_down=False)
    today = timezone.localdate()
    campaign = Campaign.objects.filter(unit=province, ends_on__gte=today).first()
    campaign = campaign or editing.begin_campaign(
        unit=province,
        by=overseer,
        name="Phòng, chống lừa đảo qua điện thoại",
        starts_on=today,
        ends_on=today + timedelta(days=60),
    )
    edit = KitEdit(
        name="Không ai gọi điện bắt cập nhật VNeID",
        campaign=campaign,
        topic=Topic.objects.get(code="lua_dao"),
        title="Không ai gọi điện bắt bà con cập nhật VNeID",
        text=_KIT,
        placeholders=(
            PlaceholderEdit(
                "khu_vuc",
                PlaceholderKind.PLACE,
                "Khu dân cư hay bị gọi",
                hint="Tên thôn, tổ, chợ; không ghi số nhà, tên người",
                example="các thôn trên địa bàn",
                limit=80,
            ),
        ),
        platforms=("facebook",),
        window_from=today,
        window_until=today + timedelta(days=30),
        for_units=(participant.unit,),
    )
    version = issuing.begin_kit(unit=province, by=writer, edit=edit)
    issuing.submit_version(version, by=writer)
    version.refresh_from_db()
    issuing.approve_version(version, by=overseer, content_sha256=version.content_sha256)
    issuing.issue_version(version, by=writer)
    return version.kit.public_id


def _posts_of_kit(attempts: Collection[Attempt]) -> QuerySet[Post]:
    kits = Kit.objects.filter(public_id__in=list_subjects(attempts))
    return Post.objects.filter(adoption__kit__in=kits)


def _find_adopted(attempts: Collection[Attempt]) -> set[int]:
    submitted = _posts_of_kit(attempts).filter(state__in=SUBMITTED)
    keys = set(submitted.values_list("adoption__kit__public_id", flat=True))
    return {attempt.pk for attempt in attempts if attempt.subject in keys}


def _explain_kit(attempt: Attempt) -> str:
    if Adoption.objects.filter(
        kit__public_id__in=list_subjects([attempt]), declined_at__isnull=False
    ).exists():
        return "Đơn vị đã trả lời không phù hợp. Mở lại bộ nội dung để tiếp nhận."
    if _posts_of_kit([attempt]).exists():
        return "Đã tiếp nhận, nhưng bài chưa trình: còn mục phải điền."
    return "Bộ nội dung chưa được tiếp nhận."


KIT_ADOPTED = Exercise(
    slug="kit-adopted",
    title="Tiếp nhận bộ nội dung",
    roles=(Role.OFFICER,),
    task="Công an tỉnh giao bộ nội dung về cuộc gọi giả danh. Đồng chí tiếp nhận, điền phần của "
    "đơn vị (khu dân cư hay bị gọi), rồi trình lãnh đạo.",
    hints=(
        "Đọc bài như đơn vị sẽ đăng; phần tô màu là phần đơn vị điền. Bấm “Tiếp nhận”.",
        "Ở trang soạn bài, điền mục còn trống, ví dụ “các thôn ven chợ”. Chữ khác giữ nguyên.",
        "Sang phần Trình, bấm “Trình lãnh đạo”.",
    ),
    guide="dung-bo-noi-dung",
    start="Mở bộ nội dung",
    address=lambda attempt: reverse("posts:kit", args=[attempt.subject]),
    prepare=_prepare_kit,
    find_done=_find_adopted,
    explain=_explain_kit,
    posts=lambda attempt: _posts_of_kit([attempt]),
)
