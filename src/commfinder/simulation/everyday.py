"""The everyday traffic of the organisation of the demonstration."""

from __future__ import annotations

from commfinder.simulation.noise import write_noise
from commfinder.simulation.rosters import Planted
from commfinder.simulation.spaces import Channel, open_channels, write_channels, write_lists
from commfinder.simulation.ties import Ties
from commfinder.simulation.traffic import Writer, write_direct_groups, write_one_offs, write_talk

__all__ = ["write_everyday"]


def write_everyday(writer: Writer, planted: Planted, ties: Ties) -> tuple[tuple[Channel, ...], list[tuple[int, ...]]]:
    """Write all traffic.

    Parameters
    ----------
    writer : Writer
        Where messages go.
    planted : Planted
        The groups.
    ties : Ties
        Who has a tie with whom.

    Returns
    -------
    channels : tuple of Channel
        The channels.
    group_chats : list of tuple of int
        Members of the direct conversations of several people.
    """
    write_talk(writer, ties)
    write_one_offs(writer)
    group_chats = write_direct_groups(writer, writer.structure.size // 25)
    channels = open_channels(writer, planted.groups)
    neighbours = ties.neighbours(writer.structure.size)
    write_channels(writer, channels, neighbours)
    write_lists(writer, planted.groups, neighbours)
    write_noise(writer)
    return channels, group_chats
