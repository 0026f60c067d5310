#include <sinter/core/parallel.h>
#include <sinter/ops/cpu/convert.h>
#include <sinter/ops/cpu/fill_kernels.h>
#include <sinter/ops/cpu/rows.h>
#include <sinter/ops/creation_attrs.h>
#include <sinter/ops/view_internal.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace sinter::ops::cpu {
namespace {

constexpr std::int64_t kGrainBytes = 1 << 18;

template <class T>
void fill_rows(TensorImpl& out, T value) {
  const Rows rows(out.meta.sizes, out.meta.strides, out.meta.strides);
  T* data = reinterpret_cast<T*>(out.data());
  const std::int64_t step = rows.a.back();
  const auto grain = kGrainBytes / static_cast<std::int64_t>(sizeof(T));
  for_each_row(rows, grain, [&](std::int64_t at, std::int64_t /*same*/, std::int64_t n) {
    T* row = data + at;
    if (step == 1) {
      std::fill_n(row, n, value);
    } else {
      for (std::int64_t i = 0; i < n; ++i) row[i * step] = value;
    }
  });
}

// The bytes of value as an element, zero above them.
std::uint64_t element_bits(const Scalar& value, DType dtype) {
  return visit_dtype(dtype, [&]<class T>() {
    const T element = value.to<T>();
    std::uint64_t bits = 0;
    std::memcpy(&bits, &element, sizeof element);
    return bits;
  });
}

// Writes fn(i), converted from N (double or i64), to element i of a contiguous tensor.
template <class N, class F>
void generate(const Tensor& out, const F& fn) {
  constexpr std::int64_t kBlock = 512;
  TensorImpl& impl = *out.impl();
  const DType dtype = impl.meta.dtype;
  const ConvertFn convert = convert_fn(dtype_of<N>, dtype);
  const auto bytes = static_cast<std::int64_t>(element_size(dtype));
  parallel_for(0, impl.meta.numel, 32 * kBlock, [&](std::int64_t begin, std::int64_t end) {
    N block[kBlock];
    for (std::int64_t i = begin; i < end; i += kBlock) {
      const std::int64_t n = std::min(kBlock, end - i);
      for (std::int64_t j = 0; j < n; ++j) block[j] = fn(i + j);
      convert(block, 1, impl.data() + i * bytes, 1, static_cast<std::size_t>(n));
    }
  });
}

// Copies elements [range.first, range.second) of a row, and zeroes the others.
template <class T>
void copy_range(T* to, std::int64_t to_step, const T* from, std::int64_t from_step,
                std::pair<std::int64_t, std::int64_t> range, std::int64_t size) {
  const auto [low, high] = range;
  if (to_step == 1 && from_step == 1) {
    std::fill_n(to, low, T(0));
    if (to != from) std::copy(from + low, from + high, to + low);
    std::fill(to + high, to + size, T(0));
    return;
  }
  for (std::int64_t j = 0; j < size; ++j) {
    to[j * to_step] = j >= low && j < high ? from[j * from_step] : T(0);
  }
}

// Copies the columns [first, last) of each row of the matrices of in, and zeroes the others.
// bounds(row, columns) gives that range.
template <class T, class Bounds>
void copy_triangle(TensorImpl& out, const TensorImpl& in, const Bounds& bounds) {
  const TensorMeta& o = out.meta;
  const std::size_t last = o.dim() - 1;
  const std::int64_t columns = o.sizes[last];
  const std::int64_t rows = o.sizes[last - 1];
  if (o.numel == 0) return;
  const std::int64_t total = o.numel / columns;
  const auto grain = std::max<std::int64_t>(1, 32768 / columns);
  parallel_for(0, total, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      T* to = reinterpret_cast<T*>(out.data());
      const T* from = reinterpret_cast<const T*>(in.data());
      std::int64_t rest = r;
      for (std::size_t d = last; d-- > 0; rest /= o.sizes[d]) {
        to += rest % o.sizes[d] * o.strides[d];
        from += rest % o.sizes[d] * in.meta.strides[d];
      }
      copy_range(to, o.strides[last], from, in.meta.strides[last], bounds(r % rows, columns),
                 columns);
    }
  });
}

template <class Bounds>
void triangle(const KernelContext& c, const Bounds& bounds) {
  TensorImpl& out = *c.out[0].impl();
  const TensorImpl& in = *c.in[0].impl();
  switch (element_size(out.meta.dtype)) {
    case 1:
      return copy_triangle<std::uint8_t>(out, in, bounds);
    case 2:
      return copy_triangle<std::uint16_t>(out, in, bounds);
    case 4:
      return copy_triangle<std::uint32_t>(out, in, bounds);
    default:
      return copy_triangle<std::uint64_t>(out, in, bounds);
  }
}

