// A batch: puts and removes that happen together or not at all.
//
//   Batch batch;
//   batch.put("from", "90");
//   batch.put("to", "110");
//   batch.remove("pending");
//   TRY(store.write(batch));
//
// Later operations win over earlier ones on the same key. Removing a key that is missing changes nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kv {

class Batch {
 public:
  enum class Kind : std::uint8_t { put = 1, remove = 2 };
  struct Operation {
    Kind kind;
    std::string key;
    std::string value;  // empty for a remove
    bool operator==(const Operation&) const = default;
  };

  void put(std::string_view key, std::string_view value) {
    operations_.push_back({Kind::put, std::string(key), std::string(value)});
  }
  void remove(std::string_view key) { operations_.push_back({Kind::remove, std::string(key), {}}); }
  void clear() { operations_.clear(); }

  [[nodiscard]] bool empty() const { return operations_.empty(); }
  [[nodiscard]] std::size_t size() const { return operations_.size(); }
  [[nodiscard]] const std::vector<Operation>& operations() const { return operations_; }

 private:
  std::vector<Operation> operations_;
};

}  // namespace kv
