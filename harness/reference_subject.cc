#include "harness/reference_subject.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "engine/store.h"
#include "harness/decoder_judge.h"
#include "harness/random.h"
#include "harness/reference_map.h"

namespace walbreaker {

namespace {

class ReferenceSession final : public Session {
 public:
  explicit ReferenceSession(std::unique_ptr<kv::Store> store) : store_(std::move(store)) {}

  kv::Result<void> put(const std::string& key, const std::string& value) override { return store_->put(key, value); }

  kv::Result<bool> del(const std::string& key) override {
    auto removed = store_->remove(key);
    if (removed) return true;
    if (removed.error().code == kv::ErrorCode::not_found) return false;
    return std::unexpected(std::move(removed).error());
  }

  kv::Result<void> batch(const kv::Batch& batch) override { return store_->write(batch); }

  kv::Result<std::optional<std::string>> get(const std::string& key) override {
    auto value = store_->get(key);
    if (value) return std::optional(std::move(*value));
    if (value.error().code == kv::ErrorCode::not_found) return std::nullopt;
    return std::unexpected(std::move(value).error());
  }

  kv::Result<Listing> scan() override {
    Listing listing;
    TRY(store_->scan("", std::nullopt, [&](std::string_view key, std::string_view value) {
      listing.emplace_back(key, value);
      return true;
    }));
    return listing;
  }

  kv::Result<void> sync() override { return store_->sync(); }
  kv::Result<void> compact() override { return store_->compact(); }
  kv::Result<void> close() override { return store_->close(); }

 private:
  std::unique_ptr<kv::Store> store_;
};

kv::Result<std::uint64_t> parse_count(const std::string& name, const std::string& value) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error == std::errc() && end == value.data() + value.size()) return number;
  return kv::fail(kv::ErrorCode::invalid_argument, fmt::format("setting {}={}: not a number", name, value));
}

kv::Result<void> set(kv::Options& options, const std::string& name, const std::string& value) {
  if (name == "compact_after_operations") {
    options.compact_after_operations = TRY(parse_count(name, value));
  } else if (name == "compact_after_bytes") {
    options.compact_after_bytes = TRY(parse_count(name, value));
  } else if (name == "sync" && value == "on_commit") {
    options.sync = kv::SyncPolicy::on_commit;
  } else if (name == "sync" && value == "on_request") {
    options.sync = kv::SyncPolicy::on_request;
  } else {
    return kv::fail(kv::ErrorCode::invalid_argument, fmt::format("no such setting: {}={}", name, value));
  }
  return {};
}

kv::Result<kv::Options> options_of(const OpenRequest& request) {
  kv::Options options;
  options.access = request.read_only ? kv::Access::read_only : kv::Access::read_write;
  options.entropy = [random = Random(request.entropy)]() mutable { return random.next(); };
  for (const auto& [name, value] : request.settings) TRY(set(options, name, value));
  return options;
}

OpenAnswer answer_of(const kv::Store& store) {
  if (store.status() == kv::ErrorCode::corrupted) return OpenAnswer::damaged;
  return store.report().verdict == kv::Verdict::torn_tail ? OpenAnswer::torn : OpenAnswer::clean;
}

}  // namespace

std::vector<PromiseTerm> ReferenceSubject::promise(const Settings& settings) const {
  const auto sync = settings.find("sync");
  const bool on_request = sync != settings.end() && sync->second == "on_request";
  return {{"kill", "on_ack"},
          {"power", on_request ? "on_sync" : "on_ack"},
          {"served", "durable"},
          {"order", "prefix"},
          {"batches", "atomic"},
          {"on_error", "invisible"},
          {"on_damage", "exact_prefix"},
          {"keys", "bytes"},
          {"values", "bytes"}};
}

std::vector<Settings> ReferenceSubject::ways() const {
  return {{{"compact_after_operations", "0"}},
          {{"compact_after_operations", "5"}},
          {{"sync", "on_request"}, {"compact_after_operations", "0"}},
          {{"sync", "on_request"}, {"compact_after_operations", "7"}}};
}

FileRole ReferenceSubject::role_of(std::string_view file_name) const {
  if (file_name.starts_with("wal-") && file_name.ends_with(".log")) return FileRole::log;
  if (file_name.starts_with("snapshot-") && file_name.ends_with(".dat")) return FileRole::snapshot;
  return FileRole::other;
}

kv::Result<Opened> ReferenceSubject::open(kv::Vfs& vfs, const std::string& directory,
                                          const OpenRequest& request) const {
  const kv::Options options = TRY(options_of(request));
  auto store = TRY(kv::Store::open(vfs, directory, options));
  Opened opened{answer_of(*store), store->report().summary(), nullptr};
  opened.session = std::make_unique<ReferenceSession>(std::move(store));
  return opened;
}

std::string ReferenceSubject::layout_text(const faultfs::Image& image, const std::string& directory) const {
  return reference_map(image, directory);
}

std::optional<Wrong> ReferenceSubject::second_opinion(const faultfs::Image& image, const std::string& directory,
                                                      const Observation& observation) const {
  return judge_by_decoder(decode_reference_store(image, directory), observation);
}

}  // namespace walbreaker
