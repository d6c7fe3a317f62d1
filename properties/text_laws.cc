// Laws of the text forms of traces, crash states and disk models: what is printed can be read, and what cannot be read
// is refused.
#include <gtest/gtest.h>
// gtest first
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "properties/crash_space_model.h"

namespace walbreaker::properties {
namespace {

using faultfs::CrashState;
using faultfs::DiskModel;
using faultfs::Mark;
using faultfs::MarkKind;
using faultfs::Trace;

std::uint64_t any_number() {
  return *rc::gen::weightedOneOf<std::uint64_t>(
      {{8, rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::uint64_t>(0, 20))},
       {1, rc::gen::arbitrary<std::uint64_t>()},
       {1, rc::gen::just(~std::uint64_t{0})}});
}

// A trace with names that need quotes, long runs of a byte, and marks everywhere.
Trace any_trace() {
  const std::string odd = *rc::gen::element<std::string>("a", "q\"\\", "x\n\t\x7f", "blank blank", "\xff\\x00");
  DiskProgram program = *any_crashing_program();
  const auto rename = [&](std::string& path) {
    if (path == "b") path = odd;
  };
  for (DiskStep& step : program) {
    rename(step.path);
    rename(step.to);
    if (step.verb == DiskVerb::write && step.length == 13) step.length = 60;
  }
  Trace trace = trace_of(program, *rc::gen::element(faultfs::FailedSync::stays_pending, faultfs::FailedSync::reverted,
                                                    faultfs::FailedSync::clean_readable));
  for (faultfs::TraceOp& op : trace.ops) op.thread = *rc::gen::weightedElement<std::uint32_t>({{5, 0}, {1, 7}});
  std::vector<Mark> marks;
  for (faultfs::OpIndex at = 0; at <= trace.ops.size(); ++at) {
    std::ranges::copy_if(trace.marks, std::back_inserter(marks), [&](const Mark& mark) { return mark.at == at; });
    const auto kind = *rc::gen::element(MarkKind::issued, MarkKind::acked, MarkKind::failed, MarkKind::opened);
    const auto client = *rc::gen::element<std::uint32_t>(0, 1, ~std::uint32_t{0});
    if (*rc::gen::arbitrary<bool>()) marks.push_back({at, kind, any_number(), client});
  }
  trace.marks = std::move(marks);
  return trace;
}

CrashState any_crash_state() {
  CrashState state{{any_number(), any_number()}, {}};
  auto ops = *rc::gen::container<std::vector<std::uint64_t>>(rc::gen::arbitrary<std::uint64_t>());
  std::ranges::sort(ops);
  ops.erase(std::unique(ops.begin(), ops.end()), ops.end());
  for (const std::uint64_t op : ops) {
    state.fates.push_back(
        {op, *rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::elementOf(std::string("kdzgsh"))))});
  }
  return state;
}

TEST(Text, OfATraceReadsBackAsTheTrace) {
  EXPECT_TRUE(rc::check([] {
    const Trace trace = any_trace();
    RC_LOG() << to_text(trace);
    const auto read = faultfs::parse_trace(to_text(trace));
    if (!read) RC_FAIL(read.error().message());
    RC_ASSERT(*read == trace);
  }));
}

TEST(Text, OfACrashStateReadsBackAsTheState) {
  EXPECT_TRUE(rc::check([] {
    const CrashState state = any_crash_state();
    RC_LOG() << to_text(state);
    const auto read = faultfs::parse_crash_state(to_text(state));
    if (!read) RC_FAIL(read.error().message());
    RC_ASSERT(*read == state);
  }));
}

TEST(Text, OfADiskModelReadsBackAsTheModel) {
  EXPECT_TRUE(rc::check([] {
    const DiskModel model = any_small_model();
    const auto read = faultfs::parse_disk_model(to_text(model));
    if (!read) RC_FAIL(read.error().message());
    RC_ASSERT(*read == model);
  }));
}

// --- junk ---

// A place in the text: a character, or the beginning or end of a word or a line.
std::size_t any_place(const std::string& text) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::size_t>(0, text.size() + 1));
}

// Draws a part of the text from a place to the end of its character, its word or its line.
std::pair<std::size_t, std::size_t> any_part(const std::string& text) {
  std::size_t begin = any_place(text);
  const char end = *rc::gen::element('\0', ' ', '\n');
  if (end == '\n' && begin > 0) begin = text.rfind('\n', begin - 1) + 1;
  const std::size_t stop = end == '\0' ? begin + 1 : std::min(text.find(end, begin), text.size() - 1) + 1;
  return {begin, std::min(std::max(begin, stop), text.size())};
}

// Puts another path between the quotes that come next, if any do.
void change_path(std::string& text, std::size_t place) {
  const std::size_t begin = text.find('"', place);
  const std::size_t end = begin == std::string::npos ? begin : text.find('"', begin + 1);
  if (end == std::string::npos) return;
  text.replace(begin + 1, end - begin - 1, *rc::gen::element<std::string>("", "a", "dir", "dir/a", "dir/..", "."));
}

