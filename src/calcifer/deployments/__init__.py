"""Bringing a commit of a service to a host, and into service there.

Words: to *ship* is to bring the files of a commit into the service's directory on a host; a *version* is a shipped commit;
*kept* is one whose files lie beside the directory, for going back; what is *unapplied* has changed on the host since its containers
were last told; a file is *in the way* where shipping would lose what somebody else put there.
"""
