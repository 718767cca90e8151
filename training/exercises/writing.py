"""Exercises of those who write: from the first post to one that comes from a kit."""

import uuid
from collections.abc import Collection

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse

from accounts.permissions import Role
from posts.models import Post
from posts.states import PostState
from training.exercises.base import (
    SUBMITTED,
    Exercise,
    composer_of,
    find_submitted,
    posts_of_subject,
)
from training.models import Attempt, Participant
from training.staging import write_draft

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


def _prepare_leak(participant: Participant) -> uuid.UUID:
    return write_draft(participant, *_LEAKING, by=participant.officer).public_id


def _explain_leak(attempt: Attempt) -> str:
    post = posts_of_subject(attempt).first()
    if post is None or post.state == PostState.ARCHIVED:
        return "Bản thảo đã bị bỏ. Bấm “Làm lại từ đầu” để có lại."
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
    find_done=find_submitted,
    explain=_explain_leak,
)
