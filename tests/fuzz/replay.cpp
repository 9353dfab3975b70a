// Runs the inputs named on the command line, files and folders, through one fuzz target. Each is
// handed over in memory of exactly its size. Fails when a property breaks, and when there is
// nothing to run: a corpus that has gone missing proves nothing.
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "tests/fuzz/property.hpp"

namespace {

namespace fs = std::filesystem;

const char* current = "";

// The input's name is what is needed to run it again.
extern "C" void on_abort(int) {
  std::fprintf(stderr, "with the input %s\n", current);
  std::_Exit(1);
}

// False when there is no input under that name.
bool gather(const fs::path& path, std::vector<std::string>& files) {
  if (fs::is_regular_file(path)) {
    files.push_back(path.string());
    return true;
  }
  if (!fs::is_directory(path)) return false;
  const std::size_t before = files.size();
  for (const auto& entry : fs::directory_iterator(path))
    if (entry.is_regular_file()) files.push_back(entry.path().string());
  return files.size() > before;
}

bool run(const std::string& file) {
  current = file.c_str();
  std::ifstream in(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in) return false;
  const copyd::fuzz::Copy input(text);
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.view().data()),
                         input.view().size());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGABRT, on_abort);
  std::vector<std::string> files;
  for (int i = 1; i < argc; ++i) {
    if (!gather(argv[i], files)) {
      std::fprintf(stderr, "%s: no inputs\n", argv[i]);
      return 2;
    }
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    if (!run(file)) {
      std::fprintf(stderr, "%s: cannot be read\n", file.c_str());
      return 2;
    }
  }
  std::printf("%zu inputs\n", files.size());
  return files.empty() ? 2 : 0;
}
