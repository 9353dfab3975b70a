// Control: what keys may do, keys that come and go, and how they are refused.
#include "sim/control_fields.hpp"

namespace copyd::sim {

namespace {

// The names in `list` become those whose flag is null, and lose those whose flag is given.
void mention(std::vector<std::string>& unmentioned, std::string_view name, bool said) {
  std::erase(unmentioned, name);
  if (!said) unmentioned.emplace_back(name);
}

}  // namespace

Answer<const ApiKey*> Control::key_of(const Fields& fields) {
  const auto text = fields.text("api_key");
  if (!text.ok()) return text.error();
  const ApiKey* key = world_.exchange().find_key(text.value());
  if (key == nullptr) return control_fault("no such api_key");
  return key;
}

Answer<std::vector<std::string>> Control::read_ip_list(const JsonValue& value) {
  const auto rows = parse_array(value.text);
  if (value.kind != JsonValue::Kind::array || !rows) return control_fault("ip_list is not a list");
  std::vector<std::string> list;
  for (const auto& row : *rows) list.push_back(row.text);
  return list;
}

Answer<std::string> Control::permissions(const Fields& fields, VenueTime) {
  const auto account = fields.account();
  if (!account.ok()) return account.error();
  auto& exchange = world_.exchange();
  const ApiKey* only = nullptr;
  if (fields.find("api_key") != nullptr) {
    const auto key = key_of(fields);
    if (!key.ok()) return key.error();
    only = key.value();
    if (only->account != account.value()) return control_fault("api_key is of another account");
  }
  auto record = only != nullptr ? only->permissions : exchange.permissions(account.value());
  for (const auto& [name, flag] : permission_flags(record)) {
    const auto given = fields.flag(name, *flag);
    if (!given.ok()) return given.error();
    *flag = given.value();
    if (fields.is_null(name)) mention(record.unmentioned, name, false);
    else if (fields.find(name) != nullptr) mention(record.unmentioned, name, true);
  }
  if (fields.is_null("expires")) record.trading_expires.reset();
  if (fields.find("expires") != nullptr) {
    const auto when = fields.integer("expires", 0);
    if (!when.ok()) return when.error();
    record.trading_expires = VenueTime{when.value()};
  }
  if (const auto* list = fields.find("ip_list")) {
    auto addresses = read_ip_list(*list);
    if (!addresses.ok()) return addresses.error();
    record.ip_list = addresses.value();
  }
  if (only != nullptr) exchange.set_key_permissions(only->text, record);
  else exchange.set_permissions(account.value(), record);
  return std::string();
}

Answer<std::string> Control::new_key(const Fields& fields, VenueTime) {
  const auto account = fields.account();
  if (!account.ok()) return account.error();
  Member member;
  if (fields.find("key_type") != nullptr) {
    const auto name = fields.text("key_type");
    if (!name.ok()) return name.error();
    const auto type = parse_key_type(name.value());
    if (!type) return control_fault("key_type is not hmac, ed25519 or rsa");
    member.key_type = *type;
  }
  for (const auto& [name, into] : {std::pair("public_key_pem", &member.public_key_pem),
                                   std::pair("api_key", &member.api_key)}) {
    if (fields.find(name) == nullptr) continue;
    const auto text = fields.text(name);
    if (!text.ok()) return text.error();
    *into = text.value();
  }
  complete(member, random_);
  if (world_.exchange().find_key(member.api_key) != nullptr)
    return control_fault("there is such an api_key already");
  if (!add_key(member, account.value(), world_.exchange()))
    return control_fault("public_key_pem is not a public key of that key_type");
  JsonWriter out;
  describe_key(member, out);
  return out.take();
}

Answer<std::string> Control::end_sessions() {
  const auto told = door_.tell_sessions(
      [&](WsSession& session) { return world_.protocol().end_revoked(session); });
  return "\"sessions\":" + std::to_string(told);
}

Answer<std::string> Control::delete_key(const Fields& fields, VenueTime) {
  const auto key = key_of(fields);
  if (!key.ok()) return key.error();
  world_.exchange().delete_key(key.value()->text);
  return end_sessions();
}

Answer<std::string> Control::refuse_key(const Fields& fields, VenueTime) {
  const auto account = fields.account();
  if (!account.ok()) return account.error();
  const auto code = fields.integer("code", 0);
  if (!code.ok()) return code.error();
  const auto message = fields.text("msg");
  if (!message.ok()) return message.error();
  const auto status = fields.number("status", 400, {.least = 400, .most = 599});
  if (!status.ok()) return status.error();
  const auto api = fields.find("api") != nullptr ? fields.text("api") : Answer<std::string>("any");
  if (!api.ok()) return api.error();
  const bool any = api.value() == "any";
  if (!any && api.value() != "wallet" && api.value() != "futures")
    return control_fault("api is not wallet, futures or any");
  world_.protocol().refuse_keys(account.value(),
                                {.error = {.code = static_cast<int>(code.value()),
                                           .message = message.value(),
                                           .status = static_cast<int>(status.value())},
                                 .of_wallet = any || api.value() == "wallet",
                                 .of_futures = any || api.value() == "futures"});
  return end_sessions();
}

Answer<std::string> Control::revoke_key(const Fields& fields, VenueTime) {
  const auto account = fields.account();
  if (!account.ok()) return account.error();
  world_.protocol().revoke_keys(account.value());
  return end_sessions();
}

Answer<std::string> Control::restore_key(const Fields& fields, VenueTime) {
  const auto account = fields.account();
  if (!account.ok()) return account.error();
  world_.protocol().restore_keys(account.value());
  return std::string();
}

Answer<std::string> Control::secrets(const Fields&, VenueTime) {
  auto& protocol = world_.protocol();
  JsonWriter out;
  out.key("listen_keys").array();
  for (const auto& key : protocol.streams().issued()) out.string(key);
  out.end_array().key("signatures").array();
  for (const auto& signature : protocol.signatures()) out.string(signature);
  out.end_array();
  return out.take();
}

}  // namespace copyd::sim
