"""Rebuild static/vendor/ and static/icons/sprite.svg from the packages pinned in scripts/vendor/.

    python scripts/vendor.py

Needs Node and npm on this machine; the portal itself never does. What it writes is committed, with
a manifest of name, version, licence and sha256 a file, so that a reader can see what runs in the
browser without trusting us.

Of Tabler's style sheet only what the portal's own files name is served, 19 kB instead of 79 on the
wire. A class that they name for the first time has no rules before this is run again;
tests/frontend/test_materials.py says so.
"""

import ast
import hashlib
import io
import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "scripts" / "vendor"
MODULES = HERE / "node_modules"
STATIC = ROOT / "static"
VENDOR = STATIC / "vendor"
TABLER = "@tabler/core/dist/css/tabler.min.css"
UNUSED_CLASSES = HERE / "tabler-unused.txt"
# What Tabler's own CSS (light-dark, relative colours) needs; an older target would help nobody.
TARGET = "chrome123,firefox128,safari17.5"

# The weights that style sheets ask for, and what the letters need to stand well: kerning, accents,
# a colon in the middle of a time, figures of one width.
LIGHTEST, BOLDEST = 400, 700
LETTERING = ["kern", "mark", "mkmk", "ccmp", "locl", "calt", "tnum", "pnum"]

# Browsers would fetch a map that is not there, and collectstatic refuses the dangling reference.
SOURCE_MAP = re.compile(
    r"^\s*(?://#\s*sourceMappingURL=\S+|/\*#\s*sourceMappingURL=.*?\*/)\s*$", re.MULTILINE
)

# Sentences: a class is never named there, but a word of one may be called like a class.
PROSE = re.compile(r'{% translate ".*?"|_\(".*?"\)|{#.*?#}|{% comment.*?{% endcomment', re.DOTALL)
# The literals of Python that may name a class: the value of an attribute, or HTML.
MARKUP = re.compile(r"^[a-z][a-z0-9 -]*$|<")

# file under static/ -> the packages inside it
built: dict[str, list[str]] = {}


def put(target: str, content: str | bytes, *packages: str, folder: Path = VENDOR) -> None:
    path = folder / target
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    built[path.relative_to(STATIC).as_posix()] = list(packages)


def text(*names: str) -> str:
    """Join the files, without source map comments."""
    return (
        "\n".join(
            SOURCE_MAP.sub("", (MODULES / name).read_text(encoding="utf-8")).strip()
            for name in names
        )
        + "\n"
    )


def without_string_sinks(script: str) -> str:
    """Empty elements by ``replaceChildren``: under Trusted Types even "" is refused as HTML."""
    return re.sub(r'([\w.]+)\.innerHTML=(?:""|null)', r"\1.replaceChildren()", script)


def with_trusted_types(script: str, policy: str) -> str:
    """Let a library that draws by strings of HTML do so under the name of its policy."""
    make = f'globalThis.trustedTypes?.createPolicy("{policy}",{{createHTML:html=>html}})'
    script, sinks = re.subn(
        r"\.innerHTML=(\w+(?:\.\w+)*(?:\(\))?)", r".innerHTML=toTrustedHTML(\1)", script
    )
    if not sinks:
        raise SystemExit(f"{policy} sets no HTML any more: it needs no policy")
    return (
        f"{{const policy={make},toTrustedHTML=html=>policy?policy.createHTML(html):html;"
        f"{script}}}\n"
    )


def bundle(entry: Path) -> str:
    command = [
        MODULES / ".bin" / "esbuild", entry, "--bundle", "--minify", "--format=iife",
        f"--target={TARGET}",
        "--legal-comments=inline", "--charset=utf8",
    ]  # fmt: skip
    return without_string_sinks(
        subprocess.run(command, check=True, capture_output=True, encoding="utf-8", cwd=HERE).stdout
    )


def minified(css: str) -> str:
    command = [
        MODULES / ".bin" / "esbuild",
        "--loader=css",
        "--minify",
        f"--target={TARGET}",
        "--charset=utf8",
    ]
    return subprocess.run(
        command, check=True, capture_output=True, encoding="utf-8", input=css, cwd=HERE
    ).stdout


