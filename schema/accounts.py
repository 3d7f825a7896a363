"""Users and sessions: the face of graphql_api/accounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import strawberry
from strawberry import Parent

from graphql_api.accounts.noun import NOUN
from graphql_api.accounts.roles import Role
from graphql_api.accounts.session_rows import Session as SignIn
from graphql_api.accounts.sessions import Sessions, SignedIn
from graphql_api.accounts.users import LanguageChoice, NewUser, UserChange, Users
from graphql_api.accounts.users import User as Account
from graphql_api.errors import AccessDenied
from graphql_api.texts.languages import Language
from schema.account_inputs import ChangePasswordInput, CreateUserInput, LoginInput, UpdateUserInput
from schema.context import Context, Info
from schema.errors import UserError
from schema.faces import Face, computed, face_of
from schema.node import Node, findable, id_of, required_id
from schema.pagination import (
    PAGE_DEFAULT,
    After,
    Before,
    Connection,
    First,
    Last,
    asked,
    connection,
)
from schema.permissions import Rule, mutation, plain_mutation, query
from schema.scalars import DateTime


@face_of(Account, "An account. Deactivated, never deleted: its name stays on its work.")
class User(Node):
    @computed(
        "What the user signs in with. For ADMIN and the user alone; empty for everybody else.",
        personal=True,
    )
    @staticmethod
    def email(user: Parent[Account], info: Info) -> str:
        return user.email if _may_know(info, user.id) else ""

    name: str = strawberry.field(description="For people.")

    @computed(
        "What the user may do. For ADMIN and the user alone; VIEWER, the least, for everybody "
        "else.",
        personal=True,
    )
    @staticmethod
    def role(user: Parent[Account], info: Info) -> Role:
        return user.role if _may_know(info, user.id) else Role.VIEWER

    active: bool = strawberry.field(description="Whether the user may sign in.")

    @computed(
        "What the user chose to be told in, on all devices; null: as each browser wishes. For "
        "ADMIN and the user alone; null for everybody else.",
        personal=True,
    )
    @staticmethod
    def language(user: Parent[Account], info: Info) -> Language | None:
        return user.language if _may_know(info, user.id) else None


def _may_know(info: Info, user_id: int) -> bool:
    """Whether the viewer may read a user's email and role: ADMIN, the user, and whoever has
    signed in as the user by this operation.

    For everybody else they say nothing, since the contract makes them non-null and who reads an
    alert is to see the name of who takes care of it: a null user, or an error, would take that
    away from clients which ask for the email beside it.
    """
    context = info.context
    viewer = context.viewer
    if viewer is not None and viewer.role is Role.ADMIN:
        return True
    return user_id in (context.proved, None if viewer is None else viewer.user_id)


@face_of(SignIn, "A sign-in that has not ended, on one device.")
class Session(Node):
    @computed("Whose it is.")
    @staticmethod
    async def user(session: Parent[SignIn], info: Info) -> Account:
        user = await info.context.loaders.user.load(session.user_id)
        assert user is not None
        return user

    @computed("When the user signed in.")
    @staticmethod
    def created_at(session: Parent[SignIn]) -> DateTime:
        return DateTime(session.created_at_us)

    @computed("When it was last given tokens: it may have been used for minutes after that.")
    @staticmethod
    def last_used_at(session: Parent[SignIn]) -> DateTime | None:
        used_us = session.last_used_at_us
        return None if used_us is None else DateTime(used_us)

    @computed("When it ends unless it is refreshed before.")
    @staticmethod
    def expires_at(session: Parent[SignIn]) -> DateTime:
        return DateTime(session.expires_at_us)

    address: str | None = strawberry.field(
        description="Where it was opened: the network address, of IPv6 the network; null: unknown."
    )
    device: str | None = strawberry.field(
        description="What it was opened with, as that says itself (User-Agent); null: unknown."
    )

    @computed("Whether it is the session of this very request.", personal=True)
    @staticmethod
    def is_current(session: Parent[SignIn], info: Info) -> bool:
        return session.id == info.context.signed_in.session_id


@strawberry.type(description="New tokens, or why there are none.")
class AuthPayload:
    access_token: str | None = strawberry.field(
        description="For the header `Authorization: Bearer …`; minutes.", default=None
    )
    refresh_token: str | None = strawberry.field(
        description="For refreshSession, once; days.", default=None
    )
    expires_at: DateTime | None = strawberry.field(
        description="When the access token expires.", default=None
    )
    user: Account | None = strawberry.field(description="Who is signed in.", default=None)
    user_errors: list[UserError] = strawberry.field(
        description="Why not; empty when it was done.", default_factory=list
    )


@strawberry.type(description="The account after the change, or why it was not changed.")
class UserPayload:
    user: Account | None = strawberry.field(description="As it is now.", default=None)
    user_errors: list[UserError] = strawberry.field(
        description="Why not; empty when it was done.", default_factory=list
    )


@strawberry.type(description="The session that was ended, or why none was.")
class SessionPayload:
    session: SignIn | None = strawberry.field(description="As it was.", default=None)
    user_errors: list[UserError] = strawberry.field(
        description="Why not; empty when it was done.", default_factory=list
    )


@strawberry.type
class AccountQueries:
    @query(Rule.VIEWER, "Who is asking.")
    async def viewer(self, info: Info) -> Account:
        user = await info.context.loaders.user.load(info.context.signed_in.user_id)
        assert user is not None
        return user

    @query(Rule.VIEWER, "Who is asking: the same as `viewer`.")
    async def me(self, info: Info) -> Account:
        user = await info.context.loaders.user.load(info.context.signed_in.user_id)
        assert user is not None
        return user

    @query(Rule.ADMIN, "All accounts, in the order they were created. ADMIN.")
    async def users(
        self,
        info: Info,
        first: First = PAGE_DEFAULT,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Account]:
        accounts = info.context.services.of(Users)
        page = asked("user", (int,), first, after, last, before)
        beyond, until = page.ids
        rows = await accounts.page(page.limit, beyond, until=until, backwards=page.backwards)
        return connection(
            rows, lambda user: [user.id], "user", first, after, accounts.count, last, before
        )

    @query(
        Rule.VIEWER,
        "Sessions that have not ended, newest first: everybody's if an ADMIN asks, else one's own.",
    )
    async def sessions(
        self,
        info: Info,
        user_id: Annotated[
            strawberry.ID | None,
            strawberry.argument("Of this user alone. Another one than oneself: ADMIN."),
        ] = None,
        first: First = PAGE_DEFAULT,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[SignIn]:
        viewer, use_cases = info.context.signed_in, info.context.services.of(Sessions)
        wanted = id_of(user_id)
        if viewer.role is not Role.ADMIN:
            if wanted not in (None, viewer.user_id):
                raise AccessDenied("Your role does not allow this: it needs ADMIN.")
            wanted = viewer.user_id
        page = asked("session", (int,), first, after, last, before)
        beyond, until = page.ids
        rows = await use_cases.page(
            wanted, page.limit, beyond, until=until, backwards=page.backwards
        )
        return connection(
            rows,
            lambda session: [session.id],
            "session",
            first,
            after,
            lambda: use_cases.count(wanted),
            last,
            before,
        )


@strawberry.type
class AccountMutations:
    @mutation(
        Rule.ANYONE,
        AuthPayload,
        "Sign in. Wrong tries make an account wait, ever longer, for who tries from the same "
        "address. Once in a document; RATE_LIMITED when too many sign in at the moment.",
    )
    async def login(
        self,
        info: Info,
        input: Annotated[LoginInput, strawberry.argument("Who, and the password.")],
    ) -> AuthPayload:
        context = info.context
        context.hash_once()
        signed_in = await context.services.of(Sessions).log_in(
            findable(input.email), input.password, context.caller
        )
        return _auth_payload(context, signed_in)

    @mutation(
        Rule.ANYONE,
        AuthPayload,
        "Trade a refresh token for new tokens; each works once, and using one twice ends its "
        "session. For 30 s the one before the newest is taken again, for a further successor: two "
        "tabs, or an answer that was lost. Over a socket it also renews that socket's session.",
    )
    async def refresh_session(
        self,
        info: Info,
        refresh_token: Annotated[
            str, strawberry.argument("The newest one that login or refreshSession gave.")
        ],
    ) -> AuthPayload:
        context = info.context
        signed_in = await context.services.of(Sessions).refresh(refresh_token, context.client)
        await context.renewed(signed_in)
        return _auth_payload(context, signed_in)

    @mutation(
        Rule.VIEWER,
        AuthPayload,
        "Change your password. All your other sessions end; this one gets new tokens, and its old "
        "refresh tokens are worthless. Wrong tries wait as for login.",
    )
    async def change_password(
        self,
        info: Info,
        input: Annotated[ChangePasswordInput, strawberry.argument("The old and the new one.")],
    ) -> AuthPayload:
        context = info.context
        context.hash_once()
        signed_in = await context.services.of(Sessions).change_password(
            context.signed_in, input.current_password, input.new_password, context.client
        )
        await context.renewed(signed_in)
        return _auth_payload(context, signed_in)

    @mutation(
        Rule.VIEWER,
        UserPayload,
        "Choose what you are told in: by pushes, and by a console that you sign in to.",
    )
    async def set_language(
        self,
        info: Info,
        language: Annotated[
            Language | None, strawberry.argument("As each browser wishes if null.")
        ] = None,
    ) -> UserPayload:
        command = LanguageChoice(info.context.signed_in.user_id, language)
        return UserPayload(user=await info.context.services.of(Users).choose_language(command))

    @plain_mutation(Rule.VIEWER, "End this session; its sockets are closed.")
    async def logout(self, info: Info) -> bool:
        await info.context.services.of(Sessions).log_out(info.context.signed_in.session_id)
        return True

    @mutation(
        Rule.VIEWER,
        SessionPayload,
        "End a session: one's own, or anybody's if an ADMIN asks. Its sockets are closed.",
    )
    async def end_session(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument("Which session.")]
    ) -> SessionPayload:
        viewer = info.context.signed_in
        owner = None if viewer.role is Role.ADMIN else viewer.user_id
        session = await info.context.services.of(Sessions).end(required_id(id), owner)
        return SessionPayload(session=session)

    @mutation(Rule.ADMIN, UserPayload, "Create an account. ADMIN.")
    async def create_user(
        self, info: Info, input: Annotated[CreateUserInput, strawberry.argument("The account.")]
    ) -> UserPayload:
        info.context.hash_once()
        command = NewUser(input.email, input.name, input.password, input.role, input.language)
        return UserPayload(user=await info.context.services.of(Users).create(command))

    @mutation(
        Rule.ADMIN,
        UserPayload,
        "Change an account. ADMIN. A changed role or a deactivation reaches open sockets at once.",
    )
    async def update_user(
        self,
        info: Info,
        input: Annotated[UpdateUserInput, strawberry.argument("Which account, and its changes.")],
    ) -> UserPayload:
        if input.password is not None:
            info.context.hash_once()
        command = UserChange(
            required_id(input.id), input.name, input.role, input.active, input.password,
            input.language,
        )  # fmt: skip
        return UserPayload(user=await info.context.services.of(Users).change(command))


def _auth_payload(context: Context, signed_in: SignedIn) -> AuthPayload:
    context.proved = signed_in.user.id
    return AuthPayload(
        access_token=signed_in.access_token,
        refresh_token=signed_in.refresh_token,
        expires_at=DateTime(signed_in.expires_at_us),
        user=signed_in.user,  # served by its attributes
    )


async def _nodes(context: Context, ids: list[int]) -> Mapping[int, Any]:
    """Users: oneself, or anybody for ADMIN; sessions likewise, while they live."""
    services, viewer = context.services, context.signed_in
    owner = None if viewer.role is Role.ADMIN else viewer.user_id
    mine = [user_id for user_id in ids if owner in (None, user_id)]
    found: dict[int, Any] = dict(await services.of(Users).by_ids(mine)) if mine else {}
    missing = [node_id for node_id in ids if node_id not in found]
    if missing:
        found |= await services.of(Sessions).by_ids(missing, owner)
    return found


FACE = Face(noun=NOUN, nodes=_nodes, queries=AccountQueries, mutations=AccountMutations)
