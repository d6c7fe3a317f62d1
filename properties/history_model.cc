#include "properties/history_model.h"

#include <fmt/format.h>

namespace walbreaker::properties {

std::ostream& operator<<(std::ostream& out, const Issued& issued) {
  out << (issued.failed ? "failed:" : "acked:");
  for (const Write& write : issued.writes) out << (write.put ? " put " : " del ") << write.key;
  return out;
}

std::string value_of(std::size_t command) { return fmt::format("e2.{}.", command); }

Command command_of(const Issued& issued, std::size_t index) {
  Command command{CommandKind::batch, {}};
  for (const Write& write : issued.writes) {
    if (write.put) command.writes.put(write.key, value_of(index));
    if (!write.put) command.writes.remove(write.key);
  }
  if (issued.writes.size() == 1) command.kind = issued.writes.front().put ? CommandKind::put : CommandKind::del;
  return command;
}

rc::Gen<std::vector<Issued>> any_issues() {
  const auto write =
      rc::gen::build<Write>(rc::gen::set(&Write::key, rc::gen::element<std::string>("a", "b", "c", "d")),
                            rc::gen::set(&Write::put, rc::gen::weightedElement<bool>({{3, true}, {1, false}})));
  const auto writes = rc::gen::resize(3, rc::gen::nonEmpty(rc::gen::container<std::vector<Write>>(write)));
  const auto issued =
      rc::gen::build<Issued>(rc::gen::set(&Issued::writes, writes),
                             rc::gen::set(&Issued::failed, rc::gen::weightedElement<bool>({{3, false}, {1, true}})));
  return rc::gen::resize(7, rc::gen::container<std::vector<Issued>>(issued));
}

Listing listing_of(const Contents& contents) { return {contents.begin(), contents.end()}; }

}  // namespace walbreaker::properties
