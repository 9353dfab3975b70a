// copyd-manual DIRECTORY CONFIG.md VERSION COPYD COPYCTL VENUE-SIM: writes the manual pages and the
// completions into the directory. Runs in the build.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "manual/completion.hpp"
#include "manual/page.hpp"

namespace {

namespace fs = std::filesystem;
using namespace copyd::manual;

bool write(const fs::path& path, const std::string& text) {
  std::error_code ignored;
  fs::create_directories(path.parent_path(), ignored);
  std::ofstream out(path, std::ios::binary);
  out << text;
  return !text.empty() && static_cast<bool>(out.flush());
}

int fail(const std::string& what) {
  std::fprintf(stderr, "copyd-manual: %s\n", what.c_str());
  return 1;
}

constexpr const char* daemon_files =
    ".TP\n.I /etc/copyd/copyd.toml\nThe configuration; see \\fBcopyd.toml\\fR(5).\n"
    ".TP\n.I /var/lib/copyd\nThe journal and the sealed key store.\n"
    ".TP\n.I /var/lib/copyd/KILL\nHolds every follower back while it is there: pause, halt or "
    "flatten; empty means halt.\n"
    ".TP\n.I /etc/credstore.encrypted/copyd.keyring\nThe credential that opens the key store.\n"
    ".TP\n.I /run/copyd/control.sock\nWhere \\fBcopyctl\\fR(1) asks.\n";

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7)
    return fail("usage: copyd-manual DIRECTORY CONFIG.md VERSION COPYD COPYCTL VENUE-SIM");
  const fs::path directory = argv[1];
  std::ifstream in(argv[2]);
  std::ostringstream config_md;
  config_md << in.rdbuf();
  struct Program {
    const char* path;
    PageHead head;
  };
  const std::string version = argv[3];
  const Program programs[] = {
      {argv[4], {8, version, daemon_files, "copyctl(1), copyd.toml(5), venue\\-sim(1)"}},
      {argv[5],
       {1, version, ".TP\n.I /run/copyd/control.sock\nThe daemon's control socket.\n",
        "copyd(8), copyd.toml(5)"}},
      {argv[6], {1, version, "", "copyd(8)"}},
  };
  for (const auto& [path, head] : programs) {
    const auto program = read_help(path);
    if (!program) return fail(std::string(path) + " --help says nothing");
    const auto& name = program->path.front();
    if (!write(directory / (name + '.' + std::to_string(head.section)),
               program_page(*program, head)) ||
        !write(directory / "bash" / name, bash_completion(*program)) ||
        !write(directory / "zsh" / ('_' + name), zsh_completion(*program)) ||
        !write(directory / "fish" / (name + ".fish"), fish_completion(*program)))
      return fail("cannot write into " + directory.string());
  }
  const PageHead keys{5, version, ".TP\n.I /etc/copyd/copyd.toml\n", "copyd(8), copyctl(1)"};
  if (!write(directory / "copyd.toml.5", keys_page(config_md.str(), keys)))
    return fail(std::string(argv[2]) + " does not explain every key of config/keys.cpp");
  return 0;
}
