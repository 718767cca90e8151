"""Work and plans of the unit: secret cases, posts and patrols with their hour, lists, radio."""

import re
from collections.abc import Iterator

from posts.checks.leaks.base import Found, Reading, Rule, Severity
from posts.checks.leaks.text import CAPITAL

_SECRET_CASE = re.compile(
    r"(?<!\w)chuyên án[^.;\n]{0,60}?bí số(?: là)?[ :]*[\"“']?([^\W_][\w-]*)", re.IGNORECASE
)
# The police tell of a case when it is over.
_OVER = re.compile(
    r"(?<!để )(?<!nhằm )(?<!\w)(?:(?:đã |vừa )?phá(?: thành công)?|triệt phá|triệt xóa|khám phá|"
    r"kết thúc|bóc gỡ|thành công|khen thưởng|khen|chiến công|thành tích|"
    r"bắt|thu giữ|khởi tố|xét xử|tuyên án|tuyên phạt)(?!\w)",
    re.IGNORECASE,
)
_SECRET_SOURCE = re.compile(
    r"(?<!\w)(?:đặc tình(?! hình)|cơ sở bí mật|cộng tác viên bí mật|mạng lưới bí mật|"
    r"trinh sát nội tuyến)(?!\w)",
    re.IGNORECASE,
)
_MATERIAL = re.compile(
    r"(?<!\w)(?:sơ đồ bố trí (?:lực lượng|quân|chốt)|tần số (?:bộ đàm|liên lạc)|lịch trực ban|"
    r"danh sách cán bộ(?!,? (?:trực|tiếp|hướng dẫn|phụ trách|đầu mối|công chức|đoàn|hội|đảng))|"
    r"danh sách (?:người|đối tượng|các đối tượng) nghiện"
    r"(?![^.;\n]{0,80} không (?:được )?(?:đăng|công khai|phổ biến|chia sẻ))|"
    r"lịch tuần tra|ca trực của)(?!\w)",
    re.IGNORECASE,
)
_ACTION = re.compile(
    r"(?<!\w)(?:lập chốt|chốt (?:kiểm soát|kiểm tra|chặn|nồng độ cồn|CSGT|trực|giao thông)|"
    r"(?<!tàu )(?<!xe )tuần tra|mật phục|phục kích|đón lõng|hóa trang|hoá trang|kiểm tra đột xuất|"
    r"kiểm tra nồng độ cồn|ra quân kiểm tra|cắm chốt|đặt chốt)(?!\w)",
    re.IGNORECASE,
)
_HOUR = re.compile(
    r"(?<![\d/])\d{1,2} ?(?:giờ|h|g)(?: ?\d{2})?(?!\w)|(?<!\d)\d{1,2}:\d{2}(?!\d)", re.I
)
_PLACE = re.compile(
    r"(?<!\w)(?:(?<!cảnh sát )(?i:khu vực)|(?i:ngã (?:ba|tư|năm|bảy)|chợ|quốc lộ|tỉnh lộ|QL|"
    r"bến xe|bến phà|vòng xoay|nút giao|tuyến đường|tuyến phố|đầu đường|đường (?:liên|tỉnh|làng|"
    r"vào|ven)|bãi (?:cát|đất|biển|xe)|quán (?:karaoke|bar|nhậu|ăn|cà phê|nước|internet)|công viên|"
    r"quảng trường|trường học|cổng (?!thông tin|dịch vụ))(?!\w)"
    rf"|(?i:đường|phố|cầu|quán|thôn|ấp|bản|xóm|khu phố|tổ dân phố|hẻm|ngõ|Km|ĐT) ?(?:{CAPITAL}|\d))"
)
_PAST = re.compile(
    r"(?<!\w)(?:đêm qua|tối qua|hôm qua|chiều qua|sáng qua|vừa qua|đã|phát hiện|bắt giữ|"
    r"bắt quả tang|xử lý|lập biên bản|thu giữ|nhận được tin|trước đó|cùng ngày|kết quả|"
    r"trong lúc|trong khi|khi đang|(?:ngày|tối|đêm|sáng|chiều|trưa) \d{1,2}[/-]\d{1,2})(?!\w)",
    re.IGNORECASE,
)
_FORBIDDEN_BEFORE = re.compile(r"(?<!\w)(?:không|cấm|đừng)(?: [^\W\d_]+){0,4} $", re.IGNORECASE)
# Whoever goes there sees the police there.
_FESTIVITY = re.compile(
    r"(?<!\w)(?:(?:bắn|đêm|xem|màn) pháo hoa|tiếp sức mùa thi)(?!\w)", re.IGNORECASE
)
_PLAN = re.compile(
    r"(?<!\w)(?:bố trí|sẽ|hằng đêm|hàng đêm|mỗi đêm|tối nay|đêm nay|sáng mai|ngày mai|tối mai|"
    r"dự kiến|kế hoạch|cuối tuần này|hằng ngày|hàng ngày)(?!\w)",
    re.IGNORECASE,
)


def operations(reading: Reading) -> Iterator[Found]:
    for match in _SECRET_CASE.finditer(reading.text):
        first, last = reading.sentence_span(match.start(), match.end())
        told = reading.text[first:last]
        over = _OVER.search(told) and not _PLAN.search(told)
        yield Found(*match.span(), Severity.WARN if over else Severity.HARD)
    for match in _SECRET_SOURCE.finditer(reading.text):
        yield Found(*match.span(), Severity.HARD)
    for match in _MATERIAL.finditer(reading.text):
        if _FORBIDDEN_BEFORE.search(reading.text_before(match.start(), 30)):
            continue
        yield Found(*match.span(), Severity.SOFT)
    for match in _ACTION.finditer(reading.text):
        first, last = reading.sentence_span(match.start(), match.end())
        sentence = reading.text[first:last]
        if _HOUR.search(sentence) and _PLACE.search(sentence):
            past = _PAST.search(sentence) and not _PLAN.search(sentence)
            open_to_all = past or _FESTIVITY.search(sentence)
            yield Found(*match.span(), Severity.INFO if open_to_all else Severity.SOFT)


RULES = (Rule("ops_info", Severity.HARD, operations),)
