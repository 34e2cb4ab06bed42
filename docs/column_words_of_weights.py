"""What the columns about single ties and weights mean; `generate.py` holds them against the frames."""

from __future__ import annotations

BACKBONE = {
    "person_a": "one of the two; comes first in order of ids",
    "person_b": "the other",
    "events": "interactions between the two",
    "expected": "events that the activity of the two alone would give",
    "score": "(events - expected) / (events + expected), -1 to 1",
    "sd": "standard deviation of the score",
    "kept": "whether the score exceeds delta standard deviations: the published rule",
    "p": "probability of so many events or more by activity alone",
    "q": "the same, corrected for all pairs that could have met",
}
ACTIVITY = {
    "person_a": "one of the two; comes first in order of ids",
    "person_b": "the other",
    "events": "interactions that have a time",
    "active": "windows with any",
    "first": "number of the first active window, 0 the oldest; missing where nothing has a time",
    "last": "number of the last active window",
    "longest_gap": "most windows without any between two active ones",
    "silent": "windows without any since the last active one",
    "busiest": "share of the events in the busiest window",
}
REPLIES = {
    "sender": "who wrote",
    "recipient": "who would answer",
    "messages": "messages that were waited for to the end",
    "answered": "those answered in time, five working days by default",
    "reply_hours": "median working hours until an answer, over those answered; missing where none was",
    "wait_hours": "the same over all messages, unanswered ones last; missing where more than half were not answered",
}
SENSITIVITY = {
    "setting": "what was changed; the first row is another seed, which changes nothing but chance",
    "value": "to what",
    "pairs": "pairs with any event left",
    "ties": "pairs to which the binary rule applies",
    "kendall_tau": "agreement of the order of pairs by weight with that of the graph, -1 to 1",
    "communities": "how many of three or more people",
    "similarity": "element-centric similarity with the communities of the graph, 0 to 1",
    "ami": "adjusted mutual information with them, at most 1",
}
MACHINES = {
    "account": "the account",
    "kind": "bot, list, room or broadcast",
    "score": "how much speaks for its being no person, 0 to 1",
    "reasons": "what speaks for it, in words",
    "decision": "exclude or keep",
    "by": "who decided: the score, or the user",
}
