"""Files that would crash, fill or escape a careless reader: bombs, zip slips, lies, odd names."""

import functools
import io
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from colorrl.benchmarks.fuzz_inputs import build, plan

Random = np.random.Generator
EVIL = "evil.png"  # what a zip slip would write outside


def png(width: int = 9, height: int = 9) -> bytes:
    """A PNG that says it has this size; its pixels are those of 9 x 9."""
    file = io.BytesIO()
    Image.new("L", (9, 9), 255).save(file, "PNG")
    whole = bytearray(file.getvalue())
    whole[16:24] = struct.pack(">II", width, height)
    whole[29:33] = struct.pack(">I", zlib.crc32(whole[12:29]))
    return bytes(whole)


def archive(**entries: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries.items():
            made.writestr(name.replace("__", "/").replace("UP", ".."), content)
    return file.getvalue()


@functools.cache
def zip_bomb() -> bytes:
    return archive(**{"mergedimage.png": bytes(2**29)})


def stack(src: str, head: str = "", size: str = 'w="9" h="9"') -> bytes:
    layer = f'<layer name="line" src="{src}" x="0" y="0"/>'
    return f"<?xml version='1.0'?>{head}<image {size}><stack>{layer}</stack></image>".encode()


LAUGHS = '<!DOCTYPE l [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {b} "{f"&{a};" * 50}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
) + "]>"  # fmt: skip
PSD_HEAD = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, 30_000, 30_000, 8, 3)
# suffix and content by kind; every one of them is to fail
CONTENT: dict[str, tuple[str, Callable[[Random], bytes]]] = {
    "bomb": (".png", lambda r: png(*map(int, r.integers(9_000, 2**31 - 1, 2)))),
    "long bomb": (".png", lambda r: png(1, int(r.integers(68_000_000, 2**31 - 1)))),
    "no size": (".png", lambda r: png(0, 9)),
    "torn": (".png", lambda r: png()[: int(r.integers(8, 60))]),
    "zeros": (".tif", lambda r: bytes(int(r.integers(1, 5000)))),
    "noise": (".webp", lambda r: r.bytes(int(r.integers(1, 5000)))),
    "text": (".jpg", lambda r: b"not a picture " * int(r.integers(1, 99))),
    "html": (".jpeg", lambda r: b"<html><script>alert(1)</script></html>"),
    "script": (".png", lambda r: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"),
    "empty": (".psd", lambda r: b""),
    "png as psd": (".psd", lambda r: png()),
    "psd of 900 megapixels": (".psd", lambda r: PSD_HEAD + bytes(14)),
    "psd of noise": (".psd", lambda r: PSD_HEAD.replace(b"\0\0\x75\x30", b"\0\0\0\x40")
                                       + r.bytes(int(r.integers(1, 3000)))),
    "png as ora": (".ora", lambda r: png()),
    "zip slip": (".ora", lambda r: archive(**{f"UP__UP__UP__{EVIL}": png()})),
    "zip slip by stack": (".ora", lambda r: archive(**{"stack.xml": stack(f"../../{EVIL}")})),
    "zip bomb": (".ora", lambda r: zip_bomb()),
    "bomb inside": (".ora", lambda r: archive(**{"mergedimage.png": png(99_999, 99_999)})),
    "laughs": (".ora", lambda r: archive(**{"stack.xml": stack("a.png", LAUGHS)})),
    "endless stack": (".ora", lambda r: archive(**{"stack.xml": b"<image>" + b"<stack>" * 9999})),
    "no archive": (".ora", lambda r: archive(**{"mergedimage.png": png()})[:-30]),
}  # fmt: skip
# made by the file system rather than by content
ODD: dict[str, Callable[[Path], object]] = {
    "pipe.png": os.mkfifo,
    "endless.png": lambda path: path.symlink_to("/dev/zero"),
    "gone.png": lambda path: path.symlink_to("nowhere"),
    "loop.png": lambda path: path.symlink_to(path.name),
    "memory.png": lambda path: path.symlink_to("/proc/self/mem"),
    "sparse.png": lambda path: path.touch() or os.truncate(path, 2**41),
    "two\nlines.png": lambda path: path.write_text("not a picture"),
    "빈 그림.png": lambda path: path.touch(),
}


def fill(folder: Path, n: int, seed: int = 0) -> int:
    """Make ``n`` hostile files below ``folder``: all of ODD, then half CONTENT, half the fuzz
    suite's damaged pictures. Returns how many there are that no reader may accept."""
    folder.mkdir(parents=True)
    for name, make in ODD.items():
        make(folder / name)
    bad = b"\xff\xfe.png"  # no UTF-8
    Path(os.fsdecode(os.fsencode(folder) + b"/" + bad)).write_bytes(png())
    for number in range(len(ODD) + 1, n):
        below = folder / f"{number:04d}"
        below.mkdir()
        random = np.random.default_rng((seed, number))
        if number % 2:
            kind = list(CONTENT)[number // 2 % len(CONTENT)]
            suffix, content = CONTENT[kind]
            (below / f"{kind}{suffix}").write_bytes(content(random))
        else:
            build(*_damaged(seed, number), below)
    return len(ODD) + 1 + sum(number % 2 for number in range(len(ODD) + 1, n))


def _damaged(seed: int, number: int):  # type: ignore[no-untyped-def]
    """The fuzz suite's next small damaged picture, and the random numbers to make it with."""
    while True:
        planned, random = plan(seed, number)
        if planned.what == "picture" and planned.damage != "none" and max(planned.size) < 500:
            return planned, random
        number += 100_000
