// Reading and writing tensors in the safetensors format (huggingface.co/docs/safetensors): an
// 8-byte little-endian header length, a JSON header, then the tensors' bytes.
#pragma once
#include <sinter/core/tensor.h>

#include <string>
#include <utility>
#include <vector>

namespace sinter::safetensors {

// Texts by key.
using Metadata = std::vector<std::pair<std::string, std::string>>;

// Named tensors in the order of the file, and the file's metadata, sorted by key.
struct File {
  std::vector<std::pair<std::string, Tensor>> tensors;
  Metadata metadata;

  // The tensor of that name, or an undefined one.
  Tensor find(const std::string& name) const;
};

// Maps the file into memory; the tensors view it copy-on-write, and keep it mapped. Strict: throws
// IOError `[safetensors] rule; got ...` for a file that is shorter than its header says, a header
// above 100,000,000 bytes or not a JSON object, an unknown dtype, a negative size, an overflow,
// overlapping or missing byte ranges, trailing bytes, a duplicate or empty name, a boolean other
// than 0 and 1, or metadata that is not text. Nothing larger than the file is ever allocated. The
// file must not be shortened in place while its tensors live; replacing it is harmless.
File load(const std::string& path);
// The same from bytes in memory; the tensors are copies. data may be null when size is 0.
File parse(const void* data, std::size_t size);

// Writes the tensors (any layout; stored contiguous) atomically: to a temporary file in the same
// folder, synced, renamed over path (or over the file that path leads to as a symbolic link), and
// the folder synced. The header has the tensors in the order given; the bytes of those with wide
// elements come first, so that all lie aligned. A failure throws IOError and leaves an existing
// file as it was. Throws ValueError for a duplicate name or key, an empty name, "__metadata__",
// text that is not UTF-8, a header above 100,000,000 bytes, or an undefined or fake tensor.
void save(const std::string& path, const std::vector<std::pair<std::string, Tensor>>& tensors,
          const Metadata& metadata = {});

}  // namespace sinter::safetensors
