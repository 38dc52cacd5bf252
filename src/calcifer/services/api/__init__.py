"""The catalog for programs: `/api/v1/services`. What has a word in the address of its own is registered before `/{name}`."""

from calcifer.services.api import adopting, arriving, catalog, scanning
from calcifer.services.api.routes import router

__all__ = ["adopting", "arriving", "catalog", "router", "scanning"]
