#include "harness/driver_client.h"

#include <fmt/format.h>

#include <type_traits>
#include <utility>

#include "engine/text.h"

namespace walbreaker {

using kv::Result;

namespace {

// A scan that lists more bytes than memory holds has no end.
constexpr std::size_t kMostScanBytes = std::size_t{1} << 30;

// What a driver says, as a report may show it.
std::string presentable(std::string_view text) {
  constexpr std::size_t kShown = 300;
  std::string shown = kv::printable(text.substr(0, kShown));
  if (text.size() > kShown) shown += "...";
  return shown;
}

kv::Batch one_put(const std::string& key, const std::string& value) {
  kv::Batch batch;
  batch.put(key, value);
  return batch;
}

kv::Batch one_remove(const std::string& key) {
  kv::Batch batch;
  batch.remove(key);
  return batch;
}

}  // namespace

kv::Error DriverClient::note(const Incident& incident) const {
  if (on_incident_) on_incident_(incident);
  return {kv::ErrorCode::internal, 0, incident.text};
}

template <class T>
Result<T> DriverClient::ask(const Request& request, Result<Answered<T>> (*parse)(std::string_view line)) {
  last_error_.reset();
  const std::string line = TRY(to_line(request));
  const auto answered = process_->ask(line);
  if (!answered) return std::unexpected(note(answered.error()));
  auto answer = parse(*answered);
  if (!answer) return std::unexpected(note(process_->breach("broke the protocol: " + answer.error().context)));
  if (!*answer) {
    const ErrorAnswer& error = answer->error();
    last_error_ = error.error;
    return std::unexpected(to_error({error.error, presentable(error.text)}));
  }
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(**answer);
  }
}

Request opening(const std::string& directory, const OpenRequest& request) {
  Request line{
      .verb = Verb::open, .directory = directory, .read_only = request.read_only, .settings = request.settings};
  line.settings.emplace("entropy", std::to_string(request.entropy));
  return line;
}

Result<HelloAnswer> DriverClient::hello() { return ask({.verb = Verb::hello}, parse_hello_answer); }

Result<OpenSaid> DriverClient::open_store(const std::string& directory, const OpenRequest& request) {
  OpenSaid said = TRY(ask(opening(directory, request), parse_open_answer));
  said.text = presentable(said.text);
  is_open_ = true;
  return said;
}

Result<void> DriverClient::put(const std::string& key, const std::string& value) {
  return ask({.verb = Verb::put, .writes = one_put(key, value)}, parse_done_answer);
}

Result<bool> DriverClient::del(const std::string& key) {
  return ask({.verb = Verb::del, .writes = one_remove(key)}, parse_del_answer);
}

Result<void> DriverClient::batch(const kv::Batch& batch) {
  return ask({.verb = Verb::batch, .writes = batch}, parse_done_answer);
}

Result<std::optional<std::string>> DriverClient::get(const std::string& key) {
  return ask({.verb = Verb::get, .key = key}, parse_get_answer);
}

Result<std::pair<std::string, std::string>> DriverClient::scan_line() {
  const auto line = process_->read_line();
  if (!line) return std::unexpected(note(line.error()));
  auto pair = parse_scan_line(*line);
  if (!pair) return std::unexpected(note(process_->breach("broke the protocol: " + pair.error().context)));
  return pair;
}

Result<Listing> DriverClient::scan() {
  const std::uint64_t lines = TRY(ask({.verb = Verb::scan}, parse_scan_answer));
  Listing listing;
  std::size_t bytes = 0;
  for (std::uint64_t i = 0; i < lines; ++i) {
    listing.push_back(TRY(scan_line()));
    bytes += listing.back().first.size() + listing.back().second.size();
    if (bytes > kMostScanBytes) {
      return std::unexpected(note(process_->breach(fmt::format("listed more than {} bytes", kMostScanBytes))));
    }
  }
  if (const auto no_more = process_->expect_no_more(); !no_more) return std::unexpected(note(no_more.error()));
  return listing;
}

Result<void> DriverClient::sync() { return ask({.verb = Verb::sync}, parse_done_answer); }
Result<void> DriverClient::compact() { return ask({.verb = Verb::compact}, parse_done_answer); }

Result<void> DriverClient::close() {
  is_open_ = false;
  return ask({.verb = Verb::close}, parse_done_answer);
}

void DriverClient::drop_store() {
  if (!std::exchange(is_open_, false) || process_->is_gone() || !process_->is_ours()) return;
  const auto answer = process_->ask(to_string(Verb::close));
  if (answer && !parse_done_answer(*answer)) (void)process_->kill();
}

Result<std::string> to_line(const Command& command) {
  Request request{.writes = command.writes};
  switch (command.kind) {
    case CommandKind::put: request.verb = Verb::put; break;
    case CommandKind::del: request.verb = Verb::del; break;
    case CommandKind::batch: request.verb = Verb::batch; break;
    case CommandKind::sync: request.verb = Verb::sync; break;
    case CommandKind::compact: request.verb = Verb::compact; break;
  }
  return to_line(request);
}

}  // namespace walbreaker
