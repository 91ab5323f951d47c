"""Run a body of code where it can reach nothing but its own folder.

policy   what a submission may have, and the statuses that say which limit it met
layers   what this machine offers (found out by probe); which required properties that gives; the refusal
confinement  the order in which a fork is confined
kernel, namespaces, landlock, seccomp, limits, watch: a mechanism each
"""

from grader.grade.sandbox.confinement import confine, sweep
from grader.grade.sandbox.layers import require
from grader.grade.sandbox.policy import Policy, Refused, explain, isolation_setting

__all__ = ["Policy", "Refused", "confine", "explain", "isolation_setting", "require", "sweep"]
