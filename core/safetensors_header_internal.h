// The JSON header of a safetensors file, checked.
#pragma once
#include <sinter/core/dims.h>
#include <sinter/core/dtype.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

namespace sinter::safetensors::detail {

inline constexpr std::size_t kMaxHeaderBytes = 100'000'000;
inline constexpr std::string_view kMetadataKey = "__metadata__";

struct Entry {
  std::string name;
  DType dtype = kFloat32;
  Dims shape;
  std::int64_t begin = 0;  // of its bytes, from the end of the header
  std::int64_t end = 0;
};

struct Header {
  std::deque<Entry> entries;  // a deque: none of its allocations is larger than the file
  std::map<std::string, std::string> metadata;
};

// Reads a header whose tensors fill data_bytes. Throws IOError.
Header parse_header(std::string_view text, std::size_t data_bytes);
// Writes a header. Throws ValueError for text that is not UTF-8 and a header that is too long.
std::string header_text(const Header& header);

}  // namespace sinter::safetensors::detail
