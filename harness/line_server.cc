#include "harness/line_server.h"

#include <fmt/format.h>

#include <istream>
#include <memory>
#include <ostream>
#include <string>
#include <utility>

#include "faultfs/line_scanner.h"
#include "harness/line_protocol.h"

namespace walbreaker {

namespace {

class LineServer {
 public:
  LineServer(const Subject& subject, kv::Vfs& vfs) : subject_(subject), vfs_(vfs) {}

  // The lines of the answer, each with its newline.
  std::string answer(std::string_view line) {
    auto request = parse_request(line);
    if (!request) return with_newline(error_line(request.error()));
    switch (request->verb) {
      case Verb::hello: return with_newline(hello_line({std::string(subject_.name()), subject_.promise({})}));
      case Verb::open: return with_newline(open(std::move(*request)));
      case Verb::close: return with_newline(close());
      default: break;
    }
    if (!session_) return with_newline(error_line({LineError::not_open, "no store is open"}));
    if (request->verb == Verb::scan) return scan();
    return with_newline(command(*request));
  }

 private:
  static std::string with_newline(std::string line) { return std::move(line) + '\n'; }

  template <class T>
  static std::string done(const kv::Result<T>& result) {
    return result ? std::string(kDoneLine) : error_line(result.error());
  }

  static std::string unsupported(std::string_view what) {
    return error_line({LineError::unsupported, fmt::format("there is no {}", what)});
  }

  std::string open(Request request) {
    if (session_) return error_line({LineError::invalid_argument, "a store is open already"});
    if (request.read_only && !subject_.capabilities().read_only) return unsupported("read_only");
    OpenRequest opening{.read_only = request.read_only, .settings = std::move(request.settings)};
    if (const auto entropy = opening.settings.extract("entropy"); !entropy.empty()) {
      if (!faultfs::parse_number(entropy.mapped(), opening.entropy)) {
        return error_line({LineError::invalid_argument, "entropy is a number"});
      }
    }
    auto opened = subject_.open(vfs_, request.directory, opening);
    if (!opened) return error_line(opened.error());
    session_ = std::move(opened->session);
    return open_line({opened->answer, std::move(opened->text)});
  }

  std::string close() {
    if (!session_) return error_line({LineError::not_open, "no store is open"});
    const auto session = std::move(session_);
    return done(session->close());
  }

  std::string command(const Request& request) {
    switch (request.verb) {
      case Verb::put: {
        const auto& write = request.writes.operations().front();
        return done(session_->put(write.key, write.value));
      }
      case Verb::del: {
        const auto found = session_->del(request.writes.operations().front().key);
        return found ? del_line(*found) : error_line(found.error());
      }
      case Verb::batch:
        return subject_.capabilities().batch ? done(session_->batch(request.writes)) : unsupported("batch");
      case Verb::get: {
        const auto value = session_->get(request.key);
        return value ? get_line(*value) : error_line(value.error());
      }
      case Verb::sync: return done(session_->sync());
      case Verb::compact: return subject_.capabilities().compact ? done(session_->compact()) : unsupported("compact");
      default: return error_line({LineError::internal, "not a command"});
    }
  }

  std::string scan() {
    const auto listing = session_->scan();
    if (!listing) return with_newline(error_line(listing.error()));
    std::string lines = with_newline(scan_head_line(listing->size()));
    for (const auto& [key, value] : *listing) lines += with_newline(scan_line(key, value));
    return lines;
  }

  const Subject& subject_;
  kv::Vfs& vfs_;
  std::unique_ptr<Session> session_;
};

enum class Read { line, end, too_long };

// A line without its newline. What has none at the end of the input is a line that was cut, and none.
Read read_line(std::istream& in, std::string& line) {
  line.clear();
  std::streambuf& buffer = *in.rdbuf();
  for (;;) {
    const int c = buffer.sbumpc();
    if (c == std::char_traits<char>::eof()) return Read::end;
    if (c == '\n') return Read::line;
    if (line.size() + 1 >= kMostLineBytes) return Read::too_long;
    line += static_cast<char>(c);
  }
}

}  // namespace

int serve(const Subject& subject, kv::Vfs& vfs, std::istream& in, std::ostream& out) {
  LineServer server(subject, vfs);
  std::string line;
  for (;;) {
    const Read read = read_line(in, line);
    if (read == Read::end) return 0;
    if (read == Read::too_long) return 1;
    out << server.answer(line) << std::flush;
    if (!out) return 1;
  }
}

}  // namespace walbreaker
