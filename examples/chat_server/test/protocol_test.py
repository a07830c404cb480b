#!/usr/bin/env python3
"""The protocol as clients see it: registration, lines, channels; every command and every numeric."""

import unittest

from chat_client import Client, commands
from server_test_case import ServerTest


class Registration(ServerTest):
    def test_welcomes_with_the_numerics_that_clients_wait_for(self):
        client = self.client()
        client.send("NICK Wiz", "USER wiz 0 * :Wizard of Oz")
        received = client.sync()
        self.assertEqual(commands(received), ["001", "002", "003", "004", "005", "422"])
        self.assertIn("Wiz!wiz@127.0.0.1", received[0].text)
        self.assertTrue(all(m.params[0] == "Wiz" for m in received))
        tokens = received[4].params
        for token in ("CASEMAPPING=ascii", "CHANTYPES=#", "CHATHISTORY=100", "NICKLEN=30",
                      "CHANLIMIT=#:50", "MSGREFTYPES=msgid,timestamp", "UTF8ONLY"):
            self.assertIn(token, tokens)

    def test_answers_nothing_else_before_registration(self):
        client = self.client()
        client.send("JOIN #early", "PRIVMSG someone :hello", "FROBNICATE")
        self.assertEqual([m.params[0] for m in client.sync()], ["*", "*", "*"])
        client.send("JOIN #early")
        client.expect("451", "*")

    def test_refuses_nicks_that_are_missing_malformed_or_taken(self):
        self.client("Taken")
        client = self.client()
        client.send("NICK", "NICK :", "NICK 1digit", "NICK -dash", "NICK sp:ace", "NICK :two words",
                    "NICK " + "n" * 31, "NICK #chan", "NICK tAKEN")
        received = client.sync()
        self.assertEqual(commands(received), ["431"] * 2 + ["432"] * 6 + ["433"])
        self.assertEqual(received[-1].params[:2], ["*", "tAKEN"])
        client.send("NICK free[]\\`_^{|}-1", "USER u 0 * :r")
        client.expect("001", "free[]\\`_^{|}-1")

    def test_wants_all_parameters_of_user_once(self):
        client = self.client()
        client.send("USER only three params", "USER")
        self.assertEqual(commands(client.sync()), ["461", "461"])
        client.send("USER u 0 * :first", "NICK reg1")
        client.expect("001")
        client.send("USER again 0 * :r", "PASS late")
        self.assertEqual(commands(client.sync())[-2:], ["462", "462"])

    def test_any_password_is_accepted(self):
        client = self.client()
        client.send("PASS secret", "NICK pass1", "USER u 0 * :r")
        self.assertEqual(commands(client.sync())[0], "001")

    def test_cap_ls_and_req_hold_the_registration_until_end(self):
        client = self.client()
        client.send("CAP LS 302", "NICK cap1", "USER u 0 * :r")
        received = client.sync()
        self.assertEqual(commands(received), ["CAP"])
        self.assertEqual(received[0].params[:2], ["*", "LS"])
        offered = received[0].text.split()
        for cap in ("message-tags", "server-time", "batch", "draft/chathistory", "echo-message"):
            self.assertIn(cap, offered)
        client.send("CAP REQ :server-time batch")
        self.assertEqual(client.sync()[0].params, ["cap1", "ACK", "server-time batch"])
        client.send("CAP END")
        self.assertEqual(commands(client.sync())[0], "001")

    def test_cap_req_is_granted_as_a_whole_or_not_at_all(self):
        client = self.client("cap2")
        client.send("CAP REQ :batch sasl", "CAP LIST", "CAP REQ :batch server-time", "CAP LIST",
                    "CAP REQ :-batch", "CAP LIST", "CAP REQ :-batch", "CAP END", "CAP LIST")
        received = [m.params[1:] for m in client.sync()]
        self.assertEqual(received, [["NAK", "batch sasl"], ["LIST", ""],
                                    ["ACK", "batch server-time"], ["LIST", "server-time batch"],
                                    ["ACK", "-batch"], ["LIST", "server-time"],
                                    ["ACK", "-batch"], ["LIST", "server-time"]])

    def test_unknown_cap_commands_are_410_and_cap_alone_461(self):
        client = self.client()
        client.send("CAP FROB", "CAP")
        received = client.sync()
        self.assertEqual(received[0].command, "410")
        self.assertEqual(received[0].params[:2], ["*", "FROB"])
        self.assertEqual(received[1].command, "461")

    def test_a_new_nick_is_announced_to_those_who_share_a_channel(self):
        one, two = self.pair("#nick")
        stranger = self.client("stranger")
        one.send("NICK renamed")
        self.assertEqual(one.expect("NICK").source, "nickA!nickA@127.0.0.1")
        self.assertEqual(two.expect("NICK", "renamed").nick, "nickA")
        self.assertEqual(stranger.sync(), [])
        self.client("nickA")  # free again
        two.send("PRIVMSG renamed :hi")
        self.assertEqual(one.expect("PRIVMSG").params, ["renamed", "hi"])
        one.send("NICK RENAMED")  # only the case changes
        self.assertEqual(two.expect("NICK").text, "RENAMED")
        one.send("PRIVMSG #nick :still a member")
        self.assertEqual(two.expect("PRIVMSG").source, "RENAMED!nickA@127.0.0.1")

    def test_ping_is_answered_with_its_token(self):
        client = self.client("ping1")
        client.send("PING :a token", "PING", "PONG whatever")
        self.assertEqual(client.expect("PONG").params, ["chat.localhost", "a token"])
        client.expect("409")

    def test_quit_is_answered_and_announced_in_the_channel(self):
        one, two = self.pair("#quit")
        one.send("QUIT :gone fishing")
        received = one.read_to_end()
        self.assertEqual(received[-1].command, "ERROR")
        self.assertIn("Quit: gone fishing", received[-1].text)
        quit_line = two.expect("QUIT")
        self.assertEqual((quit_line.nick, quit_line.text), ("quitA", "Quit: gone fishing"))
        self.client("quitA")

    def test_a_lost_connection_is_a_quit_as_well(self):
        one, two = self.pair("#lost")
        one.close()
        self.assertEqual(two.expect("QUIT").nick, "lostA")
        again = Client(self.server, "lostA")
        again.join("#lost")
        again.reset()
        self.assertIn("reset", two.expect("QUIT", source="lostA").text)

    def test_a_message_sent_just_before_disconnecting_is_delivered(self):
        one, two = self.pair("#hangup")
        one.send("PRIVMSG #hangup :last words")
        one.close()
        self.assertEqual(two.expect("PRIVMSG").text, "last words")
        self.assertEqual(two.expect("QUIT").nick, "hangupA")


