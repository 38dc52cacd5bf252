"""Secrets of services: encrypted in their repositories, in the open only where a service runs.

A *secret* is a variable with a value, of one target of a service: `.calcifer/secrets/<target>/<NAME>.age`. The *key* of the
workspace reads all of them and lies in `var/keys`; the *recovery key* reads them too, and is kept somewhere else by a person.
"""
