"""A plan says what is wanted, and refuses what can not be."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import numpy as np
import pytest

from commfinder.errors import InputError
from commfinder.simulation import Plan, simulate

SMALL = Plan(groups={"real": 2, "paper": 2, "core-only": 1}, size=(8, 14), undeclared=1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"groups": {"reel": 1}}, ["'reel'", "Did you mean 'real'?"]),
        ({"groups": {"real": -1}}, ["-1", "whole number"]),
        ({"groups": ["real"]}, ["mapping"]),
        ({"size": (3, 8)}, ["size", "from 6 to 200"]),
        ({"size": (20, 8)}, ["low not above high"]),
        ({"strength": 0}, ["strength", "0.02"]),
        ({"strength": "high"}, ["strength", "'high'"]),
        ({"strength": (0.1, 0.2, 0.3)}, ["pair"]),
        ({"noise": True}, ["noise"]),
        ({"coverage": 0.1}, ["coverage", "0.3"]),
        ({"turnover": float("nan")}, ["turnover"]),
        ({"mixes": ("unifrom",)}, ["Did you mean 'uniform'?"]),
        ({"mixes": ()}, ["mixes", "empty"]),
        ({"media": "fax"}, ["'fax'"]),
        ({"bigger": 1.5}, ["bigger", "from 0 to 1"]),
        ({"sites": 5}, ["sites", "from 1 to 4"]),
        ({"storms": -1}, ["storms"]),
        ({"bots": 3}, ["pair", "flagged"]),
        ({"groups": {"real": 1}, "duplicates": 2}, ["duplicates", "1 groups"]),
    ],
)
def test_bad_plans_teach(arguments, words):
    with pytest.raises(InputError) as caught:
        Plan(**arguments)
    for word in words:
        assert word in str(caught.value)


def test_plans_that_do_not_fit_teach():
    with pytest.raises(InputError, match=r"Simulate at least 160 people"):
        simulate(100, plan=Plan(size=40))
    with pytest.raises(InputError, match=r"fewer or smaller groups"):
        simulate(100, plan=Plan(groups={"real": 12}, size=10))
    with pytest.raises(InputError, match="A Plan is needed"):
        simulate(100, plan={"real": 2})


def test_plans_are_values():
    plan = Plan(groups={"paper": 1, "real": 2}, size=10, media="email")
    assert plan == Plan(groups={"real": 2, "paper": 1}, size=(10, 10), media=("email",))
    assert list(plan.groups) == ["real", "paper"]
    assert plan.total == 3
    with pytest.raises(dataclasses.FrozenInstanceError):
        plan.size = 12
    with pytest.raises(TypeError):
        plan.groups["real"] = 3
    assert plan.to_dict()["groups"] == {"real": 2, "paper": 1}
    assert simulate(80, 1, weeks=8, plan=plan).provenance.parameters["plan"]["size"] == [10.0, 10.0]


def test_a_seed_fixes_everything(tmp_path):
    first, again, other = (simulate(80, seed, weeks=12, plan=SMALL) for seed in (5, 5, 6))
    assert first.interactions().equals(again.interactions())
    assert first.to_frame().equals(again.to_frame())
    assert not first.interactions().equals(other.interactions())
    assert _digests(first.write(tmp_path / "a")) == _digests(again.write(tmp_path / "b"))


def _digests(folder: Path) -> dict[str, str]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_no_plan_is_the_demonstration():
    """Digests of the demonstration; whoever changes them changes what everybody sees."""
    frame = simulate(60, 1, weeks=8).to_frame()
    digest = hashlib.sha256(frame.to_csv(index=False).encode()).hexdigest()
    assert digest == "eb35c166053f731561368b28bc65cbe24d692ca33670975c48f3562f118e020c"


def test_counts_and_ranges():
    plan = Plan(groups={"real": 5, "split": 3, "paper": 4}, size=(9, 17), strength=(0.3, 0.4), mixes=("uniform",))
    truth = simulate(300, 2, weeks=8, plan=plan).truth.groups
    assert truth["planted"].value_counts().to_dict() == {"real": 5, "split": 3, "paper": 4}
    assert truth["members"].between(9, 17).all()
    assert truth.loc[truth["planted"] == "split", "members"].min() >= 12
    tied = truth[truth["planted"] != "paper"]
    assert tied["strength"].between(0.3, 0.4).all()
    assert tied["strength"].nunique() > 4
    assert truth.loc[truth["planted"] == "paper", "strength"].isna().all()
    assert (truth["mix"] == "uniform").all()
    assert truth["members"].nunique() > 3


def test_mixes_are_what_they_are_called():
    plan = Plan(groups={"real": 8, "paper": 24}, size=(10, 20), bigger=0)
    found = [simulate(500, seed, weeks=8, plan=plan) for seed in (3, 4)]
    for organisation in found:
        groups, structure = organisation.truth.groups.set_index("group"), organisation.structure
        assert set(groups["mix"]) == {"uniform", "active", "three units", "70 % one unit"}
        assert (groups.loc[groups["mix"] == "three units", "units"] == 3).all()
        assert groups.loc[groups["mix"] == "70 % one unit", "largest_unit"].between(0.6, 0.8).all()
        assert groups.loc[groups["mix"] == "uniform", "units"].min() >= 4
        active = {mix: [] for mix in ("uniform", "active")}
        for group in organisation.planted.groups:
            active.setdefault(group.mix, []).append(structure.activity[list(group.members)].mean())
        assert np.mean(active["active"]) > np.mean(active["uniform"]) + 0.15


def test_sites_and_seasons():
    for sites in (1, 2, 4):
        people = simulate(80, 1, weeks=8, plan=dataclasses.replace(SMALL, sites=sites)).people
        assert people["site"].nunique() == sites
    calm, wavy = (
        simulate(80, 1, start="2026-01-05", weeks=52, plan=dataclasses.replace(SMALL, dip=d, wave=w))
        for d, w in ((0, 0), (1, 0.8))
    )
    for organisation, low, high in ((calm, 0.75, 1.35), (wavy, 3.0, 30.0)):
        month = organisation.clean_frame()["time"].dt.month
        assert low < (month <= 2).sum() / month.isin([7, 8]).sum() < high
    weekly = wavy.clean_frame()["time"].dt.isocalendar().week.value_counts()
    assert weekly.min() < 0.2 * weekly.median()


def test_turnover_and_membership():
    for share in (0.0, 0.3):
        organisation = simulate(200, 1, weeks=12, plan=dataclasses.replace(SMALL, turnover=share))
        period = organisation.clock.period
        people = organisation.people
        moved = (people["since"] > str(period.start.date())) | (people["until"] != "")
        assert moved.mean() == pytest.approx(share, abs=0.01)
        since = people.set_index("person")["since"]
        assert (organisation.groups["since"] >= organisation.groups["person"].map(since)).all()


def test_what_is_not_covered_is_not_there():
    plan = dataclasses.replace(SMALL, coverage=0.7, storms=2, groups={"real": 3, "core-only": 2, "insufficient": 2})
    organisation = simulate(200, 1, weeks=12, plan=plan)
    people = organisation.truth.people
    lost = set(people.loc[~people["seen"], "person"])
    assert len(lost) == 60
    accounts = set(organisation.truth.aliases.loc[organisation.truth.aliases["person"].isin(lost), "account"])
    raw, clean = organisation.to_frame(), organisation.interactions()
    assert not accounts & (set(raw["sender"]) | set(raw["recipient"].dropna()))
    assert not lost & (set(clean["sender"]) | set(clean["recipient"].dropna()))
    groups = organisation.truth.groups
    members = organisation.truth.members.query("listed").merge(people[["person", "absent"]])
    covered = (members["seen"] & ~members["absent"]).groupby(members["group"])
    assert np.allclose(groups["coverage"], covered.mean().reindex(groups["group"]), atol=1e-4)
    enough = (groups["coverage"] >= 0.6) & (covered.sum().reindex(groups["group"]).to_numpy() >= 5)
    assert (groups["verdict"] == groups["planted"].where(enough, "insufficient")).all()


def test_half_of_the_conversations():
    whole, half = (simulate(100, 1, weeks=12, plan=dataclasses.replace(SMALL, recorded=r)) for r in (1.0, 0.5))
    assert len(half.clean_frame()) == pytest.approx(0.5 * len(whole.clean_frame()), rel=0.1)
    frame = half.to_frame()
    assert set(frame["parent"].dropna()) <= set(frame["event"])


def test_noise_is_as_much_as_wanted():
    for noise in (0.0, 0.5):
        organisation = simulate(100, 1, weeks=12, plan=dataclasses.replace(SMALL, noise=noise))
        count = organisation.truth.noise.set_index("what")["count"]
        talk = organisation.parts.talk
        assert count["oneoff"] == talk.one_off.sum() == pytest.approx(noise * (~talk.one_off).sum(), rel=0.1)


def test_storms_and_machines():
    organisation = simulate(200, 1, weeks=12, plan=dataclasses.replace(SMALL, storms=3, bots=(2, 3)))
    truth = organisation.truth
    mails = truth.broadcasts[truth.broadcasts["person"] != ""]
    assert mails["person"].nunique() == 3
    assert mails["recipients"].min() > 40
    machines = truth.machines[truth.machines["medium"] == "email"].groupby("kind")["account"].nunique()
    assert machines.to_dict() == {"build mail": 3, "newsletter": 1, "ticket mail": 2}
    frame = organisation.interactions()
    flagged = frame.groupby("sender")["automated"].all()
    for account, told in zip(truth.machines["account"], truth.machines["flagged"], strict=True):
        assert flagged[account] == told
    none = simulate(100, 1, weeks=12, plan=dataclasses.replace(SMALL, storms=0, bots=(0, 0)))
    assert none.truth.broadcasts.empty
    assert set(none.truth.machines["kind"]) <= {"bot message"}


@pytest.mark.parametrize(
    "changed",
    [
        {"groups": {}, "undeclared": 0},
        {"groups": {"insufficient": 3}},
        {"groups": {"real": 1}, "coverage": 0.3, "recorded": 0.05, "noise": 0, "bots": (0, 0), "storms": 0},
        {"groups": {"broker-dependent": 3, "split": 1}, "size": 6, "media": "channel", "overlap": 1},
        {"groups": {"core-only": 1, "split": 1}, "size": 14, "strength": 1, "coverage": (0.5, 0.9)},
        {"groups": {"real": 2, "dormant": 1}, "strength": 0.02, "media": "list", "turnover": 0.5},
    ],
)
def test_extreme_plans_make_whole_organisations(changed, tmp_path):
    organisation = simulate(80, 3, weeks=8, plan=Plan(**({"size": (6, 12), "undeclared": 1} | changed)))
    clean, everything, raw = organisation.clean_frame(), organisation.interactions(), organisation.to_frame()
    assert 0 < len(clean) <= len(everything) <= len(raw)
    assert len(organisation.truth.groups) == sum(changed["groups"].values())
    organisation.write(tmp_path)
    assert len(organisation.messages) == len({message.event for message in organisation.messages})