def words_in_use() -> set[str]:
    """Return every word that may name a class, an element or an attribute of a page.

    Scripts must write the names of classes out: "btn-" + tone is not found.
    """
    used: set[str] = set()
    for template in (ROOT / "templates").rglob("*.html"):
        used |= _words(PROSE.sub("", template.read_text(encoding="utf-8")))
    for script in [*(STATIC / "js").rglob("*.js"), VENDOR / "tom-select" / "tom-select.min.js"]:
        used |= _words(script.read_text(encoding="utf-8"))
    for app in ROOT.glob("*/apps.py"):
        for module in app.parent.rglob("*.py"):
            for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
                if (
                    isinstance(node, ast.Constant)
                    and isinstance(node.value, str)
                    and MARKUP.search(node.value)
                ):
                    used |= _words(node.value)
    return used


def _words(source: str) -> set[str]:
    return set(re.findall(r"[\w-]+", source))


def class_names(css: str) -> set[str]:
    """Return the classes that a style sheet has rules for."""
    rules = re.sub(r"/\*.*?\*/|url\(.*?\)", "", css, flags=re.DOTALL)
    return set(re.findall(r"\.(-?[a-zA-Z_][\w-]*)", rules))


def purged(css: str, used: set[str]) -> str:
    """Return the rules of a style sheet that name nothing but these words."""
    with tempfile.TemporaryDirectory() as folder:
        sheet, content = Path(folder) / "sheet.css", Path(folder) / "words.html"
        sheet.write_text(css, encoding="utf-8")
        content.write_text("\n".join(sorted(used)), encoding="utf-8")
        command = [MODULES / ".bin" / "purgecss", "--css", sheet, "--content", content]
        done = subprocess.run(command, check=True, capture_output=True, encoding="utf-8", cwd=HERE)
    rules: str = json.loads(done.stdout)[0]["css"]
    return rules


def font_faces() -> str:
    """Return the font faces of Inter's Latin and Vietnamese letters only, in the weights in use;
    the package contains seven alphabets, and weights from 100 to 900.
    """
    faces = re.findall(
        r"/\* (inter-(?:vietnamese|latin)-wght-normal) \*/\s*(@font-face \{.*?\n\})",
        text("@fontsource-variable/inter/wght.css"),
        re.DOTALL,
    )
    weights = "font-weight: 100 900;"
    if len(faces) != 2 or any(weights not in face for _, face in faces):
        raise SystemExit(
            "Inter's style sheet has changed its layout: expected a Latin and a Vietnamese face"
        )
    for name, _ in faces:
        file = f"{name}.woff2"
        content = (MODULES / "@fontsource-variable/inter/files" / file).read_bytes()
        put(f"inter/{file}", lightened(content), "@fontsource-variable/inter")
    sheet = "\n".join(face.replace("./files/", "./") for _, face in faces) + "\n"
    return sheet.replace(weights, f"font-weight: {LIGHTEST} {BOLDEST};")


def lightened(font: bytes) -> bytes:
    """Return a variable font without the weights and the alternates that no page uses."""
    from fontTools import subset
    from fontTools.ttLib import TTFont
    from fontTools.varLib import instancer

    options = subset.Options(layout_features=LETTERING, flavor="woff2")
    result = TTFont(io.BytesIO(font), recalcTimestamp=False)
    letters = subset.Subsetter(options)
    letters.populate(unicodes=result.getBestCmap())
    letters.subset(result)
    limits = {"wght": (LIGHTEST, LIGHTEST, BOLDEST)}
    instancer.instantiateVariableFont(result, limits, inplace=True)
    out = io.BytesIO()
    result.flavor = "woff2"
    result.save(out)
    return out.getvalue()


