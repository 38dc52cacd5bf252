"""What answers of several endpoints mean together: pure."""

from collections.abc import Sequence

from calcifer.monitoring.endpoints import Answer, Standing

MOST = 5
"""Up to how many endpoints are named in a sentence."""


def standing(answers: Sequence[Answer]) -> Standing:
    """Return the worst: ill as soon as one is; unjudged where none is ill and not all could be asked."""
    found = {one.standing for one in answers}
    return "ill" if "ill" in found else "unjudged" if "unjudged" in found else "well"


def sentence(answers: Sequence[Answer]) -> str:
    """Return what is to be said of them: each that is ill; else that they answer, and which could not be judged; empty for none."""
    ill = [one for one in answers if one.standing == "ill"]
    if ill:
        return _told(ill)
    well = [one for one in answers if one.standing == "well"]
    said = _told(well) if len(well) <= 1 else f"All {len(well)} endpoints that could be asked answer."
    if len(well) == len(answers) > 1:
        said = f"All {len(well)} endpoints answer."
    return f"{said} {_told([one for one in answers if one.standing == 'unjudged'])}".strip()


def _told(answers: Sequence[Answer]) -> str:
    more = f" And {len(answers) - MOST} more." if len(answers) > MOST else ""
    return " ".join(one.sentence for one in answers[:MOST]) + more
