// The state file: what was saved is there again, whole, or nothing is.
#include "sim/state.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "sim/control.hpp"
#include "sim/server.hpp"
#include "support.hpp"

namespace copyd::sim::testing {
namespace {

class StateTest : public ::testing::Test {
 protected:
  StateTest() {
    std::string name = (std::filesystem::temp_directory_path() / "state-XXXXXX").string();
    directory = mkdtemp(name.data());
  }
  ~StateTest() override { std::filesystem::remove_all(directory); }

  // Something of everything.
  void live(Bench& bench) {
    auto& exchange = bench.world->exchange();
    const auto bob = bench.account("bob");
    exchange.set_leverage(bob, bench.symbol("BTCUSDT"), 33, bench.now);
    exchange.set_margin_type(bob, bench.symbol("ETHUSDT"), true, bench.now);
    exchange.set_liquidity(bench.symbol("SOLUSDT"), qty("5"), 2);
    bench.place("bob", bench.market("BTCUSDT", Side::buy, "0.5"));
    bench.place("bob", bench.market("ETHUSDT", Side::sell, "2"));
    bench.place("bob", bench.market("SOLUSDT", Side::sell, "4"));
    bench.place("bob", bench.resting("SOLUSDT", Side::buy, "3", "140"));
    auto named = bench.resting("DOGEUSDT", Side::sell, "100", "0.16");
    named.client_id = "resting-1";
    bench.place("dave", named);
    bench.now.ms += 500;
    const auto amended = bench.signed_call(
        "PUT", "/fapi/v1/order", "dave",
        "symbol=DOGEUSDT&side=SELL&origClientOrderId=resting-1&quantity=90&price=0.161");
    EXPECT_EQ(amended.status, 200) << amended.body;
    const auto algo = bench.signed_call(
        "POST", "/fapi/v1/algoOrder", "bob",
        "algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=STOP_MARKET&quantity=0.5&"
        "triggerPrice=58000&clientAlgoId=stop-1");
    EXPECT_EQ(algo.status, 200) << algo.body;
    exchange.charge_funding(bench.symbol("BTCUSDT"), *Ratio::parse("0.0002"), bench.now);
    exchange.transfer(bob, "BNB", usd("1.5"), "DEPOSIT", bench.now);
    exchange.set_fee_in_bnb(bob, true);
    exchange.set_multi_assets(bench.account("alpha"), true, bench.now);
    auto record = exchange.permissions(bench.account("dave"));
    record.withdrawals = true;
    exchange.set_permissions(bench.account("dave"), record);
    auto spec = exchange.symbol(bench.symbol("LTCUSDT"));
    spec.status = "SETTLING";
    exchange.set_symbol(bench.symbol("LTCUSDT"), spec);
    bench.move("BTCUSDT", "60500");
  }
  static std::unique_ptr<World> reread(const World& world) {
    auto read = read_state(write_state(world), {});
    EXPECT_TRUE(read.ok()) << (read.ok() ? "" : read.error().message);
    return std::move(read.value());
  }
  std::string path() const { return directory + "/venue.state"; }
  std::string refusal(std::string_view text) {
    const auto read = read_state(text, {});
    return read.ok() ? "" : read.error().message;
  }