std::string spoilt(std::string text) {
  const int changes = *rc::gen::element(1, 1, 1, 2, 4);
  for (int i = 0; i < changes; ++i) {
    const auto [begin, end] = any_part(text);
    const std::string part = text.substr(begin, end - begin);
    enum class Way { erase, repeat, move, replace, change_path };
    switch (*rc::gen::element(Way::erase, Way::repeat, Way::move, Way::replace, Way::change_path)) {
      case Way::change_path: change_path(text, begin); break;
      case Way::erase: text.erase(begin, part.size()); break;
      case Way::repeat: text.insert(begin, part); break;
      case Way::move:
        text.erase(begin, part.size());
        text.insert(any_place(text), part);
        break;
      case Way::replace:
        text.replace(begin, std::min<std::size_t>(1, part.size()),
                     std::string(1, *rc::gen::elementOf(std::string("0123456789abkdzgsh \"\\/.*+-=:,\n\t\xff"))));
        break;
    }
  }
  return text;
}

struct Counts {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
};

// Refused as an invalid argument, or read as something that prints and reads again as itself.
template <class Value>
void check_junk(const std::string& junk, kv::Result<Value> (*parse)(std::string_view), Counts& counts) {
  RC_LOG() << junk << '\n';
  const auto read = parse(junk);
  ++(read ? counts.accepted : counts.refused);
  if (!read) RC_ASSERT(read.error().code == kv::ErrorCode::invalid_argument);
  if (!read) return;
  const std::string text = to_text(*read);
  RC_LOG() << "is read as\n" << text << '\n';
  const auto again = parse(text);
  if (!again) RC_FAIL(again.error().message());
  RC_ASSERT(*again == *read);
  RC_ASSERT(to_text(*again) == text);
}

// The bytes that the files of a trace come to, at most: far ones take long to go through.
std::uint64_t bytes_of(const Trace& trace) {
  std::uint64_t bytes = 0;
  for (const faultfs::TraceOp& op : trace.ops) bytes += std::min(op.offset + op.length, faultfs::kMaxFileBytes);
  return bytes;
}

// Whether a disk can hold the image: every name leads to what it stands for.
void check_image(const faultfs::Image& image) {
  faultfs::SimDisk disk(image);
  for (const auto& [path, bytes] : image.files) RC_ASSERT(disk.open(path, kv::OpenMode::read).has_value());
  for (const std::string& path : image.directories) RC_ASSERT(disk.list(path).has_value());
}

// Spoils a text in several ways, one at a time, so that a case finds some junk that can be read.
template <class Check>
void for_each_junk(const std::string& text, Check check) {
  constexpr int kTries = 8;
  for (int i = 0; i < kTries; ++i) check(spoilt(text));
}

std::uint64_t check_enumeration(const Trace& trace, const DiskModel& model) {
  faultfs::Budget budget;
  budget.states_per_point = 16;
  budget.states_per_cut = 4;
  const auto coverage = enumerate(trace, model, budget, [](faultfs::Candidate& candidate) {
    RC_LOG() << to_text(candidate.state()) << '\n';
    check_image(candidate.image());
    return true;
  });
  return coverage.points;
}

TEST(Junk, ForATraceIsRefusedByItsLineOrIsATrace) {
  Counts counts;
  std::uint64_t enumerated = 0;
  EXPECT_TRUE(rc::check([&] {
    const DiskModel model = any_small_model();
    for_each_junk(to_text(any_trace()), [&](const std::string& junk) {
      check_junk<Trace>(junk, &faultfs::parse_trace, counts);
      const auto trace = faultfs::parse_trace(junk);
      if (!trace) RC_ASSERT(trace.error().context.starts_with("line "));
      constexpr std::uint64_t kMaxBytes = 1 << 20;
      if (trace && bytes_of(*trace) <= kMaxBytes) enumerated += check_enumeration(*trace, model);
    });
  }));
  EXPECT_GT(counts.accepted, 30U);
  EXPECT_GT(counts.refused, 100U);
  EXPECT_GT(enumerated, 100U);
}

TEST(Junk, ForACrashStateIsRefusedOrIsOne) {
  Counts counts;
  EXPECT_TRUE(rc::check([&] {
    for_each_junk(to_text(any_crash_state()),
                  [&](const std::string& junk) { check_junk<CrashState>(junk, &faultfs::parse_crash_state, counts); });
  }));
  EXPECT_GT(counts.accepted, 30U);
  EXPECT_GT(counts.refused, 100U);
}

TEST(Junk, ForADiskModelIsRefusedOrIsOne) {
  Counts counts;
  EXPECT_TRUE(rc::check([&] {
    for_each_junk(to_text(any_small_model()),
                  [&](const std::string& junk) { check_junk<DiskModel>(junk, &faultfs::parse_disk_model, counts); });
  }));
  EXPECT_GT(counts.accepted, 20U);
  EXPECT_GT(counts.refused, 100U);
}

}  // namespace
}  // namespace walbreaker::properties
