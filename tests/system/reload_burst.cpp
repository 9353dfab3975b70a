// reload_burst: the configuration is reloaded again and again while a leader trades, with files
// that are right and files that are not. The venue's ledger and the journal say what became of it.
//
// One follower is taken out of the file and put back. Sizes tell generations apart: each file that
// is right copies with a ratio of its own, so every opening order must be of the size that its
// generation's text, as the journal has it, gives.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <map>
#include <set>
#include <stdexcept>

#include "cli/client.hpp"
#include "config/load.hpp"
#include "journal/disk.hpp"
#include "journal/reader.hpp"
#include "ops/json.hpp"
#include "tests/system/ledger.hpp"
#include "tests/system/scenes.hpp"

namespace copyd::system_test {
namespace {

using namespace std::chrono_literals;

const std::vector<std::string> followers{"bob", "carol", "dave"};
constexpr int trades_before_a_close = 4;
constexpr std::string_view qty_of_a_trade = "0.1";

struct Options {
  int reloads = 10'000;
  int reloads_per_trade = 8;
  bool dedicated = false;
  bool json = false;
};

struct Report {
  int applied = 0;
  int refused = 0;
  int trades = 0;
  std::int64_t opening_orders = 0;
  std::int64_t generations = 0;         // that decided at least one of them
  std::int64_t resident_kib_early = 0;  // when a tenth was reloaded
  std::int64_t resident_kib = 0;
  std::vector<std::string> breaches;
};

std::int64_t resident_kib(pid_t pid) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stoll(line.substr(6));
  return 0;
}

// What the journal says: each generation's ratio, and the orders that were to open something.
struct Written {
  std::map<std::uint32_t, std::string> texts;
  std::vector<journal::Intent> intents;
  std::uint32_t last = 0;  // generation

  Qty size_under(std::uint32_t generation) const;
};

Qty Written::size_under(std::uint32_t generation) const {
  const auto text = texts.find(generation);
  if (text == texts.end()) return {};
  const auto loaded = config::load_written(text->second, "the journal");
  if (!loaded.config) return {};
  const auto& sizing = loaded.config->followers.front().links.front().sizing;
  const Ratio ratio = std::get<config::FixedRatio>(sizing).ratio;
  return Qty::from_units(Qty::parse(qty_of_a_trade)->units() * ratio.units() / units_per_whole);
}

Written read_journal(const std::filesystem::path& directory) {
  const auto disk = journal::open_directory(directory.string()).value();
  Written written;
  std::string text;
  auto copy = journal::Reader::open(*disk, "copy").value();
  while (const auto record = copy.next()) {
    switch (static_cast<journal::Type>(record->type)) {
      case journal::Type::text: {
        const auto piece = record->as<journal::Text>();
        if (piece.offset == 0) text.clear();
        text.append(piece.bytes.data(),
                    std::min<std::size_t>(piece.bytes.size(), piece.total - piece.offset));
        break;
      }
      case journal::Type::policy:
        written.last = record->as<journal::Policy>().generation;
        written.texts[written.last] = text;
        break;
      case journal::Type::reload:
        written.last = record->as<journal::Reloaded>().generation;
        written.texts[written.last] = text;
        break;
      default:
        break;
    }
  }
  for (const auto& writer : journal::Reader::writers(*disk).value()) {
    if (!writer.starts_with("lane")) continue;
    auto lane = journal::Reader::open(*disk, writer).value();
    while (const auto record = lane.next())
      if (record->type == static_cast<std::uint16_t>(journal::Type::intent))
        written.intents.push_back(record->as<journal::Intent>());
  }
  return written;
}

class ReloadBurst {
 public:
  explicit ReloadBurst(const Options& options) : options_(options) {}
  Report run();

 private:
  void start();
  void reload(int number);
  void trade();
  void close_all();
  void judge();
  std::string file_of(int number) const;
  void breach(std::string what) {
    if (report_.breaches.size() < 20) report_.breaches.push_back(std::move(what));
  }

