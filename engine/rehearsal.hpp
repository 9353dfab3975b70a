// Rehearsal: the path of a fill, run over and over while there is none, so that code and tables are
// in the processor's caches and its branches foretold when one comes: after two milliseconds of
// silence a fill that nobody rehearsed takes twice as long.
//
// It works on things of its own alone: a connection to itself (net/scratch_line), a leader and a
// follower that exist nowhere, a copy agent and queues for them, a key that no account has. Nothing
// it does is kept, counted or sent to anybody else; a lane's part shows on the loopback interface,
// some 8,000 packets a second.
// Run by the thread of the path whenever a pass found nothing to do; does its round once in `every`.
// Costs a fill that comes in the midst of a round what is left of it, some microseconds.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "config/schema.hpp"
#include "core/agent.hpp"
#include "core/channel.hpp"
#include "core/counters.hpp"
#include "core/flow.hpp"
#include "core/symbols.hpp"
#include "net/scratch_line.hpp"
#include "risk/copier.hpp"
#include "venue/signer.hpp"
#include "venue/user_data.hpp"

namespace copyd::engine {

class Rehearsal final : public Agent {
 public:
  static constexpr std::chrono::microseconds every{30};

  // What the thread does of the path; each part stands for itself.
  struct Parts {
    bool feed = false;
    bool copy = false;
    bool lane = false;
  };

  // Null where OpenSSL gives no connection: then nothing is rehearsed.
  static std::unique_ptr<Rehearsal> create(const Clock& clock, Parts parts);
  ~Rehearsal() override;

  const char* name() const noexcept override { return "rehearsal"; }
  // 0: never work that anybody waits for.
  int do_work() noexcept override;

  // Rounds that went through every part as they should.
  std::uint64_t rounds() const noexcept { return rounds_; }

 private:
  struct Books;
  Rehearsal(const Clock& clock, Parts parts, net::ScratchLine line, venue::Signer signer);
  bool receive() noexcept;
  bool decide(Mono now) noexcept;
  bool send() noexcept;

  const Clock& clock_;
  const Parts parts_;
  Mono next_{};
  std::uint64_t rounds_ = 0;
  net::ScratchLine line_;
  std::unique_ptr<Books> books_;
  venue::UserDataDecoder decoder_;
  OrderTerms terms_;
  venue::Signer signer_;
  std::uint64_t requests_ = 0;
  std::array<char, limits::order_text_max> text_{};
};

}  // namespace copyd::engine
