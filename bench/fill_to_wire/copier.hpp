// Copier: what is measured: something that answers the fills of its group's leader with orders of
// its followers. The engine, the floor responder, or a bot on somebody's client library. All of a
// row's copiers are connected at once; all but one stand still, so that each has the machine as the
// others have it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bench/fill_to_wire/engine_process.hpp"
#include "bench/floor/floor.hpp"
#include "bench/venue/venue.hpp"

namespace copyd::bench {

class Copier {
 public:
  Copier(std::string name, int group) : name_(std::move(name)), group_(group) {}
  virtual ~Copier() = default;

  virtual void resume() = 0;
  virtual void pause() = 0;
  // The engine's own record of its stages, as JSON; "{}" of others. While it runs.
  virtual std::string stages() { return "{}"; }
  // The engine's: what told it its leader's fills first, as JSON; "{}" of others. While it runs.
  virtual std::string first_words() { return "{}"; }
  virtual std::int64_t resident_kib() { return 0; }
  virtual std::int64_t ready_ms() const { return 0; }
  // Ends the engine and reads its journal: nanoseconds from a fill's `recv` to the `send` of its
  // last order, of the counted fills of these turns; empty of others.
  virtual std::vector<std::int64_t> end_and_last_left(std::span<const TurnFills>) { return {}; }

  const std::string& name() const noexcept { return name_; }
  int group() const noexcept { return group_; }

 private:
  std::string name_;
  int group_;
};

// Or why there is none.
struct Started {
  std::unique_ptr<Copier> copier;
  std::string failure;
};

struct FloorOptions {
  std::size_t followers = 1;
  bool shared_connection = false;
  bool logged_on = false;
  int cpu = -1;
};
Started start_floor(BenchVenue& venue, const FloorOptions& options);

// bench/peers/bot.mjs. `client`: official, binance or ccxt; `way`: ws or rest.
struct PeerOptions {
  std::string client;
  std::string way;
  std::size_t followers = 1;
};
Started start_peer(BenchVenue& venue, const PeerOptions& options);

// Runs copyd with journal, limits and latency records on; returns when all followers are ready.
Started start_engine(BenchVenue& venue, const EngineOptions& options);

}  // namespace copyd::bench
