// Database: one SQLite file, and as much of SQLite as the history needs. The first error is kept
// and everything after it does nothing, until the transaction is given up: so that who writes rows
// asks once, at `commit`. One thread. Cold.
#pragma once

#include <concepts>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/units.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace copyd::ops {

class Database {
 public:
  enum class Fault : std::uint8_t {
    none,
    full,     // the disk is
    damaged,  // the file is not a database, or not one that holds together
    other,
  };

  // Rows of one statement, one after the other.
  class Rows {
   public:
    Rows(Database& database, sqlite3_stmt* statement) noexcept
        : database_(database), statement_(statement) {}
    Rows(const Rows&) = delete;
    Rows& operator=(const Rows&) = delete;
    ~Rows();
    bool next();

    int columns() const;
    bool is_null(int column) const;
    std::int64_t integer(int column) const;
    std::string text(int column) const;
    std::string blob(int column) const;
    std::optional<std::int64_t> maybe(int column) const {
      return is_null(column) ? std::nullopt : std::optional(integer(column));
    }
    template <class Amount>
    Amount amount(int column) const {
      return Amount::from_units(integer(column));
    }

   private:
    Database& database_;
    sqlite3_stmt* statement_;
  };

  // Opened, or made. Whether it is whole is seen when it is used.
  explicit Database(const std::string& path);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  Fault fault() const noexcept { return fault_; }
  const std::string& fault_text() const noexcept { return fault_text_; }

  bool begin() { return script("BEGIN IMMEDIATE"); }
  bool commit() { return script("COMMIT"); }
  // Forgets the error as well.
  void roll_back();
  // Statements without parameters, one after the other.
  bool script(const char* sql);

  // Strings are bound as text, spans of bytes as blobs, amounts as units, an empty optional as
  // null. `sql` is kept prepared: it is one of a few texts.
  template <class... Values>
  Rows query(std::string_view sql, const Values&... values) {
    sqlite3_stmt* const statement = prepared(sql);
    int at = 0;
    (bind(statement, ++at, values), ...);
    return Rows(*this, statement);
  }
  template <class... Values>
  void run(std::string_view sql, const Values&... values) {
    borrows_ = true;  // the values outlive the rows
    Rows rows = query(sql, values...);
    borrows_ = false;
    while (rows.next()) {}
  }
  std::int64_t last_row() const noexcept;
  // Rows, by the last statement that changes some.
  std::int64_t changed() const noexcept;

 private:
  sqlite3_stmt* prepared(std::string_view sql);
  void bind(sqlite3_stmt* statement, int at, std::int64_t value);
  void bind(sqlite3_stmt* statement, int at, std::string_view text);
  void bind(sqlite3_stmt* statement, int at, std::span<const std::uint8_t> bytes);
  void bind_null(sqlite3_stmt* statement, int at);
  template <class Tag>
  void bind(sqlite3_stmt* statement, int at, Fixed<Tag> amount) {
    bind(statement, at, amount.units());
  }
  template <std::integral Whole>
  requires(!std::same_as<Whole, std::int64_t>) void bind(sqlite3_stmt* statement, int at,
                                                         Whole value) {
    bind(statement, at, static_cast<std::int64_t>(value));
  }
  template <class T>
  void bind(sqlite3_stmt* statement, int at, const std::optional<T>& value) {
    if (value) bind(statement, at, *value);
    else bind_null(statement, at);
  }
  void failed(int code);

  sqlite3* handle_ = nullptr;
  // Texts of one length are few, and most begin alike.
  struct ByLength {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const noexcept {
      return a.size() != b.size() ? a.size() < b.size() : a < b;
    }
  };
  std::map<std::string, sqlite3_stmt*, ByLength> statements_;
  bool borrows_ = false;  // what is bound is not copied
  Fault fault_ = Fault::none;
  std::string fault_text_;
};

}  // namespace copyd::ops
