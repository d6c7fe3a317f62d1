// What the verbs of the command `kvstore` do, once its arguments are read.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "engine/result.h"
#include "engine/store.h"
#include "engine/vfs.h"

namespace kv {

// The arguments of any verb. Keys and values are bytes: hexadecimal digits have been read already.
struct KvstoreRequest {
  std::string path;
  std::string key;
  std::string value;
  std::optional<std::string> from;
  std::optional<std::string> to;
  std::optional<std::uint64_t> limit;
  bool hex = false;  // how keys and values are printed
  bool json = false;
};

// One run of one verb. Each prints its result, and returns whether the store is sound; an Error is printed by the
// caller. Warnings are printed as they are met.
class KvstoreVerbs {
 public:
  KvstoreVerbs(const KvstoreRequest& request, Vfs& vfs, std::ostream& out, std::ostream& err)
      : request_(request), vfs_(vfs), out_(out), err_(err) {}

  Result<bool> put();
  Result<bool> get();
  Result<bool> del();
  Result<bool> scan();
  Result<bool> compact();
  Result<bool> stats();
  Result<bool> dump();
  Result<bool> verify();
  Result<bool> repair();

 private:
  using Use = std::function<Result<void>(Store&)>;
  Result<bool> read(const Use& use);
  Result<bool> write(bool create_if_missing, const Use& use);

  [[nodiscard]] std::string shown(std::string_view bytes) const;
  [[nodiscard]] Error no_such_key() const;
  void warn(std::string_view text);

  const KvstoreRequest& request_;
  Vfs& vfs_;
  std::ostream& out_;
  std::ostream& err_;
};

}  // namespace kv
