#include "properties/crash_space_model.h"

#include <algorithm>
#include <utility>

#include "faultfs/crash_space.h"
#include "faultfs/disk_state.h"

namespace walbreaker::properties {

using faultfs::DataOrder;
using faultfs::DirectoryOrder;
using faultfs::DiskModel;
using faultfs::FailedSync;
using faultfs::SizeBeforeData;

namespace {

// Now and then a field of a model takes another value.
template <class Value, class... Values>
void vary(Value& field, Values... values) {
  if (*rc::gen::weightedElement<bool>({{3, false}, {1, true}})) field = *rc::gen::element(values...);
}

}  // namespace

DiskModel any_small_model() {
  DiskModel model =
      faultfs::named_models().at(*rc::gen::weightedElement<std::size_t>({{1, 0}, {1, 1}, {4, 2}, {6, 3}})).model;
  model.sector_bytes = *rc::gen::weightedElement<std::uint32_t>({{1, 1}, {1, 2}, {6, 4}, {3, 8}});
  vary(model.data_order, DataOrder::any, DataOrder::in_order);
  vary(model.size_before_data, SizeBeforeData::none, SizeBeforeData::zeros, SizeBeforeData::zeros_garbage_stale);
  vary(model.harms_shared_sectors, true);
  vary(model.directory_order, DirectoryOrder::in_order, DirectoryOrder::any, DirectoryOrder::lost);
  vary(model.sync_names_file, false, true);
  vary(model.failed_sync, FailedSync::stays_pending, FailedSync::clean_readable, FailedSync::reverted,
       FailedSync::reported_late);
  RC_LOG() << to_text(model) << '\n';
  return model;
}

faultfs::Trace small_start(faultfs::Trace trace, const DiskModel& model, double max_states) {
  faultfs::DiskState disk(trace.initial, model);
  for (faultfs::OpIndex op = 0; op < trace.ops.size(); ++op) {
    disk.step(trace.ops[op]);
    if (faultfs::CrashSpace(disk, {op + 1, 0}).states() <= max_states) continue;
    trace.ops.resize(op);
    std::erase_if(trace.marks, [&](const faultfs::Mark& mark) { return mark.at > op; });
  }
  return trace;
}

faultfs::Trace any_small_trace(const DiskModel& model, double max_states) {
  const DiskProgram program = *any_crashing_program();
  const faultfs::Trace trace = small_start(trace_of(program, model.failed_sync), model, max_states);
  RC_LOG() << to_text(trace) << '\n';
  return trace;
}

ImagesByPoint images_of(const faultfs::Trace& trace, const DiskModel& model, const faultfs::Budget& budget) {
  ImagesByPoint images;
  enumerate(trace, model, budget, [&](faultfs::Candidate& candidate) {
    const bool is_new = images[candidate.point()].insert(plain(candidate.image())).second;
    if (!is_new) RC_FAIL("an image comes twice: " + to_text(candidate.state()));
    return true;
  });
  return images;
}

}  // namespace walbreaker::properties
