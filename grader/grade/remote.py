"""The verifier's side of a submission: the operations of `Submission`, each a round trip to the student process."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from grader.check.errors import ForwardCellError, GraderError, SubmissionError
from grader.check.graph import find_header
from grader.check.replay import Replay, describe
from grader.grade.protocol import Channel, ChannelError, Message
from grader.grade.wire import Packer

REFUSALS = ("missing", "raised", "not data")
LONGEST_WORDS = 2000  # characters of a sentence that comes from the student process
MOST_QUESTIONS = 20_000  # of one answer to its oracles

LIMITS = {
    "closed": "Your code ended its process while a test asked it for an answer",
    "time": "Your code did not answer a test within {seconds:g} s",
    "malformed": "Your code's process answered a test with something that is no answer",
    "size": "Your code's answer to a test is too large to be read",
}


class Lost(GraderError):
    """The student process gave no answer at all and can be asked nothing more. `problem` is a ChannelError's."""

    def __init__(self, problem: str, sentence: str):
        super().__init__(sentence)
        self.problem = problem


class RemoteSubmission:
    """A submission in another process.

    forward: the sources of the release's forward-pass cells, in order: never what the student process says.
    seconds: how long one request may take. When it does not answer, `lost` says so and each later request raises Lost.
    """

    def __init__(self, channel: Channel, forward: Sequence[str], seconds: float):
        self._channel, self._seconds = channel, seconds
        self._forward = {header["exercise"]: source for source in forward if (header := find_header(source))}
        self.lost: Lost | None = None

    def forward_cells(self, exercise: str) -> list[str]:
        if exercise not in self._forward:
            raise ForwardCellError(f"There is no forward-pass cell of exercise {exercise}.")
        return list(self._forward.values())[: list(self._forward).index(exercise) + 1]

    def value(self, name: str) -> object:
        return self._ask("value", {"name": name}, Packer(), None)[1]

    def call(self, function: str, *args: object, **kwargs: object) -> object:
        packer = Packer()
        handed = [packer.pack(argument, "An input") for argument in args]
        named = {key: packer.pack(argument, "An input") for key, argument in kwargs.items()}
        return self._ask("call", {"function": function}, packer, [handed, {"dict": named}])[1]

    def replay(
        self, exercise: str, case: Mapping[str, object], *, disturb: int | None = None, device: str = "cpu"
    ) -> Replay:
        packer = Packer()
        plain = {
            "exercise": exercise,
            "disturb": disturb,
            "device": device,
            "forward": self.forward_cells(exercise),
        }
        message, values = self._ask("replay", plain, packer, packer.pack(dict(case), "An input"))
        errors = message.plain.get("errors")
        if not isinstance(values, dict) or not _texts(errors):
            raise self._lose("malformed")
        return Replay(values, [error[:LONGEST_WORDS] for error in errors])

    def run(self, driver: str, inputs: Mapping[str, object]) -> dict[str, object]:
        packer = Packer()
        handed = {key: packer.pack(value, "An input") for key, value in inputs.items()}
        outputs = self._ask("run", {"driver": driver}, packer, {"dict": handed})[1]
        if not isinstance(outputs, dict):
            raise self._lose("malformed")
        return outputs

    def _ask(self, kind: str, plain: Mapping[str, object], packer: Packer, data: object) -> tuple[Message, object]:
        """The answer to one request, the questions to its oracles answered on the way."""
        if self.lost:
            raise self.lost
        deadline = time.monotonic() + self._seconds
        try:
            id = self._channel.request(kind, plain=plain, packer=packer, data=data, seconds=self._seconds)
            for _ in range(MOST_QUESTIONS):
                message = self._channel.answer(id, max(deadline - time.monotonic(), 0))
                if message.kind == "ask":
                    self._consult(packer.oracles, message, deadline)
                elif message.kind == "refused":
                    raise _refusal(message)
                elif message.kind == "answer":
                    return message, message.value()
                else:
                    raise ChannelError("malformed", "An unknown kind of answer.")
            raise ChannelError("time", "Too many questions.")
        except ChannelError as error:
            raise self._lose(error.problem) from None

    def _consult(self, oracles: Sequence[Callable], message: Message, deadline: float) -> None:
        """Answer one question to an oracle; what the oracle raises is handed on by its name and words."""
        number, args = message.plain.get("oracle"), message.value()
        if type(number) is not int or not 0 <= number < len(oracles) or not isinstance(args, list):
            raise ChannelError("malformed", "No such oracle.")
        packer, left = Packer(), max(deadline - time.monotonic(), 0.001)
        try:
            tree = packer.pack(oracles[number](*args))
        except Exception as error:
            plain = {"type": type(error).__name__, "message": describe(error).partition(": ")[2]}
            self._channel.send("failed", message.id, plain=plain, seconds=left)
        else:
            self._channel.send("told", message.id, packer=packer, data=tree, seconds=left)

    def _lose(self, problem: str) -> Lost:
        self._channel.close()
        self.lost = Lost(problem, LIMITS[problem].format(seconds=self._seconds) + ": this exercise earns nothing.")
        return self.lost


def _refusal(message: Message) -> SubmissionError:
    kind, words = message.plain.get("kind"), message.plain.get("message")
    if kind not in REFUSALS or not isinstance(words, str):
        raise ChannelError("malformed", "No refusal.")
    return SubmissionError(kind, words[:LONGEST_WORDS])


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
