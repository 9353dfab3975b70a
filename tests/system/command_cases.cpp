#include "tests/system/command_cases.hpp"

#include <fmt/format.h>

#include <fstream>

namespace copyd::system_test {
namespace {

CommandCases looking() {
  const auto leg_at = [&](const std::string& at) {
    return fmt::format(" {0}/symbol {0}/leg {0}/target {0}/position {0}/in_flight", at);
  };
  const std::string card =
      " {0}/label {0}/role {0}/venue {0}/key_type {0}/api_key {0}/status {0}/message "
      "{0}/permissions {0}/permissions/reading {0}/permissions/futures "
      "{0}/permissions/withdrawals {0}/permissions/internal_transfer "
      "{0}/permissions/universal_transfer {0}/ip_list {0}/trading_expires {0}/last_sync_ms_ago "
      "{0}/equity {0}/warnings";
  const std::string quantiles = " {0}/p50 {0}/p99 {0}/p999 {0}/n";
  return {
      {"copyctl status",
       {},
       0,
       "copyd |ready|threads shared|LEADER|alpha|live|FOLLOWER|bob|active|"
       "EQUITY|skipped by dave: symbol_not_allowed 1|fill_to_wire p50",
       "/ok /version /generation /ready /uptime_s /threads /venue /waiting_for /leaders/0/label "
       "/leaders/0/state /leaders/0/last_fill_ms_ago /leaders/0/fills /leaders/0/equity "
       "/leaders/0/said_first/1 /leaders/0/said_first_lead_ns/1/p50 /leaders/0/lite_fills "
       "/followers/0/label /followers/0/state /followers/0/causes /followers/0/link "
       "/followers/0/flattening /followers/0/quarantined /followers/0/drift_legs "
       "/followers/0/removed "
       "/followers/0/last_read_ms_ago /followers/0/outcomes/copied /followers/0/outcomes/carried "
       "/followers/0/outcomes/skipped /followers/0/outcomes/failed "
       "/followers/0/outcomes/unknown /followers/0/outcomes/none "
       "/followers/1/skipped/symbol_not_allowed /followers/0/orders /followers/0/in_flight "
       "/followers/0/equity" +
           leg_at("/followers/0/positions/0") +
           fmt::format(fmt::runtime(quantiles), "/leaders/0/lite_lead_ns") +
           fmt::format(fmt::runtime(quantiles), "/latency_ns/fill_to_wire")},
      {"copyctl status", {"bob"}, 2, "argument too many"},
      {"copyctl status", {"--wtach"}, 2, "unknown option"},
      {"copyctl accounts",
       {},
       0,
       "alpha|Connected|leader|HMAC|permissions|reading yes|withdrawals no|"
       "IP list|trading expires|equity|last sync",
       "/ok" + fmt::format(fmt::runtime(card), "/accounts/0")},
      {"copyctl accounts", {"bob"}, 2, "argument too many"},
      {"copyctl positions",
       {},
       0,
       "FOLLOWER|TARGET|POSITION|IN FLIGHT|bob|dave|BTCUSDT|0.02",
       "/ok /positions/0/follower" + leg_at("/positions/0")},
      {"copyctl positions", {"bob"}, 0, "BTCUSDT", "/positions/0/follower"},
      {"copyctl positions", {"mallory"}, 1, "no follower is called \"mallory\"|copyctl status"},
      {"copyctl positions", {"bob", "dave"}, 2, "argument too many"},
      {"copyctl drift",
       {},
       0,
       "DRIFT|STATE|on_target|bob",
       "/ok /legs/0/follower /legs/0/drift /legs/0/state /foreign" + leg_at("/legs/0")},
      {"copyctl drift", {"bob"}, 0, "on_target", "/legs/0/drift"},
      {"copyctl drift", {"mallory"}, 1, "\"mallory\""},
      {"copyctl balance",
       {},
       0,
       "ACCOUNT|ROLE|EQUITY|TRANSFERS|NET EQUITY|LAST READ|alpha|bob",
       "/ok /accounts/0/label /accounts/0/role /accounts/0/equity /accounts/0/transfers "
       "/accounts/0/net_equity /accounts/0/last_sync_ms_ago"},
      {"copyctl balance", {"alpha"}, 0, "leader", "/accounts/0/label"},
      {"copyctl balance", {"mallory"}, 1, "no account is called \"mallory\"|copyctl accounts"},
      {"copyctl orders",
       {},
       0,
       "FOLLOWER|WAITING|WRITTEN|UNKNOWN|bob|No order is open.",
       "/ok /followers/0/label /followers/0/waiting /followers/0/written /followers/0/unknown "
       "/orders"},
      {"copyctl orders", {"bob"}, 0, "bob", "/followers/0/label"},
      {"copyctl orders", {"mallory"}, 1, "\"mallory\""},
      {"copyctl latency",
       {},
       0,
       "STAGE|P50|P99|P99.9|COUNT|decode|decide|sign|write|fill_to_wire|FIRST TOLD BY|TRADE_LITE",
       "/ok" + fmt::format(fmt::runtime(quantiles), "/latency_ns/decide") +
           fmt::format(fmt::runtime(quantiles), "/latency_ns/fill_to_wire") +
           fmt::format(fmt::runtime(quantiles), "/leaders/0/lite_lead_ns") +
           " /leaders/0/label /leaders/0/said_first_lead_ns/1/n /note /copies"},
      {"copyctl latency", {"now"}, 2, "argument too many"},
      {"copyctl latency", {"--follower", "mallory"}, 1, "called \"mallory\""},
      {"copyctl latency", {"--since", "2026-01-02", "--until", "2026-01-01"}, 1, "--until"},
      {"copyctl latency", {"--limit", "0"}, 2, "1 to 1000"},
      {"copyctl latency", {"--cursor", "x y"}, 2, "one word"},
      {"copyctl version", {}, 0, "copyd ", "/ok /version"},
      {"copyctl version", {"--all"}, 2, "unknown option"},
      {"copyctl reload", {}, 0, "", "/ok"},
      {"copyctl reload", {"--wait"}, 0, "", "/ok"},
      {"copyctl reload", {"--flatten"}, 0, "", "/ok"},
      {"copyctl reload", {"copyd.toml"}, 2, "argument too many"},
  };
}

CommandCases telling(const std::string& trade_id) {
  const std::string trade =
      " {0}/time {0}/leader {0}/symbol {0}/trade {0}/side {0}/qty {0}/price {0}/follower "
      "{0}/outcome {0}/reason {0}/copied_qty {0}/copied_price {0}/delay_ms {0}/worse_bps";
  const std::string skip =
      " {0}/time {0}/follower {0}/symbol {0}/reason {0}/link {0}/leader {0}/trade {0}/side "
      "{0}/qty {0}/price";
  const auto rows = [](const std::string& members, const char* at) {
    return "/ok /next" + fmt::format(fmt::runtime(members), at);
  };
  return {
      {"copyctl why",
       {"BTCUSDT:" + trade_id},
       0,
       "alpha  BUY 0.04 BTCUSDT at 60000|bob: copied|leg BOTH|order BUY 0.02 BTCUSDT|stages: "
       "decode",
       "/ok /next /trade/leader /trade/symbol /trade/qty /trade/price /trade/age_ms "
       "/followers/0/follower /followers/0/outcome /followers/0/links/0/target_after "
       "/followers/0/legs/0/wanted /followers/0/orders/0/filled "
       "/followers/0/orders/0/attempts/0/stages_ns/decide"},
      {"copyctl why",
       {trade_id, "--leader", "alpha", "--follower", "bob", "--limit", "1"},
       0,
       "bob: copied",
       "/trade/trade"},
      {"copyctl why", {trade_id, "--follower", "mallory"}, 1, "called \"mallory\""},
      {"copyctl why", {trade_id, "--leader", "mallory"}, 1, "mallory"},
      {"copyctl why", {trade_id, "--cursor", "x y"}, 2, "one word"},
      {"copyctl why", {trade_id, "--limit", "0"}, 2, "1 to 1000"},
      {"copyctl why", {"NOSUCH:1"}, 1, "NOSUCH:1"},
      {"copyctl why", {"999999999999"}, 1, "999999999999"},
      {"copyctl why", {"seven"}, 2, "SYMBOL:ID"},
      {"copyctl why", {}, 2, "trade"},
      {"copyctl history",
       {},
       0,
       "TIME (UTC)|LEADER|TRADE|FOLLOWER|OUTCOME|DELAY|WORSE BPS|"
       "skipped (symbol_not_allowed)|copied",
       rows(trade, "/trades/0")},
      {"copyctl history",
       {"--since", "1h", "--until", "2099-01-01", "--symbol", "ETHUSDT", "--follower", "bob",
        "--limit", "1"},
       0,
       "There may be more: --cursor",
       "/next"},
      {"copyctl history", {"--cursor", "0"}, 0, "No trades.", "/trades"},
      {"copyctl history", {"--cursor", "x"}, 1, "cursor"},
      {"copyctl history", {"--symbol", "NOSUCHUSDT"}, 1, "\"NOSUCHUSDT\""},
      {"copyctl history", {"--symbol", "SOLUSDT"}, 0, "No trades.", "/trades"},
      {"copyctl history", {"--follower", "mallory"}, 1, "called \"mallory\""},
      {"copyctl history", {"--since", "yesterday"}, 2, "2026-11-21"},
      {"copyctl history", {"--since", "2026-01-02", "--until", "2026-01-01"}, 1, "--until"},
      {"copyctl history", {"--limit", "many"}, 2, "1 to 1000"},
      {"copyctl history", {"--limit", "1001"}, 2, "1 to 1000"},
      {"copyctl history", {"--limit"}, 2, "--limit"},
      {"copyctl latency",
       {"--follower", "bob", "--since", "1h", "--until", "2099-01-01"},
       0,
       "FOLLOWER|TO WIRE P50|ANSWER P50|DELAY P50|WORSE BPS P50|bob|STAGE|fill_to_wire",
       "/ok /copies/orders /copies/newest_only /copies/next /copies/followers/0/follower "
       "/copies/followers/0/orders /copies/followers/0/stages_ns/fill_to_wire/p50 "
       "/copies/followers/0/delay_ms/p99 /copies/followers/0/delay_ms/n "
       "/copies/followers/0/worse_bps/n"},
      {"copyctl latency", {"--limit", "1"}, 0, "There may be more: --cursor bob", "/copies/next"},
      {"copyctl latency", {"--cursor", "bob"}, 0, "STAGE", "/copies/followers"},
      {"copyctl skips",
       {},
       0,
       "TIME (UTC)|REASON|symbol_not_allowed|dave|ETHUSDT",
       rows(skip, "/skips/0")},
      {"copyctl skips",
       {"--follower", "dave", "--since", "2h", "--until", "2099-01-01", "--reason",
        "symbol_not_allowed", "--limit", "5", "--cursor", "99"},
       0,
       "dave",
       "/skips/0/reason"},
      {"copyctl skips", {"--reason", "nonsense"}, 1, "below_min"},
      {"copyctl skips", {"--follower", "mallory"}, 1, "called \"mallory\""},
      {"copyctl skips", {"--limit", "-1"}, 2, "1 to 1000"},
      {"copyctl export",
       {"trades"},
       0,
       "time,leader,symbol,trade,|BTCUSDT",
       "/ok /columns/0 /next" + fmt::format(fmt::runtime(trade), "/rows/0")},
      {"copyctl export",
       {"skips", "--format", "jsonl"},
       0,
       "\"reason\":\"symbol_not_allowed\"",
       "/ok /columns/0 /next" + fmt::format(fmt::runtime(skip), "/rows/0")},
      {"copyctl export",
       {"pnl", "--format", "csv", "--since", "7d", "--until", "2099-01-01", "--follower", "bob"},
       0,
       "follower,symbol,realised",
       "/columns/0 /rows/0/follower /rows/0/realised /rows/0/orders_without_price /next"},
      {"copyctl export", {"trades", "--limit", "1", "--cursor", "0"}, 0, "BTCUSDT", "/next"},
      {"copyctl export", {"everything"}, 2, "trades, skips or pnl"},
      {"copyctl export", {}, 2, "what"},
      {"copyctl export", {"trades", "--format", "xml"}, 2, "xml"},
      {"copyctl export", {"trades", "--follower", "mallory"}, 1, "called \"mallory\""},
  };
}

CommandCases keys(Rig& rig) {
  const std::string carol = rig.key_of("carol");
  const std::string members = "/ok /account/label /account/status /account/permissions/withdrawals";
  const auto new_key = [&] {
    const Json fresh = rig.venue(R"({"command":"new_key","account":"dave"})");
    return fmt::format(R"({{"api_key":"{}","secret":"{}"}})", fresh.text("/api_key"),
                       fresh.text("/secret"));
  };
  const std::string strange = R"({"api_key":"k"})";
  return {
      {"copyctl connect",
       {"carol", "--stdin"},
       0,
       "carol  Connected|Ed25519|has this label",
       members,
       Form::words,
       carol},
      {"copyctl connect", {"carol", "--stdin"}, 1, "copyctl rotate carol", "", Form::both, carol},
      {"copyctl disconnect",
       {"carol"},
       0,
       "carol is disconnected|delete the key at the venue",
       "",
       Form::words},
      {"copyctl connect", {"carol", "--stdin"}, 0, "", members, Form::json, carol},
      {"copyctl disconnect", {"carol"}, 0, "", "/ok /label /note", Form::json},
      {"copyctl disconnect", {"carol"}, 1, "\"carol\" is not connected|copyctl accounts"},
      {"copyctl disconnect", {}, 2, "label"},
      {"copyctl connect",
       {"carol", "--stdin", "--venue", "binance-usdm"},
       1,
       "works with custom",
       "",
       Form::both,
       carol},
      {"copyctl connect", {"carol", "--stdin"}, 1, "private_key_pem", "", Form::both, "nonsense"},
      {"copyctl connect",
       {"carol", "--generate", "--stdin"},
       1,
       "-----BEGIN PUBLIC KEY-----|what to do: ",
       "",
       Form::words,
       strange},
      {"copyctl connect", {"carol"}, 1, "no terminal|--stdin"},
      {"copyctl connect", {"two words", "--stdin"}, 2, "label", "", Form::both, carol},
      {"copyctl connect", {}, 2, "label"},
      {"copyctl rotate",
       {"dave", "--stdin"},
       0,
       "dave  Connected|delete it at the venue",
       "",
       Form::words,
       new_key()},
      {"copyctl rotate", {"dave", "--stdin"}, 0, "", members, Form::json, new_key()},
      {"copyctl rotate",
       {"mallory", "--stdin"},
       1,
       "copyctl connect mallory",
       "",
       Form::both,
       carol},
      {"copyctl rotate",
       {"dave", "--generate", "--stdin"},
       1,
       "-----BEGIN PUBLIC KEY-----|what to do: ",
       "",
       Form::words,
       strange},
      {"copyctl rotate", {"dave", "a-key-as-an-argument"}, 2, "never a key among its arguments"},
  };
}

CommandCases local(const Rig& rig) {
  const std::string state = rig.state_directory().string();
  const std::string config = (rig.directory() / "copyd.toml").string();
  const std::string nowhere = (rig.directory() / "nowhere").string();
  const std::string faulty = (rig.directory() / "faulty.toml").string();
  std::ofstream(faulty) << "[engine]\nlane = 2\n";
  return {
      {"copyctl journal verify",
       {"--state-dir", state},
       0,
       "WRITER|RECORDS|STATE|copy|lane0|clean",
       "/ok /directory /writers/0/writer /writers/0/segments /writers/0/records /writers/0/state "
       "/writers/0/first_sequence /writers/0/last_time"},
      {"copyctl journal verify", {"--config", config}, 0, "clean", "/writers/0/writer"},
      {"copyctl journal verify", {"--state-dir", nowhere}, 1, nowhere + "|--state-dir"},
      {"copyctl journal verify", {"--config", nowhere}, 1, nowhere},
      {"copyctl journal dump",
       {"--state-dir", state, "--writer", "copy", "--from", "1", "--limit", "20"},
       0,
       " copy 1 ",
       "/time /writer /sequence /type /fields /mono_ns /durable /file /offset"},
      {"copyctl journal dump", {"--config", config, "--limit", "1"}, 0, "Z ", "/type"},
      {"copyctl journal dump", {"--limit", "0"}, 2, "--limit"},
      {"copyctl journal dump", {"--limit", "many"}, 2, "--limit"},
      {"copyctl journal dump", {"--from", "x"}, 2, "--from"},
      {"copyctl journal dump", {"--state-dir", nowhere}, 1, nowhere},
      {"copyctl journal dump", {"--state-dir", state, "--writer", "nobody"}, 1, "nobody"},
      {"copyd check", {"--config", config}, 0, "no faults", "/ok /faults /notes"},
      {"copyd check",
       {"--config", faulty},
       1,
       "faulty.toml:2:1: |lanes",
       "/faults/0/file /faults/0/line /faults/0/column /faults/0/message"},
      {"copyd check", {"--config", nowhere}, 1, nowhere, "/faults/0/message"},
      {"copyd check", {}, 2, "--config"},
      {"copyd check", {"--config"}, 2, "--config"},
      {"copyd run", {"--config", nowhere}, 1, nowhere, "", Form::words},
      {"copyd run",
       {"--config", config, "--passphrase-file", nowhere},
       1,
       "another copyd",
       "",
       Form::words},
      {"copyd run", {}, 2, "--config", "", Form::words},
      {"copyd demo", {"--fast"}, 2, "--fast"},
      {"copyd demo", {"now"}, 2, "now"},
  };
}

CommandCases changing() {
  const std::string changed = "/ok /changed/0/label /changed/0/state /changed/0/causes";
  return {
      {"copyctl pause",
       {"bob", "--reason", "lunch"},
       0,
       "FOLLOWER|STATE|CAUSES|bob|reduce_only|operator",
       changed},
      {"copyctl pause", {"--all"}, 0, "bob|dave", changed},
      {"copyctl pause", {"mallory"}, 1, "called \"mallory\"|copyctl status"},
      {"copyctl pause", {}, 2, "one label, or all"},
      {"copyctl pause", {"bob", "--all"}, 2, "one label, or all"},
      {"copyctl pause", {"bob", "--reason", std::string(201, 'x')}, 2, "at most 200"},
      {"copyctl resume", {"--all"}, 0, "bob|dave|active", changed},
      {"copyctl resume", {"bob", "--reason", "back"}, 0, "bob", changed},
      {"copyctl resume", {"mallory"}, 1, "called \"mallory\""},
      {"copyctl resume", {}, 2, "one label, or all"},
      {"copyctl halt", {"alpha", "--reason", "news"}, 0, "bob|halted|leader", changed},
      {"copyctl halt", {"--all"}, 0, "bob|dave|halted", changed},
      {"copyctl halt", {}, 0, "bob|dave|halted", changed},
      {"copyctl halt", {"mallory"}, 1, "called \"mallory\""},
      {"copyctl halt", {"bob", "dave"}, 2, "argument too many"},
      {"copyctl flatten", {"bob"}, 1, "no terminal|--yes"},
      {"copyctl flatten", {"mallory", "--yes"}, 1, "called \"mallory\""},
      {"copyctl flatten", {"--yes"}, 2, "one label, or all"},
      {"copyctl flatten",
       {"bob", "--yes", "--reason", "he leaves"},
       0,
       "bob|halted (being flattened)",
       changed + " /changed/0/flattening"},
      {"copyctl flatten", {"--all", "--everything", "--yes"}, 0, "bob|dave", changed},
  };
}

}  // namespace

CommandCases command_cases(Rig& rig, const std::string& trade) {
  CommandCases all;
  for (const auto& part : {looking(), telling(trade), keys(rig), local(rig), changing()})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace copyd::system_test
