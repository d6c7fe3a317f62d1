#include "harness/toy_subject_test_util.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "engine/bytes.h"
#include "engine/crc32c.h"
#include "harness/subjects.h"

namespace walbreaker {

namespace {

constexpr std::string_view kHeader = "toy log, format 1\n";
constexpr std::size_t kRecordHead = 8;  // payload length, checksum

std::uint32_t checksum(std::uint64_t offset, std::string_view payload) {
  std::string context;
  kv::append(context, offset);
  kv::append(context, static_cast<std::uint32_t>(payload.size()));
  return kv::crc32c(payload, kv::crc32c(context));
}

std::string encode(std::uint64_t offset, const kv::Batch& batch) {
  std::string payload;
  for (const auto& write : batch.operations()) {
    payload += static_cast<char>(write.kind);
    kv::append(payload, static_cast<std::uint32_t>(write.key.size()));
    kv::append(payload, static_cast<std::uint32_t>(write.value.size()));
    payload += write.key + write.value;
  }
  std::string record;
  kv::append(record, static_cast<std::uint32_t>(payload.size()));
  kv::append(record, checksum(offset, payload));
  return record + payload;
}

std::optional<std::string_view> payload_at(std::string_view log, std::uint64_t offset, bool check) {
  if (log.size() - offset < kRecordHead) return std::nullopt;
  const auto length = kv::load<std::uint32_t>(log, offset);
  if (length > log.size() - offset - kRecordHead) return std::nullopt;
  const std::string_view payload = log.substr(offset + kRecordHead, length);
  if (check && kv::load<std::uint32_t>(log, offset + 4) != checksum(offset, payload)) return std::nullopt;
  return payload;
}

// Stops where the payload makes no sense, which only happens where nothing is checked.
void replay(std::string_view payload, Contents& contents) {
  while (payload.size() >= 9) {
    const bool put = payload[0] == static_cast<char>(kv::Batch::Kind::put);
    const auto key_size = kv::load<std::uint32_t>(payload, 1);
    const auto value_size = kv::load<std::uint32_t>(payload, 5);
    payload.remove_prefix(9);
    if (key_size > payload.size() || value_size > payload.size() - key_size) return;
    const std::string key(payload.substr(0, key_size));
    if (put) contents[key] = payload.substr(key_size, value_size);
    if (!put) contents.erase(key);
    payload.remove_prefix(key_size + value_size);
  }
}

// What a log says.
struct Recovered {
  Contents contents;
  Contents before_last;    // the same without the last record
  std::uint64_t end = 0;   // of the good records
  std::uint64_t last = 0;  // where the last of them begins
  bool torn = false;
  bool damaged = false;
};

Recovered recover(std::string_view log, ToyBug bug) {
  Recovered r;
  r.end = r.last = kHeader.size();
  std::uint64_t at = kHeader.size();
  for (; at < log.size(); ++at) {
    const bool in_order = at == r.end;
    const bool check = bug != ToyBug::checks_nothing || !in_order;
    const auto payload = payload_at(log, at, check);
    if (!payload) {
      r.torn = true;
      continue;
    }
    if (!in_order && bug != ToyBug::skips_bad_records) {
      r.damaged = true;
      break;
    }
    r.before_last = r.contents;
    replay(*payload, r.contents);
    r.last = at;
    r.end = at + kRecordHead + payload->size();
    at = r.end - 1;
  }
  if (bug == ToyBug::skips_bad_records) r.torn = false;
  return r;
}

class ToySession final : public Session {
 public:
  ToySession(std::unique_ptr<kv::File> file, std::uint64_t end, Contents contents, bool writable, ToyBug bug, bool torn)
      : file_(std::move(file)),
        end_(end),
        contents_(std::move(contents)),
        writable_(writable),
        bug_(bug),
        torn_(torn) {}

  kv::Result<void> put(const std::string& key, const std::string& value) override {
    kv::Batch one;
    one.put(key, value);
    return log(one);
  }

  kv::Result<bool> del(const std::string& key) override {
    if (!contents_.contains(key)) return false;
    kv::Batch one;
    one.remove(key);
    TRY(log(one));
    return true;
  }

  kv::Result<void> batch(const kv::Batch& batch) override {
    if (bug_ != ToyBug::tears_batches) return log(batch);
    for (const auto& write : batch.operations()) {
      kv::Batch one;
      if (write.kind == kv::Batch::Kind::put) one.put(write.key, write.value);
      if (write.kind == kv::Batch::Kind::remove) one.remove(write.key);
      TRY(log(one));
    }
    return {};
  }

  kv::Result<std::optional<std::string>> get(const std::string& key) override {
    const auto it = contents_.find(key);
    if (it == contents_.end()) return std::nullopt;
    return bug_ == ToyBug::wrong_get && torn_ ? "not " + it->second : it->second;
  }

  kv::Result<Listing> scan() override { return Listing(contents_.begin(), contents_.end()); }

