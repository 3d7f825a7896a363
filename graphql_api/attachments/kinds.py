"""What a file is, by its bytes: the kinds that are taken, and how each is known. Pure.

Called by the program that examines files (examining.py). A name or a type that somebody told is
not looked at. Pictures are Pillow's to know; here are the others.
"""

from __future__ import annotations

import codecs
import re
import zipfile
from collections.abc import Mapping
from typing import BinaryIO

HEAD_BYTES = 4_096
BLOCK_BYTES = 65_536
PICTURE_TYPES: Mapping[str, str] = {  # Pillow's name → media type; GIF is kept as PNG
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",  # of telephones: several JPEGs, the first of which is the picture
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/png",
}
OOXML = "application/vnd.openxmlformats-officedocument."
ODF = "application/vnd.oasis.opendocument."
EXTENSIONS: Mapping[str, tuple[str, ...]] = {  # media type → what a name may end with
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "image/webp": (".webp",),
    "application/pdf": (".pdf",),
    "text/plain": (".txt", ".csv", ".tsv", ".md", ".log"),
    OOXML + "wordprocessingml.document": (".docx",),
    OOXML + "spreadsheetml.sheet": (".xlsx",),
    OOXML + "presentationml.presentation": (".pptx",),
    ODF + "text": (".odt",),
    ODF + "spreadsheet": (".ods",),
    ODF + "presentation": (".odp",),
}
TAKEN = "JPEG, PNG, WebP and GIF pictures; PDF, text and CSV, .docx, .xlsx, .pptx, .odt, .ods, .odp"
OOXML_PARTS = {
    "word/": "wordprocessingml.document",
    "xl/": "spreadsheetml.sheet",
    "ppt/": "presentationml.presentation",
}
BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# What a browser would take for a page or a drawing, wherever it begins.
_MARKUP = re.compile(
    rb"<\s*(!doctype|html|head|body|script|svg|iframe|object|embed|link|meta|style|\?xml|\?php)",
    re.IGNORECASE,
)
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_HEIC = re.compile(rb"....ftyp(heic|heix|hevc|heim|heis|mif1|msf1)", re.DOTALL)


class NotTaken(Exception):
    """A file of no kind that is taken; `words` say why."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words  # with its values, where it is `said`


def kind_of(file: BinaryIO) -> str:
    """The media type of a file that is no picture. Raises NotTaken."""
    file.seek(0)
    head = file.read(HEAD_BYTES)
    if not head:
        raise NotTaken("The file is empty.")
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    if head.startswith(b"PK\x03\x04"):
        return _archived(file)
    if head.startswith(_OLE):
        raise NotTaken("Office files of before 2007 are not taken: save it as .docx or .xlsx.")
    if _HEIC.match(head):
        raise NotTaken("HEIC is not taken: let the telephone save or send it as JPEG.")
    if _is_text(file, head):
        return "text/plain"
    raise NotTaken("This is of no kind that is taken. Taken are " + TAKEN + ".")


def _archived(file: BinaryIO) -> str:
    """What lies in a ZIP file: its list of names is read, nothing of it unpacked."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
            if "mimetype" in names and archive.getinfo("mimetype").file_size < BLOCK_BYTES:
                told = archive.read("mimetype").decode("ascii", "replace").strip()
            else:
                told = ""
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, RuntimeError) as error:
        raise NotTaken("This file is damaged: it begins as a ZIP file and is none.") from error
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise NotTaken("Office files with macros are not taken: save it without them.")
    if told in EXTENSIONS:
        return told
    if "[Content_Types].xml" in names:
        for part, kind in OOXML_PARTS.items():
            if any(name.startswith(part) for name in names):
                return OOXML + kind
    raise NotTaken("Archives are not taken. Taken are " + TAKEN + ".")


def _is_text(file: BinaryIO, head: bytes) -> bool:
    """Whether it can be read as text, all of it. Raises NotTaken for pages and drawings."""
    encoding = next((name for bom, name in BOMS.items() if head.startswith(bom)), None)
    decoder = codecs.getincrementaldecoder(encoding or "utf-8")()
    is_utf8 = True
    file.seek(0)
    end = b""
    while block := file.read(BLOCK_BYTES):
        if encoding != "utf-16":
            if _CONTROLS.search(block):
                return False
            plain = end + block
        else:
            plain = end + block.replace(b"\x00", b"")
        if _MARKUP.search(plain):
            raise NotTaken("HTML, SVG and other markup is not taken: it can hold scripts.")
        end = plain[-64:]
        if is_utf8:
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                is_utf8 = False  # an older encoding: any bytes are text in those
                if encoding is not None:
                    return False
    return True
