"""Let people make things go wrong by a form."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from simulator.faults import Fault
from simulator.hub import Hub
from simulator.model import Mistake
from simulator.pages.options import list_platform_titles, render_options
from simulator.rendering import format_number, join, redirect, render_fragment, render_page

KINDS = {
    "slow": "Chậm (ms)",
    "rate_limit": "Quá giới hạn lượt gọi",
    "error_before": "Lỗi 500, chưa nhận",
    "error_after": "Lỗi 500, đã nhận",
    "drop_before": "Ngắt kết nối, chưa nhận",
    "drop_after": "Ngắt kết nối, đã nhận",
    "hang_after": "Treo, đã nhận (giây)",
    "late_apply": "Hiện muộn (giây)",
    "listing_lag": "Danh sách chậm cập nhật (giây)",
    "process_error": "Xử lý ảnh, video thất bại",
    "truncated_json": "Trả lời cụt",
    "not_json": "Trả lời không phải JSON",
    "expired_token": "Khóa truy cập hết hạn",
    "kill_token": "Khóa truy cập bị hủy hẳn",
    "refuse": "Từ chối nội dung",
    "duplicate": "Báo trùng bài",
}
OPERATIONS = {
    "any": "Mọi thao tác",
    "publish": "Đăng",
    "stage": "Chuẩn bị bài ẩn",
    "upload": "Gửi tệp",
    "edit": "Sửa",
    "withdraw": "Gỡ",
    "find": "Tìm bài",
    "verify": "Hỏi kết quả (Zalo)",
    "measure": "Lấy số liệu",
    "token": "Khóa truy cập",
    "connect": "Kết nối",
    "broadcast": "Gửi người quan tâm (Zalo)",
}


class FaultForm:
    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def page_name(self, fault: Fault) -> str:
        page = self.hub.world.pages[fault.platform].get(fault.page)
        return page.name if page else fault.page

    async def fault_list(self, request: web.Request, error: str = "") -> web.Response:
        rows = [
            render_fragment(
                "fault_row",
                url=f"/faults/{fault.id}/delete/",
                platform=list_platform_titles(self.hub)[fault.platform],
                kind=KINDS[fault.kind],
                operation=OPERATIONS[fault.operation],
                page=self.page_name(fault) if fault.page else "mọi trang",
                hits=format_number(fault.hits),
                times=format_number(fault.times) if fault.times else "không giới hạn",
            )
            for fault in self.hub.faults.listed()
        ]
        return render_page(
            "faults",
            "Giả lập sự cố",
            400 if error else 200,
            error=error,
            rows=join(rows) or render_fragment("empty", text="Không có sự cố nào đang bật."),
            platforms=render_options(list_platform_titles(self.hub)),
            kinds=render_options(KINDS),
            operations=render_options(OPERATIONS),
        )

    async def add_fault(self, request: web.Request) -> web.Response:
        form = await request.post()
        fields: dict[str, Any] = {
            name: str(form.get(name, "")) for name in ("platform", "kind", "operation")
        }
        try:
            if name := str(form.get("page", "")).strip():
                target = self.hub.world.find_page(fields["platform"], name)
                if target is None:
                    raise Mistake("Không có trang này trên nền tảng đã chọn.")
                fields["page"] = target.external_id
            amount = float(str(form.get("amount") or 0))
            fields |= {"times": int(str(form.get("times") or 1)), "ms": amount, "seconds": amount}
            if fields["kind"] == "rate_limit" and amount:
                fields["retry_after"] = int(amount)
            if fields["kind"] in ("error_before", "error_after") and amount:
                fields["status"] = int(amount)
            if fields["kind"] == "kill_token" and amount:
                fields["subcode"] = int(amount)
            self.hub.faults.add(**fields)
        except (Mistake, ValueError) as error:
            return await self.fault_list(request, str(error))
        return redirect("/faults/")

    async def delete_fault(self, request: web.Request) -> web.Response:
        if request.match_info["id"].isdecimal():
            self.hub.faults.clear(int(request.match_info["id"]))
        return redirect("/faults/")
