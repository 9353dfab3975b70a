#include "manual/completion.hpp"

#include <algorithm>

namespace copyd::manual {
namespace {

// In single quotes, for every one of the three shells.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("’") : std::string(1, c);
  return out + '\'';
}

std::vector<std::string> long_options(const Command& command) {
  std::vector<std::string> names;
  for (const Entry& entry : command.options)
    for (const auto& name : entry.names)
      if (name.starts_with("--")) names.push_back(name);
  return names;
}

std::vector<std::string> command_names(const Command& command) {
  std::vector<std::string> names;
  for (const Entry& entry : command.names) names.push_back(entry.names.front());
  return names;
}

template <class Visit>
void visit_all(const Command& command, Visit visit) {
  visit(command);
  for (const Command& inner : command.commands) visit_all(inner, visit);
}

// The words behind the program's name: "journal dump".
std::string words_of(const Command& command) {
  return joined({command.path.begin() + 1, command.path.end()}, " ");
}

std::string function_name(const Command& program) {
  std::string name = "_" + program.path.front();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

bool wants_file(const Entry& entry) {
  return entry.value.starts_with("FILE") || entry.value == "DIR" || entry.value == "PATH" ||
         entry.value == "TEXT";
}

// zsh: --name[help]:value:(choices)
std::string zsh_option(const Entry& entry, const std::string& name) {
  std::string help = entry.help;
  for (const char c : {'[', ']', ':'}) std::replace(help.begin(), help.end(), c, ' ');
  std::string spec = name + '[' + help + ']';
  if (!entry.choices.empty()) spec += ":value:(" + joined(entry.choices, " ") + ')';
  else if (!entry.value.empty()) spec += wants_file(entry) ? ":value:_files" : ":value:";
  return quoted(spec);
}

}  // namespace

std::string bash_completion(const Command& program) {
  const auto name = function_name(program);
  std::string out = "# Completion of " + program.path.front() + " for bash.\n" + name +
                    "() {\n  local word words=\"\" i\n"
                    "  for ((i = 1; i < COMP_CWORD; ++i)); do\n"
                    "    case \"${COMP_WORDS[i]}\" in -*) ;; *) words=\"$words "
                    "${COMP_WORDS[i]}\" ;; esac\n  done\n"
                    "  word=\"${COMP_WORDS[COMP_CWORD]}\"\n"
                    "  case \"${COMP_WORDS[COMP_CWORD-1]}\" in\n";
  std::string cases;
  visit_all(program, [&](const Command& command) {
    for (const Entry& entry : command.options) {
      const auto pattern = "    " + entry.names.back() + ") ";
      if (entry.choices.empty() || cases.find(pattern) != std::string::npos) continue;
      cases += pattern + "COMPREPLY=($(compgen -W \"" + joined(entry.choices, " ") +
               "\" -- \"$word\")); return ;;\n";
    }
  });
  out += cases + "    *) ;;\n  esac\n  case \"$words\" in\n";
  // The longest path first: its pattern is the narrowest.
  std::string patterns;
  visit_all(program, [&](const Command& command) {
    auto all = command_names(command);
    auto options = long_options(command);
    for (const auto& option : long_options(program))
      if (std::find(options.begin(), options.end(), option) == options.end())
        options.push_back(option);
    all.insert(all.end(), options.begin(), options.end());
    const auto words = words_of(command);
    patterns = "    " + (words.empty() ? "*" : "\" " + words + "\" | \" " + words + " \"*") +
               ") COMPREPLY=($(compgen -W \"" + joined(all, " ") + "\" -- \"$word\")) ;;\n" +
               patterns;
  });
  return out + patterns + "  esac\n}\ncomplete -o default -F " + name + ' ' + program.path.front() +
         '\n';
}

std::string zsh_completion(const Command& program) {
  const auto name = function_name(program);
  std::string out =
      "#compdef " + program.path.front() + "\n# Completion of " + program.path.front() +
      " for zsh.\n" + name +
      "() {\n  local -a names\n  local words_so_far=\"${(j: :)${words[2,CURRENT-1]:#-*}}\"\n"
      "  case \"$words_so_far\" in\n";
  std::string patterns;
  visit_all(program, [&](const Command& command) {
    const auto words = words_of(command);
    std::string body;
    if (!command.names.empty()) {
      body += "      names=(";
      for (const Entry& entry : command.names) {
        std::string help = entry.help;
        std::replace(help.begin(), help.end(), ':', ',');
        body += ' ' + quoted(entry.names.front() + ':' + help);
      }
      body += ")\n      _describe command names\n";
    }
    body += "      _arguments";
    for (const Entry& entry : command.options)
      for (const auto& option : entry.names)
        if (option.starts_with("--")) body += " \\\n        " + zsh_option(entry, option);
    if (command.names.empty()) body += " \\\n        '*:argument:_files'";
    patterns = "    " + (words.empty() ? "*" : quoted(words) + '|' + quoted(words + ' ') + '*') +
               ")\n" + body + "\n      ;;\n" + patterns;
  });
  return out + patterns + "  esac\n}\n" + name + " \"$@\"\n";
}

std::string fish_completion(const Command& program) {
  const auto& name = program.path.front();
  std::string out = "# Completion of " + name + " for fish.\n";
  visit_all(program, [&](const Command& command) {
    std::string condition;
    for (std::size_t i = 1; i < command.path.size(); ++i)
      condition +=
          (condition.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + command.path[i]);
    const bool top = command.path.size() == 1;
    const std::string line = "complete -c " + name;
    const auto inner = command_names(command);
    std::string none =
        top ? "__fish_use_subcommand"
            : condition + "; and not __fish_seen_subcommand_from " + joined(inner, " ");
    for (const Entry& entry : command.names)
      out += line + " -f -n " + quoted(none) + " -a " + entry.names.front() + " -d " +
             quoted(entry.help) + '\n';
    for (const Entry& entry : command.options)
      for (const auto& option : entry.names) {
        if (!option.starts_with("--")) continue;
        out += line + (condition.empty() ? "" : " -n " + quoted(condition)) + " -l " +
               option.substr(2) + (entry.value.empty() ? "" : " -r");
        if (!entry.choices.empty()) out += " -f -a " + quoted(joined(entry.choices, " "));
        out += " -d " + quoted(entry.help) + '\n';
      }
  });
  return out;
}

}  // namespace copyd::manual
