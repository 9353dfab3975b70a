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
      {"price", &Control::price, {"symbol", "price", "mark"}},
      {"trade",
       &Control::trade,
       {"account", "symbol", "side", "position_side", "qty", "price", "fills", "reduce_only",
        "forced", "price_after", "client_order_id"}},
      {"liquidity", &Control::liquidity, {"symbol", "qty", "pieces"}},
      {"ledger", &Control::ledger, {"account"}},
      {"position_mode", &Control::position_mode, {"account", "mode"}},
      {"drop_connections", &Control::drop_connections, {"refuse_ms"}},
      {"expire_listen_key", &Control::expire_listen_key, {"account"}},
      {"reject_next", &Control::reject_next, {"account", "code", "msg", "status", "count"}},
      {"drop_next_answer", &Control::drop_next_answer, {"account", "count", "before_execution"}},
      {"clock_offset", &Control::clock_offset, {"ms"}},
      {"stats", &Control::stats, {}},
      {"quit", &Control::quit, {}},
  };
  return table;
}

std::string Control::handle(std::string_view line, VenueTime now) {
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

Answer<std::string> Control::price(const Fields& fields, VenueTime) {
  const auto symbol = fields.symbol();
  if (!symbol.ok()) return symbol.error();
  const auto last = fields.decimal<Price>("price");
  if (!last.ok()) return last.error();
  const auto mark = fields.find("mark") != nullptr ? fields.decimal<Price>("mark") : last;
  if (!mark.ok()) return mark.error();
  if (last.value().sign() <= 0 || mark.value().sign() <= 0)
    return control_fault("price is not positive");
  world_.exchange().set_price(symbol.value(), last.value(), mark.value());
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
  if (!world_.protocol().streams().expire(account.value(), now))
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
  auto& faults = world_.protocol().faults(account.value());
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
  auto& faults = world_.protocol().faults(account.value());
  faults.drops = static_cast<int>(count.value());
  faults.drop_before = before.value();
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
      .number("streams", static_cast<std::int64_t>(protocol.streams().open_count()))
      .number("rest_requests", static_cast<std::int64_t>(protocol.rest_requests()))
      .number("ws_requests", static_cast<std::int64_t>(protocol.ws_requests()));
  out.key("orders").object();
  for (const auto& [account, counts] : protocol.order_counts())
    out.key(world_.exchange().account(account).label)
        .object()
        .number("placed", static_cast<std::int64_t>(counts.placed))
        .number("rejected", static_cast<std::int64_t>(counts.rejected))
        .end_object();
  out.end_object();
  return out.take();
}

Answer<std::string> Control::quit(const Fields&, VenueTime) {
  door_.quit();
  return std::string();
}

}  // namespace copyd::sim
