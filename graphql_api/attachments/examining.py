"""Looks at one file that somebody sent: a program of its own. Run by examination.py.

    python -m graphql_api.attachments.examining PIXELS_MAX BYTES_MAX  < FILE  > ANSWER

ANSWER: a line of JSON (Found, or why it is not taken), then the thumbnails, then a picture as it
is to be kept: upright, without what a camera wrote beside it (where and when, whose), made anew
from its pixels, so that nothing else that lay in the file is kept. Its memory and time are bounded
by itself, and what it knows dies with it: a file that breaks a decoder breaks nothing else.
"""

from __future__ import annotations

import io
import json
import os
import sys
import warnings
from dataclasses import asdict, dataclass
from typing import BinaryIO

from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError, WebPImagePlugin

from graphql_api.attachments.kinds import PICTURE_TYPES, NotTaken, kind_of
from graphql_api.said import said, template_of, values_of

if sys.platform != "win32":
    import resource

MEMORY_BYTES = 1_073_741_824  # a picture of 50 megapixels takes half of it
CPU_S = 25
BEHIND = 10  # what the priority is lowered by: whoever waits for an answer comes first
SIDES = (96, 480)  # of thumbnails: ThumbnailSize, which would bring the whole noun in
ICC_BYTES_MAX = 4_096  # a colour profile says nothing of a person; displays' have 500 to 3,200
QUALITY, THUMBNAIL_QUALITY = 90, 80
ORIENTATION = 0x0112  # of Exif: how a picture is to be turned
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")  # the only decoders that a file may choose
KEPT_MODES = frozenset({"1", "L", "LA", "P", "RGB", "RGBA", "I;16"})


@dataclass(frozen=True, slots=True)
class Found:
    """What a file is. thumbnails: their bytes, the smaller one first; is_anew: whether the
    answer has the file as it is to be kept, or the file itself is kept."""

    media_type: str
    width: int | None = None
    height: int | None = None
    thumbnails: tuple[int, ...] = ()
    is_anew: bool = False


def main() -> None:
    _bound()
    warnings.simplefilter("ignore")
    assert WebPImagePlugin.SUPPORTED, "Pillow comes without WebP"  # and imported, it is known
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    Image.MAX_IMAGE_PIXELS = None  # judged by us, before anything is decoded
    answer = sys.stdout.buffer
    try:
        _examine(sys.stdin.buffer, int(sys.argv[1]), int(sys.argv[2]), answer)
    except NotTaken as fault:
        _refuse(answer, fault)
    except MemoryError:
        _refuse(
            answer, NotTaken("This picture takes more memory than a picture may: make it smaller.")
        )


def _refuse(answer: BinaryIO, fault: NotTaken) -> None:
    told = {"refused": template_of(fault.words), "values": dict(values_of(fault.words))}
    answer.write(json.dumps(told).encode() + b"\n")


def _bound() -> None:
    """Take from this process what it must not use. On Windows time alone bounds it."""
    if sys.platform != "win32":
        os.nice(BEHIND)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _examine(file: BinaryIO, pixels_max: int, bytes_max: int, answer: BinaryIO) -> None:
    try:
        picture = Image.open(file, formats=FORMATS)
    except UnidentifiedImageError:
        found = Found(kind_of(file))
        answer.write(json.dumps(asdict(found)).encode() + b"\n")
        return
    except (OSError, ValueError, SyntaxError, OverflowError) as fault:
        raise NotTaken(said("This picture is damaged: {fault}.", fault=fault)) from fault
    if picture.width * picture.height > pixels_max:
        raise NotTaken(
            said(
                "A picture has at most {most} pixels; this one has {width} × {height}.",
                most=f"{pixels_max:,}",
                width=picture.width,
                height=picture.height,
            )
        )
    media_type = PICTURE_TYPES[picture.format or ""]
    try:
        kept, upright = _anew(picture, media_type)
    except (OSError, ValueError, SyntaxError, OverflowError, EOFError, IndexError) as fault:
        raise NotTaken(said("This picture is damaged: {fault}.", fault=fault)) from fault
    if len(kept) > bytes_max:
        raise NotTaken(
            said("Made anew, this picture has more than {most} bytes.", most=f"{bytes_max:,}")
        )
    width, height = upright.size
    thumbnails = _thumbnails(upright)
    sizes = tuple(len(one) for one in thumbnails)
    found = Found(media_type, width, height, sizes, is_anew=True)
    answer.write(json.dumps(asdict(found)).encode() + b"\n")
    for content in (*thumbnails, kept):
        answer.write(content)


def _anew(picture: Image.Image, media_type: str) -> tuple[bytes, Image.Image]:
    """The picture as it is kept, encoded, and its pixels."""
    picture.load()
    profile = picture.info.get("icc_profile")
    beside = {"icc_profile": profile} if profile and len(profile) <= ICC_BYTES_MAX else {}
    transparency = picture.info.get("transparency")
    is_turned = picture.getexif().get(ORIENTATION, 1) in range(2, 9)
    is_jpeg = picture.format == "JPEG" and not is_turned
    if is_turned:
        picture = ImageOps.exif_transpose(picture)
    picture.info.clear()
    if transparency is not None:
        picture.info["transparency"] = transparency
    written = io.BytesIO()
    if media_type == "image/jpeg":
        # "keep": the quantization that it had, so that next to nothing is lost.
        picture.save(written, "JPEG", quality="keep" if is_jpeg else QUALITY, **beside)
    elif media_type == "image/png":
        if picture.mode not in KEPT_MODES:
            picture = picture.convert("RGBA")
        picture.save(written, "PNG", **beside)
    else:
        picture.save(written, "WEBP", quality=QUALITY, **beside)
    return written.getvalue(), picture


def _thumbnails(picture: Image.Image) -> list[bytes]:
    """The smaller one first. The picture is used up."""
    if picture.mode.startswith("I"):  # 16 bits of grey
        picture = picture.convert("I").point(lambda value: value / 256).convert("L")
    is_clear = "transparency" in picture.info or picture.mode in ("RGBA", "LA", "PA")
    mode = "RGBA" if is_clear else "RGB"
    if picture.mode != mode:
        picture = picture.convert(mode)
    found = []
    for side in sorted(SIDES, reverse=True):
        picture.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
        picture.info.clear()
        written = io.BytesIO()
        picture.save(written, "WEBP", quality=THUMBNAIL_QUALITY)
        found.append(written.getvalue())
    return found[::-1]


if __name__ == "__main__":
    main()
