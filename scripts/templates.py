"""`make lint`: names the lines of templates that are too long to be read at a glance. Run by
.venv/bin/python.

`make format` breaks what it can. A tag of Django stands on one line, so that one with many
parameters is shortened by hand: {% blocktranslate trimmed %} for a long sentence, {% with %} for a
long value.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LONGEST = 160


def main() -> int:
    too_long = 0
    for path in sorted((ROOT / "templates").rglob("*.html")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if len(line) > LONGEST:
                too_long += 1
                print(
                    f"{path.relative_to(ROOT)}:{number}: {len(line)} characters, at most {LONGEST}"
                )
    return 1 if too_long else 0


if __name__ == "__main__":
    sys.exit(main())
