#include <sinter/ops/cpu/shape_kernels.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/shape.h>
#include <sinter/ops/shape_attrs.h>
#include <sinter/ops/view.h>

#include <algorithm>

namespace sinter {
namespace ops {

extern const OpDef kPad;

namespace {

void infer_pad(InferContext& c) {
  const TensorMeta& x = c.meta(0);
  const auto& a = c.attrs<PadAttrs>();
  SINTER_CHECK_AS(ValueError, a.before.size() == x.dim() && a.after.size() == x.dim(),
                  "[pad] takes pads for each dimension; got ", IntArrayRef(a.before), " and ",
                  IntArrayRef(a.after), " for sizes ", IntArrayRef(x.sizes));
  Dims sizes(x.sizes);
  for (std::size_t d = 0; d < sizes.size(); ++d) {
    const bool has = a.before[d] >= -sizes[d] && a.after[d] >= -sizes[d];
    if (has) sizes[d] = checked_add("pad", checked_add("pad", sizes[d], a.before[d]), a.after[d]);
    SINTER_CHECK_AS(ValueError, has && sizes[d] >= 0,
                    "[pad] pads must not take away more than there is; got ", a.before[d], " and ",
                    a.after[d], " for a dimension of size ", x.sizes[d]);
  }
  c.set(0, sizes, x.dtype);
  if (!x.channels_last || x.contiguous) return;
  if (x.free_layout) return c.set_free_channels_last(0, sizes, x.dtype);
  c.out[0]->set_channels_last(sizes);
}

void vjp_pad(const VjpContext& c) {
  if (!c.needs(0)) return;
  PadAttrs back = c.attrs<PadAttrs>();
  back.value = 0;
  for (std::int64_t& pad : back.before) pad = -pad;
  for (std::int64_t& pad : back.after) pad = -pad;
  c.set(0, call(kPad, back, c.grad()));
}

// Dimension dim of x with elements from within x at its ends, by mode.
Tensor extend(const Tensor& x, std::int64_t dim, std::int64_t before, std::int64_t after,
              std::string_view mode) {
  const std::int64_t size = x.size(dim);
  std::vector<Tensor> parts;
  if (mode == "reflect") {
    SINTER_CHECK_AS(ValueError, before < size && after < size,
                    "[pad] reflect needs pads below the size; got ", before, " and ", after,
                    " for a dimension of size ", size);
    parts = {flip(narrow(x, dim, 1, before), {dim}), x,
             flip(narrow(x, dim, size - 1 - after, after), {dim})};
  } else if (mode == "replicate") {
    SINTER_CHECK_AS(ValueError, size > 0, "[pad] replicate needs an element to repeat; got sizes ",
                    x.sizes());
    Dims sizes(x.sizes());
    sizes[static_cast<std::size_t>(dim)] = before;
    Dims end(x.sizes());
    end[static_cast<std::size_t>(dim)] = after;
    parts = {expand(narrow(x, dim, 0, 1), sizes), x, expand(narrow(x, dim, size - 1, 1), end)};
  } else {
    SINTER_CHECK_AS(ValueError, before <= size && after <= size,
                    "[pad] circular needs pads of at most the size; got ", before, " and ", after,
                    " for a dimension of size ", size);
    parts = {narrow(x, dim, size - before, before), x, narrow(x, dim, 0, after)};
  }
  return cat(parts, dim);
}

}  // namespace

constexpr OpDef kPad{.name = "pad",
                     .attrs = &attrs_type<PadAttrs>,
                     .infer = infer_pad,
                     .kernel = {cpu::pad},
                     .any_layout = true,
                     .vjp = vjp_pad,
                     .onnx = {"Pad", 11},
                     .no_cuda = "CUDA kernels come later"};

}  // namespace ops

Tensor pad(const Tensor& x, IntArrayRef pads, std::string_view mode, double value) {
  const std::size_t rank = x.sizes().size();
  SINTER_CHECK_AS(ValueError, pads.size() % 2 == 0 && pads.size() <= 2 * rank,
                  "[pad] takes two pads per dimension, of at most ", rank, " dimensions; got ",
                  pads);
  ops::PadAttrs attrs{Dims(rank, 0), Dims(rank, 0), value};
  for (std::size_t i = 0; 2 * i < pads.size(); ++i) {
    attrs.before[rank - 1 - i] = pads[2 * i];
    attrs.after[rank - 1 - i] = pads[2 * i + 1];
  }
  if (mode == "constant") return ops::call(ops::kPad, attrs, x);
  SINTER_CHECK_AS(ValueError, mode == "reflect" || mode == "replicate" || mode == "circular",
                  "[pad] mode must be constant, reflect, replicate or circular; got ", mode);
  Tensor out = x;
  for (std::size_t d = 0; d < rank; ++d) {
    std::int64_t& before = attrs.before[d];
    std::int64_t& after = attrs.after[d];
    if (before > 0 || after > 0) {
      out = ops::extend(out, static_cast<std::int64_t>(d), std::max<std::int64_t>(before, 0),
                        std::max<std::int64_t>(after, 0), mode);
    }
    before = std::min<std::int64_t>(before, 0);
    after = std::min<std::int64_t>(after, 0);
  }
  const Dims none(rank, 0);
  if (attrs.before == none && attrs.after == none) return out.is_same(x) ? x.clone() : out;
  return ops::call(ops::kPad, attrs, out);
}

}  // namespace sinter
