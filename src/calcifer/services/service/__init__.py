"""Every change to the catalog, one function per verb; split by noun."""

from calcifer.services.naming import checked_name, name_of
from calcifer.services.service.adoption import adopt
from calcifer.services.service.arrival import adopt_from, survey
from calcifer.services.service.creation import new
from calcifer.services.service.reading import follow_main, register, rescan
from calcifer.services.service.scanning import scan

__all__ = [
    "adopt",
    "adopt_from",
    "checked_name",
    "follow_main",
    "name_of",
    "new",
    "register",
    "rescan",
    "scan",
    "survey",
]
