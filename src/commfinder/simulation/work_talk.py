"""What groups without a process say: questions and answers, chat among friends, talk along the chart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from commfinder.simulation.clock import DAY, HOUR, Clock
from commfinder.simulation.structure import Bools, Floats, Ints
from commfinder.simulation.work_groups import Member, WorkGroup
from commfinder.simulation.work_voice import Voice

__all__ = ["hang_out", "hold_team_talk", "hold_threads"]

_MINUTE = HOUR // 60
_ANYBODY = 0.2  # chance that somebody answers who seldom does
_THANKS = 0.4  # chance that the asker writes again
_MORE = (0.35, 0.65)  # chance that one answer is followed by another
_IN_TURN = (0.0, 0.5)  # share of the threads in which those who answer most are likely to be first
_CIRCLES = (0.35, 0.85)  # share of the chat of a circle that is held by two
_AGAIN = 0.3  # how much less likely the same person is to answer again
_MOST = 6
_UPWARD = 0.55  # share of the talk of a team that its lead takes part in
_ROUNDS = 0.12  # share of the talk of a team in which its lead writes to all of it
_REPLIES = 0.5
_NOON = 0.3  # share of the talk outside working hours that is held at noon
_WEEKEND = 0.25


def hold_threads(voice: Voice, group: WorkGroup) -> None:
    """Write the questions of a knowledge community, and the answers that some of them get.

    Anybody may ask, the same few answer most, and whoever answers first comes first: there is no order beyond
    asker and answerer.

    Parameters
    ----------
    voice : Voice
        How they write.
    group : WorkGroup
        The community, or a mixed group.
    """
    rng, clock = voice.writer.rng, voice.writer.clock
    asking = [member for member in group.members if member.role in {"asker", "answerer"}]
    answering = np.array([member.role == "answerer" for member in asking])
    person = np.array([member.person for member in asking])
    eager = rng.gamma(1.5, 1.0, size=len(asking)) * np.where(answering, 0.4, 1.0)
    # Some of those who answer do so far more than the others.
    helpful = np.where(answering, 1.0 / (1.0 + np.cumsum(answering)), _ANYBODY / len(asking))
    manner = (float(rng.uniform(*_MORE)), float(rng.uniform(*_IN_TURN)))
    moments = np.sort(clock.draw(rng, int(rng.poisson(group.drawn["threads"] * clock.weeks)), group.offset))
    for number, moment in enumerate(moments.tolist()):
        there = _there(asking, clock, moment)
        if there.sum() < 2:
            continue
        asker = int(_one(rng, eager * there))
        case = _name(group, number)
        carrier = voice.medium
        root = voice.say(carrier, int(person[asker]), (), moment, case)
        if rng.random() < group.drawn["unanswered"]:
            continue
        weights = helpful * there
        weights[asker] = 0.0
        _answers(voice, (carrier, case, int(person[asker])), (person, weights), (root, moment), manner)


def _answers(
    voice: Voice,
    thread: tuple[str, str, int],
    answering: tuple[Ints, Floats],
    opened: tuple[int, int],
    manner: tuple[float, float],
) -> None:
    """Write the answers of one thread, and what the asker says to them."""
    rng, writer = voice.writer.rng, voice.writer
    carrier, case, asker = thread
    person, weights = answering
    root, moment = opened
    last = root
    number = min(_MOST, int(rng.geometric(1 - manner[0])))
    chosen: list[int] = []
    while len(chosen) < number and weights.sum() > 0:
        chosen.append(int(person[_one(rng, weights)]))
        weights = np.where(person == chosen[-1], weights * _AGAIN, weights)
    # Those who answer most are not always those who answer first.
    in_turn = chosen if rng.random() < manner[1] else rng.permutation(np.array(chosen, dtype=np.int64)).tolist()
    for answerer in in_turn:
        moment = writer.clock.after(moment, writer.delay(), int(writer.offset[answerer]))
        last = voice.say(carrier, answerer, (asker,), moment, case, parent=root)
        if rng.random() < _THANKS:
            moment = writer.clock.after(moment, 0.3 * writer.delay(), int(writer.offset[asker]))
            last = voice.say(carrier, asker, (answerer,), moment, case, parent=last)


def hang_out(voice: Voice, group: WorkGroup) -> None:
    """Write the chat of a social circle: two to four of them, by turns, much of it outside working hours.

    Parameters
    ----------
    voice : Voice
        How they write.
    group : WorkGroup
        The circle.
    """
    rng, clock = voice.writer.rng, voice.writer.clock
    people = np.array(group.people)
    number = int(rng.poisson(group.drawn["talks"] * len(people) * clock.weeks))
    two = float(rng.uniform(*_CIRCLES))
    off = rng.random(number) < group.drawn["off_hours"]
    moments = np.where(off, _off_hours(rng, clock, number, group.offset), clock.draw(rng, number, group.offset))
    for place, moment in enumerate(np.sort(moments).tolist()):
        size = min(len(people), int(rng.choice([2, 3, 4], p=[two, 0.7 * (1 - two), 0.3 * (1 - two)])))
        talking = [int(person) for person in rng.choice(people, size=size, replace=False)]
        carrier, case, last = voice.carrier(talking), _name(group, place), -1
        speaker = talking[0]
        for _ in range(int(rng.integers(2, 7))):
            others = [person for person in talking if person != speaker]
            last = voice.say(carrier, speaker, others, moment, case, parent=last, copy=False)
            moment += int(rng.lognormal(1.5, 1.0) * _MINUTE) + _MINUTE
            speaker = others[int(rng.integers(len(others)))]


def hold_team_talk(voice: Voice, group: WorkGroup) -> None:
    """Write the talk of a team: with its lead, from its lead to all of it, and among colleagues.

    Parameters
    ----------
    voice : Voice
        How they write.
    group : WorkGroup
        The team.
    """
    rng, writer = voice.writer.rng, voice.writer
    structure, clock = writer.structure, writer.clock
    people = list(group.people)
    lead = group.of("manager")[0].person
    pairs = [
        (one, other)
        for one in people
        for other in people
        if structure.manager[one] == other or (one < other and structure.manager[one] == structure.manager[other])
    ]
    up = np.array([structure.manager[one] == other for one, other in pairs])
    weights = np.where(up, _UPWARD / max(1, up.sum()), (1 - _UPWARD) / max(1, (~up).sum()))
    number = int(rng.poisson(group.drawn["talks"] * len(people) * clock.weeks))
    for place, moment in enumerate(np.sort(clock.draw(rng, number, group.offset)).tolist()):
        case = _name(group, place)
        if rng.random() < _ROUNDS:
            _round(voice, lead, [person for person in people if person != lead], moment, case)
            continue
        first, second = pairs[int(_one(rng, weights))]
        first, second = (first, second) if rng.random() < 0.5 else (second, first)
        carrier, last = voice.carrier((first, second)), -1
        haste = 0.1 if carrier == "chat" else 1.0
        for _ in range(min(_MOST, int(rng.geometric(0.45)))):
            last = voice.say(carrier, first, (second,), moment, case, parent=last)
            first, second = second, first
            moment = clock.after(moment, haste * writer.delay(), int(writer.offset[first]))


def _round(voice: Voice, lead: int, team: list[int], moment: int, case: str) -> None:
    """Let a manager write to the whole team, some of which answer."""
    rng, writer = voice.writer.rng, voice.writer
    carrier = voice.carrier([lead, *team])
    carrier = "email" if carrier == "chat" else carrier
    opened = voice.say(carrier, lead, team, moment, case, copy=False)
    answering = [person for person, draw in zip(team, rng.random(len(team)).tolist(), strict=True) if draw < _REPLIES]
    for person in rng.permutation(np.array(answering, dtype=np.int64)).tolist():
        answered = writer.clock.after(moment, writer.delay(), int(writer.offset[person]))
        voice.say(carrier, person, (lead,), answered, case, parent=opened)


def _there(members: Sequence[Member], clock: Clock, moment: int) -> Bools:
    """Say who belongs to a group at a moment."""
    period = clock.period
    share = (moment - period.start_us) / (period.end_us - period.start_us)
    return np.array([member.since <= share < member.until for member in members])


def _name(group: WorkGroup, number: int) -> str:
    """Return the name of a conversation."""
    return f"{group.name}-t{number + 1:05d}"


def _one(rng: np.random.Generator, weights: Floats) -> int:
    """Draw one place by weight."""
    steps = np.cumsum(weights)
    return int(min(np.searchsorted(steps, rng.random() * steps[-1], side="right"), len(steps) - 1))


def _off_hours(rng: np.random.Generator, clock: Clock, number: int, offset: int) -> Ints:
    """Draw moments at noon, in the evening and at weekends."""
    days = (clock.period.end_us - clock.period.start_us) // DAY
    first = clock.period.start_us // DAY
    day = first + rng.integers(days, size=number)
    free = rng.random(number) < _WEEKEND
    weekday = (day + 3) % 7
    # A Saturday or Sunday of the same week, or a working day of it.
    wanted = np.where(free, rng.integers(5, 7, size=number), rng.integers(5, size=number))
    day = day - weekday + wanted
    noon = rng.random(number) < _NOON
    hour = np.where(free, rng.integers(9, 23, size=number), np.where(noon, 12, rng.integers(17, 23, size=number)))
    return np.asarray(day * DAY + (hour - offset) * HOUR + rng.integers(HOUR, size=number))
