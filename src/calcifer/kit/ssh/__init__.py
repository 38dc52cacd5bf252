"""The only place that runs something on another machine over ssh: one script, bounded in time and in bytes.

It is the OpenSSH client, with the person's own configuration, keys, jump hosts and known hosts. Nobody can answer it, nothing is
forwarded, and a host whose key is not known is not talked to. A host with a pinned key has to show that one, whatever else the
person's ssh knows. What the script is goes over standard input: no shell of the other side reads our arguments.
"""

from calcifer.kit.ssh.addresses import HERE, Host, Pin, is_host_address, read_host_address, read_target
from calcifer.kit.ssh.keys import KEY, fingerprint, kind_of, known_keys, offered_key
from calcifer.kit.ssh.lines import Line, open_line, over
from calcifer.kit.ssh.scripts import KeyChanged, Reader, Refused, TooMuch, answer, running, set_in_front

__all__ = [
    "HERE",
    "KEY",
    "Host",
    "KeyChanged",
    "Line",
    "Pin",
    "Reader",
    "Refused",
    "TooMuch",
    "answer",
    "fingerprint",
    "is_host_address",
    "kind_of",
    "known_keys",
    "offered_key",
    "open_line",
    "over",
    "read_host_address",
    "read_target",
    "running",
    "set_in_front",
]
