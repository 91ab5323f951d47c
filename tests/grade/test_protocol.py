"""Data survives the wire; whatever is no frame of ours becomes an error of ours, and nothing is ever unpickled."""

import contextlib
import json
import math
import random
import socket
import struct
import threading

import numpy as np
import pytest
import torch
from safetensors.torch import save

from grader.check.data import as_data
from grader.check.errors import SubmissionError
from grader.grade.protocol import MAGIC, MOST_HEADER, MOST_PAYLOAD, PREFIX, VERSION, Channel, ChannelError, pair
from grader.grade.wire import DEEPEST, Packer, WireError, unpack

G = torch.Generator().manual_seed(3)
VALUES = {
    "none": None,
    "numbers": [
        True,
        False,
        0,
        -3,
        2**70,
        1.5,
        -0.0,
        1e-320,
        float("inf"),
        float("-inf"),
        2 - 3j,
        complex(0, math.inf),
    ],
    "text": 'a "quoted" é \n\x00 \ud800',
    "nested": {"a": [1, [2, {"b": []}]], "": {}, "tensor": "0", "dict": {"float": "nan"}},
    "tensors": [
        torch.randn(3, 5, generator=G).T,
        torch.zeros(0, 4),
        torch.tensor(2.5, dtype=torch.float64),
        torch.randn(4, generator=G).expand(3, 4),
        torch.arange(6, dtype=torch.uint8),
        torch.tensor([True, False]),
        torch.randn(3, generator=G).to(torch.bfloat16),
        torch.randn(2, 3, generator=G, dtype=torch.complex64).conj(),
        torch.randn(2, 3, generator=G, dtype=torch.complex128).mT,
        torch.randn(3, generator=G, requires_grad=True),
    ],
    "arrays": [
        np.arange(6.0).reshape(2, 3).T,
        np.array(1, dtype=np.int16),
        np.array([1 + 2j]),
        np.arange(3, dtype=">f8"),
        np.zeros((0, 2), bool),
        np.array([1.5], np.float16),
        np.array([7], np.uint64),
    ],
    "shared": (lambda t: [t, t, t[1:]])(torch.randn(4, generator=G)),
}


def same(a: object, b: object) -> bool:
    if isinstance(a, torch.Tensor):
        return type(b) is torch.Tensor and a.dtype == b.dtype and a.shape == b.shape and torch.equal(a, b)
    if isinstance(a, np.ndarray):
        return type(b) is np.ndarray and a.dtype.newbyteorder("=") == b.dtype and np.array_equal(a, b)
    if isinstance(a, list):
        return type(b) is list and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return type(b) is dict and list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    return type(a) is type(b) and repr(a) == repr(b)


def through(value: object) -> object:
    """What arrives at the other end of a socket."""
    near, far = pair()
    packer = Packer()
    tree = packer.pack(value)
    sender = threading.Thread(target=near.send, args=("answer", 7), kwargs={"packer": packer, "data": tree})
    sender.start()
    arrived = Channel(far).receive(5).value()
    sender.join()
    return arrived


@pytest.mark.parametrize("name", VALUES)
def test_data_arrives_as_it_was(name):
    assert same(as_data(VALUES[name]), through(VALUES[name]))


def test_nan_arrives():
    arrived = through([float("nan"), torch.tensor([math.nan]), complex(math.nan, 1)])
    assert math.isnan(arrived[0]) and arrived[1].isnan().all() and math.isnan(arrived[2].real)


def test_a_large_tensor_arrives():
    big = torch.randn(1 << 20, generator=G)
    assert same(big, through(big))


def too_deep() -> list:
    value: list = []
    for _ in range(DEEPEST + 2):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [object(), {1: 2}, {"f": len}, torch.eye(3).to_sparse(), np.array([1], np.longdouble), np.array(["a"]), too_deep()],
    ids=["object", "key", "function", "sparse", "longdouble", "strings", "deep"],
)
def test_what_cannot_cross_is_refused_where_it_is(value):
    with pytest.raises(SubmissionError) as caught:
        Packer().pack(value)
    assert caught.value.kind == "not data"


def test_an_oracle_is_handed_over_as_a_number():
    packer = Packer()
    tree = packer.pack(abs)
    assert tree == {"oracle": 0} and packer.oracles == [abs]
    assert unpack(tree, b"", lambda number: ("oracle", number)) == ("oracle", 0)
    with pytest.raises(WireError):
        unpack(tree, b"")


PAYLOAD = save({"0": torch.ones(3)})


