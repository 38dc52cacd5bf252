"""The only place that says what compose files reach of the host beyond their own directory, and why that makes their author root.

A `Fact` is one thing that is asked for; a container that has one is judged by what runs in it as well, for whoever decides that has
what the container has. The list is one of what is harmless, wherever such a list can be closed: what nobody thought of is a fact.
Nothing is executed, and nothing outside of the repository is read (docs/decisions/0023-host-reach.md).
"""

from calcifer.services.reach.project import Reach, read_reach
from calcifer.services.reach.told import Fact

__all__ = ["Fact", "Reach", "read_reach"]
