#include "harness/case_watch.h"

#include <algorithm>

namespace walbreaker {

bool CaseWatch::is_among(const std::vector<Moment>& moments, Moment moment) {
  return std::ranges::find(moments, moment) != moments.end();
}

}  // namespace walbreaker
