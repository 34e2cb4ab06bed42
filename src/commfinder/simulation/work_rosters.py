"""Who is in which planted group: processes across units, communities, circles, and teams of the chart."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from commfinder.simulation.clock import OFFSETS
from commfinder.simulation.names import TOPICS, slug
from commfinder.simulation.rosters import LIST_DOMAIN
from commfinder.simulation.structure import Bools
from commfinder.simulation.work_groups import Crew, Member, Post, Step, WorkGroup
from commfinder.simulation.work_plan import Work

__all__ = ["ROBOTS", "draw_groups"]

ROBOTS = ("SYSTEM", "x0112")
"""Machines in the workflow system: one that the log marks as such, and one that only its habits give away."""

_ACTIVITIES = ("Register", "Check", "Assess", "Consult", "Estimate", "Decide", "Prepare", "Approve", "Inform", "Close")
_PROCESSES = (
    "permit",
    "invoice",
    "onboarding",
    "purchase",
    "complaint",
    "change-request",
    "claim",
    "contract",
    "release",
    "recall",
    "audit-finding",
    "tender",
    "access-request",
    "travel",
)
_ANSWERERS = 0.15  # share of a community
_FEWEST_LEFT = 3


def draw_groups(crew: Crew, work: Work) -> tuple[WorkGroup, ...]:
    """Draw all groups.

    Parameters
    ----------
    crew : Crew
        Whom they are drawn from; who is drawn is noted there.
    work : Work
        What is wanted.

    Returns
    -------
    tuple of WorkGroup
        In the order of their types; processes that change come first among processes.
    """
    rng, found = crew.rng, list[WorkGroup]()
    for kind, number in work.groups.items():
        for place in range(number):
            drawn = _values(rng, work)
            name = f"W{len(found) + 1:02d}"
            if kind in {"process", "mixed"}:
                running = sum(bool(group.process) for group in found)
                changes = kind == "process" and work.changed_on is not None and place < work.changed
                group = _process(crew, work, drawn, name, (kind, running, changes))
            elif kind == "knowledge":
                group = _community(crew, drawn, name, len(found))
            elif kind == "social":
                group = _circle(crew, work, drawn, name)
            else:
                group = _team(crew, work, drawn, name)
            crew.note(group.people)
            found.append(group)
    return tuple(found)


def _process_name(number: int) -> str:
    """Return the name of a process; when names run out they are numbered."""
    again = number // len(_PROCESSES)
    return _PROCESSES[number % len(_PROCESSES)] + (f"-{again + 1}" if again else "")


def _values(rng: np.random.Generator, work: Work) -> dict[str, float]:
    """Draw a value from every range."""
    return {
        name: float(rng.integers(int(low), int(high) + 1)) if work.whole(name) else float(rng.uniform(low, high))
        for name, (low, high) in ((name, work.pair(name)) for name in work.ranges())
    }


def _process(crew: Crew, work: Work, drawn: Mapping[str, float], name: str, what: tuple[str, int, bool]) -> WorkGroup:
    """Draw a process, or a community of which some run one."""
    rng = crew.rng
    steps = _steps(crew, work, drawn)
    kind, running, changes = what
    process = _process_name(running)
    members = [
        Member(person, "worker", position, since, until, len(step.posts) == 1)
        for position, step in enumerate(steps)
        for post in step.posts
        for person, since, until in zip(post.people, post.since, (*post.since[1:], 1.0), strict=True)
    ]
    medium = work.media[int(rng.integers(len(work.media)))]
    machine = ROBOTS[running % len(ROBOTS)] if rng.random() < work.machines else ""
    lifecycle = bool(rng.random() < work.lifecycle)
    # The first step and the last keep their places.
    spare = len(steps) - 2
    parallel = int(rng.integers(1, spare)) if spare > 1 and rng.random() < work.parallel else -1
    space = f"{process}-desk" if medium == "channel" else ""
    if kind == "mixed":
        # The process of a community is written about where the community writes.
        medium, space = "channel", f"{process}-circle"
        inside = [member.person for member in members]
        more = max(_FEWEST_LEFT, int(drawn["size"]) - len(inside))
        others = crew.take(crew.structure.on_slack, more, inside)
        few = max(2, round(_ANSWERERS * int(drawn["size"])))
        chatting = [person for person in dict.fromkeys(inside) if crew.structure.on_slack[person]]
        chosen = [chatting[int(i)] for i in rng.permutation(len(chatting))[: few // 2]]
        experts = chosen + others[: few - len(chosen)]
        members += _asking(rng, [*dict.fromkeys([*experts, *others])], len(experts), drawn["turnover"])
    home = int(np.bincount(crew.structure.site[[member.person for member in members]]).argmax())
    return WorkGroup(
        name=name,
        type=kind,
        space=space,
        medium=medium,
        offset=OFFSETS[home],
        members=tuple(members),
        steps=steps,
        drawn=drawn,
        process=process,
        parallel=parallel,
        machine=machine,
        lifecycle=lifecycle,
        changed=changes,
    )


def _steps(crew: Crew, work: Work, drawn: Mapping[str, float]) -> tuple[Step, ...]:
    """Draw the steps of a process, their units, pools and paces."""
    rng, number = crew.rng, int(drawn["steps"])
    low, high = (int(end) for end in work.pair("workers"))
    pools = np.maximum(rng.integers(low, high + 1, size=number), min(2, high))
    if rng.random() < work.gatekeepers:
        pools[int(rng.integers(1, number))] = 1
    units = crew.units(min(int(drawn["units"]), number), int(pools.max()) + 1)
    among = rng.permutation([*units, *rng.choice(units, size=number - len(units)).tolist()]).tolist()
    names = sorted(rng.permutation(np.arange(1, len(_ACTIVITIES) - 1))[: number - 2].tolist())
    activities = [_ACTIVITIES[n] for n in (0, *names, len(_ACTIVITIES) - 1)]
    moving = np.zeros(int(pools.sum()), dtype=np.bool_)
    moving[rng.permutation(len(moving))[: round(drawn["turnover"] * len(moving))]] = True
    batch = int(rng.integers(1, number)) if rng.random() < work.batches else -1
    branch = int(rng.integers(1, number - 1)) if number > _FEWEST_LEFT and rng.random() < work.branches else -1
    steps: list[Step] = []
    taken: list[int] = []
    first = 0
    for position, (unit, pool) in enumerate(zip(among, pools.tolist(), strict=True)):
        title = crew.title([step.title for step in steps if step.unit == unit])
        moves = moving[first : first + pool]
        first += pool
        people = crew.staff(unit, pool + int(moves.sum()), title, taken)
        taken += people
        posts = _posts(rng, people, moves)
        steps.append(
            Step(
                activity=activities[position],
                unit=int(unit),
                title=title,
                posts=posts,
                weights=tuple(rng.dirichlet(np.full(len(posts), 4.0)).tolist()),
                wait=float(drawn["waits"] * rng.lognormal(0.0, 0.4)),
                touch=float(drawn["touch"] * rng.lognormal(0.0, 0.4)),
                needed=float(rng.uniform(0.3, 0.8)) if position == branch else 1.0,
                weekday=int(rng.integers(5)) if position == batch else -1,
            )
        )
    return tuple(steps)


def _posts(rng: np.random.Generator, people: list[int], moves: Bools) -> tuple[Post, ...]:
    """Share people out to posts; those who are left over succeed others."""
    # A unit that has too few people has fewer posts.
    number = max(1, min(len(moves), len(people)))
    heirs = people[number:]
    posts: list[Post] = []
    for person, moving in zip(people[:number], moves.tolist(), strict=False):
        if moving and heirs:
            posts.append(Post((person, heirs.pop(0)), (0.0, float(rng.uniform(0.2, 0.8)))))
        else:
            posts.append(Post((person,), (0.0,)))
    return tuple(posts)


def _asking(rng: np.random.Generator, people: list[int], answering: int, turnover: float) -> list[Member]:
    """Make people members of a community: the first ones answer and stay, of the others some come or go."""
    members = [Member(person, "answerer") for person in people[:answering]]
    for person in people[answering:]:
        moves, joins, when = rng.random() < turnover, rng.random() < 0.6, float(rng.uniform(0.1, 0.9))
        since, until = (when, 1.0) if joins else (0.0, when)
        members.append(Member(person, "asker", -1, *((since, until) if moves else (0.0, 1.0))))
    return members


def _community(crew: Crew, drawn: Mapping[str, float], name: str, number: int) -> WorkGroup:
    """Draw a knowledge community, in a channel or a list."""
    rng, structure = crew.rng, crew.structure
    channel = bool(rng.random() < 0.5)
    size = int(drawn["size"])
    people = crew.take(structure.on_slack if channel else ~structure.dormant, size)
    members = _asking(rng, people, max(2, round(_ANSWERERS * size)), drawn["turnover"])
    topic = f"ask-{slug(TOPICS[number % len(TOPICS)])}-{number + 1}"
    space, medium = (topic, "channel") if channel else (f"{topic}@{LIST_DOMAIN}", "list")
    return WorkGroup(name, "knowledge", space, medium, OFFSETS[0], tuple(members), (), drawn)


def _circle(crew: Crew, work: Work, drawn: Mapping[str, float], name: str) -> WorkGroup:
    """Draw a social circle of several units."""
    rng, structure, size = crew.rng, crew.structure, int(drawn["circle"])
    units = crew.units(min(int(drawn["units"]), size), 2)
    people: list[int] = []
    for place in range(size):
        unit = units[place % len(units)]
        people += crew.take(structure.on_slack & (structure.unit == unit) & (structure.level > 2), 1, people)
    if len(people) < _FEWEST_LEFT:
        people += crew.take(structure.on_slack, _FEWEST_LEFT - len(people), people)
    medium = work.media[int(rng.integers(len(work.media)))]
    space = f"lounge-{name.lower()}" if medium == "channel" else ""
    members = tuple(Member(person, "member") for person in people)
    return WorkGroup(name, "social", space, medium, _offset(crew, people), members, (), drawn)


def _team(crew: Crew, work: Work, drawn: Mapping[str, float], name: str) -> WorkGroup:
    """Draw a team and its lead, or two teams of one unit and its head."""
    rng, structure = crew.rng, crew.structure
    reports = np.bincount(structure.manager[crew.eligible & (structure.manager >= 0)], minlength=structure.size)
    leads = np.flatnonzero((structure.level == 3) & crew.eligible & (reports >= _FEWEST_LEFT))
    leads = leads[np.lexsort((rng.random(len(leads)), crew.load[leads]))]
    chosen = [int(leads[0])]
    boss = int(structure.manager[leads[0]])
    beside = [int(lead) for lead in leads[1:] if structure.manager[lead] == boss]
    top = chosen[0]
    if beside and crew.eligible[boss] and rng.random() < 0.4:
        chosen.append(beside[0])
        top = boss
    team = np.isin(structure.manager, chosen) & crew.eligible
    people = sorted({*chosen, *np.flatnonzero(team).tolist()} - {top})
    members = (Member(top, "manager"), *(Member(person, "member") for person in people))
    medium = work.media[int(rng.integers(len(work.media)))]
    space = f"team-{name.lower()}" if medium == "channel" else ""
    return WorkGroup(name, "formal-only", space, medium, _offset(crew, [top, *people]), members, (), drawn)


def _offset(crew: Crew, people: list[int]) -> int:
    """Return the clock of the site where most of some people are."""
    return OFFSETS[int(np.bincount(crew.structure.site[people]).argmax())]
