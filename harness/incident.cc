#include "harness/incident.h"

#include <utility>

namespace walbreaker {

Settled settle(const Subject& subject, std::optional<Wrong> wrong) {
  auto incident = subject.take_incident();
  if (!incident) return {std::move(wrong), std::nullopt};
  switch (incident->kind) {
    case Incident::Kind::died: return {Wrong{ViolationKind::died, std::move(incident->text)}, std::nullopt};
    case Incident::Kind::hung: return {Wrong{ViolationKind::hung, std::move(incident->text)}, std::nullopt};
    case Incident::Kind::protocol: break;
  }
  return {std::nullopt, std::move(incident->text)};
}

}  // namespace walbreaker
