"""A seccomp filter that refuses the system calls that a notebook has no use for and an attack does.

A classic BPF program: a list of (operation, jump if true, jump if false, constant) that reads the call's number and
arguments and returns a verdict. Refused calls fail with an error that Python turns into OSError; a call through another
architecture's table ends the process.
"""

from __future__ import annotations

import ctypes
import errno
import socket

from grader.grade.sandbox import kernel

# Offsets into struct seccomp_data; arguments are 64 bits, of which the lower half comes first on both machines.
NUMBER, ARCHITECTURE, ARGUMENT = 0, 4, 16
LOAD, EQUAL, GREATER_EQUAL, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, FAIL, KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
X32 = 0x40000000
FILTER_MODE = 2

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# name: (x86-64, aarch64); None where the machine has no such call.
REFUSED = {
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "move_pages": (279, 239),
    "migrate_pages": (256, 238),
    # namespaces, mounts, roots
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_tree_attr": (467, 467),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    # wide interfaces to the kernel
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "lookup_dcookie": (212, 18),
    "vmsplice": (278, 75),
    # the machine itself
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "reboot": (169, 142),
    "acct": (163, 89),
    "syslog": (103, 116),
    "settimeofday": (164, 170),
    "adjtimex": (159, 171),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    "personality": (135, 92),
    "vhangup": (153, 58),
    # memory that no folder's size and no address space counts
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
}

# clone3 and openat2 pass their flags in memory, where no filter reads: the C library then uses the older call.
UNKNOWN = {"clone3": (435, 435), "openat2": (437, 437)}
CLONE, SOCKET, SOCKETPAIR, IOCTL, PRLIMIT = (56, 220), (41, 198), (53, 199), (16, 29), (302, 261)
NEW_NAMESPACES = (
    kernel.NEW_CGROUP | kernel.NEW_UTS | kernel.NEW_IPC | kernel.NEW_USER | kernel.NEW_PID | kernel.NEW_NET
    | kernel.NEW_MOUNT
)  # fmt: skip
TYPE_INTO_TERMINAL, TERMINAL_SELECTION = 0x5412, 0x541C

Instruction = tuple[int, int, int, int]


def program(machine: str, *, unix_sockets: bool) -> list[Instruction]:
    """The filter for a machine. unix_sockets: whether AF_UNIX sockets may be opened (socket pairs always may)."""
    column = list(ARCHITECTURES).index(machine)
    refuse = (RETURN, 0, 0, FAIL | errno.EPERM)
    code: list[Instruction] = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, ARCHITECTURES[machine]),
        (RETURN, 0, 0, KILL_PROCESS),
        (LOAD, 0, 0, NUMBER),
    ]
    if machine == "x86_64":
        code += [(GREATER_EQUAL, 0, 1, X32), (RETURN, 0, 0, KILL_PROCESS)]
    for number in (row[column] for row in REFUSED.values()):
        if number is not None:
            code += [(EQUAL, 0, 1, number), refuse]
    for row in UNKNOWN.values():
        code += [(EQUAL, 0, 1, row[column]), (RETURN, 0, 0, FAIL | errno.ENOSYS)]
    # The tests below read an argument: each block ends in a verdict, so that the number need not be read again.
    allow = (RETURN, 0, 0, ALLOW)
    code += _when(CLONE[column], [(LOAD, 0, 0, ARGUMENT), (ANY_BIT, 0, 1, NEW_NAMESPACES), refuse, allow])
    only_unix = [(LOAD, 0, 0, ARGUMENT), (EQUAL, 1, 0, int(socket.AF_UNIX)), refuse, allow]
    code += _when(SOCKETPAIR[column], only_unix)
    code += _when(SOCKET[column], only_unix if unix_sockets else [refuse])
    typing = [(EQUAL, 0, 1, TYPE_INTO_TERMINAL), refuse, (EQUAL, 0, 1, TERMINAL_SELECTION), refuse, allow]
    code += _when(IOCTL[column], [(LOAD, 0, 0, ARGUMENT + 8), *typing])
    code += _when(PRLIMIT[column], [(LOAD, 0, 0, ARGUMENT), (EQUAL, 1, 0, 0), refuse, allow])
    return [*code, allow]


def _when(number: int, block: list[Instruction]) -> list[Instruction]:
    return [(EQUAL, 0, len(block), number), *block]


class _Instruction(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint16), ("true", ctypes.c_uint8), ("false", ctypes.c_uint8), ("k", ctypes.c_uint32)]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint16), ("first", ctypes.POINTER(_Instruction))]


def available() -> bool:
    """Whether this machine's calls are known here and its kernel filters them."""
    if kernel.MACHINE not in ARCHITECTURES:
        return False
    try:
        kernel.prctl(kernel.SET_SECCOMP, FILTER_MODE, 0)
    except OSError as error:
        return error.errno == errno.EFAULT  # a null program: filters are known
    return False


def restrict(*, unix_sockets: bool) -> None:
    """Filter the calls of this process and of all that it starts, for good. Needs no_new_privs."""
    instructions = program(kernel.MACHINE, unix_sockets=unix_sockets)
    array = (_Instruction * len(instructions))(*instructions)
    loaded = _Program(len(instructions), array)
    kernel.prctl(kernel.SET_SECCOMP, FILTER_MODE, ctypes.addressof(loaded))
