"""Files that strangers might send: what is no picture or video at all, and what looks like one and
is broken, cut off, or made to cost much. Each kind with the words in which it is refused.
"""

import io
import random
import re
import struct
import zlib
from collections.abc import Callable
from functools import cache
from itertools import pairwise

import av
from PIL import Image, ImageDraw

from tests.videos import crowded, video_file


def encoded(form: str, size=(320, 200), *, mode="RGB", **options) -> bytes:
    picture = Image.new(mode, size)
    ImageDraw.Draw(picture).ellipse(
        (20, 20, size[0] - 20, size[1] - 20), fill=200 if mode in "L1" else "green"
    )
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def noise(size: tuple[int, int], form: str) -> bytes:
    picture = Image.frombytes("RGB", size, random.Random(7).randbytes(size[0] * size[1] * 3))
    out = io.BytesIO()
    picture.save(out, form)
    return out.getvalue()


def png_of(width: int, height: int, rows: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def webp_of_one_colour(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "green").save(out, "WEBP", lossless=True, quality=0, method=0)
    return out.getvalue()


def deep_png(width: int, height: int) -> bytes:
    """Make a PNG with 16 bits for each of red, green, blue and its transparency."""
    pack = zlib.compressobj(1)
    row = bytes(1 + width * 8)
    body = b"".join(pack.compress(row) for _line in range(height)) + pack.flush()
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 6, 0, 0, 0)),
        (b"IDAT", body),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )


def many_scans(count: int, *, metadata: bytes = b"") -> bytes:
    """Make a progressive JPEG whose smallest scan is there ``count`` times more."""
    whole = encoded("JPEG", (640, 480), progressive=True)
    starts = [found.start() for found in re.finditer(b"\xff\xda", whole)]
    last = min((whole[a:b] for a, b in pairwise([*starts[1:], len(whole) - 2])), key=len)
    app = b"\xff\xe5" + struct.pack(">H", len(metadata) + 2) + metadata if metadata else b""
    return whole[:2] + app + whole[2:-2] + last * count + b"\xff\xd9"


