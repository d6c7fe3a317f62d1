// For the tests of what a power cut leaves: a client written down as a script of small verbs, and disks as short texts.
//
//   DiskScript script(Files{{"a", "old"}});         // a durable file
//   script.append("a", "xy");                  // opens the file, or creates it
//   script.sync("a");
//   script.rename("a", "b");
//   const AtTheEnd end(script, "ordered");
//   EXPECT_EQ(durable(end.state), "a=oldxy");  // a rename is no part of a file's sync
//   EXPECT_THAT(names(end.state), ElementsAre("rename a b"));
//
// Models with sectors of two bytes ("posix sector_bytes=2") keep such texts short. Scripts write lower-case letters.
// In a text every other byte is '?', for garbage, or '.', for a zero. Garbage is the same in every run.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "faultfs/disk_model.h"
#include "faultfs/disk_state.h"
#include "faultfs/sim_disk.h"

namespace faultfs {

using Files = std::map<std::string, std::string>;  // bytes by path

class DiskScript {
 public:
  // On a disk that holds these files, durable.
  explicit DiskScript(const Files& files = {}, FailedSync failed_sync = FailedSync::clean_readable)
      : disk_(std::make_unique<SimDisk>(image_of(files), failed_sync)) {}

  // --- verbs: each is one operation, and a create before it where the file is missing ---

  void create(const std::string& path) { (void)file(path); }
  void append(const std::string& path, std::string_view bytes) { write(path, *file(path).size(), bytes); }
  void write(const std::string& path, std::uint64_t offset, std::string_view bytes) {
    ASSERT_TRUE(kv::write_all(file(path), offset, bytes));
  }
  void truncate(const std::string& path, std::uint64_t size) { ASSERT_TRUE(file(path).truncate(size)); }
  void allocate(const std::string& path, std::uint64_t size) { ASSERT_TRUE(file(path).allocate(size)); }
  void sync(const std::string& path) { ASSERT_TRUE(file(path).sync()); }
  void sync_dir(const std::string& path = "/") { ASSERT_TRUE(disk_->sync_dir(path)); }
  void make_dir(const std::string& path) { ASSERT_TRUE(disk_->make_dir(path)); }
  void rename(const std::string& from, const std::string& to) {
    ASSERT_TRUE(disk_->rename(from, to));
    files_.erase(from);
    files_.erase(to);
  }
  void unlink(const std::string& path) {
    ASSERT_TRUE(disk_->unlink(path));
    files_.erase(path);
  }

  // Syncs that do not do what they should; the next one does again.
  void fail_sync(const std::string& path) {
    disk_->arrange(SyncFault::fails);
    EXPECT_FALSE(file(path).sync());
  }
  void lying_sync(const std::string& path) {
    disk_->arrange(SyncFault::lies);
    sync(path);
  }
  void fail_sync_dir(const std::string& path = "/") {
    disk_->arrange(SyncFault::fails);
    EXPECT_FALSE(disk_->sync_dir(path));
  }

  // What a running process reads.
  [[nodiscard]] std::string read(const std::string& path) const { return disk_->image().files.at(path).to_string(); }

  [[nodiscard]] const Trace& trace() const { return disk_->trace(); }

 private:
  static Image image_of(const Files& files) {
    Image image;
    for (const auto& [path, bytes] : files) image.files[path] = FileBytes(bytes);
    return image;
  }

  kv::File& file(const std::string& path) {
    auto& held = files_[path];
    if (!held) held = *disk_->open(path, kv::OpenMode::create);
    return *held;
  }

  std::unique_ptr<SimDisk> disk_;
  std::map<std::string, std::unique_ptr<kv::File>> files_;
};

[[nodiscard]] inline DiskModel model_of(std::string_view text) {
  const auto model = parse_disk_model(text);
  EXPECT_TRUE(model) << text;
  return *model;
}

// The state to which a disk has come when the script is done.
struct AtTheEnd {
  AtTheEnd(const DiskScript& script, std::string_view model_text)
      : trace(script.trace()), model(model_of(model_text)), state(trace.initial, model) {
    for (const TraceOp& op : trace.ops) state.step(op);
  }
  AtTheEnd(const AtTheEnd&) = delete;
  AtTheEnd& operator=(const AtTheEnd&) = delete;
  ~AtTheEnd() = default;

  Trace trace;
  DiskModel model;
  DiskState state;
};

[[nodiscard]] inline std::string show(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    const bool letter = byte >= 'a' && byte <= 'z';
    text += byte == '\0' ? '.' : letter ? byte : '?';
  }
  return text;
}

// "a=xy b= d/ d/c=z"
[[nodiscard]] inline std::string show(const Image& image) {
  std::map<std::string, std::string> parts;
  for (const auto& [path, bytes] : image.files) parts[path] = path + "=" + show(bytes.to_string());
  for (const std::string& path : image.directories) parts[path] = path + "/";
  std::string text;
  for (const auto& [path, part] : parts) text += (text.empty() ? "" : " ") + part;
  return text;
}

// What a power cut leaves where it takes all that is pending.
[[nodiscard]] inline std::string durable(DiskState& state) {
  Image image;
  image.directories = state.names().directories;
  for (const auto& [path, id] : state.names().files) image.files[path] = state.file(id).durable.freeze();
  return show(image);
}

// What is pending of a file: "write 0 xy grows past_end", "truncate 1".
[[nodiscard]] inline std::vector<std::string> pending(DiskState& state, FileId file) {
  std::vector<std::string> texts;
  for (const Piece& piece : state.file(file).pending) {
    std::string text(to_string(piece.kind));
    const bool writes = piece.kind == OpKind::write;
    text += " " + std::to_string(writes ? piece.offset : piece.new_size);
    if (writes) text += " " + show(piece.bytes);
    if (piece.grows) text += " grows";
    if (piece.past_end) text += " past_end";
    if (piece.detached) text += " detached";
    texts.push_back(text);
  }
  return texts;
}

// The pending changes of names: "create a", "rename a b", "unlink b detached".
[[nodiscard]] inline std::vector<std::string> names(const DiskState& state) {
  std::vector<std::string> texts;
  for (const NameChange& change : state.pending_names()) {
    std::string text(to_string(change.kind));
    text += " " + change.path;
    if (change.kind == OpKind::rename) text += " " + change.to;
    if (change.durable) text += " durable";
    if (change.detached) text += " detached";
    texts.push_back(text);
  }
  return texts;
}

}  // namespace faultfs
