// An observation: everything that a subject answers when the store on a disk is opened and read.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/subject.h"
#include "harness/violation.h"

namespace walbreaker {

enum class Answer { clean, torn, damaged, refused };

// The enumerator's name: "damaged".
[[nodiscard]] std::string_view to_string(Answer answer);

// What gets answered, by key, where a store refused to be read in part; without a value: there is no such key.
using PartialListing = std::vector<std::pair<std::string, std::optional<std::string>>>;

struct Observation {
  Answer answer = Answer::clean;
  std::string text;                           // what the open said
  kv::ErrorCode refusal = kv::ErrorCode::ok;  // the error's code, where it, or a read, was refused
  Listing listing;                            // what a scan returned; empty where it was refused
  std::optional<Wrong> wrong;                 // an answer that contradicts the scan, or an error at a read
  PartialListing partial;                     // what was served, where a read was refused
};

// Everything that an open store shows.
struct Reading {
  Listing listing;             // what a scan returned
  std::optional<Wrong> wrong;  // an answer that contradicts the scan, or an error at a read (kind unrecoverable)
  kv::ErrorCode refusal = kv::ErrorCode::ok;  // of that read
};

// Scans, and gets every key and one that is missing.
[[nodiscard]] Reading read_all(Session& session);

// What an observation does beyond reading.
enum class Leave {
  dropped,  // the session is destroyed, as a kill would do
  closed,   // it is closed first; an error is wrong
};

// What else an observation asks.
struct Inquiry {
  std::vector<std::string> keys;  // got one by one where a scan is refused, to learn what is served all the same
};

// Opens the store, reads all of it, and leaves it. The answers must agree with each other.
[[nodiscard]] Observation observe(const Subject& subject, kv::Vfs& vfs, const std::string& directory,
                                  const OpenRequest& request, Leave leave = Leave::dropped,
                                  const Inquiry& inquiry = {});

}  // namespace walbreaker
