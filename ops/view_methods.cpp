// Views made of other views, and the methods of Tensor.
#include <sinter/ops/view.h>
#include <sinter/ops/view_internal.h>
#include <sinter/ops/wrap_dims.h>

#include <algorithm>
#include <numeric>

namespace sinter {

namespace {

Dims all_dims(const Tensor& x) {
  Dims dims(x.sizes().size(), 0);
  std::iota(dims.begin(), dims.end(), 0);
  return dims;
}

// More pieces than this are taken for a mistake rather than run out of memory for.
constexpr std::int64_t kMaxPieces = std::int64_t{1} << 24;

void check_pieces(const char* op, std::int64_t pieces) {
  SINTER_CHECK_AS(ValueError, pieces <= kMaxPieces, "[", op, "] makes at most ", kMaxPieces,
                  " pieces; got ", pieces);
}

}  // namespace

Tensor flatten(const Tensor& x, std::int64_t start_dim, std::int64_t end_dim) {
  const std::size_t start = wrap_dim("flatten", start_dim, x.sizes().size());
  const std::size_t end = wrap_dim("flatten", end_dim, x.sizes().size());
  SINTER_CHECK_AS(ValueError, start <= end, "[flatten] start_dim must not come after end_dim; got ",
                  start_dim, " and ", end_dim);
  if (x.dim() == 0) return reshape(x, {1});
  Dims sizes(x.sizes().slice(0, start));
  sizes.push_back(checked_numel("flatten", x.sizes().slice(start, end - start + 1)));
  for (std::size_t d = end + 1; d < x.sizes().size(); ++d) sizes.push_back(x.sizes()[d]);
  // The product over a dimension of size 0 is 0, whatever the others are.
  return reshape(x, sizes);
}

Tensor unflatten(const Tensor& x, std::int64_t dim, IntArrayRef sizes) {
  SINTER_CHECK_AS(ValueError, !sizes.empty(), "[unflatten] takes at least one size; got none");
  SINTER_CHECK_AS(IndexError, x.dim() > 0, "[unflatten] a 0-d tensor has no dimension to split");
  const std::size_t d = wrap_dim("unflatten", dim, x.sizes().size());
  Dims all(x.sizes().slice(0, d));
  for (const std::int64_t size : ops::resolve_sizes("unflatten", sizes, x.sizes()[d])) {
    all.push_back(size);
  }
  for (std::size_t i = d + 1; i < x.sizes().size(); ++i) all.push_back(x.sizes()[i]);
  return view(x, all);
}

Tensor transpose(const Tensor& x, std::int64_t dim0, std::int64_t dim1) {
  const std::size_t d0 = wrap_dim("transpose", dim0, x.sizes().size());
  const std::size_t d1 = wrap_dim("transpose", dim1, x.sizes().size());
  Dims dims = all_dims(x);
  if (!dims.empty()) std::swap(dims[d0], dims[d1]);
  return permute(x, dims);
}

Tensor t(const Tensor& x) {
  SINTER_CHECK_AS(ValueError, x.dim() <= 2, "[t] takes at most 2 dimensions; got ", x.sizes());
  return x.dim() == 2 ? transpose(x, 0, 1) : permute(x, all_dims(x));
}

Tensor movedim(const Tensor& x, IntArrayRef source, IntArrayRef destination) {
  SINTER_CHECK_AS(ValueError, source.size() == destination.size(),
                  "[movedim] takes as many sources as destinations; got ", source, " and ",
                  destination);
  const std::size_t rank = x.sizes().size();
  const Dims from = ops::wrap_dims("movedim", source, rank);
  const Dims to = ops::wrap_dims("movedim", destination, rank);
  Dims order(rank, -1);
  bool moved[kMaxDims] = {};
  if (rank == 0) return permute(x, order);
  for (std::size_t i = 0; i < from.size(); ++i) {
    order[static_cast<std::size_t>(to[i])] = from[i];
    moved[from[i]] = true;
  }
  std::size_t next = 0;
  for (std::int64_t& dim : order) {
    if (dim >= 0) continue;
    while (moved[next]) ++next;
    dim = static_cast<std::int64_t>(next++);
  }
  return permute(x, order);
}

Tensor movedim(const Tensor& x, std::int64_t source, std::int64_t destination) {
  return movedim(x, IntArrayRef(source), IntArrayRef(destination));
}

std::vector<Tensor> broadcast_tensors(const std::vector<Tensor>& tensors) {
  Dims sizes;
  for (const Tensor& x : tensors) sizes = broadcast_shapes("broadcast_tensors", sizes, x.sizes());
  std::vector<Tensor> out;
  out.reserve(tensors.size());
  for (const Tensor& x : tensors) out.push_back(expand(x, sizes));
  return out;
}

std::vector<Tensor> split_with_sizes(const Tensor& x, IntArrayRef split_sizes, std::int64_t dim) {
  SINTER_CHECK_AS(ValueError, x.dim() > 0, "[split] a 0-d tensor has nothing to split");
  const std::size_t d = wrap_dim("split", dim, x.sizes().size());
  std::int64_t total = 0;
  for (const std::int64_t size : split_sizes) {
    SINTER_CHECK_AS(ValueError, size >= 0, "[split] a size is negative; got ", split_sizes);
    total = checked_add("split", total, size);
  }
  SINTER_CHECK_AS(ValueError, total == x.sizes()[d], "[split] the sizes must add up to ",
                  x.sizes()[d], "; got ", split_sizes);
  std::vector<Tensor> out;
  out.reserve(split_sizes.size());
  std::int64_t start = 0;
  for (const std::int64_t size : split_sizes) {
    out.push_back(narrow(x, dim, start, size));
    start += size;
  }
  return out;
}

std::vector<Tensor> split(const Tensor& x, IntArrayRef split_sizes, std::int64_t dim) {
  return split_with_sizes(x, split_sizes, dim);
}

std::vector<Tensor> split(const Tensor& x, std::int64_t split_size, std::int64_t dim) {
  SINTER_CHECK_AS(ValueError, x.dim() > 0, "[split] a 0-d tensor has nothing to split");
  const std::int64_t size = x.sizes()[wrap_dim("split", dim, x.sizes().size())];
  SINTER_CHECK_AS(ValueError, split_size > 0 || (split_size == 0 && size == 0),
                  "[split] split_size must be positive; got ", split_size);
  if (split_size > 0) check_pieces("split", size / split_size);
  std::vector<Tensor> out;
  std::int64_t start = 0;
  do {
    const std::int64_t length = std::min(split_size, size - start);
    out.push_back(narrow(x, dim, start, length));
    start += length;
  } while (start < size);
  return out;
}

std::vector<Tensor> chunk(const Tensor& x, std::int64_t chunks, std::int64_t dim) {
  SINTER_CHECK_AS(ValueError, x.dim() > 0, "[chunk] a 0-d tensor has nothing to split");
  SINTER_CHECK_AS(ValueError, chunks > 0, "[chunk] chunks must be positive; got ", chunks);
  const std::int64_t size = x.sizes()[wrap_dim("chunk", dim, x.sizes().size())];
  if (size == 0) {
    check_pieces("chunk", chunks);
    const std::vector<std::int64_t> sizes(static_cast<std::size_t>(chunks), 0);
    return split_with_sizes(x, sizes, dim);
  }
  return split(x, size / chunks + (size % chunks != 0 ? 1 : 0), dim);
}

std::vector<Tensor> unbind(const Tensor& x, std::int64_t dim) {
  SINTER_CHECK_AS(IndexError, x.dim() > 0, "[unbind] a 0-d tensor has nothing to unbind");
  const std::int64_t size = x.sizes()[wrap_dim("unbind", dim, x.sizes().size())];
  check_pieces("unbind", size);
  std::vector<Tensor> out;
  out.reserve(static_cast<std::size_t>(size));
  for (std::int64_t i = 0; i < size; ++i) out.push_back(select(x, dim, i));
  return out;
}

Tensor Tensor::view(IntArrayRef sizes) const { return sinter::view(*this, sizes); }
Tensor Tensor::view(DType dtype) const { return sinter::view(*this, dtype); }
Tensor Tensor::reshape(IntArrayRef sizes) const { return sinter::reshape(*this, sizes); }
Tensor Tensor::permute(IntArrayRef dims) const { return sinter::permute(*this, dims); }
Tensor Tensor::transpose(std::int64_t dim0, std::int64_t dim1) const {
  return sinter::transpose(*this, dim0, dim1);
}
Tensor Tensor::t() const { return sinter::t(*this); }
Tensor Tensor::movedim(IntArrayRef source, IntArrayRef destination) const {
  return sinter::movedim(*this, source, destination);
}
Tensor Tensor::movedim(std::int64_t source, std::int64_t destination) const {
  return sinter::movedim(*this, source, destination);
}
Tensor Tensor::squeeze() const { return sinter::squeeze(*this); }
Tensor Tensor::squeeze(std::int64_t dim) const { return sinter::squeeze(*this, dim); }
Tensor Tensor::unsqueeze(std::int64_t dim) const { return sinter::unsqueeze(*this, dim); }
Tensor Tensor::expand(IntArrayRef sizes, bool /*implicit*/) const {
  return sinter::expand(*this, sizes);
}
Tensor Tensor::flatten(std::int64_t start_dim, std::int64_t end_dim) const {
  return sinter::flatten(*this, start_dim, end_dim);
}
Tensor Tensor::unflatten(std::int64_t dim, IntArrayRef sizes) const {
  return sinter::unflatten(*this, dim, sizes);
}
Tensor Tensor::narrow(std::int64_t dim, std::int64_t start, std::int64_t length) const {
  return sinter::narrow(*this, dim, start, length);
}
Tensor Tensor::select(std::int64_t dim, std::int64_t index) const {
  return sinter::select(*this, dim, index);
}
Tensor Tensor::slice(std::int64_t dim, std::optional<std::int64_t> start,
                     std::optional<std::int64_t> end, std::int64_t step) const {
  return sinter::slice(*this, dim, start, end, step);
}
std::vector<Tensor> Tensor::split(std::int64_t split_size, std::int64_t dim) const {
  return sinter::split(*this, split_size, dim);
}
std::vector<Tensor> Tensor::split(IntArrayRef split_sizes, std::int64_t dim) const {
  return sinter::split(*this, split_sizes, dim);
}
std::vector<Tensor> Tensor::split_with_sizes(IntArrayRef split_sizes, std::int64_t dim) const {
  return sinter::split_with_sizes(*this, split_sizes, dim);
}
std::vector<Tensor> Tensor::chunk(std::int64_t chunks, std::int64_t dim) const {
  return sinter::chunk(*this, chunks, dim);
}
std::vector<Tensor> Tensor::unbind(std::int64_t dim) const { return sinter::unbind(*this, dim); }
Tensor Tensor::diagonal(std::int64_t offset, std::int64_t dim1, std::int64_t dim2) const {
  return sinter::diagonal(*this, offset, dim1, dim2);
}
Tensor Tensor::as_strided(IntArrayRef sizes, IntArrayRef strides,
                          std::optional<std::int64_t> storage_offset) const {
  return sinter::as_strided(*this, sizes, strides, storage_offset);
}
Tensor Tensor::unfold(std::int64_t dim, std::int64_t size, std::int64_t step) const {
  return sinter::unfold(*this, dim, size, step);
}

}  // namespace sinter
