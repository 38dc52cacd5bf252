"""A workspace whose root is itself a repository, above an application and its documentation: what becomes of it.

Words: the *root* is the directory with the `.git`; the *application* is the directory in it that becomes a repository of its own;
its *documentation* is a directory beside it that moves into it; the *journal* says how far a conversion is.
"""
