"""Names under which images are kept."""

import re

import pytest

from calcifer.deployments.drivers.keeping import names, tag

pytestmark = pytest.mark.once

ID = "sha256:" + "a" * 64


def test_a_tag_is_one_and_no_other_services() -> None:
    assert tag("web", 12, "app") == "web.D12.app"
    long = {tag("w" * 100, 12, f"{'p' * 90}{number}") for number in range(3)}
    assert len(long) == 3
    assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", one) for one in long)


def test_only_images_are_kept() -> None:
    wrong = {"b": {"id": "sha256:$(reboot)"}, "c d": {"id": ID}, "e": {}}
    assert names("web", [(3, {"a": {"id": ID, "ref": "a:1"}} | wrong)]) == {"web.D3.a": ID}
