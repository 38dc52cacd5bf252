"""Takes folders out of a repository into a new one, with their own history. Nothing is ever written into the source.

    with Source(Path("/srv/stacks")) as source:
        tip = source.tip("main")
        (trace,) = trace_all(source, tip, [parts({"web": ""})])
        write(source, trace, Path("/srv/building/web"), branch="main")

`parts` says which folders (or single files) of the main branch lie where in the new repository: `{"app": "", "docs": "docs",
"LICENSE": "LICENSE"}`. `trace_all` decides, for many repositories in one reading, which commits belong to each. `write` makes the
repository, without a checkout; its objects are on disk when it returns.

**Which commits are kept.** PATHS being the parts and, before a rename, the folders that they came from:

* every commit that `git log --full-history --simplify-merges main -- PATHS` shows: those that changed something in PATHS, and
  merges that join two lines which both did;
* every commit that `git log --first-parent main -- PATHS` shows: also the merge that brought a branch into main. Where the folder
  came into being on that branch, it has one parent and changes nothing but says who took it in;
* a merge on main's line without which one of these would be lost: of a branch that changed something and took it back.

A parent that is an ancestor of another one is left out, unless it is the first: merges stay merges with main on their first side.
A commit that only renamed the folder changes nothing in the new repository and is kept, as `git log --follow` shows it.

**Which renames are followed.** Where a folder is in a commit and not in its parent, and files that vanished in the same step had
the same paths below another folder, with the same content or half of it: more than half of either folder's. Where that other one
lies around this one (a project moved down, `src` to `app/src`), its entries are followed one by one.

**What is kept byte for byte:** author, committer, dates, message, encoding, further headers. Signatures are dropped, of commits,
tags and merged tags: they are about objects that have other ids now. `Written.ids` says which commit became which.

**Tags** on a kept commit or after it (then they name the last kept one before them) are taken along, annotated ones with tagger,
date and message; those outside of main bring their commits.

Words: a *part* is a path in the source and its place in the new repository; a *state* is the parts as they were at one commit; a
*node* is a commit with a state.
"""

from calcifer.kit.git.history.contents import Content, contents
from calcifer.kit.git.history.sources import Parts, Source, parts
from calcifer.kit.git.history.tracing import Kept, Trace, trace_all
from calcifer.kit.git.history.writing import Written, write

__all__ = ["Content", "Kept", "Parts", "Source", "Trace", "Written", "contents", "parts", "trace_all", "write"]
