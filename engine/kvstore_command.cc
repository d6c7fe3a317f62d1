#include "engine/kvstore_command.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <new>
#include <optional>

#include "engine/kvstore_verbs.h"
#include "engine/result.h"
#include "engine/text.h"

namespace kv {
namespace {

constexpr const char* kAbout = R"(Looks into and changes a key-value store: a directory with a snapshot and a log.)";

constexpr const char* kManual = R"(
A key or value is taken as it is typed. In output, printable ASCII stands for itself and any other byte
is \xNN (a backslash is \\); with --hex keys and values are typed and printed as hexadecimal digits.
What begins with a dash goes behind `--`: kvstore put DIR -- -5 minus-five

get, scan, stats, dump and verify change no byte on disk. A store is used by one writer or by any
number of readers at a time; others are told that it is locked.

Exit status: 0 done; 1 an error, a missing key, or a damaged store (what could be read is printed all
the same, with a warning); 2 wrong flags.

Examples:
  kvstore put /tmp/demo name walbreaker   create the store, and put one key
  kvstore get /tmp/demo name              print its value
  kvstore scan /tmp/demo --from a --to n  print KEY<tab>VALUE for each key from a up to n
  kvstore verify /tmp/demo                say whether the store is sound, and what proves it
  kvstore VERB --help                     more about one verb)";

// CLI11 alone would take -1 for 2^64 - 1, and 2^64 as well.
std::string whole_number(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole ? "" : fmt::format("\"{}\" is not a number from 0 to {}", text, ~std::uint64_t{0});
}

using Verb = Result<bool> (KvstoreVerbs::*)();

class CommandLine {
 public:
  explicit CommandLine(KvstoreRequest& request) : request_(request) {
    app_.require_subcommand(1);
    app_.footer(kManual);
    add_key_verbs();
    add_store_verbs();
  }

  // What is wrong with the first argument, if it is: CLI11 would only say that some verb is missing.
  std::optional<std::string> wrong_verb(const std::vector<std::string>& arguments) {
    if (!arguments.empty() && (arguments.front() == "-h" || arguments.front() == "--help")) return std::nullopt;
    std::string verbs;
    for (const CLI::App* verb : app_.get_subcommands([](const CLI::App*) { return true; })) {
      if (!arguments.empty() && verb->get_name() == arguments.front()) return std::nullopt;
      verbs += " " + verb->get_name();
    }
    return fmt::format("{}; the verbs are{}",
                       arguments.empty() ? "no verb" : fmt::format("no such verb: {}", arguments.front()), verbs);
  }

  // Errors: CLI::ParseError.
  Verb parse(std::vector<std::string> arguments) {
    std::ranges::reverse(arguments);  // as CLI11 takes them
    app_.parse(std::move(arguments));
    return chosen_;
  }

  // The help text, for CLI::CallForHelp.
  int print_help(const CLI::ParseError& error, std::ostream& out, std::ostream& err) {
    return app_.exit(error, out, err);
  }

 private:
  CLI::App& add(const char* name, const char* about, Verb verb, const char* path_name = "DIR") {
    CLI::App* const verb_app = app_.add_subcommand(name, about);
    verb_app->add_option(path_name, request_.path, "The store's directory")->required()->type_name("");
    verb_app->callback([this, verb] { chosen_ = verb; });
    return *verb_app;
  }

  static void add_required(CLI::App& app, const char* name, std::string& into) {
    app.add_option(name, into)->required();
  }

  void add_hex(CLI::App& app) {
    app.add_flag("--hex", request_.hex, "Keys and values are typed and printed as hexadecimal digits");
  }

