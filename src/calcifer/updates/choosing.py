"""The only place that says what an image could be updated to, from what its registry has and what the rule allows; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from calcifer.updates import tags
from calcifer.updates.references import Reference, read
from calcifer.updates.rules import Rule

STATES = ("update", "floating", "unknown", "unreadable", "held", "fixed", "current")
"""What is to be done something about first."""


@dataclass(frozen=True)
class Known:
    """What a registry has of an image: its tags, and the digests of those that were asked for."""

    tags: Sequence[str] = ()
    digests: Mapping[str, str] = field(default_factory=dict)
    asked: Sequence[str] = ()
    """Of tags only what is newer than one of these is kept."""

    def covers(self, tag: str) -> bool:
        """Whether everything is known that is newer than a tag."""
        own = tags.read(tag)
        if own is None:
            return tag in self.asked
        others = [version for one in self.asked if (version := tags.read(one)) and version.scheme == own.scheme]
        return any(version.order <= own.order for version in others)


@dataclass(frozen=True)
class Offer:
    """What is to be said of an image of a service; `to` is what would stand in its place where the state is `update`."""

    state: str
    sentence: str
    to: Reference | None = None
    kind: str = ""
    digest: str = ""
    """What the registry's content is that `to` means."""
    beyond: str = ""
    """The newest tag that the rule does not allow."""


def choose(written: str, rule: Rule, known: Known | None) -> Offer:
    """Return what an image could be updated to."""
    reference = read(written)
    if reference is None:
        return Offer("unreadable", _why_unreadable(written))
    if rule.allow == "none":
        return Offer("held", "The descriptor allows no update of it.")
    if not reference.has_tag and reference.digest:
        return Offer("fixed", "It names one content, and no tag that could have a newer one.")
    if known is None or not known.covers(reference.tag):
        return Offer("unknown", "Its registry was not asked yet.")
    return _chosen(reference, rule, known)


def _chosen(reference: Reference, rule: Rule, known: Known) -> Offer:
    found = candidates(reference, rule, known)
    allowed = next(((tag, kind) for tag, kind in found if rule.allows(kind)), None)
    beyond = found[0][0] if found and not rule.allows(found[0][1]) else ""
    if allowed is not None:
        return _newer_tag(reference, known, *allowed, beyond)
    there = known.digests.get(reference.tag, "")
    if reference.digest and there and there != reference.digest:
        return _digest(reference, there, f"{reference.tag} has another content in the registry.", beyond)
    if not reference.digest and rule.is_named and rule.allow == "digest" and there:
        return _digest(reference, there, f"It names {reference.tag}, which may mean something else tomorrow.", beyond)
    if not reference.digest and tags.read(reference.tag) is None:
        sentence = f"{reference.tag} is whatever is newest; which content runs is in no file."
        return Offer("floating", sentence, digest=there, beyond=beyond)
    return Offer("current", "Nothing newer that the rule allows.", digest=there, beyond=beyond)


def candidates(reference: Reference, rule: Rule, known: Known) -> list[tuple[str, str]]:
    """Return the newer tags of the same scheme that fit the rule's pattern, the newest first, each with its kind."""
    return [(tag, kind) for tag, kind in tags.newer(reference.tag, known.tags) if rule.matches(tag)]


def kept(asked: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return those tags of a registry that are newer than one in use: others are never chosen, and some images have 40,000."""
    return sorted({tag for own in asked for tag, _ in tags.newer(own, names)})


def wanted_tags(written: str, rule: Rule, known: Known) -> list[str]:
    """Return the tags whose digests are needed to choose."""
    reference = read(written)
    if reference is None or rule.allow == "none" or (reference.digest and not reference.has_tag):
        return []
    chosen = [tag for tag, kind in candidates(reference, rule, known) if rule.allows(kind)][:1]
    is_moving = reference.digest or rule.allow == "digest" or tags.read(reference.tag) is None
    return [*chosen, *([reference.tag] if is_moving and not chosen else [])]


def _newer_tag(reference: Reference, known: Known, tag: str, kind: str, beyond: str) -> Offer:
    digest = known.digests.get(tag, "")
    if reference.digest and not digest:
        return Offer("unknown", f"There is {tag}, and its digest is not known yet.", beyond=beyond)
    to = reference.at(tag, digest if reference.digest else None)
    return Offer("update", f"{tag} is there, a {kind} update.", to, kind, digest, beyond)


def _digest(reference: Reference, digest: str, why: str, beyond: str) -> Offer:
    return Offer("update", why, reference.at(reference.tag, digest), "digest", digest, beyond)


def _why_unreadable(written: str) -> str:
    if "$" in written:
        return "A variable names it: which one runs is known on the host alone."
    return "This is no reference of an image in a registry."
