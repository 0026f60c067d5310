#include "npy.h"

#include <sinter/core/error.h>
#include <sinter/core/file.h>
#include <sinter/ops/creation.h>

#include <array>
#include <charconv>
#include <fstream>
#include <limits>
#include <string_view>
#include <utility>

using namespace sinter;

namespace {

constexpr std::string_view kMagic("\x93NUMPY\x01\x00", 8);
constexpr std::array<std::pair<std::string_view, DType>, 9> kDTypes = {{
    {"<f4", kFloat32},
    {"<f8", kFloat64},
    {"<f2", kFloat16},
    {"<i8", kInt64},
    {"<i4", kInt32},
    {"<i2", kInt16},
    {"|i1", kInt8},
    {"|u1", kUInt8},
    {"|b1", kBool},
}};

std::string read_all(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  SINTER_CHECK_AS(IOError, file.good(), "[npy] the file must be there to be read; got \"", path,
                  "\"");
  return {std::istreambuf_iterator<char>(file), {}};
}

[[noreturn]] void fail_malformed(const std::string& path, const char* what) {
  fail<IOError>("[npy] a file holds one array in NumPy's format 1.0; got ", what, " in \"", path,
                "\"");
}

// What follows 'key': in the header, blanks skipped.
std::string_view value_of(std::string_view header, std::string_view key, const std::string& path) {
  const std::size_t at = header.find(key);
  if (at == header.npos) fail_malformed(path, "an incomplete header");
  std::string_view rest = header.substr(at + key.size());
  while (!rest.empty() && (rest.front() == ' ' || rest.front() == ':')) rest.remove_prefix(1);
  return rest;
}

DType dtype_in(std::string_view header, const std::string& path) {
  const std::string_view value = value_of(header, "'descr'", path);
  for (const auto& [name, dtype] : kDTypes) {
    if (value.size() >= 5 && value.front() == '\'' && value.substr(1, 3) == name) return dtype;
  }
  fail_malformed(path, "another dtype");
}

// "(3, 4)": the sizes.
Dims sizes_in(std::string_view header, const std::string& path) {
  std::string_view rest = value_of(header, "'shape'", path);
  const std::size_t end = rest.find(')');
  if (rest.empty() || rest.front() != '(' || end == rest.npos) fail_malformed(path, "no shape");
  rest = rest.substr(1, end - 1);
  Dims out;
  while (!rest.empty()) {
    if (rest.front() == ' ' || rest.front() == ',') {
      rest.remove_prefix(1);
      continue;
    }
    std::int64_t size = -1;
    const auto [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), size);
    if (error != std::errc() || size < 0 || out.size() == kMaxDims) {
      fail_malformed(path, "a bad shape");
    }
    rest.remove_prefix(static_cast<std::size_t>(stop - rest.data()));
    out.push_back(size);
  }
  return out;
}

}  // namespace

Tensor read_npy(const std::string& path) {
  const std::string text = read_all(path);
  const std::string_view file = text;
  if (file.size() < kMagic.size() + 2 || !file.starts_with(kMagic)) {
    fail_malformed(path, "another format");
  }
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(file[i]); };
  const std::size_t start = kMagic.size() + 2;
  const std::size_t length = byte(8) + std::size_t{256} * byte(9);
  if (file.size() - start < length) fail_malformed(path, "half a header");
  const std::string_view header = file.substr(start, length);
  const std::string_view data = file.substr(start + length);
  if (!value_of(header, "'fortran_order'", path).starts_with("False")) {
    fail_malformed(path, "columns first");
  }
  const DType dtype = dtype_in(header, path);
  const Dims sizes = sizes_in(header, path);
  const auto count = static_cast<std::uint64_t>(checked_numel("npy", sizes));
  if (data.size() / element_size(dtype) != count || data.size() % element_size(dtype) != 0) {
    fail_malformed(path, "another number of elements than its header says");
  }
  Tensor out = empty(sizes, TensorOptions().dtype(dtype));
  auto* to = static_cast<char*>(out.data_ptr());
  for (const char c : data) *to++ = dtype == kBool ? static_cast<char>(c != 0) : c;
  return out;
}

void write_npy(const std::string& path, const Tensor& tensor) {
  std::string header;
  for (const auto& [name, dtype] : kDTypes) {
    if (dtype == tensor.dtype()) header = "{'descr': '" + std::string(name) + "'";
  }
  SINTER_CHECK_AS(TypeError, !header.empty(), "[npy] there is no form of this dtype; got ",
                  tensor.dtype());
  header += ", 'fortran_order': False, 'shape': (";
  for (const std::int64_t size : tensor.sizes()) header += std::to_string(size) + ", ";
  header += "), }";
  // The data starts at a multiple of 64 bytes, after a line's end.
  header.append(63 - (kMagic.size() + 2 + header.size()) % 64, ' ');
  header += '\n';
  const Tensor whole = tensor.contiguous();
  AtomicFile file(path);
  file.write(kMagic.data(), kMagic.size());
  const std::array<unsigned char, 2> length = {static_cast<unsigned char>(header.size() % 256),
                                               static_cast<unsigned char>(header.size() / 256)};
  file.write(length.data(), length.size());
  file.write(header.data(), header.size());
  const auto bytes = static_cast<std::size_t>(whole.numel()) * element_size(whole.dtype());
  file.write(whole.data_ptr(), bytes);
  file.commit();
}
