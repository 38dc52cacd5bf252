"""What answers, and what does not.

Words: an *endpoint* is an address that a service's descriptor names; a *probe* asks it once, from the machine that Calcifer
runs on; its *answer* is *well*, *ill*, or *unjudged* where it could not be asked from here, which is neither.
"""
