#!/usr/bin/env python3
"""Tests of scenario_check.py: it detects every change of the transcripts and of the store."""

import unittest

from scenario_check import Connection, check_inbox, check_missed, disagreements


def room(*texts):
    events = [{"index": i, "id": f"id{i}", "from": nick, "text": text} for i, (nick, text) in enumerate(texts)]
    count = len(events)
    return {"events": events, "event_count": count, "live_events": count, "latest_index": count - 1,
            "members": [{"id": nick, "marker": count - 1, "unread": 0} for nick in ("ann", "ben")]}


class ComparisonTest(unittest.TestCase):
    def setUp(self):
        talk = [("ann", "one"), ("ben", "two"), ("ann", "three"), ("ann", "four")]
        self.said = [("#c", nick, text) for nick, text in talk]
        self.report = {"#c": room(*talk)}
        self.ann = Connection("ann", "x", [("#c", "ann", "one"), ("#c", "ben", "two")])
        self.ben_before = Connection("ben", "x", [("#c", "ann", "one")])
        self.ben_after = Connection("ben", "x", [("#c", "2 messages since you were here"),
                                                 ("#c", "ann", "three"), ("#c", "ann", "four")])
        self.ben_after.read_inbox("#c (2)")
        self.away = [("ann", "three"), ("ann", "four")]

    def found(self):
        problems = disagreements(["#c"], self.report, self.said,
                                 [self.ann, self.ben_before, self.ben_after], {})
        problems += check_inbox(self.ben_after, {"#c": 2})
        return problems + list(check_missed("#c", self.ben_after, self.away))

    def test_equal_transcripts_and_store_pass(self):
        self.assertEqual(self.found(), [])

    def assert_caught(self, change, what):
        change()
        with self.subTest(what):
            self.assertNotEqual(self.found(), [])
        self.setUp()

    def test_every_change_of_the_store_is_caught(self):
        events = lambda: self.report["#c"]["events"]
        members = lambda: self.report["#c"]["members"]
        self.assert_caught(lambda: self.report.clear(), "no room")
        self.assert_caught(lambda: events().pop(), "a message is missing")
        self.assert_caught(lambda: events().append(dict(events()[0], index=4, id="id4")), "a message twice")
        self.assert_caught(lambda: events()[1].update(text="2"), "another text")
        self.assert_caught(lambda: events()[1].update({"from": "ann"}), "another author")
        self.assert_caught(lambda: events()[3].update(index=5), "a hole")
        self.assert_caught(lambda: events()[3].update(id="id0"), "an id twice")
        for key in ("event_count", "live_events", "latest_index"):
            self.assert_caught(lambda key=key: self.report["#c"].update({key: 9}), key)
        self.assert_caught(lambda: members()[1].update(marker=2), "a marker too low")
        self.assert_caught(lambda: members()[1].update(marker=None), "no marker")
        self.assert_caught(lambda: members()[1].update(unread=1), "a wrong unread count")

    def test_every_change_of_a_transcript_is_caught(self):
        self.assert_caught(lambda: self.ann.lines.pop(), "a message was not shown")
        self.assert_caught(lambda: self.ann.lines.append(self.ann.lines[1]), "a message was shown twice")
        self.assert_caught(lambda: self.ben_after.lines.reverse(), "a wrong order")
        self.assert_caught(lambda: self.ben_after.lines.pop(0), "no count of what was missed")
        self.assert_caught(
            lambda: self.ben_after.lines.__setitem__(0, ("#c", "3 messages since you were here")), "a wrong count")
        self.assert_caught(lambda: self.ben_after.lines.pop(1), "a missed message was not sent")
        self.assert_caught(lambda: self.ben_before.lines.append(("#c", "ann", "never said")), "never sent")

    def test_every_change_of_an_inbox_is_caught(self):
        self.ben_after.read_inbox("#other-1 (11), #c (2)")
        self.assertEqual(self.ben_after.inbox, {"#other-1": 11, "#c": 2})
        self.assert_caught(lambda: None, "another channel")
        self.assert_caught(lambda: self.ben_after.inbox.clear(), "no inbox")
        self.assert_caught(lambda: self.ben_after.read_inbox("#c (3)"), "a wrong number")

    def test_messages_that_were_said_and_not_stored_are_caught(self):
        self.assert_caught(lambda: self.said.append(("#c", "ben", "lost")), "a message got lost")
        self.assert_caught(lambda: self.said.pop(), "stored without having been said")


if __name__ == "__main__":
    unittest.main()
