#include <sinter/ops/memory_format.h>

namespace sinter::ops {

void set_with_format(const InferContext& c, IntArrayRef sizes, DType dtype, MemoryFormat format) {
  c.set(0, sizes, dtype);
  if (format != MemoryFormat::channels_last) return;
  SINTER_CHECK_AS(ValueError, sizes.size() == 4, "[", c.op(),
                  "] channels_last needs 4 dimensions; got ", sizes);
  c.out[0]->set_channels_last(sizes);
}

void set_with_format(const InferContext& c, DType dtype, MemoryFormat format) {
  const TensorMeta& x = c.meta(0);
  if (format == MemoryFormat::preserve) return c.set_like(0, x.sizes, dtype, x);
  set_with_format(c, x.sizes, dtype, format);
}

}  // namespace sinter::ops
