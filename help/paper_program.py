"""Set guides as PDF.

A program of its own, started by ``help.paper`` (see ``core.sandbox``). It imports nothing of ours.

    paper_program.py FOLDER

reads FOLDER/job.json, {"layout": …, "fonts": …, "content": {…}}, and the template and pictures in
FOLDER/layouts. It leaves FOLDER/paper.pdf and ``facts.json``: {}.
"""

import json
import os
import sys
from pathlib import Path

os.environ["RAYON_NUM_THREADS"] = "1"  # more threads only take memory

import typst


def main(folder: str) -> None:
    place = Path(folder)
    job = json.loads((place / "job.json").read_text(encoding="utf-8"))
    nowhere = str(place / "no-packages")
    compiler = typst.Compiler(
        str(place / "layouts" / f"{job['layout']}.typ"),
        root=str(place / "layouts"),
        font_paths=typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[job["fonts"]]
        ),
        ignore_system_fonts=True,
        sys_inputs={"content": json.dumps(job["content"])},
        package_path=nowhere,
        package_cache_path=nowhere,
    )
    # No moment of its own: the same guides give the same bytes.
    data = compiler.compile(format="pdf", timestamp=0)
    assert isinstance(data, bytes)  # only pictures come in several pieces
    (place / "paper.pdf").write_bytes(data)
    (place / "facts.json").write_text("{}")


if __name__ == "__main__":
    main(*sys.argv[1:])
