"""Exercises of daily duty: comments, reports, and too many notices at once."""

import uuid
from collections.abc import Collection
from datetime import timedelta

from django.db.models import Min
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notice
from accounts.notices import notify
from accounts.permissions import Role
from engagement.models import CommentCount
from engagement.replies import wording
from engagement.reports import decisions, drafts, periods
from engagement.reports.models import Report
from engagement.reports.queries import find_form
from engagement.reports.states import ReportKind, ReportState
from oversight.matters import asking
from oversight.matters.asking import Question
from oversight.matters.models import Matter
from oversight.matters.states import MatterState, Subject
from posts.models import Post
from training.exercises.base import Exercise, list_subjects
from training.models import Attempt, Participant
from training.staging import AGAIN, find_province_staff, publish_post
from try_out import pages

# --- a storm of comments --------------------------------------------------------------------------

_WARNING = (
    "Không chuyển tiền cho người lạ",
    "Có kẻ gọi điện giả danh cán bộ, giục chuyển tiền “để xác minh”.\n\n"
    "Bà con không chuyển tiền, gọi trực ban Công an xã khi nghi ngờ.",
)
_QUESTIONS = (
    "Tôi lỡ cho họ số tài khoản rồi thì phải làm sao?",
    "Báo công an ở đâu, có phải đến tận nơi không?",
    "Mẹ tôi sáng nay cũng nhận cuộc gọi như vậy.",
    "Gọi số trực ban nào vậy ạ?",
    "Cuối tuần có người trực không?",
)
_SCAMS = (
    "Nhận lấy lại tiền bị lừa, nhắn tin riêng cho em.",
    "Việc nhẹ lương cao tại nhà, kết bạn zalo để nhận việc.",
)
_PHRASES = (
    "Cảm ơn bà con đã phản ánh. Đơn vị đã tiếp nhận và đang kiểm tra.",
    "Việc của riêng từng người, đơn vị không trao đổi qua bình luận. Mời bà con gọi trực ban hoặc "
    "đến trụ sở để được hướng dẫn.",
    "Trực ban đơn vị có người cả ngày lẫn đêm, kể cả cuối tuần.",
)


def _prepare_storm(participant: Participant) -> uuid.UUID:
    known = set(wording.find_phrases(participant.unit).values_list("text", flat=True))
    for text in _PHRASES:
        if text not in known:
            phrase = wording.propose_phrase(text, unit=participant.unit, by=participant.officer)
            wording.approve_phrase(phrase, by=participant.leader)
    delivery = publish_post(participant, *_WARNING)
    first, *others = _QUESTIONS
    pages.add_comments(
        platform=delivery.platform,
        page=delivery.channel.external_id,
        post=delivery.remote_id,
        texts=[first, *_SCAMS, *others],
    )
    return delivery.public_id


def _find_quiet(attempts: Collection[Attempt]) -> set[int]:
    """Find the posts under which questions are answered and the scams alone are hidden: of comments
    the portal keeps nothing but their number.
    """
    counts = CommentCount.objects.filter(
        delivery__public_id__in=list_subjects(attempts),
        unanswered=0,
        hidden=len(_SCAMS),
    )
    keys = set(counts.values_list("delivery__public_id", flat=True))
    return {attempt.pk for attempt in attempts if attempt.subject in keys}


def _explain_storm(attempt: Attempt) -> str:
    row = CommentCount.objects.filter(delivery__public_id__in=list_subjects([attempt])).first()
    if row is None:
        return "Chưa ai mở bình luận của bài."
    if row.hidden != len(_SCAMS):
        return f"Đang ẩn {row.hidden} bình luận; có {len(_SCAMS)} bình luận lừa đảo phải ẩn."
    return f"Còn {row.unanswered} bình luận của bà con chưa được trả lời."


COMMENT_STORM = Exercise(
    slug="comment-storm",
    title="Nhiều bình luận cùng lúc",
    roles=(Role.OFFICER,),
    task="Bài cảnh báo vừa đăng có 7 bình luận: 5 câu hỏi của bà con, 2 lời mời chào của kẻ lừa "
    "đảo. Đồng chí trả lời mọi câu hỏi bằng câu trả lời mẫu, ẩn 2 lời mời chào.",
    hints=(
        "Bình luận nhắc tới tiền bạc, liên hệ riêng xếp trước: đọc kỹ, có thể là lừa đảo.",
        "Lời mời chào lấy lại tiền, việc nhẹ lương cao: bấm “Ẩn”.",
        "Câu hỏi thật: mở “Trả lời”, chọn câu mẫu gần nhất. Ẩn nhầm thì bấm hiện lại rồi trả lời.",
    ),
    guide="tra-loi-binh-luan",
    start="Mở bình luận",
    address=lambda attempt: reverse("engagement:comments", args=[attempt.subject]),
    prepare=_prepare_storm,
    find_done=_find_quiet,
    explain=_explain_storm,
    posts=lambda attempt: Post.objects.filter(deliveries__public_id__in=list_subjects([attempt])),
)

# --- the month's report ---------------------------------------------------------------------------

_NEEDED = ("situation", "results")  # parts without which the report says nothing


def _prepare_report(participant: Participant) -> uuid.UUID:
    """Leave the last month's report as the portal drafts it by night, without a text."""
    unit, kind, now = participant.unit, ReportKind.MONTH, timezone.now()
    first = find_form(unit, kind).content["first"]
    period = periods.list_recent_periods(kind, timezone.localdate(now), first)[0]
    rows = Report.objects.filter(unit=unit, kind=kind, first=period.first, last=period.last)
    report = rows.first()
    if report is None:
        drafts.draft_all(kind, period, now=now, units=[unit])
        return rows.get().public_id
    if report.state == ReportState.IN_REVIEW:
        decisions.decline(report, by=participant.leader, reason=AGAIN)
    drafts.write(report, {}, by=participant.officer)
    return report.public_id


