#!/usr/bin/env python3
"""Messages, history, and what a client is told about messages that it has missed."""

import unittest

from chat_client import commands, texts
from server_test_case import ServerTest


class Messages(ServerTest):
    def test_all_members_but_the_sender_see_a_message(self):
        one, two = self.pair("#say")
        three = self.client("sayC")
        one.send("PRIVMSG #SAY :hello wörld  with  spaces ")
        seen = two.expect("PRIVMSG")
        self.assertEqual((seen.source, seen.params),
                         ("sayA!sayA@127.0.0.1", ["#say", "hello wörld  with  spaces "]))
        self.assertEqual(seen.tags, {})
        self.assertEqual((one.sync(), three.sync()), ([], []))
        one.send("NOTICE #say :note well")
        self.assertEqual(two.expect("NOTICE").params, ["#say", "note well"])
        one.send("PRIVMSG #say :\x01ACTION waves\x01")
        self.assertEqual(two.expect("PRIVMSG").text, "\x01ACTION waves\x01")

    def test_messages_without_a_valid_target_are_answered(self):
        self.client("nowhereB").join("#nowhere")
        client = self.client("nowhereA")
        received = client.ask("PRIVMSG #nowhere :let me in", "PRIVMSG #not-there :x", "PRIVMSG nobody :x",
                              "PRIVMSG", "PRIVMSG #nowhere", "PRIVMSG #nowhere :",
                              "PRIVMSG a,b,c,d,e :x")
        self.assertEqual(commands(received), ["404", "403", "401", "411", "412", "412", "407"])
        self.assertEqual(client.ask("NOTICE #nowhere :x", "NOTICE nobody :x", "NOTICE", "NOTICE nobody"), [])

    def test_a_message_that_does_not_fit_is_refused_and_not_cut(self):
        one, two = self.pair("#long")
        overhead = len(":longA!longA@127.0.0.1 PRIVMSG #long :\r\n")
        fits = "x" * (512 - overhead)
        one.send("PRIVMSG #long :" + fits)
        self.assertEqual(two.expect("PRIVMSG").text, fits)
        self.assertEqual(commands(one.ask("PRIVMSG #long :" + fits + "x")), ["417"])
        self.assertEqual(two.sync(), [])
        self.assertEqual(self.server.report()["#long"]["event_count"], 1)

    def test_private_messages_are_relayed_and_stored_in_a_room_of_two(self):
        one, two = self.client("PrivA"), self.client("PrivB")
        one.send("PRIVMSG privb :psst")
        self.assertEqual(two.expect("PRIVMSG").params, ["PrivB", "psst"])
        two.send("PRIVMSG priva :what?", "NOTICE PrivA :busy")
        self.assertEqual(one.expect("PRIVMSG").text, "what?")
        self.assertEqual(one.expect("NOTICE", source="PrivB").text, "busy")
        room = self.server.report()["private:priva:privb"]
        self.assertEqual([(e["index"], e["from"], e["text"]) for e in room["events"]],
                         [(0, "priva", "psst"), (1, "privb", "what?"), (2, "privb", "busy")])
        self.assertEqual([(m["id"], m["marker"], m["unread"]) for m in room["members"]],
                         [("priva", 2, 0), ("privb", 2, 0)])

    def test_a_message_can_go_to_the_sender_and_to_several_targets(self):
        one, two = self.pair("#multi")
        one.send("PRIVMSG multiA :note to self")
        self.assertEqual(one.expect("PRIVMSG").text, "note to self")
        one.send("PRIVMSG #multi,multiB :both ways")
        self.assertEqual([two.expect("PRIVMSG").params[0] for _ in range(2)], ["#multi", "multiB"])

    def test_echo_message_returns_the_stored_message(self):
        one, two = self.pair("#echo", one="echo-message message-tags server-time")
        one.send("PRIVMSG #echo :for everybody")
        echo = one.expect("PRIVMSG")
        self.assertEqual((echo.nick, echo.text), ("echoA", "for everybody"))
        self.assertEqual(echo.tags["msgid"], self.server.report()["#echo"]["events"][0]["id"])
        one.send("PRIVMSG echoB :for you")
        self.assertEqual(one.expect("PRIVMSG").params, ["echoB", "for you"])
        self.assertEqual([two.expect("PRIVMSG").text for _ in range(2)], ["for everybody", "for you"])

    def test_tags_go_to_clients_that_asked_for_them(self):
        one, two = self.pair("#tags", one="message-tags", other="message-tags")
        plain, timed = self.client("tagsC"), self.client("tagsD", "server-time")
        plain.join("#tags")
        timed.join("#tags")
        one.send("@+draft/reply=a\\sb\\:c;+x;secret=no;msgid=forged;time=2001-01-01T00:00:00.000Z "
                 "PRIVMSG #tags :tagged")
        tags = two.expect("PRIVMSG").tags
        self.assertEqual(set(tags), {"msgid", "+draft/reply", "+x"})
        self.assertEqual(tags["+draft/reply"], "a b;c")
        self.assertNotEqual(tags["msgid"], "forged")
        self.assertEqual(plain.expect("PRIVMSG").tags, {})
        tags = timed.expect("PRIVMSG").tags
        self.assertEqual(set(tags), {"time"})
        self.assertRegex(tags["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertGreater(tags["time"], "2001-01-02")

    def test_tagmsg_reaches_clients_with_message_tags_and_is_not_stored(self):
        one, two = self.pair("#typing", one="message-tags echo-message", other="message-tags")
        plain = self.client("typingC")
        plain.join("#typing")
        one.sync()
        two.sync()
        one.send("@+typing=active TAGMSG #typing")
        seen = two.expect("TAGMSG")
        self.assertEqual((seen.params, seen.tags["+typing"]), (["#typing"], "active"))
        self.assertEqual(one.expect("TAGMSG").tags["+typing"], "active")
        two.send("@+typing=done TAGMSG typingA")
        self.assertEqual(one.expect("TAGMSG", "typingA").tags["+typing"], "done")
        self.assertEqual(plain.sync(), [])
        self.assertEqual(commands(plain.ask("@+typing=active TAGMSG #typing")), ["421"])
        self.assertEqual(commands(two.ask("@+a TAGMSG nobody", "TAGMSG", "TAGMSG #typing")), ["401", "411"])
        self.assertEqual(self.server.report()["#typing"]["event_count"], 0)

    def test_the_standard_replies_capability_can_be_requested(self):
        client = self.client("std1", "standard-replies")
        client.send("CAP LIST")
        self.assertEqual(client.expect("CAP").text, "standard-replies")


class History(ServerTest):
    ALL = "batch server-time message-tags draft/chathistory"

    def fill(self, channel, count):
        """Fills a channel with numbered messages; returns a member with all capabilities."""
        writer = self.client(channel[1:] + "W")
        writer.join(channel)
        for number in range(count):
            writer.send(f"PRIVMSG {channel} :message {number}")
            writer.sync()
        reader = self.client(channel[1:] + "R", self.ALL)
        reader.join(channel)
        return reader

    def ask(self, client, request):
        """The messages of the batch that answers a CHATHISTORY, and the tags on them."""
        client.sync()
        client.send("CHATHISTORY " + request)
        start = client.read()
        self.assertEqual((start.command, start.params[0][0], start.params[1]), ("BATCH", "+", "chathistory"))
        messages = []
        while (message := client.read()).command != "BATCH":
            self.assertEqual(message.tags["batch"], start.params[0][1:])
            messages.append(message)
        self.assertEqual(message.params, ["-" + start.params[0][1:]])
        self.assertEqual(start.params[2], request.split()[1])
        return messages

    def numbers(self, client, request):
        return [int(m.text.split()[1]) for m in self.ask(client, request)]

    def test_latest_returns_the_end_in_ascending_order(self):
        reader = self.fill("#latest", 12)
        self.assertEqual(self.numbers(reader, "LATEST #latest * 5"), [7, 8, 9, 10, 11])
        messages = self.ask(reader, "LATEST #latest * 100")
        self.assertEqual(len(messages), 12)
        self.assertEqual(messages[0].source, "latestW!latestW@127.0.0.1")
        stored = self.server.report()["#latest"]["events"]
        self.assertEqual([m.tags["msgid"] for m in messages], [event["id"] for event in stored])
        middle = messages[6]
        self.assertEqual(self.numbers(reader, f"LATEST #latest msgid={middle.tags['msgid']} 3"), [9, 10, 11])
        self.assertEqual(self.numbers(reader, f"LATEST #latest msgid={middle.tags['msgid']} 50"),
                         [7, 8, 9, 10, 11])
        self.assertEqual(self.numbers(reader, f"LATEST #latest timestamp={middle.tags['time']} 50"),
                         [n for n, m in enumerate(messages) if m.tags["time"] > middle.tags["time"]])

    def test_before_and_after_exclude_their_reference(self):
        reader = self.fill("#around", 10)
        messages = self.ask(reader, "LATEST #around * 100")
        ids = [m.tags["msgid"] for m in messages]
        self.assertEqual(self.numbers(reader, f"BEFORE #around msgid={ids[5]} 3"), [2, 3, 4])
        self.assertEqual(self.numbers(reader, f"AFTER #around msgid={ids[5]} 3"), [6, 7, 8])
        self.assertEqual(self.numbers(reader, f"BEFORE #around msgid={ids[0]} 3"), [])
        self.assertEqual(self.numbers(reader, f"AFTER #around msgid={ids[9]} 3"), [])
        time = messages[5].tags["time"]
        before = [n for n, m in enumerate(messages) if m.tags["time"] < time]
        after = [n for n, m in enumerate(messages) if m.tags["time"] > time]
        self.assertEqual(self.numbers(reader, f"BEFORE #around timestamp={time} 100"), before)
        self.assertEqual(self.numbers(reader, f"BEFORE #around timestamp={time} 2"), before[-2:])
        self.assertEqual(self.numbers(reader, f"AFTER #around timestamp={time} 100"), after)
        self.assertEqual(self.numbers(reader, f"AFTER #around timestamp={time} 2"), after[:2])
        self.assertEqual(len(self.ask(reader, "AFTER #around timestamp=2001-01-01T00:00:00.000Z 100")), 10)

    def test_paging_back_returns_everything_once(self):
        reader = self.fill("#pages", 23)
        seen, page = [], self.ask(reader, "LATEST #pages * 4")
        while page:
            seen = [int(m.text.split()[1]) for m in page] + seen
            page = self.ask(reader, f"BEFORE #pages msgid={page[0].tags['msgid']} 4")
        self.assertEqual(seen, list(range(23)))

    def test_no_more_than_the_announced_limit_is_returned(self):
        reader = self.fill("#limit", 104)
        self.assertEqual(self.numbers(reader, "LATEST #limit * 1000"), list(range(4, 104)))

    def test_client_only_tags_are_part_of_history(self):
        reader = self.fill("#kept", 0)
        writer = self.client("keptX", "message-tags")
        writer.join("#kept")
        writer.send("@+reply=42 NOTICE #kept :with a tag")
        writer.sync()
        message = self.ask(reader, "LATEST #kept * 1")[0]
        self.assertEqual((message.command, message.tags["+reply"]), ("NOTICE", "42"))

    def test_without_batch_and_tags_only_lines_come(self):
        self.fill("#plain", 3)
        client = self.client("plainP", "draft/chathistory")
        client.join("#plain")
        received = client.ask("CHATHISTORY LATEST #plain * 2")
        self.assertEqual([(m.command, m.text, m.tags) for m in received],
                         [("PRIVMSG", "message 1", {}), ("PRIVMSG", "message 2", {})])

    def test_private_history_is_for_its_two_participants_only(self):
        one, two, three = (self.client(nick, self.ALL) for nick in ("phistA", "phistB", "phistC"))
        one.send("PRIVMSG phistB :one")
        two.expect("PRIVMSG")
        two.send("PRIVMSG phistA :two")
        one.expect("PRIVMSG")
        for client, other in ((one, "phistB"), (two, "phistA")):
            self.assertEqual([(m.nick, m.params) for m in self.ask(client, f"LATEST {other} * 10")],
                             [("phistA", ["phistB", "one"]), ("phistB", ["phistA", "two"])])
        self.assertEqual(self.ask(three, "LATEST phistA * 10"), [])
        self.assertEqual(three.ask("CHATHISTORY LATEST private:phista:phistb * 10")[0].params[:2],
                         ["CHATHISTORY", "INVALID_TARGET"])

    def test_wrong_requests_fail_as_the_specification_says(self):
        reader = self.fill("#wrong", 1)
        self.client("wrongX").join("#elsewhere")
        known = self.ask(reader, "LATEST #wrong * 1")[0].tags["msgid"]
        for request, code, context in (
                ("", "INVALID_PARAMS", ["*"]),
                ("FROB #wrong * 1", "INVALID_PARAMS", ["FROB"]),
                ("BETWEEN #wrong * * 1", "INVALID_PARAMS", ["BETWEEN"]),
                ("LATEST #wrong *", "INVALID_PARAMS", ["LATEST"]),
                ("LATEST #wrong * 1 2", "INVALID_PARAMS", ["LATEST"]),
                ("LATEST #wrong * many", "INVALID_PARAMS", ["LATEST", "many"]),
                ("LATEST #wrong * 0", "INVALID_PARAMS", ["LATEST", "0"]),
                ("LATEST #wrong * -1", "INVALID_PARAMS", ["LATEST", "-1"]),
                ("LATEST #wrong * 99999999999999999999", "INVALID_PARAMS", ["LATEST", "99999999999999999999"]),
                ("BEFORE #wrong * 1", "INVALID_PARAMS", ["BEFORE", "*"]),
                ("AFTER #wrong timestamp=yesterday 1", "INVALID_PARAMS", ["AFTER", "timestamp=yesterday"]),
                ("AFTER #wrong msgid= 1", "INVALID_PARAMS", ["AFTER", "msgid="]),
                ("AFTER #wrong label=7 1", "INVALID_MSGREFTYPE", ["AFTER", "#wrong", "label=7"]),
                ("LATEST #elsewhere * 1", "INVALID_TARGET", ["LATEST", "#elsewhere"]),
                ("LATEST #no-such-room * 1", "INVALID_TARGET", ["LATEST", "#no-such-room"]),
                ("BEFORE #wrong msgid=unknown 1", "MESSAGE_ERROR", ["BEFORE", "#wrong"]),
                ("BEFORE #wrong msgid=" + "x" * 300 + " 1", "MESSAGE_ERROR", ["BEFORE", "#wrong"]),
                (f"BEFORE wrongX msgid={known} 1", "MESSAGE_ERROR", ["BEFORE", "wrongX"])):
            with self.subTest(request):
                received = reader.ask("CHATHISTORY " + request)
                self.assertEqual([m.command for m in received], ["FAIL"])
                self.assertEqual(received[0].params[:-1], ["CHATHISTORY", code, *context])
        self.assertEqual(commands(self.client("wrongY").ask("CHATHISTORY LATEST #wrong * 1")), ["421"])


class Presence(ServerTest):
    def missed(self, messages):
        """The notices about missed messages, and these messages."""
        return texts(messages, "NOTICE"), texts(messages)

    def say(self, client, channel, *lines):
        for line in lines:
            client.send(f"PRIVMSG {channel} :{line}")
        client.sync()

    def test_a_client_that_comes_back_is_sent_what_it_has_missed(self):
        one, two = self.pair("#back")
        self.say(one, "#back", "seen 1", "seen 2")
        two.sync()
        two.close()
        one.expect("QUIT")
        self.say(one, "#back", "missed 1", "missed 2", "missed 3")
        again = self.client("backB")
        notices, messages = self.missed(again.join("#back"))
        self.assertEqual(messages, ["missed 1", "missed 2", "missed 3"])
        self.assertEqual(notices, ["3 messages since you were here", "end of what you missed"])
        self.say(one, "#back", "live")
        self.assertEqual(again.expect("PRIVMSG").text, "live")

    def test_a_client_that_has_missed_nothing_is_told_nothing(self):
        one, two = self.pair("#nothing-missed")
        self.say(one, "#nothing-missed", "seen")
        two.sync()
        two.send("QUIT")
        two.read_to_end()
        again = self.client("nothing-missedB")
        self.assertEqual(self.missed(again.join("#nothing-missed")), ([], []))

    def test_a_client_that_joins_for_the_first_time_is_sent_no_old_messages(self):
        one, _ = self.pair("#past")
        self.say(one, "#past", "long ago")
        new = self.client("pastC")
        self.assertEqual(self.missed(new.join("#past")), ([], []))
        self.say(one, "#past", "now")
        self.assertEqual(new.expect("PRIVMSG").text, "now")

    def test_clients_with_chathistory_are_told_the_number_only(self):
        one, two = self.pair("#ask")
        two.close()
        one.expect("QUIT")
        self.say(one, "#ask", "missed")
        again = self.client("askB", "draft/chathistory")
        self.assertEqual(self.missed(again.join("#ask")), (["1 message since you were here"], []))

    def test_missed_messages_are_sent_only_once(self):
        one, two = self.pair("#once")
        two.close()
        one.expect("QUIT")
        self.say(one, "#once", "missed")
        again = self.client("onceB")
        self.assertEqual(self.missed(again.join("#once"))[1], ["missed"])
        again.close()
        one.expect("QUIT")
        self.assertEqual(self.missed(self.client("onceB").join("#once")), ([], []))

    def test_after_a_part_later_messages_are_missed(self):
        one, two = self.pair("#leave")
        self.say(one, "#leave", "seen")
        two.sync()
        two.send("PART #leave")
        one.expect("PART")
        self.say(one, "#leave", "missed")
        two.sync()
        self.assertEqual(self.missed(two.join("#leave"))[1], ["missed"])

    def test_after_a_long_absence_only_the_newest_messages_are_sent(self):
        one, two = self.pair("#months")
        two.close()
        one.expect("QUIT")
        self.say(one, "#months", *(f"missed {i}" for i in range(70)))
        notices, messages = self.missed(self.client("monthsB").join("#months"))
        self.assertEqual(messages, [f"missed {i}" for i in range(20, 70)])
        self.assertEqual(notices[0], "70 messages since you were here; the last 50:")

    def test_members_stay_members_when_they_disconnect(self):
        one, two = self.pair("#stay")
        three = self.client("stayC")
        three.join("#stay")
        status = lambda: {m["id"]: m["status"] for m in self.server.report()["#stay"]["members"]}
        self.assertEqual(status(), {"staya": "active", "stayb": "active", "stayc": "active"})
        two.close()
        one.expect("QUIT")
        three.ask("PART #stay")
        self.assertEqual(status(), {"staya": "active", "stayb": "inactive", "stayc": "left"})
        names = one.ask("NAMES #stay")[0].text.split()
        self.assertEqual(names, ["stayA"])
        self.client("stayB").join("#stay")
        self.assertEqual(status()["stayb"], "active")

    def test_read_markers_follow_the_members(self):
        one, two = self.pair("#marks")
        self.say(one, "#marks", "0", "1", "2")
        two.sync()
        two.close()
        one.expect("QUIT")
        self.say(one, "#marks", "3", "4")
        one.sync()
        members = {m["id"]: (m["marker"], m["unread"]) for m in self.server.report()["#marks"]["members"]}
        self.assertEqual(members, {"marksa": (4, 0), "marksb": (2, 2)})

    def test_a_new_nick_is_a_new_member(self):
        one, two = self.pair("#rename")
        self.say(one, "#rename", "0")
        two.sync()
        two.send("NICK renameC")
        one.expect("NICK")
        self.say(one, "#rename", "1")
        two.sync()
        members = {m["id"]: (m["status"], m["marker"]) for m in self.server.report()["#rename"]["members"]}
        self.assertEqual(members, {"renamea": ("active", 1), "renameb": ("inactive", 0), "renamec": ("active", 1)})


if __name__ == "__main__":
    unittest.main(verbosity=2)
