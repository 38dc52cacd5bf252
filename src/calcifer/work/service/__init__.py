"""Every change to work, one function per verb; split by noun: items, checklist, commits, completion, express, strays, …"""

from calcifer.work.service.checklist import add, move, remove, tick, untick
from calcifer.work.service.commits import checkout, commit, has_worktree, update
from calcifer.work.service.completion import complete, judge, waive
from calcifer.work.service.express import change, collect
from calcifer.work.service.items import drop, edit, open, reopen  # noqa: A004  (the verb)
from calcifer.work.service.reach import approve_own, approve_reach, reach
from calcifer.work.service.reverting import revert
from calcifer.work.service.strays import claim, find_strays
from calcifer.work.service.taking import find_requests, take, take_request
from calcifer.work.service.trust import trust, verify, verify_command

__all__ = [
    "add",
    "approve_own",
    "approve_reach",
    "change",
    "checkout",
    "claim",
    "collect",
    "commit",
    "complete",
    "drop",
    "edit",
    "find_requests",
    "find_strays",
    "has_worktree",
    "judge",
    "move",
    "open",
    "reach",
    "remove",
    "reopen",
    "revert",
    "take",
    "take_request",
    "tick",
    "trust",
    "untick",
    "update",
    "verify",
    "verify_command",
    "waive",
]
