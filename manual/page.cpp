#include "manual/page.hpp"

#include <algorithm>
#include <map>
#include <sstream>

#include "config/keys.hpp"
#include "config/text.hpp"

namespace copyd::manual {
namespace {

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return text;
}

std::string title(const std::string& name, const std::string& summary, const PageHead& head) {
  return ".\\\" Made by copyd-manual. Do not edit.\n.TH " + upper(name) + ' ' +
         std::to_string(head.section) + " \"\" \"copyd " + head.version +
         "\" \"copyd\"\n.SH NAME\n" + escaped(name) + " \\- " + escaped(summary) + '\n';
}

std::string verbatim(std::string_view text) {
  std::string page = ".PP\n.nf\n";
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) page += escaped(line) + '\n';
  return page + ".fi\n";
}

void write_entries(std::string& page, const std::vector<Entry>& entries) {
  for (const Entry& entry : entries) {
    page += ".TP\n\\fB" + escaped(joined(entry.names, ", ")) + "\\fR";
    if (!entry.value.empty()) page += " \\fI" + escaped(entry.value) + "\\fR";
    page += '\n' + escaped(entry.help.empty() ? "-" : entry.help);
    if (!entry.choices.empty()) page += "\n(" + escaped(joined(entry.choices, ", ")) + ')';
    page += '\n';
  }
}

void write_command(std::string& page, const Command& command) {
  page += ".SS " + escaped(joined(command.path, " ")) + '\n' + escaped(command.summary) + '\n';
  write_entries(page, command.positionals);
  auto options = command.options;
  std::erase_if(options, [](const Entry& entry) { return entry.names.back() == "--help"; });
  write_entries(page, options);
  if (command.commands.empty()) page += verbatim(command.footer);
  for (const Command& inner : command.commands) write_command(page, inner);
}

std::string end_of(const PageHead& head) {
  std::string page;
  if (!head.files.empty()) page += ".SH FILES\n" + head.files;
  return page + ".SH SEE ALSO\n" + head.see_also + '\n';
}

// The meaning column of docs/CONFIG.md, by key.
std::map<std::string, std::string, std::less<>> meanings_in(std::string_view config_md) {
  std::map<std::string, std::string, std::less<>> meanings;
  std::istringstream lines{std::string(config_md)};
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("| `")) continue;
    const auto cells = config::split(line, '|');
    if (cells.size() < 3) continue;
    const auto key = cells[1].substr(2, cells[1].size() - 4);
    std::string meaning(cells[2].substr(1, cells[2].size() - 2));
    std::erase(meaning, '`');
    meanings.emplace(key, meaning);
  }
  return meanings;
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  if (text.starts_with('.') || text.starts_with('\'')) out += "\\&";
  for (const char c : text) {
    if (c == '\\') out += "\\e";
    else if (c == '-') out += "\\-";
    else out += c;
  }
  return out;
}

std::string program_page(const Command& program, const PageHead& head) {
  std::string summary = program.summary;
  if (summary.ends_with('.')) summary.pop_back();
  const std::string name = program.path.front();
  std::string page = title(name, summary, head) + ".SH SYNOPSIS\n.B " + escaped(name) + "\n" +
                     (program.commands.empty() ? "[OPTIONS]" : "[OPTIONS] COMMAND [ARGUMENTS]") +
                     "\n.SH DESCRIPTION\n" + escaped(program.summary) + "\n.SH OPTIONS\n";
  write_entries(page, program.options);
  if (!program.commands.empty()) page += ".SH COMMANDS\n";
  for (const Command& command : program.commands) write_command(page, command);
  page += ".SH EXAMPLES\n" + verbatim(program.footer);
  return page + end_of(head);
}

std::string keys_page(std::string_view config_md, const PageHead& head) {
  const auto meanings = meanings_in(config_md);
  std::string page = title("copyd.toml", "configuration of copyd, the copy engine", head) +
                     ".SH DESCRIPTION\nWhich accounts copy which, and how, in TOML. \\fBcopyd "
                     "check\\fR(8) reads a file whole and names every fault with its place. A key "
                     "that is not listed here is a fault. No secret stands in the file.\n";
  std::string_view section;
  for (const config::Key& key : config::all_keys()) {
    const auto meaning = meanings.find(key.path);
    if (meaning == meanings.end()) return {};
    const auto top = key.path.substr(0, key.path.find('.'));
    if (top != section) page += ".SH " + upper(std::string(top)) + '\n';
    section = top;
    page += ".TP\n\\fB" + escaped(key.path) + "\\fR\n" + escaped(meaning->second) +
            "\n.br\nMust be " + escaped(config::must_be(key)) + '.';
    if (key.required) page += " Required.";
    if (!key.standard.empty()) page += " Default: " + escaped(key.standard) + '.';
    if (key.restart) page += " A change needs a restart.";
    page += '\n';
  }
  return page + end_of(head);
}

}  // namespace copyd::manual
