"""Files under an address from which the simulated platforms fetch them."""

import base64
import hashlib

from platforms.messages import Image, Video
from simulator import images
from tests.platforms.conftest import plain_jpeg


def hosted(simulator, content: bytes) -> str:
    """Put a file beside the simulator's own, and return its address."""
    shown = [base64.b64encode(content).decode()]
    simulator.post(
        "facebook", simulator.page("facebook")["external_id"], "Nơi để tệp", images=shown
    )
    return f"{simulator.url}/media/{hashlib.sha256(content).hexdigest()}"


def picture(simulator, content: bytes = b"", **other) -> Image:
    content = content or plain_jpeg()
    return Image(
        b"",
        "image/jpeg",
        hashlib.sha256(content).hexdigest(),
        url=hosted(simulator, content),
        **other,
    )


def fetched_video(
    simulator, *, seconds: float = 12.0, seed: int = 1, content: bytes = b"", **other
) -> Video:
    content = content or images.make_plain_mp4(seed, seconds=seconds, size=4096)
    facts = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "content_type": "video/mp4",
        "size": len(content),
    }
    facts |= {"seconds": seconds, "width": 1080, "height": 1920, "fps": 30, "codec": "h264"}
    return Video(**{**facts, "url": hosted(simulator, content), **other})
