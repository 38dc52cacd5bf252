"""Every change to deployments, one function per verb; split by noun."""

from calcifer.deployments.service.daily import restart, start, stop
from calcifer.deployments.service.looks import look
from calcifer.deployments.service.runs import cancel, deploy, proceed, refers_to, rollback
from calcifer.deployments.service.trusting import trust

__all__ = [
    "cancel",
    "deploy",
    "look",
    "proceed",
    "refers_to",
    "restart",
    "rollback",
    "start",
    "stop",
    "trust",
]
