"""What a camera sees: a film of a barcode, for Chromium's fake video device."""

from __future__ import annotations

from pathlib import Path

WIDTH, HEIGHT, FRAMES = 640, 480, 2
WHITE, BLACK = 235, 16  # of the luma of video
MODULE = 4  # pixels of one bar
# How EAN-13 writes its digits (ISO/IEC 15420), in modules: the right half; the left ones follow.
RIGHT = [
    "1110010",
    "1100110",
    "1101100",
    "1000010",
    "1011100",
    "1001110",
    "1010000",
    "1000100",
    "1001000",
    "1110100",
]
# The first digit is told by which of the next six are written backwards.
FIRST = [
    "LLLLLL",
    "LLGLGG",
    "LLGGLG",
    "LLGGGL",
    "LGLLGG",
    "LGGLLG",
    "LGGGLL",
    "LGLGLG",
    "LGLGGL",
    "LGGLGL",
]


def ean13(code: str) -> str:
    """The bars, "1", and the gaps, "0", of 13 digits."""
    left = {
        "L": lambda digit: RIGHT[digit].translate(str.maketrans("01", "10")),
        "G": lambda digit: RIGHT[digit][::-1],
    }
    halves = (
        "".join(
            left[kind](int(digit))
            for kind, digit in zip(FIRST[int(code[0])], code[1:7], strict=True)
        ),
        "".join(RIGHT[int(digit)] for digit in code[7:]),
    )
    return f"101{halves[0]}01010{halves[1]}101"


def film(file: Path, code: str) -> Path:
    """A film of that code as Y4M, which Chromium shows over and over."""
    bars = ean13(code)
    line = bytearray([WHITE]) * WIDTH
    start = (WIDTH - len(bars) * MODULE) // 2
    for at, bar in enumerate(bars):
        if bar == "1":
            line[start + at * MODULE : start + (at + 1) * MODULE] = bytes([BLACK]) * MODULE
    blank = bytes([WHITE]) * WIDTH
    luma = blank * (HEIGHT // 4) + bytes(line) * (HEIGHT // 2) + blank * (HEIGHT // 4)
    grey = bytes([128]) * (WIDTH * HEIGHT // 2)
    head = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode()
    file.write_bytes(head + (b"FRAME\n" + luma + grey) * FRAMES)
    return file