def trimmed(seconds: float, **made) -> bytes:
    """Make a video whose beginning is only hidden, as telephones trim it: by an edit list."""
    out = io.BytesIO()
    with (
        av.open(io.BytesIO(video_file(seconds=4, **made))) as source,
        av.open(out, "w", format="mp4") as file,
    ):
        streams = {s.index: file.add_stream_from_template(s) for s in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                cut = int(seconds / packet.time_base)
                packet.pts, packet.dts, packet.stream = (
                    packet.pts - cut,
                    packet.dts - cut,
                    streams[packet.stream.index],
                )
                file.mux(packet)
    return out.getvalue()


@cache
def sound_alone() -> bytes:
    out = io.BytesIO()
    with av.open(io.BytesIO(video_file())) as source, av.open(out, "w", format="mp4") as file:
        tone = file.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(audio=0):
            if packet.dts is not None:
                packet.stream = tone
                file.mux(packet)
    return out.getvalue()


def huge_jpeg() -> bytes:
    """Make a JPEG whose header promises 65,500 pixels a side."""
    whole = bytearray(encoded("JPEG"))
    at = whole.index(b"\xff\xc0") + 5
    whole[at : at + 4] = struct.pack(">HH", 65_500, 65_500)
    return bytes(whole)


def part(data: bytes, share: float) -> bytes:
    return data[: round(len(data) * share)]


def overwritten(data: bytes, start: int, length: int) -> bytes:
    return data[:start] + bytes(length) + data[start + length :]


# --- The list: each kind, and how its refusal begins ----------------------------------------------

NEITHER = "This file is neither a picture"
NO_PICTURE = "This file is not a JPEG, PNG or WebP picture."
DAMAGED = "The picture is damaged or incomplete."
TOO_MANY = "The picture has more than 40 million pixels"
OBLONG = "The picture is too long and narrow"
HEAVY = "The picture takes too much memory."
BROKEN_VIDEO = "The video is damaged or incomplete."
NO_VIDEO = "There is no moving picture"
NO_CODEC = "The platforms cannot play this kind of video."
NO_SOUND = "The platforms cannot play the sound of this video."
HIDDEN = "This video was only trimmed"
LONG = "The video is longer than 180 minutes."

# By the first bytes alone: no program is asked.
_HEADS = {
    "text": b"A text that calls itself anh.jpg, and is long enough to be looked at.",
    "one byte": b"\xff",
    "gif": b"GIF89a",
    "gif of 1987": b"GIF87a",
    "gif and php": b"GIF89a<?php system($_GET[0]); ?>",
    "bmp": b"BM",
    "tiff, little end": b"II*\0",
    "tiff, big end": b"MM\0*",
    "raw of a camera": b"II*\0\x10\0\0\0CR\x02\0",
    "photoshop": b"8BPS\0\x01",
    "fits": b"SIMPLE  =                    T",
    "jpeg 2000": b"\0\0\0\x0cjP  \r\n\x87\n",
    "jpeg 2000, bare": b"\xff\x4f\xff\x51",
    "jpeg xl": b"\xff\x0a",
    "jpeg xl, boxed": b"\0\0\0\x0cJXL \r\n\x87\n",
    "heic": b"\0\0\0\x18ftypheic",
    "heic, several": b"\0\0\0\x18ftypheix",
    "mif1": b"\0\0\0\x18ftypmif1",
    "avif": b"\0\0\0\x1cftypavif",
    "avif, several": b"\0\0\0\x1cftypavis",
    "ico": b"\0\0\x01\0\x01\0",
    "cursor": b"\0\0\x02\0\x01\0",
    "icns": b"icns\0\0\x10\0",
    "dds": b"DDS \x7c\0\0\0",
    "qoi": b"qoif",
    "exr": b"v/1\x01",
    "radiance": b"#?RADIANCE\n",
    "pnm": b"P6\n10 10\n255\n",
    "xbm": b"#define a_width 16\n",
    "xpm": b"/* XPM */\n",
    "sgi": b"\x01\xda\x01\x01",
    "pcx": b"\n\x05\x01\x08",
    "sun raster": b"\x59\xa6\x6a\x95",
    "windows metafile": b"\xd7\xcd\xc6\x9a",
    "enhanced metafile": b"\x01\0\0\0\x6c\0\0\0",
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "svg with a script": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "svg with a declaration": b'<?xml version="1.0"?><svg onload="alert(1)"/>',
    "svg in disguise": b"\xef\xbb\xbf<svg onload=alert(1)>",
    "svg, packed": b"\x1f\x8b\x08\0svgz",
    "xml that grows": b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><a>&d;</a>',
    "xml that reads files": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "html": b"<!doctype html><script>alert(1)</script>",
    "html, late": b"   \n\n<html><body onload=alert(1)>",
    "pdf": b"%PDF-1.7\n1 0 obj\n",
    "rich text": b"{\\rtf1\\ansi",
    "old office": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    "zip": b"PK\x03\x04",
    "empty zip": b"PK\x05\x06",
    "rar": b"Rar!\x1a\x07\x01\0",
    "7z": b"7z\xbc\xaf\x27\x1c",
    "xz": b"\xfd7zXZ\0",
    "bzip2": b"BZh91AY&SY",
    "zstandard": b"\x28\xb5\x2f\xfd",
    "cab": b"MSCF\0\0\0\0",
    "program of windows": b"MZ\x90\0",
    "program of linux": b"\x7fELF\x02\x01\x01",
    "program of apple": b"\xcf\xfa\xed\xfe",
    "java": b"\xca\xfe\xba\xbe\0\0\0\x34",
    "wasm": b"\0asm\x01\0\0\0",
    "shell": b"#!/bin/sh\nid\n",
    "php": b"<?php phpinfo(); ?>",
    "python, pickled": b"\x80\x04cos\nsystem\n",
    "shortcut": b"L\0\0\0\x01\x14\x02\0",
    "database": b"SQLite format 3\0",
    "font": b"\0\x01\0\0\0\x0e\0\x80",
    "web font": b"wOF2\0\x01\0\0",
    "mp3": b"ID3\x04\0\0",
    "mp3, bare": b"\xff\xfb\x90\x64",
    "flac": b"fLaC\0\0\0\x22",
    "ogg": b"OggS\0\x02",
    "wav": b"RIFF\0\0\0\0WAVEfmt ",
    "avi": b"RIFF\0\0\0\0AVI LIST",
    "mkv": b"\x1a\x45\xdf\xa3\x42\x82\x88matroska",
    "flash": b"FWS\x0a",
    "flash video": b"FLV\x01\x05",
    "windows media": b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",
    "mpeg stream": b"\0\0\x01\xba\x44",
    "transport stream": b"\x47\x40\x11\x10",
    "real media": b".RMF\0\0\0\x12",
    "playlist": b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
    "playlist of dash": b'<?xml version="1.0"?><MPD></MPD>',
    "list of files": b"ffconcat version 1.0\nfile /etc/passwd\n",
    "png with a line turned": b"\x89PNX\n\x1a\n\r",
    "jpeg turned round": b"\xd8\xff\xff\xe0",
    "webp turned round": b"RIFF\0\0\0\0PBEW",
}
# By a program: one of each reason goes through every way in, all of them through one.
_PICTURES: dict[str, tuple[Callable[[], bytes], str]] = {
    "three bytes of a jpeg": (lambda: b"\xff\xd8\xff", NO_PICTURE),
    "jpeg of noise": (lambda: b"\xff\xd8\xff" + b"x" * 1000, NO_PICTURE),
    "jpeg with a script": (lambda: b"\xff\xd8\xff<script>alert(1)</script>", NO_PICTURE),
    "head of a png": (lambda: b"\x89PNG\r\n\x1a\n", NO_PICTURE),
    "png of noise": (lambda: b"\x89PNG\r\n\x1a\n" + b"x" * 1000, NO_PICTURE),
    "head of a webp": (lambda: b"RIFF\x04\0\0\0WEBP", NO_PICTURE),
    "webp of noise": (lambda: b"RIFF\xe8\x03\0\0WEBPVP8 " + b"x" * 1000, TOO_MANY),
    "a tenth of a jpeg": (lambda: part(noise((400, 300), "JPEG"), 0.1), DAMAGED),
    "half a jpeg": (lambda: part(noise((400, 300), "JPEG"), 0.5), DAMAGED),
    "most of a jpeg": (lambda: part(noise((400, 300), "JPEG"), 0.9), DAMAGED),
    "half a png": (lambda: part(noise((400, 300), "PNG"), 0.5), DAMAGED),
    "most of a png": (lambda: part(noise((400, 300), "PNG"), 0.9), DAMAGED),
    "half a webp": (lambda: part(noise((400, 300), "WEBP"), 0.5), NO_PICTURE),
    "png with broken data": (lambda: overwritten(encoded("PNG"), 60, 30), DAMAGED),
    "png with a broken header": (lambda: overwritten(encoded("PNG"), 29, 4), NO_PICTURE),
    "20,000 scans": (lambda: many_scans(20_000), DAMAGED),
    "101 scans": (lambda: many_scans(101), DAMAGED),
    "png bomb of 81 million": (lambda: png_of(9000, 9000, bytes(1126) * 9000), TOO_MANY),
    "png bomb of 400 million": (lambda: png_of(20_000, 20_000, bytes(2501) * 20_000), TOO_MANY),
    "webp of 38 bytes": (lambda: webp_of_one_colour(6324, 6324), TOO_MANY),
    "jpeg that promises 65,500": (huge_jpeg, TOO_MANY),
    "strip": (lambda: encoded("PNG", (2100, 100)), OBLONG),
    "standing strip": (lambda: encoded("PNG", (100, 2100)), OBLONG),
    "deep png": (lambda: deep_png(7300, 5470), HEAVY),
}
_VIDEOS: dict[str, tuple[Callable[[], bytes], str]] = {
    "cut off before its index": (lambda: video_file()[:30_000], BROKEN_VIDEO),
    "half a webm": (
        lambda: part(video_file(container="webm", codec="libvpx"), 0.02),
        BROKEN_VIDEO,
    ),
    "empty boxes": (lambda: b"\0\0\0\x18ftypmp42" + bytes(2000), BROKEN_VIDEO),
    "boxes of noise": (lambda: b"\0\0\0\x18ftypisom" + b"x" * 1000, BROKEN_VIDEO),
    "box without an end": (lambda: b"\0\0\0\x18ftypisom" + b"\xff" * 64, BROKEN_VIDEO),
    "index alone": (lambda: b"\0\0\0\x08moov" + bytes(60), NO_VIDEO),
    "data alone": (lambda: b"\0\0\x10\0mdat" + bytes(4096), BROKEN_VIDEO),
    "empty webm": (lambda: b"\x1a\x45\xdf\xa3\x93\x42\x82\x84webm" + bytes(500), BROKEN_VIDEO),
    "a thousand frames of a byte": (lambda: crowded(1_000), BROKEN_VIDEO),
    "millions of frames": (lambda: crowded(2_000_000), LONG),
    "sound alone": (sound_alone, NO_VIDEO),
    "mpeg 2": (lambda: video_file(container="mov", codec="mpeg2video"), NO_CODEC),
    "sound of a studio": (lambda: video_file(container="mov", sound="pcm_s16le"), NO_SOUND),
    "only trimmed": (lambda: trimmed(0.5), HIDDEN),
}
BY_HEAD = {name: (lambda head=head: head.ljust(80, b" "), NEITHER) for name, head in _HEADS.items()}
BY_PROGRAM = _PICTURES | _VIDEOS
KINDS = BY_HEAD | BY_PROGRAM
# The first of each reason.
ONE_OF_EACH = {
    name: BY_PROGRAM[name]
    for name in {why: name for name, (_make, why) in reversed(BY_PROGRAM.items())}.values()
}
