// The control protocol: what copyctl and the daemon say to each other, and the one table of
// commands that the daemon's dispatcher, `copyctl --help`, manual pages and completions are made
// from.
//
// One JSON object per line, both ways, over a Unix stream socket; one request is answered before
// the next is read. Any thread; no state.
//
//   request  {"command":"pause","label":"bob","reason":"holiday"}
//   reply    {"ok":true, …}   or   {"ok":false,"error":"…","remedy":"…"}
//
// "causes" are all that hold a follower back: "configuration", "operator", "leader", "engine",
// "connection", "breach", "breaker", "health", "recovery", "journal", "kill"; the strictest is in
// force. "quarantined" counts symbols on which nothing opens because an order's fate is unknown for
// long, a "removed" follower is not in the file any more and is drained, "drift_legs" legs on which
// the venue holds more than copyd does. Amounts are strings
// ("10000.5"), times are integers in the unit of their name, and what is not known is null. The
// replies:
//
//   status     {"ok":true,"version":"0.1.0","generation":1,"ready":true,"uptime_s":60,
//               "waiting_for":"why the venue cannot be used yet"|null,
//               "threads":"shared|dedicated","venue":"binance-usdm",
//               "leaders":[{"label","state":"connecting|live|stale|not_connected",
//                 "last_fill_ms_ago":1200|null,"fills":3,"equity":"10000"|null,FIRST_WORDS}],
//               "followers":[{"label","state":"active|reduce_only|halted","causes":["operator"],
//                 "link":"ready|recovering|not_connected","flattening":false,"removed":false,
//                 "quarantined":0,"drift_legs":0,"last_read_ms_ago":900|null,
//                 "outcomes":{"copied","carried","skipped","failed","unknown","none"},
//                 "skipped":{"below_min":1},"orders":3,"in_flight":0,"equity":"5000"|null,
//                 "positions":[{"symbol","leg":"BOTH|LONG|SHORT","target":"0.1",
//                   "position":"0.1","in_flight":"0"}]}],
//               "latency_ns":{"fill_to_wire":{"p50","p99","p999","n"}}}
//   pause, resume, halt, flatten
//              {"ok":true,"changed":[{"label","state","flattening":false,"causes":[…]}]}
//   connect, rotate
//              {"ok":true,"account":CARD}
//   accounts   {"ok":true,"accounts":[CARD]}
//   disconnect {"ok":true,"label":"bob","note":"…"|null}
//   positions  {"ok":true,"positions":[{"follower","symbol","leg","target","position",
//               "in_flight"}]}
//   why        {"ok":true,"trade":{…},"followers":[{…}],"next":CURSOR|null}
//   history    {"ok":true,"trades":[{…}],"next":CURSOR|null}
//   skips      {"ok":true,"skips":[{…}],"next":CURSOR|null}
//   drift      {"ok":true,"legs":[{"follower","symbol","leg","target","position","in_flight",
//               "drift","state":"on_target|in_flight|off_target"}],
//               "foreign":[{"follower","legs":1}]}
//   balance    {"ok":true,"accounts":[{"label","role","equity":"5000"|null,
//               "transfers":"100"|null,"net_equity"|null,"last_sync_ms_ago":900|null}]}
//   orders     {"ok":true,"followers":[{"label","waiting","written","unknown"}],"orders":[{…}]}
//   export     {"ok":true,"columns":["time",…],"rows":[{…}],"next":CURSOR|null}
//               what the members of these rows mean is in docs/HISTORY.md
//   latency    {"ok":true,"latency_ns":{stage:{"p50","p99","p999","n"}},  of all, since the start
//               "copies":{"orders":20000,"newest_only":true,  of the history
//                 "followers":[{"follower","orders","stages_ns":{stage:{"p50",…}},
//                   "delay_ms":{"p50",…},"worse_bps":{"p50",…}}],"next":CURSOR|null}|null,
//               "note":"why there are no copies"|null,"leaders":[{"label",FIRST_WORDS}]}
//   reload     {"ok":true,"said":"…","generation":2,
//               "applied":[{"path":"follower[bob].limits.equity_floor","before","after"}],
//               "waiting":[…]}  what only a restart applies; ten of each at most
//   version    {"ok":true,"version":"0.1.0"}
//
//   CARD       {"label","role":"leader|follower|none","venue","key_type":"HMAC|Ed25519|RSA"|null,
//               "api_key":"dbef…"|null,"status":"Connected|Re-auth needed|Error|Not connected",
//               "message":"the venue's words"|null,
//               "permissions":{"reading":true|false|null,"futures","withdrawals",
//                 "internal_transfer","universal_transfer"}|null,
//               "ip_list":true|false|null,"trading_expires":"2027-01-31"|null,
//               "last_sync_ms_ago":900|null,"equity":"5000"|null,"warnings":["…"]}
//
//   FIRST_WORDS  what told a leader's fills first, and by how much before the other: each of two
//              connections, and TRADE_LITE before the whole event
//              "said_first":[120,80],"said_first_lead_ns":[{"p50","p99","p999","n"},{…}],
//              "lite_fills":200,"lite_lead_ns":{"p50","p99","p999","n"}
//
// A reader ignores members that it does not know. No reply holds a secret, a signature, a listen
// key, or more of an API key than its first four characters.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/secret.hpp"
#include "ops/failure.hpp"

