// A driver's process as typed calls: the line protocol spoken, and its answers checked.
//
// An answer "err CODE TEXT" is an Error with what the driver said. Everything else that is no answer is an Incident,
// which is told once to whoever made the client, and an Error of code internal; the process is gone then.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/result.h"
#include "harness/driver_process.h"
#include "harness/line_protocol.h"
#include "harness/subject.h"

namespace walbreaker {

class DriverClient final : public Session {
 public:
  using OnIncident = std::function<void(const Incident& incident)>;

  DriverClient(std::unique_ptr<DriverProcess> process, OnIncident on_incident)
      : process_(std::move(process)), on_incident_(std::move(on_incident)) {}

  kv::Result<HelloAnswer> hello();

  kv::Result<OpenSaid> open_store(const std::string& directory, const OpenRequest& request);

  kv::Result<void> put(const std::string& key, const std::string& value) override;
  kv::Result<bool> del(const std::string& key) override;
  kv::Result<void> batch(const kv::Batch& batch) override;
  kv::Result<std::optional<std::string>> get(const std::string& key) override;
  kv::Result<Listing> scan() override;
  kv::Result<void> sync() override;
  kv::Result<void> compact() override;
  kv::Result<void> close() override;

  // Whether the last call was answered with "err unsupported".
  [[nodiscard]] bool was_unsupported() const { return last_error_ == LineError::unsupported; }

  // Whether a store is open: the last open was answered ok, and no close, answered or not, came after it.
  [[nodiscard]] bool is_open() const { return is_open_; }

  // Rids the process of its open store, which nobody will look at again: by a close, or where that is not answered by
  // killing it. Tells nobody of an incident.
  void drop_store();

  [[nodiscard]] DriverProcess& process() { return *process_; }
  [[nodiscard]] std::unique_ptr<DriverProcess> release() { return std::move(process_); }

 private:
  template <class T>
  kv::Result<T> ask(const Request& request, kv::Result<Answered<T>> (*parse)(std::string_view line));
  kv::Result<std::pair<std::string, std::string>> scan_line();
  kv::Error note(const Incident& incident) const;

  std::unique_ptr<DriverProcess> process_;
  OnIncident on_incident_;
  std::optional<LineError> last_error_;
  bool is_open_ = false;
};

// An open, as a request: its entropy goes as the setting "entropy".
[[nodiscard]] Request opening(const std::string& directory, const OpenRequest& request);

// The request line of a command, for whoever sends it and does not wait. Errors: those of to_line().
kv::Result<std::string> to_line(const Command& command);

}  // namespace walbreaker
