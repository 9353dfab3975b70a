#include "cli/options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <utility>

namespace copyd::cli {
namespace {

using ops::Argument;
using ops::ControlCommand;

constexpr int wrong_usage = 2;

// Where CLI11 puts what it reads.
struct Values {
  std::string socket{ops::control_socket_default};
  bool json = false;
  std::map<std::string, std::string, std::less<>> texts;
  std::map<std::string, bool, std::less<>> flags;
  JournalCommand journal;
};

// ---- commands that are done here, without the daemon

constexpr std::string_view journal_name = "journal";

struct LocalCommand {
  JournalCommand::Kind kind;
  std::string_view name;  // behind `journal`
  std::string_view help;
  std::string_view example;
};
constexpr std::array<LocalCommand, 2> journal_commands{{
    {JournalCommand::Kind::verify, "verify", "whether what is there holds together, per writer",
     "copyctl journal verify --config /etc/copyd/copyd.toml"},
    {JournalCommand::Kind::dump, "dump", "every record as a line",
     "copyctl journal dump --writer lane0 --from 1000 --limit 20"},
}};

void add_journal(CLI::App& app, Values& values) {
  CLI::App& journal = *app.add_subcommand(
      std::string(journal_name), "reads the journal as it lies on the disk; changes nothing");
  journal.require_subcommand(1);
  JournalCommand& into = values.journal;
  std::string examples = "Examples:\n";
  for (const LocalCommand& command : journal_commands) {
    CLI::App& verb = *journal.add_subcommand(std::string(command.name), std::string(command.help));
    verb.add_option("file", into.files, "segments, snapshots or .past files, instead of all")
        ->type_name("FILE");
    verb.add_option("--state-dir", into.state_dir, "where copyd keeps its state")->type_name("DIR");
    verb.add_option("--config", into.config, "copyd.toml, which says where")->type_name("FILE");
    if (command.kind == JournalCommand::Kind::dump) {
      verb.add_option("--writer", into.writer, "copy, lane0, … or snapshot only")
          ->type_name("NAME");
      verb.add_option("--from", into.from, "records from that sequence on")->type_name("SEQ");
      verb.add_option("--limit", into.limit, "so many records at most")
          ->type_name("N")
          ->check(CLI::PositiveNumber);
    }
    verb.callback([&into, kind = command.kind] { into.kind = kind; });
    verb.footer("Example:\n  " + std::string(command.example) + '\n');
    examples += "  " + std::string(command.example) + '\n';
  }
  journal.footer(examples);
}

void add_argument(CLI::App& verb, const Argument& argument, Values& values) {
  const std::string name(argument.name);
  const std::string help(argument.help);
  switch (argument.kind) {
    case Argument::Kind::word:
      verb.add_option(name, values.texts[name], help)
          ->required(argument.required)
          ->type_name(name == "trade" ? "TRADE" : name == "what" ? "WHAT" : "LABEL");
      return;
    case Argument::Kind::choice:
      verb.add_option("--" + name, values.texts[name], help)
          ->type_name("FORMAT")
          ->check(CLI::IsMember({"csv", "jsonl"}));
      return;
    case Argument::Kind::option:
      verb.add_option("--" + name, values.texts[name], help)->type_name("TEXT");
      return;
    case Argument::Kind::flag:
    case Argument::Kind::terminal:
      verb.add_flag("--" + name, values.flags[name], help);
      return;
    case Argument::Kind::secret:
      return;
  }
}

std::string all_examples() {
  std::string text = "Examples:\n";
  for (const ControlCommand& command : ops::control_commands) {
    text += "  " + std::string(command.example) + '\n';
  }
  for (const LocalCommand& command : journal_commands)
    text += "  " + std::string(command.example) + '\n';
  text +=
      "\nEvery command prints JSON with --json. Exit status: 0 it worked, 1 it did not, 2 wrong "
      "usage.\n";
  return text;
}

// The whole command line; `json` and `socket` may stand before or after the command's name.
void build(CLI::App& app, Values& values) {
  app.set_version_flag("--version", "copyctl " COPYD_VERSION);
  app.add_option("--socket", values.socket, "the daemon's control socket")
      ->envname("COPYCTL_SOCKET")
      ->capture_default_str()
      ->type_name("PATH");
  app.add_flag("--json", values.json, "print the daemon's reply as it came");
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(all_examples());
  for (const ControlCommand& command : ops::control_commands) {
    CLI::App& verb = *app.add_subcommand(std::string(command.name), std::string(command.help));
    for (const Argument& argument : command.arguments) add_argument(verb, argument, values);
    verb.footer("Example:\n  " + std::string(command.example) + '\n');
  }
  add_journal(app, values);
}

Parsed refuse(const std::string& error, const std::string& remedy) {
  return {.invocation = {},
          .exit_code = wrong_usage,
          .out = {},
          .err = "copyctl: " + error + "\n" + remedy + "\n"};
}

// How many letters have to be put in, taken out or replaced to make one word of the other.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0U);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

// Only names of the table are shown, never what was typed.
Parsed refuse_command(const std::vector<std::string>& arguments) {
  std::size_t nearest = 3;
  std::string meant;
  const auto compare = [&](std::string_view argument, std::string_view name) {
    const std::size_t far = distance(argument, name);
    if (far >= nearest) return;
    nearest = far;
    meant = "; did you mean " + std::string(name) + '?';
  };
  for (const std::string& argument : arguments) {
    for (const ControlCommand& command : ops::control_commands) compare(argument, command.name);
    compare(argument, journal_name);
  }
  return refuse("no command that copyctl knows" + meant, "See copyctl --help");
}

Parsed refuse(const CLI::ParseError& error, const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  const std::string name = chosen.empty() ? "" : ' ' + chosen.front()->get_name();
  const std::string help = "See copyctl" + name + " --help";
  // What was not expected is not repeated: it may be a key.
  if (dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr) return refuse(error.what(), help);
  if (name == " connect" || name == " rotate") {
    return refuse(name.substr(1) + " takes one label, and never a key among its arguments",
                  "It asks for the key, or reads it with --stdin. " + help);
  }
  return refuse("an unknown option, or an argument too many", help);
}

Parsed invocation_of(const std::string& name, Values& values) {
  Parsed parsed;
  Invocation& made = parsed.invocation.emplace();
  made.request.verb = ops::find_command(name)->verb;
  for (const auto& text : ops::text_members)
    made.request.*text.member = values.texts[std::string(text.name)];
  if (values.texts["format"] == "jsonl") made.format = ExportFormat::jsonl;
  made.request.all = values.flags["all"];
  made.request.everything = values.flags["everything"];
  made.request.flatten = values.flags["flatten"];
  made.yes = values.flags["yes"];
  made.watch = values.flags["watch"];
  made.from_stdin = values.flags["stdin"];
  made.generate = values.flags["generate"];
  made.json = values.json;
  made.socket = values.socket;
  if (made.request.verb == ops::Verb::halt && made.request.label.empty()) made.request.all = true;
  return parsed;
}

}  // namespace

Parsed parse_arguments(const std::vector<std::string>& arguments) {
  Values values;
  CLI::App app("Operates copyd, which copies a leader's trades to follower accounts.", "copyctl");
  build(app, values);
  // CLI11 takes its arguments from the back.
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    app.parse(std::move(reversed));
  } catch (const CLI::CallForVersion& version) {
    return {.invocation = {}, .exit_code = 0, .out = std::string(version.what()) + '\n', .err = {}};
  } catch (const CLI::CallForHelp&) {
    return {.invocation = {}, .exit_code = 0, .out = app.help(), .err = {}};
  } catch (const CLI::RequiredError& error) {
    // Also raised for a missing argument of a command.
    return app.get_subcommands().empty() ? refuse_command(arguments) : refuse(error, app);
  } catch (const CLI::ParseError& error) { return refuse(error, app); }
  const std::string name = app.get_subcommands().front()->get_name();
  if (name == journal_name) {
    values.journal.json = values.json;
    return {.invocation = {}, .exit_code = 0, .out = {}, .err = {}, .journal = values.journal};
  }
  Parsed parsed = invocation_of(name, values);
  // A connect or rotate is whole only when its key has been read.
  if (ops::brings_key(parsed.invocation->request.verb)) {
    parsed.invocation->request.credentials.api_key = Secret::copy_of("k");
    parsed.invocation->request.credentials.secret = Secret::copy_of("s");
  }
  const auto fault = ops::fault_of(parsed.invocation->request);
  parsed.invocation->request.credentials = {};
  if (fault) return refuse(fault->error, "See copyctl " + name + " --help");
  return parsed;
}

}  // namespace copyd::cli
