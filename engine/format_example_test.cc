// The worked example of FORMAT.md is what the engine writes, byte for byte.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "engine/posix_test_util.h"
#include "engine/posix_vfs.h"
#include "engine/store.h"

namespace kv {
namespace {

// The example's entropy: 0x0101010101010101, then 0x0202020202020202, ...
std::function<std::uint64_t()> counted_entropy() {
  return [drawn = std::uint64_t{0}]() mutable { return ++drawn * 0x0101010101010101; };
}

std::string printable(std::string_view bytes) {
  std::string text(bytes);
  std::ranges::replace_if(text, [](char c) { return c < ' ' || c > '~'; }, '.');
  return text;
}

std::string hex_line(std::size_t offset, std::string_view bytes) {
  std::string line = fmt::format("{:08x} ", offset);
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 8) line += ' ';
    line += i < bytes.size() ? fmt::format(" {:02x}", static_cast<unsigned char>(bytes[i])) : "   ";
  }
  return fmt::format("{}  |{}|\n", line, printable(bytes));
}

// As `hexdump -C` prints it: a run of equal lines is one line and a star, and the size stands at the end.
std::string hexdump(std::string_view bytes) {
  std::string dump;
  std::string_view previous;
  bool starred = false;
  for (std::size_t offset = 0; offset < bytes.size(); offset += 16) {
    const std::string_view line = bytes.substr(offset, 16);
    const bool repeats = line == previous && line.size() == 16;
    if (!repeats) dump += hex_line(offset, line);
    if (repeats && !starred) dump += "*\n";
    starred = repeats;
    previous = line;
  }
  return fmt::format("{}{:08x}\n", dump, bytes.size());
}

std::string format_document() {
  std::ifstream file(WALBREAKER_SOURCE_DIR "/engine/FORMAT.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(FormatExample, IsWhatTheEngineWrites) {
  PosixVfs vfs;
  TempDir parent;
  const std::string directory = parent / "example";
  Options options;
  options.entropy = counted_entropy();
  const auto store = must(Store::open(vfs, directory, options));
  must(store->put("apple", "red"));
  Batch batch;
  batch.put("lime", "green");
  batch.remove("apple");
  must(store->write(batch));

  const std::string document = format_document();
  const auto shown = [&](const std::string& name) {
    const std::string dump = hexdump(contents_of(join_path(directory, name)));
    EXPECT_NE(document.find("```\n$ hexdump -C " + name + "\n" + dump + "```\n"), std::string::npos)
        << name << " is now:\n"
        << dump;
  };
  shown("snapshot-1.dat");
  shown("wal-1.log");
  must(store->close());
  shown("snapshot-2.dat");
  shown("wal-2.log");
}

}  // namespace
}  // namespace kv
