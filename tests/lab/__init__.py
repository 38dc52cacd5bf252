"""Tests on real hosts: Docker, compose and ssh, in network namespaces of this machine (`make lab`, as root)."""
