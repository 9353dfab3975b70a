#include "sim/control.hpp"

#include <algorithm>

#include "sim/control_fields.hpp"

namespace copyd::sim {

struct Control::Command {
  std::string_view name;
  Answer<std::string> (Control::*run)(const Fields&, VenueTime);
  std::vector<std::string_view> fields;
};

const std::vector<Control::Command>& Control::commands() {
  static const std::vector<Command> table{
      {"price", &Control::price, {"symbol", "price", "mark", "auto_liquidation"}},
      {"trade",
       &Control::trade,
       {"account", "symbol", "side", "position_side", "qty", "price", "fills", "reduce_only",
        "forced", "price_after", "client_order_id"}},
      {"fill", &Control::fill, {"account", "symbol", "order_id", "client_order_id", "qty"}},
      {"liquidity", &Control::liquidity, {"symbol", "qty", "pieces"}},
      {"ledger", &Control::ledger, {"account"}},
      {"position_mode", &Control::position_mode, {"account", "mode"}},
      {"set_up", &Control::set_up, {"account", "symbol", "leverage", "margin", "multi_assets"}},
      {"funding", &Control::funding, {"symbol", "rate"}},
      {"liquidate", &Control::liquidate, {"account", "symbol", "price"}},
      {"adl", &Control::adl, {"account", "symbol", "qty", "price"}},
      {"settle", &Control::settle, {"symbol", "price"}},
      {"transfer", &Control::transfer, {"account", "asset", "amount", "reason"}},
      {"permissions",
       &Control::permissions,
       {"account", "api_key", "reading", "futures", "withdrawals", "internal_transfer",
        "universal_transfer", "ip_restricted", "margin", "options", "portfolio_margin", "ip_list",
        "expires"}},
      {"new_key", &Control::new_key, {"account", "key_type", "public_key_pem", "api_key"}},
      {"delete_key", &Control::delete_key, {"api_key"}},
      {"refuse_key", &Control::refuse_key, {"account", "code", "msg", "status", "api"}},
      {"symbol",
       &Control::symbol,
       {"symbol", "status", "tick", "min_price", "max_price", "step", "min_qty", "max_qty",
        "market_step", "market_min_qty", "market_max_qty", "min_notional", "multiplier_up",
        "multiplier_down", "take_bound", "max_notional"}},
      {"fees", &Control::fees, {"account", "maker", "taker", "in_bnb"}},
      {"save", &Control::save, {}},
      {"drop_connections", &Control::drop_connections, {"refuse_ms"}},
      {"expire_listen_key", &Control::expire_listen_key, {"account", "twice", "text_time"}},
      {"delete_listen_key", &Control::delete_listen_key, {"account"}},
      {"reject_next",
       &Control::reject_next,
       {"account", "code", "msg", "status", "methods", "count"}},
      {"drop_next_answer",
       &Control::drop_next_answer,
       {"account", "count", "before_execution", "methods"}},
      {"answer_next", &Control::answer_next, {"account", "kind", "executed", "methods", "count"}},
      {"hide_order", &Control::hide_order, {"account", "ms", "count"}},
      {"delay_next", &Control::delay_next, {"account", "what", "ms", "count", "methods", "event"}},
      {"engine_delay", &Control::engine_delay, {"account", "ms"}},
      {"lag_history", &Control::lag_history, {"account", "ms"}},
      {"revoke_key", &Control::revoke_key, {"account"}},
      {"restore_key", &Control::restore_key, {"account"}},
      {"clear_faults", &Control::clear_faults, {"account"}},
      {"ban", &Control::ban, {"ms", "status", "ip", "pool"}},
      {"shutdown_notice", &Control::shutdown_notice, {}},
      {"duplicate_events", &Control::duplicate_events, {"account", "times", "count"}},
      {"reorder_events", &Control::reorder_events, {"account", "window", "count", "within_type"}},
      {"withhold", &Control::withhold, {"account", "event", "count"}},
      {"silence", &Control::silence, {"account", "ms"}},
      {"half_open", &Control::half_open, {"account"}},
      {"malformed_frame", &Control::malformed_frame, {"account", "kind"}},
      {"huge_frame", &Control::huge_frame, {"account", "bytes"}},
      {"send_raw", &Control::send_raw, {"account", "text"}},
      {"fragment_frames", &Control::fragment_frames, {"on"}},
      {"clock_offset", &Control::clock_offset, {"ms"}},
      {"stats", &Control::stats, {}},
      {"secrets", &Control::secrets, {}},
      {"quit", &Control::quit, {}},
  };
  return table;
}

std::string Control::handle(std::string_view line, VenueTime now) {
  world_.protocol().tick(now);
  const auto answer = [&]() -> Answer<std::string> {
    const auto object = JsonObject::parse(line);
    if (!object) return control_fault("not a JSON object");
    const JsonValue* name = object->find("command");
    if (name == nullptr) return control_fault("command is missing");
    const auto& table = commands();
    const auto command = std::find_if(table.begin(), table.end(), [&](const Command& candidate) {
      return candidate.name == name->text;
    });
    if (command == table.end()) return control_fault("unknown command " + name->text);
    for (const auto& [field, value] : object->members()) {
      const auto& known = command->fields;
      if (field != "command" && std::find(known.begin(), known.end(), field) == known.end())
        return control_fault("unknown field " + field);
    }
    return (this->*command->run)(Fields(world_.exchange(), *object), now);
  }();
  world_.protocol().notice_prices(now);
  JsonWriter out;
  out.object().flag("ok", answer.ok());
  if (!answer.ok()) {
    out.text("error", answer.error().message);
    if (answer.error().code != 0) out.number("code", answer.error().code);
  } else if (!answer.value().empty()) {
    out.raw(answer.value());
  }
  out.end_object();
  return out.take();
}

Answer<std::string> Control::price(const Fields& fields, VenueTime now) {
  const auto symbol = fields.symbol();
  if (!symbol.ok()) return symbol.error();
  const auto last = fields.decimal<Price>("price");
  if (!last.ok()) return last.error();
  const auto mark = fields.find("mark") != nullptr ? fields.decimal<Price>("mark") : last;
  if (!mark.ok()) return mark.error();
  if (last.value().sign() <= 0 || mark.value().sign() <= 0)
    return control_fault("price is not positive");
  const auto risk = fields.flag("auto_liquidation", world_.auto_liquidation());
  if (!risk.ok()) return risk.error();
  world_.exchange().set_price(symbol.value(), last.value(), mark.value(), now);
  if (risk.value()) world_.exchange().check_risk(symbol.value(), now);
  return std::string();
}

Answer<std::string> Control::liquidity(const Fields& fields, VenueTime) {
  const auto symbol = fields.symbol();
  if (!symbol.ok()) return symbol.error();
  const auto pieces = fields.integer("pieces", 1);
  if (!pieces.ok()) return pieces.error();
  if (pieces.value() < 1 || pieces.value() > 1000) return control_fault("pieces is not 1 to 1000");
  std::optional<Qty> most;
  if (!fields.is_null("qty")) {
    const auto qty = fields.decimal<Qty>("qty");
    if (!qty.ok()) return qty.error();
    const Qty step = world_.exchange().symbol(symbol.value()).step;
    if (qty.value().sign() < 0 || qty.value().units() % step.units() != 0)
      return control_fault("qty is not a multiple of the step");
    most = qty.value();
  }
  world_.exchange().set_liquidity(symbol.value(), most, static_cast<int>(pieces.value()));
  return std::string();
}

Answer<std::string> Control::position_mode(const Fields& fields, VenueTime) {
  const auto account = fields.account();
  if (!account.ok()) return account.error();
  const auto name = fields.text("mode");
  if (!name.ok()) return name.error();
  const auto mode = parse_position_mode(name.value());
  if (!mode) return control_fault("mode is not one_way or hedge");
  if (auto error = world_.exchange().set_position_mode(account.value(), *mode)) return *error;
  return std::string();
}

Answer<std::string> Control::set_up(const Fields& fields, VenueTime now) {
  const auto account = fields.account();
  if (!account.ok()) return account.error();
  const auto symbol = fields.symbol();
  if (!symbol.ok()) return symbol.error();
  auto& exchange = world_.exchange();
  const auto& at_venue = exchange.account(account.value());
  const auto multi = fields.flag("multi_assets", at_venue.multi_assets);
  if (!multi.ok()) return multi.error();
  if (multi.value() != at_venue.multi_assets)
    if (auto error = exchange.set_multi_assets(account.value(), multi.value(), now)) return *error;
  if (fields.find("margin") != nullptr) {
    const auto margin = fields.text("margin");
    if (!margin.ok()) return margin.error();
    const bool isolated = margin.value() == "isolated";
    if (!isolated && margin.value() != "cross")
      return control_fault("margin is not cross or isolated");
    if (isolated != at_venue.setup(symbol.value()).isolated)
      if (auto error = exchange.set_margin_type(account.value(), symbol.value(), isolated, now))
        return *error;
  }
  const auto leverage = fields.integer("leverage", at_venue.setup(symbol.value()).leverage);
  if (!leverage.ok()) return leverage.error();
  const auto clamped = static_cast<int>(std::clamp<std::int64_t>(leverage.value(), 0, 1000));
  if (auto error = exchange.set_leverage(account.value(), symbol.value(), clamped, now))
    return *error;
  const auto setup = at_venue.setup(symbol.value());
  JsonWriter out;
  out.number("leverage", setup.leverage).text("margin", setup.isolated ? "isolated" : "cross");
  return out.flag("multi_assets", at_venue.multi_assets).take();
}

Answer<std::string> Control::drop_connections(const Fields& fields, VenueTime) {
  const auto refuse = fields.integer("refuse_ms", 0);
  if (!refuse.ok()) return refuse.error();
  if (refuse.value() < 0) return control_fault("refuse_ms is negative");
  const auto closed = door_.connections();
  door_.drop_connections(std::chrono::milliseconds(refuse.value()));
  return "\"closed\":" + std::to_string(closed);
}

Answer<std::string> Control::expire_listen_key(const Fields& fields, VenueTime now) {
  const auto account = fields.account();
  if (!account.ok()) return account.error();
  const auto twice = fields.flag("twice", false);
  if (!twice.ok()) return twice.error();
  const auto text_time = fields.flag("text_time", false);
  if (!text_time.ok()) return text_time.error();
  if (!world_.protocol().streams().expire(account.value(), now,
                                          {.twice = twice.value(), .text_time = text_time.value()}))
    return control_fault("the account has no listen key");
  return std::string();
}

Answer<std::string> Control::reject_next(const Fields& fields, VenueTime) {
  const auto account = fields.account();
  if (!account.ok()) return account.error();
  const auto code = fields.integer("code", 0);
  if (!code.ok()) return code.error();
  if (code.value() == 0) return control_fault("code is missing");
  const auto count = fields.integer("count", 1);
  if (!count.ok()) return count.error();
  const auto status = fields.integer("status", 400);
  if (!status.ok()) return status.error();
  const auto message = fields.find("msg") != nullptr ? fields.text("msg")
                                                     : Answer<std::string>("Rejected on purpose.");
  if (!message.ok()) return message.error();
  const auto actions = read_actions(fields);
  if (!actions.ok()) return actions.error();
  auto& faults = world_.protocol().faults(account.value());
  faults.rejection_actions = actions.value();
  faults.rejection = {.code = static_cast<int>(code.value()),
                      .message = message.value(),
                      .status = static_cast<int>(status.value())};
  faults.rejections = static_cast<int>(count.value());
  return std::string();
}

Answer<std::string> Control::drop_next_answer(const Fields& fields, VenueTime) {
  const auto account = fields.account();
  if (!account.ok()) return account.error();
  const auto count = fields.integer("count", 1);
  if (!count.ok()) return count.error();
  const auto before = fields.flag("before_execution", false);
  if (!before.ok()) return before.error();
  const auto actions = read_actions(fields);
  if (!actions.ok()) return actions.error();
  auto& faults = world_.protocol().faults(account.value());
  faults.drops = static_cast<int>(count.value());
  faults.drop_before = before.value();
  faults.drop_actions = actions.value();
  return std::string();
}

Answer<std::string> Control::clock_offset(const Fields& fields, VenueTime) {
  const auto offset = fields.integer("ms", 0);
  if (!offset.ok()) return offset.error();
  door_.set_clock_offset(std::chrono::milliseconds(offset.value()));
  return std::string();
}

Answer<std::string> Control::stats(const Fields&, VenueTime) {
  auto& protocol = world_.protocol();
  JsonWriter out;
  out.number("connections", static_cast<std::int64_t>(door_.connections()))
      .number("streams", static_cast<std::int64_t>(protocol.open_streams()))
      .number("rest_requests", static_cast<std::int64_t>(protocol.rest_requests()))
      .number("ws_requests", static_cast<std::int64_t>(protocol.ws_requests()));
  out.number("refused_by_limits", static_cast<std::int64_t>(protocol.refused_by_limits()));
  out.key("weight").object();
  for (const auto& [call, weight] : protocol.weights())
    out.number(call, static_cast<std::int64_t>(weight));
  out.end_object();
  out.key("weight_minutes").array();
  for (const auto& minute : protocol.limits().minutes())
    out.object().number("minute", minute.number).number("weight", minute.weight).end_object();
  out.end_array();
  out.key("orders").object();
  for (const auto& [account, counts] : protocol.order_counts())
    out.key(world_.exchange().account(account).label)
        .object()
        .number("placed", static_cast<std::int64_t>(counts.placed))
        .number("rejected", static_cast<std::int64_t>(counts.rejected))
        .number("rate_limited", static_cast<std::int64_t>(counts.rate_limited))
        .end_object();
  out.end_object();
  return out.take();
}

Answer<std::string> Control::quit(const Fields&, VenueTime) {
  door_.quit();
  return std::string();
}

}  // namespace copyd::sim
