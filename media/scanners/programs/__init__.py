"""Programs that read one picture or video each, started by `media.scanners.examining`."""
