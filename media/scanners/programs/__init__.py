"""Programs that read one picture or film each, started by `media.scanners.examining`."""
