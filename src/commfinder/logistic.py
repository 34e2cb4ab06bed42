"""How probable each class is, by a multinomial logistic model that was fitted beforehand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Logistic", "stored"]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Logistic:
    """A multinomial logistic model of the class of a group.

    Parameters
    ----------
    classes : tuple of str
        The classes that have a probability.
    features : tuple of str
        Names of the features, in the order of the columns.
    topics : mapping of str to str
        Which fact a feature belongs to: features of one topic are told of in one sentence.
    center, scale : ndarray of float64, shape (d,)
        Mean and spread of each feature where the model was fitted.
    low, high : ndarray of float64, shape (d,)
        Range of each feature where the model was fitted; values beyond count as its ends.
    weight : ndarray of float64, shape (len(classes), d + 1)
        Log-odds of the classes, up to a constant, are weighted sums of standardised features; the first weight is the
        intercept.
    """

    classes: tuple[str, ...]
    features: tuple[str, ...]
    topics: Mapping[str, str]
    center: FloatArray
    scale: FloatArray
    low: FloatArray
    high: FloatArray
    weight: FloatArray

    def standardised(self, rows: FloatArray) -> FloatArray:
        """Return features in units of their spread, held to the range of the fit; what is not known is the mean."""
        held = (np.clip(rows, self.low, self.high) - self.center) / self.scale
        return np.where(np.isnan(held), 0.0, held)

    def probability(self, rows: FloatArray) -> FloatArray:
        """Return the probability of each class.

        Parameters
        ----------
        rows : ndarray of float64, shape (n, d)
            Features of groups.

        Returns
        -------
        ndarray of float64, shape (n, len(classes))
            Rows sum to 1.

        Notes
        -----
        Classes had equal weight in the fit: the prior is flat. Planted groups are of no organisation's mix of classes,
        so no other prior is known. Where one is, multiply by it times the number of classes and let rows sum to 1.
        """
        score = self.weight[:, 0] + self.standardised(rows) @ self.weight[:, 1:].T
        odds = np.exp(score - score.max(axis=1, keepdims=True))
        found: FloatArray = odds / odds.sum(axis=1, keepdims=True)
        return found

    def contributions(self, row: FloatArray, for_class: str, against: str) -> dict[str, float]:
        """Return what each topic adds to the log-odds of one class against another.

        Parameters
        ----------
        row : ndarray of float64, shape (d,)
            Features of one group.
        for_class, against : str
            Of `classes`.

        Returns
        -------
        dict of str to float
            Sums over the features of each topic; the intercept belongs to none.
        """
        weight = self.weight[self.classes.index(for_class), 1:] - self.weight[self.classes.index(against), 1:]
        parts = weight * self.standardised(row[None])[0]
        total: dict[str, float] = {}
        for name, part in zip(self.features, parts, strict=True):
            total[self.topics[name]] = total.get(self.topics[name], 0.0) + float(part)
        return total


def stored(
    package: str, name: str, *, classes: tuple[str, ...], features: tuple[str, ...], topics: Mapping[str, str]
) -> Logistic:
    """Read a model that lies beside the code that uses it.

    Parameters
    ----------
    package, name : str
        Package and file name of the JSON document: features, classes, center, scale, low, high, weight.
    classes, features : tuple of str
        What the code takes the model to be of.
    topics : mapping of str to str
        Which fact a feature belongs to.

    Returns
    -------
    Logistic

    Raises
    ------
    AssertionError
        If the document is of other features or classes: its numbers would have no meaning.
    """
    document: dict[str, Any] = json.loads(files(package).joinpath(name).read_text(encoding="utf-8"))
    if tuple(document["features"]) != features or tuple(document["classes"]) != classes:
        raise AssertionError(f"{name} is not of these features and classes; fit it again")
    parts = (np.array(document[part], dtype=np.float64) for part in ("center", "scale", "low", "high", "weight"))
    return Logistic(classes, features, topics, *parts)
