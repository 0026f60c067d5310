#include <sinter/core/backend.h>
#include <sinter/core/strided_copy.h>
#include <sinter/ops/cpu/convert.h>
#include <sinter/ops/cpu/copy_kernels.h>
#include <sinter/ops/cpu/rows.h>

namespace sinter::ops::cpu {
namespace {

constexpr std::int64_t kGrain = 16384;

// Strides of source seen with the sizes of target: 0 where it is repeated.
Dims broadcast_strides(const TensorMeta& source, const TensorMeta& target) {
  Dims strides(target.dim(), 0);
  const std::size_t added = target.dim() - source.dim();
  for (std::size_t d = 0; d < source.dim(); ++d) {
    if (source.sizes[d] == target.sizes[added + d]) strides[added + d] = source.strides[d];
  }
  return strides;
}

void convert_elements(TensorImpl& target, const TensorImpl& source, IntArrayRef from_strides) {
  const ConvertFn convert = convert_fn(source.meta.dtype, target.meta.dtype);
  const auto from_bytes = static_cast<std::int64_t>(element_size(source.meta.dtype));
  const auto to_bytes = static_cast<std::int64_t>(element_size(target.meta.dtype));
  const Rows rows(target.meta.sizes, target.meta.strides, from_strides);
  const std::int64_t from_step = rows.b.back();
  const std::int64_t to_step = rows.a.back();
  char* to = target.data();
  const char* from = source.data();
  for_each_row(rows, kGrain, [&](std::int64_t t, std::int64_t f, std::int64_t n) {
    convert(from + f * from_bytes, from_step, to + t * to_bytes, to_step,
            static_cast<std::size_t>(n));
  });
}

}  // namespace

void copy_elements(TensorImpl& target, const TensorImpl& source) {
  if (target.meta.numel == 0) return;
  const Dims from_strides = broadcast_strides(source.meta, target.meta);
  if (source.meta.dtype != target.meta.dtype) {
    return convert_elements(target, source, from_strides);
  }
  // A tensor copied onto itself stays as it is.
  if (target.data() == source.data() && from_strides == target.meta.strides) return;
  copy_strided(target.data(), target.meta.strides, source.data(), from_strides, target.meta.sizes,
               element_size(target.meta.dtype));
}

void clone(const KernelContext& c) { copy_elements(*c.out[0].impl(), *c.in[0].impl()); }
void cast(const KernelContext& c) { copy_elements(*c.out[0].impl(), *c.in[0].impl()); }
void copy(const KernelContext& c) { copy_elements(*c.out[0].impl(), *c.in[1].impl()); }

void to_device(const KernelContext& c) {
  const TensorImpl& source = *c.in[0].impl();
  TensorImpl& target = *c.out[0].impl();
  const std::size_t bytes = source.meta.nbytes();
  if (bytes == 0) return;
  const Device from = source.meta.device;
  const Device to = target.meta.device;
  if (from.is_cpu() && to.is_cpu()) return copy_elements(target, source);
  backend(to.is_cpu() ? from : to).copy(target.data(), to, source.data(), from, bytes);
}

}  // namespace sinter::ops::cpu
