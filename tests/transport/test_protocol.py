"""The conversation of one socket: each line of graphql-transport-ws, without a loop."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from graphql_api.transport import protocol as wire
from graphql_api.transport.protocol import (
    ID_CHARACTERS_MAX,
    REASON_BYTES_MAX,
    Close,
    CloseCode,
    Init,
    Protocol,
    Reply,
    Start,
    State,
    Stop,
    bounded_reason,
)
from tests.campaigns import examples

DOCUMENT = "{ __typename }"

Made = Callable[[], Protocol]


def opened() -> Protocol:
    """A conversation in which nothing was said."""
    return Protocol()


def checking() -> Protocol:
    """A conversation whose init is being checked."""
    protocol = opened()
    assert protocol.receive('{"type":"connection_init"}') == Init({})
    return protocol


def ready() -> Protocol:
    """A conversation that was acknowledged."""
    protocol = checking()
    protocol.ready()
    return protocol


def subscribe(operation_id: str = "1", **payload: Any) -> str:
    """The text that starts an operation."""
    return json.dumps(
        {"id": operation_id, "type": "subscribe", "payload": {"query": DOCUMENT, **payload}}
    )


def running_one() -> Protocol:
    """A conversation in which an operation runs."""
    return running("1")


def running(*ids: str) -> Protocol:
    """A conversation in which these operations run."""
    protocol = ready()
    for operation_id in ids:
        assert protocol.receive(subscribe(operation_id)) == Start(
            operation_id, DOCUMENT, None, None
        )
    return protocol


def complete(operation_id: str) -> str:
    return json.dumps({"id": operation_id, "type": "complete"})


def assert_closed(protocol: Protocol, action: object, code: CloseCode) -> None:
    """The conversation was closed with `code`, for a reason that fits, and is over."""
    assert isinstance(action, Close) and action.code is code
    assert 0 < len(action.reason.encode()) <= REASON_BYTES_MAX
    assert protocol.state is State.CLOSED
    assert protocol.active == set()


# Opening


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        ("", {}),
        (',"payload":null', {}),
        (',"payload":{}', {}),
        (',"payload":{"authorization":"Bearer x"}', {"authorization": "Bearer x"}),
    ],
)
def test_an_init_is_handed_over_to_be_checked(payload: str, told: dict[str, Any]) -> None:
    protocol = opened()
    assert protocol.receive(f'{{"type":"connection_init"{payload}}}') == Init(told)
    assert protocol.state is State.CHECKING
    protocol.ready()
    assert protocol.receive(subscribe()) == Start("1", DOCUMENT, None, None)


@pytest.mark.parametrize("made", [checking, ready, running_one])
def test_a_second_init_closes_with_4429_also_during_the_check_of_the_first(made: Made) -> None:
    protocol = made()
    action = protocol.receive('{"type":"connection_init"}')
    assert_closed(protocol, action, CloseCode.TOO_MANY_INITS)


@pytest.mark.parametrize("made", [opened, checking])
def test_an_operation_before_the_ack_closes_with_4401(made: Made) -> None:
    protocol = made()
    assert_closed(protocol, protocol.receive(subscribe()), CloseCode.UNAUTHORIZED)


def test_without_an_init_the_time_for_it_ends_with_4408() -> None:
    protocol = opened()
    assert_closed(protocol, protocol.init_timed_out(), CloseCode.INIT_TIMEOUT)


@pytest.mark.parametrize("made", [checking, ready, running_one])
def test_the_time_for_an_init_is_not_over_while_it_is_checked_or_after(made: Made) -> None:
    protocol = made()
    state = protocol.state
    assert protocol.init_timed_out() is None
    assert protocol.state is state


def test_ready_without_an_init_that_is_being_checked_is_a_fault_of_ours() -> None:
    for protocol in (opened(), ready()):
        with pytest.raises(AssertionError, match="ready in state"):
            protocol.ready()


# Pings


@pytest.mark.parametrize("made", [opened, checking, ready, running_one])
def test_a_ping_is_answered_at_any_time_with_its_own_payload(made: Made) -> None:
    protocol = made()
    assert protocol.receive('{"type":"ping"}') == Reply('{"type":"pong"}')
    assert protocol.receive('{"type":"ping","payload":null}') == Reply('{"type":"pong"}')
    payload = {"a": [1, 2.5, None, {"b": "ü\u2028\u0000"}], "type": "ping"}
    action = protocol.receive(json.dumps({"type": "ping", "payload": payload}))
    assert isinstance(action, Reply)
    assert json.loads(action.text) == {"type": "pong", "payload": payload}


@pytest.mark.parametrize("made", [opened, checking, ready])
def test_a_pong_needs_no_answer(made: Made) -> None:
    protocol = made()
    state = protocol.state
    for text in (
        '{"type":"pong"}',
        '{"type":"pong","payload":null}',
        '{"type":"pong","payload":{}}',
    ):
        assert protocol.receive(text) is None
    assert protocol.state is state


@pytest.mark.parametrize("depth", [200, 255, 900, 1_100, 10_000])
def test_a_ping_whose_payload_is_too_deep_to_be_echoed_is_a_bad_message(depth: int) -> None:
    # The JSON reader takes deeper nesting than the writer: the echo raised.
    protocol = ready()
    nested = '{"a":' * depth + "1" + "}" * depth
    action = protocol.receive(f'{{"type":"ping","payload":{nested}}}')
    if depth == 200:
        assert isinstance(action, Reply) and nested in action.text
    else:
        assert_closed(protocol, action, CloseCode.BAD_REQUEST)


# Operations


def test_an_operation_is_started_with_all_that_it_was_given() -> None:
    protocol = ready()
    given = {"operationName": "A", "variables": {"a": 1}, "extensions": {"b": 2}}
    started = Start("x", DOCUMENT, "A", {"a": 1}, {"b": 2})
    assert protocol.receive(subscribe("x", **given)) == started
    assert protocol.active == {"x"}


def test_null_for_what_may_be_left_out_of_an_operation_is_the_same_as_leaving_it_out() -> None:
    action = ready().receive(subscribe(operationName=None, variables=None, extensions=None))
    assert action == Start("1", DOCUMENT, None, None)


def test_an_empty_document_and_unknown_keys_are_not_the_protocols_business() -> None:
    protocol = ready()
    assert protocol.receive(subscribe("1", query="")) == Start("1", "", None, None)
    assert protocol.receive(
        '{"id":"2","type":"subscribe","more":1,"payload":{"query":"{a}","more":2}}'
    ) == Start("2", "{a}", None, None)


def test_the_last_of_doubled_keys_counts() -> None:
    text = '{"type":"ping","id":"1","id":"2","type":"subscribe","payload":{"query":"{a}"}}'
    assert ready().receive(text) == Start("2", "{a}", None, None)


def test_an_id_in_use_closes_with_4409_and_names_it() -> None:
    protocol = running("a", "b")
    action = protocol.receive(subscribe("a"))
    assert_closed(protocol, action, CloseCode.DUPLICATE_ID)
    assert isinstance(action, Close)
    assert action.reason == "Subscriber for a already exists"


def test_an_id_is_in_use_from_the_moment_it_was_asked_for_until_its_last_message() -> None:
    protocol = running("a")
    protocol.finished("a")
    assert protocol.receive(subscribe("a")) == Start("a", DOCUMENT, None, None)
    assert protocol.receive(complete("a")) == Stop("a")
    assert protocol.receive(subscribe("a")) == Start("a", DOCUMENT, None, None)
    assert_closed(protocol, protocol.receive(subscribe("a")), CloseCode.DUPLICATE_ID)


def test_a_complete_stops_its_operation_once_and_no_other() -> None:
    protocol = running("a", "b")
    assert protocol.receive(complete("a")) == Stop("a")
    assert protocol.receive(complete("a")) is None
    assert protocol.active == {"b"}


@pytest.mark.parametrize("made", [opened, checking, ready, running_one])
def test_a_complete_for_an_unknown_id_is_nothing_because_ours_may_be_on_its_way(made: Made) -> None:
    protocol = made()
    state = protocol.state
    assert protocol.receive(complete("gone")) is None
    assert protocol.state is state


def test_finishing_twice_or_what_never_ran_is_nothing() -> None:
    protocol = running("a")
    protocol.finished("a")
    protocol.finished("a")
    protocol.finished("never")
    assert protocol.active == set()


def test_an_id_may_be_as_long_as_its_bound_and_hold_any_character() -> None:
    for operation_id in ("x" * ID_CHARACTERS_MAX, "😀" * ID_CHARACTERS_MAX, '"\\\n\u2028\u0000'):
        protocol = running(operation_id)
        assert protocol.receive(complete(operation_id)) == Stop(operation_id)


# Malformed frames

NOT_JSON = ["", " ", "{", "nonsense", "{'type':'ping'}", "NaN", '{"type":"ping"', '"\\ud800"']
NOT_MESSAGES = [
    "[]", "1", "null", "true", '"ping"', '[{"type":"ping"}]', "1.5", "{}", '{"type":null}',
    '{"type":1}', '{"type":["ping"]}', '{"type":{}}', '{"id":"1"}', '{"type":""}',
    '{"type":"PING"}', '{"type":"start"}', '{"type":"connection_terminate"}',
]  # fmt: skip
FOR_CLIENTS_ONLY = [
    '{"type":"connection_ack"}',
    '{"id":"1","type":"next","payload":{}}',
    '{"id":"1","type":"error","payload":[]}',
]
BAD_PAYLOADS = [
    f'{{"type":"{kind}","payload":{payload}}}'
    for kind in ("connection_init", "ping", "pong")
    for payload in ("1", "true", "false", '""', '"x"', "[]", "[{}]")
]
BAD_IDS = [
    f'{{"id":{operation_id},"type":"{kind}","payload":{{"query":"{{a}}"}}}}'
    for kind in ("subscribe", "complete")
    for operation_id in ("1", "null", "{}", "[]", "true", '""', f'"{"x" * 257}"')
] + ['{"type":"subscribe","payload":{"query":"{a}"}}', '{"type":"complete"}']
BAD_OPERATIONS = [
    f'{{"id":"1","type":"subscribe"{rest}}}'
    for rest in (
        "",
        ',"payload":null',
        ',"payload":[]',
        ',"payload":"{a}"',
        ',"payload":{}',
        ',"payload":{"query":null}',
        ',"payload":{"query":1}',
        ',"payload":{"query":["{a}"]}',
        ',"payload":{"query":"{a}","operationName":1}',
        ',"payload":{"query":"{a}","operationName":{}}',
        ',"payload":{"query":"{a}","variables":[]}',
        ',"payload":{"query":"{a}","variables":"{}"}',
        ',"payload":{"query":"{a}","variables":0}',
        ',"payload":{"query":"{a}","variables":false}',
        ',"payload":{"query":"{a}","extensions":[]}',
        ',"payload":{"query":"{a}","extensions":1}',
    )
]


@pytest.mark.parametrize("text", [*NOT_JSON, *NOT_MESSAGES, *FOR_CLIENTS_ONLY, *BAD_PAYLOADS])
@pytest.mark.parametrize("state", list(State)[:3])
def test_a_malformed_message_closes_with_4400_in_any_state(text: str, state: State) -> None:
    protocol = {State.OPENED: opened, State.CHECKING: checking, State.READY: ready}[state]()
    if "connection_init" in text and state is not State.OPENED:
        assert_closed(protocol, protocol.receive(text), CloseCode.TOO_MANY_INITS)
    else:
        assert_closed(protocol, protocol.receive(text), CloseCode.BAD_REQUEST)


@pytest.mark.parametrize("text", [*BAD_IDS, *BAD_OPERATIONS])
def test_a_malformed_operation_closes_with_4400(text: str) -> None:
    protocol = ready()
    assert_closed(protocol, protocol.receive(text), CloseCode.BAD_REQUEST)


@pytest.mark.parametrize("made", [opened, checking, ready, running_one])
def test_a_binary_frame_closes_with_4400(made: Made) -> None:
    protocol = made()
    assert_closed(protocol, protocol.receive_binary(), CloseCode.BAD_REQUEST)


def test_a_json_text_nested_without_end_closes_with_4400() -> None:
    protocol = ready()
    assert_closed(protocol, protocol.receive("[" * 60_000), CloseCode.BAD_REQUEST)


@pytest.mark.parametrize("filler", ["x", "ü", "😀"])
def test_a_message_over_the_bound_in_bytes_closes_with_1009(filler: str) -> None:
    text = '{"type":"ping","payload":{"x":"' + filler * 20 + '"}}'
    size = len(text.encode())
    fits, too_long = Protocol(size), Protocol(size - 1)
    assert isinstance(fits.receive(text), Reply)
    assert_closed(too_long, too_long.receive(text), CloseCode.TOO_BIG)


# Closing


def test_the_first_close_counts_and_nothing_is_heard_after_it() -> None:
    protocol = running("a")
    assert_closed(protocol, protocol.close(CloseCode.RESTART, "drain"), CloseCode.RESTART)
    texts = (subscribe("b"), complete("a"), '{"type":"ping"}', "nonsense", "[]")
    assert [protocol.receive(text) for text in texts] == [None] * len(texts)
    assert protocol.receive_binary() is None
    assert protocol.init_timed_out() is None
    protocol.finished("a")
    assert protocol.state is State.CLOSED


@pytest.mark.parametrize("reason", ["x" * 1_000, "ü" * 100, "😀" * 100, "é" + "😀" * 40])
def test_a_reason_is_cut_at_a_character_so_that_a_close_frame_can_carry_it(reason: str) -> None:
    cut = bounded_reason(reason)
    assert len(cut.encode()) <= REASON_BYTES_MAX
    assert cut.endswith("...") and reason.startswith(cut[:-3])
    assert bounded_reason("x" * REASON_BYTES_MAX) == "x" * REASON_BYTES_MAX


@pytest.mark.parametrize("wide", ["😀", "\u0000", "x", "\\", '"'])
def test_reasons_that_repeat_what_came_are_bounded_too(wide: str) -> None:
    for text in (json.dumps({"type": wide * 200}), subscribe(wide * 200)):
        protocol = running(wide * 200)
        action = protocol.receive(text)
        assert isinstance(action, Close) and len(action.reason.encode()) <= REASON_BYTES_MAX


# What we send


def test_what_we_send_is_json_with_the_id_as_it_came() -> None:
    for operation_id in ("1", 'q"\\', "ü\u2028😀", "\u0000\n"):
        message = json.loads(wire.next_head(operation_id) + b'{"data":1}' + b"}")
        assert message == {"id": operation_id, "type": "next", "payload": {"data": 1}}
        assert json.loads(wire.error_text(operation_id, [{"message": "m"}])) == {
            "id": operation_id,
            "type": "error",
            "payload": [{"message": "m"}],
        }
        done = {"id": operation_id, "type": "complete"}
        assert json.loads(wire.complete_text(operation_id)) == done
    assert json.loads(wire.ack_text({"a": 1})) == {"type": "connection_ack", "payload": {"a": 1}}
    assert json.loads(wire.ping_text({"cursor": "c"})) == {
        "type": "ping",
        "payload": {"cursor": "c"},
    }
    assert json.loads(wire.ping_text(None)) == {"type": "ping"}


# Anything at all

KINDS = ["connection_init", "subscribe", "complete", "ping", "pong", "next", "error", "x"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
IDS = st.sampled_from(["1", "2", "3", "ü", ""])
PAYLOADS = st.fixed_dictionaries(
    {},
    optional={
        "query": st.just(DOCUMENT) | JSON,
        "operationName": st.just("A") | JSON,
        "variables": st.dictionaries(st.text(max_size=3), JSON, max_size=2) | JSON,
        "extensions": st.just({}) | JSON,
    },
)
MESSAGES = st.fixed_dictionaries(
    {"type": st.sampled_from(KINDS) | JSON},
    optional={"id": IDS | JSON, "payload": PAYLOADS | JSON, "more": JSON},
)
TEXTS = (
    st.text()
    | JSON.map(json.dumps)
    | MESSAGES.map(json.dumps)
    | MESSAGES.map(lambda message: json.dumps(message)[:-1])
)


class Conversation(RuleBasedStateMachine):
    """Whatever is said, in whatever order, gets an action of the right kind."""

    def __init__(self) -> None:
        super().__init__()
        self.protocol = Protocol()
        self.state = State.OPENED
        self.active: set[str] = set()

    @rule(text=TEXTS)
    def something_comes(self, text: str) -> None:
        message = parsed(text)
        action = self.protocol.receive(text)
        self.judge(message, action)

    @rule(operation_id=IDS, of=st.sampled_from(["subscribe", "complete"]))
    def something_right_comes(self, operation_id: str, of: str) -> None:
        text = subscribe(operation_id) if of == "subscribe" else complete(operation_id)
        self.judge(parsed(text), self.protocol.receive(text))

    @rule()
    def something_binary_comes(self) -> None:
        self.closes_unless_closed(self.protocol.receive_binary(), CloseCode.BAD_REQUEST)

    @rule()
    def the_init_is_accepted(self) -> None:
        if self.state is State.CHECKING:
            self.protocol.ready()
            self.state = State.READY

    @precondition(lambda self: self.state is not State.READY)
    @rule()
    def the_time_is_over(self) -> None:
        action = self.protocol.init_timed_out()
        if self.state is State.OPENED:
            self.closes_unless_closed(action, CloseCode.INIT_TIMEOUT)
        else:
            assert action is None

    @rule(operation_id=IDS)
    def an_operation_ends(self, operation_id: str) -> None:
        self.protocol.finished(operation_id)
        self.active.discard(operation_id)

    @invariant()
    def both_agree(self) -> None:
        assert self.protocol.state is self.state
        assert self.protocol.active == self.active

    def judge(self, message: Any, action: object) -> None:
        if self.state is State.CLOSED:
            assert action is None
            return
        match action:
            case Init():
                assert self.state is State.OPENED and message["type"] == "connection_init"
                self.state = State.CHECKING
            case Start():
                assert self.state is State.READY and message["type"] == "subscribe"
                assert action.id == message["id"] not in self.active
                assert isinstance(action.query, str)
                assert isinstance(action.operation_name, str | None)
                assert isinstance(action.variables, dict | None)
                self.active.add(action.id)
            case Stop():
                assert message["type"] == "complete" and action.id in self.active
                self.active.remove(action.id)
            case Reply():
                assert message["type"] == "ping"
                pong = orjson.loads(action.text)
                assert pong["type"] == "pong"
                assert same(pong.get("payload"), message.get("payload"))
            case Close():
                self.closes_unless_closed(action, None)
            case None:
                assert message["type"] in ("pong", "complete")
            case _:
                raise AssertionError(f"unknown action {action}")

    def closes_unless_closed(self, action: object, code: CloseCode | None) -> None:
        if self.state is State.CLOSED:
            assert action is None
            return
        assert isinstance(action, Close)
        assert code is None or action.code is code
        assert len(action.reason.encode()) <= REASON_BYTES_MAX
        self.state = State.CLOSED
        self.active.clear()


def parsed(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def same(one: Any, other: Any) -> bool:
    """Equal, but that JSON has one kind of number and no NaN."""
    if isinstance(one, float) and math.isnan(one):
        return other is None
    return bool(one == other)


TestConversation = Conversation.TestCase
TestConversation.settings = examples(60, 2_000)


@given(TEXTS, st.sampled_from([opened, checking, ready]))
def test_no_text_raises_in_any_state(text: str, made: Made) -> None:
    protocol = made()
    action = protocol.receive(text)
    assert action is None or isinstance(action, Init | Start | Stop | Reply | Close)
    assert (protocol.state is State.CLOSED) == isinstance(action, Close)
