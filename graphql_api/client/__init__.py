"""A client for Python programs: see client.py. It needs nothing else of this package."""

from graphql_api.client.account import Failed
from graphql_api.client.client import CursorRefused, InventoryClient
from graphql_api.client.feed import Change, State

__all__ = ["Change", "CursorRefused", "Failed", "InventoryClient", "State"]
