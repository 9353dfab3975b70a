#include "sim/roster.hpp"

#include <fmt/format.h>

#include "sim/json.hpp"

namespace copyd::sim {

namespace {

ApiError fault(std::string message) {
  return {.message = std::move(message)};
}

std::optional<ApiError> read_permissions(const std::string& json, Permissions& permissions) {
  const auto object = JsonObject::parse(json);
  if (!object) return fault("permissions: not an object");
  for (const auto& [name, value] : object->members()) {
    bool* flag = nullptr;
    for (const auto& [known, place] : permission_flags(permissions))
      if (name == known) flag = place;
    if (flag == nullptr) return fault("permissions: unknown field " + name);
    if (value.kind != JsonValue::Kind::boolean) return fault(name + ": neither true nor false");
    *flag = value.text == "true";
  }
  return std::nullopt;
}

std::optional<ApiError> read_field(const std::string& name, const JsonValue& value,
                                   Member& member) {
  if (name == "permissions") return read_permissions(value.text, member.permissions);
  if (name == "label") {
    member.label = value.text;
  } else if (name == "api_key") {
    member.api_key = value.text;
  } else if (name == "secret") {
    member.secret = value.text;
  } else if (name == "private_key_pem") {
    member.private_key_pem = value.text;
  } else if (name == "public_key_pem") {
    member.public_key_pem = value.text;
  } else if (name == "key_type") {
    const auto type = parse_key_type(value.text);
    if (!type) return fault("key_type: not hmac, ed25519 or rsa");
    member.key_type = *type;
  } else if (name == "position_mode") {
    const auto mode = parse_position_mode(value.text);
    if (!mode) return fault("position_mode: not one_way or hedge");
    member.mode = *mode;
  } else if (name == "wallet") {
    const auto wallet = Usd::parse(value.text);
    if (!wallet) return fault("wallet: not a decimal");
    member.wallet = *wallet;
  } else {
    return fault("unknown field " + name);
  }
  return std::nullopt;
}

}  // namespace

void complete(Member& member, Random& random) {
  if (member.api_key.empty()) member.api_key = random.alphanumeric(64);
  const bool given = !member.private_key_pem.empty() || !member.public_key_pem.empty();
  switch (member.key_type) {
    case KeyType::hmac:
      if (member.secret.empty()) member.secret = new_hmac_secret(random);
      break;
    case KeyType::ed25519:
      if (!given) member.private_key_pem = new_ed25519_pem(random);
      break;
    case KeyType::rsa:
      if (!given) member.private_key_pem = new_rsa_pem();
      break;
  }
}

Roster default_roster(Random& random, std::size_t more_followers) {
  Roster roster{{.label = "alpha"},
                {.label = "bob"},
                {.label = "carol", .mode = PositionMode::hedge, .key_type = KeyType::ed25519},
                {.label = "dave"},
                {.label = "withdraw", .permissions = {.withdrawals = true}},
                {.label = "readonly", .permissions = {.futures = false}}};
  for (std::size_t i = 1; i <= more_followers; ++i)
    roster.push_back({.label = fmt::format("follower{}", i)});
  for (auto& member : roster) complete(member, random);
  return roster;
}

Answer<Roster> read_roster(std::string_view json, Random& random) {
  const auto file = JsonObject::parse(json);
  const JsonValue* list = file ? file->find("accounts") : nullptr;
  const auto rows = list != nullptr ? parse_array(list->text) : std::nullopt;
  if (!rows) return fault("not an object with an array \"accounts\"");
  Roster roster;
  for (const auto& row : *rows) {
    const auto object = JsonObject::parse(row.text);
    if (!object) return fault("an account is not an object");
    Member member;
    for (const auto& [name, value] : object->members())
      if (auto error = read_field(name, value, member)) return *error;
    if (member.label.empty()) return fault("an account has no label");
    for (const auto& other : roster)
      if (other.label == member.label) return fault("two accounts are labelled " + member.label);
    complete(member, random);
    roster.push_back(std::move(member));
  }
  return roster;
}

bool add_key(const Member& member, AccountIndex account, Exchange& exchange) {
  const auto& pem = member.public_key_pem.empty() ? member.private_key_pem : member.public_key_pem;
  const auto verifier = member.key_type == KeyType::hmac
                            ? std::optional(Verifier::hmac(member.secret))
                            : Verifier::from_pem(pem);
  if (!verifier || verifier->type() != member.key_type) return false;
  exchange.add_key({.text = member.api_key,
                    .verifier = *verifier,
                    .permissions = member.permissions,
                    .account = account});
  return true;
}

bool enrol(const Roster& roster, Exchange& exchange) {
  for (const auto& member : roster) {
    const auto account = exchange.add_account(
        {.label = member.label,
         .alias = "",
         .mode = member.mode,
         // Room for the contracts that are not margined in USDT.
         .wallets = {{"USDT", member.wallet}, {"USDC", member.wallet}, {"BTC", Usd::whole(10)}},
         .positions = {},
         .orders = {},
         .trades = {},
         .newest_by_client_id = {}});
    if (!add_key(member, account, exchange)) return false;
  }
  return true;
}

void describe_key(const Member& member, JsonWriter& out) {
  out.text("api_key", member.api_key);
  if (member.key_type == KeyType::hmac) out.text("secret", member.secret);
  else if (!member.private_key_pem.empty()) out.text("private_key_pem", member.private_key_pem);
  out.text("key_type", name_of(member.key_type));
}

std::string describe(const Roster& roster) {
  JsonWriter out;
  out.array();
  for (const auto& member : roster) {
    out.object().text("label", member.label);
    describe_key(member, out);
    out.text("position_mode", name_of(member.mode)).decimal("wallet", member.wallet).end_object();
  }
  out.end_array();
  return out.take();
}

}  // namespace copyd::sim
