// Loads a key store as the daemon does, makes every signer and signs with it, and then dies with a
// core: without PR_SET_DUMPABLE, which would keep any core from being written. What the core holds
// is looked at by secrets_test. Not a program for anybody else.
//   core_helper KEY_FILE PASSPHRASE_FILE
// Prints, before it dies, the flags of the mapping that a secret lies in.
#include <sys/resource.h>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "engine/roster.hpp"
#include "ops/unlock.hpp"

namespace {

// VmFlags of the mapping around an address, from /proc/self/smaps.
std::string flags_of(const void* address) {
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  std::ifstream maps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    unsigned long begin = 0;
    unsigned long end = 0;
    char dash = 0;
    if (std::sscanf(line.c_str(), "%lx%c%lx ", &begin, &dash, &end) == 3 && dash == '-')
      inside = begin <= wanted && wanted < end;
    else if (inside && line.starts_with("VmFlags:")) return line;
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  using namespace copyd;
  if (argc != 3) return 2;
  std::vector<venue::Credentials> signers;
  ops::UnlockSources sources;
  sources.passphrase_file = argv[2];
  auto unlock = ops::find_unlock(sources);
  if (!unlock) return 3;
  auto store = ops::KeyStore::open(argv[1], *unlock);
  if (!store) return 4;
  for (const auto& label : store->labels()) {
    auto credentials = engine::credentials_of(*store->find(label));
    if (!credentials) return 5;
    if (credentials->signer.sign_for_url("timestamp=1").empty()) return 6;
    signers.push_back(std::move(credentials).value());
  }
  std::printf("%s\n%s\n", flags_of(unlock->secret.reveal().data()).c_str(),
              flags_of(signers.front().api_key.reveal().data()).c_str());
  std::fflush(stdout);
  const rlimit unlimited{.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
  ::setrlimit(RLIMIT_CORE, &unlimited);
  std::abort();
}
