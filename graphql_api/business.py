"""What a business says of itself: its currency and its time zone. For settings and figures."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

TIME_ZONE_MAX = 64  # characters; the longest name has 32

# Source: ISO 4217, table A.1: the codes of money that is in use.
_CODES = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP
BYN BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB
EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD
JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP
MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR
RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND
TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF
YER ZAR ZMW ZWG
"""
CURRENCIES = frozenset(_CODES.split())

_ZONE = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}", re.ASCII)
# Files beside the zones that some systems have, and that mean the machine they lie on.
_NO_ZONES = ("localtime", "posixrules", "Factory", "posix/", "right/")


def zone_of(name: str) -> ZoneInfo:
    """The time zone with an IANA name, such as Europe/Berlin. Raises ValueError with words.

    Names are compared as they are written: some disks know no case, and others do.
    """
    if len(name) <= TIME_ZONE_MAX and _ZONE.fullmatch(name) and not name.startswith(_NO_ZONES):
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder, such as Europe
            pass
    shown = name if len(name) <= TIME_ZONE_MAX else name[:TIME_ZONE_MAX] + "…"
    raise ValueError(
        f"{shown!r} is no time zone: give a name of the IANA database, such as Europe/Berlin, "
        "America/Los_Angeles or UTC."
    )


def checked_currency(code: str) -> str:
    """`code`, if it is one of ISO 4217. Raises ValueError with words."""
    if code not in CURRENCIES:
        raise ValueError(
            f"{code[:8]!r} is no currency: give the three capitals of ISO 4217, such as EUR or USD."
        )
    return code