  std::string directory;
};

TEST_F(StateTest, EverythingIsThereAgain) {
  Bench before({.filler_symbols = 5});
  live(before);
  Bench after;
  after.world = reread(*before.world);
  after.now = before.now;
  EXPECT_EQ(write_state(*after.world), write_state(*before.world));
  EXPECT_EQ(describe(after.world->roster()), describe(before.world->roster()));
  for (const auto& [path, who] : std::vector<std::pair<std::string, std::string>>{
           {"/fapi/v3/account", "bob"},
           {"/fapi/v2/account", "bob"},
           {"/fapi/v3/balance", "bob"},
           {"/fapi/v3/positionRisk", "bob"},
           {"/fapi/v1/symbolConfig", "bob"},
           {"/fapi/v1/allOrders", "bob"},
           {"/fapi/v1/openOrders", "bob"},
           {"/fapi/v1/openOrders", "dave"},
           {"/fapi/v1/openAlgoOrders", "bob"},
           {"/fapi/v1/income", "bob"},
           {"/fapi/v1/accountConfig", "alpha"},
           {"/fapi/v1/accountConfig", "carol"},
           {"/fapi/v1/fundingRate", "bob"},
           {"/sapi/v1/account/apiRestrictions", "dave"},
           {"/fapi/v1/exchangeInfo", "bob"}}) {
    const auto was = before.signed_call("GET", path, who);
    EXPECT_EQ(was.status, 200) << path;
    EXPECT_EQ(after.signed_call("GET", path, who).body, was.body) << path;
  }
}

// The two go on alike: same ids, same names, the same orders fill.
TEST_F(StateTest, LifeGoesOnAsIfNothingHadHappened) {
  Bench before;
  live(before);
  Bench after;
  after.world = reread(*before.world);
  after.now = before.now;
  for (Bench* bench : {&before, &after}) {
    bench->now.ms += 100;
    bench->move("SOLUSDT", "139");
    bench->move("BTCUSDT", "57900");
    bench->place("bob", bench->market("ETHUSDT", Side::buy, "1"));
    bench->place("carol", [&] {
      auto order = bench->market("ETHUSDT", Side::buy, "1");
      order.leg = Leg::long_;
      return order;
    }());
    bench->world->exchange().liquidate(bench->account("bob"), {}, {}, bench->now);
  }
  EXPECT_EQ(after.held("bob", "BTCUSDT").qty, Qty{}) << "the stop was kept and went off";
  EXPECT_EQ(write_state(*after.world), write_state(*before.world));
  EXPECT_EQ(at(after.signed_call("GET", "/fapi/v1/algoOrder", "bob", "clientAlgoId=stop-1").body,
               "algoStatus"),
            "FINISHED");
}

TEST_F(StateTest, TheFileIsReplacedAndPrivate) {
  Bench bench;
  ASSERT_FALSE(save_state(*bench.world, path()));
  const auto first = std::filesystem::file_size(path());
  live(bench);
  ASSERT_FALSE(save_state(*bench.world, path()));
  EXPECT_GT(std::filesystem::file_size(path()), first);
  EXPECT_FALSE(std::filesystem::exists(path() + ".new"));
  struct stat status {};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U) << "it holds keys";
  const auto loaded = load_state(path(), {});
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(write_state(*loaded.value()), write_state(*bench.world));
}

TEST_F(StateTest, NoFileIsNoState) {
  const auto loaded = load_state(path(), {});
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded.value(), nullptr);
  Bench bench;
  EXPECT_TRUE(save_state(*bench.world, directory + "/nowhere/venue.state"));
}

TEST_F(StateTest, ADamagedFileIsRefused) {
  Bench bench;
  live(bench);
  const auto whole = write_state(*bench.world);
  EXPECT_EQ(refusal(whole), "");
  EXPECT_NE(refusal("").find("not a state file"), std::string::npos);
  EXPECT_NE(refusal("{}").find("not a state file"), std::string::npos);
  EXPECT_NE(refusal("venue-sim state 1").find("damaged"), std::string::npos);
  for (const std::size_t cut : {whole.size() - 1, whole.size() / 2, whole.find('\n') + 1})
    EXPECT_NE(refusal(whole.substr(0, cut)).find("damaged"), std::string::npos) << cut;
  for (std::size_t place = whole.find('\n') + 1; place < whole.size(); place += 997) {
    auto bent = whole;
    bent[place] = static_cast<char>(bent[place] ^ 1);
    EXPECT_NE(refusal(bent).find("damaged"), std::string::npos) << place;
  }
  std::ofstream(path()) << whole.substr(0, whole.size() - 7);
  const auto loaded = load_state(path(), {});
  ASSERT_FALSE(loaded.ok());
  EXPECT_NE(loaded.error().message.find(path()), std::string::npos);
}

TEST_F(StateTest, AServerGoesOnWithItsFile) {
  const ServerOptions options{.directory = directory, .state_file = path(), .world = {}};
  std::string was;
  std::string accounts;
  {
    const auto server = Server::create(options);
    ASSERT_TRUE(server.ok()) << server.error().message;
    accounts = describe(server.value()->world().roster());
    EXPECT_TRUE(std::filesystem::exists(path())) << "keys are kept from the first moment";
    Bench bench;
    auto& exchange = server.value()->world().exchange();
    exchange.transfer(bench.account("bob"), "USDT", usd("7"), "DEPOSIT", bench.now);
    ASSERT_FALSE(server.value()->save_if_kept());
    was = write_state(server.value()->world());
  }
  auto other_seed = options;
  other_seed.world.seed = 99;
  const auto again = Server::create(other_seed);
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(write_state(again.value()->world()), was);
  EXPECT_EQ(describe(again.value()->world().roster()), accounts);
  std::ofstream(path(), std::ios::app) << "x";
  const auto damaged = Server::create(options);
  ASSERT_FALSE(damaged.ok());
  EXPECT_NE(damaged.error().message.find("damaged"), std::string::npos);
}

TEST_F(StateTest, SavingByCommandNeedsAFile) {
  class Door final : public FrontDoor {
   public:
    void drop_connections(std::chrono::milliseconds) override {}
    void set_clock_offset(std::chrono::milliseconds) override {}
    std::size_t connections() const override { return 0; }
    void quit() override {}
  } door;
  Bench bench;
  Control control(*bench.world, door);
  EXPECT_EQ(at(control.handle(R"({"command":"save"})", bench.now), "error"),
            "there is no state file");
}

}  // namespace
}  // namespace copyd::sim::testing
