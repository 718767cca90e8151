"""Draw one card or poster in several formats.

A program of its own, started by ``media.cards.typesetting`` (see ``core.sandbox``). It imports
nothing of ours; what it says is checked by its caller.

    program.py FOLDER

reads FOLDER/job.json, {"look": …, "fonts": …, "sheets": {name: {"width": …, "height": …, "scale":
…, "is_paper": …, "form": "png" or "pdf"}}, "content": {…}}, and the templates in FOLDER/looks. It
leaves a file for each sheet, FOLDER/name.form, and ``facts.json``: {"over": {name: {field:
letters}}}, by how many letters a text is too long.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ["RAYON_NUM_THREADS"] = "1"  # a card is one page: more threads only take memory

import typst


def draw_sheets(place: Path, job: dict[str, Any]) -> dict[str, Any]:
    looks = place / "looks"
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[job["fonts"]]
    )
    nowhere = str(place / "no-packages")
    over: dict[str, dict[str, int]] = {}
    for name, sheet in job["sheets"].items():
        size = {key: sheet[key] for key in ("width", "height", "is_paper")}
        compiler = typst.Compiler(
            str(looks / f"{job['look']}.typ"),
            root=str(looks),
            font_paths=fonts,
            ignore_system_fonts=True,
            sys_inputs={"content": json.dumps(job["content"] | size)},
            package_path=nowhere,
            package_cache_path=nowhere,
        )
        # No moment of its own in a PDF: the same content gives the same bytes.
        data = compiler.compile(format=sheet["form"], ppi=72 * sheet["scale"], timestamp=0)
        assert isinstance(data, bytes)  # several pages would be a list: a look has one
        (place / f"{name}.{sheet['form']}").write_bytes(data)
        fits = json.loads(compiler.query("<fits>", field="value"))
        over[name] = {fit["name"]: fit["over"] for fit in fits if fit["over"]}
    return {"over": over}


def main(folder: str) -> None:
    place = Path(folder)
    job = json.loads((place / "job.json").read_text(encoding="utf-8"))
    (place / "facts.json").write_text(json.dumps(draw_sheets(place, job)))


if __name__ == "__main__":
    main(*sys.argv[1:])