namespace copyd::ops {

inline constexpr std::string_view control_socket_default = "/run/copyd/control.sock";
inline constexpr std::size_t control_request_max = 64U << 10U;  // bytes of a line without its end
inline constexpr std::size_t control_connections_max = 32;
inline constexpr std::chrono::seconds control_idle_timeout{30};    // for a whole request to come
inline constexpr std::chrono::seconds control_answer_timeout{60};  // for the daemon to answer it
inline constexpr std::size_t control_reason_max = 200;

// ---- the table ---------------------------------------------------------------------------------

enum class Verb : std::uint8_t {
  status,
  pause,
  resume,
  halt,
  flatten,
  connect,
  rotate,
  accounts,
  disconnect,
  positions,
  latency,
  why,
  history,
  skips,
  drift,
  balance,
  orders,
  export_,
  reload,
  version,
};

struct Argument {
  enum class Kind : std::uint8_t {
    word,      // copyctl: in its place; on the wire: a string
    option,    // copyctl: --name TEXT; on the wire: a string
    choice,    // copyctl: --name TEXT; not on the wire
    flag,      // copyctl: --name; on the wire: true or false
    secret,    // copyctl: asked for, never an argument; on the wire: a string
    terminal,  // copyctl: --name; not on the wire
  };
  std::string_view name;
  Kind kind = Kind::word;
  bool required = false;
  std::string_view help;
};

struct ControlCommand {
  Verb verb;
  std::string_view name;
  std::span<const Argument> arguments;
  std::string_view help;     // one line
  std::string_view example;  // one line for a shell
  bool changes_state = false;
};

namespace detail {
using Kind = Argument::Kind;
inline constexpr Argument whom{"label", Kind::word, false, "a follower or a leader"};
inline constexpr Argument all{"all", Kind::flag, false, "every follower"};
inline constexpr Argument reason{"reason", Kind::option, false, "why; recorded"};
inline constexpr std::array restricting{whom, all, reason};
inline constexpr std::array flattening{
    whom, all,
    Argument{"everything", Kind::flag, false, "also what copyd did not open: the whole account"},
    reason, Argument{"yes", Kind::terminal, false, "do not ask"}};
inline constexpr std::array watching{
    Argument{"watch", Kind::terminal, false, "show it again every second until ^C"}};
inline constexpr Argument from_stdin{"stdin", Kind::terminal, false,
                                     "read the key as JSON from standard input"};
inline constexpr Argument generate{
    "generate", Kind::terminal, false,
    "make an Ed25519 pair here, show its public half, then ask for the API key"};
inline constexpr Argument api_key{"api_key", Kind::secret, true, "the API key"};
inline constexpr Argument secret{"secret", Kind::secret, false, "the secret of an HMAC key"};
inline constexpr Argument private_key_pem{"private_key_pem", Kind::secret, false,
                                          "the private key of an Ed25519 or RSA key"};
inline constexpr std::array connecting{
    Argument{"label", Kind::word, true, "the account's name in copyd.toml"},
    Argument{"venue", Kind::option, false, "the account's venue (default: the daemon's)"},
    from_stdin,
    generate,
    api_key,
    secret,
    private_key_pem};
inline constexpr std::array rotating{
    Argument{"label", Kind::word, true, "a connected account"}, from_stdin, generate, api_key,
    secret, private_key_pem};
inline constexpr std::array one_account{Argument{"label", Kind::word, true, "a connected account"}};
inline constexpr std::array maybe_follower{
    Argument{"label", Kind::word, false, "one follower only"}};
inline constexpr std::array maybe_account{
    Argument{"label", Kind::word, false, "one account only"}};
inline constexpr Argument follower{"follower", Kind::option, false, "one follower only"};
inline constexpr Argument since{"since", Kind::option, false,
                                "not before: 2026-11-21, 2026-11-21T09:30Z, or 30m, 2h, 7d ago"};
inline constexpr Argument until{"until", Kind::option, false, "before then; as --since"};
inline constexpr Argument limit{"limit", Kind::option, false, "so many rows at most (default: 50)"};
inline constexpr Argument cursor{"cursor", Kind::option, false,
                                 "goes on where an answer's \"next\" says"};
inline constexpr std::array explaining{
    Argument{"trade", Kind::word, true, "the leader's trade id, or SYMBOL:ID"},
    Argument{"leader", Kind::option, false, "whose trade it is"}, follower, limit, cursor};
inline constexpr std::array looking_back{
    since, until, Argument{"symbol", Kind::option, false, "one symbol only"}, follower, limit,
    cursor};
inline constexpr std::array looking_at_skips{
    follower, since, until, Argument{"reason", Kind::option, false, "one reason only"}, limit,
    cursor};
inline constexpr std::array measuring{follower, since, until, limit, cursor};
inline constexpr std::array exporting{
    Argument{"what", Kind::word, true, "trades, skips or pnl"},
    Argument{"format", Kind::choice, false, "csv or jsonl (default: csv)"}, since, until, follower,
    Argument{"limit", Kind::option, false,
             "so many rows at most (default: all; with --json 50)"}, cursor};
inline constexpr std::array reloading{
    Argument{"flatten", Kind::flag, false,
             "close at once what followers hold that the file does not have any more"},
    Argument{"wait", Kind::terminal, false, "for the answer, as it does in any case"}};
}  // namespace detail

// In the order of Verb.
inline constexpr std::array<ControlCommand, 20> control_commands{{
    {Verb::status, "status", detail::watching, "the engine at a glance", "copyctl status --watch"},
    {Verb::pause, "pause", detail::restricting, "reduce only: closes are copied, opens are not",
     "copyctl pause bob --reason \"checking his margin\"", true},
    {Verb::resume, "resume", detail::restricting,
     "back to active; ends a pause, a halt or a breach", "copyctl resume bob", true},
    {Verb::halt, "halt", detail::restricting, "nothing is sent any more, to one or (alone) to all",
     "copyctl halt --all --reason \"venue maintenance\"", true},
    {Verb::flatten, "flatten", detail::flattening,
     "closes all that copyd holds, then halts; asks before it does",
     "copyctl flatten bob --reason \"he is leaving\"", true},
    {Verb::connect, "connect", detail::connecting, "adds an account: asks for its key, stores it",
     "copyctl connect bob --stdin < bob-key.json", true},
    {Verb::rotate, "rotate", detail::rotating,
     "gives an account another key; until that is taken the old one stays",
     "copyctl rotate bob --generate", true},
    {Verb::accounts, "accounts", {}, "a card for each account", "copyctl accounts"},
    {Verb::disconnect, "disconnect", detail::one_account, "forgets an account's key",
     "copyctl disconnect bob", true},
    {Verb::positions, "positions", detail::maybe_follower,
     "each follower's target, position and orders in flight", "copyctl positions bob"},
    {Verb::latency, "latency", detail::measuring,
     "how long each stage takes, and how copies compare with what they copy",
     "copyctl latency --follower bob --since 2h"},
    {Verb::why, "why", detail::explaining, "what became of one trade of a leader, and why",
     "copyctl why BTCUSDT:4711"},
    {Verb::history, "history", detail::looking_back, "trades and what became of them, newest first",
     "copyctl history --since 2h --follower bob"},
    {Verb::skips, "skips", detail::looking_at_skips, "what was not copied, and why; newest first",
     "copyctl skips --follower bob --reason below_min"},
    {Verb::drift, "drift", detail::maybe_follower, "target against position, now",
     "copyctl drift bob"},
    {Verb::balance, "balance", detail::maybe_account, "what each account is worth",
     "copyctl balance bob"},
    {Verb::orders, "orders", detail::maybe_follower, "orders that are not finished",
     "copyctl orders bob"},
    {Verb::export_, "export", detail::exporting, "trades, skips or profit and loss, as a file",
     "copyctl export trades --format csv --since 7d > trades.csv"},
    {Verb::reload, "reload", detail::reloading,
     "applies the configuration file as it is now, and says what changed",
     "copyctl reload --wait"},
    {Verb::version, "version", {}, "the daemon's version", "copyctl version"},
}};

constexpr const ControlCommand& command_of(Verb verb) noexcept {
  return control_commands[static_cast<std::size_t>(verb)];
}
// Null for a name that is not in the table.
constexpr const ControlCommand* find_command(std::string_view name) noexcept {
  for (const ControlCommand& command : control_commands) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

// ---- requests ----------------------------------------------------------------------------------

// An account's key on its way into the key store.
struct Credentials {
  enum class Kind : std::uint8_t { secret, private_key_pem };
  Kind kind = Kind::secret;
  Secret api_key;
  Secret secret;  // the HMAC secret, or the private key as PEM
};

struct ControlRequest {
  Verb verb = Verb::status;
  std::string label;           // "" when none is given
  bool all = false;            // pause, resume, halt, flatten: every follower
  bool everything = false;     // flatten: the whole account
  bool flatten = false;        // reload: what followers hold that are gone
  std::string reason;          // pause, resume, halt, flatten
  std::string venue;           // connect; "": the daemon's
  // What is looked for in the history; "": anything.
  std::string trade;     // why: the id, or SYMBOL:ID
  std::string leader;
  std::string follower;
  std::string symbol;
  std::string since;     // as `when_ms` reads it
  std::string until;
  std::string limit;     // rows of one answer; "": limit_default
  std::string cursor;    // "next" of the answer before
  std::string what;      // export: trades, skips or pnl
  Credentials credentials;     // connect, rotate
  std::uint32_t peer_uid = 0;  // who asks; set by the daemon's socket, not on the wire
};

inline constexpr int control_limit_default = 50;
inline constexpr int control_limit_max = 1'000;  // an answer stays below a megabyte or two
// REQUIRES: a request without a fault.
int limit_of(const ControlRequest& request) noexcept;

// Milliseconds since 1970 of "2026-11-21", "2026-11-21T09:30", "2026-11-21T09:30:15.250Z" (all
// UTC), or of "90s", "30m", "2h", "7d" before `now_ms`. Empty: it is none of these.
std::optional<std::int64_t> when_ms(std::string_view text, std::int64_t now_ms) noexcept;

// The members of a request that are texts, on the wire and as options.
struct TextMember {
  std::string_view name;
  std::string ControlRequest::*member;
};
inline constexpr std::array text_members{
    TextMember{"label", &ControlRequest::label},       TextMember{"reason", &ControlRequest::reason},
    TextMember{"venue", &ControlRequest::venue},       TextMember{"trade", &ControlRequest::trade},
    TextMember{"leader", &ControlRequest::leader},     TextMember{"follower", &ControlRequest::follower},
    TextMember{"symbol", &ControlRequest::symbol},     TextMember{"since", &ControlRequest::since},
    TextMember{"until", &ControlRequest::until},       TextMember{"limit", &ControlRequest::limit},
    TextMember{"cursor", &ControlRequest::cursor},     TextMember{"what", &ControlRequest::what}};

// pause, resume, halt and flatten: of one account, or of all.
constexpr bool restricts(Verb verb) noexcept {
  return verb == Verb::pause || verb == Verb::resume || verb == Verb::halt || verb == Verb::flatten;
}

// What brings a key with it.
constexpr bool brings_key(Verb verb) noexcept {
  return verb == Verb::connect || verb == Verb::rotate;
}

// What is wrong with a request's arguments, if anything. The text holds nothing of the request.
std::optional<Failure> fault_of(const ControlRequest& request);

// One line with its end. In locked memory, because a request may hold a key.
Secret encode_request(const ControlRequest& request);

// A line without its end. Secrets go straight into Secret, and nothing of them is left behind but
// in `line`, which the caller wipes. The failure's text holds nothing of the line.
Outcome<ControlRequest> decode_request(std::string_view line);

// {"api_key":…,"secret":…} or {"api_key":…,"private_key_pem":…}, as `connect --stdin` reads it.
Outcome<Credentials> decode_credentials(std::string_view json);

// {"api_key":…}, as `--generate --stdin` reads it.
Outcome<Secret> decode_api_key(std::string_view json);

// {"ok":false,"error":…,"remedy":…}
std::string failure_reply(const Failure& failure);

}  // namespace copyd::ops