  void add_key_verbs() {
    CLI::App& put = add("put", "Give a key a value, creating the store where there is none", &KvstoreVerbs::put);
    add_required(put, "KEY", request_.key);
    add_required(put, "VALUE", request_.value);
    add_hex(put);
    put.footer("\nExamples:\n  kvstore put /tmp/demo name walbreaker\n  kvstore put --hex /tmp/demo 00ff cafe");

    CLI::App& get = add("get", "Print the value of a key", &KvstoreVerbs::get);
    add_required(get, "KEY", request_.key);
    add_hex(get);
    get.footer("\nA missing key is `kvstore: not_found: KEY`, and exit status 1.");

    CLI::App& del = add("del", "Take a key and its value away", &KvstoreVerbs::del);
    add_required(del, "KEY", request_.key);
    add_hex(del);

    CLI::App& scan = add("scan", "Print KEY<tab>VALUE for each key, in byte order", &KvstoreVerbs::scan);
    scan.add_option("--from", request_.from, "The first key, itself included")->type_name("KEY");
    scan.add_option("--to", request_.to, "Where to stop; a key that is not printed")->type_name("KEY");
    scan.add_option("--limit", request_.limit, "Print at most this many")->type_name("N")->check(whole_number);
    add_hex(scan);
    scan.footer("\nExample:\n  kvstore scan /tmp/demo --from user: --to 'user;' --limit 10");
  }

  void add_store_verbs() {
    add("compact", "Replace the log by a snapshot of the present state", &KvstoreVerbs::compact);
    add("stats", "Print how much the store holds", &KvstoreVerbs::stats)
        .add_flag("--json", request_.json, "Print one JSON object");
    add("dump", "Print a log or snapshot record by record: offset, checksum verdict, meaning", &KvstoreVerbs::dump,
        "DIR|FILE")
        .footer(
            "\nGoes on behind damage as far as bytes can be checked. Exit status 1 only where nothing could be read.");
    add("verify", "Say whether the store is sound, and what proves it", &KvstoreVerbs::verify)
        .footer("\nChanges no byte. Exit status 1 where the store is damaged.");
    add("repair", "Make a damaged store writable again, at the state that is known to be right", &KvstoreVerbs::repair)
        .footer("\nThe damaged files are kept as NAME.damaged.");
  }

  KvstoreRequest& request_;
  CLI::App app_{kAbout, "kvstore"};
  Verb chosen_ = nullptr;
};

Result<void> decode(std::string& hex, const char* name) {
  auto bytes = from_hex(hex);
  if (!bytes) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("--hex: {} is \"{}\", which is not an even number of hexadecimal digits", name, hex));
  }
  hex = *std::move(bytes);
  return {};
}

Result<void> decode_hex(KvstoreRequest& request) {
  if (!request.hex) return {};
  TRY(decode(request.key, "KEY"));
  TRY(decode(request.value, "VALUE"));
  if (request.from) TRY(decode(*request.from, "--from"));
  if (request.to) TRY(decode(*request.to, "--to"));
  return {};
}

int refuse_usage(std::ostream& err, std::string_view what) {
  fmt::print(err, "kvstore: {} (kvstore --help tells more)\n", printable(what));
  return 2;
}

int report_error(std::ostream& err, const Error& error) {
  fmt::print(err, "kvstore: {}\n", printable(error.message()));
  return 1;
}

int run(std::vector<std::string> arguments, Vfs& vfs, std::ostream& out, std::ostream& err) {
  KvstoreRequest request;
  CommandLine command_line(request);
  if (const auto wrong = command_line.wrong_verb(arguments)) return refuse_usage(err, *wrong);
  Verb verb = nullptr;
  try {
    verb = command_line.parse(std::move(arguments));
  } catch (const CLI::CallForHelp& help) {
    return command_line.print_help(help, out, err);
  } catch (const CLI::ParseError& error) {
    return refuse_usage(err, error.what());
  }
  if (const auto decoded = decode_hex(request); !decoded) return refuse_usage(err, decoded.error().context);

  KvstoreVerbs verbs(request, vfs, out, err);
  const auto sound = (verbs.*verb)();
  if (!sound) return report_error(err, sound.error());
  return *sound ? 0 : 1;
}

}  // namespace

int run_kvstore_command(std::vector<std::string> arguments, Vfs& vfs, std::ostream& out, std::ostream& err) noexcept {
  try {
    const int status = run(std::move(arguments), vfs, out, err);
    out.flush();
    // A full disk or a closed descriptor: whoever reads the output has not got all of it.
    return out ? status : report_error(err, Error{ErrorCode::io_error, 0, "write the output"});
  } catch (const std::bad_alloc&) {
    err << "kvstore: no_memory\n";
  } catch (const std::exception& error) {
    err << "kvstore: internal: " << error.what() << '\n';
  }
  return 1;
}

}  // namespace kv
