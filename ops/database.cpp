#include "ops/database.hpp"

#include <sqlite3.h>

namespace copyd::ops {
namespace {

constexpr int busy_wait_ms = 2'000;  // somebody looks into the file with a tool of theirs

// SQLite counts its memory under one lock, which every allocation takes twice, and nobody asks. It
// takes that once, before it is used.
bool count_no_memory() {
  return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK;
}

}  // namespace

Database::Database(const std::string& path) {
  static const bool counts_none = count_no_memory();
  static_cast<void>(counts_none);
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &handle_, flags, nullptr);
  if (code != SQLITE_OK) failed(code);
  sqlite3_busy_timeout(handle_, busy_wait_ms);
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

void Database::failed(int code) {
  if (fault_ != Fault::none) return;
  switch (code & 0xFF) {
    case SQLITE_FULL:
      fault_ = Fault::full;
      break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      fault_ = Fault::damaged;
      break;
    default:
      fault_ = Fault::other;
      break;
  }
  fault_text_ = handle_ != nullptr ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
}

void Database::roll_back() {
  fault_ = Fault::none;
  fault_text_.clear();
  if (sqlite3_get_autocommit(handle_) == 0)
    sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

bool Database::script(const char* sql) {
  if (fault_ != Fault::none) return false;
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) failed(code);
  return code == SQLITE_OK;
}

std::int64_t Database::last_row() const noexcept {
  return sqlite3_last_insert_rowid(handle_);
}

std::int64_t Database::changed() const noexcept {
  return sqlite3_changes64(handle_);
}

// Null after an error: then nothing is done.
sqlite3_stmt* Database::prepared(std::string_view sql) {
  if (fault_ != Fault::none) return nullptr;
  if (const auto known = statements_.find(sql); known != statements_.end()) return known->second;
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) {
    failed(code);
    return nullptr;
  }
  statements_.emplace(sql, statement);
  return statement;
}

void Database::bind(sqlite3_stmt* statement, int at, std::int64_t value) {
  if (statement != nullptr) sqlite3_bind_int64(statement, at, value);
}

void Database::bind(sqlite3_stmt* statement, int at, std::string_view text) {
  if (statement != nullptr)
    sqlite3_bind_text64(statement, at, text.empty() ? "" : text.data(), text.size(),
                        borrows_ ? SQLITE_STATIC : SQLITE_TRANSIENT, SQLITE_UTF8);
}

void Database::bind(sqlite3_stmt* statement, int at, std::span<const std::uint8_t> bytes) {
  if (statement != nullptr)
    sqlite3_bind_blob64(statement, at, bytes.data(), bytes.size(),
                        borrows_ ? SQLITE_STATIC : SQLITE_TRANSIENT);
}

void Database::bind_null(sqlite3_stmt* statement, int at) {
  if (statement != nullptr) sqlite3_bind_null(statement, at);
}

// ---- rows --------------------------------------------------------------------------------------

Database::Rows::~Rows() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

bool Database::Rows::next() {
  if (statement_ == nullptr) return false;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_.failed(code);
  return false;
}

int Database::Rows::columns() const {
  return sqlite3_column_count(statement_);
}

bool Database::Rows::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::int64_t Database::Rows::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string Database::Rows::text(int column) const {
  const auto* const bytes = sqlite3_column_text(statement_, column);
  if (bytes == nullptr) return {};
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return {reinterpret_cast<const char*>(bytes), size};
}

std::string Database::Rows::blob(int column) const {
  const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

}  // namespace copyd::ops
