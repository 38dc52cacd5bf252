"""The catalog: what Calcifer knows of each service, read from the service's own repository.

Words: a *service* is anything managed, a repository described by its *descriptor* (`.calcifer/service.yaml`, intent); *facts* are
read from its compose file and never typed in twice; *adoption* makes services of what is there already; the *baseline* is what was
on main then.
"""
