"""Compare drawing an uploaded picture again in a program of its own with doing the same in this
process.

    python -m benchmarks.pictures [--n 5]

Pictures of 12 megapixels with noise, as telephones make them. ``ratio`` is what the walls around
the decoder cost.
"""

import argparse
import io
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import django
from PIL import Image

SIZE = (4000, 3000)


def photo() -> bytes:
    small = Image.merge(
        "RGB", [Image.effect_noise((SIZE[0] // 4, SIZE[1] // 4), 60) for _band in "RGB"]
    )
    out = io.BytesIO()
    small.resize(SIZE).save(out, "JPEG", quality=90)
    return out.getvalue()


def median_seconds(work: Callable[[], object], n: int) -> float:
    taken = []
    for _round in range(n):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n", type=int, default=5, help="rounds of each")
    options = parser.parse_args()
    django.setup()
    from media import drawing, pictures

    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "photo.jpg"
        source.write_bytes(photo())
        bounds = pictures._program_limits(keep_png=True)
        pictures.re_encode(source)  # both warm
        apart = median_seconds(lambda: pictures.re_encode(source), options.n)
        within = median_seconds(
            lambda: drawing.re_encode(str(source), Path(folder), bounds), options.n
        )
    print(
        f"pictures n={options.n} apart_ms={apart * 1000:.0f} "
        f"in_process_ms={within * 1000:.0f} ratio={apart / within:.2f}"
    )


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "outreach_portal.settings")
    main()
