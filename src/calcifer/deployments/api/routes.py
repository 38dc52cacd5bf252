"""The router that the parts of the API share."""

from calcifer.kit.web import Api

router = Api("deployments")
