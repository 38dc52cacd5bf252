"""Every change to the catalog, one function per verb; split by noun."""

from calcifer.services.service.reading import checked_name, name_of, register, rescan

__all__ = ["checked_name", "name_of", "register", "rescan"]
