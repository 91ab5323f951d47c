"""The layers that this machine offers, what each stops, and which required property that gives."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from dataclasses import dataclass

from grader.grade.sandbox import landlock, namespaces
from grader.grade.sandbox.policy import ISOLATIONS, Refused

NAMESPACES = frozenset({"user", "mount", "pid", "network", "ipc"})


@dataclass(frozen=True)
class Layer:
    """One mechanism. stops: what a submission cannot do because of it. get: how a machine comes to have it."""

    name: str
    stops: str
    get: str


@dataclass(frozen=True)
class Property:
    """What must hold for a class to be graded. given_by: sets of layers, each of which is enough; best first."""

    name: str
    given_by: tuple[frozenset[str], ...]


USER_NAMESPACES = "grade as root, or allow user namespaces (sysctl kernel.apparmor_restrict_unprivileged_userns=0)"
CGROUP = "grade as root, or under systemd-run --user --scope -p Delegate=yes"
LAYERS = (
    Layer("user", "acting as root or as you; it has a user of its own", USER_NAMESPACES),
    Layer("mount", "seeing or changing any file but its own copy; filling the disk", USER_NAMESPACES),
    Layer("pid", "seeing or signalling other processes; leaving one behind", USER_NAMESPACES),
    Layer("network", "connecting to anything, this machine included", USER_NAMESPACES),
    Layer("ipc", "other programs' shared memory and queues", USER_NAMESPACES),
    Layer("landlock", "files outside its folder; TCP; signals (since ABI 6)", "Linux 5.13 or newer, Landlock enabled"),
    Layer("seccomp", "sockets, ptrace, mounts, namespaces, io_uring, keyctl", "Linux on x86-64 or aarch64"),
    Layer("privileges", "setuid programs; being read by its own children", "Linux 5.9 or newer"),
    Layer("limits", "endless loops, large files, 50 GB at once, fork bombs", "any Unix"),
    Layer("memory cgroup", "more memory than allowed in many processes", CGROUP),
    Layer("pids cgroup", "fork bombs", CGROUP),
    Layer("watch", "memory in many processes, a full folder, by looking 20 times a second", "a readable /proc"),
)
NAMES = tuple(layer.name for layer in LAYERS)


def _any(*alternatives: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(names.split(" + ")) for names in alternatives)


PROPERTIES = (
    Property("other files out of reach", _any("mount", "landlock")),
    Property("no network", _any("network + mount", "seccomp")),
    Property("no signals to others", _any("pid", "landlock scopes", "own uid")),
    Property("a limit on memory", _any("memory cgroup", "limits + watch + seccomp")),
    Property("a limit on time", _any("limits")),
    Property("a limit on processes", _any("pids cgroup", "limits + user", "limits + not root")),
    Property("a limit on disk", _any("mount", "watch + limits + landlock")),
)


@dataclass(frozen=True)
class Machine:
    """What was tried on this machine. layers: those that work. unreadable: a file of the interpreter or its packages
    that a confined process cannot read, "" where it can read them."""

    layers: frozenset[str]
    unreadable: str


@functools.cache
def machine() -> Machine:
    """What this machine offers; tried once, in a process of its own, since this one may have threads.

    Raises Refused where that process fails.
    """
    if sys.platform != "linux":
        return Machine(frozenset({"limits"}), "")
    command = [sys.executable, "-P", "-m", "grader.grade.sandbox.probe"]
    tried = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    try:
        found = json.loads(tried.stdout)
    except ValueError:
        words = tried.stderr.strip().split("\n")[-1]
        raise Refused(f"Grading refused: what this machine offers could not be found out: {words}") from None
    return Machine(frozenset(found["layers"]), found["unreadable"])


def present() -> frozenset[str]:
    """The layers that work here. Ask before forking: the answer is kept."""
    return machine().layers


def facts() -> frozenset[str]:
    """The layers, and what else a property may rest on."""
    found = set(present())
    if sys.platform == "linux":
        if landlock.abi() >= landlock.ABI_WITH_SCOPES:
            found.add("landlock scopes")
        if "user" in found and namespaces.own_id() is not None:
            found.add("own uid")
    if os.geteuid() != 0:
        found.add("not root")
    return frozenset(found)


def missing(found: frozenset[str]) -> list[Property]:
    """The required properties that nothing present gives."""
    return [wanted for wanted in PROPERTIES if not any(layers <= found for layers in wanted.given_by)]


def require(isolation: str) -> frozenset[str]:
    """The layers to put on. Raises Refused, in one sentence, where "full" lacks a required property."""
    if isolation not in ISOLATIONS:
        raise Refused(f"isolation is {isolation!r}; it must be one of {', '.join(ISOLATIONS)}.")
    if isolation == "none":
        return frozenset()
    if isolation == "full" and (lacking := missing(facts())):
        advice = dict.fromkeys(_advice(wanted) for wanted in lacking)
        raise Refused(
            f"Grading refused: nothing here gives {', '.join(wanted.name for wanted in lacking)}; "
            f"{'; '.join(advice)}; or set GRADER_ISOLATION=process to accept less, which every report will say."
        )
    if isolation == "full" and (path := machine().unreadable):
        raise Refused(
            f"Grading refused: the user that submissions run as cannot read {path}; make Python and its packages "
            "readable (chmod -R a+rX), or grade as the user who installed them."
        )
    return present()


def _advice(wanted: Property) -> str:
    first = min(wanted.given_by[0])
    return next(layer.get for layer in LAYERS if layer.name == first)
