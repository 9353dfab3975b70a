// Where the key of the key store comes from, in this order: the systemd credential "keyring" (32
// random bytes), a passphrase file, a prompt on the terminal. The first that is there is used; if
// it cannot be, that is a failure, never a reason to try the next. At start; blocks on the
// terminal.
#pragma once

#include <string>

#include "core/secret.hpp"
#include "ops/failure.hpp"
#include "ops/key_store.hpp"

namespace copyd::ops {

struct UnlockSources {
  std::string credentials_directory;  // $CREDENTIALS_DIRECTORY, or ""
  std::string passphrase_file;        // --passphrase-file, or ""
  std::string terminal = "/dev/tty";  // "": never asked
  bool new_store = false;             // a new passphrase is asked for twice
  Argon2id cost = Argon2id::moderate();

  // Those of a service started by systemd.
  static UnlockSources from_environment();
};

Outcome<Unlock> find_unlock(const UnlockSources& sources);

// The passphrase in the first line of a file that only its owner may read.
Outcome<Secret> read_passphrase_file(const std::string& path);

// The same of another secret: a token, an address.
Outcome<Secret> read_secret_line(const std::string& path);

// The first line of a systemd credential, whose rights are systemd's affair.
Outcome<Secret> read_credential(const std::string& path);

// Shows the prompt on the terminal and reads one line that is not shown.
Outcome<Secret> ask_on_terminal(const std::string& terminal, const std::string& prompt);

}  // namespace copyd::ops
