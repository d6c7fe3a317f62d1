#include "harness/driver_subject.h"

#include <fmt/format.h>

#include <functional>
#include <utility>

#include <unistd.h>

#include "engine/posix_vfs.h"
#include "harness/promise.h"
#include "harness/store_mirror.h"

namespace walbreaker {

using kv::ErrorCode;
using kv::Result;

namespace {

// A directory that is removed at the end. That it stays behind is no error of the store: the run's directory, in which
// it lies, is removed in the end, or that is told.
class Copy {
 public:
  explicit Copy(std::string path) : path_(std::move(path)) {}
  Copy(Copy&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Copy& operator=(Copy&&) = delete;
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;
  ~Copy() {
    if (!path_.empty()) (void)remove_directory(path_);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Survives power_of(const DriverSubject& subject, const Settings& settings) {
  return promise_of(subject, settings).power;
}

}  // namespace

// One process and one directory, for one open.
class DriverSubject::Lease {
 public:
  Lease(const DriverSubject& subject, std::unique_ptr<DriverProcess> process, std::string copy)
      : subject_(&subject),
        copy_(std::move(copy)),
        client_(std::make_unique<DriverClient>(std::move(process),
                                               [s = &subject](const Incident& incident) { s->note(incident); })) {}
  Lease(Lease&&) = default;
  Lease& operator=(Lease&&) = delete;
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease() {
    if (!client_) return;
    client_->drop_store();
    subject_->give_back(client_->release());
  }

  [[nodiscard]] DriverClient& client() { return *client_; }
  [[nodiscard]] const std::string& copy() const { return copy_.path(); }

 private:
  const DriverSubject* subject_;
  Copy copy_;
  std::unique_ptr<DriverClient> client_;
};

class DriverSubject::MirroredSession final : public Session {
 public:
  MirroredSession(const DriverSubject& subject, Lease lease, StoreMirror mirror, Survives power)
      : subject_(subject), lease_(std::move(lease)), mirror_(std::move(mirror)), power_(power) {}
  MirroredSession(const MirroredSession&) = delete;
  MirroredSession& operator=(const MirroredSession&) = delete;

  // The lease gives the process back, and drops the store of a process that has it open.
  ~MirroredSession() override {
    if (!client().is_open()) return;
    if (const auto applied = mirror_.apply(); !applied) {
      subject_.note({Incident::Kind::protocol, applied.error().message()});
    }
  }

  Result<void> put(const std::string& key, const std::string& value) override {
    return mirrored(client().put(key, value), Survives::on_ack);
  }
  Result<bool> del(const std::string& key) override { return mirrored(client().del(key), Survives::on_ack); }
  Result<void> batch(const kv::Batch& batch) override { return mirrored(client().batch(batch), Survives::on_ack); }
  Result<std::optional<std::string>> get(const std::string& key) override { return client().get(key); }
  Result<Listing> scan() override { return client().scan(); }
  Result<void> sync() override { return mirrored(client().sync(), Survives::on_sync); }
  Result<void> compact() override { return mirrored(client().compact(), Survives::on_sync); }
  Result<void> close() override { return mirrored(client().close(), Survives::on_sync); }

 private:
  DriverClient& client() { return lease_.client(); }

  // Does to the vfs what the command did. Where an ack of it promises that all is durable, it is.
  template <class T>
  Result<T> mirrored(Result<T> answer, Survives needed) {
    TRY(mirror_.apply());
    const bool durable = power_ == Survives::on_ack || (power_ == Survives::on_sync && needed == Survives::on_sync);
    if (answer && durable) TRY(mirror_.sync());
    return answer;
  }

  const DriverSubject& subject_;
  Lease lease_;
  StoreMirror mirror_;
  Survives power_;
};

// On a real directory: whoever drops it kills.
class DriverSubject::InPlaceSession final : public Session {
 public:
  InPlaceSession(const DriverSubject& subject, std::unique_ptr<DriverClient> client)
      : subject_(subject), client_(std::move(client)) {}
  InPlaceSession(const InPlaceSession&) = delete;
  InPlaceSession& operator=(const InPlaceSession&) = delete;
  ~InPlaceSession() override {
    if (!client_->is_open()) subject_.give_back(client_->release());
  }

  Result<void> put(const std::string& key, const std::string& value) override { return client_->put(key, value); }
  Result<bool> del(const std::string& key) override { return client_->del(key); }
  Result<void> batch(const kv::Batch& batch) override { return client_->batch(batch); }
  Result<std::optional<std::string>> get(const std::string& key) override { return client_->get(key); }
  Result<Listing> scan() override { return client_->scan(); }
  Result<void> sync() override { return client_->sync(); }
  Result<void> compact() override { return client_->compact(); }
  Result<void> close() override { return client_->close(); }

 private:
  const DriverSubject& subject_;
  std::unique_ptr<DriverClient> client_;
};

Result<std::unique_ptr<DriverSubject>> DriverSubject::make(DriverOptions options) {
  std::unique_ptr<DriverSubject> subject(new DriverSubject(std::move(options)));
  TRY(subject->introduce());
  subject->probe();
  TRY(subject->check_promise());
  return subject;
}

DriverSubject::~DriverSubject() = default;

Result<void> DriverSubject::introduce() {
  work_ = TRY(WorkDirectory::make(options_.scratch_directory));
  HelloAnswer hello;
  auto process = TRY(launch(&hello));
  name_ = std::move(hello.name);
  promise_ = std::move(hello.promise);
  give_back(std::move(process));
  return {};
}

Result<void> DriverSubject::check_promise() const {
  const auto parsed = parse_promise(promise_);
  if (parsed) return {};
  return kv::fail(parsed.error().code, fmt::format("driver {}: {}", name_, parsed.error().context));
}

// Only an answer "unsupported" tells that a command is not there. Whatever else goes wrong is found again, and judged,
// by a campaign.
void DriverSubject::probe() {
  auto leased = lease();
  if (!leased) return;
  DriverClient& client = leased->client();
  if (client.open_store(leased->copy(), {})) {
    kv::Batch batch;
    batch.put("probe", "1");
    capabilities_.batch = client.batch(batch) || !client.was_unsupported();
    capabilities_.compact = client.compact() || !client.was_unsupported();
    (void)client.close();
    capabilities_.read_only = client.open_store(leased->copy(), {.read_only = true}) || !client.was_unsupported();
  }
  (void)take_incident();
}

std::vector<PromiseTerm> DriverSubject::promise(const Settings& settings) const {
  std::vector<PromiseTerm> terms = promise_;
  const auto sync = settings.find("sync");
  if (sync == settings.end() || sync->second != "on_request") return terms;
  for (PromiseTerm& term : terms) {
    if (term.key == "power" && term.value == "on_ack") term.value = "on_sync";
  }
  return terms;
}

Result<Opened> DriverSubject::open(kv::Vfs& vfs, const std::string& directory, const OpenRequest& request) const {
  Lease leased = TRY(lease());
  StoreMirror mirror(vfs, directory, leased.copy());
  TRY(mirror.copy_out());
  auto said = leased.client().open_store(leased.copy(), request);
  TRY(mirror.apply());  // a refusal, and a death, may have changed the store
  if (!said) return std::unexpected(std::move(said).error());
  const Survives power = power_of(*this, request.settings);
  if (power != Survives::never) TRY(mirror.sync());
  Opened opened{said->answer, std::move(said->text), nullptr};
  opened.session = std::make_unique<MirroredSession>(*this, std::move(leased), std::move(mirror), power);
  return opened;
}

Result<Opened> DriverSubject::open_in_place(const std::string& directory, const OpenRequest& request) const {
  auto client = std::make_unique<DriverClient>(TRY(start_process()), [this](const Incident& i) { note(i); });
  OpenSaid said = TRY(client->open_store(directory, request));
  Opened opened{said.answer, std::move(said.text), nullptr};
  opened.session = std::make_unique<InPlaceSession>(*this, std::move(client));
  return opened;
}

// ---- Processes

Result<std::unique_ptr<DriverProcess>> DriverSubject::launch(HelloAnswer* hello) const {
  auto process = TRY(DriverProcess::start({options_.command, options_.timeout}));
  DriverClient client(std::move(process), nullptr);
  auto answer = client.hello();
  if (!answer)
    return kv::fail(ErrorCode::io_error, fmt::format("driver \"{}\": {}", options_.command, answer.error().context));
  if (hello != nullptr) *hello = std::move(*answer);
  return client.release();
}

void DriverSubject::forget_parents_processes() const {
  if (owner_ == ::getpid()) return;
  for (const auto& process : idle_) process->disown();
  idle_.clear();
  owner_ = ::getpid();
}

Result<std::unique_ptr<DriverProcess>> DriverSubject::start_process() const {
  {
    const std::lock_guard lock(mutex_);
    forget_parents_processes();
    if (!idle_.empty()) {
      auto process = std::move(idle_.back());
      idle_.pop_back();
      return process;
    }
  }
  return launch(nullptr);
}

Result<DriverSubject::Lease> DriverSubject::lease() const {
  auto process = TRY(start_process());
  std::string name;
  {
    const std::lock_guard lock(mutex_);
    name = fmt::format("{}-{}", owner_, copies_++);
  }
  std::string copy = TRY(work_->make_child(name));
  return Lease(*this, std::move(process), std::move(copy));
}

void DriverSubject::give_back(std::unique_ptr<DriverProcess> process) const {
  if (process->is_gone() || !process->is_ours()) return;
  const std::lock_guard lock(mutex_);
  forget_parents_processes();
  idle_.push_back(std::move(process));
}

// ---- Incidents

void DriverSubject::note(const Incident& incident) const {
  const std::lock_guard lock(mutex_);
  incidents_.try_emplace(std::this_thread::get_id(), incident);
}

std::optional<Incident> DriverSubject::take_incident() const {
  const std::lock_guard lock(mutex_);
  auto incident = incidents_.extract(std::this_thread::get_id());
  if (incident.empty()) return std::nullopt;
  return std::move(incident.mapped());
}

// ---- By command

Result<const Subject*> load_driver(const std::string& command, const std::string& scratch_directory) {
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<DriverSubject>> loaded;
  const std::lock_guard lock(mutex);
  auto& subject = loaded[command];
  if (!subject) {
    subject = TRY(DriverSubject::make({.command = command, .scratch_directory = scratch_directory}));
  }
  return subject.get();
}

const DriverSubject* as_driver(const Subject& subject) { return dynamic_cast<const DriverSubject*>(&subject.bare()); }

}  // namespace walbreaker
