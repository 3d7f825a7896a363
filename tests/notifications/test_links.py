"""Which paths of a notification may be opened: none that leads to another site."""

from __future__ import annotations

import pytest

from graphql_api.notifications.links import PATH_MAX, path_fault


@pytest.mark.parametrize(
    "path",
    [
        "/", "/alerts", "/items/1001", "/items?search=a%20b&x=//y", "/a#top", "/a.b/c..d/.well",
        "/items/%C3%A4", "/ü/läger", "/a?to=../b", "/a" * (PATH_MAX // 2),
    ],
)  # fmt: skip
def test_a_place_of_this_site_may_be_opened(path: str) -> None:
    assert path_fault({"path": path}) is None


@pytest.mark.parametrize(
    "path",
    [
        "", "alerts", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
        "/\n/evil.example", "/\r/evil.example", "\t//evil.example", " //evil.example", "/a\tb",
        "/\x00/evil", "/a\\b", "https://evil.example", "javascript:alert(1)", "/..//evil.example",
        "/.//evil.example", "/a/../..//evil.example", "/%2e%2e//evil", "/a//b", "/%2F/evil",
        "/%5Cevil.example", "/%09/evil.example", "/%0a/evil", "/a?x=%0d%0a", "/a/..", "/.",
        "/%2E", "/a b", "/a\u2028b", "/\ud800", "/\x85/evil", "/" + "a" * PATH_MAX,
    ],
)  # fmt: skip
def test_what_leads_away_or_is_read_in_two_ways_is_refused(path: str) -> None:
    assert path_fault({"path": path})


@pytest.mark.parametrize("data", [None, 1, "//x", [], {}, {"path": 1}, {"path": None}, {"x": "//"}])
def test_other_data_is_for_programs_and_not_looked_at(data: object) -> None:
    assert path_fault(data) is None
