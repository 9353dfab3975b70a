#include "sim/state.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "sim/state_archive.hpp"

namespace copyd::sim {

namespace {

constexpr std::string_view format_name = "venue-sim state 1";

std::string digest(std::string_view text) {
  std::array<unsigned char, 32> bytes{};
  EVP_Digest(text.data(), text.size(), bytes.data(), nullptr, EVP_sha256(), nullptr);
  std::string hex;
  for (const auto byte : bytes) hex += fmt::format("{:02x}", byte);
  return hex;
}

std::string first_line(std::string_view body) {
  return fmt::format("{} {}\n", format_name, digest(body));
}

ApiError system_fault(const std::string& what) {
  return {.message = what + ": " + std::strerror(errno)};
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(file, text.data(), text.size());
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

// The state of an exchange, member by member.
struct ExchangeState {
  Roster roster{};
  std::vector<SymbolSpec> symbols{};
  std::vector<Market> markets{};
  std::vector<Account> accounts{};
  std::vector<std::pair<AccountIndex, Permissions>> permissions{};
  std::uint64_t random = 0;
  std::uint64_t symbols_version = 0;
  std::int64_t forced_orders = 0;
  std::int64_t incomes = 0;
  std::uint64_t queue = 0;
  std::int64_t next_algo_id = 0;
  std::int64_t next_amendment_id = 0;
  VenueTime latest{};

  static ExchangeState of(const Exchange& exchange);
  void put(Exchange& exchange) &&;
};

template <class A, RecordOf<ExchangeState> T>
void fields(A& each, T& of) {
  each("roster", of.roster);
  each("symbols", of.symbols);
  each("markets", of.markets);
  each("accounts", of.accounts);
  each("permissions", of.permissions);
  each("random", of.random);
  each("symbols_version", of.symbols_version);
  each("forced_orders", of.forced_orders);
  each("incomes", of.incomes);
  each("queue", of.queue);
  each("next_algo_id", of.next_algo_id);
  each("next_amendment_id", of.next_amendment_id);
  each("latest", of.latest);
}

ExchangeState ExchangeState::of(const Exchange& exchange) {
  ExchangeState state{.roster = {},
                      .symbols = exchange.symbols_,
                      .markets = exchange.markets_,
                      .accounts = exchange.accounts_,
                      .permissions = {},
                      .random = exchange.random_.state(),
                      .symbols_version = exchange.symbols_version_,
                      .forced_orders = exchange.forced_orders_,
                      .incomes = exchange.incomes_,
                      .queue = exchange.queue_,
                      .next_algo_id = exchange.next_algo_id_,
                      .next_amendment_id = exchange.next_amendment_id_,
                      .latest = exchange.latest_};
  for (AccountIndex index = 0; index < exchange.accounts_.size(); ++index)
    state.permissions.emplace_back(index, exchange.permissions(index));
  return state;
}

// REQUIRES: an exchange of the same symbols and roster.
void ExchangeState::put(Exchange& exchange) && {
  exchange.markets_ = std::move(markets);
  exchange.accounts_ = std::move(accounts);
  for (const auto& [account, record] : permissions) exchange.set_permissions(account, record);
  exchange.random_ = Random(random);
  exchange.symbols_version_ = symbols_version;
  exchange.forced_orders_ = forced_orders;
  exchange.incomes_ = incomes;
  exchange.queue_ = queue;
  exchange.next_algo_id_ = next_algo_id;
  exchange.next_amendment_id_ = next_amendment_id;
  exchange.latest_ = latest;
  exchange.reindex();
}

std::string write_state(const World& world) {
  auto state = ExchangeState::of(world.exchange());
  state.roster = world.roster();
  StateWriter writer;
  writer.write(state);
  const std::string body = writer.out().take();
  return first_line(body) + body;
}

Answer<std::unique_ptr<World>> read_state(std::string_view text, WorldOptions options) {
  const auto end = text.find('\n');
  const auto body = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  if (!text.starts_with(format_name)) return ApiError{.message = "not a state file of venue-sim"};
  if (body.empty() || text.substr(0, end + 1) != first_line(body))
    return ApiError{.message = "the state file is damaged: its checksum does not match"};
  ExchangeState state;
  StateReader reader;
  reader.read_object(std::string(body), state);
  if (!reader.fault().empty())
    return ApiError{.message = "the state file cannot be read: " + reader.fault()};
  if (state.markets.size() != state.symbols.size() || state.accounts.size() != state.roster.size())
    return ApiError{.message = "the state file cannot be read: its lists do not match"};
  options.roster = state.roster;
  options.symbols = state.symbols;
  auto world = World::create(std::move(options));
  if (!world) return ApiError{.message = "a key in the state file cannot be read"};
  std::move(state).put(world->exchange());
  return world;
}

std::optional<ApiError> save_state(const World& world, const std::string& path) {
  const std::string beside = path + ".new";
  const int file = ::open(beside.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0) return system_fault("cannot write " + beside);
  const bool written = write_all(file, write_state(world)) && ::fsync(file) == 0;
  const bool closed = ::close(file) == 0;
  if (!written || !closed) return system_fault("cannot write " + beside);
  if (::rename(beside.c_str(), path.c_str()) != 0) return system_fault("cannot replace " + path);
  return std::nullopt;
}

Answer<std::unique_ptr<World>> load_state(const std::string& path, WorldOptions options) {
  std::error_code error;
  if (!std::filesystem::exists(path, error) && !error) return std::unique_ptr<World>();
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) return ApiError{.message = "cannot read " + path};
  auto world = read_state(text.str(), std::move(options));
  if (!world.ok()) return ApiError{.message = path + ": " + world.error().message};
  return world;
}

}  // namespace copyd::sim
