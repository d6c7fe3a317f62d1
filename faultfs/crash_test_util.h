// For tests of what crash states leave: traces, models and states as text.
#pragma once

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>

#include "faultfs/crash_state.h"
#include "faultfs/enumerate.h"

namespace faultfs {

inline Trace trace_of(const std::string& lines) {
  auto trace = parse_trace("trace 1\n" + lines);
  EXPECT_TRUE(trace) << trace.error().message();
  return trace ? *std::move(trace) : Trace();
}

inline DiskModel model_of(const std::string& text) {
  const auto model = parse_disk_model(text);
  EXPECT_TRUE(model) << model.error().message();
  return model ? *model : DiskModel();
}

inline kv::Result<Image> image_of(const std::string& state, const std::string& lines, const std::string& model) {
  return apply(TRY(parse_crash_state(state)), trace_of(lines), model_of(model));
}

// The bytes of a file in each state at the end of the trace; "(none)" where it has no name.
inline std::set<std::string> contents_of(const std::string& path, const std::string& lines, const std::string& model) {
  std::set<std::string> contents;
  const Trace trace = trace_of(lines);
  const DiskModel disk_model = model_of(model);
  enumerate(trace, disk_model, {}, trace.ops.size(), trace.ops.size() + 1, [&](Candidate& candidate) {
    const auto file = candidate.image().files.find(path);
    contents.insert(file == candidate.image().files.end() ? "(none)" : file->second.to_string());
    return true;
  });
  return contents;
}

}  // namespace faultfs
