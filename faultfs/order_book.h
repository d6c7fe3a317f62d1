// The book that OrderCheckVfs keeps: which files there are, what of them is pending, and what was done too early.
//
// Every call but the looks tells of one operation that was carried out, or of a sync that failed, and gives it the next
// number. The rules are told in order_check_vfs.h; here is how they are kept.
//
// A name is durable or pending. A sync_dir makes the pending names of its directory durable; one that failed makes them
// *doubtful*, and then no later one counts for them until the process is a new one.
//
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "faultfs/op.h"
#include "faultfs/order_finding.h"

namespace faultfs {

// What the check may know of a subject.
struct OrderRules {
  bool durable_on_ack = false;  // an acknowledged command survives a power cut
  // Whether a file of this name holds nothing that has to survive: an info log. Such a file is never judged. Asked with
  // the path, as the subject spells it, under which a file is first met. Empty: every file may hold data.
  std::function<bool(std::string_view path)> holds_no_data;
};

// A name that a power cut may take back.
struct PendingName {
  OpIndex given_by = 0;                   // a create, a rename, a make_dir
  std::optional<OpIndex> doubtful_since;  // the sync_dir that failed
};

// A file by identity: it stays the same one when it is renamed, and when it is unlinked while it is open.
struct OrderFile {
  std::string path;                  // its name, or its last one, as the subject spells it
  std::string name;                  // the same as a normal path
  bool linked = true;                // it has a name
  bool put_in_place = false;         // its name was given by a rename that made a new file count
  bool had_durable_name = false;     // ever
  bool holds_bytes = false;          // as later calls see it
  bool holds_durable_bytes = false;  // as it was when it was last synced
  bool holds_no_data = false;        // says the caller (OrderRules)
  std::optional<PendingName> pending_name;
  std::optional<OpIndex> changed;      // the last write, truncate or allocate
  std::optional<OpIndex> synced;       // the last sync that succeeded
  std::optional<OpIndex> failed_sync;  // the first sync that failed
};

using OrderFilePtr = std::shared_ptr<OrderFile>;

class OrderBook {
 public:
  explicit OrderBook(OrderRules rules) : rules_(std::move(rules)) {}

  // --- looks ---
  [[nodiscard]] bool knows(const std::string& path) const;
  // The file of this name, which exists; where the book does not know it, it was there from the beginning, and is
  // durable.
  OrderFilePtr find(const std::string& path, bool holds_bytes);

  // --- operations ---
  OrderFilePtr created(const std::string& path);
  void renamed(const std::string& from, const std::string& to);  // the book knows both, if they exist
  void unlinked(const std::string& path);                        // the book knows it
  void made_dir(const std::string& path);
  void synced_dir(const std::string& path, bool succeeded);
  void changed(const OrderFilePtr& file, OpKind kind, std::uint64_t new_size);  // write, truncate, allocate
  void synced(const OrderFilePtr& file, bool succeeded);

  // --- marks ---
  void issued(std::uint64_t command);
  void acknowledged(std::uint64_t command);
  void restarted();

  [[nodiscard]] OpIndex operations() const { return next_; }
  [[nodiscard]] const std::vector<OrderFinding>& findings() const { return findings_; }

 private:
  // A file that a command wrote, created or renamed.
  struct Touch {
    OrderFilePtr file;
    std::optional<OpIndex> changed;  // the command's last change of its contents
    bool upkeep = false;             // the command's own data was durable elsewhere before
  };
  struct UnderWay {
    std::thread::id thread;
    std::uint64_t command = 0;
    std::vector<Touch> touched;
  };
  struct MadeDirectory {
    std::string path;  // as the subject spells it
    PendingName pending_name;
  };
  // What is missing for a file to be found after a power cut.
  struct MissingName {
    std::string path;  // the file's, or that of a directory above it
    PendingName pending_name;
  };

  [[nodiscard]] UnderWay* under_way();
  void touch(const OrderFilePtr& file, std::optional<OpIndex> changed);
  [[nodiscard]] std::optional<MissingName> missing_name(const OrderFile& file) const;
  [[nodiscard]] bool is_durable(const Touch& touch) const;
  [[nodiscard]] bool is_covered(const OrderFile& removed, const OrderFile& pending) const;
  [[nodiscard]] std::vector<OrderFilePtr> files_in(std::string_view directory) const;

  void judge_ack(std::uint64_t command, const Touch& touch);
  void judge_rename(const OrderFile& file, const std::string& to, OpIndex rename);
  void judge_removal(const OrderFile& removed, std::string_view deed, OpIndex removal);
  void judge_use(const OrderFile& file, std::string_view deed, OpIndex use);
  // `barrier` tells causes of one kind and one file apart.
  void report(OrderFinding finding, std::string_view barrier, const std::string& lacking_name);

  OrderRules rules_;
  OpIndex next_ = 0;
  std::map<std::string, OrderFilePtr> files_;                 // those that have a name, by their normal paths
  std::map<std::string, MadeDirectory> pending_directories_;  // by their normal paths
  std::vector<UnderWay> under_way_;
  std::vector<OrderFinding> findings_;
  std::map<std::string, std::size_t> causes_;  // where in findings_ each cause is
};

}  // namespace faultfs
