"""The router that the pages share."""

from calcifer.kit.web import Pages

router = Pages("deployments")
