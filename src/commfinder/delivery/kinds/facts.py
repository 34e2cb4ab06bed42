"""The facts on one group: every number that its type and the words about it rest on."""

from __future__ import annotations

from dataclasses import dataclass

from commfinder.delivery.kinds.background import Formal, Talk

__all__ = ["ENOUGH_IDS", "STRICT", "TALK", "Facts"]

STRICT = 0.2
"""Order beyond chance that talk does not have: archives of it showed 0.03 to 0.1, logs of processes 0.33 to 0.44."""
TALK = 0.58
"""Share of pairs that came as before in the archive of talk that had most order."""
ENOUGH_IDS = 10
"""A group with fewer cases that carry an id has cases that may be talk."""


@dataclass(frozen=True)
class Facts:
    """What is known of one group; nan where something is not known.

    Parameters
    ----------
    size, cases, windows, acts : int
        Members; cases they worked on together; windows of four weeks in which such cases begin; what members did in
        them.
    with_id : int
        Cases that carry an id of a workflow or ticket, or a page; others are threads, references or chains.
    units, roles : int
        Distinct units and roles of members in the cases.
    order, order_null, order_p : float
        Share of pairs of a new case, without whoever opened it, that come in the order seen before (0.5 is chance): at
        the level at which it exceeds chance most; the same under shuffling; how often shuffling does as well, times the
        number of levels.
    order_level : str
        ``"person"``, ``"role"`` or ``"activity"``; empty where no order can be measured.
    order_low : float
        Lower bound of the share, 95 %, one-sided.
    order_pairs : int
        Pairs it rests on.
    order_person, order_role, order_activity : float
        The same share at each level.
    order_spread : float
        How much more cases differ in their order than chance makes them; 1 is chance.
    handoffs : int
        Handoffs from member to member.
    across_units : float
        Share of them between two units.
    units_in_case, units_in_group : float
        Probability that two people of one case, or of the group, are of different units.
    path : float
        How far the role that hands on tells the role that takes over, 0 to 1.
    one_way_roles, one_way_people : float
        How one-sided pairs of roles, or of people, hand on, 0 to 1.
    place_entropy : float
        How mixed the roles at each place of a case are, 0 to 1.
    same_roles, same_people : float
        Probability that two cases are of the same set of roles, or of the same set of people.
    openers : float
        Probability that two cases are opened by the same member.
    opener_lift, answer_lift : float
        How many times more often the same member opens (answers) twice than if everybody did so alike.
    half_open : int
        The fewest members who open half of the cases.
    parts : int
        Spaces in which the group has ten cases or more; what passes through no space is one of them.
    strict_reach, strict_share : float
        Share of the members with three cases or more who have as many in the part that has most order; share of the
        cases in it.
    strictest_part, loosest_part : float
        Order beyond a half in the part that has most and in the one that has least of it, drawn towards none where few
        pairs tell of it.
    loose_share, loose_spaces : float
        Share of all cases, and of those in spaces, that lie in spaces without order (less than a tenth beyond a half).
    fewest_openers, most_openers : float
        Probability that two cases of a part are opened by the same member, in the part where few open and in the one
        where many do.
    end_lift : float
        How many times more often two cases end in the same activity (or else role) than if all were alike.
    people_per_case : float
        Mean number of members in a case.
    back : float
        Share of handoffs that return to whoever had the case before.
    chain : float
        Handoffs that a straight line through the people of a case needs, over those made: 1 without any return.
    response_hours, response_spread : float
        Median hours from act to act of two members; interquartile range of their logarithm.
    burst : float
        Burstiness of the beginnings of cases, -1 (a clock) to 1; 0 is chance. It does not decide: a group of many cases
        is bursty by its nights and weekends alone.
    gap_days : float
        Median days between the beginnings of two cases.
    off_hours, usual_off_hours : float
        Share of the group's acts outside the usual working hours of whoever acts; of all else that members do.
    alone : float
        Share of the cases in the group's spaces that nobody answered.
    talk : Talk
        What members write to one another.
    formal : Formal or None
        Lasting ties among members, and how many formal structure explains.
    informal : float
        Share of handoffs that do not follow the chart.
    beyond_units, beyond_units_p : float
        Share of the handoffs between members that others of the same units and like activity would not give; how often
        such others give as many.
    """

    size: int
    cases: int
    windows: int
    acts: int
    with_id: int
    units: int
    roles: int
    order: float
    order_null: float
    order_p: float
    order_low: float
    order_level: str
    order_pairs: int
    order_person: float
    order_role: float
    order_activity: float
    order_spread: float
    handoffs: int
    across_units: float
    units_in_case: float
    units_in_group: float
    path: float
    one_way_roles: float
    one_way_people: float
    place_entropy: float
    same_roles: float
    same_people: float
    openers: float
    opener_lift: float
    answer_lift: float
    half_open: int
    parts: int
    strict_reach: float
    strict_share: float
    strictest_part: float
    loosest_part: float
    loose_share: float
    loose_spaces: float
    fewest_openers: float
    most_openers: float
    end_lift: float
    people_per_case: float
    back: float
    chain: float
    response_hours: float
    response_spread: float
    burst: float
    gap_days: float
    off_hours: float
    usual_off_hours: float
    alone: float
    talk: Talk
    formal: Formal | None
    informal: float
    beyond_units: float
    beyond_units_p: float

    @property
    def excess(self) -> float:
        """Order beyond chance, drawn towards none where few pairs tell of it."""
        return (self.order - self.order_null) * self.order_pairs / (self.order_pairs + 30)

    @property
    def may_be_talk(self) -> bool:
        """Whether so few cases carry an id that they may be talk."""
        return self.with_id < ENOUGH_IDS

    @property
    def sure(self) -> float:
        """Order beyond chance that is sure: of the lower bound."""
        return self.order_low - self.order_null
