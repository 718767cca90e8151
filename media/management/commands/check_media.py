import json
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from core import sandbox
from core.errors import Refused
from media import pictures, videos
from media.scanners.examining import Examined, examine
from media.scanners.registry import rules_for


class Command(BaseCommand):
    help = (
        "Looks into pictures and videos for what should not be published: faces, red stamps, "
        "codes, and what the leak check finds in their words. Each finding with its kind, rule, "
        "severity and place (ten-thousandths of the width and height; seconds of a video); never "
        "the words themselves. Nothing is stored."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", metavar="FILE", help="a picture or a video")
        parser.add_argument("--json", action="store_true", help="one list of files with findings")

    def handle(self, *, paths: list[str], **options: Any) -> None:
        checked = [_check_file(Path(path)) for path in paths]
        if options["json"]:
            self.stdout.write(json.dumps(checked, indent=1))
            return
        for result in checked:
            if result["refused"]:
                self.stdout.write(f"{result['file']}: {result['refused']}")
            for finding in result["findings"]:
                self.stdout.write(
                    "{}: {kind} {rule} {severity} {x},{y} {width}x{height}".format(
                        result["file"], **finding
                    )
                )
            if result["missing"]:
                self.stdout.write(
                    f"{result['file']}: not looked for: {', '.join(result['missing'])}"
                )


def _check_file(path: Path) -> dict[str, Any]:
    answer: dict[str, Any] = {"file": str(path), "refused": "", "missing": [], "findings": []}
    try:
        examined = _examine_file(path)
    except sandbox.OverLimit as over:
        return answer | {"refused": f"not looked into: it takes too much {over.what}"}
    except (sandbox.ProgramFailed, ValueError):
        return answer | {"refused": "no picture or video that can be read"}
    except OSError as error:
        return answer | {"refused": f"cannot be read: {error.strerror}"}
    except Refused as refused:  # also for a while
        return answer | {"refused": str(refused)}
    findings = [finding._asdict() for finding in examined.findings]
    return answer | {"missing": examined.missing, "findings": findings}


def _examine_file(path: Path) -> Examined:
    """Look into a video, or into a picture as an upload would store it. Raise Refused, ValueError,
    OSError, sandbox.ProgramFailed.
    """
    rules = rules_for(None)
    if _is_video(path):
        return examine(path, is_video=True, rules=rules, report=lambda _progress: None)
    drawn = pictures.re_encode(path)
    with tempfile.NamedTemporaryFile() as file:
        file.write(drawn.data)
        file.flush()
        stored = Path(file.name)
        return examine(stored, is_video=False, rules=rules, report=lambda _progress: None)


def _is_video(path: Path) -> bool:
    """Tell pictures and videos apart by their content. Raise ValueError for neither, and for what
    is larger than an upload may be; OSError.
    """
    with path.open("rb") as file:
        head = file.read(videos.HEAD)
    is_video = bool(videos.kind_of(head))
    if not is_video and not pictures.may_be_picture(head):
        raise ValueError("neither")
    most = settings.VIDEO_MAX_BYTES if is_video else settings.IMAGE_MAX_BYTES
    if path.stat().st_size > most:
        raise ValueError("too large")
    return is_video