// row + diagonal + extra, moved into [0, columns]; diagonal may be any number.
std::int64_t bound(std::int64_t row, std::int64_t diagonal, std::int64_t extra,
                   std::int64_t columns) {
  const __int128 position = static_cast<__int128>(row) + diagonal + extra;
  return static_cast<std::int64_t>(std::clamp<__int128>(position, 0, columns));
}

}  // namespace

void zero_bytes(void* data, std::size_t bytes) {
  char* first = static_cast<char*>(data);
  parallel_for(0, static_cast<std::int64_t>(bytes), kGrainBytes,
               [&](std::int64_t begin, std::int64_t end) {
                 std::memset(first + begin, 0, static_cast<std::size_t>(end - begin));
               });
}

void fill_elements(const Tensor& out, const Scalar& value) {
  TensorImpl& impl = *out.impl();
  if (impl.meta.numel == 0) return;
  const std::uint64_t bits = element_bits(value, impl.meta.dtype);
  if (bits == 0 && impl.meta.non_overlapping_and_dense()) {
    return zero_bytes(impl.data(), impl.meta.nbytes());
  }
  switch (element_size(impl.meta.dtype)) {
    case 1:
      return fill_rows(impl, static_cast<std::uint8_t>(bits));
    case 2:
      return fill_rows(impl, static_cast<std::uint16_t>(bits));
    case 4:
      return fill_rows(impl, static_cast<std::uint32_t>(bits));
    default:
      return fill_rows(impl, bits);
  }
}

// Dispatch has allocated the elements, but for strides with gaps, which need more memory.
void empty(const KernelContext& c) {
  TensorImpl& out = *c.out[0].impl();
  if (out.meta.numel == 0 || out.meta.non_overlapping_and_dense()) return;
  const std::int64_t last = last_position(c.def.name, out.meta.sizes, out.meta.strides);
  const auto bytes = checked_mul(c.def.name, checked_add(c.def.name, last, 1),
                                 static_cast<std::int64_t>(element_size(out.meta.dtype)));
  out.storage = StorageImpl::create(static_cast<std::size_t>(bytes), out.meta.device);
}

void full(const KernelContext& c) { fill_elements(c.out[0], c.attrs<FullAttrs>().value); }
void full_like(const KernelContext& c) { fill_elements(c.out[0], c.attrs<FullLikeAttrs>().value); }
void fill(const KernelContext& c) { fill_elements(c.out[0], c.attrs<FillAttrs>().value); }

void arange(const KernelContext& c) {
  const auto& a = c.attrs<ArangeAttrs>();
  if (is_integral(a.dtype)) {
    // In unsigned arithmetic: the last elements of a narrow type may wrap on the way.
    const auto start = static_cast<std::uint64_t>(a.start.to_int());
    const auto step = static_cast<std::uint64_t>(a.step.to_int());
    generate<std::int64_t>(c.out[0], [=](std::int64_t i) {
      return static_cast<std::int64_t>(start + static_cast<std::uint64_t>(i) * step);
    });
  } else {
    const double start = a.start.to_double();
    const double step = a.step.to_double();
    generate<double>(c.out[0],
                     [=](std::int64_t i) { return start + static_cast<double>(i) * step; });
  }
}

void linspace(const KernelContext& c) {
  const auto& a = c.attrs<LinspaceAttrs>();
  const double start = a.start.to_double();
  const double end = a.end.to_double();
  const std::int64_t last = a.steps - 1;
  const double step = last > 0 ? (end - start) / static_cast<double>(last) : 0;
  const auto value = [=](std::int64_t i) {
    if (last == 0 || i < (last + 1) / 2) return start + step * static_cast<double>(i);
    return end - step * static_cast<double>(last - i);
  };
  if (!a.base) return generate<double>(c.out[0], value);
  generate<double>(c.out[0], [&](std::int64_t i) { return std::pow(*a.base, value(i)); });
}

void eye(const KernelContext& c) {
  TensorImpl& out = *c.out[0].impl();
  zero_bytes(out.data(), out.meta.nbytes());
  const auto& a = c.attrs<EyeAttrs>();
  visit_dtype(a.dtype, [&]<class T>() {
    T* data = reinterpret_cast<T*>(out.data());
    for (std::int64_t i = 0; i < std::min(a.n, a.m); ++i) data[i * a.m + i] = T(1);
  });
}

void tril(const KernelContext& c) {
  const std::int64_t diagonal = c.attrs<TriangleAttrs>().diagonal;
  triangle(c, [=](std::int64_t row, std::int64_t columns) {
    return std::pair<std::int64_t, std::int64_t>{0, bound(row, diagonal, 1, columns)};
  });
}

void triu(const KernelContext& c) {
  const std::int64_t diagonal = c.attrs<TriangleAttrs>().diagonal;
  triangle(c, [=](std::int64_t row, std::int64_t columns) {
    return std::pair<std::int64_t, std::int64_t>{bound(row, diagonal, 0, columns), columns};
  });
}

}  // namespace sinter::ops::cpu
