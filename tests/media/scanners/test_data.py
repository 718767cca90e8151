"""The models that the scanners read with are those that were taken in, with their licences."""

import hashlib
import json

from media.scanners.programs.ocr import DATA


def test_each_model_is_the_one_that_the_manifest_names():
    models = json.loads((DATA / "manifest.json").read_text())["models"]

    files = {name: digest for model in models for name, digest in model["files"].items()}
    licences = {model["licence_file"] for model in models}
    assert {file.name for file in DATA.iterdir()} == {"manifest.json", *licences, *files}
    for name, digest in files.items():
        assert hashlib.sha256((DATA / name).read_bytes()).hexdigest() == digest
