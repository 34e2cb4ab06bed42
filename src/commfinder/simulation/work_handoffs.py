"""What people write to one another when they hand cases on."""

from __future__ import annotations

import numpy as np

from commfinder.simulation.clock import HOUR
from commfinder.simulation.structure import Ints
from commfinder.simulation.work_process import Run
from commfinder.simulation.work_voice import Voice

__all__ = ["write_handoffs"]

_MINUTE = HOUR // 60
_ASKED = 0.3  # share of the cases without id that somebody outside asks for
_TOLD = 0.6  # share of them whose end is told to the one who began
_QUERY = 0.2  # share of the handoffs that the taker answers


def write_handoffs(voice: Voice, run: Run, outsiders: Ints) -> None:
    """Write the messages by which cases are handed on.

    Of a case without an id every handoff leaves a message; of one with an id only some do.

    Parameters
    ----------
    voice : Voice
        How the group writes.
    run : Run
        The cases.
    outsiders : numpy.ndarray of int
        People who ask for cases.
    """
    rng, group = voice.writer.rng, run.group
    bounds = np.searchsorted(run.case, np.arange(run.cases + 1))
    one_thread = rng.random(run.cases) < group.drawn["one_thread"]
    asked = rng.random(run.cases) < _ASKED
    asking = outsiders[rng.integers(len(outsiders), size=run.cases)]
    for case in range(run.cases):
        first, last = int(bounds[case]), int(bounds[case + 1])
        if first == last:
            continue
        name, people = run.name(case), run.person[first:last].tolist()
        begun, done = run.started[first:last].tolist(), run.done[first:last].tolist()
        if run.with_id[case]:
            _inform(voice, run, name, slice(first, last))
            continue
        carrier = voice.carrier(people)
        parent = -1
        if asked[case] and carrier == "email":
            parent = voice.say(carrier, int(asking[case]), people[:1], begun[0] - 30 * _MINUTE, name)
        for place in range(1, len(people)):
            if people[place] == people[place - 1]:
                continue
            hinge = parent if one_thread[case] or place == 1 else -1
            pair, between = people[place - 1 : place + 1], (done[place - 1], begun[place])
            parent = _hand_on(voice, (carrier, name), pair, between, hinge)
        if not run.open[case] and people[-1] != people[0] and rng.random() < _TOLD:
            hinge = parent if one_thread[case] else -1
            voice.say(carrier, people[-1], people[:1], done[-1] + 2 * _MINUTE, name, parent=hinge)


def _inform(voice: Voice, run: Run, name: str, acts: slice) -> None:
    """Write messages beside some of the handoffs that the workflow system knows of."""
    people, begun, done = (column[acts].tolist() for column in (run.person, run.started, run.done))
    told = voice.writer.rng.random(len(people)) < run.group.drawn["informed"]
    for place in range(1, len(people)):
        if told[place] and people[place] != people[place - 1]:
            pair = people[place - 1 : place + 1]
            _hand_on(voice, (voice.carrier(pair), name), pair, (done[place - 1], begun[place]), -1)


def _hand_on(voice: Voice, how: tuple[str, str], pair: list[int], between: tuple[int, int], parent: int) -> int:
    """Write from giver to taker, soon after the one was done and before the other begins; some takers ask back."""
    rng = voice.writer.rng
    carrier, name = how
    left, taken = between
    gap = max(0, taken - left)
    moment = left + min(int(rng.exponential(10 * _MINUTE)), gap // 3)
    sent = voice.say(carrier, pair[0], pair[1:], moment, name, parent=parent)
    if rng.random() >= _QUERY or sent < 0:
        return sent
    back = moment + max(1_000_000, min(int(rng.exponential(40 * _MINUTE)), gap // 3))
    answer = voice.say(carrier, pair[1], pair[:1], back, name, parent=sent)
    return answer if answer >= 0 else sent
