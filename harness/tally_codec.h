// Tallies as bytes: what a worker process sends to its parent.
//
// Integers are little-endian; a string is its length (u64) and its bytes; a list is its count (u64) and its elements;
// an optional is one byte, 0 or 1, and what it holds. A worker whose memory a subject has spoiled may send anything, so
// a decoder takes nothing on trust: what it cannot read to the last byte is no value, and no length is believed before
// it is compared with what is left.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "harness/campaign.h"

namespace walbreaker {

// Takes values off the front of some bytes. After the first that is not there, every one is a failure.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  std::uint64_t number();
  bool flag();  // a byte, 0 or 1
  std::string text();
  // How many elements follow, each of at least one byte.
  std::uint64_t count();

  void fail() { good_ = false; }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool at_end() const { return good_ && rest_.empty(); }

 private:
  bool good_ = true;
  std::string_view rest_;
};

void append_number(std::string& bytes, std::uint64_t number);
void append_flag(std::string& bytes, bool flag);
void append_text(std::string& bytes, std::string_view text);

// The one place that knows what a violation is made of.
void append_violation(std::string& bytes, const Violation& violation);
Violation read_violation(ByteReader& reader);

void append_tally(std::string& bytes, const Tally& tally);
// Where the reader has failed, the tally is of no use.
Tally read_tally(ByteReader& reader);

}  // namespace walbreaker
