"""Labels, through the API."""

from __future__ import annotations

import base64
from typing import Any

from tests.builders import hide, make_item
from tests.labels.scanner import read, title_of
from tests.schema.api import Api

ASK = """query($input: LabelsInput!) { labels(input: $input) { pdf labels pages warnings } }"""


async def test_labels_are_asked_for_by_items(api: Api) -> None:
    first = await make_item(api.services, "HB-1", name="Bolt", barcode="4006381333931")
    second = await make_item(api.services, "HB-2", name="Nut", price=125_000)
    hidden = await make_item(api.services, "HB-3")
    await hide(api.services, hidden)
    lines: list[dict[str, Any]] = [
        {"itemId": str(first.id), "copies": 2},
        {"itemId": str(second.id)},
    ]
    told = (await api.user.query(ASK, input={"lines": lines, "showsPrice": True}))["labels"]
    assert (told["labels"], told["pages"], told["warnings"]) == (3, 1, [])
    codes = {text for page in read(base64.b64decode(told["pdf"])) for _, text in page}
    assert codes == {"4006381333931", "HB-2"}
    assert title_of(base64.b64decode(told["pdf"])) == "Labels of 2 items"
    for language, title in (
        ("DE", "Etiketten von 2 Artikeln"),
        ("JA", "2点の商品のラベル"),
        (None, "Labels of 2 items"),
    ):
        given = {"lines": lines, "language": language}
        told = (await api.user.query(ASK, input=given))["labels"]
        assert title_of(base64.b64decode(told["pdf"])) == title

    refused: tuple[tuple[dict[str, Any], str], ...] = (
        ({"lines": []}, "lines must be 1 to"),
        ({"lines": lines * 126}, "lines must be 1 to"),
        ({"lines": [{"itemId": "no"}]}, "lines.0.itemId"),
        ({"lines": [lines[0], {"itemId": str(hidden.id)}]}, "lines.1.itemId"),
        ({"lines": [{"itemId": str(first.id), "copies": 0}]}, "lines.0.copies"),
        ({"lines": [{"itemId": str(first.id), "copies": 501}]}, "lines.0.copies"),
        ({"lines": [{**lines[0], "copies": 300}] * 2}, "600 labels"),
        ({"lines": [{"itemId": str(first.id), "barcode": "123"}]}, "lines.0.barcode"),
        ({"lines": lines, "skip": 21}, "skip must be from 0 to 20"),
        ({"lines": lines, "skip": -1}, "skip must be from 0 to 20"),
    )
    for given, words in refused:
        answer = await api.user.post(ASK, {"input": given})
        assert answer.codes == ["INVALID_INPUT"], given
        assert words in answer.errors[0]["message"]
    told = await api.admin.query(ASK, input={"lines": [{"itemId": str(hidden.id)}]})
    assert told["labels"]["labels"] == 1
