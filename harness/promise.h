// Promises: what a subject's answers mean, and so what it is judged by.
//
// A subject tells its promise as terms, key and value, and what it does not say is taken for the weakest. A promise has
// one field for each key, spelled as the key, and its enumerators are spelled as the values.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/result.h"
#include "harness/subject.h"

namespace walbreaker {

// What an ack survives.
enum class Survives {
  never,    // nothing is promised
  on_sync,  // once a later sync, compact or close was acked
  on_ack,   // at once
};

// Whether what a read-write open has served, and had answered clean or torn, may go away at a power cut.
enum class Served { cached, durable };

// Which contents a crash may leave.
enum class Order {
  per_key,  // each key shows what some command made of it, from its last durable one up to its last one issued
  prefix,   // those after the first k commands
};

enum class Batches { none, atomic };

// What reads of the same process show of a command that was answered with an error.
enum class OnError { unknown, invisible };

// What becomes of damage at rest: each allows less than the one before.
enum class OnDamage {
  none,          // anything
  prefix,        // the contents after some prefix of the commands, told or not
  detect,        // all of them; or those after a prefix, and a report; or a refusal
  exact_prefix,  // all of them; or those after exactly the commands before the harm, and a report; or a refusal
};

// Which keys or values a subject takes.
enum class Domain {
  bytes,
  int32,  // 4 bytes, big-endian, offset by 2^31, so that byte order is numeric order
  int64,  // 8 bytes, big-endian, two's complement
};

struct Promise {
  Survives kill = Survives::never;
  Survives power = Survives::never;
  Served served = Served::cached;
  Order order = Order::per_key;
  Batches batches = Batches::none;
  OnError on_error = OnError::unknown;
  OnDamage on_damage = OnDamage::none;
  Domain keys = Domain::bytes;
  Domain values = Domain::bytes;
  std::optional<std::uint64_t> max_key;  // in bytes; nothing: as long as a workload likes
  std::optional<std::uint64_t> max_value;

  bool operator==(const Promise&) const = default;
};

// Errors: invalid_argument, naming the term: a key that there is not, or twice; a value that the key does not have.
kv::Result<Promise> parse_promise(std::span<const PromiseTerm> terms);

// Every term, in the order of the fields: parse_promise(to_terms(promise)) == promise.
[[nodiscard]] std::vector<PromiseTerm> to_terms(const Promise& promise);

// "power=on_ack" -> {"power", "on_ack"}. Errors: invalid_argument where there is no "=" in it.
kv::Result<PromiseTerm> parse_term(std::string_view text);

// What the subject promises when it is opened with these settings. Whoever makes a subject has seen to it that its
// terms are ones that there are.
[[nodiscard]] Promise promise_of(const Subject& subject, const Settings& settings);

}  // namespace walbreaker
