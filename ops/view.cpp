#include <sinter/ops/dispatch.h>
#include <sinter/ops/registry.h>
#include <sinter/ops/view.h>
#include <sinter/ops/view_internal.h>
#include <sinter/ops/wrap_dims.h>

namespace sinter {

Tensor sum_to_size(const Tensor& grad, IntArrayRef sizes);

namespace ops {

Dims wrap_dims(const char* op, IntArrayRef dims, std::size_t rank) {
  Dims out;
  bool seen[kMaxDims] = {};
  for (const std::int64_t dim : dims) {
    const std::size_t d = wrap_dim(op, dim, rank);
    SINTER_CHECK_AS(ValueError, !seen[d], "[", op, "] a dimension appears twice; got ", dims);
    seen[d] = true;
    out.push_back(static_cast<std::int64_t>(d));
  }
  return out;
}

std::optional<Dims> view_strides(IntArrayRef sizes, IntArrayRef strides, IntArrayRef new_sizes) {
  if (sizes == new_sizes) return Dims(strides);
  for (const std::int64_t size : sizes) {
    if (size == 0) return contiguous_strides(new_sizes);
  }
  Dims out(new_sizes.size(), 1);
  std::size_t undone = new_sizes.size();
  std::int64_t run = 1;  // elements of the run of old dimensions that ends at d
  for (std::size_t d = sizes.size(); d-- > 0;) {
    const std::int64_t step = strides[d];
    run = sizes[d];
    while (d > 0 && (sizes[d - 1] == 1 || strides[d - 1] == run * step)) run *= sizes[--d];
    std::int64_t done = 1;
    while (undone > 0 && (done < run || new_sizes[undone - 1] == 1)) {
      --undone;
      out[undone] = done * step;
      done *= new_sizes[undone];
    }
    if (done != run) return std::nullopt;
  }
  return out;
}

std::int64_t last_position(const char* op, IntArrayRef sizes, IntArrayRef strides,
                           std::int64_t offset) {
  std::int64_t last = offset;
  for (std::size_t d = 0; d < sizes.size(); ++d) {
    last = checked_add(op, last, checked_mul(op, sizes[d] - 1, strides[d]));
  }
  return last;
}

void check_strided(const char* op, IntArrayRef sizes, IntArrayRef strides, std::int64_t offset) {
  SINTER_CHECK_AS(ValueError, sizes.size() == strides.size(), "[", op,
                  "] takes as many strides as sizes; got ", sizes, " and ", strides);
  checked_numel(op, sizes);
  for (const std::int64_t stride : strides) {
    SINTER_CHECK_AS(ValueError, stride >= 0, "[", op, "] a stride is negative; got ", strides);
  }
  SINTER_CHECK_AS(ValueError, offset >= 0, "[", op, "] the offset is negative; got ", offset);
}

Dims resolve_sizes(const char* op, IntArrayRef sizes, std::int64_t numel) {
  Dims out(sizes);
  std::int64_t* unknown = nullptr;
  std::int64_t known = 1;    // product of the sizes that are given
  std::int64_t nonzero = 1;  // the same without zeros, which must not overflow either
  for (std::int64_t& size : out) {
    if (size == -1) {
      SINTER_CHECK_AS(ValueError, unknown == nullptr, "[", op, "] only one size can be -1; got ",
                      sizes);
      unknown = &size;
    } else {
      SINTER_CHECK_AS(ValueError, size >= 0, "[", op, "] a size is negative; got ", sizes);
      if (size == 0) {
        known = 0;
      } else if (__builtin_mul_overflow(nonzero, size, &nonzero)) {
        fail<ValueError>("[", op, "] the number of elements exceeds 2^63 - 1; got ", sizes);
      }
    }
  }
  known *= nonzero;
  if (unknown != nullptr) {
    SINTER_CHECK_AS(ValueError, known != 0, "[", op,
                    "] the size -1 could be anything beside a size of 0; got ", sizes);
    *unknown = numel / known;
    known *= *unknown;
  }
  SINTER_CHECK_AS(ValueError, known == numel, "[", op, "] sizes do not hold ", numel,
                  " elements; got ", sizes);
  return out;
}

namespace {

struct SizesAttrs {
  Dims sizes;
  static constexpr auto fields = std::tuple{Field{"sizes", &SizesAttrs::sizes}};
};
struct DimsAttrs {
  Dims dims;
  static constexpr auto fields = std::tuple{Field{"dims", &DimsAttrs::dims}};
};
struct DimAttrs {
  std::int64_t dim = 0;
  static constexpr auto fields = std::tuple{Field{"dim", &DimAttrs::dim}};
};
struct DTypeAttrs {
  DType dtype = kFloat32;
  static constexpr auto fields = std::tuple{Field{"dtype", &DTypeAttrs::dtype}};
};

void infer_view(InferContext& c) {
  const TensorMeta& x = c.meta(0);
  const Dims sizes = resolve_sizes(c.op(), c.attrs<SizesAttrs>().sizes, x.numel);
  if (x.contiguous) {
    c.out[0]->dtype = x.dtype;
    c.out[0]->set_contiguous(sizes);
    c.out[0]->offset = x.offset;
    return;
  }
  const auto strides = view_strides(x.sizes, x.strides, sizes);
  if (!strides) {
    fail<ValueError>("[view] the elements do not lie so that they could be viewed as ",
                     IntArrayRef(sizes), "; got sizes ", IntArrayRef(x.sizes), " with strides ",
                     IntArrayRef(x.strides), "; use reshape()");
  }
  c.set_view(sizes, *strides, x.offset);
}

void vjp_view(const VjpContext& c) {
  if (c.needs(0)) c.set(0, reshape(c.grad(), c.sizes(0)));
}

void infer_permute(InferContext& c) {
  const TensorMeta& x = c.meta(0);
  const Dims dims = wrap_dims(c.op(), c.attrs<DimsAttrs>().dims, x.dim());
  SINTER_CHECK_AS(ValueError, dims.size() == x.dim(), "[permute] takes every dimension of ",
                  IntArrayRef(x.sizes), " once; got ", IntArrayRef(dims));
  Dims sizes;
  Dims strides;
  for (const std::int64_t d : dims) {
    sizes.push_back(x.sizes[static_cast<std::size_t>(d)]);
    strides.push_back(x.strides[static_cast<std::size_t>(d)]);
  }
  c.set_view(sizes, strides, x.offset);
}

void vjp_permute(const VjpContext& c) {
  if (!c.needs(0)) return;
  const Dims& dims = c.attrs<DimsAttrs>().dims;
  Dims inverse(dims.size(), 0);
  for (std::size_t i = 0; i < dims.size(); ++i) {
    inverse[static_cast<std::size_t>(dims[i])] = static_cast<std::int64_t>(i);
  }
  c.set(0, permute(c.grad(), inverse));
}

void infer_expand(InferContext& c) {
  const TensorMeta& x = c.meta(0);
  Dims sizes = c.attrs<SizesAttrs>().sizes;
  SINTER_CHECK_AS(ValueError, sizes.size() >= x.dim(), "[expand] needs at least ", x.dim(),
                  " sizes for a tensor of sizes ", IntArrayRef(x.sizes), "; got ",
                  IntArrayRef(sizes));
  Dims strides(sizes.size(), 0);
  const std::size_t added = sizes.size() - x.dim();
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const std::int64_t old_size = i < added ? 1 : x.sizes[i - added];
    if (sizes[i] == -1 && i >= added) sizes[i] = old_size;
    SINTER_CHECK_AS(ValueError, sizes[i] >= 0, "[expand] a size is negative; got ",
                    IntArrayRef(sizes));
    SINTER_CHECK_AS(ValueError, sizes[i] == old_size || old_size == 1,
                    "[expand] a size that is not 1 cannot change; got ", IntArrayRef(sizes),
                    " for a tensor of sizes ", IntArrayRef(x.sizes));
    if (sizes[i] != old_size) continue;
    if (i >= added) strides[i] = x.strides[i - added];
  }
  c.set_view(sizes, strides, x.offset);
}

void vjp_expand(const VjpContext& c) {
  if (c.needs(0)) c.set(0, sum_to_size(c.grad(), c.sizes(0)));
}

void infer_squeeze(InferContext& c) {
  const TensorMeta& x = c.meta(0);
  const Dims dims = wrap_dims(c.op(), c.attrs<DimsAttrs>().dims, x.dim());
  bool drop[kMaxDims] = {};
  for (const std::int64_t d : dims) drop[d] = true;
  Dims sizes;
  Dims strides;
  for (std::size_t d = 0; d < x.dim(); ++d) {
    if (drop[d] && x.sizes[d] == 1) continue;
    sizes.push_back(x.sizes[d]);
    strides.push_back(x.strides[d]);
  }
  c.set_view(sizes, strides, x.offset);
}

void infer_unsqueeze(InferContext& c) {
  const TensorMeta& x = c.meta(0);
  const std::size_t d = wrap_dim(c.op(), c.attrs<DimAttrs>().dim, x.dim() + 1);
  Dims sizes(x.sizes);
  Dims strides(x.strides);
  // An element is as far from its (absent) neighbour as if the dimension were part of the next.
  const std::int64_t stride = d == x.dim() ? 1 : checked_mul(c.op(), x.sizes[d], x.strides[d]);
  sizes.insert(d, 1);
  strides.insert(d, stride);
  c.set_view(sizes, strides, x.offset);
}

// Sizes in elements of the new type, of which `wide` hold one old element, or one holds `wide` old.
void infer_view_dtype(InferContext& c) {
  const TensorMeta& x = c.meta(0);
  const DType dtype = c.attrs<DTypeAttrs>().dtype;
  const auto from = static_cast<std::int64_t>(element_size(x.dtype));
  const auto to = static_cast<std::int64_t>(element_size(dtype));
  Dims sizes(x.sizes);
  Dims strides(x.strides);
  std::int64_t offset = x.offset;
  if (from != to) {
    SINTER_CHECK_AS(ValueError, x.dim() > 0 && x.strides[x.dim() - 1] == 1,
                    "[view] elements of another size need a last dimension of stride 1; got "
                    "strides ",
                    IntArrayRef(x.strides));
    bool fits = (sizes.back() * from) % to == 0 && (offset * from) % to == 0;
    for (std::size_t d = 0; d + 1 < x.dim(); ++d) {
      fits = fits && (strides[d] * from) % to == 0;
      strides[d] = strides[d] * from / to;
    }
    SINTER_CHECK_AS(ValueError, fits, "[view] elements of ", x.dtype, " do not make up whole ",
                    dtype, "; got sizes ", IntArrayRef(x.sizes), ", strides ",
                    IntArrayRef(x.strides), ", offset ", x.offset);
    sizes.back() = sizes.back() * from / to;
    offset = offset * from / to;
  }
  c.set_view(sizes, strides, offset);
  c.out[0]->dtype = dtype;
}

}  // namespace

constexpr const char* kNoKernel = "a view: metadata alone";

constexpr OpDef kView{.name = "view",
                      .attrs = &attrs_type<SizesAttrs>,
                      .infer = infer_view,
                      .view = true,
                      .vjp = vjp_view,
                      .onnx = {"Reshape", 5},
                      .no_cuda = kNoKernel};
constexpr OpDef kPermute{.name = "permute",
                         .attrs = &attrs_type<DimsAttrs>,
                         .infer = infer_permute,
                         .view = true,
                         .vjp = vjp_permute,
                         .onnx = {"Transpose", 1},
                         .no_cuda = kNoKernel};
constexpr OpDef kExpand{.name = "expand",
                        .attrs = &attrs_type<SizesAttrs>,
                        .infer = infer_expand,
                        .view = true,
                        .vjp = vjp_expand,
                        .onnx = {"Expand", 8},
                        .no_cuda = kNoKernel};
constexpr OpDef kSqueeze{.name = "squeeze",
                         .attrs = &attrs_type<DimsAttrs>,
                         .infer = infer_squeeze,
                         .view = true,
                         .vjp = vjp_view,
                         .onnx = {"Squeeze", 1},
                         .no_cuda = kNoKernel};
constexpr OpDef kUnsqueeze{.name = "unsqueeze",
                           .attrs = &attrs_type<DimAttrs>,
                           .infer = infer_unsqueeze,
                           .view = true,
                           .vjp = vjp_view,
                           .onnx = {"Unsqueeze", 1},
                           .no_cuda = kNoKernel};
constexpr OpDef kViewDtype{.name = "view_dtype",
                           .attrs = &attrs_type<DTypeAttrs>,
                           .infer = infer_view_dtype,
                           .view = true,
                           .no_vjp = "it reinterprets bits",
                           .no_onnx = "ONNX has no bit casts",
                           .no_cuda = kNoKernel};

OpTable view_ops() {
  static constexpr const OpDef* kOps[] = {&kView,      &kPermute,   &kExpand,         &kSqueeze,
                                          &kUnsqueeze, &kViewDtype, &kSlice,          &kSelect,
                                          &kDiagonal,  &kUnfold,    &kStridedScatter, &kAsStrided};
  return kOps;
}

}  // namespace ops

