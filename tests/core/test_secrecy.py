"""The marks of state secrets, however they are written, and the words of everyday that only look
like them.
"""

import sys
import unicodedata

import pytest

from core import secrecy
from core.secrecy import SecrecyRefused, has_secrecy_mark, require_no_secrecy_mark

MARKED = [
    "TUYỆT MẬT\nCăn cứ Luật Bảo vệ bí mật nhà nước năm 2018",
    "TUYỆT MẬT Căn cứ Luật Bảo vệ bí mật nhà nước năm 2018",
    "ĐỘ MẬT: MẬT",
    "Tuyệt mật",
    "(Mật)",
    "HỎA TỐC - MẬT",
    "<table><tr><td>MẬT</td><td>x</td></tr></table>",
    "<p>T U Y Ệ T  M Ậ T</p>",
    "MẬT",
    "mật",
    "Mật.",
    "TUYỆT\u00a0MẬT",
    "TUYỆT\u200bMẬT kế hoạch",
    "M\u200bẬT",
    "[TỐI MẬT] kế hoạch",
    "Kế hoạch số 12/KH-CAX (MẬT)",
    "Độ mật: Tuyệt mật",
    "Tài liệu MẬT",
    "TÀI LIỆU TUYỆT MẬT",
    "МẬТ",
    "\u202eMẬT",
    "Ｍ Ậ Ｔ",
    "M.Ậ.T",
    "<b>TUYỆT</b> <b>MẬT</b>",
    "<b>TUYỆT</b><b> MẬT</b>",
    "&#77;ẬT",
    "Công văn MẬT số 12 về việc tuần tra",
    "Dấu: MẬT",
    "TUYỆT-MẬT",
    "- Mật -",
    "Mức độ mật – Tối mật",
    "Phương án (tuyệt mật) bảo vệ đại hội",
    "MẬT\tx",
    "Độ mật | MẬT",
    "KẾ HOẠCH TUẦN TRA (MẬT)",
    "*MẬT*",
    "Tối  mật",
    "đóng dấu MẬT",
    "MẬT: Kế hoạch tuần tra đêm",
    "Đây là tài liệu tuyệt mật của Công an tỉnh về tuần tra",
    "Gửi các đồng chí kế hoạch tối mật số 12",
    "TUYET MAT",
    "Tuyet mat",
    "KE HOACH TUAN TRA TUYET MAT SO 12",
    "TOI MAT",
    "(TUYET MAT)",
    "TUYEETJ MAATJ",
    "Kế hoạch tuyeetj maatj của đơn vị",
    "TOOIS MAATJ",
    "MAATJ",
    "TUYE65T MA65T",
    "tuyet65 mat65 về tuần tra",
    "__MẬT__",
    "Kế hoạch __MẬT__ về tuần tra",
    "ᴍậᴛ",
    "ᴛᴜʏệᴛ ᴍậᴛ",
    "ᎷᎪᎢ",
    "ꓟẬꓔ",
    "T/U/Y/Ệ/T M/Ậ/T",
    "Kế hoạch T/U/Y/Ệ/T M/Ậ/T số 3",
    "M,Ậ,T",
    "KẾ HOẠCH MẬT VỀ BẢO VỆ",
    "PHƯƠNG ÁN MẬT CỦA CÔNG AN TỈNH",
]
SILENT = [
    "BẢO MẬT là việc của mỗi người. Không đọc mã OTP",
    "KHÔNG CHIA SẺ MẬT KHẨU, MÃ OTP CHO BẤT KỲ AI",
    (
        "Luật Bảo vệ bí mật nhà nước: bí mật nhà nước có ba độ mật gồm Tuyệt mật, Tối mật và "
        "Mật; cán bộ không được chụp"
    ),
    "Luật Bảo vệ bí mật nhà nước nêu ba độ mật: TUYỆT MẬT, TỐI MẬT, MẬT.",
    "Danh tính người báo tin được giữ bí mật.",
    'Thống nhất một "mật khẩu miệng"',
    "Mật ong rừng giả",
    "tuần trăng mật",
    "BÍ MẬT",
    "Giữ bí mật tuyệt đối",
    "Thông tin được bảo mật",
    "MẬT ONG GIẢ BÁN TRÊN MẠNG",
    "Bảo vệ bí mật nhà nước là trách nhiệm của toàn dân",
    "Không gửi tài liệu mật qua Zalo.",
    "Mặt trời",
    "mát mẻ",
    "Chia sẻ mật mã thẻ",
    "trình báo tuyệt đối",
    "Hội nghị tập huấn công tác bảo vệ bí mật nhà nước",
    "ông Nguyễn Văn Mật sinh năm 1970",
    "Xã Mật Hòa",
    "Phim tuyệt mật chiếu tối nay",
    "Phim tài liệu tuyệt mật của điện ảnh Công an nhân dân",
    "Không chụp, gửi tài liệu tuyệt mật của cơ quan lên mạng",
    "Đối tượng làm lộ kế hoạch tuyệt mật của đơn vị đã bị khởi tố",
    "KHÔNG GỬI TÀI LIỆU MẬT CỦA CƠ QUAN QUA ZALO",
    "MẬT KHẨU CỦA BẠN ĐÃ ĐỦ MẠNH CHƯA?",
    "BẢO_MẬT THÔNG TIN",
    "Ngon tuyệt, mật ong rừng",
    "NGON TUYỆT, MẬT ONG RỪNG",
    "TOI MAT DIEN THOAI",
    "toi mat",
    "mat",
    "b) Bí mật nhà nước thuộc độ tối mật;",
]


@pytest.mark.parametrize("text", MARKED)
def test_a_mark_is_found_however_it_is_written(text):
    assert has_secrecy_mark(text)


@pytest.mark.parametrize("text", SILENT)
def test_ordinary_words_and_lessons_about_secrets_pass(text):
    assert not has_secrecy_mark(text)


def test_each_text_is_read_by_itself():
    with pytest.raises(SecrecyRefused):
        require_no_secrecy_mark(["Kế hoạch tuyên truyền", "MẬT", "Bảo vệ bí mật nhà nước"])


def test_no_letter_swells_to_more_than_four():
    """One becomes eighteen: a form full of them took 28 seconds, its sender signed in or not."""
    letters = (
        letter
        for letter in map(chr, range(sys.maxunicode + 1))
        # What stands for nothing is made of nothing else: most of them, and halves of pairs.
        if unicodedata.category(letter) not in ("Cn", "Co", "Cs")
    )
    assert max(len(secrecy._remove_disguises(letter)) for letter in letters) == 4


def test_letters_that_nobody_sees_still_hide_no_mark():
    for letter in "\u00ad\u200b\u202e\ufeff\U000e0041\u034f\ufe0f\u20e3\u0336\u3164\u2800\ufdfa":
        assert has_secrecy_mark(f"TỐI M{letter}ẬT") is (letter != "\ufdfa")
        assert has_secrecy_mark(f"{letter}\nTỐI MẬT")
        assert has_secrecy_mark(f"TỐI MA{letter}\u0323\u0302T") is (letter != "\ufdfa")
