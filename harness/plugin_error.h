// Errors of the C ABI (walbreaker_plugin.h) and of this project, each as the other.
//
//   kv::Error                 number                      and back as
//   null_argument             INVALID_ARGUMENT            invalid_argument
//   recovering, not_found     INTERNAL                    internal
//   (none)                    UNSUPPORTED                 invalid_argument "unsupported: ..."
//   (none)                    NOT_OPEN                    invalid_argument "not_open: ..."
//   any other                 the same name, and value    the same
#pragma once

#include <string_view>

#include "engine/result.h"
#include "harness/walbreaker_plugin.h"

namespace walbreaker {

// Copies what fits of `text`, and a zero behind it.
void copy_text(std::string_view text, char (&into)[WALBREAKER_TEXT_BYTES]);

// The text in a field that a plugin filled, whether it ended it or not.
[[nodiscard]] std::string_view text_of(const char (&field)[WALBREAKER_TEXT_BYTES]);

// Fills *into, where there is one, and returns the number.
int to_plugin_error(const kv::Error& error, walbreaker_error* into);

// `call` is what answered the number: "put". A number that is no error of the ABI is internal, and the context says so.
[[nodiscard]] kv::Error from_plugin_error(int number, const walbreaker_error& error, std::string_view call);

}  // namespace walbreaker