  const Options options_;
  Rig rig_;
  std::string head_;  // engine and venue of the file
  int open_trades_ = 0;
  std::int64_t generation_ = 1;
  Report report_;
};

// A third of the files is wrong, each in another way.
bool is_right(int number) {
  return number % 3 != 1;
}

// Dave is taken out of the file and put back again and again.
bool is_in(const std::string& label, int number) {
  constexpr int files_of_a_turn = 20;
  return label != followers.back() || number / files_of_a_turn % 2 == 0;
}

std::string ReloadBurst::file_of(int number) const {
  const int ratio = 100 + number % 97;  // hundredths
  std::string accounts = leader_alpha;
  for (const auto& label : followers) {
    if (!is_in(label, number)) continue;
    accounts += ratio_follower(
        label, fmt::format("{}.{:02}", ratio / 100, ratio % 100),
        fmt::format("{}\nsymbols = {{ deny = [\"{}\"] }}\nleverage = \"keep\"\nmargin = \"keep\"",
                    never_stale, number % 2 == 0 ? "ETHUSDT" : "XRPUSDT"));
  }
  if (is_right(number)) return head_ + accounts;
  switch (number / 3 % 5) {
    case 0:
      return head_ + accounts + "[[follower\n";
    case 1:
      return head_ + accounts + "lanse = 3\n";
    case 2:
      return head_ + accounts + leader_alpha;
    case 3:
      return "";
    default:
      return head_ + leader_alpha + ratio_follower("bob", "-1");
  }
}

void ReloadBurst::start() {
  // More than 1,200 a minute: what waits for the limits is looked at elsewhere.
  rig_.start_venue({"--order-limits", "off"});
  rig_.configure(options_.dedicated ? "threads = \"dedicated\"\nidle = \"sleep\"" : shared_threads,
                 "");
  std::ifstream written(rig_.directory() / "copyd.toml");
  head_.assign(std::istreambuf_iterator<char>(written), {});
  std::ofstream(rig_.directory() / "copyd.toml") << file_of(0);
  rig_.start_daemon();
  rig_.connect("alpha");
  for (const auto& label : followers) rig_.connect(label);
  rig_.wait_until_ready(followers);
}

void ReloadBurst::reload(int number) {
  const auto draft = rig_.directory() / "copyd.toml.new";
  std::ofstream(draft) << file_of(number);
  std::filesystem::rename(draft, rig_.directory() / "copyd.toml");
  // Now and then two at once: by the signal as well.
  if (number % 10 == 0) rig_.daemon().signal(SIGHUP);
  const auto socket = (rig_.directory() / "control.sock").string();
  const auto reply = cli::ask(socket, "{\"command\":\"reload\"}\n");
  if (!reply) throw std::runtime_error(reply.error().error);
  const Json answer(reply.value());
  const bool taken = answer.truth("/ok");
  if (taken != is_right(number))
    breach(fmt::format("reload {} was {}: {}", number, taken ? "taken" : "refused", reply.value()));
  if (!taken) {
    ++report_.refused;
    return;
  }
  ++report_.applied;
  const auto generation = answer.number("/generation");
  if (generation < generation_)
    breach(fmt::format("generation {} after {}", generation, generation_));
  generation_ = generation;
}

void ReloadBurst::trade() {
  const bool closes = open_trades_ == trades_before_a_close;
  const std::string amount =
      closes ? fmt::format("0.{}", trades_before_a_close) : std::string(qty_of_a_trade);
  rig_.venue(system_test::trade(closes ? "SELL" : "BUY", "BTCUSDT", amount, "50000"));
  open_trades_ = closes ? 0 : open_trades_ + 1;
  ++report_.trades;
}

void ReloadBurst::close_all() {
  while (open_trades_ != 0) trade();
  rig_.wait_until_quiet(report_.trades, 120s);
}

void ReloadBurst::judge() {
  const Ledger ledger = read_ledger(rig_.venue(R"({"command":"ledger"})"));
  for (const auto& found : {ids_used_twice(ledger), copies_beyond_their_size(ledger)})
    for (const auto& one : found) breach(one);
  for (const auto& [position, qty] : rig_.positions())
    breach(fmt::format("{} still holds {}", std::get<0>(position), FixedText(qty).view()));
  if (rig_.stop_daemon() != 0) breach("the daemon did not end well");

  const Written written = read_journal(rig_.journal_directory());
  std::map<std::uint32_t, Qty> sizes;
  std::set<std::uint32_t> used;
  std::map<std::size_t, int> opening_orders;  // by follower
  for (const auto& intent : written.intents) {
    if (intent.generation == 0 || intent.generation > written.last)
      breach(fmt::format("an order of generation {}", intent.generation));
    if (intent.kind != OrderKind::increase) continue;
    ++report_.opening_orders;
    ++opening_orders[intent.follower.value];
    used.insert(intent.generation);
    auto [size, unknown] = sizes.try_emplace(intent.generation);
    if (unknown) size->second = written.size_under(intent.generation);
    if (intent.qty != size->second)
      breach(fmt::format("an order of {} under generation {}, which gives {}",
                         FixedText(intent.qty).view(), intent.generation,
                         FixedText(size->second).view()));
  }
  report_.generations = static_cast<std::int64_t>(used.size());
  const auto opened = report_.trades / (trades_before_a_close + 1) * trades_before_a_close;
  for (std::size_t i = 0; i < followers.size(); ++i) {
    // Who was out of the file has missed some.
    const bool all = followers[i] != followers.back();
    if (all ? opening_orders[i] != opened : opening_orders[i] > opened)
      breach(fmt::format("{} trades opened, and {} orders of {}", opened, opening_orders[i],
                         followers[i]));
  }
}

Report ReloadBurst::run() {
  start();
  for (int i = 1; i <= options_.reloads; ++i) {
    if (i % options_.reloads_per_trade == 0) trade();
    reload(i);
    if (i == std::max(1, options_.reloads / 10))
      report_.resident_kib_early = resident_kib(rig_.daemon().pid());
  }
  close_all();
  report_.resident_kib = resident_kib(rig_.daemon().pid());
  judge();
  if (!report_.breaches.empty()) rig_.keep();
  return report_;
}

void print(const Options& options, const Report& report) {
  for (const auto& one : report.breaches) fmt::print(stderr, "{}\n", one);
  if (!options.json) {
    fmt::print(
        "reloads            {} applied, {} refused\ntrades             {}\n"
        "opening orders     {}, of {} generations\nresident memory    {} KiB after a tenth, {} KiB "
        "at the end\nbreaches           {}\n",
        report.applied, report.refused, report.trades, report.opening_orders, report.generations,
        report.resident_kib_early, report.resident_kib, report.breaches.size());
    return;
  }
  ops::JsonWriter out;
  out.begin_object()
      .member("applied", report.applied)
      .member("refused", report.refused)
      .member("trades", report.trades)
      .member("opening_orders", report.opening_orders)
      .member("generations", report.generations)
      .member("resident_kib_early", report.resident_kib_early)
      .member("resident_kib", report.resident_kib)
      .member("breaches", static_cast<std::int64_t>(report.breaches.size()))
      .end_object();
  fmt::print("{}\n", out.take());
}

}  // namespace
}  // namespace copyd::system_test

int main(int argc, char** argv) {
  using namespace copyd::system_test;
  // The rig speaks in assertions; outside a test a failed one is an exception.
  testing::GTEST_FLAG(throw_on_failure) = true;
  int none = 1;
  testing::InitGoogleTest(&none, argv);
  Options options;
  CLI::App app("Reloads, right and wrong ones, while a leader trades.");
  app.add_option("--reloads", options.reloads, "how many")->check(CLI::Range(1, 1'000'000));
  app.add_option("--reloads-per-trade", options.reloads_per_trade, "of the leader")
      ->check(CLI::Range(1, 1000));
  app.add_flag("--dedicated", options.dedicated, "every agent has a thread of its own");
  app.add_flag("--json", options.json, "print one line of JSON");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) { return app.exit(error) == 0 ? 0 : 2; }
  try {
    const Report report = ReloadBurst(options).run();
    print(options, report);
    return report.breaches.empty() ? 0 : 1;
  } catch (const std::exception& failure) {
    fmt::print(stderr, "reload_burst: {}\n", failure.what());
    return 1;
  }
}
