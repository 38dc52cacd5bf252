"""The only code that touches git.

pygit2 reads, merges and writes objects; the git program moves refs, follows working trees, keeps worktrees and talks to other
machines. Object ids are 40 hexadecimal characters everywhere outside this package.

Words: a *proposal* is a ref move that waits for the end of the unit of work; a *checkout* is a working tree of a repository (the
main one or a linked worktree) that has a branch; it *follows* when its branch moves; an *obstacle* is a path in a checkout whose
content would be lost by following.
"""
