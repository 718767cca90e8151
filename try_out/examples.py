"""The try-out's good examples: one for the whole country, which two stations used, one of the
city, and one that waits for the city's decision.
"""

from datetime import datetime, timedelta

from accounts.models import User
from engagement.examples import services as examples
from engagement.examples.models import Example
from engagement.examples.services import Proposal
from posts.models import Post
from try_out.history import time_set_to
from try_out.people import World

FOR_ALL = Proposal(
    name="Một dấu hiệu, một việc cần làm: cảnh báo lừa đảo dễ nhớ",
    why_heard="Đăng buổi tối, lúc bà con ở nhà và hay nhận cuộc gọi lạ.",
    why_clear="Mỗi bài chỉ nêu một dấu hiệu và một việc cần làm, viết bằng lời nói hằng ngày.",
    advice="Nêu tên chợ, khu dân cư ở địa bàn mình; đọc thêm trên loa ngay tối hôm đó.",
)
OF_THE_CITY = Proposal(
    name="Nhắc bà con đúng lúc, đúng nơi",
    why_heard="Bài ra đúng dịp bà con quan tâm nên được chia sẻ vào các nhóm khu phố.",
    why_clear="Ảnh thông điệp chữ to, người cao tuổi đọc được trên điện thoại.",
    advice="Xin ý kiến tổ trưởng dân phố về cách gọi quen thuộc ở địa phương trước khi viết.",
)
PROPOSED = Proposal(
    name="Mở bài bằng đúng câu kẻ lừa đảo hay nói",
    why_heard="Bà con nhận ra ngay câu mình từng nghe qua điện thoại.",
    why_clear="Chuyện kể ngắn, rồi mới đến việc cần làm, có nơi liên hệ rõ ràng.",
    advice="Hỏi bà con đến trụ sở trình báo xem kẻ gian mở đầu thế nào; không nêu tên ai.",
)


def create_examples(world: World, now: datetime) -> None:
    """Let three stations propose, the city and the ministry accept, and two stations use one."""
    ministry = User.objects.get(username="bo.phutrach")
    with time_set_to(now - timedelta(days=2)):
        example = _propose(world, "hai-chau", FOR_ALL, topic="lua_dao")
    with time_set_to(now - timedelta(days=1, hours=20)):
        examples.accept(example, by=world.overseer)
    with time_set_to(now - timedelta(days=1, hours=2)):
        examples.accept(example, by=ministry)
    for word, hours in (("hoa-vang", 20), ("tra-my", 3)):
        with time_set_to(now - timedelta(hours=hours)):
            staff = world.staff[word]
            examples.use_example(example, unit=staff.unit, by=staff.officer)
    with time_set_to(now - timedelta(hours=26)):
        example = _propose(world, "hoi-an", OF_THE_CITY)
    with time_set_to(now - timedelta(hours=22)):
        examples.accept(example, by=world.overseer)
    with time_set_to(now - timedelta(hours=5)):
        _propose(world, "son-tra", PROPOSED)


def _propose(world: World, word: str, proposal: Proposal, *, topic: str = "") -> Example:
    """Propose the oldest post of a station that still stands."""
    staff = world.staff[word]
    live = Post.objects.filter(
        unit=staff.unit, deliveries__state="published", adoption=None, corrects=None
    )
    if topic:
        live = live.filter(topic__code=topic)
    post = live.exclude(deliveries__recall__isnull=False).order_by("pk").distinct().first()
    assert post is not None
    return examples.propose([post], proposal, unit=staff.unit, by=staff.officer)
