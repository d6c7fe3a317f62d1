#include "faultfs/line_scanner.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace faultfs {
namespace {

// The error of a parse that is refused.
template <class T>
std::string refusal(const kv::Result<T>& result) {
  if (result) return "accepted";
  EXPECT_EQ(result.error().code, kv::ErrorCode::invalid_argument);
  return result.error().context;
}

LineScanner line(std::string_view text) { return {text, "line 7"}; }

TEST(LineScanner, TakesALineApartWordByWord) {
  LineScanner scanner = line(R"( write  12 at "a b"end )");
  EXPECT_EQ(scanner.word("a word"), "write");
  EXPECT_EQ(scanner.number("a number"), 12U);
  EXPECT_TRUE(scanner.literal("at"));
  EXPECT_EQ(scanner.quoted("a path"), "a b");
  EXPECT_FALSE(scanner.at_end());
  EXPECT_EQ(scanner.word("a word"), "end");
  EXPECT_TRUE(scanner.at_end());
  EXPECT_TRUE(scanner.end());
}

TEST(LineScanner, SaysWhereAndWhatWasExpectedAndWhatWasFound) {
  EXPECT_EQ(refusal(line("").word("a word")), "line 7: expected a word, found the end");
  EXPECT_EQ(refusal(line("  ").number("a size")), "line 7: expected a size, found the end");
  EXPECT_EQ(refusal(line("xyz").number("a size")), R"(line 7: expected a size, found "xyz")");
  EXPECT_EQ(refusal(line("to").literal("at")), R"(line 7: expected "at", found "to")");
  EXPECT_EQ(refusal(line("a").quoted("a path")), R"(line 7: expected a path, found "a")");
  EXPECT_EQ(refusal(line(" more").end()), R"(line 7: expected the end of the line, found "more")");
}

TEST(LineScanner, ShowsOnlyTheBeginningOfALongWord) {
  const std::string shown(40, 'x');
  EXPECT_EQ(refusal(line(shown).end()), R"(line 7: expected the end of the line, found ")" + shown + R"(")");
  EXPECT_EQ(refusal(line(shown + "x").end()), R"(line 7: expected the end of the line, found ")" + shown + R"("...)");
}

TEST(LineScanner, EveryByteOfAPathGoesThroughQuotesAndBack) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string path = std::string("a") + static_cast<char>(byte) + "1";
    const std::string text = in_quotes(path);
    EXPECT_TRUE(std::ranges::none_of(text, [](unsigned char c) { return c < ' ' || c == 0x7f; })) << byte;
    LineScanner scanner = line(text);
    EXPECT_EQ(scanner.quoted("a path"), path) << byte;
    EXPECT_TRUE(scanner.at_end()) << byte;
  }
}

TEST(LineScanner, WritesWhatDoesNotPrintAsHex) {
  EXPECT_EQ(in_quotes("db/wal 1"), R"("db/wal 1")");
  EXPECT_EQ(in_quotes("a\"b\\c\n\x7f"), R"("a\"b\\c\x0a\x7f")");
  EXPECT_EQ(line(R"("\x0A\x0a")").quoted("a path"), "\n\n");
}

TEST(LineScanner, RefusesQuotesThatDoNotCloseAndEscapesThatAreNone) {
  const std::string no_end = "line 7: a path: the closing quote is missing";
  EXPECT_EQ(refusal(line(R"("ab)").quoted("a path")), no_end);
  EXPECT_EQ(refusal(line(R"(")").quoted("a path")), no_end);
  EXPECT_EQ(refusal(line(R"("ab\")").quoted("a path")), no_end);
  const std::string no_escape = R"(line 7: a path: \ stands before ", \ or xHH)";
  for (const char* text : {R"("\n")", R"("\x")", R"("\x1")", R"("\x1")", R"("\x1g")", R"("\xg1")", R"("\)", R"("\x-0")",
                           R"("\x 1")", R"("\X41")"}) {
    EXPECT_EQ(refusal(line(text).quoted("a path")), no_escape) << text;
  }
}

TEST(LineScanner, ANumberIsDecimalAndFits64Bits) {
  std::uint64_t number = 0;
  EXPECT_TRUE(parse_number("18446744073709551615", number));
  EXPECT_EQ(number, ~std::uint64_t{0});
  for (const char* word : {"", "-1", "+1", "1x", "x1", "0x1", " 1", "1 ", "1.0", "18446744073709551616"}) {
    EXPECT_FALSE(parse_number(word, number)) << word;
  }
}

}  // namespace
}  // namespace faultfs