def sprite() -> str:
    """Build the sprite, one <symbol> for each icon in icons.txt; a name ending in -filled is the
    filled drawing.
    """
    names = sorted(set((HERE / "icons.txt").read_text(encoding="utf-8").split()))
    symbols = []
    for name in names:
        filled = name.endswith("-filled")
        file = f"filled/{name.removesuffix('-filled')}.svg" if filled else f"outline/{name}.svg"
        drawing = (MODULES / "@tabler/icons/icons" / file).read_text(encoding="utf-8")
        paths = [
            p
            for p in re.findall(r"<path\b.*?/>", drawing, re.DOTALL)
            if 'd="M0 0h24v24H0z"' not in p
        ]
        shapes = "".join(re.sub(r"\s+", " ", path).replace(" />", "/>") for path in paths)
        paint = (
            'fill="currentColor" stroke="none"' if filled else 'fill="none" stroke="currentColor"'
        )
        line = "" if filled else ' stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'
        symbols.append(
            f'<symbol id="tabler-{name}" viewBox="0 0 24 24" {paint}{line}>{shapes}</symbol>'
        )
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def package(name: str) -> dict[str, str]:
    about = json.loads((MODULES / name / "package.json").read_text(encoding="utf-8"))
    return {"name": name, "version": about["version"], "licence": about["license"]}


def licence(name: str) -> str:
    files = sorted(
        p
        for p in (MODULES / name).iterdir()
        if re.fullmatch(r"licen[cs]e(\.\w+)?|notice", p.name.lower())
    )
    return "\n".join(p.read_text(encoding="utf-8").strip() for p in files)


def main() -> None:
    subprocess.run(["npm", "ci"], check=True, cwd=HERE)
    shutil.rmtree(VENDOR, ignore_errors=True)

    put("inter/inter.css", font_faces(), "@fontsource-variable/inter")
    put("icons/sprite.svg", sprite(), "@tabler/icons", folder=STATIC)

    put(
        "tom-select/tom-select.min.js",
        with_trusted_types(
            without_string_sinks(text("tom-select/dist/js/tom-select.complete.min.js")),
            "tom-select",
        ),
        "tom-select", "@orchidjs/sifter", "@orchidjs/unicode-variants",
    )  # fmt: skip
    put(
        "tom-select/tom-select.css",
        minified(text("tom-select/dist/css/tom-select.bootstrap5.css",
        "@tabler/core/dist/css/tabler-vendors.css")),
        "tom-select", "@tabler/core",
    )  # fmt: skip

    used = words_in_use()
    tabler = text(TABLER)
    put("tabler/tabler.min.css", purged(tabler, used), "@tabler/core")
    unused = sorted(class_names(tabler) - used)
    UNUSED_CLASSES.write_text("\n".join(unused) + "\n", encoding="utf-8")

    calendar = [
        "fullcalendar",
        "@fullcalendar/core",
        "@full-ui/headless-calendar",
        "preact",
        "temporal-polyfill",
    ]
    put("fullcalendar/fullcalendar.min.js", bundle(HERE / "calendar.js"), *calendar)
    sheets = ["skeleton.css", "themes/classic/theme.css", "themes/classic/palette.css"]
    put(
        "fullcalendar/fullcalendar.css",
        minified(text(*[f"fullcalendar/{s}" for s in sheets])),
        "fullcalendar",
    )

    put("temporal/temporal.min.js", bundle(HERE / "temporal.js"), "temporal-polyfill")
    put("echarts/echarts.min.js", bundle(HERE / "charts.js"), "echarts", "zrender", "tslib")

    names = sorted({name for packages in built.values() for name in packages})
    notices = "\n\n".join(f"{'=' * 20} {name} {'=' * 20}\n\n{licence(name)}" for name in names)
    put("LICENCES.txt", notices + "\n", *names)

    manifest = {
        "rebuilt_by": "python scripts/vendor.py",
        "packages": [package(name) for name in names],
        "files": [
            {
                "file": file,
                "packages": [package(name) for name in packages],
                "sha256": hashlib.sha256((STATIC / file).read_bytes()).hexdigest(),
            }
            for file, packages in sorted(built.items())
            if file != "vendor/LICENCES.txt"
        ],
    }
    (VENDOR / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
