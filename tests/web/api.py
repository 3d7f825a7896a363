"""The API beside the browser: what others do while somebody looks at a page."""

from __future__ import annotations

import time
from itertools import count
from typing import Any

import httpx

from tests.patience import PATIENCE_S
from tests.servers import EMAIL, PASSWORD

PEOPLE = {
    "ADMIN": (EMAIL, EMAIL),
    "USER": ("user@example.com", "Uli User"),
    "VIEWER": ("viewer@example.com", "Vera Viewer"),
}

LOGIN = """mutation($input: LoginInput!) {
  login(input: $input) { accessToken userErrors { code } }
}"""
CREATE_USER = """mutation($input: CreateUserInput!) {
  createUser(input: $input) { user { id } userErrors { code message } }
}"""
CREATE_ITEM = """mutation($input: CreateItemInput!) {
  createItem(input: $input) { item { id sku name stock } userErrors { code message } }
}"""
ADJUST = """mutation($input: AdjustStockInput!) {
  adjustStock(input: $input) { item { id stock version } userErrors { code message } }
}"""
CREATE_LOCATION = """mutation($input: CreateLocationInput!) {
  createLocation(input: $input) { location { id } userErrors { code message } }
}"""
PLACE_HOLD = """mutation($input: PlaceHoldInput!) {
  placeHold(input: $input) { hold { id } userErrors { code message } }
}"""
SET_MINIMUM = """mutation($input: SetLocationMinimumInput!) {
  setLocationMinimum(input: $input) { item { id } userErrors { code message } }
}"""
ARCHIVE_ITEM = """mutation($input: ArchiveItemInput!) {
  archiveItem(input: $input) { item { id } userErrors { code message } }
}"""
UPDATE_ITEM = """mutation($input: UpdateItemInput!) {
  updateItem(input: $input) { item { id version } userErrors { code message } }
}"""
UPDATE_USER = """mutation($input: UpdateUserInput!) {
  updateUser(input: $input) { user { id role } userErrors { code message } }
}"""
NOTIFY = """mutation($input: SendNotificationInput!) {
  sendNotification(input: $input) { notification { id } userErrors { code message } }
}"""
ITEM = """query($id: ID!) {
  item(ref: { id: $id }) {
    id sku name stock price category leadTimeDays version alerts { nodes { id type status } }
    levels { location { id code } quantity }
  }
}"""

_numbers = count(1)


class Api:
    """Somebody who is signed in, over HTTP."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http
        self._who = EMAIL, PASSWORD

    def sign_in(self, email: str = EMAIL, password: str = PASSWORD) -> None:
        self._who = email, password
        self.http.headers["authorization"] = f"Bearer {self.new_token()}"

    def new_token(self) -> str:
        """For somebody else to use: ours may be near its end, ten minutes after the first test."""
        email, password = self._who
        token: str = self.mutate(LOGIN, email=email, password=password)["accessToken"]
        return token

    def create_people(self) -> None:
        """Whoever of PEOPLE is not there yet; all have the same password."""
        for role, (email, name) in PEOPLE.items():
            if email != EMAIL:
                self.create_user(role, email, name)

    def create_user(self, role: str, email: str = "", name: str = "") -> tuple[str, str]:
        """Somebody with the password of all; their email address and id."""
        email = email or f"somebody-{next(_numbers)}@example.com"
        given = {"email": email, "name": name or email, "password": PASSWORD, "role": role}
        return email, self.mutate(CREATE_USER, **given)["user"]["id"]

    def attach(self, item: Any, content: bytes, name: str) -> str:
        """The id of a new attachment of an item."""
        asked = {"item": item["id"], "name": name}
        answer = self.http.post("/attachments", params=asked, content=content)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["attachment"]["id"])

    def upload(self, name: str, text: str) -> str:
        """The id of a new import, which waits to be started."""
        headers = {"content-type": "text/csv"}
        asked = {"name": name}
        answer = self.http.post("/imports", params=asked, content=text.encode(), headers=headers)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["import"]["id"])

    def set_role(self, user_id: str, role: str) -> None:
        self.mutate(UPDATE_USER, id=user_id, role=role)

    def notify(self, user_id: str, title: str, message: str = "Be there.") -> None:
        """A message to one user."""
        self.mutate(NOTIFY, userId=user_id, type="INFO", title=title, message=message)

    def create_item(self, sku: str = "", **fields: Any) -> dict[str, Any]:
        """An item; each one has another SKU unless one is given."""
        sku = sku or f"ITEM-{next(_numbers)}"
        given = {"sku": sku, "name": f"Thing {sku}", "initialStock": 100} | fields
        item: dict[str, Any] = self.mutate(CREATE_ITEM, **given)["item"]
        return item

    def create_location(self, code: str = "", name: str = "", **fields: Any) -> str:
        """A place for stock; its id."""
        code = code or f"PLACE-{next(_numbers)}"
        payload = self.mutate(CREATE_LOCATION, code=code, name=name or code, **fields)
        return str(payload["location"]["id"])

    def levels(self, item_id: str) -> dict[str, int]:
        """Location id → how much of the item is there."""
        levels = self.item(item_id)["levels"]
        return {level["location"]["id"]: level["quantity"] for level in levels}

    def adjust(self, item_id: str, quantity: int, location: str = "") -> dict[str, Any]:
        """Move stock once, however often that has to be tried; the item as it is then."""
        given = {
            "idempotencyKey": f"browser {next(_numbers)}",
            "item": {"id": item_id},
            "quantity": quantity,
            "actionType": "CORRECTION",
        } | ({"location": location} if location else {})
        deadline_s = time.monotonic() + PATIENCE_S
        while True:
            try:
                item: dict[str, Any] = self.mutate(ADJUST, **given)["item"]
            except httpx.TransportError:  # the server is away
                assert time.monotonic() < deadline_s
                time.sleep(0.05)
            else:
                return item

    def hold(self, item_id: str, quantity: int, location: str, **words: str) -> None:
        """Set units aside, for longer than a test takes."""
        line = {"item": {"id": item_id}, "quantity": quantity, "location": location}
        key = f"browser {next(_numbers)}"
        self.mutate(PLACE_HOLD, idempotencyKey=key, lines=[line], expiresInSeconds=86_400, **words)

    def minimum(self, item_id: str, place: str, least: int) -> None:
        """What should be there of an item at a place."""
        self.mutate(SET_MINIMUM, item={"id": item_id}, location=place, minStock=least)

    def archive(self, item_id: str) -> None:
        """Out of the lists."""
        self.mutate(ARCHIVE_ITEM, id=item_id)

    def update(self, item_id: str, **fields: Any) -> None:
        """Change an item, whatever its version."""
        self.mutate(UPDATE_ITEM, id=item_id, **fields)

    def item(self, item_id: str) -> dict[str, Any]:
        """The item as it is now, with its alerts."""
        item: dict[str, Any] = self.query(ITEM, id=item_id)["item"]
        return item

    def query(self, query: str, **variables: Any) -> dict[str, Any]:
        response = self.http.post("/graphql", json={"query": query, "variables": variables})
        answer = response.json()
        if "token has expired" in str(answer.get("errors")):  # a session's tests take long
            self.sign_in(*self._who)
            return self.query(query, **variables)
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data

    def mutate(self, mutation: str, **given: Any) -> dict[str, Any]:
        """A mutation with one `input`; its payload."""
        (payload,) = self.query(mutation, input=given).values()
        assert isinstance(payload, dict)
        assert payload["userErrors"] == [], payload
        return payload