class Lines(ServerTest):
    def test_commands_are_case_insensitive_and_unknown_ones_are_421(self):
        client = self.client("line1")
        client.send("join #Lines", "FrObNiCaTe a b c")
        client.expect("JOIN", "#Lines")
        self.assertEqual(client.expect("421").params[:2], ["line1", "FROBNICATE"])

    def test_claimed_sources_and_extra_spaces_are_ignored(self):
        one, two = self.pair("#source")
        one.send(":somebody!else@elsewhere  PRIVMSG   #source   :who am I")
        self.assertEqual(two.expect("PRIVMSG").source, "sourceA!sourceA@127.0.0.1")

    def test_empty_lines_are_no_commands(self):
        client = self.client("line2")
        client.send("", "   ", "@tag", ":source")
        self.assertEqual(client.sync(), [])

    def test_a_line_over_512_bytes_is_417_and_does_nothing(self):
        client = self.client("line3")
        client.send("JOIN #" + "x" * 600)
        self.assertEqual(commands(client.sync()), ["417"])
        client.send("PING " + "x" * 505)  # with its line end, 512
        self.assertEqual(client.read().command, "PONG")
        client.send("PING " + "x" * 506)
        self.assertEqual(client.read().command, "417")

    def test_tags_over_4096_bytes_are_417(self):
        client = self.client("line4")
        client.send("@+a=" + "x" * 4091 + " PING fits", "@+a=" + "x" * 4092 + " PING does-not")
        received = client.sync()
        self.assertEqual(commands(received), ["PONG", "417"])

    def test_invalid_utf8_and_nul_are_refused(self):
        client = self.client("line5")
        client.join("#utf8")
        for bad in (b"\xff", b"\x80", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"a\0b"):
            client.send_bytes(b"PRIVMSG #utf8 :" + bad + b"\r\n")
            refused = client.expect("FAIL")
            self.assertEqual(refused.params[:2], ["*", "INVALID_UTF8"])
        self.assertEqual(self.server.report()["#utf8"]["event_count"], 0)

    def test_a_bare_newline_ends_a_line_too(self):
        client = self.client("line6")
        client.send_bytes(b"PING one\nPING two\r\n")
        self.assertEqual([client.read().text, client.read().text], ["one", "two"])

    def test_lines_may_come_in_pieces(self):
        client = self.client("line7")
        for piece in (b"PI", b"NG pie", b"ces\r", b"\n"):
            client.send_bytes(piece)
        self.assertEqual(client.expect("PONG").text, "pieces")