@pytest.mark.parametrize(
    ("tree", "payload"),
    [
        ({"tensor": "1"}, PAYLOAD),
        ({"tensor": 0}, PAYLOAD),
        ([{"tensor": "0"}, {"tensor": "0"}], PAYLOAD),
        (None, PAYLOAD),
        ({"tensor": "0", "wide": True}, PAYLOAD),
        ({"tensor": "0", "dict": {}}, PAYLOAD),
        ({"tensor": "0"}, PAYLOAD[:-3]),
        ({"tensor": "0"}, b"\x80\x04\x95garbage"),
        ({"array": "0"}, save({"0": torch.ones(3, dtype=torch.bfloat16)})),
        ({"pickle": "0"}, b""),
        ({"float": "1.5"}, b""),
        ({"float": ["nan"]}, b""),
        ({"complex": [1, 2]}, b""),
        ({"complex": [1.0]}, b""),
        ({"dict": [1]}, b""),
        ({}, b""),
        ({"wide": True}, b""),
    ],
)
def test_what_packer_would_not_make_is_refused(tree, payload):
    with pytest.raises(WireError):
        unpack(tree, payload)


def frame(header: bytes, payload: bytes = b"", *, magic: bytes = MAGIC, version: int = VERSION) -> bytes:
    return PREFIX.pack(magic, version, len(header), len(payload)) + header + payload


GOOD = {"kind": "answer", "id": 1, "plain": {}, "data": None}
MALFORMED = {
    "garbage": b"garbage" * 100,
    "another magic": frame(b"{}", magic=b"EVIL"),
    "another version": frame(json.dumps(GOOD).encode(), version=VERSION + 1),
    "no JSON": frame(b"\x80\x04\x95"),
    "no UTF-8": frame(b"\xff\xfe"),
    "a list": frame(b"[]"),
    "a field too many": frame(json.dumps(GOOD | {"more": 1}).encode()),
    "a field missing": frame(b'{"kind": "answer"}'),
    "a number for a kind": frame(json.dumps(GOOD | {"kind": 1}).encode()),
    "true for an id": frame(json.dumps(GOOD | {"id": True}).encode()),
    "a list for plain": frame(json.dumps(GOOD | {"plain": []}).encode()),
    "not a number": frame(b'{"kind": "answer", "id": 1, "plain": {}, "data": NaN}'),
    "a very long number": frame(b'{"kind": "answer", "id": ' + b"9" * 5000 + b', "plain": {}, "data": null}'),
    "very deep": frame(b'{"kind": "answer", "id": 1, "plain": {}, "data": ' + b"[" * 10**6 + b"]" * 10**6 + b"}"),
}


def receive(content: bytes, *, seconds: float = 2.0, close: bool = True):
    near, far = socket.socketpair()
    channel = Channel(near)

    def write() -> None:
        try:
            far.sendall(content)
            if close:
                far.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the reader has had enough

    writer = threading.Thread(target=write)
    writer.start()
    try:
        return channel.receive(seconds)
    finally:
        channel.close()
        writer.join()
        far.close()


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_frames(name):
    with pytest.raises(ChannelError) as caught:
        receive(MALFORMED[name]).value()
    assert caught.value.problem == "malformed"


@pytest.mark.parametrize("sizes", [(MOST_HEADER + 1, 0), (2, MOST_PAYLOAD + 1), (2, 2**63)])
def test_an_oversize_frame_is_refused_before_it_is_read(sizes):
    with pytest.raises(ChannelError) as caught:
        receive(struct.pack(">4sHIQ", MAGIC, VERSION, *sizes))
    assert caught.value.problem == "size"


@pytest.mark.parametrize("length", [0, 3, PREFIX.size, PREFIX.size + 5])
def test_a_truncated_frame(length):
    whole = frame(json.dumps(GOOD).encode(), PAYLOAD)
    for close, problem in ((True, "closed"), (False, "time")):
        with pytest.raises(ChannelError) as caught:
            receive(whole[:length], seconds=0.2, close=close)
        assert caught.value.problem == problem


def test_frames_of_random_bytes_end_in_errors_of_ours_and_nothing_else():
    draw = random.Random(11)
    whole = frame(json.dumps(GOOD | {"data": {"tensor": "0"}}).encode(), PAYLOAD)
    for _ in range(300):
        mangled = bytearray(whole)
        for _ in range(draw.randint(1, 6)):
            mangled[draw.randrange(len(mangled))] = draw.randrange(256)
        with contextlib.suppress(ChannelError):
            receive(bytes(mangled), seconds=0.2).value()


def test_a_channel_that_failed_is_closed():
    near, far = socket.socketpair()
    channel = Channel(near)
    far.sendall(b"garbage" * 10 + frame(json.dumps(GOOD).encode()))
    for problem in ("malformed", "closed"):
        with pytest.raises(ChannelError) as caught:
            channel.receive(1)
        assert caught.value.problem == problem


def test_an_answer_to_another_request_is_refused():
    near, far = pair()
    Channel(far).send("answer", 5)
    with pytest.raises(ChannelError, match="nobody had asked"):
        near.answer(6, 1)


def test_sending_to_one_who_does_not_read_ends_in_time():
    near, far = pair()
    packer = Packer()
    tree = packer.pack(torch.zeros(1 << 22))
    with pytest.raises(ChannelError) as caught:
        near.send("answer", 1, packer=packer, data=tree, seconds=0.2)
    assert caught.value.problem == "time"
    far.close()
