"""What a GTIN is: 8, 12, 13 or 14 digits, the last of which checks the others. Pure; for barcodes,
and for the files that hold them.

Source: GS1 General Specifications, 3.3.2 and 7.9.
"""

from __future__ import annotations

import re

from biip.checksums import gs1_standard_check_digit

GTIN_DIGITS = 14  # as which they compare, with zeros in front
_GTIN = re.compile(r"[0-9]{8}|[0-9]{12,14}")


def is_gtin(text: str) -> bool:
    """Whether it has the form of a GTIN; its check digit is another question."""
    return _GTIN.fullmatch(text) is not None


def is_right(gtin: str) -> bool:
    """Whether a GTIN's last digit is its check digit."""
    return int(gtin[-1]) == gs1_standard_check_digit(gtin[:-1])


def is_right_gtin(text: str) -> bool:
    """Whether it is a GTIN with the right check digit."""
    return is_gtin(text) and is_right(text)
