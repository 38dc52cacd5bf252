"""Who did what, when: append-only; names are kept as text, so that a line stays readable when the person or thing is gone.

Words: an *entry* is one line; its *verb* is `domain.verb` (`work.complete`); its *subject* is what it was done to.
"""