def _find_reports(attempts: Collection[Attempt]) -> set[int]:
    rows = Report.objects.filter(
        public_id__in=list_subjects(attempts),
        state=ReportState.IN_REVIEW,
        texts__has_keys=list(_NEEDED),
    )
    keys = set(rows.values_list("public_id", flat=True))
    return {attempt.pk for attempt in attempts if attempt.subject in keys}


def _explain_report(attempt: Attempt) -> str:
    report = Report.objects.filter(public_id__in=list_subjects([attempt])).first()
    if report and set(_NEEDED) - report.texts.keys():
        return "Còn trống “Tình hình, đặc điểm” hoặc “Kết quả thực hiện”."
    return "Báo cáo đã viết nhưng chưa trình lãnh đạo."


MONTH_REPORT = Exercise(
    slug="month-report",
    title="Báo cáo tháng",
    roles=(Role.OFFICER,),
    task="Hệ thống đã lập sẵn dự thảo báo cáo tháng với số liệu. Đồng chí viết “Tình hình, đặc "
    "điểm” và “Kết quả thực hiện”, mỗi phần vài câu, đọc thử rồi trình lãnh đạo.",
    hints=(
        "Mở báo cáo, chọn “Viết nội dung”.",
        "Điền ít nhất hai phần đầu, bấm “Lưu”. Số liệu đã có sẵn, không phải nhập.",
        "Trở lại trang báo cáo, bấm “Trình lãnh đạo”.",
    ),
    guide="lap-bao-cao",
    start="Mở báo cáo",
    address=lambda attempt: reverse("engagement:report", args=[attempt.subject]),
    prepare=_prepare_report,
    find_done=_find_reports,
    explain=_explain_report,
    posts=lambda _attempt: Post.objects.none(),
)

# --- a flood of notices ---------------------------------------------------------------------------

_MANY = 40
_NEIGHBOUR = "Công an xã Sông Xanh"
_ASKED = (
    "Đề nghị cho biết cuối tuần này đơn vị có bố trí trực trả lời bình luận không, vào những giờ "
    "nào."
)


def _prepare_flood(participant: Participant) -> uuid.UUID:
    writer, overseer = find_province_staff(participant)
    for matter in Matter.objects.filter(unit=participant.unit).exclude(state=MatterState.CLOSED):
        asking.close_matter(matter, by=overseer)
    own = Notice.objects.filter(user=participant.user, read_at=None)
    own.update(read_at=timezone.now())
    question = Question(
        subject=Subject.OTHER,
        text=_ASKED,
        deadline=timezone.localdate() + timedelta(days=1),
    )
    # Two people of the province take turns: each may ask so often an hour.
    by = overseer if participant.number % 2 else writer
    matter = asking.ask_unit(participant.unit, question, by=by)
    # Of two kinds that ask for nothing. By mail they would fill a letter box that nobody has.
    for number in range(_MANY):
        kind = "post_approved" if number % 2 else "example_used"
        notify(
            [participant.user],
            kind,
            address=reverse("publishing:post_list"),
            mail=False,
            by=participant.leader,
            unit=_NEIGHBOUR,
            title=f"Bài tuyên truyền số {number + 1}",
        )
    return matter.public_id


def _find_answered(attempts: Collection[Attempt]) -> set[int]:
    rows = Matter.objects.filter(public_id__in=list_subjects(attempts), state=MatterState.ANSWERED)
    answered = set(rows.values_list("public_id", flat=True))
    unread = Notice.objects.filter(
        user__in=[attempt.participant.user_id for attempt in attempts], read_at=None
    )
    oldest = dict(unread.order_by().values_list("user").annotate(first=Min("created_at")))
    return {
        attempt.pk
        for attempt in attempts
        if attempt.subject in answered
        # What came later is another day's mail.
        and oldest.get(attempt.participant.user_id, timezone.now()) > attempt.begun_at
    }


def _explain_flood(attempt: Attempt) -> str:
    waits = Matter.objects.filter(public_id__in=list_subjects([attempt])).exclude(
        state=MatterState.ANSWERED
    )
    if waits.exists():
        return "Trong các thông báo có một yêu cầu của tỉnh chưa được trả lời."
    return "Yêu cầu đã trả lời; còn thông báo chưa đánh dấu đã đọc."


MAIL_FLOOD = Exercise(
    slug="mail-flood",
    title="Quá nhiều thông báo",
    roles=(Role.OFFICER, Role.APPROVER),
    task="Sau mấy ngày đi công tác, đồng chí có hơn 40 thông báo. Một trong số đó là yêu cầu của "
    "Công an tỉnh, hạn ngày mai. Đồng chí tìm và trả lời yêu cầu đó, rồi đánh dấu đã đọc mọi thông "
    "báo.",
    hints=(
        "Mở Thông báo, lọc theo mức: việc trong ngày đứng riêng với thông báo để biết.",
        "Chọn thông báo về yêu cầu để mở đúng trang, viết trả lời rồi gửi.",
        "Trở lại Thông báo, bấm “Đánh dấu tất cả đã đọc”.",
    ),
    guide="doc-thong-bao",
    start="Mở Thông báo",
    address=lambda _attempt: reverse("accounts:notices"),
    prepare=_prepare_flood,
    find_done=_find_answered,
    explain=_explain_flood,
    posts=lambda _attempt: Post.objects.none(),
)
