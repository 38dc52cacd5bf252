"""People, sign-in, tokens, permissions.

Words: a *person* has a name and a mail address (they sign commits), a password and a role: the *owner* may everything, a *member*
what the table in `permissions` says. A *session* is one browser that is signed in; a *token* lets a program act as its person. Of
sessions and tokens only hashes are kept. The *setup code* is what a browser on another machine needs to become the owner.
"""
