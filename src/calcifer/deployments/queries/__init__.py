"""Every SELECT on deployments; split by noun."""
