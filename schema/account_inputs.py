"""What mutations of accounts are given."""

from __future__ import annotations

import strawberry

from graphql_api.accounts.roles import Role
from graphql_api.texts.languages import Language
from schema.faces import enum_of

enum_of(
    Role,
    "Role",
    "VIEWER reads; USER also moves stock and handles alerts; ADMIN does everything.",
    {
        "ADMIN": "Does everything: accounts, hidden items, costs, notifications.",
        "USER": "Reads, keeps items, moves stock and handles alerts.",
        "VIEWER": "Reads.",
    },
)
enum_of(
    Language,
    "Language",
    "What people can be told in. Refusals come in English, with template and values.",
    {"EN": "English.", "DE": "German.", "FR": "French.", "ES": "Spanish.", "JA": "Japanese."},
)


@strawberry.input(description="What a user signs in with.")
class LoginInput:
    email: str = strawberry.field(description="Compared without case.")
    password: str = strawberry.field(description="As it was set.")


@strawberry.input(description="A new account.")
class CreateUserInput:
    email: str = strawberry.field(description="At most 254 characters; unique without case.")
    name: str = strawberry.field(description="At most 200 characters.")
    password: str = strawberry.field(description="12 to 256 characters, and not easily guessed.")
    role: Role = strawberry.field(description="What the user may do.")
    language: Language | None = strawberry.field(
        description="Of the console and of pushes; null: as each browser wishes.", default=None
    )


@strawberry.input(description="Changes of an account; what is absent or null stays.")
class UpdateUserInput:
    id: strawberry.ID = strawberry.field(description="The account.")
    name: str | None = strawberry.field(description="At most 200 characters.", default=None)
    role: Role | None = strawberry.field(
        description="Acts at once, on open sockets too.", default=None
    )
    active: bool | None = strawberry.field(
        description="false ends all sessions of the user at once.", default=None
    )
    password: str | None = strawberry.field(
        description="12 to 256 characters, and not easily guessed; ends all sessions of the user.",
        default=None,
    )
    language: Language | None = strawberry.field(
        description="Of the console and of pushes.", default=None
    )


@strawberry.input(description="A new password for whoever asks.")
class ChangePasswordInput:
    current_password: str = strawberry.field(description="As it is now.")
    new_password: str = strawberry.field(
        description="12 to 256 characters, and not easily guessed."
    )
