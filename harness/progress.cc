#include "harness/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "harness/text.h"

namespace walbreaker {

std::string progress_text(const ProgressState& state) {
  const double rate = state.seconds > 0 ? static_cast<double>(state.cases) / state.seconds : 0;
  std::string text = fmt::format("  {} cases, {}/s, {} violations, {:.0f} %", with_commas(state.cases),
                                 with_commas(static_cast<std::uint64_t>(rate)), with_commas(state.violations),
                                 100 * std::min(state.done, 1.0));
  if (state.done > 0) {
    const double left = std::max(0.0, state.seconds / state.done - state.seconds);
    text += fmt::format(", {} s left", with_commas(static_cast<std::uint64_t>(std::ceil(left))));
  }
  return text;
}

void ProgressLine::show(const ProgressState& state) {
  if (!terminal_) return;
  const auto now = std::chrono::steady_clock::now();
  if (shown_ && now - last_ < std::chrono::milliseconds(100)) return;
  last_ = now;
  shown_ = true;
  fmt::print(stderr, "\r\x1b[K{}", progress_text(state));
  std::fflush(stderr);
}

void ProgressLine::clear() {
  if (!shown_) return;
  shown_ = false;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
}

}  // namespace walbreaker
