"""Git over all services: what is edited, ahead, behind or without an item, and the way to and from origin.

Words: a *state* is what was last seen of a service's repository; a checkout is *dirty* where it has uncommitted edits; main is
*ahead* or *behind* against main at origin as of the last fetch, and has *diverged* where it is both; a *stray branch* belongs to no
open item; a *held* step is a checkout that could not follow its branch and waits to be tried again.
"""
