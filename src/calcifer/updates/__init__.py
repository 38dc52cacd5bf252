"""Updates: newer versions of the images that services use.

An image is named by a *reference* in a compose file: registry, repository, tag, digest. The *scheme* of a tag is what its newer
versions share with it. What a registry has is asked for on request and once a day; an *offer* is the reference that may stand in
the place of the one that is there, by the rules in the descriptor. Taking an offer opens an item with the edited compose file.
"""
