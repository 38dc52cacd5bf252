"""Tracked changes: the spine of Calcifer.

Words: a *work item* (item) is one change to one service with a reason, a category, an action, a branch, a checklist, notes and a
state: `open`, `completed` or `dropped`. A *rule* gives a *verdict* on an item; all of them together are its *gate*. A *change
entry* is the sentence for CHANGES.md, kept as the fragment `changes.d/<number>.md` on the branch. A *record* is the file that a
completed item leaves in `.calcifer/work/`. A *parent* is an item without a branch that completes when its children have. A *stray*
is a commit that reached main without an item.
"""