  kv::Result<void> sync() override {
    TRY(kv::write_all(*file_, end_, buffered_));
    end_ += buffered_.size();
    buffered_.clear();
    return file_->sync();
  }

  kv::Result<void> compact() override { return {}; }
  kv::Result<void> close() override { return sync(); }

 private:
  kv::Result<void> log(const kv::Batch& batch) {
    if (!writable_) return kv::fail(kv::ErrorCode::read_only, "toy");
    buffered_ += encode(end_ + buffered_.size(), batch);
    if (bug_ != ToyBug::buffers_writes) TRY(sync());
    for (const auto& write : batch.operations()) {
      if (write.kind == kv::Batch::Kind::put) contents_[write.key] = write.value;
      if (write.kind == kv::Batch::Kind::remove) contents_.erase(write.key);
    }
    return {};
  }

  std::unique_ptr<kv::File> file_;
  std::uint64_t end_;
  Contents contents_;
  bool writable_;
  ToyBug bug_;
  bool torn_;
  std::string buffered_;
};

kv::Result<std::string> read_log(kv::File& file) {
  std::string bytes(TRY(file.size()), '\0');
  bytes.resize(TRY(kv::read_full(file, 0, bytes)));
  return bytes;
}

}  // namespace

FileRole ToySubject::role_of(std::string_view file_name) const {
  return file_name == "log" ? FileRole::log : FileRole::other;
}

kv::Result<Opened> ToySubject::open(kv::Vfs& vfs, const std::string& directory, const OpenRequest& request) const {
  const bool may_cut = !request.read_only || bug_ == ToyBug::writes_read_only;
  auto file = TRY(vfs.open(kv::join_path(directory, "log"), may_cut ? kv::OpenMode::create : kv::OpenMode::read));
  std::string log = TRY(read_log(*file));
  if (log.empty() || kHeader.starts_with(log)) {  // a crash before anything was stored
    if (may_cut) TRY(kv::write_all(*file, 0, kHeader));
    log = kHeader;
  }
  if (!log.starts_with(kHeader)) return kv::fail(kv::ErrorCode::corrupted, "the header of the log is damaged");

  Recovered r = recover(log, bug_);
  if (bug_ == ToyBug::ignores_damage) r.damaged = false;
  if (bug_ == ToyBug::reports_always) r.damaged = true;
  if (bug_ == ToyBug::fails_oddly && r.damaged)
    return kv::fail(kv::ErrorCode::io_error, "cannot make sense of the log", EIO);
  if (bug_ == ToyBug::loses_one_more && r.torn) r.contents = r.before_last;
  const bool cut = r.torn && !r.damaged && may_cut;
  if (cut) TRY(file->truncate(bug_ == ToyBug::forgets_at_reopen ? r.last : r.end));
  OpenAnswer answer = r.torn ? OpenAnswer::torn : OpenAnswer::clean;
  if (r.damaged) answer = OpenAnswer::damaged;
  const bool writable = !request.read_only && !r.damaged;
  return Opened{answer, r.damaged ? "a record is bad, a later one good" : "as a crash leaves it",
                std::make_unique<ToySession>(std::move(file), r.end, std::move(r.contents), writable, bug_, r.torn)};
}

namespace {

struct Named {
  std::string_view name;
  ToyBug bug;
};

constexpr std::array<Named, 12> kToys{{{"toy", ToyBug::none},
                                       {"toy_ignores_damage", ToyBug::ignores_damage},
                                       {"toy_skips_bad_records", ToyBug::skips_bad_records},
                                       {"toy_checks_nothing", ToyBug::checks_nothing},
                                       {"toy_reports_always", ToyBug::reports_always},
                                       {"toy_loses_one_more", ToyBug::loses_one_more},
                                       {"toy_forgets_at_reopen", ToyBug::forgets_at_reopen},
                                       {"toy_writes_read_only", ToyBug::writes_read_only},
                                       {"toy_wrong_get", ToyBug::wrong_get},
                                       {"toy_fails_oddly", ToyBug::fails_oddly},
                                       {"toy_buffers_writes", ToyBug::buffers_writes},
                                       {"toy_tears_batches", ToyBug::tears_batches}}};

using Toys = std::vector<std::unique_ptr<ToySubject>>;

Toys make_toys() {
  Toys toys;
  toys.reserve(kToys.size());
  for (const Named& named : kToys) toys.push_back(std::make_unique<ToySubject>(named.name, named.bug));
  return toys;
}

const Toys& toys() {
  static const Toys kMade = make_toys();
  return kMade;
}

}  // namespace

const Subject* find_test_subject(std::string_view name) {
  const auto found = std::ranges::find_if(toys(), [&](const auto& toy) { return toy->name() == name; });
  return found == toys().end() ? find_subject_or_plugin(name) : found->get();
}

const Subject& toy(ToyBug bug) {
  const auto row = std::ranges::find(kToys, bug, &Named::bug);
  return *toys().at(static_cast<std::size_t>(row - kToys.begin()));
}

}  // namespace walbreaker
