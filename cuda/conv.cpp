#include <sinter/cuda/dense.h>
#include <sinter/cuda/dnn.h>
#include <sinter/cuda/kernels.h>
#include <sinter/cuda/reduce.h>
#include <sinter/ops/conv_attrs.h>

#include <algorithm>

namespace sinter::cuda {

namespace {

using ops::KernelContext;

// Activations or a weight as a 4-d tensor in NHWC memory; those of one spatial dimension get a
// height of 1.
Tensor framed(const Tensor& x) {
  if (!x.defined() || x.impl()->meta.dim() == 4) return x;
  const auto seen = TensorImpl::shallow_copy(*x.impl());
  const TensorMeta& meta = x.impl()->meta;
  seen->meta.set_strided({meta.sizes[0], meta.sizes[1], 1, meta.sizes[2]},
                         {meta.strides[0], meta.strides[1], meta.strides[2], meta.strides[2]},
                         meta.offset);
  return Tensor(seen);
}

// Strides of dimensions of one element, which may be anything, become those of NHWC.
DnnTensor described(const Tensor& x) {
  const Dims& sizes = x.impl()->meta.sizes;
  const Dims strides = channels_last_strides(sizes);
  DnnTensor t;
  std::copy(sizes.begin(), sizes.end(), t.sizes.begin());
  std::copy(strides.begin(), strides.end(), t.strides.begin());
  t.data = x.impl()->data();
  return t;
}

// Values for height and width from those of one or two spatial dimensions.
std::array<std::int64_t, 2> pair_of(IntArrayRef values, std::int64_t height) {
  if (values.size() == 1) return {height, values[0]};
  return {values[0], values[1]};
}

template <class Attrs>
Convolution problem_of(const Attrs& attrs, DType dtype, ConvDirection direction) {
  const std::size_t spatial = attrs.stride.size();
  const IntArrayRef padding(attrs.padding);
  Convolution p;
  p.direction = direction;
  p.dtype = dtype;
  p.stride = pair_of(attrs.stride, 1);
  p.dilation = pair_of(attrs.dilation, 1);
  p.before = pair_of(padding.slice(0, spatial), 0);
  p.after = pair_of(padding.slice(spatial, spatial), 0);
  return p;
}

// What lies beyond the last window is left out of x: padding at the end becomes what the windows
// use, and x is cut where that is negative.
void fit_end(Convolution& p) {
  for (std::size_t i = 0; i < 2; ++i) {
    const std::int64_t used = (p.y.sizes[i + 2] - 1) * p.stride[i] +
                              (p.w.sizes[i + 2] - 1) * p.dilation[i] + 1 - p.before[i];
    p.after[i] = std::max<std::int64_t>(0, used - p.x.sizes[i + 2]);
    p.x.sizes[i + 2] = std::min(p.x.sizes[i + 2], used);
  }
}

bool empty(const Convolution& p) {
  for (const DnnTensor* t : {&p.x, &p.w, &p.y}) {
    if (std::count(t->sizes.begin(), t->sizes.end(), 0) != 0) return true;
  }
  return false;
}

// An NHWC output: the kernel's own where it lies so, else a tensor that commit() copies.
class Output {
 public:
  explicit Output(const Tensor& out) : out_(out), framed_(framed(out)) {
    const TensorMeta& meta = framed_.impl()->meta;
    if (meta.channels_last) {
      held_ = framed_;
      return;
    }
    held_ = new_tensor(out, meta.sizes, meta.dtype);
    held_.impl()->meta.set_channels_last(meta.sizes);
  }
  const Tensor& tensor() const { return held_; }
  void commit() const {
    if (!held_.is_same(framed_)) copy_elements(*framed_.impl(), *held_.impl());
  }

 private:
  Tensor out_, framed_, held_;
};

// out[:, c, ...] += bias[c].
void add_bias(const Tensor& out, const Tensor& bias) {
  if (!bias.defined()) return;
  Dims sizes(out.impl()->meta.dim(), 1);
  sizes[1] = bias.impl()->meta.sizes[0];
  const auto wide = TensorImpl::shallow_copy(*bias.impl());
  Dims strides(sizes.size(), 0);
  strides[1] = bias.impl()->meta.strides[0];
  wide->meta.set_strided(sizes, strides, bias.impl()->meta.offset);
  Tensor(out).add_(Tensor(wide));
}

}  // namespace

void convolution(const KernelContext& c) {
  Convolution p = problem_of(c.attrs<ops::ConvAttrs>(), c.in.meta(0).dtype, ConvDirection::forward);
  const Tensor x = as_channels_last(framed(c.in[0])), w = as_channels_last(framed(c.in[1]));
  const Output y(c.out[0]);
  p.x = described(x);
  p.w = described(w);
  p.y = described(y.tensor());
  fit_end(p);
  if (empty(p)) {
    fill_elements(c.out[0], 0);
  } else {
    convolve(Launch(x), p);
    y.commit();
  }
  add_bias(c.out[0], c.in[2]);
}

// The gradient of a convolution for its input is what a transposed convolution computes.
void conv_transpose(const KernelContext& c) {
  Convolution p = problem_of(c.attrs<ops::ConvTransposeAttrs>(), c.in.meta(0).dtype,
                             ConvDirection::backward_data);
  const Tensor y = as_channels_last(framed(c.in[0])), w = as_channels_last(framed(c.in[1]));
  const Output x(c.out[0]);
  p.x = described(x.tensor());
  p.w = described(w);
  p.y = described(y);
  const auto whole = p.x.sizes;
  fit_end(p);
  // What no window reaches gets nothing.
  if (empty(p) || p.x.sizes != whole) fill_elements(x.tensor(), 0);
  if (!empty(p)) convolve(Launch(y), p);
  x.commit();
  add_bias(c.out[0], c.in[2]);
}

void convolution_backward_weight(const KernelContext& c) {
  Convolution p = problem_of(c.attrs<ops::ConvWeightAttrs>(), c.in.meta(0).dtype,
                             ConvDirection::backward_weight);
  const Tensor x = as_channels_last(framed(c.in[0])), y = as_channels_last(framed(c.in[1]));
  const Output w(c.out[0]);
  p.x = described(x);
  p.w = described(w.tensor());
  p.y = described(y);
  fit_end(p);
  if (empty(p)) return fill_elements(c.out[0], 0);
  convolve(Launch(x), p);
  w.commit();
}

void convolution_backward_bias(const KernelContext& c) {
  Dims dims{0};
  for (std::size_t d = 2; d < c.in.meta(0).dim(); ++d) dims.push_back(static_cast<std::int64_t>(d));
  sum_into(c.out[0], c.in[0], dims);
}

}  // namespace sinter::cuda
