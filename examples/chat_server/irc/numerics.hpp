#pragma once

#include <string_view>

/// Numeric replies, named as in RFC 2812 and on modern.ircdocs.horse.
namespace chat::irc {

inline constexpr std::string_view rpl_welcome = "001";
inline constexpr std::string_view rpl_yourhost = "002";
inline constexpr std::string_view rpl_created = "003";
inline constexpr std::string_view rpl_myinfo = "004";
inline constexpr std::string_view rpl_isupport = "005";
inline constexpr std::string_view rpl_umodeis = "221";
inline constexpr std::string_view rpl_userhost = "302";
inline constexpr std::string_view rpl_ison = "303";
inline constexpr std::string_view rpl_whoisuser = "311";
inline constexpr std::string_view rpl_whoisserver = "312";
inline constexpr std::string_view rpl_endofwho = "315";
inline constexpr std::string_view rpl_whoisidle = "317";
inline constexpr std::string_view rpl_endofwhois = "318";
inline constexpr std::string_view rpl_whoischannels = "319";
inline constexpr std::string_view rpl_liststart = "321";
inline constexpr std::string_view rpl_list = "322";
inline constexpr std::string_view rpl_listend = "323";
inline constexpr std::string_view rpl_channelmodeis = "324";
inline constexpr std::string_view rpl_creationtime = "329";
inline constexpr std::string_view rpl_notopic = "331";
inline constexpr std::string_view rpl_topic = "332";
inline constexpr std::string_view rpl_topicwhotime = "333";
inline constexpr std::string_view rpl_whoreply = "352";
inline constexpr std::string_view rpl_namreply = "353";
inline constexpr std::string_view rpl_endofnames = "366";
inline constexpr std::string_view rpl_endofbanlist = "368";
inline constexpr std::string_view err_nosuchnick = "401";
inline constexpr std::string_view err_nosuchchannel = "403";
inline constexpr std::string_view err_cannotsendtochan = "404";
inline constexpr std::string_view err_toomanychannels = "405";
inline constexpr std::string_view err_toomanytargets = "407";
inline constexpr std::string_view err_noorigin = "409";
inline constexpr std::string_view err_invalidcapcmd = "410";
inline constexpr std::string_view err_norecipient = "411";
inline constexpr std::string_view err_notexttosend = "412";
inline constexpr std::string_view err_inputtoolong = "417";
inline constexpr std::string_view err_unknowncommand = "421";
inline constexpr std::string_view err_nomotd = "422";
inline constexpr std::string_view err_nonicknamegiven = "431";
inline constexpr std::string_view err_erroneusnickname = "432";
inline constexpr std::string_view err_nicknameinuse = "433";
inline constexpr std::string_view err_notonchannel = "442";
inline constexpr std::string_view err_notregistered = "451";
inline constexpr std::string_view err_needmoreparams = "461";
inline constexpr std::string_view err_alreadyregistered = "462";
inline constexpr std::string_view err_bannedfromchan = "474";
inline constexpr std::string_view err_chanoprivsneeded = "482";
inline constexpr std::string_view err_umodeunknownflag = "501";
inline constexpr std::string_view err_usersdontmatch = "502";

}  // namespace chat::irc
