#include <sinter/core/file.h>
#include <sinter/core/host_elements_internal.h>
#include <sinter/core/mapped_file_internal.h>
#include <sinter/core/safetensors.h>
#include <sinter/core/safetensors_header_internal.h>
#include <sinter/core/strided_copy.h>
#include <sinter/core/tensor_factory.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <set>

namespace sinter::safetensors {

// The format is little-endian, and elements are used where they lie.
static_assert(std::endian::native == std::endian::little);

namespace {

using detail::Entry;
using detail::Header;

// The header, and where the tensors' bytes start.
struct Parsed {
  Header header;
  const char* data;
};

Parsed parse_bytes(const char* bytes, std::size_t size) {
  SINTER_CHECK_AS(IOError, size >= 8, "[safetensors] a file has at least 8 bytes; got ", size);
  std::uint64_t length = 0;
  std::memcpy(&length, bytes, 8);
  SINTER_CHECK_AS(IOError, length <= detail::kMaxHeaderBytes,
                  "[safetensors] the header must have at most ", detail::kMaxHeaderBytes,
                  " bytes; got ", length);
  SINTER_CHECK_AS(IOError, length <= size - 8,
                  "[safetensors] the file is shorter than its header; got ", size - 8, " of ",
                  length, " bytes");
  const std::string_view text(bytes + 8, length);
  return {detail::parse_header(text, size - 8 - length), bytes + 8 + length};
}

// Any other byte would not be a bool in C++.
void check_bools(const Entry& entry, const char* data) {
  if (entry.dtype != kBool) return;
  for (const char* byte = data + entry.begin; byte < data + entry.end; ++byte) {
    SINTER_CHECK_AS(
        IOError, *byte == 0 || *byte == 1, "[safetensors] a boolean must be 0 or 1; got ",
        static_cast<int>(static_cast<unsigned char>(*byte)), " in tensor \"", entry.name, "\"");
  }
}

Tensor copy_of(const Entry& entry, const char* data) {
  Tensor out = empty_tensor("safetensors", entry.shape, entry.dtype);
  if (out.numel() != 0) std::memcpy(out.data_ptr(), data + entry.begin, out.nbytes());
  return out;
}

bool is_aligned(const Entry& entry, const char* data) {
  return reinterpret_cast<std::uintptr_t>(data + entry.begin) % element_size(entry.dtype) == 0;
}

Tensor view_of(const Entry& entry, char* data, std::shared_ptr<sinter::detail::MappedFile> file) {
  if (entry.begin == entry.end || !is_aligned(entry, data)) return copy_of(entry, data);
  TensorMeta meta;
  meta.dtype = entry.dtype;
  meta.set_contiguous(entry.shape);
  // The deleter's only work is to keep the file mapped.
  return make_view(
      StorageImpl::wrap(data + entry.begin, meta.nbytes(), {}, [file = std::move(file)](void*) {}),
      meta);
}

File view_file(const std::shared_ptr<sinter::detail::MappedFile>& file) {
  Parsed parsed = parse_bytes(file->data(), file->size());
  char* data = file->data() + (parsed.data - file->data());
  File out;
  out.tensors.reserve(parsed.header.entries.size());
  for (const Entry& entry : parsed.header.entries) {
    check_bools(entry, data);
    out.tensors.emplace_back(entry.name, view_of(entry, data, file));
  }
  out.metadata.assign(parsed.header.metadata.begin(), parsed.header.metadata.end());
  return out;
}

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

void check_names(const NamedTensors& tensors) {
  std::set<std::string_view> seen;
  for (const auto& [name, tensor] : tensors) {
    SINTER_CHECK_AS(ValueError, !name.empty() && name != detail::kMetadataKey,
                    "[safetensors] a tensor's name must be neither empty nor __metadata__; got \"",
                    name, "\"");
    SINTER_CHECK_AS(ValueError, seen.insert(name).second, "[safetensors] names must differ; got \"",
                    name, "\" twice");
    SINTER_CHECK_AS(
        ValueError, tensor.defined(),
        "[safetensors] only defined tensors can be saved; got an undefined one named \"", name,
        "\"");
    SINTER_CHECK_AS(
        ValueError, tensor.has_storage(),
        "[safetensors] only tensors with elements can be saved; got a fake one named \"", name,
        "\"");
  }
}

// The order of the tensors' bytes: wide elements first, so that all are aligned.
std::vector<std::size_t> data_order(const NamedTensors& tensors) {
  std::vector<std::size_t> order(tensors.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return tensors[a].second.element_size() > tensors[b].second.element_size();
  });
  return order;
}

Header make_header(const NamedTensors& tensors, const std::vector<std::size_t>& order) {
  Header header;
  for (const auto& [name, tensor] : tensors) {
    header.entries.push_back({name, tensor.dtype(), Dims(tensor.sizes()), 0, 0});
  }
  std::int64_t end = 0;
  for (const std::size_t i : order) {
    header.entries[i].begin = end;
    end = checked_add("safetensors", end, static_cast<std::int64_t>(tensors[i].second.nbytes()));
    header.entries[i].end = end;
  }
  return header;
}

void write_elements(AtomicFile& file, const Tensor& tensor) {
  if (tensor.numel() == 0) return;
  const TensorMeta& meta = tensor.impl()->meta;
  const sinter::detail::HostElements elements(tensor);
  if (meta.contiguous) return file.write(elements.data(), meta.nbytes());
  const Tensor copy = empty_tensor("safetensors", meta.sizes, meta.dtype);
  copy_strided(copy.data_ptr(), copy.strides(), elements.data(), meta.strides, meta.sizes,
               element_size(meta.dtype));
  file.write(copy.data_ptr(), meta.nbytes());
}

}  // namespace

Tensor File::find(const std::string& name) const {
  for (const auto& [key, tensor] : tensors) {
    if (key == name) return tensor;
  }
  return {};
}

File load(const std::string& path) {
  const auto file = std::make_shared<sinter::detail::MappedFile>("safetensors", path);
  try {
    return view_file(file);
  } catch (const IOError& error) {
    fail<IOError>(error.what(), " in file \"", path, "\"");
  }
}

File parse(const void* data, std::size_t size) {
  const Parsed parsed = parse_bytes(static_cast<const char*>(data), size);
  File out;
  out.tensors.reserve(parsed.header.entries.size());
  for (const Entry& entry : parsed.header.entries) {
    check_bools(entry, parsed.data);
    out.tensors.emplace_back(entry.name, copy_of(entry, parsed.data));
  }
  out.metadata.assign(parsed.header.metadata.begin(), parsed.header.metadata.end());
  return out;
}

void save(const std::string& path, const NamedTensors& tensors, const Metadata& metadata) {
  check_names(tensors);
  const std::vector<std::size_t> order = data_order(tensors);
  Header header = make_header(tensors, order);
  for (const auto& [key, value] : metadata) {
    SINTER_CHECK_AS(ValueError, header.metadata.emplace(key, value).second,
                    "[safetensors] metadata keys must differ; got \"", key, "\" twice");
  }
  const std::string text = detail::header_text(header);
  const std::uint64_t length = text.size();
  AtomicFile file(path);
  file.write(&length, sizeof length);
  file.write(text.data(), text.size());
  for (const std::size_t i : order) write_elements(file, tensors[i].second);
  file.commit();
}

}  // namespace sinter::safetensors
