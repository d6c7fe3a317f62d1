// Damages for the laws: any harm to any file of an image.
#pragma once

#include <rapidcheck.h>

#include "faultfs/damage.h"
#include "faultfs/image.h"

namespace walbreaker::properties {

// Draws a damage of any kind to any file that has bytes; the image has one. Shows it in the law's log.
[[nodiscard]] faultfs::Damage any_damage(const faultfs::Image& image);

// The image after such a damage; as it is where no file has any byte.
[[nodiscard]] faultfs::Image with_any_damage(const faultfs::Image& image);

}  // namespace walbreaker::properties
