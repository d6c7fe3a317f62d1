// CRC-32C: the checksum of every record, block and header.
//
// Castagnoli's polynomial 0x1EDC6F41, reflected, as in iSCSI (RFC 3720, appendix B.4), ext4 and LevelDB.
// It sees every error burst of up to 32 bits, and every error of up to 5 bits in 5,243 bits (Koopman, "32-Bit
// Cyclic Redundancy Codes for Internet Applications", DSN 2002). It is no defence against an adversary.
#pragma once

#include <cstdint>
#include <string_view>

namespace kv {

// The checksum of `seed`'s bytes followed by `bytes`: crc32c(b, crc32c(a)) == crc32c(a + b), and the empty
// string's checksum is 0. Seeding with the checksum of a context (salt, generation, offset) binds bytes to it.
// Thread-safe. crc32c("123456789") == 0xE3069283.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed = 0);

}  // namespace kv
