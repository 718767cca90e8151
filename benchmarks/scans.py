"""Measure the scanners on pictures that they were not tuned on: what they find of each kind, boxes
on clean pictures, time and memory.

    python benchmarks/scans.py [--each 40] [--seed 20261127] [--kinds "id card,face"] [--show]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("PORTAL_MODE", "test")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "outreach_portal.settings")
_took: list[float] = []
_floor: list[float] = []
PROGRAM = ROOT / "media/scanners/programs/picture.py"


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--each", type=int, default=40)
    options.add_argument("--seed", type=int, default=20261127)
    options.add_argument("--kinds", default="")
    options.add_argument("--show", action="store_true", help="name what was missed")
    options.add_argument("--draw", nargs=2, help=argparse.SUPPRESS)
    asked = options.parse_args()
    if asked.draw:
        draw(*asked.draw)
        return 0
    if not asked.kinds:
        measure_cost()

    import cv2
    import django

    django.setup()
    cv2.setNumThreads(1)
    from tests.media.scanners.variants import CLEAN, LEAKS

    chosen = [kind.strip() for kind in asked.kinds.split(",") if kind.strip()]
    leaks = [kind for kind in LEAKS if not chosen or kind in chosen]
    clean = [kind for kind in CLEAN if not chosen or kind in chosen]
    measure_finding(leaks, clean, asked)
    return 0


def measure_finding(leaks, clean, asked) -> None:
    from media.scanners.programs.looking import Scanners

    scanners = Scanners()
    total, hits = 0, 0
    for kind in leaks:
        recognised, missed, parts = recall_of(kind, scanners, asked)
        total, hits = total + recognised + len(missed), hits + recognised
        print(f"{kind:18} found {recognised}/{recognised + len(missed)}", parts, flush=True)
        if asked.show and missed:
            print("   missed", missed)
    if total:
        print(f"all kinds: {hits}/{total} = {hits / total:.1%}")
    false: Counter[str] = Counter()
    marked = 0
    for kind in clean:
        for number in range(asked.each):
            boxes = examined(kind, number, asked.seed, scanners)[1]
            grave = [box for box in boxes if box.severity != "info"]
            marked += bool(grave)
            false.update(f"{kind}: {box.rule}" for box in grave)
    if clean:
        pictures = asked.each * len(clean)
        print(f"clean pictures with a box: {marked}/{pictures} = {marked / pictures:.1%}")
        print("   ", dict(false))
    print("processor s a picture:", _describe(_took), "one plain reading:", _describe(_floor))


def _describe(times) -> str:
    ordered = sorted(times)
    middle, late = sum(ordered) / len(ordered), ordered[int(0.95 * len(ordered))]
    return f"mean {middle:.2f}, p95 {late:.2f}, max {ordered[-1]:.2f}"


def recall_of(kind, scanners, asked):
    """Return how many pictures were found whole, which were not, and of pictures with several
    places, how many of each were missed.
    """
    recognised, missed = 0, []
    parts: Counter[str] = Counter()
    for number in range(asked.each):
        variant, boxes = examined(kind, number, asked.seed, scanners)
        left = [target for target in variant.targets if not is_found(target, boxes)]
        if not left:
            recognised += 1
        else:
            missed.append(number)
        parts.update(f"missed {min(target.rules)}" for target in left)
    return recognised, missed, dict(parts)


def examined(kind, number, seed, scanners):
    import numpy as np

    from media.scanners.findings import findings_in
    from posts.leak_rules.registered import rules_for
    from tests.media.scanners.variants import variant

    drawn = variant(kind, number, seed=seed)
    pixels = np.asarray(drawn.picture.convert("RGB"))
    began = time.process_time()
    read = scanners.look(pixels)
    looked = time.process_time()
    _plain_reader().SetImage(drawn.picture.convert("L"))
    _plain_reader().Recognize()
    _took.append(looked - began)
    _floor.append(time.process_time() - looked)
    return drawn, findings_in(read, rules_for(None))


@cache
def _plain_reader():
    import tesserocr

    from media.scanners.programs.ocr import DATA

    return tesserocr.PyTessBaseAPI(path=str(DATA), lang="vie")


def is_found(target, boxes) -> bool:
    """Check for a box of the right rule over at least half of the target."""
    left, top, right, bottom = (side * 10_000 for side in target.box)
    for box in boxes:
        if box.rule not in target.rules:
            continue
        width = min(right, box.x + box.width) - max(left, box.x)
        height = min(bottom, box.y + box.height) - max(top, box.y)
        if width > 0 and height > 0 and width * height >= 0.5 * (right - left) * (bottom - top):
            return True
    return False


def measure_cost() -> None:
    """Print the processor time of 12-megapixel photographs and the memory in use. Others draw them:
    a program counts what its parent held when it began.
    """
    for kind in ("secret page", "id card", "face", "landscape", "photograph", "bank slip"):
        with tempfile.TemporaryDirectory() as place:
            source = str(Path(place) / "photo")
            subprocess.run([sys.executable, __file__, "--draw", kind, source], check=True)
            program = subprocess.Popen(
                [sys.executable, "-I", str(PROGRAM), str(ROOT), source, place],
                stderr=subprocess.DEVNULL,
            )
            _pid, status, used = os.wait4(program.pid, 0)
            program.returncode = status
            missing = json.loads((Path(place) / "facts.json").read_text())["missing"]
        took, most = used.ru_utime + used.ru_stime, used.ru_maxrss // 1024
        print(f"12 megapixels, {kind:12} {took:.2f} s, {most} MB, missing {missing}")


def draw(kind: str, path: str) -> None:
    """Write a photograph of 12 megapixels."""
    from PIL import Image

    from tests.media.scanners.variants import variant

    drawn = variant(kind, 3, seed=12).picture.convert("RGB")
    sides = (4000, 3000) if drawn.width > drawn.height else (3000, 4000)
    drawn.resize(sides, Image.Resampling.BICUBIC).save(path, "JPEG", quality=88)


if __name__ == "__main__":
    sys.exit(main())
