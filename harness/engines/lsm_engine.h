// What LevelDB and RocksDB have in common on their way to a kv::Vfs: RocksDB began as LevelDB.
#pragma once

#include <fmt/format.h>

#include <array>
#include <cstdarg>
#include <cstdio>
#include <string>
#include <string_view>

#include "engine/batch.h"
#include "harness/engines/setting_values.h"

namespace walbreaker {

// When the work that the engine gives to its background threads is done.
enum class Background {
  eager,  // before the command that asked for it is answered
  lazy,   // not before the engine waits for it
};

inline constexpr std::array kBackgrounds{Word{"eager", Background::eager}, Word{"lazy", Background::lazy}};

// Keeps what a recovery says in the info log that it has left out, and nothing else.
class DroppedBytes {
 public:
  void log(const char* format, std::va_list arguments) {
    if (std::string_view(format).find("dropping") == std::string_view::npos) return;
    std::array<char, 256> line{};
    std::vsnprintf(line.data(), line.size(), format, arguments);
    text_ += fmt::format("{}{}", text_.empty() ? "" : "; ", line.data());
  }

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// The engine's batch, which has slices of the same bytes.
template <class WriteBatch>
WriteBatch to_write_batch(const kv::Batch& batch) {
  WriteBatch all;
  for (const auto& write : batch.operations()) {
    if (write.kind == kv::Batch::Kind::put) {
      all.Put(write.key, write.value);
    } else {
      all.Delete(write.key);
    }
  }
  return all;
}

}  // namespace walbreaker
