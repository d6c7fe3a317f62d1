#include "properties/disk_program.h"

#include <fmt/format.h>

#include <span>
#include <string_view>
#include <utility>

namespace walbreaker::properties {

namespace {

std::string_view name_of(DiskVerb verb) {
  constexpr std::array<std::string_view, 18> kNames{"open",     "close", "write",  "truncate",  "allocate", "sync",
                                                    "read",     "size",  "rename", "unlink",    "make_dir", "list",
                                                    "sync_dir", "lock",  "unlock", "fail_sync", "lie_sync", "kill"};
  return kNames.at(static_cast<std::size_t>(verb));
}

std::string_view name_of(kv::OpenMode mode) {
  constexpr std::array<std::string_view, 4> kNames{"read", "read_write", "create", "create_new"};
  return kNames.at(static_cast<std::size_t>(mode));
}

// The start of a long name is enough.
std::string shown(const std::string& path) {
  constexpr std::size_t kShown = 60;
  return path.size() <= kShown ? path : fmt::format("{}... ({} bytes)", path.substr(0, kShown), path.size());
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const DiskStep& step) {
  out << name_of(step.verb);
  switch (step.verb) {
    case DiskVerb::open:
      return out << fmt::format(R"( "{}" {} as {})", shown(step.path), name_of(step.mode), step.place);
    case DiskVerb::write:
    case DiskVerb::read: return out << fmt::format(" {} at {}, {} bytes", step.place, step.offset, step.length);
    case DiskVerb::truncate:
    case DiskVerb::allocate: return out << fmt::format(" {} to {}", step.place, step.length);
    case DiskVerb::rename: return out << fmt::format(R"( "{}" to "{}")", shown(step.path), shown(step.to));
    case DiskVerb::unlink:
    case DiskVerb::make_dir:
    case DiskVerb::list:
    case DiskVerb::sync_dir: return out << fmt::format(R"( "{}")", shown(step.path));
    case DiskVerb::lock:
      return out << fmt::format(R"( "{}" {} as {})", shown(step.path),
                                step.lock_mode == kv::LockMode::shared ? "shared" : "exclusive", step.place);
    case DiskVerb::close:
    case DiskVerb::sync:
    case DiskVerb::size:
    case DiskVerb::unlock: return out << ' ' << step.place;
    case DiskVerb::fail_sync:
    case DiskVerb::lie_sync: return out << (step.length % 4 == 0 ? " of " + step.path : fmt::format(" {}", step.place));
    case DiskVerb::kill: return out;
  }
  return out;
}

// --- generators ---

namespace {

// What can be drawn for a step, whatever its verb.
struct Choices {
  rc::Gen<DiskVerb> verb;
  rc::Gen<std::string> path;
  rc::Gen<kv::OpenMode> mode;
  rc::Gen<std::uint64_t> offset;
  rc::Gen<std::uint64_t> length;
};

rc::Gen<DiskProgram> programs_of(const Choices& choices) {
  // RapidCheck takes the size of a case for the largest number too; programs grow, and numbers do not.
  const auto number = [](const rc::Gen<std::uint64_t>& gen) { return rc::gen::resize(rc::kNominalSize, gen); };
  const auto lock_mode = rc::gen::element(kv::LockMode::shared, kv::LockMode::exclusive);
  return rc::gen::container<DiskProgram>(rc::gen::build<DiskStep>(
      rc::gen::set(&DiskStep::verb, choices.verb), rc::gen::set(&DiskStep::path, choices.path),
      rc::gen::set(&DiskStep::to, choices.path), rc::gen::set(&DiskStep::mode, choices.mode),
      rc::gen::set(&DiskStep::lock_mode, lock_mode),
      rc::gen::set(&DiskStep::place, rc::gen::weightedElement<std::size_t>({{3, 0}, {4, 1}, {1, 2}})),
      rc::gen::set(&DiskStep::offset, number(choices.offset)),
      rc::gen::set(&DiskStep::length, number(choices.length))));
}

// Names that exist more often than not, one component each.
rc::Gen<std::string> any_component() {
  return rc::gen::weightedElement<std::string>({{6, "a"},
                                                {6, "b"},
                                                {6, "dir"},
                                                {1, "."},
                                                {1, ".."},
                                                {1, ""},
                                                {1, std::string(255, 'n')},
                                                {1, std::string(256, 'n')}});
}

rc::Gen<std::string> any_spelled_path() {
  const auto components = rc::gen::container<std::vector<std::string>>(3, any_component());
  const auto count = rc::gen::weightedElement<std::size_t>({{4, 1}, {5, 2}, {2, 3}});
  const auto start = rc::gen::weightedElement<std::string>({{8, ""}, {1, "/"}, {1, "//"}, {1, "./"}});
  const auto end = rc::gen::weightedElement<std::string>({{12, ""}, {2, "/"}, {1, "//"}, {1, "/."}, {1, "/.."}});
  const auto joined = rc::gen::map(rc::gen::tuple(start, components, count, end), [](const auto& drawn) {
    const auto& [first, names, number, last] = drawn;
    std::string path = first;
    for (std::size_t i = 0; i < number; ++i) path += (i == 0 ? "" : "/") + names[i];
    return path + last;
  });
  // Longer than any path may be, though it means a short one.
  const auto long_path = rc::gen::just(std::string(5'000, '/') + "a");
  return rc::gen::weightedOneOf<std::string>({{40, joined}, {1, long_path}});
}

}  // namespace

rc::Gen<DiskProgram> any_calm_program() {
  const auto verb = rc::gen::weightedElement<DiskVerb>({{8, DiskVerb::open},
                                                        {1, DiskVerb::close},
                                                        {4, DiskVerb::write},
                                                        {2, DiskVerb::truncate},
                                                        {2, DiskVerb::allocate},
                                                        {1, DiskVerb::sync},
                                                        {4, DiskVerb::read},
                                                        {2, DiskVerb::size},
                                                        {5, DiskVerb::rename},
                                                        {3, DiskVerb::unlink},
                                                        {4, DiskVerb::make_dir},
                                                        {3, DiskVerb::list},
                                                        {1, DiskVerb::sync_dir},
                                                        {4, DiskVerb::lock},
                                                        {1, DiskVerb::unlock}});
  const auto mode =
      rc::gen::element(kv::OpenMode::read, kv::OpenMode::read_write, kv::OpenMode::create, kv::OpenMode::create_new);
  const auto at = rc::gen::weightedOneOf<std::uint64_t>(
      {{20, rc::gen::inRange<std::uint64_t>(0, 40)},
       {1, rc::gen::element<std::uint64_t>(std::uint64_t{1} << 63, ~std::uint64_t{0})}});
  return rc::gen::scale(2, programs_of({verb, any_spelled_path(), mode, at, at}));
}

rc::Gen<DiskProgram> any_crashing_program() {
  const auto verb = rc::gen::weightedElement<DiskVerb>({{5, DiskVerb::open},
                                                        {1, DiskVerb::close},
                                                        {24, DiskVerb::write},
                                                        {5, DiskVerb::truncate},
                                                        {3, DiskVerb::allocate},
                                                        {6, DiskVerb::sync},
                                                        {5, DiskVerb::rename},
                                                        {4, DiskVerb::unlink},
                                                        {2, DiskVerb::make_dir},
                                                        {5, DiskVerb::sync_dir},
                                                        {1, DiskVerb::lock},
                                                        {4, DiskVerb::fail_sync},
                                                        {1, DiskVerb::lie_sync},
                                                        {1, DiskVerb::kill}});
  // The two open files alone, whose writes meet more often so.
  const auto verb_on_files = rc::gen::weightedElement<DiskVerb>({{8, DiskVerb::write},
                                                                 {4, DiskVerb::truncate},
                                                                 {2, DiskVerb::allocate},
                                                                 {4, DiskVerb::sync},
                                                                 {3, DiskVerb::fail_sync},
                                                                 {2, DiskVerb::unlink}});
  const auto path = rc::gen::weightedElement<std::string>(
      {{5, "a"}, {4, "b"}, {1, "dir"}, {2, "dir/a"}, {1, "sub"}, {1, "sub/a"}, {1, "."}});
  const auto mode = rc::gen::weightedElement<kv::OpenMode>({{6, kv::OpenMode::create}, {1, kv::OpenMode::create_new}});
  const auto at = rc::gen::inRange<std::uint64_t>(0, 14);
  return rc::gen::resize(
      20, rc::gen::weightedOneOf<DiskProgram>(
              {{2, programs_of({verb, path, mode, at, at})}, {1, programs_of({verb_on_files, path, mode, at, at})}}));
}

// --- running ---

namespace {

std::string answer_of(const kv::Error& error) {
  return fmt::format("{} {}", kv::to_string(error.code), error.os_error);
}

std::string answer_of(const kv::Result<void>& result) { return result ? "ok" : answer_of(result.error()); }

template <class Number>
std::string answer_of(const kv::Result<Number>& result) {
  return result ? fmt::format("{}", *result) : answer_of(result.error());
}

template <class T>
std::string answer_of(kv::Result<std::unique_ptr<T>> result, std::unique_ptr<T>& place) {
  place.reset();
  if (!result) return answer_of(result.error());
  place = std::move(*result);
  return "ok";
}

std::string answer_of(const kv::Result<std::vector<std::string>>& result) {
  return result ? fmt::format("{}", fmt::join(*result, " ")) : answer_of(result.error());
}

}  // namespace

std::string DiskRunner::below_root(const std::string& path) const {
  if (root_.empty() || path.empty()) return path;
  // "/" has no last name, as "." has none.
  return root_ + "/" + (path.find_first_not_of('/') == std::string::npos ? path + "." : path);
}

std::string DiskRunner::run(const DiskStep& step) {
  const std::string path = below_root(step.path);
  switch (step.verb) {
    case DiskVerb::open: return answer_of(vfs_.open(path, step.mode), files_.at(step.place));
    case DiskVerb::close: files_.at(step.place).reset(); return "";
    case DiskVerb::rename: return answer_of(vfs_.rename(path, below_root(step.to)));
    case DiskVerb::unlink: return answer_of(vfs_.unlink(path));
    case DiskVerb::make_dir: return answer_of(vfs_.make_dir(path));
    case DiskVerb::list: return answer_of(vfs_.list(path));
    case DiskVerb::sync_dir: return answer_of(vfs_.sync_dir(path));
    case DiskVerb::lock: return answer_of(vfs_.lock(path, step.lock_mode), locks_.at(step.place));
    case DiskVerb::unlock: locks_.at(step.place).reset(); return "";
    case DiskVerb::fail_sync:
    case DiskVerb::lie_sync:
    case DiskVerb::kill: return "";
    default: return files_.at(step.place) ? run_on_file(step) : "";
  }
}

std::string DiskRunner::run_on_file(const DiskStep& step) {
  kv::File& file = *files_.at(step.place);
  // What is too far for a file is too far at its offset: no buffer is so long.
  const std::uint64_t length = step.length % 64;
  switch (step.verb) {
    case DiskVerb::write: {
      const char byte = next_byte_;
      next_byte_ = byte == 'z' ? 'a' : static_cast<char>(byte + 1);
      return answer_of(file.write_at(step.offset, std::string(length, byte)));
    }
    case DiskVerb::read: {
      std::string bytes(length, '?');
      const auto count = file.read_at(step.offset, bytes);
      return answer_of(count) + ' ' + bytes;
    }
    case DiskVerb::truncate: return answer_of(file.truncate(step.length));
    case DiskVerb::allocate: return answer_of(file.allocate(step.length));
    case DiskVerb::sync: return answer_of(file.sync());
    case DiskVerb::size: return answer_of(file.size());
    default: return "";
  }
}

void run(const DiskStep& step, faultfs::SimDisk& disk, std::unique_ptr<DiskRunner>& process) {
  switch (step.verb) {
    case DiskVerb::fail_sync:
    case DiskVerb::lie_sync: {
      disk.arrange(step.verb == DiskVerb::fail_sync ? faultfs::SyncFault::fails : faultfs::SyncFault::lies);
      DiskStep sync = step;
      sync.verb = step.length % 4 == 0 ? DiskVerb::sync_dir : DiskVerb::sync;
      process->run(sync);
      break;
    }
    case DiskVerb::kill:
      disk.kill();
      process = std::make_unique<DiskRunner>(disk);
      break;
    default: process->run(step); break;
  }
}

faultfs::Image first_image() {
  faultfs::Image image;
  image.files["a"] = faultfs::FileBytes("ABCDEFGHIJ");
  image.directories.insert("dir");
  return image;
}

faultfs::Trace trace_of(const DiskProgram& program, faultfs::FailedSync failed_sync) {
  faultfs::SimDisk disk(first_image(), failed_sync);
  auto process = std::make_unique<DiskRunner>(disk);
  process->run({.path = "a", .place = 0});
  process->run({.path = "b", .place = 1});
  for (const DiskStep& step : program) run(step, disk, process);
  return disk.trace();
}

}  // namespace walbreaker::properties
