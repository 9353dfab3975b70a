#include "manual/help.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <sstream>

namespace copyd::manual {
namespace {

constexpr std::size_t name_indent = 2;

std::string trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \n");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \n") - begin + 1));
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in{std::string(text)};
  for (std::string part; std::getline(in, part, separator);)
    if (!part.empty()) parts.push_back(part);
  return parts;
}

// "-h,--help", "--filters TEXT:{live,demo}", "label LABEL REQUIRED", "--limit N:POSITIVE".
Entry entry_of(std::string_view left) {
  Entry entry;
  const auto space = left.find(' ');
  entry.names = split(left.substr(0, space), ',');
  if (space == std::string_view::npos) return entry;
  std::string value = trimmed(left.substr(space));
  for (const std::string_view extra : {" REQUIRED", " (Env:"})
    value = value.substr(0, value.find(extra));
  if (const auto open = value.find(":{"); open != std::string::npos)
    entry.choices =
        split(std::string_view(value).substr(open + 2, value.find('}') - open - 2), ',');
  value = value.substr(0, value.find(':'));
  // A default stands behind the type.
  entry.value = trimmed(std::string_view(value).substr(0, value.find('=')));
  return entry;
}

// Where the help of an entry begins in its line: behind two spaces, or nowhere.
std::size_t help_column(std::string_view line) {
  const auto gap = line.find("  ", name_indent);
  return gap == std::string_view::npos ? gap : line.find_first_not_of(' ', gap);
}

class Reader {
 public:
  explicit Reader(Command& into) : into_(into) {}

  void take(const std::string& line) {
    if (section_ == nullptr && !footer_ && line.starts_with("Usage: ")) {
      into_.usage = line.substr(7);
      return;
    }
    if (const auto* section = section_of(line)) {
      section_ = section->list;
      return;
    }
    if (section_ != nullptr && take_entry(line)) return;
    if (into_.usage.empty()) into_.summary = trimmed(into_.summary + ' ' + line);
    else footer(line);
  }

 private:
  struct Section {
    std::string_view title;
    std::vector<Entry>* list;
  };
  const Section* section_of(const std::string& line) {
    if (footer_) return nullptr;
    const auto found = std::find_if(sections_.begin(), sections_.end(),
                                    [&](const Section& section) { return section.title == line; });
    return found == sections_.end() ? nullptr : &*found;
  }
  bool take_entry(const std::string& line) {
    const auto indent = line.find_first_not_of(' ');
    if (indent == std::string::npos) return true;
    if (indent < name_indent) {
      section_ = nullptr;
      return false;
    }
    if (indent > name_indent) {
      if (!section_->empty())
        section_->back().help = trimmed(section_->back().help + ' ' + trimmed(line));
      return true;
    }
    const auto help = help_column(line);
    section_->push_back(entry_of(trimmed(std::string_view(line).substr(0, help))));
    if (help != std::string::npos) section_->back().help = line.substr(help);
    return true;
  }
  void footer(const std::string& line) {
    if (!footer_ && line.empty()) return;
    footer_ = true;
    into_.footer += line + '\n';
  }

  Command& into_;
  std::array<Section, 3> sections_{{{"Positionals:", &into_.positionals},
                                    {"Options:", &into_.options},
                                    {"Subcommands:", &into_.names}}};
  std::vector<Entry>* section_ = nullptr;
  bool footer_ = false;
};

std::optional<std::string> output_of(const std::string& program,
                                     const std::vector<std::string>& words) {
  std::string shell = "'" + program + "'";
  for (const auto& word : words) shell += " '" + word + "'";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(
      ::popen((shell + " --help").c_str(), "r"), ::pclose);
  if (pipe == nullptr) return std::nullopt;
  std::string text;
  std::array<char, 4096> piece;
  while (const auto got = std::fread(piece.data(), 1, piece.size(), pipe.get()))
    text.append(piece.data(), got);
  if (text.empty()) return std::nullopt;
  return text;
}

bool read_commands(const std::string& program, const std::vector<std::string>& words,
                   Command& into) {
  for (const Entry& name : into.names) {
    auto inner_words = words;
    inner_words.push_back(name.names.front());
    const auto text = output_of(program, inner_words);
    if (!text) return false;
    Command inner = parse_help(*text);
    inner.path = into.path;
    inner.path.push_back(name.names.front());
    if (!read_commands(program, inner_words, inner)) return false;
    into.commands.push_back(std::move(inner));
  }
  return true;
}

}  // namespace

Command parse_help(std::string_view text) {
  Command command;
  Reader reader(command);
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) reader.take(line);
  while (command.footer.ends_with("\n\n")) command.footer.pop_back();
  return command;
}

std::optional<Command> read_help(const std::string& program) {
  const auto text = output_of(program, {});
  if (!text) return std::nullopt;
  Command command = parse_help(*text);
  command.path = {program.substr(program.rfind('/') + 1)};
  if (!read_commands(program, {}, command)) return std::nullopt;
  return command;
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : std::string(between)) + word;
  return text;
}

}  // namespace copyd::manual
