"""What was stopped on purpose, and what Calcifer keeps, is nothing wrong."""

from calcifer.deployments.looking import judging
from calcifer.deployments.looking.seen import Container, Seen


def test_is_nothing_wrong() -> None:
    ended = Container(
        "1", "web-app-1", "web:1", "sha256:1", "exited", exit_code=3, restart="always", stack="web", service="app"
    )
    kept = Container("2", "calcifer-kept.web.D1.app", "sha256:1", "sha256:1", "created")
    seen = Seen(containers=[ended, kept], counted=2)
    found = judging.judge(seen, root="/opt/calcifer", adopting=str, stopped=frozenset({("web", "app")}))
    assert (found["container_count"], found["vanished_count"], found["counts"]["bad"]) == (1, 0, 0)
    assert "loose" not in [one["kind"] for one in found["problems"]]
    assert found["stacks"][0]["containers"][0]["status"] == "stopped on purpose"
    failed = judging.judge(seen, root="/opt/calcifer", adopting=str)
    assert failed["counts"]["bad"] == 1