using namespace ops;

Tensor view(const Tensor& x, IntArrayRef sizes) { return call(kView, SizesAttrs{sizes}, x); }

Tensor view(const Tensor& x, DType dtype) { return call(kViewDtype, DTypeAttrs{dtype}, x); }

Tensor reshape(const Tensor& x, IntArrayRef sizes) {
  const SizesAttrs attrs{resolve_sizes("reshape", sizes, x.numel())};
  if (view_strides(x.sizes(), x.strides(), attrs.sizes)) return call(kView, attrs, x);
  return call(kView, attrs, x.clone(MemoryFormat::contiguous));
}

Tensor permute(const Tensor& x, IntArrayRef dims) {
  return call(kPermute, DimsAttrs{wrap_dims("permute", dims, x.sizes().size())}, x);
}

Tensor expand(const Tensor& x, IntArrayRef sizes) { return call(kExpand, SizesAttrs{sizes}, x); }

Tensor squeeze(const Tensor& x, IntArrayRef dims) {
  return call(kSqueeze, DimsAttrs{wrap_dims("squeeze", dims, x.sizes().size())}, x);
}

Tensor squeeze(const Tensor& x, std::int64_t dim) { return squeeze(x, IntArrayRef(dim)); }

Tensor squeeze(const Tensor& x) {
  DimsAttrs attrs;
  for (std::size_t d = 0; d < x.sizes().size(); ++d) {
    if (x.sizes()[d] == 1) attrs.dims.push_back(static_cast<std::int64_t>(d));
  }
  return call(kSqueeze, attrs, x);
}

Tensor unsqueeze(const Tensor& x, std::int64_t dim) {
  const std::size_t d = wrap_dim("unsqueeze", dim, x.sizes().size() + 1);
  return call(kUnsqueeze, DimAttrs{static_cast<std::int64_t>(d)}, x);
}

}  // namespace sinter