class Channels(ServerTest):
    def test_join_sends_the_channel_its_topic_and_its_names(self):
        one = self.client("joinA")
        self.assertEqual(commands(one.join("#Join")), ["JOIN", "353", "366"])
        one.send("TOPIC #join :what it is about")
        one.expect("TOPIC")
        two = self.client("joinB")
        received = two.join("#JOIN")
        self.assertEqual(commands(received), ["JOIN", "332", "333", "353", "366"])
        self.assertEqual(received[0].params, ["#Join"])  # as written by its creator
        self.assertEqual(received[1].params, ["joinB", "#Join", "what it is about"])
        self.assertEqual(received[2].params[:3], ["joinB", "#Join", "joinA"])
        self.assertEqual(sorted(received[3].text.split()), ["joinA", "joinB"])
        self.assertEqual(one.expect("JOIN").source, "joinB!joinB@127.0.0.1")
        self.assertEqual(two.ask("JOIN #join"), [])  # has joined already

    def test_join_accepts_lists_and_refuses_bad_names(self):
        client = self.client("join2")
        received = client.ask("JOIN #a1,nohash,#,#a2,#sp:ace,#" + "x" * 50)
        joined = [m.params[0] for m in received if m.command == "JOIN"]
        refused = [m.params[1] for m in received if m.command == "403"]
        self.assertEqual(joined, ["#a1", "#a2"])
        self.assertEqual(refused, ["nohash", "#", "#sp:ace", "#" + "x" * 50])
        self.assertEqual(commands(client.ask("JOIN")), ["461"])

    def test_join_zero_leaves_everything(self):
        client = self.client("join3")
        client.send("JOIN #z1,#z2", "JOIN 0")
        parted = [m.params[0] for m in client.sync() if m.command == "PART"]
        self.assertEqual(sorted(parted), ["#z1", "#z2"])

    def test_more_channels_than_allowed_are_405(self):
        client = self.client("join4")
        received = client.ask("JOIN " + ",".join(f"#m{i}" for i in range(51)))
        self.assertEqual(sum(m.command == "JOIN" for m in received), 50)
        self.assertEqual([m.params[1] for m in received if m.command == "405"], ["#m50"])

    def test_part_is_announced_with_its_reason(self):
        one, two = self.pair("#part")
        one.send("PART #PART :enough")
        self.assertEqual(one.expect("PART").params, ["#part", "enough"])
        self.assertEqual(two.expect("PART").params, ["#part", "enough"])
        received = one.ask("PART #part", "PART #nowhere-at-all", "PART nonsense", "PART")
        self.assertEqual(commands(received), ["442", "403", "403", "461"])
        two.send("PRIVMSG #part :alone now")
        two.sync()
        self.assertEqual(one.sync(), [])

    def test_topic_is_shown_changed_and_cleared(self):
        one, two = self.pair("#topic")
        self.assertEqual(commands(one.ask("TOPIC #topic")), ["331"])
        one.send("TOPIC #topic :first topic")
        self.assertEqual(two.expect("TOPIC").params, ["#topic", "first topic"])
        received = two.ask("TOPIC #topic")
        self.assertEqual(commands(received), ["332", "333"])
        self.assertEqual(received[0].text, "first topic")
        self.assertEqual(self.server.report()["#topic"]["topic"], "first topic")
        two.send("TOPIC #topic :")
        self.assertEqual(one.expect("TOPIC", "#topic", "", source="topicB").nick, "topicB")
        self.assertEqual(commands(one.ask("TOPIC #topic")), ["331"])
        stranger = self.client("topicC")
        received = stranger.ask("TOPIC #topic :mine", "TOPIC #no-such-topic", "TOPIC nonsense", "TOPIC")
        self.assertEqual(commands(received), ["442", "403", "403", "461"])
        self.assertEqual(commands(one.ask("TOPIC #topic :" + "t" * 301)), ["417"])

    def test_names_who_and_list_show_who_is_where(self):
        one, two = self.pair("#where")
        stranger = self.client("whereC")
        received = stranger.ask("NAMES #where")
        self.assertEqual(commands(received), ["353", "366"])
        self.assertEqual(sorted(received[0].text.split()), ["whereA", "whereB"])
        self.assertEqual(commands(stranger.ask("NAMES #nothing", "NAMES")), ["366", "366"])
        received = stranger.ask("WHO #where")
        self.assertEqual(commands(received), ["352", "352", "315"])
        self.assertEqual(received[0].params[:8], ["whereC", "#where", "whereA", "127.0.0.1",
                                                  "chat.localhost", "whereA", "H", "0 whereA of the tests"])
        self.assertEqual(commands(stranger.ask("WHO whereA", "WHO nobody")), ["352", "315", "315"])
        one.send("TOPIC #where :here")
        two.expect("TOPIC")
        received = stranger.ask("LIST #where,#nothing,nonsense")
        self.assertEqual(commands(received), ["321", "322", "323"])
        self.assertEqual(received[1].params, ["whereC", "#where", "2", "here"])
        listed = [m.params[1] for m in stranger.ask("LIST") if m.command == "322"]
        self.assertIn("#where", listed)

    def test_private_conversations_are_not_listed(self):
        one, two = self.client("listA"), self.client("listB")
        one.send("PRIVMSG listB :psst")
        two.expect("PRIVMSG")
        listed = [m.params[1] for m in one.ask("LIST") if m.command == "322"]
        self.assertTrue(all(name.startswith("#") for name in listed), listed)

    def test_list_goes_on_over_many_pages(self):
        for number in range(5):
            client = self.client(f"many{number}")
            for first in (0, 25):
                client.ask("JOIN " + ",".join(f"#many-{number}-{i}" for i in range(first, first + 25)))
        listed = [m.params[1] for m in client.ask("LIST") if m.command == "322"]
        self.assertEqual(len(listed), len(set(listed)))
        self.assertEqual(sum(name.startswith("#many-") for name in listed), 250)

    def test_modes_are_answered(self):
        client = self.client("mode1")
        client.join("#mode")
        received = client.ask("MODE #mode", "MODE #mode b", "MODE #mode +o mode1", "MODE #nope-mode")
        self.assertEqual(commands(received), ["324", "329", "368", "482", "403"])
        self.assertEqual(received[0].params[1:], ["#mode", "+n"])
        self.client("mode2")
        received = client.ask("MODE mode1", "MODE MODE1 +i", "MODE mode1", "MODE mode1 +ix-i",
                              "MODE mode2 +i", "MODE nobody", "MODE")
        self.assertEqual(commands(received), ["221", "MODE", "221", "MODE", "501", "502", "401", "461"])
        self.assertEqual([m.text for m in received[:4]], ["+", "+i", "+i", "-i"])

    def test_invisible_clients_are_hidden_from_strangers(self):
        one, two = self.pair("#hide")
        stranger = self.client("hideC")
        one.send("MODE hideA +i")
        one.sync()
        nicks = lambda client: [m.params[5] for m in client.ask("WHO *") if m.command == "352"]
        self.assertNotIn("hideA", nicks(stranger))
        self.assertIn("hideB", nicks(stranger))
        self.assertIn("hideA", nicks(two))

    def test_whois_ison_and_userhost_find_people(self):
        one, _ = self.pair("#whois")
        received = one.ask("WHOIS whoisb")
        self.assertEqual(commands(received), ["311", "319", "312", "317", "318"])
        self.assertEqual(received[0].params[1:], ["whoisB", "whoisB", "127.0.0.1", "*", "whoisB of the tests"])
        self.assertEqual(received[1].text, "#whois")
        self.assertEqual(commands(one.ask("WHOIS nobody", "WHOIS")), ["401", "318", "431"])
        self.assertEqual(one.ask("ISON whoisa nobody WHOISB")[0].text.split(), ["whoisA", "whoisB"])
        self.assertEqual(one.ask("USERHOST whoisb")[0].text.strip(), "whoisB=+whoisB@127.0.0.1")
        self.assertEqual(commands(one.ask("MOTD", "ISON", "USERHOST")), ["422", "461", "461"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
