"""Compares what chat clients saw with what the store holds."""

import re
from dataclasses import dataclass, field

INBOX = re.compile(r"(#\S+) \((\d+)\)(?:, )?")
MISSED = re.compile(r"(\d+) messages? since you were here")


@dataclass
class Connection:
    """What one client saw during one connection."""

    nick: str
    program: str
    # What was shown, in order: (channel, nick, text) for messages, (channel, text) for notices.
    lines: list = field(default_factory=list)
    # The numbers of unread messages by channel that the server told on connecting.
    inbox: dict = field(default_factory=dict)

    def read_inbox(self, text):
        """Takes in a list like `#general (5), #dev (2)`."""
        self.inbox.update({channel: int(number) for channel, number in INBOX.findall(text)})

    def received(self, channel):
        """The messages of others. A client shows its own messages without waiting for the server."""
        return [line[1:] for line in self.lines
                if len(line) == 3 and line[0] == channel and line[1] != self.nick]

    def missed(self, channel):
        """The announced numbers of missed messages, in order."""
        numbers = [MISSED.match(line[1]) for line in self.lines if len(line) == 2 and line[0] == channel]
        return [int(number[1]) for number in numbers if number]


def messages(room):
    return [(event["from"], event["text"]) for event in room["events"]]


def check_counts(name, room):
    """Indexes have no gaps, ids are unique, and the counters match."""
    events = room["events"]
    count = len(events)
    if [event["index"] for event in events] != list(range(count)):
        yield f"{name}: the indexes are {[event['index'] for event in events]}"
    if len({event["id"] for event in events}) != count:
        yield f"{name}: an id is stored twice"
    if (room["event_count"], room["live_events"], room["latest_index"]) != (count, count, max(count - 1, 0)):
        yield (f"{name}: {count} events are listed, but counted are {room['event_count']},"
               f" live {room['live_events']}, the latest index is {room['latest_index']}")


def check_said(name, room, said):
    """Every message that was sent is stored once and in order."""
    for nick in sorted({nick for nick, _ in messages(room)} | {nick for where, nick, _ in said if where == name}):
        stored = [text for who, text in messages(room) if who == nick]
        meant = [text for where, who, text in said if (where, who) == (name, nick)]
        if stored != meant:
            yield f"{name}: {nick} said {meant}, stored is {stored}"


def check_seen(name, room, connections):
    """Everybody saw every message of the others once, in the order of the store."""
    for nick in sorted({connection.nick for connection in connections}):
        seen = [message for c in connections if c.nick == nick for message in c.received(name)]
        stored = [message for message in messages(room) if message[0] != nick]
        if seen != stored:
            yield f"{name}: {nick} saw {seen}, stored is {stored}"


def check_read(name, room, unread):
    """Read markers and unread counts are as expected; `unread` holds the counts by nick."""
    latest = room["latest_index"]
    for member in room["members"]:
        expected = unread.get(member["id"], 0)
        if (member["marker"], member["unread"]) != (latest - expected, expected):
            yield (f"{name}: {member['id']} has read up to {member['marker']} with {member['unread']} unread;"
                   f" expected {latest - expected} with {expected} unread")
    absent = {nick for nick in unread} - {member["id"] for member in room["members"]}
    if absent:
        yield f"{name}: not members: {sorted(absent)}"


def check_missed(name, returned, away):
    """The client was told how many messages it had missed (`away`), and was sent exactly these first."""
    if returned.missed(name) != ([len(away)] if away else []):
        yield f"{name}: {returned.nick} was told {returned.missed(name)} messages were missed, not {len(away)}"
    if returned.received(name)[:len(away)] != away:
        yield f"{name}: {returned.nick} was sent {returned.received(name)[:len(away)]}, missed were {away}"


def check_inbox(returned, unread):
    """On connecting, the client was told the number of unread messages of each channel that has any."""
    if returned.inbox != unread:
        yield f"{returned.nick} was told {returned.inbox} on connecting, unread were {unread}"


def disagreements(channels, report, said, connections, unread):
    """Every difference between the report of the store and what was said and seen.

    `said`: (channel, nick, text); `unread`: {channel: {nick: count}}, 0 for those that are not named.
    """
    found = []
    for name in channels:
        room = report.get(name)
        if room is None:
            found.append(f"{name}: the store has no such room")
            continue
        found += check_counts(name, room)
        found += check_said(name, room, said)
        found += check_seen(name, room, connections)
        found += check_read(name, room, unread.get(name, {}))
    return found
